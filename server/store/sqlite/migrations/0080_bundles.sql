-- Why: a device that carries a file for others asks, in every exchange, whether it may delete it.

-- A row is a file that somebody brings; NULL: it was not taken in yet.
CREATE TABLE bundle (
  sha256       TEXT PRIMARY KEY,
  device       TEXT NOT NULL,             -- the carrier's; '' for an operator
  announced_ms INTEGER NOT NULL,
  imported_ms  INTEGER,
  report       TEXT NOT NULL,             -- JSON of what was taken in
  files        TEXT NOT NULL              -- JSON list: SHA-256 of the photos and documents in it
) STRICT, WITHOUT ROWID;

-- A row is a bundle whose import, with its photos, is in a copy of this database.
CREATE TABLE backup_bundle (
  backup TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (backup, sha256)
) STRICT, WITHOUT ROWID;
