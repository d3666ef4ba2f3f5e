-- Why: what surveys are made of. A published form version is never changed or removed,
-- because revisions name it for ever.

-- A row is a published form version; the one with the highest number is the current one of
-- its form.
CREATE TABLE form (
  number       INTEGER PRIMARY KEY,
  form_id      TEXT NOT NULL,
  version      TEXT NOT NULL,
  title        TEXT NOT NULL,
  body         BLOB NOT NULL,            -- form.json
  published_ms INTEGER NOT NULL,
  UNIQUE (form_id, version)
) STRICT;

-- A row is an area of the Home Ministry's list.
CREATE TABLE area (
  code       TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  level      TEXT NOT NULL CHECK (level IN ('province', 'regency', 'district', 'village')),
  parent     TEXT NOT NULL,              -- '' for a province
  valid_from TEXT,                       -- dates; NULL: always, still
  valid_to   TEXT,
  successor  TEXT,                       -- code that took this one's place
  aliases    TEXT NOT NULL DEFAULT '[]'  -- JSON array of other names in use
) STRICT, WITHOUT ROWID;
