-- The store of records, version 3 (PRAGMA user_version).  One file, stays.db.
-- No clear number, IMSI or ID digit is in it; key.h has the pseudonyms.
-- Every key is a 64-bit pseudonym, kept as a signed integer.

-- What the store was made with: fingerprint, max_gap; and how it is laid out:
-- bits, ranges.
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value NOT NULL
) WITHOUT ROWID;

-- Stays of the keys whose top `bits` bits are id (bucket.h).
CREATE TABLE bucket (
	id INTEGER PRIMARY KEY,
	stays BLOB NOT NULL
);

-- Who had which IMSI (TS 23.003 2.2) and MSISDN (3.3) when: the rows of the
-- MSISDNs whose first 28 bits are above the id before and up to id (rows.h),
-- cut into `ranges` (store_sqlite.h).
CREATE TABLE subscriber (
	id INTEGER PRIMARY KEY,
	rows BLOB NOT NULL
);

-- The MSISDNs that an IMSI has rows with.
CREATE TABLE imsi (
	imsi INTEGER NOT NULL,
	msisdn INTEGER NOT NULL,
	PRIMARY KEY (imsi, msisdn)
) WITHOUT ROWID;

-- Keys that two numbers share: kind 0 of an MSISDN, 1 of an IMSI.
CREATE TABLE out_of_use (
	kind INTEGER NOT NULL,
	key INTEGER NOT NULL,
	PRIMARY KEY (kind, key)
) WITHOUT ROWID;

-- The operator's cells and areas (place_pack in region.h).
CREATE TABLE cell (
	place INTEGER NOT NULL,
	valid_from INTEGER NOT NULL,
	region INTEGER NOT NULL,
	PRIMARY KEY (place, valid_from)
) WITHOUT ROWID;

CREATE TABLE mark (
	region INTEGER NOT NULL,
	valid_from INTEGER NOT NULL,
	mark TEXT NOT NULL,
	PRIMARY KEY (region, valid_from)
) WITHOUT ROWID;

CREATE TABLE source (
	name TEXT PRIMARY KEY,
	watermark INTEGER NOT NULL
) WITHOUT ROWID;
