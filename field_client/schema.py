"""The tables of a device. A migration is never edited once released; the next one follows it."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("device")


@migrations()
def m0001_own_log(db: Database) -> None:
    """Why: what a person saved must outlive everything else, so it stands alone and is only added to."""
    for statement in (IDENTITY, SETTING, OWN, OWN_OF_RECORD, SECRET):
        db.conn.execute(statement)


@migrations()
def m0002_feeds(db: Database) -> None:
    """Why: what the server said can be fetched again, so it is kept apart and may be replaced."""
    for statement in (SNAPSHOT, MEMBER, MEMBER_OF_RECORD, CURSOR, HELD, OUTSIDE, FORM, AREA):
        db.conn.execute(statement)


@migrations()
def m0040_attachments(db: Database) -> None:
    """Why: photos go after the text, over days perhaps; what is left must outlive a kill."""
    for statement in (ATTACHMENT, ATTACHMENT_LEFT):
        db.conn.execute(statement)


@migrations()
def m0030_boundaries(db: Database) -> None:
    """Why: with the boundaries of villages a device says at once that a point lies elsewhere."""
    db.conn.execute(BOUNDARY)


@migrations()
def m0031_aliases(db: Database) -> None:
    """Why: an office's list calls a village by the name that it had last year."""
    db.conn.execute(AREA_ALIASES)


@migrations()
def m0032_ended_areas(db: Database) -> None:
    """Why: where a village has got another code, a list that names it means the new one."""
    db.conn.execute(AREA_VALID_TO)


@migrations()
def m0033_in_question(db: Database) -> None:
    """Why: every sync says what waits for a person, and must not read all records for it."""
    for statement in (SNAPSHOT_CONFLICTS, SNAPSHOT_FORGET_SUMMARY, SNAPSHOT_IN_QUESTION):
        db.conn.execute(statement)


@migrations()
def m0050_carried(db: Database) -> None:
    """Why: work of others that this device carries to the server, for days perhaps."""
    db.conn.execute(CARRIED)


IDENTITY = """
-- A person who is enrolled on this device. scope: JSON list of area codes.
CREATE TABLE identity (
  person TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  organisation TEXT NOT NULL,
  scope TEXT NOT NULL
) STRICT
"""

SETTING = """
-- Facts about this device and what the server last stated; names in field_client/facts.py.
CREATE TABLE setting (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT
"""

OWN = """
-- The log of this device, in local order: the bytes of each save, never changed, never deleted.
CREATE TABLE own (
  local INTEGER PRIMARY KEY,
  s INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  prev TEXT NOT NULL,
  record TEXT NOT NULL,
  body BLOB NOT NULL
) STRICT
"""

OWN_OF_RECORD = """
-- For the own saves of a record, which are laid over its snapshot.
CREATE INDEX own_of_record ON own (record, local)
"""

SECRET = """
-- What opens a restricted answer of an own save.
CREATE TABLE secret (
  revision TEXT NOT NULL,
  field TEXT NOT NULL,
  salt TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (revision, field)
) STRICT, WITHOUT ROWID
"""

SNAPSHOT = """
-- A record as the server last sent it. upto: local row of the last own line that it contains;
-- told: number of the answer that said so. opened: JSON of restricted answers.
-- summary: areas, deletion and conflicts; NULL where another form version came, until asked for.
CREATE TABLE snapshot (
  local INTEGER PRIMARY KEY,
  record TEXT NOT NULL UNIQUE,
  form TEXT NOT NULL,
  snap BLOB NOT NULL,
  opened BLOB,
  upto INTEGER NOT NULL,
  told INTEGER NOT NULL,
  summary BLOB
) STRICT
"""

SNAPSHOT_CONFLICTS = """
-- How many fields of the summary are in conflict; NULL where there is no summary.
ALTER TABLE snapshot ADD COLUMN conflicts INTEGER
"""

SNAPSHOT_FORGET_SUMMARY = """
-- They are computed again, with their number of conflicts.
UPDATE snapshot SET summary = NULL
"""

