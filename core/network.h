/* Networks abroad: from a PLMN, a TADIG code or a global title's calling code
 * to the country. */
#ifndef NETWORK_H
#define NETWORK_H

#include "place.h"

/* Read from a folder: countries.csv mcc.csv plmn.csv networks.csv cc.csv. 0
 * or -errno. */
int networks_load(struct networks **np, const char *dir);
void networks_free(struct networks *n);

/* The country, or Hong Kong, Macao, Taiwan, of a place's network. */
enum unplaced network_region(
    const struct networks *n, const struct place *p, uint32_t *region);

#endif
