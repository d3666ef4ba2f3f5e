"""Files of others on their way up: cut, altered, too large, and never forgotten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from field_client import carrying
from field_client.carrying import Carried
from field_client.transport import Problem
from tests.field_client.test_attachments import Cutting, attaches
from tests.field_client.test_bundles import exports, in_folder, takes
from tests.field_client.world import Phone, World
from tests.server.attachments.pictures import some_bytes

KIB = 1024


def carries(world: World, phone: Phone, owner: str, *, photo_kib: int = 300) -> Carried:
    """A file with the work of another phone, as the server wants it."""
    other = world.phone(owner)
    record = other.starts(status="kosong")
    attaches(other, record, some_bytes(photo_kib * KIB))
    taken = takes(phone, exports(other, f"{owner}.tapak")[0])
    return next(one for one in carrying.carried(phone.db) if one.sha256 == taken.sha256)


def states(phone: Phone) -> dict[str, str]:
    return {one.name: one.state for one in carrying.carried(phone.db)}


def test_what_is_carried_goes_before_the_own_photos(world: World) -> None:
    budi = world.phone("Budi")
    carries(world, budi, "Siti")
    record = budi.starts(status="a")
    attaches(budi, record, some_bytes(10 * KIB))
    sizes: list[int] = []

    def watched(step: Callable[[], Mapping[str, str]], method: str, data: bytes) -> Mapping[str, str]:
        sizes.append(len(data))
        return step()

    budi.wire.uploads = watched
    report = budi.syncs()

    assert (report.carried_sent, report.carried_left, report.attachments_left) == (1, 0, 0)
    assert sum(sizes[:-1]) > 200 * KIB
    assert sizes[-1] == 10 * KIB


def test_a_cut_upload_goes_on_where_the_server_is(world: World) -> None:
    budi = world.phone("Budi")
    one = carries(world, budi, "Siti")
    budi.wire.uploads = Cutting(lambda step: "before" if step >= 4 else None)

    broken = budi.syncs()
    after_the_break = Cutting(lambda step: None)
    budi.wire.uploads = after_the_break
    whole = budi.syncs()

    assert broken.problem is not None
    assert (broken.problem.key, broken.carried_left) == ("client.sync.no-network", 1)
    assert (whole.problem, whole.carried_left) == (None, 0)
    assert after_the_break.sent_bytes == one.size_bytes - 3 * 32 * KIB


def test_a_file_that_was_altered_here_is_told_and_the_others_go(world: World) -> None:
    budi = world.phone("Budi")
    siti, dewi = carries(world, budi, "Siti"), carries(world, budi, "Dewi")
    file = budi.home / "carried" / siti.sha256
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    report = budi.syncs()

    assert (report.carried_sent, report.carried_left, report.carried_damaged) == (1, 0, 1)
    assert states(budi) == {"Siti.tapak": "damaged", "Dewi.tapak": "stored"}
    assert in_folder(budi.home / "carried") == sorted([siti.sha256, dewi.sha256])


def test_a_damaged_file_that_is_handed_over_again_goes(world: World) -> None:
    budi = world.phone("Budi")
    siti = carries(world, budi, "Siti")
    (budi.home / "carried" / siti.sha256).unlink()
    budi.syncs()

    takes(budi, world.folder / "Siti.tapak")

    assert states(budi) == {"Siti.tapak": "kept"}
    assert budi.syncs().carried_sent == 1


def test_a_file_that_is_too_large_for_the_server_does_not_stop_the_others(world: World) -> None:
    budi = world.phone("Budi")
    carries(world, budi, "Siti")
    carries(world, budi, "Dewi")
    record = budi.starts(status="a")
    attaches(budi, record)
    begun: list[str] = []

    def refusing(step: Callable[[], Mapping[str, str]], method: str, data: bytes) -> Mapping[str, str]:
        if method == "POST":
            begun.append(method)
            if len(begun) == 1:
                raise Problem(413, "body-too-large", "too large", {}, None)
        return step()

    budi.wire.uploads = refusing
    report = budi.syncs()

    assert report.problem is not None
    assert report.problem.values["code"] == "body-too-large"
    assert (report.carried_sent, report.carried_left, report.attachments_left) == (1, 1, 0)
    assert states(budi) == {"Siti.tapak": "wanted", "Dewi.tapak": "stored"}


def test_a_file_goes_only_when_the_server_says_that_it_is_durable(world: World, tmp_path: Path) -> None:
    budi = world.phone("Budi")
    one = carries(world, budi, "Siti")
    folder = budi.home / "carried"

    for said in ("wanted", "sent", "stored"):
        carrying.note(budi.db, one.sha256, state=said)
        assert carrying.let_go(budi.db, folder) == 0
    assert in_folder(folder) == [one.sha256]

    carrying.note(budi.db, one.sha256, state="durable")
    assert carrying.let_go(budi.db, folder) == 1
    assert (in_folder(folder), carrying.carried(budi.db)) == ([], [])
