/* Parts of messages: put together in every order, and what makes room. */
#include <stdlib.h>
#include <string.h>

static int calls_left = -1; /* of calloc and strdup before one fails */

static int
is_scarce(void)
{
	if (calls_left == 0)
		return 1;
	calls_left -= calls_left > 0;
	return 0;
}

static void *
scarce_calloc(size_t n, size_t size)
{
	return is_scarce() ? NULL : calloc(n, size);
}

static char *
scarce_strdup(const char *s)
{
	return is_scarce() ? NULL : strdup(s);
}

#define calloc scarce_calloc
#undef strdup
#define strdup scarce_strdup
#include "core/parts.c"
#undef calloc
#undef strdup

#include "parts_fixture.h"

static void
orders(void)
{
	static const int order[6][3] = {
	    {1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
	static const char *const text[] = {"", "one ", "two ", "three"};
	struct parts *p = fresh(8);

	for (unsigned i = 0; i < 6; i++) {
		const int *n = order[i];

		ok_str(add(p, i, n[0], 3, text[n[0]], T), "", "part %d", n[0]);
		ok_str(add(p, i, n[1], 3, text[n[1]], T), "", "part %d", n[1]);
		ok_str(add(p, i, n[1], 3, text[n[1]], T), "", "twice");
		ok_str(add(p, i, n[2], 3, text[n[2]], T), "one two three",
		    "part %d makes it whole", n[2]);
	}
	ok_int(parts_lost(p), 0, "none is lost");
	end(p);
}

static void
names(void)
{
	struct parts *p = fresh(8), *other;

	if (parts_new(&other, state, key, "cucc", 8) < 0)
		exit(1);
	add_of(p, "a", 1, 2, "1", T);
	ok_str(add_of(p, "b", 2, 2, "2", T), "", "another name");
	ok_str(add_of(p, "", 2, 2, "2", T), "", "no name");
	ok_str(add_of(other, "a", 2, 2, "2", T), "",
	    "another carrier's is another message");
	ok_str(add_of(p, "a", 2, 2, "2", T), "12", "this one is whole");
	parts_free(other);
	end(p);
}

static void
time_out(void)
{
	struct parts *p = fresh(8);

	add(p, 1, 1, 3, "a", T);
	add(p, 1, 2, 3, "b", T + 60);
	ok_str(add(p, 1, 3, 3, "c", T + 120), "abc", "parts wait for a minute");
	add(p, 2, 1, 3, "a", T);
	add(p, 2, 2, 3, "b", T);
	ok_str(add(p, 2, 3, 3, "c", T + 61), "", "and no longer");
	ok_int(parts_lost(p), 2, "two parts were lost");
	ok_str(add(p, 2, 1, 3, "a", T + 62), "", "the others may still come");
	ok_str(add(p, 2, 2, 3, "b", T + 63), "abc", "again");
	add(p, 3, 1, 2, "a", T);
	ok_str(add(p, 3, 2, 2, "b", T - 1000), "ab",
	    "a clock set back does no harm");
	end(p);
}

static void
last_again(void)
{
	struct parts *p = fresh(8);

	add(p, 1, 2, 2, "b", T);
	ok_str(add(p, 1, 1, 2, "a", T), "ab", "whole");
	ok_str(add(p, 1, 2, 2, "b", T + 1), "", "its first again: nothing");
	ok_str(add(p, 1, 1, 2, "a", T + 300), "ab",
	    "its last again, refused for now: whole again");
	ok_str(add(p, 1, 1, 2, "a", T + 900), "ab", "and again");
	ok_str(add(p, 1, 1, 2, "a", T + 1501), "", "until it is too old");
	ok_int(parts_lost(p), 0, "that was no part lost");
	end(p);
}

/* Phones that number all their messages alike. */
static void
same_name(void)
{
	struct parts *p = fresh(8);

	add(p, 0, 1, 2, "CXMYD", T);
	ok_str(add(p, 0, 2, 2, "#1234", T), "CXMYD#1234", "a message");
	ok_str(add(p, 0, 1, 2, "CXMYD", T + 9), "", "another begins the same");
	ok_str(add(p, 0, 2, 2, "#5678", T + 9), "CXMYD#5678", "but ends so");
	ok_str(add(p, 0, 1, 2, "CX", T + 20), "", "another begins so");
	ok_str(
	    add(p, 0, 2, 2, "#5678", T + 20), "CX#5678", "but ends the same");
	ok_str(add(p, 0, 2, 2, "yz", T + 30), "", "another");
	ok_str(add(p, 0, 1, 2, "wx", T + 30), "wxyz", "all different");
	ok_int(parts_lost(p), 0, "no part was lost");
	add(p, 0, 1, 3, "old", T);
	add(p, 0, 2, 3, "old", T);
	ok_str(add(p, 0, 1, 3, "n", T + 30), "", "one takes the place of one");
	ok_int(parts_lost(p), 2, "of which two parts had come");
	add(p, 0, 3, 3, "w", T + 30);
	ok_str(add(p, 0, 2, 3, "e", T + 30), "new", "none of them is mixed in");
	end(p);
}

/* A message that began like the one before it, and was given up. */
static void
begun_alike(void)
{
	struct parts *p = fresh(8);

	add(p, 0, 1, 3, "a", T);
	add(p, 0, 2, 3, "b", T);
	add(p, 0, 3, 3, "c", T);
	add(p, 0, 1, 3, "a", T + 9);
	add(p, 0, 2, 3, "b", T + 9);
	add(p, 0, 1, 3, "d", T + 20);
	ok_int(parts_lost(p), 2, "two parts waited in vain");
	add(p, 0, 2, 3, "e", T + 20);
	ok_str(add(p, 0, 3, 3, "f", T + 20), "def",
	    "whose place the next one takes as a whole");
	end(p);
}

static void
too_big(void)
{
	char text[PARTS_OCTETS + 2], number[8];
	struct parts *p = fresh(8);
	const char *whole = "";

	memset(text, 'x', PARTS_OCTETS + 1);
	text[PARTS_OCTETS + 1] = '\0';
	ok_str(add(p, 1, 2, 2, text, T), "too big", "a part too long");
	ok_str(add(p, 1, 1, 11, "CX", T), "too big", "the first of eleven");
	ok_str(add(p, 1, 2, 11, "CX", T), "", "the others are of no use");
	ok_str(add(p, 1, 255, 255, "CX", T), "", "of 255 neither");
	ok_int(rows(), 0, "and nothing is kept");
	text[PARTS_OCTETS] = '\0';
	for (int i = 1; i <= PARTS_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		memcpy(text, number, strlen(number));
		whole = add(p, 2, i, PARTS_MAX, text, T);
	}
	ok_int(strlen(whole), PARTS_TEXT, "the largest message");
	ok(whole[0] == '1' && whole[9 * PARTS_OCTETS + 1] == '0',
	    "in its order");
	ok_str(add(p, 3, 1, 2, "", T), "", "an empty part");
	ok_str(add(p, 3, 2, 2, "CX", T), "CX", "is a part");
	ok_str(add(p, 4, 1, 2, "", T), "", "two empty parts");
	ok_str(add(p, 4, 2, 2, "", T), "", "are an empty message");
	end(p);
}

/* What was acknowledged makes room for nobody. */
static void
full(void)
{
	struct parts *p = fresh(3), *other;

	if (parts_new(&other, state, key, "cucc", 3) < 0)
		exit(1);
	add(other, 9, 1, 2, "a", T);
	for (int i = 1; i <= 3; i++)
		ok_str(add(p, i, 1, 3, "a", T + i), "", "message %d", i);
	ok_str(add(p, 4, 1, 2, "a", T + 4), "full", "no room for a fourth");
	ok_str(add(p, 4, 1, 2, "a", T + 4), "full", "nor again");
	ok_int(rows(), 4, "it is not kept");
	ok_str(add(p, 1, 2, 3, "b", T + 4), "", "but others' parts are");
	ok_str(add(p, 1, 3, 3, "c", T + 4), "abc", "and all that was taken");
	ok_str(add(p, 4, 1, 2, "a", T + 5), "", "in its place the fourth");
	ok_str(add(p, 5, 1, 2, "a", T + 6), "full", "and no more");
	ok_str(add(p, 1, 1, 3, "x", T + 6), "full",
	    "nor one that begins where a whole one is");
	ok_str(add(p, 1, 3, 3, "c", T + 6), "abc", "which stays");
	ok_str(add(p, 5, 1, 2, "a", T + 63), "", "when one is over");
	ok_str(add(p, 2, 1, 3, "a", T + 63), "full", "it is");
	ok_int(parts_lost(p), 0, "which nothing else has cost its place");
	ok_str(add(other, 9, 2, 2, "b", T + 6), "ab",
	    "another carrier has its own room");
	ok_int(parts_expire(p, T + 63, 8), 1, "the one that is over");
	ok_int(parts_lost(p), 1, "is the one that is lost");
	parts_free(other);
	end(p);
}

/* The log says that there is no room, and when there is again. */
static void
told(void)
{
	struct parts *p = fresh(2);

	*logged = '\0';
	for (int i = 1; i <= 6; i++)
		add(p, i, 1, 2, "a", T + i);
	ok(strcmp(logged,
	       "carrier cmcc has 2 unfinished messages; what would begin one "
	       "more is refused for now\n") == 0,
	    "none: one line, \"%s\"", logged);
	*logged = '\0';
	add(p, 1, 2, 2, "b", T + 7);
	parts_expire(p, T + 8, 8);
	parts_expire(p, T + 9, 8);
	ok(strcmp(logged,
	       "carrier cmcc has room for unfinished messages again "
	       "refused=4\n") == 0,
	    "again: another, \"%s\"", logged);
	*logged = '\0';
	add(p, 3, 1, 2, "a", T + 10);
	ok_str(add(p, 4, 1, 2, "a", T + 10), "full", "none again");
	add(p, 2, 2, 2, "b", T + 11);
	ok_str(add(p, 4, 1, 2, "a", T + 12), "", "and some again");
	ok_str(logged, "", "within a minute: no more lines");
	ok_str(add(p, 5, 1, 2, "a", T + 3 + TELL_SECONDS), "full", "then");
	ok(strstr(logged, "has 2 unfinished") != NULL, "one more");
	end(p);
}

/* Room of a size at which not every message is counted, also when another
 * process takes of it. */
static void
full_of_many(void)
{
	struct parts *p = fresh(200), *other = fresh(200);
	int taken = 0;

	for (int i = 0; i < 300; i++)
		taken += *add(i % 3 ? p : other, i, 1, 2, "a", T) == '\0';
	ok(taken >= 200 && taken <= 200 + 2 * 4, "%d of 300 in room for 200",
	    taken);
	ok_int(rows(), taken, "they are kept");
	ok_str(add(p, 1, 2, 2, "b", T), "ab", "the first is whole");
	ok_str(add(other, 299, 1, 2, "a", T), "full", "the last was refused");
	ok_int(parts_lost(p) + parts_lost(other), 0, "none was lost");
	parts_free(other);
	end(p);
}

/* One sender's messages take little of a carrier's room. */
static void
one_sender(void)
{
	struct parts *p = fresh(100), *other;
	char name[8];
	int taken = 0;

	if (parts_new(&other, state, key, "cucc", 100) < 0)
		exit(1);
	add_from(p, "bo", "b1", 1, 2, "a", T);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		taken += *add_from(p, "anna", name, 1, 2, "a", T) == '\0';
	}
	ok_int(taken, PARTS_ROOM_SOURCE, "of a hundred so many are taken");
	ok_str(add_from(p, "anna", "a99", 1, 2, "a", T), "too many",
	    "and no other");
	ok_str(add_from(other, "anna", "a99", 1, 2, "a", T), "",
	    "but for another carrier");
	ok_str(add_from(p, "bo", "b2", 1, 2, "a", T), "", "or of another");
	ok_str(add_from(p, "bo", "b1", 2, 2, "b", T), "ab",
	    "whose parts are there");
	ok_str(add_from(p, "anna", "a0", 2, 2, "b", T), "ab", "as are theirs");
	ok_str(add_from(p, "anna", "a99", 1, 2, "a", T), "",
	    "one that is whole leaves room for one");
	ok_str(add_from(p, "anna", "a98", 1, 2, "a", T), "too many", "only");
	ok_str(add_from(p, "anna", "a0", 1, 2, "x", T), "too many",
	    "and cannot begin again");
	ok_str(add_from(p, "anna", "a1", 1, 2, "x", T), "",
	    "where one waits another may begin");
	ok_str(add_from(p, "anna", "a98", 1, 2, "a", T + 61), "",
	    "after a minute there is room");
	parts_free(other);
	end(p);
}

static void
full_of_whole_ones(void)
{
	struct parts *p = fresh(3);
	int n = 3 * PARTS_ROOM_KEPT;

	for (int i = 0; i <= n; i++) {
		add(p, i, 1, 2, "a", T + i);
		add(p, i, 2, 2, "b", T + i);
	}
	add(p, n + 1, 1, 2, "a", T + n);
	ok_int(rows(), n + 1, "whole ones have room of their own");
	ok_str(add(p, 1, 2, 2, "b", T + n), "ab", "those that are there");
	ok_str(add(p, 0, 2, 2, "b", T + n), "", "but the oldest");
	ok_int(parts_lost(p), 0, "that was no part lost");
	end(p);
}

static void
expiry(void)
{
	struct parts *p = fresh(8);

	add(p, 1, 1, 2, "a", T);
	add(p, 1, 2, 2, "b", T);
	add(p, 2, 1, 3, "a", T + 500);
	add(p, 2, 2, 3, "b", T + 540);
	ok_int(parts_expire(p, T + 600, 8), 0, "nothing is over");
	ok_int(parts_expire(p, T + 601, 8), 2, "two messages are");
	ok_int(parts_lost(p), 2, "with the parts of one of them");
	ok_int(rows(), 0, "none is left");
	for (int i = 0; i < 5; i++)
		add(p, i, 1, 2, "a", T + i);
	ok_int(parts_expire(p, T + 1000, 2), 2, "as many as it may");
	ok_str(add(p, 2, 2, 2, "b", T + 60), "ab", "the oldest first");
	ok_int(parts_expire(p, T + 1000, 8), 3, "then the others");
	end(p);
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

static size_t
deal(struct sent *sent, size_t *lost)
{
	size_t n = 0;

	for (unsigned m = 0; m < MANY; m++)
		for (unsigned i = 1; i <= parts_of(m); i++) {
			if (m % 10 == 0 && i == 1)
				continue; /* its first part is lost */
			*lost += m % 10 == 0;
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
	return n;
}

static void
many(void)
{
	static struct sent sent[MANY * 20];
	static int whole[MANY];
	struct parts *p = fresh(MANY);
	size_t lost = 0, n = deal(sent, &lost);
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned m = sent[i].message;
		char want[256] = "";
		const char *got = add(p, m, sent[i].number, parts_of(m),
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
	parts_expire(p, T + 61, 1000);
	ok_int(parts_lost(p), lost, "their other parts were lost");
	end(p);
}

static void
no_memory(void)
{
	struct parts *p = NULL;
	int calls = 0;

	for (calls_left = 0; parts_new(&p, state, key, "cmcc", 4) < 0;
	     calls_left = ++calls)
		;
	ok_int(calls, 2, "two allocations, each may fail");
	calls_left = 0;
	add(p, 1, 1, 2, "a", T);
	ok_str(add(p, 1, 2, 2, "b", T), "ab", "afterwards none is needed");
	calls_left = -1;
	end(p);
	parts_free(NULL);
}

int
main(void)
{
	begin_parts();
	orders();
	names();
	time_out();
	last_again();
	same_name();
	begun_alike();
	too_big();
	full();
	told();
	full_of_many();
	one_sender();
	full_of_whole_ones();
	expiry();
	many();
	no_memory();
	return end_parts();
}
