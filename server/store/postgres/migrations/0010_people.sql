-- Why: who may bring what. A device speaks for the persons that are enrolled on it; a person
-- sees and judges the areas named here. Nothing is deleted: a revoked device stays listed.

-- A row is a person of the survey.
CREATE TABLE person (
  id           TEXT COLLATE "C" PRIMARY KEY,
  name         TEXT COLLATE "C" NOT NULL,
  role         TEXT NOT NULL,            -- verifier, coordinator, regency, province, auditor, admin
  organisation TEXT NOT NULL,
  created_ms   BIGINT NOT NULL
);

-- A row is an area prefix of a person's scope.
CREATE TABLE person_area (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  area   TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person, area)
);

-- A row is an enrolment code, known by its keyed hash only. It is used up once.
CREATE TABLE enrolment (
  code_hash   TEXT COLLATE "C" PRIMARY KEY,
  person      TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  issued_ms   BIGINT NOT NULL,
  expires_ms  BIGINT NOT NULL,
  redeemed_ms BIGINT,
  device      TEXT,
  CHECK ((redeemed_ms IS NULL) = (device IS NULL))
);

-- A row is an enrolled device and what it last said of itself.
CREATE TABLE device (
  id             TEXT COLLATE "C" PRIMARY KEY,
  name           TEXT NOT NULL,
  public_key     TEXT NOT NULL,          -- JSON {"alg","spki"}, '' where it gave none
  app            TEXT NOT NULL,
  enrolled_ms    BIGINT NOT NULL,
  revoked_ms     BIGINT,
  last_seen_ms   BIGINT,
  clock_ahead_ms BIGINT,
  left_json      TEXT NOT NULL           -- what its last header said is unsent
);

-- A row is a person on a device.
CREATE TABLE device_person (
  device TEXT COLLATE "C" NOT NULL REFERENCES device (id),
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  PRIMARY KEY (device, person)
);
