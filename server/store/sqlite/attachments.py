"""Photos and documents in SQLite: which are here, which are on their way, who names them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from server.store.attachments import AttachmentRow, Reference, ReferenceRow, UploadRow
from server.store.sqlite.arrays import array

REFER = """
INSERT INTO attachment_ref (revision, field, sha256, record, device, person, restricted, missing, backed_ms)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7,
       NOT EXISTS (SELECT 1 FROM attachment WHERE sha256 = ?3),
       COALESCE((SELECT backed_ms FROM attachment WHERE sha256 = ?3), 9007199254740991)
 WHERE NOT EXISTS (SELECT 1
                     FROM attachment_ref
                    WHERE sha256 = ?3
                      AND revision = ?1
                      AND field = ?2)
"""
NAMED_BY = """
SELECT ref.revision, ref.field, ref.sha256, ref.record, ref.device, ref.person, ref.restricted,
       revision.held IS NULL
  FROM attachment_ref AS ref
  JOIN revision ON revision.id = ref.revision
 WHERE ref.sha256 = :sha256
 ORDER BY ref.revision, ref.field
"""
DEVICES_OF = "SELECT device FROM log WHERE root = :root"
# One device id at a time, in the order of the index: a season of photos that are not here is
# not sorted in every answer.
WANTED = """
SELECT sha256
  FROM attachment_ref
 WHERE device = :device
   AND missing = 1
 ORDER BY rowid
 LIMIT :limit
"""
GET = "SELECT sha256, bytes, type, received_ms FROM attachment WHERE sha256 = :sha256"
PUT = """
INSERT INTO attachment (sha256, bytes, type, received_ms)
VALUES (:sha256, :bytes, :type, :received_ms)
ON CONFLICT (sha256) DO NOTHING
"""
# A file that comes, or comes again, is in no backup for sure; put does not touch one that is here.
MARK = """
UPDATE attachment_ref
   SET missing = :missing,
       backed_ms = COALESCE((SELECT backed_ms FROM attachment WHERE sha256 = :sha256), 9007199254740991)
 WHERE sha256 = :sha256
"""
FORGET = "DELETE FROM attachment WHERE sha256 = :sha256"
ALL = "SELECT sha256, bytes, type, received_ms FROM attachment ORDER BY sha256"
UPLOAD = "SELECT id, sha256, device, length, expires_ms FROM upload WHERE id = :id"
BEGIN = """
INSERT INTO upload (id, sha256, device, length, expires_ms)
VALUES (:id, :sha256, :device, :length, :expires_ms)
"""
UPLOADS_OF = """
SELECT id, sha256, device, length, expires_ms
  FROM upload
 WHERE device = :device
 ORDER BY expires_ms, id
"""
EXPIRED = """
SELECT id, sha256, device, length, expires_ms
  FROM upload
 WHERE expires_ms < :before_ms
 ORDER BY expires_ms, id
 LIMIT :limit
"""
END = "DELETE FROM upload WHERE id IN (SELECT value FROM json_each(:ids))"


class SqliteAttachments:
    """``server.store.attachments.Attachments`` over one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def refer(self, rows: Sequence[ReferenceRow]) -> None:
        """See Attachments."""
        self._db.executemany(REFER, [msgspec.structs.astuple(row) for row in rows])

    def named_by(self, sha256: str) -> list[Reference]:
        """See Attachments."""
        rows = self._db.execute(NAMED_BY, {"sha256": sha256})
        return [
            Reference(
                ReferenceRow(revision, field, name, record, device, person, bool(restricted)), bool(merged)
            )
            for revision, field, name, record, device, person, restricted, merged in rows
        ]

    def wanted(self, root: str, *, limit: int) -> list[str]:
        """See Attachments."""
        devices = [device for (device,) in self._db.execute(DEVICES_OF, {"root": root}).fetchall()]
        wanted = (
            sha256
            for device in devices
            for (sha256,) in self._db.execute(WANTED, {"device": device, "limit": limit})
        )
        return list(dict.fromkeys(wanted))[:limit]

    def get(self, sha256: str) -> AttachmentRow | None:
        """See Attachments."""
        row = self._db.execute(GET, {"sha256": sha256}).fetchone()
        return None if row is None else AttachmentRow(*row)

    def put(self, row: AttachmentRow) -> None:
        """See Attachments."""
        self._db.execute(PUT, msgspec.structs.asdict(row))
        self._db.execute(MARK, {"sha256": row.sha256, "missing": 0})

    def forget(self, sha256: str) -> None:
        """See Attachments."""
        self._db.execute(FORGET, {"sha256": sha256})
        self._db.execute(MARK, {"sha256": sha256, "missing": 1})

    def all(self) -> Iterator[AttachmentRow]:
        """See Attachments."""
        return (AttachmentRow(*row) for row in self._db.execute(ALL))

    def upload(self, id: str) -> UploadRow | None:
        """See Attachments."""
        row = self._db.execute(UPLOAD, {"id": id}).fetchone()
        return None if row is None else UploadRow(*row)

    def begin(self, upload: UploadRow) -> None:
        """See Attachments."""
        self._db.execute(BEGIN, msgspec.structs.asdict(upload))

    def uploads_of(self, device: str) -> list[UploadRow]:
        """See Attachments."""
        return [UploadRow(*row) for row in self._db.execute(UPLOADS_OF, {"device": device})]

    def expired(self, *, before_ms: int, limit: int) -> list[UploadRow]:
        """See Attachments."""
        values = {"before_ms": before_ms, "limit": limit}
        return [UploadRow(*row) for row in self._db.execute(EXPIRED, values)]

    def end(self, ids: Iterable[str]) -> None:
        """See Attachments."""
        self._db.execute(END, {"ids": array(ids)})
