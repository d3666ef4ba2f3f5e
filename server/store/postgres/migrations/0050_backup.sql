-- Why: which copies of this database `restore` still offers, and how far each log is in them,
-- so that a device hears what is durable; and a digest of each log as it was received.

-- A row is a verified copy.
CREATE TABLE backup (
  path    TEXT COLLATE "C" PRIMARY KEY,
  made_ms BIGINT NOT NULL,
  sha256  TEXT NOT NULL,
  lines   BIGINT NOT NULL,
  records BIGINT NOT NULL,
  offered BOOLEAN NOT NULL               -- the file was there when somebody last looked
);

-- A row is the last complete line of a device id in a copy; a cloned device has several.
CREATE TABLE backup_tip (
  device TEXT COLLATE "C" NOT NULL,
  backup TEXT COLLATE "C" NOT NULL,
  seq    BIGINT NOT NULL,
  id     TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (device, backup, id)
);

-- A row is work that repeats; who claims it does it, whichever process that is.
CREATE TABLE job (
  name       TEXT COLLATE "C" PRIMARY KEY,
  claimed_ms BIGINT NOT NULL,
  done_ms    BIGINT                      -- NULL: never yet
);

-- Exclusive or over a digest of every line as it was received (number, time, way); NULL for a
-- log that began before there was one.
ALTER TABLE log ADD COLUMN digest BIGINT;
