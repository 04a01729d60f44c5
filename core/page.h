/* A text as USSD pages, with the keys to leaf through them. Pure. */
#ifndef PAGE_H
#define PAGE_H

#include "message.h"
#include "text.h"

#define PAGES 3       /* more than that comes by SMS */
#define PAGE_TEXT 400 /* octets of a page's UTF-8, NUL included */

struct page {
	char say[PAGE_TEXT];
	enum alphabet alphabet;
	int of;      /* how many pages there are, 1 to PAGES */
	int cut;     /* they do not hold it; the last says that SMS will */
	size_t keys; /* where in `say` its keys begin, which end a dialogue's
		      * last turn; its end when it has none */
};

/* Page `n`, from 0, of a text: "1 more" stands below all but the last, "0
 * back" below all but the first. One behind the last is the last. */
void page_cut(const struct messages *m, enum language lang, const char *text,
    int n, struct page *page);

/* A text as it goes by SMS: without its TEXT_BREAKs, in place. */
void page_unbreak(char *text);

#endif
