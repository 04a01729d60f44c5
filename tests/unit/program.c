/* What several workers divide among them. */
#include "core/program.c"

#include "test.h"

static void
parts(void)
{
	static const uint32_t wholes[] = {1, 2, 63, 64, 100, 100000};
	int bad = 0, uneven = 0;

	ok_int(program_worker(), 0, "alone it is number 0");
	ok_int(program_workers(), 1, "of one");
	ok_int(program_part(77), 77, "and has all");
	for (unsigned of = 1; of <= 64; of++)
		for (size_t i = 0; i < sizeof(wholes) / sizeof(*wholes); i++) {
			uint32_t sum = 0;

			for (unsigned n = 0; n < of; n++) {
				program_become(n, of);
				sum += program_part(wholes[i]);
				uneven +=
				    program_part(wholes[i]) != wholes[i] / of &&
				    program_part(wholes[i]) !=
					wholes[i] / of + 1;
			}
			bad += sum != wholes[i];
		}
	ok_int(bad, 0, "the parts add up");
	ok_int(uneven, 0, "and are alike");
}

static void
numbers(void)
{
	static uint8_t whose[65536];
	int twice = 0, unused = 0;

	for (unsigned of = 1; of <= 64; of++) {
		memset(whose, 0, sizeof(whose));
		unused = 0;
		for (unsigned n = 0; n < of; n++) {
			program_become(n, of);
			for (unsigned i = 0; i < 65536; i++) {
				uint8_t *w = &whose[program_number(i)];

				twice += *w != 0 && *w != n + 1;
				*w = n + 1;
			}
		}
		for (unsigned i = 0; i < 65536; i++)
			unused += whose[i] == 0;
		twice += unused >= (int)of;
	}
	ok_int(twice, 0, "no two have a number, and few are nobody's");
	program_become(2, 3);
	ok_int(program_number(7), 23, "the next but two,");
	ok_int(program_number(8), 26, "and the next");
	program_become(0, 1);
	ok_int(program_number(65535), 65535, "alone it has each");
}

int
main(void)
{
	parts();
	numbers();
	return test_done();
}
