"""Every store notes its copies, says how far each log is in them, and hands work out once."""

from server.store.attachments import AttachmentRow, ReferenceRow
from server.store.backups import BackupRow
from server.store.base import LogRow, Store
from sync.chain import Place
from tests.contract.test_log import row

OLD = BackupRow(path="/b/old.db", made_ms=1, sha256="a", lines=2, records=1)
NEW = BackupRow(path="/b/new.db", made_ms=2, sha256="b", lines=3, records=1)


def lines(*rows: tuple[str, str, int, str]) -> list[LogRow]:
    return [row(id, device=device, seq=seq, previous=previous) for id, device, seq, previous in rows]


def test_copies_are_listed_newest_first_and_only_offered_ones_have_tips(store: Store):
    with store.write() as unit:
        unit.backups.add(OLD, [("d", Place(1, "a1"))], ())
        unit.backups.add(NEW, [("d", Place(2, "a2")), ("d", Place(2, "b2")), ("e", Place(1, "x"))], ())

    with store.write() as unit:
        assert unit.backups.all() == [NEW, OLD]
        assert unit.backups.offered() == [NEW.path, OLD.path]
        assert unit.backups.tips("d") == {
            OLD.path: [Place(1, "a1")],
            NEW.path: [Place(2, "a2"), Place(2, "b2")],
        }
        unit.backups.set_offered(OLD.path, False)
        assert unit.backups.offered() == [NEW.path]
        assert unit.backups.tips("d").keys() == {NEW.path}
        unit.backups.add(NEW, [], ())
        assert unit.backups.tips("d") == {}
        unit.backups.forget(NEW.path)
        assert [found.path for found in unit.backups.all()] == [OLD.path]


def test_the_tips_of_a_cloned_log_are_the_ends_of_its_branches(store: Store):
    with store.write() as unit:
        unit.log.append(
            lines(("a1", "d", 1, ""), ("a2", "d", 2, "a1"), ("b2", "d", 2, "a1"), ("c1", "e", 1, "a2"))
        )

    with store.read() as unit:
        assert unit.backups.tips_now() == [
            ("d", Place(2, "a2")),
            ("d", Place(2, "b2")),
            ("e", Place(1, "c1")),
        ]
        assert unit.backups.lines_at("d", 2) == ["a2", "b2"]
        assert unit.backups.first_double("d") == 2
        assert unit.backups.first_double("e") is None
        assert unit.backups.ancestor("a2", 1) == "a1"
        assert unit.backups.ancestor("c1", 0) is None
        assert unit.backups.counts() == (4, 0)


def test_work_is_claimed_once_and_again_when_it_is_due_or_its_claim_is_void(store: Store):
    def claim(now_ms: int) -> bool:
        with store.write() as unit:
            return unit.backups.claim("backup", every_ms=100, lease_ms=10, now_ms=now_ms)

    assert claim(1000)
    assert not claim(1001)
    assert claim(1010)  # whoever claimed it has not finished
    with store.write() as unit:
        unit.backups.done("backup", now_ms=1012)
    assert not claim(1111)
    assert claim(1112)


def test_work_that_is_behind_is_so_since_the_first_moment(store: Store):
    with store.write() as unit:
        assert unit.backups.behind_since("mirror") is None
        unit.backups.fell_behind("mirror", since_ms=5)
        unit.backups.fell_behind("mirror", since_ms=9)
        assert unit.backups.behind_since("mirror") == 5
        unit.backups.done("mirror", now_ms=10)
        assert unit.backups.behind_since("mirror") is None
        unit.backups.fell_behind("mirror", since_ms=11)
        assert unit.backups.behind_since("mirror") == 11


def test_a_file_is_in_all_copies_from_the_first_on_that_has_it(store: Store):
    def copy(name: str, made_ms: int, *files: str) -> None:
        with store.write() as unit:
            unit.backups.add(BackupRow(path=name, made_ms=made_ms, sha256="", lines=1, records=1), [], files)

    def first_not_in(*copies: str, until: int = 9) -> int | None:
        with store.read() as unit:
            return unit.backups.first_not_in(copies, "d", until=until)

    with store.write() as unit:
        unit.log.append(lines(("a1", "d", 1, ""), ("a2", "d", 2, "a1"), ("a3", "d", 3, "a2")))
        for revision, name in (("a2", "f2"), ("a3", "f3")):
            unit.attachments.refer([ReferenceRow(revision, "foto", name, "r", "d", "p", False)])
    copy("1", 100)
    assert first_not_in("1") is None  # nothing of what they name is here
    with store.write() as unit:
        for name in ("f2", "f3"):
            unit.attachments.put(AttachmentRow(name, 1, "image/jpeg", 1))
    assert (first_not_in("1"), first_not_in("1", until=1)) == (2, None)

    copy("2", 200, "f2", "f3")
    assert (first_not_in("2"), first_not_in("1", "2")) == (None, 2)
    copy("3", 300, "f2")
    assert (first_not_in("2"), first_not_in("3")) == (3, 3)  # of f3 nothing is sure any more
    copy("0", 50, "f2", "f3")
    assert first_not_in("0") == 2  # older than the one that lacked it
    copy("4", 300, "f2", "f3")
    assert first_not_in("4") == 3  # of one moment with one that lacks it
    copy("5", 301, "f2", "f3")
    assert first_not_in("5") is None

    with store.write() as unit:
        unit.attachments.refer([ReferenceRow("a1", "foto", "f2", "r", "d", "p", False)])
    assert (first_not_in("5"), first_not_in("1", "5")) == (None, 1)
    with store.write() as unit:
        unit.attachments.forget("f2")
    assert first_not_in("1", "5") == 3
    with store.write() as unit:
        unit.attachments.put(AttachmentRow("f2", 1, "image/jpeg", 9))
    assert first_not_in("5") == 1  # a file that comes again is in no copy for sure
