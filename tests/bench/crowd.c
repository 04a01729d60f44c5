/* Cities of mainland China and countries, each with a name that begins with
 * two characters which begin no other's. */
#include "crowd.h"

const struct crowd_place crowd_places[CROWD_PLACES] = {
    {"cgi:460-00-4100-1", "110000", {0x5317, 0x4eac}}, /* 北京 */
    {"cgi:460-00-4200-1", "120000", {0x5929, 0x6d25}}, /* 天津 */
    {"cgi:460-00-4210-1", "131000", {0x5eca, 0x574a}}, /* 廊坊 */
    {"cgi:460-00-6145-1", "310000", {0x4e0a, 0x6d77}}, /* 上海 */
    {"cgi:460-00-9000-7", "440100", {0x5e7f, 0x5dde}}, /* 广州 */
    {"cgi:460-00-7000-9", "420100", {0x6b66, 0x6c49}}, /* 武汉 */
    {"cgi:460-00-6500-2", "320100", {0x5357, 0x4eac}}, /* 南京 */
    {"cgi:460-00-6600-2", "330100", {0x676d, 0x5dde}}, /* 杭州 */
    {"cgi:460-00-8000-3", "510100", {0x6210, 0x90fd}}, /* 成都 */
    {"cgi:460-00-8100-3", "500000", {0x91cd, 0x5e86}}, /* 重庆 */
    {"cgi:460-00-8200-3", "610100", {0x897f, 0x5b89}}, /* 西安 */
    {"cgi:460-00-7100-9", "430100", {0x957f, 0x6c99}}, /* 长沙 */
    {"plmn:440-10", NULL, {0x65e5, 0x672c}},           /* 日本 */
    {"plmn:262-01", NULL, {0x5fb7, 0x56fd}},           /* 德国 */
    {"plmn:208-01", NULL, {0x6cd5, 0x56fd}},           /* 法国 */
    {"plmn:525-01", NULL, {0x65b0, 0x52a0}},           /* 新加坡 */
};

/* splitmix64's finaliser: neighbours have nothing in common. */
static uint64_t
scatter(uint64_t n)
{
	n += 0x9e3779b97f4a7c15;
	n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
	n = (n ^ n >> 27) * 0x94d049bb133111eb;
	return n ^ n >> 31;
}

uint32_t
crowd_visited(uint64_t n)
{
	uint64_t dice = scatter(n);
	unsigned percent = dice % 100, first = (dice >> 8) % CROWD_PLACES;
	unsigned count = 1, more = (dice >> 16) % 256;
	uint32_t set;

	if (percent >= 95)
		count = 5 + more % 8;
	else if (percent >= 75)
		count = 2 + more % 3;
	set = ((1u << count) - 1) << first;
	return (set | set >> CROWD_PLACES) & ((1u << CROWD_PLACES) - 1);
}

static uint32_t
named_here(unsigned a, unsigned b)
{
	for (unsigned i = 0; i < CROWD_PLACES; i++)
		if (crowd_places[i].name[0] == a &&
		    crowd_places[i].name[1] == b)
			return 1u << i;
	return 0;
}

uint32_t
crowd_named(const uint8_t *text, size_t len)
{
	/* of what begins a name: most characters do not */
	static uint64_t begins[65536 / 64];
	uint32_t set = 0;

	for (unsigned i = 0; i < CROWD_PLACES; i++)
		begins[crowd_places[i].name[0] / 64] |= 1ull
		    << crowd_places[i].name[0] % 64;
	for (size_t i = 0; i + 4 <= len; i += 2) {
		unsigned a = text[i] << 8 | text[i + 1];

		if (begins[a / 64] >> a % 64 & 1)
			set |= named_here(a, text[i + 2] << 8 | text[i + 3]);
	}
	return set;
}
