-- The small state that gateways write and share, version 1: state.db beside
-- stays.db, synchronous FULL.

-- Answers that are still to be sent.
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	carrier TEXT NOT NULL,
	owner INTEGER NOT NULL,		-- which process sends it
	lease INTEGER NOT NULL,		-- until when, epoch seconds
	expires INTEGER NOT NULL,	-- when it is of no use any more
	done INTEGER NOT NULL,		-- bit n: segment n was taken
	sealed BLOB NOT NULL		-- nonce, then crypto_secretbox
);
CREATE INDEX outbox_lease ON outbox (carrier, lease);

-- Questions that a subscriber may still reply to (pending.h).
CREATE TABLE pending (
	key INTEGER PRIMARY KEY,	-- of subscriber and service, keyed
	step INTEGER NOT NULL,
	language INTEGER NOT NULL,	-- enum language; LANGUAGES for none
	until INTEGER NOT NULL,		-- epoch seconds
	token INTEGER NOT NULL		-- the front end's
);
CREATE INDEX pending_until ON pending (until);
