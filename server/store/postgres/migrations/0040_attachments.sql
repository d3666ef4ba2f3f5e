-- Why: photos and documents come after the text, in pieces. Their bytes lie in a folder; what is
-- here, what is on its way and which lines name it is asked in every exchange, so it lies here.

-- A row is a whole file in the attachments folder, checked against its SHA-256.
CREATE TABLE attachment (
  sha256      TEXT COLLATE "C" PRIMARY KEY,
  bytes       BIGINT NOT NULL,
  type        TEXT NOT NULL,             -- by its first bytes
  received_ms BIGINT NOT NULL
);

-- A row is a field of a line that names a file. A cache of the lines: rebuild makes it again.
CREATE TABLE attachment_ref (
  revision   TEXT COLLATE "C" NOT NULL,
  field      TEXT COLLATE "C" NOT NULL,
  sha256     TEXT COLLATE "C" NOT NULL,
  record     TEXT COLLATE "C" NOT NULL,
  device     TEXT COLLATE "C" NOT NULL,
  person     TEXT NOT NULL,
  restricted BOOLEAN NOT NULL,           -- the answer is sealed, and so is the file
  missing    BOOLEAN NOT NULL,           -- the file is not here
  PRIMARY KEY (revision, field)
);
CREATE INDEX attachment_ref_of_file ON attachment_ref (sha256);
-- What a log is asked for in every answer.
CREATE INDEX attachment_ref_missing ON attachment_ref (device, sha256) WHERE missing;

-- A row is a file on its way; the part that has come is a file of its own.
CREATE TABLE upload (
  id         TEXT COLLATE "C" PRIMARY KEY,
  sha256     TEXT COLLATE "C" NOT NULL,
  device     TEXT COLLATE "C" NOT NULL,
  length     BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL
);
CREATE INDEX upload_of_device ON upload (device, expires_ms);
CREATE INDEX upload_expiring ON upload (expires_ms);
