/* The look-up that the peers make: a subscriber's row in a store of
 * travelcard's, by one statement that stays prepared. */
#ifndef LOOKUP_H
#define LOOKUP_H

struct lookup;

/* `folder` is the store's. Ends the process when it cannot be used. */
struct lookup *lookup_open(const char *folder, const char *key_file);

/* Look-ups between the two read one snapshot. */
void lookup_begin(struct lookup *l);
void lookup_end(struct lookup *l);

/* 1 when the number, E.164 digits, is a subscriber's, else 0. */
int lookup(struct lookup *l, const char *msisdn);

#endif
