-- Why: what is computed from the log, so that an answer costs what changed and not what
-- exists. `tapak-server rebuild` makes all of it again; `verify` compares.

-- A row is a record with all its heads. A rowid table with a unique text id: WITHOUT ROWID
-- with a random key was 2.7 times slower.
CREATE TABLE record (
  id         TEXT NOT NULL UNIQUE,
  form       TEXT NOT NULL,              -- form/version, the highest among its revisions
  form_id    TEXT NOT NULL,
  snapshot   BLOB NOT NULL,              -- the L of its snapshot line, ready to be sent
  areas      TEXT NOT NULL,              -- JSON array of villages; '[]': an orphan
  conflicts  TEXT NOT NULL,              -- JSON array of fields on which a person must decide
  updated_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX record_orphan ON record (id) WHERE areas = '[]';
CREATE INDEX record_in_conflict ON record (id) WHERE conflicts <> '[]';

-- A row is a base id that was named for a field before its own revision was merged; the
-- write of that field will be dead on arrival.
CREATE TABLE awaited (
  record TEXT NOT NULL,
  base   TEXT NOT NULL,
  field  TEXT NOT NULL,
  PRIMARY KEY (record, base, field)
) STRICT, WITHOUT ROWID;

-- A row is a record's place in the feed of a regency, once for each of its villages.
CREATE TABLE feed (
  regency TEXT NOT NULL,
  n       INTEGER NOT NULL,
  village TEXT NOT NULL,
  record  TEXT NOT NULL,
  x       INTEGER NOT NULL,              -- checksum over the live ids, 64 bits with a sign
  gone    INTEGER NOT NULL,
  PRIMARY KEY (regency, n)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX feed_row ON feed (record, village);

-- A row is a regency's counter and the hash of all its changes so far.
CREATE TABLE regency (
  code TEXT PRIMARY KEY,
  n    INTEGER NOT NULL,
  h    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A row is a counter and hash that a cursor may name: one a transaction.
CREATE TABLE feed_log (
  regency TEXT NOT NULL,
  n       INTEGER NOT NULL,
  h       TEXT NOT NULL,
  PRIMARY KEY (regency, n)
) STRICT, WITHOUT ROWID;

-- A row is a village's running xor over the checksums of its rows that are not gone.
CREATE TABLE village (
  code TEXT PRIMARY KEY,
  sum  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
