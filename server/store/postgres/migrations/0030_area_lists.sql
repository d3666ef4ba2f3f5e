-- Why: a percentage needs its denominator, and the denominator the list that it was counted in;
-- and a point can only be compared with its village where the village has a boundary.

-- A row is a list of areas that was loaded; the one with the highest number is in force.
CREATE TABLE area_list (
  number     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version    TEXT NOT NULL,              -- as the operator called it, else file name and SHA-256
  areas      BIGINT NOT NULL,            -- rows that it had
  loaded_ms  BIGINT NOT NULL
);

-- A row is the boundary of a village.
CREATE TABLE boundary (
  village    TEXT COLLATE "C" PRIMARY KEY,
  west       DOUBLE PRECISION NOT NULL,  -- the box around it, in degrees
  south      DOUBLE PRECISION NOT NULL,
  east       DOUBLE PRECISION NOT NULL,
  north      DOUBLE PRECISION NOT NULL,
  shape      TEXT NOT NULL,              -- JSON: polygons, each its rings, each its [lon, lat]
  simplified TEXT NOT NULL                -- the same for a phone, with fewer places
);
-- Boundaries whose box holds a point.
CREATE INDEX boundary_box ON boundary (west, east, south, north);
