-- The store of records, version 1 (PRAGMA user_version).  One file, stays.db.
-- No clear number, IMSI or ID digit is in it; key.h has the pseudonyms.
-- Every key is a 64-bit pseudonym, kept as a signed integer.

-- What the store was made with: fingerprint, max_gap, bits.
CREATE TABLE meta (
	name TEXT PRIMARY KEY,
	value NOT NULL
) WITHOUT ROWID;

-- Stays of the keys whose top `bits` bits are id (bucket.h).
CREATE TABLE bucket (
	id INTEGER PRIMARY KEY,
	stays BLOB NOT NULL
);

-- Who had which IMSI (TS 23.003 2.2) and MSISDN (3.3) when.
CREATE TABLE subscriber (
	msisdn INTEGER NOT NULL,
	imsi INTEGER NOT NULL,
	since INTEGER NOT NULL,
	until INTEGER,			-- as given
	ends INTEGER NOT NULL,		-- derived: until, or a later row's since
	person INTEGER NOT NULL,
	digits INTEGER NOT NULL,	-- keyed; 0 for none
	carrier TEXT NOT NULL,
	language TEXT NOT NULL,
	sealed BLOB NOT NULL,		-- IMSI and MSISDN in one AES-256 block
	PRIMARY KEY (msisdn, imsi, since)
) WITHOUT ROWID;
CREATE INDEX subscriber_imsi ON subscriber (imsi);

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
