"""No text that a device can write is refused by a store, and every one comes back as it was.

Ids have no U+0000 (``server.hub.intake``); field names, salts and texts may.
"""

from hypothesis import given
from hypothesis import strategies as st

from server.store.base import LogRow, RecordRow, SecretRow, Store
from server.store.postgres.text import escaped, original

IDS = ("\1", "\1" + "0", "\1\1", "Tumbang Tuwe \U0001f600", "'\"\\{},NULL", "x" * 200, "\U0001f600" * 200)
TEXTS = (*IDS, "\0", "\0\1\0", "a\0b")


def row(id: str, **changes: str) -> LogRow:
    places = {"device": "d1", "previous": "", "record": "r1", "form": "lahan/1", **changes}
    return LogRow(
        id=id,
        seq=1,
        complete=True,
        line=b"\0",
        received_ms=1,
        via="sync",
        held=None,
        suspect=False,
        stub=False,
        **places,
    )


def test_every_text_comes_back_as_it_was_and_is_found_by_itself(store: Store) -> None:
    rows = [row(id, device=id, previous=id, record=id, form=id) for id in IDS]
    records = {id: RecordRow(id, id, b"\0", (), TEXTS, 1) for id in IDS}
    secrets = {(id, text): SecretRow(id, text, text, text, text, False) for id in IDS for text in TEXTS}
    awaited = {id: {(base, text) for base in IDS for text in TEXTS} for id in IDS}
    with store.write() as unit:
        unit.log.append(rows)
        unit.log.put_secrets(list(secrets.values()))
        unit.records.put(list(records.values()))
        for id in IDS:
            unit.records.put_awaited(id, added=sorted(awaited[id]), ended=[])
            unit.log.raise_flag("secret-mismatch", id, now_ms=1)

    with store.read() as unit:
        assert [unit.log.get(id) for id in IDS] == rows
        assert unit.log.secrets_of(IDS) == secrets
        assert unit.records.load(IDS) == records
        assert unit.records.awaited(IDS) == awaited
        assert list(unit.records.ids()) == sorted(IDS)
        assert [subject for _, subject, _ in unit.log.flags()] == sorted(IDS)


def test_ids_are_listed_in_the_order_of_their_code_points(store: Store) -> None:
    ids = ["Z", "a", "B", "é", "z", "_", "-", "10", "9", "\ue000", "\U0001f600"]
    with store.write() as unit:
        unit.records.put([RecordRow(id, "lahan/1", b"[]", ("62.02.01.2004",), (), 1) for id in ids])

    with store.read() as unit:
        assert list(unit.records.ids()) == sorted(ids)
        after = [row.id for row in unit.records.page(form_id=None, prefixes=["62"], after="_")]
        assert after == [id for id in sorted(ids) if id > "_"]


_awkward = st.text(st.sampled_from("\0\1\x0201a"), max_size=6)


@given(_awkward, _awkward)
def test_an_escaped_text_has_no_nul_comes_back_and_keeps_its_order(one: str, other: str) -> None:
    assert "\0" not in escaped(one)
    assert original(escaped(one)) == one
    assert (escaped(one) < escaped(other)) == (one < other)
