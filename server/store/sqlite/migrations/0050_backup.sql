-- Why: which copies of this database `restore` still offers, and how far each log is in them,
-- so that a device hears what is durable; and a digest of each log as it was received.

-- A row is a verified copy.
CREATE TABLE backup (
  path    TEXT PRIMARY KEY,
  made_ms INTEGER NOT NULL,
  sha256  TEXT NOT NULL,
  lines   INTEGER NOT NULL,
  records INTEGER NOT NULL,
  offered INTEGER NOT NULL               -- 1: the file was there when somebody last looked
) STRICT;

-- A row is the last complete line of a device id in a copy; a cloned device has several. The key's
-- columns come first: SQLite 3.40 finds NULL in this table otherwise when it is checked.
CREATE TABLE backup_tip (
  device TEXT NOT NULL,
  backup TEXT NOT NULL,
  id     TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  PRIMARY KEY (device, backup, id)
) STRICT, WITHOUT ROWID;

-- A row is work that repeats; who claims it does it, whichever process that is.
CREATE TABLE job (
  name       TEXT PRIMARY KEY,
  claimed_ms INTEGER NOT NULL,
  done_ms    INTEGER                     -- NULL: never yet
) STRICT;

-- Exclusive or over a digest of every line as it was received (number, time, way); NULL for a
-- log that began before there was one.
ALTER TABLE log ADD COLUMN digest INTEGER;
