/* Regions: the places that users are told, by code and by name.
 *
 * A code is a number: the six digits of a mainland division, 810000
 * Hong Kong, 820000 Macao, 710000 Taiwan; or a country, its two letters
 * (ISO 3166-1 alpha-2) as ASCII, first letter high: "JP" = 0x4a50. */
#ifndef REGION_H
#define REGION_H

#include <stddef.h>
#include <stdint.h>

#include "message.h"

enum region_group { REGION_MAINLAND, REGION_HMT, REGION_ABROAD };

enum region_group region_group(uint32_t region);
uint32_t region_province(uint32_t region);

/* "110000" or "JP"; returns buf. */
const char *region_code(uint32_t region, char buf[7]);

/* A country's two letters as a region; HK, MO and TW are the three above, CN
 * is REGION_CHINA, which is a network's country but never a region. 0 when
 * they are no two capitals. */
#define REGION_CHINA ('C' << 8 | 'N')
uint32_t region_country(const char *s, size_t len);

/* The names, read from a folder: provinces.csv regions.csv countries.csv. 0
 * or -errno. */
struct regions;
int regions_load(struct regions **rp, const char *dir);
void regions_free(struct regions *r);

/* With all regions and their names (edition.h). */
uint64_t regions_edition(const struct regions *r, uint64_t edition);

/* A code as text, which must be in the tables: 0, or -ENOENT. */
int region_parse(
    const struct regions *r, const char *s, size_t len, uint32_t *region);
/* Likewise, or a province's: all that an answer may show. */
int region_parse_shown(
    const struct regions *r, const char *s, size_t len, uint32_t *region);

/* A code, or a name in any language, of a region that is no province: 0, or
 * -ENOENT. */
int region_find(const struct regions *r, const char *s, uint32_t *region);

/* The name shown to users, of a region or a province; unique in its
 * language. */
const char *region_name(
    const struct regions *r, uint32_t region, enum language lang);

#endif
