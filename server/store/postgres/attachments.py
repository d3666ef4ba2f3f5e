"""Photos and documents in PostgreSQL: which are here, which are on their way, who names them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from psycopg import Connection

from server.store.attachments import AttachmentRow, Reference, ReferenceRow, UploadRow

REFER = """
INSERT INTO attachment_ref (revision, field, sha256, record, device, person, restricted, missing, backed_ms)
VALUES (%(revision)s, %(field)s, %(sha256)s, %(record)s, %(device)s, %(person)s, %(restricted)s,
        NOT EXISTS (SELECT 1 FROM attachment WHERE sha256 = %(sha256)s),
        COALESCE((SELECT backed_ms FROM attachment WHERE sha256 = %(sha256)s), 9007199254740991))
ON CONFLICT (revision, field) DO NOTHING
"""
NAMED_BY = """
SELECT ref.revision, ref.field, ref.sha256, ref.record, ref.device, ref.person, ref.restricted,
       revision.held IS NULL
  FROM attachment_ref AS ref
  JOIN revision ON revision.id = ref.revision
 WHERE ref.sha256 = %(sha256)s
 ORDER BY ref.revision, ref.field
"""
# One device id at a time, in the order of the index: a season of photos that are not here is
# not sorted in every answer.
WANTED = """
SELECT DISTINCT ref.sha256
  FROM log
 CROSS JOIN LATERAL (SELECT DISTINCT sha256
                       FROM attachment_ref
                      WHERE device = log.device
                        AND missing
                      ORDER BY sha256
                      LIMIT %(limit)s) AS ref
 WHERE log.root = %(root)s
 ORDER BY ref.sha256
 LIMIT %(limit)s
"""
GET = "SELECT sha256, bytes, type, received_ms FROM attachment WHERE sha256 = %(sha256)s"
PUT = """
INSERT INTO attachment (sha256, bytes, type, received_ms)
VALUES (%(sha256)s, %(bytes)s, %(type)s, %(received_ms)s)
ON CONFLICT (sha256) DO NOTHING
"""
# A file that comes, or comes again, is in no backup for sure; put does not touch one that is here.
MARK = """
UPDATE attachment_ref
   SET missing = %(missing)s,
       backed_ms = COALESCE(
         (SELECT backed_ms FROM attachment WHERE sha256 = %(sha256)s), 9007199254740991)
 WHERE sha256 = %(sha256)s
"""
FORGET = "DELETE FROM attachment WHERE sha256 = %(sha256)s"
ALL = "SELECT sha256, bytes, type, received_ms FROM attachment ORDER BY sha256"
UPLOAD = "SELECT id, sha256, device, length, expires_ms FROM upload WHERE id = %(id)s"
BEGIN = """
INSERT INTO upload (id, sha256, device, length, expires_ms)
VALUES (%(id)s, %(sha256)s, %(device)s, %(length)s, %(expires_ms)s)
"""
UPLOADS_OF = """
SELECT id, sha256, device, length, expires_ms
  FROM upload
 WHERE device = %(device)s
 ORDER BY expires_ms, id
"""
EXPIRED = """
SELECT id, sha256, device, length, expires_ms
  FROM upload
 WHERE expires_ms < %(before_ms)s
 ORDER BY expires_ms, id
 LIMIT %(limit)s
"""
END = "DELETE FROM upload WHERE id = ANY(%(ids)s)"


class PostgresAttachments:
    """``server.store.attachments.Attachments`` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def refer(self, rows: Sequence[ReferenceRow]) -> None:
        """See Attachments."""
        with self._db.cursor() as cursor:
            cursor.executemany(REFER, [msgspec.structs.asdict(row) for row in rows])

    def named_by(self, sha256: str) -> list[Reference]:
        """See Attachments."""
        rows = self._db.execute(NAMED_BY, {"sha256": sha256})
        return [
            Reference(ReferenceRow(revision, field, name, record, device, person, restricted), merged)
            for revision, field, name, record, device, person, restricted, merged in rows
        ]

    def wanted(self, root: str, *, limit: int) -> list[str]:
        """See Attachments."""
        return [sha256 for (sha256,) in self._db.execute(WANTED, {"root": root, "limit": limit})]

    def get(self, sha256: str) -> AttachmentRow | None:
        """See Attachments."""
        row = self._db.execute(GET, {"sha256": sha256}).fetchone()
        return None if row is None else AttachmentRow(*row)

    def put(self, row: AttachmentRow) -> None:
        """See Attachments."""
        self._db.execute(PUT, msgspec.structs.asdict(row))
        self._db.execute(MARK, {"sha256": row.sha256, "missing": False})

    def forget(self, sha256: str) -> None:
        """See Attachments."""
        self._db.execute(FORGET, {"sha256": sha256})
        self._db.execute(MARK, {"sha256": sha256, "missing": True})

    def all(self) -> Iterator[AttachmentRow]:
        """See Attachments."""
        return (AttachmentRow(*row) for row in self._db.execute(ALL).fetchall())

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
        self._db.execute(END, {"ids": list(ids)})
