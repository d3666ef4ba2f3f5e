"""What every store promises about lines and secrets."""

import msgspec

from server.store.base import LogRow, SecretRow, Store
from sync.chain import Place


def row(id: str, previous: str = "", **changes: object) -> LogRow:
    plain = LogRow(
        id=id,
        device="d1",
        seq=1,
        previous=previous,
        complete=True,
        record="r1",
        form="lahan/1",
        line=b'{"v":1}',
        received_ms=1000,
        via="sync",
        held=None,
        suspect=False,
        stub=False,
    )
    return msgspec.structs.replace(plain, **changes)


def test_a_line_returns_bit_for_bit(store: Store) -> None:
    kept = row("a", line='{"v":{"x":"Tumbang Tuwe \u0000 \U0001f600"}}'.encode())
    with store.write() as unit:
        unit.log.append([kept])

    with store.read() as unit:
        assert unit.log.get("a") == kept
        assert unit.log.history("r1") == [kept]
        assert unit.log.get("nobody") is None


def test_what_is_written_back_beside_a_writer_stays_what_it_was(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([row("a")])
        store.write_back()
        unit.log.append([row("b", "a", seq=2)])
    store.write_back()

    with store.read() as unit:
        assert [kept.id for kept in unit.log.history("r1")] == ["a", "b"]


def test_held_lines_are_found_on_the_way_back_from_a_line(store: Store) -> None:
    with store.write() as unit:
        unit.log.append(
            [row("a", held="unsigned"), row("b", "a", seq=2), row("c", "b", seq=3, held="unsigned")]
        )
        unit.log.append([row("d", "b", seq=3, held="unsigned"), row("e", "c", seq=4, held="unknown-form")])
        unit.log.append([row("z", "gone", seq=9, held="unsigned")])

    with store.read() as unit:
        assert unit.log.held_before("e", "unsigned") == ["c", "a"]
        assert unit.log.held_before("c", "unsigned") == ["c", "a"]
        assert unit.log.held_before("z", "unsigned") == ["z"]
        assert unit.log.held_before("nobody", "unsigned") == []


def test_what_is_missing_of_a_device_is_told_by_its_numbers(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([row("c", "b", seq=3), row("d", "c", seq=4), row("d2", "c", seq=4)])
        unit.log.append(
            [row("h", "g", seq=8, stub=True, record=None, form=None), row("o", seq=1, device="d2")]
        )

    with store.read() as unit:
        assert unit.log.missing("d1") == [(1, 2), (5, 7), (8, 8)]
        assert unit.log.missing("d2") == []
        assert unit.log.missing("nobody") == []


def test_nothing_of_a_unit_that_failed_is_kept(store: Store) -> None:
    try:
        with store.write() as unit:
            unit.log.append([row("a")])
            raise KeyError("the process stumbles")
    except KeyError:
        pass

    with store.read() as unit:
        assert unit.log.get("a") is None


def test_a_reader_sees_one_moment(store: Store) -> None:
    import threading

    with store.read() as unit:
        assert unit.log.line_count("d1") == 0

        def another_thread_writes() -> None:
            with store.write() as writer:
                writer.log.append([row("a")])

        thread = threading.Thread(target=another_thread_writes)
        thread.start()
        thread.join()
        assert unit.log.line_count("d1") == 0

    with store.read() as unit:
        assert unit.log.line_count("d1") == 1


def test_a_line_is_counted_once_however_often_it_comes(store: Store) -> None:
    for _ in range(3):
        with store.write() as unit:
            unit.log.append([row("a"), row("b", "a", seq=2)])

    with store.read() as unit:
        assert unit.log.line_count("d1") == 2
        assert unit.log.line_counts() == {"d1": (2, 2)}


def test_figures_count_lines_of_all_logs_and_held_ones_by_reason(store: Store) -> None:
    with store.read() as unit:
        assert (unit.log.lines_received(), unit.log.held_counts()) == (0, {})

    with store.write() as unit:
        unit.log.append([row("a"), row("b", "a", seq=2, held="malformed"), row("c", device="d2")])
        unit.log.append([row("d", device="d3", held="unknown-form"), row("a")])

    with store.read() as unit:
        assert unit.log.lines_received() == 4
        assert unit.log.held_counts() == {"malformed": 1, "unknown-form": 1}


def test_the_real_line_takes_the_place_of_its_stub_and_a_stub_never_that_of_a_line(store: Store) -> None:
    stub = row("a", record=None, form=None, stub=True, line=b"{}")
    with store.write() as unit:
        unit.log.append([stub])
        assert unit.log.gaps("d1") == ["a"]
        unit.log.append([row("a")])
        unit.log.append([stub])

    with store.read() as unit:
        assert unit.log.get("a") == row("a")
        assert unit.log.gaps("d1") == []
        assert unit.log.line_count("d1") == 1


def test_completeness_reaches_every_line_without_a_gap_before_it(store: Store) -> None:
    waiting = [
        row(id, previous, seq=seq, complete=False) for seq, (previous, id) in enumerate(["ab", "bc", "cd"], 2)
    ]
    with store.write() as unit:
        unit.log.append(waiting)
        unit.log.append([row("f", "e", seq=6, complete=False)])
        unit.log.append([row("a")])
        unit.log.complete_from(["a"])

    with store.read() as unit:
        places = unit.log.places("abcdfx")
        assert {id: place.complete for id, place in places.items()} == {
            "a": True, "b": True, "c": True, "d": True, "f": False,
        }  # fmt: skip


def test_known_places_reach_back_in_growing_steps(store: Store) -> None:
    with store.write() as unit:
        unit.log.append(
            [row(f"id{seq}", f"id{seq - 1}" if seq > 1 else "", seq=seq) for seq in range(1, 101)]
        )

    with store.read() as unit:
        known = unit.log.known_places("d1")

    assert known == [Place(seq, f"id{seq}") for seq in (100, 99, 98, 96, 92, 84, 68, 36, 1)]


def test_a_log_goes_on_under_the_ids_that_branched_from_it(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([row("a")])
        unit.log.link("d2", "d1")
        unit.log.append([row("b", "a", device="d2", held="out-of-area")])
        unit.log.link("d2", "d9")

    with store.read() as unit:
        assert unit.log.root_of("d2") == "d1"
        assert unit.log.root_of("nobody") == "nobody"
        assert unit.log.held_ids("d1") == [("b", "out-of-area")]
        assert unit.log.stored_bytes("d1") == 2 * len(row("a").line)
        assert {place.id for place in unit.log.known_places("d1")} == {"a", "b"}


def test_a_held_line_is_listed_until_its_reason_ends(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([row("a", held="unknown-form"), row("b", "a", seq=2)])

    with store.write() as unit:
        assert [line.id for line in unit.log.held()] == ["a"]
        assert unit.log.held(["out-of-area"]) == []
        assert unit.log.held_of(["r1", "nobody"]) == {"r1": 1}
        assert unit.log.received_ms(["a", "nobody"]) == {"a": 1000}
        assert not unit.log.is_merged("r1", "a")
        unit.log.set_held("a", None)

    with store.read() as unit:
        assert unit.log.held() == []
        assert unit.log.is_merged("r1", "a")
        assert not unit.log.is_merged("another", "a")
        assert list(unit.log.merged_records()) == ["r1"]
        assert [line.id for line in unit.log.all_lines()] == ["a", "b"]


def test_a_missing_secret_is_asked_of_its_own_log_only(store: Store) -> None:
    with store.write() as unit:
        unit.log.append([row("a"), row("z", device="d9")])
        unit.log.put_secrets(
            [SecretRow("a", "nik", "c", None, None, False), SecretRow("z", "nik", "c", None, None, False)]
        )
        assert unit.log.secretless("d1") == ["a"]
        unit.log.put_secrets([SecretRow("a", "nik", "c", "salt", '"1"', False)])

    with store.read() as unit:
        assert unit.log.secretless("d1") == []
        assert unit.log.secrets_of(["a"]) == {("a", "nik"): SecretRow("a", "nik", "c", "salt", '"1"', False)}


def test_the_own_device_and_its_tip_are_remembered(store: Store) -> None:
    with store.write() as unit:
        assert unit.log.own_device() is None
        unit.log.set_own_device("console", Place(0, ""))
        unit.log.set_own_device("console", Place(1, "a"))

    with store.read() as unit:
        assert unit.log.own_device() == ("console", Place(1, "a"))


def test_a_flag_is_raised_once(store: Store) -> None:
    with store.write() as unit:
        unit.log.raise_flag("device-cloned", "d1", now_ms=5)
        unit.log.raise_flag("device-cloned", "d1", now_ms=9)

    with store.read() as unit:
        assert unit.log.flags() == [("device-cloned", "d1", 5)]
