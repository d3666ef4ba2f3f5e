-- Why: what is computed from the log, so that an answer costs what changed and not what
-- exists. `tapak-server rebuild` makes all of it again; `verify` compares. Keys of feeds are
-- led by the regency.

-- A row is a record with all its heads.
CREATE TABLE record (
  id         TEXT COLLATE "C" PRIMARY KEY,
  form       TEXT COLLATE "C" NOT NULL,  -- form/version, the highest among its revisions
  form_id    TEXT COLLATE "C" NOT NULL,
  snapshot   BYTEA NOT NULL,             -- the L of its snapshot line, ready to be sent
  areas      TEXT NOT NULL,              -- JSON array of villages; '[]': an orphan
  conflicts  TEXT NOT NULL,              -- JSON array of fields on which a person must decide
  updated_ms BIGINT NOT NULL
);
CREATE INDEX record_orphan ON record (id) WHERE areas = '[]';
CREATE INDEX record_in_conflict ON record (id) WHERE conflicts <> '[]';

-- A row is a base id that was named for a field before its own revision was merged; the
-- write of that field will be dead on arrival.
CREATE TABLE awaited (
  record TEXT COLLATE "C" NOT NULL,
  base   TEXT COLLATE "C" NOT NULL,
  field  TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (record, base, field)
);

-- A row is a record's place in the feed of a regency, once for each of its villages.
CREATE TABLE feed (
  regency TEXT COLLATE "C" NOT NULL,
  n       BIGINT NOT NULL,
  village TEXT COLLATE "C" NOT NULL,
  record  TEXT COLLATE "C" NOT NULL,
  x       BIGINT NOT NULL,               -- checksum over the live ids, 64 bits with a sign
  gone    BOOLEAN NOT NULL,
  PRIMARY KEY (regency, n),
  UNIQUE (regency, record, village)
);
-- The rows of a record in all its feeds.
CREATE INDEX feed_of_record ON feed (record);

-- A row is a regency's counter and the hash of all its changes so far.
CREATE TABLE regency (
  code TEXT COLLATE "C" PRIMARY KEY,
  n    BIGINT NOT NULL,
  h    TEXT NOT NULL
);

-- A row is a counter and hash that a cursor may name: one a transaction.
CREATE TABLE feed_log (
  regency TEXT COLLATE "C" NOT NULL,
  n       BIGINT NOT NULL,
  h       TEXT NOT NULL,
  PRIMARY KEY (regency, n)
);

-- A row is a village's running xor over the checksums of its rows that are not gone.
CREATE TABLE village (
  regency TEXT COLLATE "C" NOT NULL,
  code    TEXT COLLATE "C" NOT NULL,
  sum     BIGINT NOT NULL,
  PRIMARY KEY (regency, code)
);
