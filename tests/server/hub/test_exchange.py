"""What the server states about a log, and what it gives back."""

from collections.abc import Callable

import msgspec
import pytest

from server.hub.errors import HubError
from server.hub.ingest import release
from server.store.base import Store
from sync.chain import START, Place, revision_id
from sync.feed import checksum_text, row_checksum
from sync.revision import Stub
from sync.wire import SyncHeader, write_request
from tests.server.hub.phones import FAR, NEIGHBOUR, NOW_MS, VILLAGE, Phone
from tests.stores import IN_SQLITE

Phones = Callable[..., Phone]


def test_a_body_is_stored_and_comes_back_as_a_snapshot(phone: Phones) -> None:
    siti = phone("siti")
    first = siti.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})

    answer = siti.syncs()

    assert answer.header.have == Place(1, first)
    assert answer.header.known == ()
    assert [(line.r, line.areas, line.L[0].fields) for line in answer.snapshots] == [
        ("r1", (VILLAGE,), {"_area": VILLAGE, "sengketa": "tidak"})
    ]
    assert answer.end is not None
    assert answer.end["62.02"].sum == checksum_text(row_checksum("r1", VILLAGE, [first]))


def test_sending_a_body_again_changes_nothing(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    body = siti.body()

    answers = [siti.sends(body) for _ in range(5)]

    assert all(answer == answers[0] for answer in answers)
    with store.read() as unit:
        assert unit.log.line_count(siti.device) == 1


def test_an_altered_byte_stores_nothing(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE, "catatan": "tanah desa"})

    with pytest.raises(HubError) as problem:
        siti.sends(siti.body().replace(b"tanah desa", b"tanah kota"))

    assert problem.value.code == "body-incomplete"
    with store.read() as unit:
        assert unit.records.get("r1") is None


def test_a_line_that_no_client_can_make_is_named_with_the_limit(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE, "catatan": "x" * 1024 * 1024})

    with pytest.raises(HubError) as problem:
        siti.sends(siti.body())

    assert (problem.value.code, problem.value.details) == ("line-too-large", {"max": 1024 * 1024})


def test_a_body_without_a_header_is_named(phone: Phones) -> None:
    with pytest.raises(HubError) as problem:
        phone("siti").sends(b"not a header\n")

    assert problem.value.code == "header-malformed"


def test_lines_behind_a_gap_are_stored_and_count_once_the_gap_is_filled(phone: Phones) -> None:
    siti = phone("siti")
    for number in range(1, 6):
        siti.saves(f"r{number}", {"_area": VILLAGE})
    third = siti.log[2][0]

    ahead = siti.sends(siti.body(after=third))

    assert ahead.header.have == START
    assert ahead.header.known == ()
    assert {line.r for line in ahead.snapshots} == {"r4", "r5"}

    whole = siti.syncs()

    assert whole.header.have == siti.tip


def test_a_server_that_lost_lines_says_what_it_knows(phone: Phones) -> None:
    siti = phone("siti")
    for number in range(1, 4):
        siti.saves(f"r{number}", {"_area": VILLAGE})
    siti.syncs()
    siti.saves("r4", {"_area": VILLAGE})
    stranger = Place(9, "AAAAAAAAAAAAAAAA")
    header = SyncHeader(v=1, device=siti.device, after=stranger, tip=siti.tip)

    answer = siti.sends(write_request(header, []))

    assert answer.header.have == START
    assert answer.header.known == (siti.log[2][0], siti.log[1][0], siti.log[0][0])


