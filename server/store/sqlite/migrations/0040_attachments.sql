-- Why: photos and documents come after the text, in pieces. Their bytes lie in a folder; what is
-- here, what is on its way and which lines name it is asked in every exchange, so it lies here.

-- A row is a whole file in the attachments folder, checked against its SHA-256.
CREATE TABLE attachment (
  sha256      TEXT PRIMARY KEY,
  bytes       INTEGER NOT NULL,
  type        TEXT NOT NULL,             -- by its first bytes
  received_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row is a field of a line that names a file. A cache of the lines: rebuild makes it again.
CREATE TABLE attachment_ref (
  revision   TEXT NOT NULL,
  field      TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  record     TEXT NOT NULL,
  device     TEXT NOT NULL,
  person     TEXT NOT NULL,
  restricted INTEGER NOT NULL,           -- 1: the answer is sealed, and so is the file
  missing    INTEGER NOT NULL            -- 1: the file is not here
) STRICT;
-- The one index whose key is random: each more is a page more to write for nearly every photo.
CREATE INDEX attachment_ref_of_file ON attachment_ref (sha256);
-- What a log is asked for in every answer, oldest first.
CREATE INDEX attachment_ref_missing ON attachment_ref (device) WHERE missing = 1;

-- A row is a file on its way; the part that has come is a file of its own.
CREATE TABLE upload (
  id         TEXT PRIMARY KEY,
  sha256     TEXT NOT NULL,
  device     TEXT NOT NULL,
  length     INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_of_device ON upload (device, expires_ms);
CREATE INDEX upload_expiring ON upload (expires_ms);
