-- Why: the truth. Every line that any device ever sent, as its bytes, and the secrets that
-- open its restricted answers. Both tables only grow; nothing else in this database is more
-- than a cache of them, or the people and settings around them.
--
-- Texts that are compared or ordered are COLLATE "C": code points, as everywhere in Tapak,
-- whatever language the database was made with.

-- A row is one line of some device's log, at its place in the chain.
CREATE TABLE revision (
  id          TEXT COLLATE "C" PRIMARY KEY,
  arrived     BIGINT GENERATED ALWAYS AS IDENTITY, -- order of receipt; never a cursor
  device      TEXT COLLATE "C" NOT NULL,
  seq         BIGINT NOT NULL,
  previous    TEXT COLLATE "C" NOT NULL, -- id of the line before it, '' for the very first
  complete    BOOLEAN NOT NULL,          -- every line before it is here as well
  record      TEXT COLLATE "C",          -- NULL: malformed line or stub
  form        TEXT COLLATE "C",
  body        BYTEA NOT NULL,
  received_ms BIGINT NOT NULL,
  via         TEXT NOT NULL,             -- sync, own
  held        TEXT,                      -- the reason, NULL: merged (or a stub)
  suspect     BOOLEAN NOT NULL,          -- set once, by the first server that received it
  stub        BOOLEAN NOT NULL           -- stands for a line that its device cannot send
);

-- The lines of a record, for its history.
CREATE INDEX revision_of_record ON revision (record, received_ms) WHERE record IS NOT NULL;
-- Lines that wait for the line before them.
CREATE INDEX revision_incomplete ON revision (previous) WHERE NOT complete;
-- What a log lists in every answer: held lines and gaps.
CREATE INDEX revision_held ON revision (device, seq) WHERE held IS NOT NULL;
CREATE INDEX revision_stub ON revision (device, seq) WHERE stub;
-- A log in its order.
CREATE INDEX revision_of_device ON revision (device, seq, complete);

-- A row is a device id: how many lines bear it, and the enrolled device whose log it belongs
-- to (a forked log goes on under a new id, which says what it branched from).
CREATE TABLE log (
  device TEXT COLLATE "C" PRIMARY KEY,
  root   TEXT COLLATE "C" NOT NULL,
  lines  BIGINT NOT NULL
);
CREATE INDEX log_of_root ON log (root);

-- A row is one restricted answer of a revision. It waits for its line (commitment NULL), for
-- its secret (salt NULL), or is whole; erasing leaves erased_ms and nothing else.
CREATE TABLE secret (
  revision   TEXT COLLATE "C" NOT NULL,
  field      TEXT COLLATE "C" NOT NULL,
  commitment TEXT,
  salt       TEXT,
  text       TEXT,
  erased_ms  BIGINT,
  PRIMARY KEY (revision, field)
);
-- Secrets that their device is asked for.
CREATE INDEX secret_missing ON secret (revision) WHERE salt IS NULL AND erased_ms IS NULL;

-- The one row: this server's own device, whose log holds what is decided in the console.
CREATE TABLE own_device (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  device  TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  last_id TEXT NOT NULL
);

-- A row is something that a person should look at; it blocks nothing.
CREATE TABLE flag (
  code      TEXT COLLATE "C" NOT NULL,   -- device-cloned, secret-mismatch
  subject   TEXT COLLATE "C" NOT NULL,   -- the device or revision that it is about
  raised_ms BIGINT NOT NULL,
  PRIMARY KEY (code, subject)
);