SNAPSHOT_IN_QUESTION = """
-- For the records of which something waits for a person, or which are not summed up.
CREATE INDEX snapshot_in_question ON snapshot (record) WHERE conflicts IS NULL OR conflicts > 0
"""

MEMBER = """
-- A record belongs to a feed through a village. x: checksum of the row; generation: of its feed.
CREATE TABLE member (
  feed TEXT NOT NULL,
  record TEXT NOT NULL,
  village TEXT NOT NULL,
  x INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (feed, record, village)
) STRICT, WITHOUT ROWID
"""

MEMBER_OF_RECORD = """
-- For the feeds of a record, and whether any is left.
CREATE INDEX member_of_record ON member (record, feed)
"""

CURSOR = """
-- A place in a feed. upto and told as in snapshot, for all its records since its last page.
-- mismatches: wrong checksums in a row; quiet_until_ms: not read again from its start before.
CREATE TABLE cursor (
  feed TEXT PRIMARY KEY,
  cursor TEXT NOT NULL,
  generation INTEGER NOT NULL,
  upto INTEGER NOT NULL,
  told INTEGER NOT NULL,
  mismatches INTEGER NOT NULL DEFAULT 0,
  quiet_until_ms INTEGER NOT NULL DEFAULT 0
) STRICT
"""

HELD = """
-- An own line that the server stored but has not merged, and why.
CREATE TABLE held (
  id TEXT PRIMARY KEY,
  record TEXT NOT NULL,
  why TEXT NOT NULL
) STRICT
"""

OUTSIDE = """
-- A record with own saves that has left every feed of this device.
CREATE TABLE outside (
  record TEXT PRIMARY KEY
) STRICT
"""

FORM = """
-- A compiled form version. current: the one that saves and policies follow.
CREATE TABLE form (
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  body BLOB NOT NULL,
  current INTEGER NOT NULL,
  PRIMARY KEY (id, version)
) STRICT
"""

AREA = """
-- Areas in the device's scope.
CREATE TABLE area (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  level TEXT NOT NULL,
  parent TEXT NOT NULL
) STRICT
"""

AREA_ALIASES = """
-- JSON array of the other names of an area.
ALTER TABLE area ADD COLUMN aliases TEXT NOT NULL DEFAULT '[]'
"""

AREA_VALID_TO = """
-- First local date on which a code is no longer in force.
ALTER TABLE area ADD COLUMN valid_to TEXT
"""

BOUNDARY = """
-- The boundary of a village in the device's scope, and the box around it in degrees.
-- shape: JSON as in sync/polygons.py.
CREATE TABLE boundary (
  village TEXT PRIMARY KEY,
  west REAL NOT NULL,
  south REAL NOT NULL,
  east REAL NOT NULL,
  north REAL NOT NULL,
  shape TEXT NOT NULL
) STRICT, WITHOUT ROWID
"""

ATTACHMENT = """
-- A file in the attachments folder. local: row of the last own line that names it; state: left,
-- received or damaged; upload_url: path of the upload that was begun.
CREATE TABLE attachment (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  type TEXT NOT NULL,
  local INTEGER NOT NULL,
  state TEXT NOT NULL,
  upload_url TEXT
) STRICT
"""

ATTACHMENT_LEFT = """
-- For what the server lacks, asked in every exchange.
CREATE INDEX attachment_left ON attachment (local) WHERE state = 'left'
"""

CARRIED = """
-- A bundle in the carried folder, under its SHA-256, until the server says that its lines are durable.
-- name: of the file, owner: who wrote it, both as they were given;
-- numbers: JSON [[device, first, last]] of its lines; whole: 0 where the file is cut or a part of it
-- cannot be read; taken_over: 1 where it is work of an old phone of a person here; state: as the
-- server stated last (wanted, stored), or kept, sent, damaged; upload_url: upload that was begun.
CREATE TABLE carried (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  name TEXT NOT NULL,
  owner TEXT NOT NULL,
  numbers TEXT NOT NULL,
  whole INTEGER NOT NULL,
  taken_over INTEGER NOT NULL,
  taken_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  upload_url TEXT
) STRICT
"""
