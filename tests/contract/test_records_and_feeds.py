"""What every store promises about the caches: records, and the ordered changes of a regency."""

from server.store.base import RecordRow, Store
from sync.feed import GENESIS_HASH, Change

VILLAGE, NEIGHBOUR, FAR = "62.02.01.2004", "62.02.01.2005", "62.03.05.2001"


def record(id: str, *areas: str, form: str = "lahan/1", conflicts: tuple[str, ...] = ()) -> RecordRow:
    return RecordRow(id, form, b"[]", areas, conflicts, 7)


def test_a_record_is_written_over_and_found_by_form_and_scope(store: Store) -> None:
    with store.write() as unit:
        unit.records.put(
            [record("a", VILLAGE), record("b", FAR), record("c"), record("d", VILLAGE, form="gerai/1")]
        )
        unit.records.put([record("a", VILLAGE, NEIGHBOUR, conflicts=("luas",))])

    with store.read() as unit:
        assert unit.records.get("a") == record("a", VILLAGE, NEIGHBOUR, conflicts=("luas",))
        assert set(unit.records.load(["a", "b", "zz"])) == {"a", "b"}
        assert [row.id for row in unit.records.page(form_id="lahan", prefixes=["62.02"])] == ["a"]
        assert [row.id for row in unit.records.page(form_id=None, prefixes=["62"])] == ["a", "b", "d"]
        assert [row.id for row in unit.records.page(form_id=None, prefixes=["62"], after="a", limit=1)] == [
            "b"
        ]
        assert [row.id for row in unit.records.page(form_id=None, prefixes=[VILLAGE])] == ["a", "d"]
        assert unit.records.page(form_id=None, prefixes=["62.0"]) == []
        assert [row.id for row in unit.records.orphans()] == ["c"]
        assert [row.id for row in unit.records.in_conflict(["62.02"])] == ["a"]
        assert unit.records.in_conflict(["62.03"]) == []
        assert list(unit.records.ids()) == ["a", "b", "c", "d"]


def test_awaited_ids_are_kept_per_record_and_field(store: Store) -> None:
    with store.write() as unit:
        unit.records.put_awaited("a", added=[("x", "luas"), ("x", "sengketa")], ended=[])
        unit.records.put_awaited("a", added=[("x", "luas")], ended=[("x", "sengketa")])
        unit.records.put_awaited("b", added=[("y", "luas")], ended=[])

    with store.read() as unit:
        assert unit.records.awaited(["a", "zz"]) == {"a": {("x", "luas")}}


def change(n: int, record: str, village: str = VILLAGE, x: int = 5, *, gone: bool = False) -> Change:
    return Change(n, village, record, x, gone)


def test_a_feed_gives_what_changed_after_a_position_in_order(store: Store) -> None:
    with store.write() as unit:
        unit.records.put([record("a", VILLAGE), record("b", NEIGHBOUR)])
        unit.feeds.put("62.02", [change(1, "a"), change(2, "b", NEIGHBOUR)])
        unit.feeds.put("62.02", [change(3, "a", x=6)])
        unit.feeds.advance("62.02", n=3, h="h3")

    with store.read() as unit:
        rows = unit.feeds.page("62.02", ["62"], after=0, limit=9)
        assert [(row.position, row.record, row.areas) for row in rows] == [
            (2, "b", (NEIGHBOUR,)),
            (3, "a", (VILLAGE,)),
        ]
        assert [row.position for row in unit.feeds.page("62.02", ["62.02"], after=2, limit=9)] == [3]
        assert [row.position for row in unit.feeds.page("62.02", ["62.02"], after=0, limit=1)] == [2]
        assert [row.record for row in unit.feeds.page("62.02", [NEIGHBOUR], after=0, limit=9)] == ["b"]
        assert unit.feeds.rows_of("a") == {VILLAGE: (6, False)}


def test_only_counters_that_were_committed_are_known(store: Store) -> None:
    with store.write() as unit:
        assert unit.feeds.counter("62.02") == (0, GENESIS_HASH)
        unit.feeds.advance("62.02", n=3, h="h3")
        unit.feeds.advance("62.02", n=7, h="h7")

    with store.read() as unit:
        assert unit.feeds.counter("62.02") == (7, "h7")
        assert unit.feeds.knows("62.02", 3, "h3")
        assert unit.feeds.knows("62.02", 0, GENESIS_HASH)
        assert not unit.feeds.knows("62.02", 3, "h7")
        assert not unit.feeds.knows("62.02", 4, "h4")
        assert not unit.feeds.knows("62.03", 3, "h3")


def test_the_sum_of_a_scope_is_the_xor_of_its_rows(store: Store) -> None:
    smallest, largest = -(2**63), 2**63 - 1
    with store.write() as unit:
        unit.feeds.put("62.02", [change(1, "a", x=smallest), change(2, "b", NEIGHBOUR, x=largest)])
        unit.feeds.put("62.02", [change(3, "c", x=-1), change(4, "d", x=99, gone=True)])
        unit.feeds.add_to_sums({VILLAGE: smallest, NEIGHBOUR: largest})
        unit.feeds.add_to_sums({VILLAGE: -1})

    with store.read() as unit:
        assert unit.feeds.village_sums() == {VILLAGE: smallest ^ -1, NEIGHBOUR: largest}
        assert unit.feeds.summed_rows() == unit.feeds.village_sums()
        assert unit.feeds.sum_of("62.02", ["62"]) == smallest ^ -1 ^ largest
        assert unit.feeds.sum_of("62.02", [NEIGHBOUR]) == largest
        assert unit.feeds.sum_of("62.03", ["62"]) == 0


def test_a_scope_meets_the_feeds_that_it_names_and_those_that_changed(store: Store) -> None:
    with store.write() as unit:
        unit.feeds.advance("62.02", n=1, h="h")
        unit.feeds.advance("63.01", n=1, h="h")

    with store.read() as unit:
        assert unit.feeds.regencies(["62"]) == ["62.02"]
        assert unit.feeds.regencies([VILLAGE, FAR]) == ["62.02", "62.03"]
        assert unit.feeds.regencies([]) == []
