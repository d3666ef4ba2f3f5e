"""``GET /metrics``: figures that a strict reader of the format reads, and that name nobody."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from server.api.prometheus import Family, Sample, histogram, number, text_of
from server.api.requests import BOUNDS_S, Requests
from server.app import open_server
from server.hub.backup import back_up
from server.store.mirror import JOB as MIRROR
from server.store.sqlite.copies import SqliteCopies
from tests.server.conftest import Handset, House
from tests.server.hub.phones import VILLAGE

TOKEN = "monitor-of-the-office"
Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]
HEAD = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|-?[0-9.]+(?:e[+-]?[0-9]+)?)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')


def parsed(text: str) -> Figures:
    """Every sample of a text; an AssertionError where the format does not allow something."""
    assert text.endswith("\n")
    found: Figures = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if head := HEAD.fullmatch(line):
            assert head[1] == "HELP" or kinds.setdefault(head[2], head[3]) == head[3], line
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        family = re.sub(r"_(bucket|sum|count)$", "", sample[1]) if sample[1] not in kinds else sample[1]
        assert list(kinds)[-1] == family, f"{line}: outside its family"
        key = (sample[1], frozenset(labels_of(sample[2] or "")))
        assert key not in found, f"{line}: twice"
        found[key] = float(sample[3])
    return found


def labels_of(text: str) -> list[tuple[str, str]]:
    labels = LABEL.findall(text)
    assert sum(len(match[0]) for match in LABEL.finditer(text)) == len(text), text
    unescaped = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
    return [(name, re.sub(r"\\.", lambda found: unescaped[found[0]], value)) for name, value in labels]


def value(found: Figures, name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


@pytest.fixture
def watched(house: House) -> House:
    """The server with a token for its monitor."""
    settings = msgspec.structs.replace(house.server.settings, metrics_token=TOKEN)
    return House(msgspec.structs.replace(house.server, settings=settings))


@pytest.fixture
def phone(house: House, watched: House, handset: Callable[..., Handset]) -> Handset:
    """Siti's phone, which speaks to the watched server."""
    siti = handset("Siti")
    siti.house = watched
    return siti


def figures(house: House) -> Figures:
    answer = house.get("/metrics", TOKEN)
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.text)


def test_without_the_setting_and_the_right_token_there_is_no_such_page(house: House, watched: House) -> None:
    for token in (None, "", TOKEN):
        assert house.get("/metrics", token).status_code == 404
    for token in (None, "", "monitor", TOKEN + "é", TOKEN.upper()):
        assert watched.get("/metrics", token).status_code == 404
    assert watched.client.get(f"/metrics?token={TOKEN}").status_code == 404
    assert watched.get("/metrics", TOKEN).status_code == 200


def test_the_token_comes_from_the_environment(house: House) -> None:
    server = open_server(house.server.folder.path, environ={"TAPAK_METRICS_TOKEN": TOKEN})
    try:
        assert value(figures(House(server)), "tapak_store_up") == 1
    finally:
        server.close()


def test_requests_are_counted_by_pattern_and_status(watched: House, phone: Handset) -> None:
    phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    phone.sends(phone.body())
    watched.get("/v1/records/r1", phone.token)
    watched.get("/v1/records/r2", phone.token)
    for path in ("/wp-login.php", "/.env"):
        watched.client.get(path)

    found = figures(watched)

    def requests(route: str, method: str, status: str) -> float | None:
        return value(found, "tapak_http_requests_total", route=route, method=method, status=status)

    assert requests("/v1/sync", "POST", "200") == 1
    assert requests("/v1/records/{record}", "GET", "200") == 1
    assert requests("/v1/records/{record}", "GET", "404") == 1
    assert requests("other", "other", "404") == 2
    assert value(found, "tapak_http_request_duration_seconds_count", route="/v1/records/{record}") == 2
    assert (
        value(found, "tapak_http_request_duration_seconds_bucket", route="/v1/records/{record}", le="+Inf")
        == 2
    )


def test_what_the_store_holds_is_counted(watched: House, phone: Handset) -> None:
    phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    phone.saves("r2", {"_area": VILLAGE, "sengketa": "ya"}, author="pnobody0000")
    phone.sends(phone.body())

    found = figures(watched)

    assert value(found, "tapak_lines_received_total") == 2
    assert value(found, "tapak_lines_held", reason="person-not-on-device") == 1
    assert value(found, "tapak_devices", state="active") == 1
    assert value(found, "tapak_mirror_behind") == 0
    assert value(found, "tapak_backup_age_seconds") is None
    assert (value(found, "tapak_store_bytes") or 0) > 4096
    assert (value(found, "tapak_disk_free_bytes") or 0) > 0


