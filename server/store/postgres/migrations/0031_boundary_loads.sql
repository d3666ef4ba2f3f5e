-- Why: devices keep areas and boundaries; they must hear that there are newer ones.

-- A row is a file of boundaries that was loaded.
CREATE TABLE boundary_load (
  number    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file      TEXT NOT NULL,               -- its name
  villages  BIGINT NOT NULL,
  loaded_ms BIGINT NOT NULL
);
