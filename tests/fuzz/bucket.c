/* A bucket's blob, and a bucket's stays. */
#include "core/bucket.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int
same(const struct stay *a, const struct stay *b)
{
	return a->key == b->key && a->region == b->region &&
	    a->first == b->first && a->last == b->last;
}

static void
must_be_ordered(const struct stays *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct stay *a = &s->v[i], *before = a - 1;

		must(a->first <= a->last);
		if (i == 0 || a->key > before->key)
			continue;
		must(a->key == before->key);
		must(a->region > before->region ||
		    (a->region == before->region && a->first > before->last));
	}
}

static int
find(const uint8_t *blob, size_t len, uint64_t key, struct stays *got)
{
	struct slice slice;
	int rc = slices_look(&bucket_form, blob, len, key, &slice);

	got->n = 0;
	return rc == 1 ? bucket_find(&slice, key, got) : rc;
}

/* Each key's stays are found as they are, and no other's. */
static void
must_be_found(const uint8_t *blob, size_t len, const struct stays *s)
{
	struct stays got = {0};

	for (size_t i = 0, n; i < s->n; i += n) {
		uint64_t key = s->v[i].key;

		for (n = 1; i + n < s->n && s->v[i + n].key == key; n++)
			;
		must(find(blob, len, key, &got) == 0 && got.n == n);
		for (size_t j = 0; j < n; j++)
			must(same(&got.v[j], &s->v[i + j]));
		if (i + n < s->n && s->v[i + n].key == key + 1)
			continue;
		must(key == UINT64_MAX ||
		    (find(blob, len, key + 1, &got) == 0 && got.n == 0));
	}
	stays_free(&got);
}

static void
must_round_trip(const struct stays *s)
{
	uint8_t *blob = malloc(bucket_bound(s->n));
	size_t len = bucket_pack(s->v, s->n, blob);
	uint8_t *exact = fuzz_copy(blob, len);
	struct stays got = {0};

	must(len <= bucket_bound(s->n));
	must(bucket_unpack(exact, len, &got) == 0 && got.n == s->n);
	for (size_t i = 0; i < s->n; i++)
		must(same(&got.v[i], &s->v[i]));
	must_be_found(exact, len, s);
	stays_free(&got);
	free(exact);
	free(blob);
}

/* Any octets as a bucket: six a stay, larger steps for higher ones. */
static void
make(const uint8_t *in, size_t len, struct stays *s)
{
	struct stay stay = {.region = 1};
	uint64_t time = 0;

	for (; len >= 6; in += 6, len -= 6) {
		uint64_t key_step = (uint64_t)(in[0] & 0x3f)
		    << (in[0] >> 6) * 19;
		uint64_t region_step = (uint64_t)in[1] << (in[2] & 0x0f);
		uint64_t gap = 1 + ((uint64_t)in[3] << (in[2] >> 4));
		uint64_t length = (uint64_t)in[4] << (in[5] & 0x0f);

		if (key_step > UINT64_MAX - stay.key)
			return;
		if (key_step > 0)
			stay.region = 0;
		if (key_step > 0 || region_step > 0)
			time = 0;
		if (stay.region + region_step + (key_step > 0) > UINT32_MAX ||
		    time + gap + length > UINT32_MAX)
			return;
		stay.key += key_step;
		stay.region += region_step + (key_step > 0);
		stay.first = time + gap;
		stay.last = time = time + gap + length;
		must(stays_push(s, stay) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct stays s = {0};
	int rc = bucket_unpack(in, len, &s);

	must(rc == 0 || rc == -EBADMSG);
	must_be_ordered(&s); /* what came before the damage too */
	if (rc == 0) {
		must_be_found(in, len, &s);
		must_round_trip(&s);
	} else {
		struct stays got = {0};

		rc = find(in, len, s.n ? s.v[0].key : 0, &got);
		must(rc == 0 || rc == -EBADMSG);
		must_be_ordered(&got);
		stays_free(&got);
	}
	s.n = 0;
	make(in, len, &s);
	must_be_ordered(&s);
	must_round_trip(&s);
	stays_free(&s);
	return 0;
}
