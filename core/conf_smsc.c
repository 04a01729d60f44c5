/* What the smsc sections of a carrier have in common: what goes out over any
 * of them. */
#include "conf.h"

enum alphabet
conf_alphabet(const struct conf *c, const struct conf_carrier *carrier)
{
	const struct conf_smsc *first = NULL;

	for (size_t i = 0; i < c->nsmscs; i++) {
		const struct conf_smsc *l = &c->smscs[i];

		if (l->carrier != carrier)
			continue;
		if (first == NULL)
			first = l;
		if (l->default_alphabet != first->default_alphabet)
			return ALPHABET_UCS2;
	}
	return first != NULL ? first->default_alphabet : ALPHABET_UCS2;
}
