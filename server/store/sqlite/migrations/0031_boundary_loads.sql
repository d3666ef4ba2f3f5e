-- Why: devices keep areas and boundaries; they must hear that there are newer ones.

-- A row is a file of boundaries that was loaded.
CREATE TABLE boundary_load (
  number    INTEGER PRIMARY KEY,
  file      TEXT NOT NULL,               -- its name
  villages  INTEGER NOT NULL,
  loaded_ms INTEGER NOT NULL
) STRICT;
