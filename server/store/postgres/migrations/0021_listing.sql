-- Why: the console counts and searches a hundred thousand records while somebody waits. This is
-- a cache beside `record`, brought up to date from the feeds; it can be emptied at any time.

-- A row is a record in the list, once for each of its villages. `words`: what it is found by.
CREATE TABLE listed (
  record     TEXT COLLATE "C" NOT NULL,
  village    TEXT COLLATE "C" NOT NULL,
  form_id    TEXT COLLATE "C" NOT NULL,
  title      TEXT NOT NULL,
  updated_ms BIGINT NOT NULL,
  conflicts  INTEGER NOT NULL,
  deleted    BOOLEAN NOT NULL,
  words      TSVECTOR NOT NULL,
  PRIMARY KEY (record, village)
);
-- The list, newest first.
CREATE INDEX listed_newest ON listed (updated_ms DESC, record);
-- Counts, and the records of a village.
CREATE INDEX listed_place ON listed (village, form_id) WHERE NOT deleted;
CREATE INDEX listed_words ON listed USING GIN (words);

-- A row is a regency and how far its feed has been read into the list.
CREATE TABLE listed_through (
  regency TEXT COLLATE "C" PRIMARY KEY,
  n       BIGINT NOT NULL
);

-- The one row: the forms that the list was made for.
CREATE TABLE listed_for (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  forms TEXT NOT NULL
);
