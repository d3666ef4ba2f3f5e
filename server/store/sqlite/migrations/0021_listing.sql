-- Why: the console counts and searches a hundred thousand records while somebody waits. This is
-- a cache beside `record`, brought up to date from the feeds; it can be emptied at any time.

-- A row is a record in the list, once for each of its villages.
CREATE TABLE listed (
  number     INTEGER PRIMARY KEY,
  record     TEXT NOT NULL,
  village    TEXT NOT NULL,
  form_id    TEXT NOT NULL,
  title      TEXT NOT NULL,
  updated_ms INTEGER NOT NULL,
  conflicts  INTEGER NOT NULL,
  deleted    INTEGER NOT NULL,
  UNIQUE (record, village)
) STRICT;
-- The list, newest first, with what it is filtered by.
CREATE INDEX listed_newest ON listed (updated_ms DESC, record, village, form_id, conflicts, deleted);
-- Counts, and the records of a village.
CREATE INDEX listed_place ON listed (deleted, village, form_id, updated_ms, record);

-- The words of a row of `listed`, by its number, and where it is: codes of its areas, its form.
CREATE VIRTUAL TABLE listed_words USING fts5 (
  words, place, tokenize = "unicode61 remove_diacritics 2", prefix = '3', detail = 'column'
);

-- A row is a regency and how far its feed has been read into the list.
CREATE TABLE listed_through (
  regency TEXT PRIMARY KEY,
  n       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The one row: the forms that the list was made for.
CREATE TABLE listed_for (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  forms TEXT NOT NULL
) STRICT;
