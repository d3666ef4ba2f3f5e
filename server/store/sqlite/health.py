"""What ``doctor`` asks of a database file, before anything migrates it."""

import sqlite3
from pathlib import Path

from server.store.base import StoreError
from server.store.sqlite.database import migration_files

QUICK_CHECK = "PRAGMA quick_check"
HAS_APPLIED = "SELECT name FROM sqlite_schema WHERE name = '_sqlite_migrations'"
APPLIED = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'tapak-server'"


def damage(path: Path) -> list[str]:
    """What SQLite finds wrong in the file; empty where it is sound. Raises StoreError."""
    found = [row[0] for row in _rows(path, QUICK_CHECK)]
    return [] if found == ["ok"] else found


def pending(path: Path) -> list[str]:
    """Migrations that this database has not had yet. Raises StoreError."""
    applied = {row[0] for row in _rows(path, APPLIED)} if _rows(path, HAS_APPLIED) else set()
    return [name for name, _ in migration_files() if name not in applied]


def is_blank(path: Path) -> bool:
    """Whether no migration has been applied: a new file, or none of ours. Raises StoreError."""
    return len(pending(path)) == len(migration_files())


def _rows(path: Path, statement: str) -> list[tuple[str]]:
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(str(error)) from error
