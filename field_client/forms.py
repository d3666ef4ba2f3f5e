"""The forms of this device: versions as the server published them."""

from functools import lru_cache

from sqlite_utils import Database

from sync.forms import model
from sync.forms.model import Form


def current(db: Database, form_id: str) -> Form | None:
    """The version of a form that saves and policies follow, or ``None``."""
    row = db.conn.execute(CURRENT, {"id": form_id}).fetchone()
    return None if row is None else _decoded(row[0])


CURRENT = "SELECT body FROM form WHERE id = :id AND current = 1"


def current_versions(db: Database) -> dict[str, str]:
    """``{form id: current version}``."""
    return dict(db.conn.execute(CURRENT_VERSIONS).fetchall())


CURRENT_VERSIONS = "SELECT id, version FROM form WHERE current = 1 ORDER BY id"


def shelf(db: Database) -> dict[str, Form]:
    """``{form id: form}`` of the current versions."""
    return {id: form for id in current_versions(db) if (form := current(db, id)) is not None}


def has(db: Database, form_id: str, version: str) -> bool:
    """Whether a version is here."""
    return db.conn.execute(HAS, {"id": form_id, "version": version}).fetchone() is not None


HAS = "SELECT 1 FROM form WHERE id = :id AND version = :version"


def put(db: Database, body: bytes) -> Form:
    """Keep a version; it is the current one from now on. Inside the caller's transaction.

    What was summed up under another version is summed up anew.
    """
    form = model.decode(body)
    db.conn.execute(PUT, {"id": form.id, "version": form.version, "body": body})
    make_current(db, form.id, form.version)
    return form


PUT = """
INSERT INTO form (id, version, body, current)
VALUES (:id, :version, :body, 0)
    ON CONFLICT (id, version) DO UPDATE SET body = excluded.body
"""


def make_current(db: Database, form_id: str, version: str) -> None:
    """Follow another version that is here. Inside the caller's transaction."""
    db.conn.execute(MAKE_CURRENT, {"id": form_id, "version": version})
    db.conn.execute(FORGET_SUMMARIES, {"prefix": form_id + "/"})


MAKE_CURRENT = "UPDATE form SET current = (version = :version) WHERE id = :id"

FORGET_SUMMARIES = """
UPDATE snapshot
   SET summary = NULL, conflicts = NULL
 WHERE substr(form, 1, length(:prefix)) = :prefix
   AND conflicts IS NOT NULL
"""


@lru_cache(maxsize=64)
def _decoded(body: bytes) -> Form:
    return model.decode(body)
