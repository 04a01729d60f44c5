/* Long messages in parts: which part a deliver_sm is, and putting them
 * together in every order. */
#include <stdlib.h>

static int calls_left = -1; /* of calloc before it fails */

static void *
scarce_calloc(size_t n, size_t size)
{
	if (calls_left == 0)
		return NULL;
	calls_left -= calls_left > 0;
	return calloc(n, size);
}

#define calloc scarce_calloc
#include "smsc-gw/concat.c"
#undef calloc

#include "fixture.h"
#include "test.h"

#define T 1700000000

/* Which part. */

/* "reference/number/total text", read from exactly its octets of heap. */
static const char *
read_part(
    uint8_t esm_class, const void *octets, size_t len, const uint16_t sar[3])
{
	static char out[300];
	uint8_t *copy = malloc(len);
	struct deliver_sm d = {
	    .esm_class = esm_class,
	    .message = memcpy(copy, octets, len),
	    .message_len = len,
	    .has_sar = sar != NULL,
	};
	struct concat_part part;

	if (sar != NULL) {
		d.sar_msg_ref_num = sar[0];
		d.sar_segment_seqnum = sar[1];
		d.sar_total_segments = sar[2];
	}
	concat_read(&d, &part);
	snprintf(out, sizeof(out), "%u/%u/%u %.*s", part.reference, part.number,
	    part.total, (int)part.len, (const char *)part.text);
	free(copy);
	return out;
}

#define HEADED(...)                                     \
	read_part(0x40, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}), NULL)

static void
headers(void)
{
	ok_str(read_part(0, "CXMYD", 5, NULL), "0/1/1 CXMYD", "no header");
	ok_str(read_part(0, "", 0, NULL), "0/1/1 ", "no text either");
	ok_str(HEADED(5,       /* UDHL */
		   0x00, 3,    /* concatenated, 8-bit reference */
		   0x7f, 3, 2, /* reference, total, number */
		   'C', 'X'),
	    "127/2/3 CX", "an 8-bit reference");
	ok_str(HEADED(6,             /* UDHL */
		   0x08, 4,          /* concatenated, 16-bit reference */
		   0x12, 0x34, 3, 1, /* reference, total, number */
		   'C', 'X'),
	    "4660/1/3 CX", "a 16-bit reference");
	ok_str(HEADED(11, 0x24, 1, 7, /* national language single shift */
		   0x00, 3, 1, 2, 2, 0x25, 1, 7, 'C'),
	    "1/2/2 C", "between other elements");
	ok_str(HEADED(3, 0x24, 1, 7, 'C'), "0/1/1 C", "only others");
	ok_str(HEADED(0, 'C'), "0/1/1 C", "an empty header");
	ok_str(HEADED(5, 0x00, 3, 1, 2, 2), "1/2/2 ", "no text behind it");
	ok_str(HEADED(10, 0x00, 3, 1, 2, 2, 0x00, 3, 9, 2, 1, 'C'), "9/1/2 C",
	    "given twice, the last counts (9.2.3.24)");
	ok_str(HEADED(5, 0x00, 3, 1, 1, 1, 'C'), "1/1/1 C", "one of one");
	ok_str(read_part(0x43, "\5\0\3\1\2\2C", 7, NULL), "1/2/2 C",
	    "other bits of esm_class do not matter");
	ok_str(read_part(0x03, "\5\0\3\1\2\2C", 7, NULL), "0/1/1 \5",
	    "without the UDHI bit it is text");
}

static void
headers_that_lie(void)
{
	ok_str(HEADED(5, 0x00, 3, 1, 2, 0, 'C'), "0/1/1 C", "number 0");
	ok_str(HEADED(5, 0x00, 3, 1, 2, 3, 'C'), "0/1/1 C", "number 3 of 2");
	ok_str(HEADED(5, 0x00, 3, 1, 0, 0, 'C'), "0/1/1 C", "total 0");
	ok_str(HEADED(5, 0x08, 3, 1, 2, 2, 'C'), "0/1/1 C",
	    "a 16-bit reference of 8 bits");
	ok_str(
	    HEADED(4, 0x00, 2, 1, 2, 'C'), "0/1/1 C", "an element too short");
	ok_str(HEADED(5, 0x00, 4, 1, 2, 2, 'C'), "0/1/1 C",
	    "an element beyond its header");
	ok_str(HEADED(1, 0x00, 'C'), "0/1/1 C", "half an element");
	ok_str(HEADED('C', 'X'), "0/1/1 CX", "a header beyond the message");
	ok_str(HEADED(255, 'X'), "0/1/1 \377X", "far beyond");
	ok_str(HEADED(0), "0/1/1 ", "a header and nothing else");
	ok_str(read_part(0x40, "", 0, NULL), "0/1/1 ", "not even that");
}

