-- Why: what surveys are made of. A published form version is never changed or removed,
-- because revisions name it for ever.

-- A row is a published form version; the one with the highest number is the current one of
-- its form.
CREATE TABLE form (
  number       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  form_id      TEXT COLLATE "C" NOT NULL,
  version      TEXT COLLATE "C" NOT NULL,
  title        TEXT NOT NULL,
  body         BYTEA NOT NULL,           -- form.json
  published_ms BIGINT NOT NULL,
  UNIQUE (form_id, version)
);

-- A row is an area of the Home Ministry's list.
CREATE TABLE area (
  code       TEXT COLLATE "C" PRIMARY KEY,
  name       TEXT NOT NULL,
  level      TEXT NOT NULL CHECK (level IN ('province', 'regency', 'district', 'village')),
  parent     TEXT COLLATE "C" NOT NULL,  -- '' for a province
  valid_from TEXT,                       -- dates; NULL: always, still
  valid_to   TEXT,
  successor  TEXT,                       -- code that took this one's place
  aliases    TEXT NOT NULL DEFAULT '[]'  -- JSON array of other names in use
);
