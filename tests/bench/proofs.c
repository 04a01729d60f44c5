/* A ring of subscribers and marks. */
#include "proofs.h"

#define MARK UINT32_MAX

static uint32_t
take_first(struct proofs *p)
{
	uint32_t who = p->who[p->head];

	p->head = (p->head + 1) % PROOFS;
	p->n--;
	return who;
}

static void
give_up_first(struct proofs *p, struct people *people)
{
	uint32_t who = take_first(p);

	if (who != MARK)
		people_unproven(people, who);
}

static void
append(struct proofs *p, struct people *people, uint32_t who)
{
	if (p->n == PROOFS)
		give_up_first(p, people);
	p->who[(p->head + p->n++) % PROOFS] = who;
}

void
proofs_put(struct proofs *p, struct people *people, uint32_t who)
{
	append(p, people, who);
	p->unmarked++;
}

void
proofs_mark(struct proofs *p, struct people *people)
{
	append(p, people, MARK);
	p->unmarked = 0;
}

void
proofs_alive(struct proofs *p)
{
	while (p->n > 0 && take_first(p) != MARK)
		;
}

void
proofs_void(struct proofs *p, struct people *people)
{
	while (p->n > 0)
		give_up_first(p, people);
}
