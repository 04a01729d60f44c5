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