static void
sar(void)
{
	static const uint16_t two[3] = {0xabcd, 2, 3}, zero[3] = {1, 0, 3},
			      four[3] = {1, 4, 3}, whole[3] = {1, 1, 1};

	ok_str(read_part(0, "CX", 2, two), "43981/2/3 CX", "sar_ parameters");
	ok_str(read_part(0, "CX", 2, zero), "0/1/1 CX", "number 0");
	ok_str(read_part(0, "CX", 2, four), "0/1/1 CX", "number 4 of 3");
	ok_str(read_part(0, "CX", 2, whole), "1/1/1 CX", "one of one");
	ok_str(read_part(0x40, "\5\0\3\1\2\2C", 7, two), "1/2/2 C",
	    "the header counts before them");
	ok_str(read_part(0x40, "\3\44\1\7C", 5, two), "43981/2/3 C",
	    "they count beside another header");
}

/* Together. */

static struct concat *
fresh(size_t messages)
{
	struct concat *c = NULL;

	if (concat_new(&c, messages) < 0)
		exit(1);
	return c;
}

/* Adds a part: "", "too big", or the whole text. */
static const char *
add_from(struct concat *c, const char *source, unsigned reference,
    unsigned number, unsigned total, const char *text, int64_t now)
{
	static char whole[CONCAT_OCTETS + 1];
	struct deliver_sm d = {.source_addr_ton = 1};
	struct concat_part part = {
	    .reference = reference,
	    .total = total,
	    .number = number,
	    .text = (const uint8_t *)text,
	    .len = strlen(text),
	};
	size_t len = 0;
	int rc;

	strcpy(d.source_addr, source);
	strcpy(d.destination_addr, "10086");
	rc = concat_add(c, &d, &part, now, (uint8_t *)whole, &len);
	if (rc < 0)
		return rc == -E2BIG ? "too big" : "?";
	whole[len] = '\0';
	return rc == 1 ? whole : "";
}

static const char *
add(struct concat *c, unsigned reference, unsigned number, unsigned total,
    const char *text, int64_t now)
{
	return add_from(c, "1", reference, number, total, text, now);
}

