"""Photos: kept before they are named, sent after the text, and never lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from field_client import attachments, facts, records
from field_client.database import write
from field_client.errors import CommandProblem
from field_client.transport import NoNetwork, Problem
from field_client.uploads import Pieces
from server.hub.backup import back_up, refresh
from sync.chain import Place
from tests.field_client.world import Phone, World
from tests.server.attachments.pictures import sha256, some_bytes

KIB = 1024
PHOTO = some_bytes(300 * KIB)


def attaches(phone: Phone, record: str, data: bytes = PHOTO, *, field: str = "foto") -> str:
    file = phone.home.parent / "from-the-camera"
    file.write_bytes(data)
    attachments.attach(
        phone.db,
        phone.home / "attachments",
        record,
        field,
        file,
        person_id=None,
        now_ms=phone.now_ms,
        random_bytes=phone.world.chance.randbytes,
    )
    file.unlink()
    return sha256(data)


def counts(phone: Phone, record: str) -> dict[str, tuple[int, int, int]]:
    entry = records.load(phone.db, record)
    assert entry is not None
    found = attachments.known(phone.db, entry.seen)
    return {question: (one.received, one.named, one.elsewhere) for question, one in found.items()}


def states(phone: Phone) -> dict[str, str]:
    return dict(phone.db.conn.execute("SELECT sha256, state FROM attachment").fetchall())


class Cutting:
    """Cuts chosen pieces, before they arrive or after, and counts what was sent."""

    def __init__(self, cut: Callable[[int], str | None]) -> None:
        self.cut, self.steps, self.sent_bytes, self.largest = cut, 0, 0, 0

    def __call__(self, step: Callable[[], Mapping[str, str]], method: str, data: bytes) -> Mapping[str, str]:
        if method != "PATCH":
            return step()
        self.steps += 1
        self.sent_bytes += len(data)
        self.largest = max(self.largest, len(data))
        how = self.cut(self.steps)
        if how == "before":
            raise NoNetwork("the link broke", reached=True)
        answer = step()
        if how == "after":
            raise NoNetwork("the link broke", reached=True)
        return answer


def test_a_photo_follows_the_text(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    name = attaches(siti, record)
    before = counts(siti, record)

    report = siti.syncs()

    assert (report.sent, report.attachments_sent, report.attachments_left) == (2, 1, 0)
    assert before == {"foto": (0, 1, 0)}
    assert counts(siti, record) == {"foto": (1, 1, 0)}
    assert siti.sees(record)[f"foto/{name}"] == {"bytes": len(PHOTO), "type": "application/octet-stream"}
    assert world.server.attachments.is_whole(name)
    assert siti.syncs().attachments_sent == 0


def test_a_restart_of_the_run_goes_on_where_the_server_is(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    attaches(siti, record)
    sending = Cutting(lambda step: "before" if step >= 4 else None)
    siti.wire.uploads = sending

    broken = siti.syncs()
    after_the_break = Cutting(lambda step: None)
    siti.wire.uploads = after_the_break
    whole = siti.syncs()

    assert broken.problem is not None
    assert (broken.problem.key, broken.attachments_left) == ("client.sync.no-network", 1)
    assert (whole.problem, whole.attachments_left) == (None, 0)
    assert after_the_break.sent_bytes == len(PHOTO) - 3 * 32 * KIB


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("every", [2, 3, 5])
def test_a_cut_costs_one_piece_at_most(world: World, how: str, every: int) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    photo = some_bytes(3 * 1024 * KIB)
    name = attaches(siti, record, photo)
    cuts = 0

    def cut(step: int) -> str | None:
        nonlocal cuts
        if step % every or cuts == 20:
            return None
        cuts += 1
        return how

    siti.wire.uploads = sending = Cutting(cut)

    report = siti.syncs()

    assert report.attachments_left == 0
    assert world.server.attachments.is_whole(name)
    again = sending.sent_bytes - len(photo)
    assert again <= cuts * sending.largest
    assert how == "before" or again == 0


def test_pieces_grow_while_nothing_is_cut_and_shrink_after_a_cut() -> None:
    pieces, sizes = Pieces(), []
    for _ in range(20):
        sizes.append(pieces.size_bytes // KIB)
        pieces = pieces.after_success()

    assert sizes == [32] * 5 + [64] * 5 + [128] * 5 + [256] * 5
    assert pieces.after_cut() == Pieces(16 * KIB)


def test_two_runs_of_one_phone_that_send_the_same_photo_both_end_well(world: World) -> None:
    siti = world.phone("Siti")
    name = attaches(siti, siti.starts(status="kosong"), PHOTO + PHOTO)
    other_run = Cutting(lambda step: None)
    turns = 0

    def other_comes_between(
        step: Callable[[], Mapping[str, str]], method: str, data: bytes
    ) -> Mapping[str, str]:
        nonlocal turns
        answer = step()
        turns += 1
        if turns == 2:
            siti.wire.uploads = other_run
            siti.syncs()
            siti.wire.uploads = other_comes_between
        return answer

    siti.wire.uploads = other_comes_between

    assert siti.syncs().attachments_left == 0
    assert other_run.steps > 1
    assert world.server.attachments.is_whole(name)


def test_bytes_that_never_arrive_as_they_were_sent_end_the_run(world: World) -> None:
    siti = world.phone("Siti")
    attaches(siti, siti.starts(status="kosong"))

    def altered(step: object, method: str, data: bytes) -> Mapping[str, str]:
        raise Problem(460, "attachment-altered", "", {}, None)

    siti.wire.uploads = altered

    report = siti.syncs()

    assert report.problem is not None
    assert (report.attachments_left, report.problem.key) == (1, "client.sync.problem")


def test_a_link_that_lets_nothing_through_ends_the_run_and_keeps_everything(world: World) -> None:
    siti = world.phone("Siti")
    attaches(siti, siti.starts(status="kosong"))
    siti.wire.uploads = sending = Cutting(lambda step: "before")

    report = siti.syncs()

    assert (report.sent, report.attachments_left) == (2, 1)
    assert report.problem is not None
    assert sending.steps == 5
    assert len(siti.slept_s) == 3


def test_a_full_server_takes_the_text_and_says_that_photos_wait(world: World) -> None:
    siti = world.phone("Siti")
    attaches(siti, siti.starts(status="kosong"))

    def full(step: object, method: str, data: bytes) -> Mapping[str, str]:
        raise Problem(507, "attachments-full", "", {}, 60)

    siti.wire.uploads = full

    report = siti.syncs()

    assert (report.sent, report.unsent, report.attachments_left) == (2, 0, 1)
    assert report.problem is not None
    assert report.problem.key == "client.sync.attachments-full"
    assert report.retry_after_s == 60


def test_a_restored_server_asks_again_and_gets_the_photo_again(world: World) -> None:
    siti = world.phone("Siti")
    name = attaches(siti, siti.starts(status="kosong"))
    siti.syncs()
    world.server.attachments.delete(name)
    with world.server.store.write() as unit:
        unit.attachments.forget(name)

    report = siti.syncs()

    assert (report.attachments_sent, report.attachments_left) == (1, 0)
    assert world.server.attachments.is_whole(name)


def test_an_upload_that_the_server_has_cleared_away_begins_anew(world: World) -> None:
    siti = world.phone("Siti")
    name = attaches(siti, siti.starts(status="kosong"))
    siti.wire.uploads = Cutting(lambda step: "before" if step > 2 else None)
    siti.syncs()
    world.now_ms += 30 * 24 * 3_600_000
    siti.wire.uploads = Cutting(lambda step: None)

    assert siti.syncs().attachments_left == 0
    assert world.server.attachments.is_whole(name)


def test_a_photo_that_another_phone_brought_is_not_sent_again(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    record = siti.starts(status="kosong")
    attaches(siti, record)
    siti.syncs()
    budi.syncs()
    attaches(budi, record)
    budi.wire.uploads = sending = Cutting(lambda step: None)

    assert counts(siti, record) == {"foto": (1, 1, 0)}
    assert budi.syncs().attachments_left == 0
    assert sending.steps == 0


def test_what_other_phones_answer_for_is_counted_apart(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    record = siti.starts(status="kosong")
    attaches(siti, record)
    siti.syncs()
    budi.syncs()
    attaches(budi, record, b"another photo")

    assert counts(budi, record) == {"foto": (0, 1, 1)}


def test_a_damaged_photo_is_noted_and_the_others_go(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    bad, good = attaches(siti, record), attaches(siti, record, b"good")
    (siti.home / "attachments" / bad).write_bytes(b"x")

    report = siti.syncs()

    assert states(siti) == {bad: "damaged", good: "received"}
    assert report.attachments_damaged == 1
    attaches(siti, record)
    assert siti.syncs().attachments_left == 0
    assert states(siti) == {bad: "received", good: "received"}


def test_an_original_goes_only_when_it_is_durable_and_space_is_needed(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    first, second = attaches(siti, record, b"first"), attaches(siti, record, b"second")
    siti.syncs()
    folder = siti.home / "attachments"

    def durable_through(local: int) -> None:
        seq, id = siti.db.conn.execute("SELECT s, id FROM own WHERE local = ?", [local]).fetchone()
        with write(siti.db):
            facts.put_json(siti.db, facts.DURABLE, Place(seq, id))

    assert attachments.make_room(siti.db, folder, bytes_wanted=10**9) == 0
    durable_through(2)
    assert attachments.make_room(siti.db, folder, bytes_wanted=0) == 0
    assert attachments.make_room(siti.db, folder, bytes_wanted=10**9) == len(b"first")
    assert [(folder / name).exists() for name in (first, second)] == [False, True]


def test_a_photo_that_came_after_its_line_was_durable_stays_until_the_backups_have_it(world: World) -> None:
    siti, server = world.phone("Siti"), world.server
    assert server.copies is not None
    record = siti.starts(status="kosong")
    original = siti.home / "attachments" / attaches(siti, record)
    siti.wire.uploads = Cutting(lambda step: "before")
    siti.syncs()
    siti.free_mb = 0
    back_up(server.store, server.copies, server.files, world.folder / "1.db", now_ms=world.now_ms)
    siti.wire.uploads = Cutting(lambda step: None)

    assert siti.syncs().durable.seq == 2
    assert states(siti) == {original.name: "received"}
    assert original.exists()
    assert siti.syncs().durable.seq == 1
    assert original.exists()

    (world.folder / "1.db").unlink()
    back_up(server.store, server.copies, server.files, world.folder / "2.db", now_ms=world.now_ms)
    refresh(server.store, server.files)
    assert siti.syncs().durable.seq == 2
    assert not original.exists()


def test_a_photo_that_is_not_sent_never_goes(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    name = attaches(siti, record)
    siti.wire.uploads = Cutting(lambda step: "before")
    siti.syncs()
    with write(siti.db):
        facts.put_json(siti.db, facts.DURABLE, facts.get_place(siti.db, facts.HAVE))

    assert attachments.make_room(siti.db, siti.home / "attachments", bytes_wanted=10**9) == 0
    assert attachments.read_whole(siti.home / "attachments", name) == PHOTO


def test_a_restricted_document_is_sealed_in_its_line(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")

    name = attaches(siti, record, field="surat")

    value = siti.lines()[-1]["v"][f"surat/{name}"]
    assert list(value) == ["#"]
    assert siti.syncs().attachments_left == 0


@pytest.mark.parametrize("content", [None, b""])
def test_a_file_that_cannot_be_taken_saves_nothing(
    world: World, tmp_path: Path, content: bytes | None
) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    file = tmp_path / "photo.jpg"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(CommandProblem) as told:
        attachments.attach(
            siti.db,
            siti.home / "attachments",
            record,
            "foto",
            file,
            person_id=None,
            now_ms=1,
            random_bytes=world.chance.randbytes,
        )

    assert told.value.key == ("client.attach.unreadable" if content is None else "client.attach.empty")
    assert len(siti.lines()) == 1
