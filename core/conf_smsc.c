/* What the smsc sections of a carrier have in common: what goes out over any
 * of them. */
#include "conf.h"

/* A carrier's next section behind `l`, its first for null, of those that
 * anything goes out over. */
static const struct conf_smsc *
next_of(const struct conf *c, const struct conf_carrier *carrier,
    const struct conf_smsc *l)
{
	for (l = l != NULL ? l + 1 : c->smscs; l < c->smscs + c->nsmscs; l++)
		if (l->carrier == carrier && l->bind != BIND_MODE_RECEIVER)
			return l;
	return NULL;
}

enum alphabet
conf_alphabet(const struct conf *c, const struct conf_carrier *carrier)
{
	const struct conf_smsc *first = next_of(c, carrier, NULL), *l = first;

	if (first == NULL)
		return ALPHABET_UCS2;
	while ((l = next_of(c, carrier, l)) != NULL)
		if (l->default_alphabet != first->default_alphabet)
			return ALPHABET_UCS2;
	return first->default_alphabet;
}

enum concat_mode
conf_concat(const struct conf *c, const struct conf_carrier *carrier)
{
	const struct conf_smsc *first = next_of(c, carrier, NULL), *l = first;

	if (first == NULL)
		return CONCAT_UDH;
	while ((l = next_of(c, carrier, l)) != NULL)
		if (l->concat != first->concat)
			return CONCAT_UDH;
	return first->concat;
}
