-- The small state that gateways write and share, version 1: state.db beside
-- stays.db, synchronous FULL. All of it is run whenever the file is opened, so
-- that an older one gets what is new here; the version changes when something
-- in it does that older programs use.

-- Answers that are still to be sent.
CREATE TABLE IF NOT EXISTS outbox (
	id INTEGER PRIMARY KEY,		-- random: never used again
	carrier TEXT NOT NULL,
	owner INTEGER NOT NULL,		-- which process sends it
	lease INTEGER NOT NULL,		-- until when, epoch seconds
	expires INTEGER NOT NULL,	-- when it is of no use any more
	done INTEGER NOT NULL,		-- bit n: segment n was taken
	sealed BLOB NOT NULL		-- nonce, then crypto_secretbox
);
CREATE INDEX IF NOT EXISTS outbox_lease ON outbox (carrier, lease);

-- Questions that a subscriber may still reply to (pending.h).
CREATE TABLE IF NOT EXISTS pending (
	key INTEGER PRIMARY KEY,	-- of subscriber and service, keyed
	step INTEGER NOT NULL,		-- enum step + 256 * the wording
	language INTEGER NOT NULL,	-- enum language; LANGUAGES for none
	until INTEGER NOT NULL,		-- epoch seconds
	token INTEGER NOT NULL		-- the front end's
);
CREATE INDEX IF NOT EXISTS pending_until ON pending (until);

-- What is remembered of a subscriber over services and channels (subject.h).
-- Times are epoch seconds, 0 for none.
CREATE TABLE IF NOT EXISTS subject (
	key INTEGER PRIMARY KEY,	-- of the MSISDN, keyed
	useful_until INTEGER NOT NULL,	-- erased then
	language INTEGER NOT NULL,	-- enum language; LANGUAGES for none
	tries INTEGER NOT NULL,		-- wrong digits, in a row
	day_tries INTEGER NOT NULL,	-- and on the day of the latest
	tried_at INTEGER NOT NULL,	-- the latest
	tried INTEGER NOT NULL,		-- what was said then, keyed hash
	lock_minutes INTEGER NOT NULL,	-- of the latest lock
	locked_until INTEGER NOT NULL,
	consent_at INTEGER NOT NULL,
	consent_version INTEGER NOT NULL,	-- hash of the wording
	consent_channel INTEGER NOT NULL,	-- enum channel
	deleted_at INTEGER NOT NULL,
	corrected INTEGER NOT NULL	-- made: of the latest correction
);
CREATE INDEX IF NOT EXISTS subject_useful ON subject (useful_until);

-- Corrections by operators (correct.h).
CREATE TABLE IF NOT EXISTS correction (
	id INTEGER PRIMARY KEY,
	msisdn INTEGER NOT NULL,	-- keyed
	region INTEGER NOT NULL,	-- region.h
	since INTEGER NOT NULL,		-- in it, or not in it, from then
	until INTEGER NOT NULL,		-- until before then
	act INTEGER NOT NULL,		-- enum correct_act
	made INTEGER NOT NULL,		-- when: the order in which they apply
	operator TEXT NOT NULL,
	reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS correction_of ON correction (msisdn, made, id);
CREATE INDEX IF NOT EXISTS correction_until ON correction (until);

-- People who were deleted (deletion.h).
CREATE TABLE IF NOT EXISTS deletion (
	key INTEGER PRIMARY KEY,	-- of an IMSI or an MSISDN, keyed; or 0
	before INTEGER NOT NULL		-- records from before are gone
);

-- Messages that came in parts.
CREATE TABLE IF NOT EXISTS parts (
	id INTEGER PRIMARY KEY,		-- keyed hashes of sender and name
	carrier TEXT NOT NULL,
	whole INTEGER NOT NULL,		-- 0: parts are missing, 1: none
	waiting INTEGER NOT NULL,	-- parts that wait for the others
	until INTEGER NOT NULL,		-- erased then, epoch seconds
	sealed BLOB NOT NULL		-- nonce, then crypto_secretbox
);
CREATE INDEX IF NOT EXISTS parts_until ON parts (until);
CREATE INDEX IF NOT EXISTS parts_carrier ON parts (carrier, whole, until);

-- Notices that are still to be told (notice.h).
CREATE TABLE IF NOT EXISTS notice (
	id INTEGER PRIMARY KEY,
	carrier TEXT NOT NULL,
	looked_at INTEGER NOT NULL,	-- epoch seconds
	sealed BLOB NOT NULL		-- nonce, then crypto_secretbox
);
CREATE INDEX IF NOT EXISTS notice_carrier ON notice (carrier);