static void
orders(void)
{
	static const int order[6][3] = {
	    {1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
	static const char *const text[] = {"", "one ", "two ", "three"};
	struct concat *c = fresh(8);

	for (unsigned i = 0; i < 6; i++) {
		const int *n = order[i];

		ok_str(add(c, i, n[0], 3, text[n[0]], T), "", "part %d", n[0]);
		ok_str(add(c, i, n[1], 3, text[n[1]], T), "", "part %d", n[1]);
		ok_str(add(c, i, n[1], 3, text[n[1]], T), "", "twice");
		ok_str(add(c, i, n[2], 3, text[n[2]], T), "one two three",
		    "part %d makes it whole", n[2]);
	}
	ok_int(concat_expired(c), 0, "none is lost");
	concat_free(c);
}

static void
names(void)
{
	struct concat *c = fresh(8);
	struct deliver_sm d = {.source_addr = "1", .destination_addr = "10086"};
	struct concat_part part = {
	    .total = 2, .number = 1, .text = (const uint8_t *)"a", .len = 1};
	uint8_t out[CONCAT_OCTETS];
	size_t len;

	concat_add(c, &d, &part, T, out, &len);
	part.number = 2;
	d.data_coding = 8;
	ok_int(concat_add(c, &d, &part, T, out, &len), 0, "another coding");
	d.data_coding = 0;
	strcpy(d.destination_addr, "10010");
	ok_int(concat_add(c, &d, &part, T, out, &len), 0, "destination");
	strcpy(d.destination_addr, "10086");
	strcpy(d.source_addr, "11");
	ok_int(concat_add(c, &d, &part, T, out, &len), 0, "source");
	strcpy(d.source_addr, "1");
	part.reference = 256;
	ok_int(concat_add(c, &d, &part, T, out, &len), 0, "reference");
	part.reference = 0;
	part.total = 3;
	ok_int(concat_add(c, &d, &part, T, out, &len), 0, "or total");
	part.total = 2;
	ok_int(concat_add(c, &d, &part, T, out, &len), 1, "is another message");
	ok(len == 2 && memcmp(out, "aa", 2) == 0, "this one is whole");
	concat_free(c);
}

static void
time_out(void)
{
	struct concat *c = fresh(8);

	add(c, 1, 1, 3, "a", T);
	add(c, 1, 2, 3, "b", T + 60);
	ok_str(add(c, 1, 3, 3, "c", T + 120), "abc", "parts wait for a minute");
	add(c, 2, 1, 3, "a", T);
	add(c, 2, 2, 3, "b", T);
	ok_str(add(c, 2, 3, 3, "c", T + 61), "", "and no longer");
	ok_int(concat_expired(c), 2, "two parts were freed");
	ok_str(add(c, 2, 1, 3, "a", T + 62), "", "the others may still come");
	ok_str(add(c, 2, 2, 3, "b", T + 63), "abc", "again");
	add(c, 3, 1, 2, "a", T);
	ok_str(add(c, 3, 2, 2, "b", T - 1000), "ab",
	    "a clock set back does no harm");
	concat_free(c);
}

static void
last_again(void)
{
	struct concat *c = fresh(8);

	add(c, 1, 2, 2, "b", T);
	ok_str(add(c, 1, 1, 2, "a", T), "ab", "whole");
	ok_str(add(c, 1, 2, 2, "b", T + 1), "", "its first again: nothing");
	ok_str(add(c, 1, 1, 2, "a", T + 300), "ab",
	    "its last again, refused for now: whole again");
	ok_str(add(c, 1, 1, 2, "a", T + 900), "ab", "and again");
	ok_str(add(c, 1, 1, 2, "a", T + 1501), "", "until it is too old");
	ok_int(concat_expired(c), 0, "that was no part lost");
	concat_free(c);
}

/* Phones that number all their messages alike. */
static void
same_reference(void)
{
	struct concat *c = fresh(8);

	add(c, 0, 1, 2, "CXMYD", T);
	ok_str(add(c, 0, 2, 2, "#1234", T), "CXMYD#1234", "a message");
	ok_str(add(c, 0, 1, 2, "CXMYD", T + 9), "", "another begins the same");
	ok_str(add(c, 0, 2, 2, "#5678", T + 9), "CXMYD#5678", "but ends so");
	ok_str(add(c, 0, 1, 2, "CX", T + 20), "", "another begins so");
	ok_str(
	    add(c, 0, 2, 2, "#5678", T + 20), "CX#5678", "but ends the same");
	ok_str(add(c, 0, 2, 2, "yz", T + 30), "", "another");
	ok_str(add(c, 0, 1, 2, "wx", T + 30), "wxyz", "all different");
	ok_int(concat_expired(c), 0, "no part was lost");
	add(c, 0, 1, 3, "old", T);
	add(c, 0, 2, 3, "old", T);
	ok_str(add(c, 0, 1, 3, "n", T + 30), "", "one takes the place of one");
	ok_int(concat_expired(c), 2, "of which two parts had come");
	add(c, 0, 3, 3, "w", T + 30);
	ok_str(add(c, 0, 2, 3, "e", T + 30), "new", "none of them is mixed in");
	concat_free(c);
}

static void
too_big(void)
{
	char text[CONCAT_PART + 2], number[8];
	struct concat *c = fresh(8);
	const char *whole = "";

	memset(text, 'x', CONCAT_PART + 1);
	text[CONCAT_PART + 1] = '\0';
	ok_str(add(c, 1, 2, 2, text, T), "too big", "a part too long");
	ok_str(add(c, 1, 1, 11, "CX", T), "too big", "the first of eleven");
	ok_str(add(c, 1, 2, 11, "CX", T), "", "the others are of no use");
	ok_str(add(c, 1, 255, 255, "CX", T), "", "of 255 neither");
	text[CONCAT_PART] = '\0';
	for (int i = 1; i <= CONCAT_PARTS; i++) {
		snprintf(number, sizeof(number), "%d", i);
		memcpy(text, number, strlen(number));
		whole = add(c, 2, i, CONCAT_PARTS, text, T);
	}
	ok_int(strlen(whole), CONCAT_OCTETS, "the largest message");
	ok(whole[0] == '1' && whole[9 * CONCAT_PART + 1] == '0',
	    "in its order");
	ok_str(add(c, 3, 1, 2, "", T), "", "an empty part");
	ok_str(add(c, 3, 2, 2, "CX", T), "CX", "is a part");
	ok_str(add(c, 4, 1, 2, "", T), "", "two empty parts");
	ok_str(add(c, 4, 2, 2, "", T), "", "are an empty message");
	concat_free(c);
}

static void
full(void)
{
	struct concat *c = fresh(3);

	add(c, 1, 1, 2, "a", T);
	add(c, 2, 1, 2, "a", T + 1);
	add(c, 3, 1, 3, "a", T + 2);
	add(c, 1, 2, 3, "b", T + 3); /* another message: takes 1's place */
	ok_int(concat_expired(c), 1, "the oldest made room");
	ok_str(add(c, 3, 2, 3, "b", T + 4), "", "the others");
	ok_str(add(c, 3, 3, 3, "c", T + 4), "abc", "are still");
	ok_str(add(c, 2, 2, 2, "b", T + 4), "ab", "there");
	ok_str(add(c, 1, 2, 2, "b", T + 5), "", "it is not");
	concat_free(c);
	c = fresh(0);
	add(c, 1, 1, 2, "a", 0);
	ok_str(add(c, 1, 2, 2, "b", 0), "ab", "room for one, at time 0");
	concat_free(c);
}

/* Many messages at once, their parts shuffled, some lost, some repeated. */

#define MANY 300

struct sent {
	unsigned message, number;
};

static unsigned
parts_of(unsigned message)
{
	return 2 + message % 9;
}

static const char *
text_of(unsigned message, unsigned number)
{
	static char text[32];

	snprintf(text, sizeof(text), "(%u:%u)", message, number);
	return text;
}

static void
many(void)
{
	static struct sent sent[MANY * 20];
	static int whole[MANY];
	struct concat *c = fresh(MANY);
	size_t n = 0, lost = 0;
	int bad = 0;

	for (unsigned m = 0; m < MANY; m++)
		for (unsigned i = 1; i <= parts_of(m); i++) {
			if (m % 10 == 0 && i == 1)
				continue; /* its first part is lost */
			lost += m % 10 == 0;
			sent[n++] = (struct sent){m, i};
			if (pseudo_random() % 2)
				sent[n++] = (struct sent){m, i};
		}
	for (size_t i = n - 1; i > 0; i--) {
		size_t j = pseudo_random() % (i + 1);
		struct sent s = sent[i];

		sent[i] = sent[j];
		sent[j] = s;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned m = sent[i].message;
		char source[16], want[256] = "";
		const char *got;

		snprintf(source, sizeof(source), "%u", m / 3);
		got = add_from(c, source, m % 3, sent[i].number, parts_of(m),
		    text_of(m, sent[i].number), T);
		if (*got == '\0')
			continue;
		for (unsigned k = 1; k <= parts_of(m); k++)
			strcat(want, text_of(m, k));
		whole[m]++;
		bad += strcmp(got, want) != 0;
	}
	ok(!bad, "%zu parts of %d messages, shuffled: each text is its own", n,
	    MANY);
	for (unsigned m = 0; m < MANY; m++)
		bad += m % 10 == 0 ? whole[m] != 0 : whole[m] == 0;
	ok(!bad, "every message is whole but those that lost a part");
	add(c, 1, 1, 2, "a", T + 1000);
	ok_int(concat_expired(c), lost, "their other parts were freed");
	concat_free(c);
}

static void
no_memory(void)
{
	struct concat *c = NULL;
	int calls = 0;

	for (calls_left = 0; concat_new(&c, 4) < 0; calls_left = ++calls)
		;
	ok_int(calls, 3, "three allocations, each may fail");
	calls_left = 0;
	add(c, 1, 1, 2, "a", T);
	ok_str(add(c, 1, 2, 2, "b", T), "ab", "afterwards none is needed");
	calls_left = -1;
	concat_free(c);
	concat_free(NULL);
}

int
main(void)
{
	headers();
	headers_that_lie();
	sar();
	orders();
	names();
	time_out();
	last_again();
	same_reference();
	too_big();
	full();
	many();
	no_memory();
	return test_done();
}