def test_a_copied_phone_is_noticed_and_both_copies_live(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    copy = Phone(store, siti.shelf, siti.device, siti.person, token_device=siti.device)
    copy.log, copy.after = list(siti.log), siti.after

    siti.saves("r2", {"_area": VILLAGE})
    copy.saves("r3", {"_area": VILLAGE})
    assert siti.syncs().header.fork is False
    assert copy.syncs().header.fork is True

    old = copy.device
    copy.device = "phone-of-siti-2"
    copy.saves("r4", {"_area": VILLAGE}, was=old)
    answer = copy.syncs()

    assert answer.header.have == Place(1, copy.tip.id)
    assert answer.header.fork is False
    assert answer.header.held == ()
    with store.read() as unit:
        assert set(unit.records.ids()) == {"r1", "r2", "r3", "r4"}
        assert [flag[:2] for flag in unit.log.flags()] == [("device-cloned", old)]


def test_nobody_takes_over_an_enrolled_phones_log_by_naming_it(phone: Phones, store: Store) -> None:
    budi, thief = phone("budi"), phone("thief")
    thief.saves("r1", {"_area": VILLAGE})
    thief.device = budi.device
    thief.saves("r2", {"_area": VILLAGE}, was="phone-of-thief")

    thief.syncs()

    with store.read() as unit:
        assert unit.log.root_of(budi.device) == budi.device


def test_a_line_that_cannot_be_read_is_kept_in_its_place(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    broken = siti.appends(b'{"d": this is no JSON')
    siti.saves("r1", {"sengketa": "tidak"})

    answer = siti.syncs()

    assert answer.header.have == siti.tip
    assert [(held.id, held.why) for held in answer.header.held] == [(broken, "malformed")]
    with store.read() as unit:
        row = unit.log.get(broken)
        assert row is not None
        assert (row.line, row.seq) == (b'{"d": this is no JSON', 2)


@pytest.mark.parametrize(
    "name", ["a\0b", "".join(map(chr, range(0x4E00, 0x4E00 + 201)))], ids=["NUL", "long"]
)
def test_names_that_no_store_can_be_asked_for_are_kept_as_bytes(
    phone: Phones, store: Store, name: str
) -> None:
    siti = phone("siti")
    names = [
        siti.saves(name, {"_area": VILLAGE}),
        siti.saves("r1", {"_area": VILLAGE, name: 1}),
        siti.saves("r1", {"_area": VILLAGE}, base=[name]),
        siti.saves("r1", {"_area": VILLAGE}, form=f"{name}/1"),
    ]
    siti.saves("r1", {"_area": VILLAGE})

    answer = siti.syncs()

    assert answer.header.have == siti.tip
    assert [(held.id, held.why) for held in answer.header.held] == [(id, "malformed") for id in names]
    with store.read() as unit:
        assert [row.line for row in unit.log.held()] == [line for _, line, _ in siti.log[:4]]
        assert list(unit.records.ids()) == ["r1"]


def test_a_field_name_may_be_long_and_in_any_script(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    name = "".join(map(chr, range(0x1F300, 0x1F300 + 200)))
    siti.saves(name, {"_area": VILLAGE, name: 1}, base=[name], restricted=[name])

    answer = siti.syncs()

    assert answer.header.held == ()
    assert [line.r for line in answer.snapshots] == [name]


def test_a_line_with_the_wrong_number_is_kept_in_its_place(phone: Phones) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    other = Phone(siti.store, siti.shelf, siti.device, siti.person)
    for _ in range(5):
        other.saves("r9", {"_area": VILLAGE})
    wrong = siti.appends(other.log[4][1])

    answer = siti.syncs()

    assert [(held.id, held.why) for held in answer.header.held] == [(wrong, "malformed")]


def test_a_stub_lets_the_log_go_on_until_the_real_line_comes(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    first = siti.saves("r1", {"_area": VILLAGE})
    lost = siti.saves("r2", {"_area": VILLAGE, "sengketa": "klaim"})
    siti.saves("r1", {"sengketa": "tidak"})
    real = list(siti.log)
    stub = Stub(device=siti.device, seq=2, previous=first, omitted=lost, size=9, sha256="", why="damaged")
    siti.log[1] = (real[1][0], msgspec.json.encode(stub), [])

    answer = siti.syncs()

    assert answer.header.have == siti.tip
    assert answer.header.wanted.lines == (lost,)
    with store.read() as unit:
        assert unit.records.get("r2") is None

    siti.log = real
    again = siti.sends(siti.body(after=real[0][0]))

    assert again.header.wanted.lines == ()
    assert {line.r for line in again.snapshots} == {"r2"}
    with store.read() as unit:
        assert unit.log.line_count(siti.device) == 3


def test_a_stub_for_the_first_line_of_a_branch_lets_the_branch_go_on(phone: Phones) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.device = "phone-of-siti-2"
    lost = siti.saves("r2", {"_area": VILLAGE}, was="phone-of-siti")
    siti.saves("r1", {"sengketa": "tidak"})
    place, previous = siti.log[1][0], siti.log[0][0].id
    stub = Stub(device=siti.device, seq=1, previous=previous, omitted=lost, size=9, sha256="", why="damaged")
    siti.log[1] = (place, msgspec.json.encode(stub), [])

    answer = siti.syncs()

    assert (answer.header.have, answer.header.held) == (siti.tip, ())
    assert answer.header.wanted.lines == (lost,)


def test_a_village_out_of_reach_is_held_until_a_coordinator_releases_it(phone: Phones, store: Store) -> None:
    siti = phone("siti", areas=("62.02.01",))
    reader = phone("rina", areas=("62.03",), role="regency")
    far = siti.saves("r1", {"_area": FAR})

    held = siti.syncs()
    assert [(line.id, line.why) for line in held.header.held] == [(far, "out-of-area")]
    assert reader.syncs().snapshots == []

    with store.write() as unit:
        assert release(unit, siti.shelf, far, now_ms=NOW_MS)

    assert siti.syncs().header.held == ()
    assert [line.r for line in reader.syncs().snapshots] == ["r1"]


def test_an_edit_that_comes_before_its_creation_waits_as_an_orphan(phone: Phones, store: Store) -> None:
    siti, budi = phone("siti"), phone("budi")
    created = siti.saves("r1", {"_area": VILLAGE, "listrik": "genset"})
    edit = budi.saves("r1", {"listrik": "pln_ada"}, base=[created])

    assert budi.syncs().snapshots == []
    with store.read() as unit:
        assert [row.id for row in unit.records.orphans()] == ["r1"]

    siti.syncs()

    (line,) = budi.syncs().snapshots
    assert {head.id: head.fields for head in line.L} == {
        created: {"_area": VILLAGE},
        edit: {"listrik": "pln_ada"},
    }


def test_a_record_that_moves_away_is_gone_only_where_no_village_is_left(phone: Phones) -> None:
    siti = phone("siti", areas=("62.02", "62.03"))
    narrow = phone("budi", areas=(VILLAGE,))
    wide = phone("rina", areas=("62.02",))
    created = siti.saves("r1", {"_area": VILLAGE})
    siti.syncs(), narrow.syncs(), wide.syncs()

    moved = siti.saves("r1", {"_area": NEIGHBOUR}, base=[created])
    siti.syncs()
    assert [(line.r, line.gone) for line in narrow.syncs().snapshots] == [("r1", 1)]
    assert [(line.areas, line.gone) for line in wide.syncs().snapshots] == [((NEIGHBOUR,), 0)]

    siti.saves("r1", {"_area": FAR}, base=[moved])
    answer = siti.syncs()
    assert {(line.f, line.gone) for line in answer.snapshots} == {("62.02", 1), ("62.03", 0)}
    assert [line.gone for line in wide.syncs().snapshots] == [1]


def test_pages_stay_within_their_limit_and_lose_nothing(phone: Phones) -> None:
    siti = phone("siti")
    for number in range(25):
        siti.saves(f"r{number:02}", {"_area": VILLAGE if number % 2 else NEIGHBOUR})
    reader = phone("rina")
    siti.syncs()

    seen: list[str] = []
    for _ in range(9):
        answer = reader.syncs(rows=3)
        assert len(answer.snapshots) <= 3
        seen += [line.r for line in answer.snapshots]
        assert answer.end is not None
        assert answer.end["62.02"].more is (len(seen) < 25)
        assert (answer.end["62.02"].sum is None) is (len(seen) < 25)

    assert seen == [f"r{number:02}" for number in range(25)]


@pytest.mark.parametrize("cursor", ["", "nonsense", "WzAsMCwiIiwieCJd"])
def test_an_unknown_cursor_starts_the_feed_again(phone: Phones, cursor: str) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    siti.feeds = {"62.02": cursor}

    answer = siti.syncs()

    assert answer.end is not None
    assert answer.end["62.02"].reset is True
    assert [line.r for line in answer.snapshots] == ["r1"]


@IN_SQLITE
def test_a_restored_server_restarts_its_feeds(phone: Phones, store: Store, tmp_path: object) -> None:
    siti, budi = phone("siti"), phone("budi")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    budi.syncs()
    with store.write() as unit:
        backup = {table: unit.connection.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}
    siti.saves("r2", {"_area": VILLAGE})
    siti.syncs()
    assert [line.r for line in budi.syncs().snapshots] == ["r2"]

    with store.write() as unit:
        for table, rows in backup.items():
            unit.connection.execute(f"DELETE FROM {table}")
            marks = ",".join("?" * len(rows[0])) if rows else ""
            unit.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    budi.saves("r3", {"_area": VILLAGE})
    answer = budi.syncs()

    assert answer.end is not None
    assert answer.end["62.02"].reset is True
    assert {line.r for line in answer.snapshots} == {"r1", "r3"}
    parted = siti.syncs().header
    assert (parted.have, parted.known) == (START, (siti.log[0][0],))
    siti.after = parted.known[0]
    assert siti.syncs().header.have == siti.tip


_TABLES = ("revision", "log", "record", "feed", "regency", "feed_log", "village")


def test_another_scope_restarts_the_feed(phone: Phones, store: Store) -> None:
    siti = phone("siti", areas=(VILLAGE,))
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    with store.write() as unit:
        unit.connection.execute(f"INSERT INTO person_area (person, area) VALUES ('siti', '{NEIGHBOUR}')")

    answer = siti.syncs()

    assert answer.end is not None
    assert answer.end["62.02"].reset is True


def test_a_revoked_phone_is_stored_held_and_told_nothing(phone: Phones, store: Store) -> None:
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    with store.write() as unit:
        unit.people.revoke(siti.device, now_ms=NOW_MS)

    with pytest.raises(HubError) as problem:
        siti.syncs()

    assert (problem.value.code, problem.value.details["have"]) == ("device-revoked", siti.tip)
    with store.read() as unit:
        assert [row.held for row in unit.log.held()] == ["device-revoked"]
        assert unit.records.get("r1") is None


def test_a_number_is_no_identity(phone: Phones) -> None:
    """``have`` is a place in the asker's own log, whatever number another branch reached."""
    siti = phone("siti")
    siti.saves("r1", {"_area": VILLAGE})
    siti.syncs()
    copy = Phone(siti.store, siti.shelf, siti.device, siti.person, token_device=siti.device)
    copy.log, copy.after = list(siti.log), siti.after
    for _ in range(5):
        siti.saves("r1", {"sengketa": "tidak"})
    siti.syncs()

    mine = copy.saves("r1", {"sengketa": "klaim"})

    assert copy.syncs().header.have == Place(2, mine)
    assert revision_id(copy.log[0][0].id, copy.log[1][1]) == mine
