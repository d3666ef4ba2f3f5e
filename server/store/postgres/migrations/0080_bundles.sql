-- Why: a device that carries a file for others asks, in every exchange, whether it may delete it.

-- A row is a file that somebody brings; NULL: it was not taken in yet.
CREATE TABLE bundle (
  sha256       TEXT COLLATE "C" PRIMARY KEY,
  device       TEXT COLLATE "C" NOT NULL,             -- the carrier's; '' for an operator
  announced_ms BIGINT NOT NULL,
  imported_ms  BIGINT,
  report       TEXT NOT NULL,             -- JSON of what was taken in
  files        TEXT NOT NULL              -- JSON list: SHA-256 of the photos and documents in it
);

-- A row is a bundle whose import, with its photos, is in a copy of this database.
CREATE TABLE backup_bundle (
  backup TEXT COLLATE "C" NOT NULL,
  sha256 TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (backup, sha256)
);