def test_figures_of_the_store_move_when_their_time_is_over(
    watched: House, phone: Handset, tmp_path: Path
) -> None:
    assert value(figures(watched), "tapak_backup_age_seconds") is None
    made_ms = watched.clock_ms
    store = watched.server.store
    back_up(
        store,
        SqliteCopies(watched.server.folder.database),
        watched.server.files,
        tmp_path / "copy.db",
        now_ms=made_ms,
    )
    with store.write() as unit:
        unit.backups.fell_behind(MIRROR, since_ms=made_ms)
        unit.people.revoke(phone.device, now_ms=made_ms)

    watched.clock_ms += 14_999
    assert value(figures(watched), "tapak_backup_age_seconds") is None
    watched.clock_ms += 1
    found = figures(watched)

    assert value(found, "tapak_backup_age_seconds") == 15
    assert value(found, "tapak_mirror_behind") == 1
    assert value(found, "tapak_devices", state="revoked") == 1


def test_a_device_that_says_nothing_for_three_days_is_silent(watched: House, phone: Handset) -> None:
    phone.sends(phone.body())
    watched.clock_ms += 3 * 86_400_000 + 1

    found = figures(watched)

    assert value(found, "tapak_devices", state="silent") == 1
    assert value(found, "tapak_devices", state="active") == 0


def test_a_store_that_cannot_be_read_leaves_the_figures_of_the_process(watched: House) -> None:
    watched.server.store.close()
    path = watched.server.folder.database
    sqlite3.connect(path).close()
    path.write_bytes(b"this is no database" * 100)

    found = figures(watched)

    assert value(found, "tapak_store_up") == 0
    assert value(found, "tapak_lines_received_total") is None
    assert (value(found, "tapak_disk_free_bytes") or 0) > 0


def test_no_person_device_place_value_or_token_is_in_the_figures(watched: House, phone: Handset) -> None:
    phone.saves("r1", {"_area": VILLAGE, "catatan": "rahasia-warga", "sengketa": "tidak"})
    phone.sends(phone.body())
    watched.get(f"/v1/records?area={VILLAGE}", phone.token)
    watched.get("/v1/records/r1?q=rahasia-warga", phone.token)
    watched.client.get("/rahasia-warga")

    text = watched.get("/metrics", TOKEN).text

    for secret in ("Siti", phone.person, phone.device, phone.token, VILLAGE, "rahasia", "r1", TOKEN):
        assert secret not in text


def test_names_labels_and_numbers_are_written_as_the_format_wants() -> None:
    awkward = 'a "b"\\\nc'

    text = text_of([Family("x_total", "counter", "Two\nlines \\.", (Sample(1.5, {"of": awkward}),))])

    assert (
        text
        == '# HELP x_total Two\\nlines \\\\.\n# TYPE x_total counter\nx_total{of="a \\"b\\"\\\\\\nc"} 1.5\n'
    )
    assert parsed(text) == {("x_total", frozenset({("of", awkward)})): 1.5}
    assert [number(one) for one in (3, 2.0, 1e-9, float("inf"), -float("inf"), float("nan"))] == [
        "3", "2", "1e-09", "+Inf", "-Inf", "NaN",
    ]  # fmt: skip
    for family in (Family("a-b", "gauge", "x", ()), Family("a", "gauge", "x", (Sample(1, {"b-c": ""}),))):
        with pytest.raises(ValueError, match="is no name of a"):
            text_of([family])


def test_buckets_add_up_and_a_bound_belongs_to_its_bucket() -> None:
    found = [
        (sample.suffix, sample.labels.get("le"), sample.value)
        for sample in histogram((1, 2), (3, 0, 1), 9.5, {})
    ]

    assert found == [
        ("_bucket", "1", 3), ("_bucket", "2", 3), ("_bucket", "+Inf", 4), ("_sum", None, 9.5),
        ("_count", None, 4),
    ]  # fmt: skip
    requests = Requests()
    requests.add("/", "GET", 200, BOUNDS_S[0])
    counted = parsed(text_of(requests.families()))
    assert value(counted, "tapak_http_request_duration_seconds_bucket", route="/", le="0.01") == 1


def test_many_threads_lose_no_request() -> None:
    requests = Requests()

    def many() -> None:
        for _ in range(2000):
            requests.add("/v1/sync", "POST", 200, 0.02)

    threads = [threading.Thread(target=many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = parsed(text_of(requests.families()))
    assert value(found, "tapak_http_requests_total", route="/v1/sync", method="POST", status="200") == 16_000
