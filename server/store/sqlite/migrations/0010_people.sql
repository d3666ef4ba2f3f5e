-- Why: who may bring what. A device speaks for the persons that are enrolled on it; a person
-- sees and judges the areas named here. Nothing is deleted: a revoked device stays listed.

-- A row is a person of the survey.
CREATE TABLE person (
  id           TEXT PRIMARY KEY,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL,            -- verifier, coordinator, regency, province, auditor, admin
  organisation TEXT NOT NULL,
  created_ms   INTEGER NOT NULL
) STRICT;

-- A row is an area prefix of a person's scope.
CREATE TABLE person_area (
  person TEXT NOT NULL REFERENCES person (id),
  area   TEXT NOT NULL,
  PRIMARY KEY (person, area)
) STRICT, WITHOUT ROWID;

-- A row is an enrolment code, known by its keyed hash only. It is used up once.
CREATE TABLE enrolment (
  code_hash   TEXT PRIMARY KEY,
  person      TEXT NOT NULL REFERENCES person (id),
  issued_ms   INTEGER NOT NULL,
  expires_ms  INTEGER NOT NULL,
  redeemed_ms INTEGER,
  device      TEXT,
  CHECK ((redeemed_ms IS NULL) = (device IS NULL))
) STRICT, WITHOUT ROWID;

-- A row is an enrolled device and what it last said of itself.
CREATE TABLE device (
  id             TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  public_key     TEXT NOT NULL,          -- JSON {"alg","spki"}, '' where it gave none
  app            TEXT NOT NULL,
  enrolled_ms    INTEGER NOT NULL,
  revoked_ms     INTEGER,
  last_seen_ms   INTEGER,
  clock_ahead_ms INTEGER,
  left_json      TEXT NOT NULL           -- what its last header said is unsent
) STRICT;

-- A row is a person on a device.
CREATE TABLE device_person (
  device TEXT NOT NULL REFERENCES device (id),
  person TEXT NOT NULL REFERENCES person (id),
  PRIMARY KEY (device, person)
) STRICT, WITHOUT ROWID;
