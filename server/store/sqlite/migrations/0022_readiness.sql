-- Why: the state of a village's topics takes all its records to compute, and the overview shows a
-- whole province. It is kept, and computed anew when a record or photo of the village changes, or
-- the day does, because observations grow old.

-- A row is a village with the state of each topic on a day.
CREATE TABLE readiness (
  village TEXT PRIMARY KEY,
  day     TEXT NOT NULL,                 -- local date that it was computed for
  states  TEXT NOT NULL                  -- JSON {topic: [state, state without obstacles, items missing]}
) STRICT, WITHOUT ROWID;
-- Villages whose states are of an earlier day.
CREATE INDEX readiness_of_day ON readiness (day);

-- A row is a village in which something changed; `times` tells a change during computing.
CREATE TABLE readiness_due (
  village TEXT PRIMARY KEY,
  times   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
