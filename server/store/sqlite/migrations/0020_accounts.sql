-- Why: the console is behind a login. A session lives here and not in a cookie, so that logging
-- out, a new password or a lost laptop ends it at once.

-- A row is a person who may log in to the console.
CREATE TABLE password (
  person     TEXT PRIMARY KEY REFERENCES person (id),
  hash       TEXT NOT NULL,              -- argon2id, with its salt and cost
  changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A row is a login that has not ended. The token itself is in the browser only.
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  person     TEXT NOT NULL REFERENCES person (id),
  csrf       TEXT NOT NULL,
  started_ms INTEGER NOT NULL,
  seen_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
