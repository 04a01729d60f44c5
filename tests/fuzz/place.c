/* Places as records write them. */
#include "core/place.c"

#include <stdio.h>

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int
same(const struct place *a, const struct place *b)
{
	return a->kind == b->kind && a->mcc == b->mcc && a->mnc == b->mnc &&
	    a->mnc_len == b->mnc_len && a->area == b->area &&
	    a->cell == b->cell;
}

/* A place as it would be written without needless zeros. */
static void
put(const struct place *p, char out[1024])
{
	int n = sprintf(out, "%s:", kinds[p->kind].name);

	if (p->kind == PLACE_GT) {
		sprintf(
		    out + n, "%0*llu", p->mnc_len, (unsigned long long)p->cell);
		return;
	}
	n += sprintf(out + n, "%03u-%0*u", p->mcc, p->mnc_len, p->mnc);
	if (kinds[p->kind].area_max)
		n += sprintf(out + n, "-%u", p->area);
	if (kinds[p->kind].cell_max)
		sprintf(out + n, "-%llu", (unsigned long long)p->cell);
}

/* The place whose key this is, but for a TADIG's country. */
static struct place
unpack(uint64_t key)
{
	struct place p = {.kind = key >> 61};
	uint64_t low = key & ((1ULL << 40) - 1);

	if (p.kind == PLACE_TADIG || p.kind == PLACE_GT) {
		p.cell = key & ((1ULL << 50) - 1);
		p.mnc_len = p.kind == PLACE_GT ? key >> 50 & 0xf : 0;
		return p;
	}
	p.mcc = key >> 51 & 0x3ff;
	p.mnc_len = key >> 50 & 1 ? 3 : 2;
	p.mnc = key >> 40 & 0x3ff;
	if (p.kind == PLACE_CGI) {
		p.area = low >> 16;
		p.cell = low & 0xffff;
	} else if (kinds[p.kind].area_max) {
		p.area = low;
	} else {
		p.cell = low;
	}
	return p;
}

static void
must_be_valid(const struct place *p)
{
	must(p->kind < KINDS);
	if (p->kind == PLACE_TADIG || p->kind == PLACE_GT)
		return;
	must(p->mcc <= 999 && (p->mnc_len == 2 || p->mnc_len == 3));
	must(p->mnc <= (p->mnc_len == 2 ? 99 : 999));
	must(p->area <= kinds[p->kind].area_max);
	must(p->cell <= kinds[p->kind].cell_max);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct place p, again;
	char text[1024];
	int rc = place_parse((const char *)in, len, &p);

	must(rc == 0 || rc == -EBADMSG);
	if (rc < 0)
		return 0;
	must_be_valid(&p);
	again = unpack(place_pack(&p));
	if (p.kind == PLACE_TADIG) {
		must(again.kind == p.kind && again.cell == p.cell);
		return 0;
	}
	must(same(&again, &p));
	put(&p, text);
	must(place_parse(text, strlen(text), &again) == 0);
	must(same(&again, &p));
	return 0;
}
