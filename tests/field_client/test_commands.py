"""The commands, run as a person runs them, with a server behind real HTTP."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from field_client import edge, facts
from field_client.database import open_device, write
from field_client.main import COMMANDS, tapak
from field_client.settings import BUSY_TIMEOUT_MS
from field_client.transport import NoNetwork, Problem, Transport
from server.app import web_app
from server.hub.enrolment import issue
from server.hub.people import add_person
from server.listener import Listener
from sync.chain import START, Place
from sync.proof import PROOF_CHARACTERS_MAX, read_proof
from tests.field_client.world import NEIGHBOUR, VILLAGE, World
from tests.server.conftest import ORGANISATIONS


@dataclass
class Run:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The world's server, listening."""
    app = web_app(world.server, now_ms=edge.now_ms)
    listener = Listener(app, world.server.settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    yield listener.address
    listener.stop()
    thread.join()


@pytest.fixture
def run(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TAPAK_LANGUAGE", raising=False)

    def run_command(*arguments: str, home: str = "phone", stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = edge.run(tapak, ["--home", str(world.folder / home), *arguments])
        captured = capsys.readouterr()
        return Run(code, captured.out, captured.err)

    return run_command


def code_for(world: World, name: str, *, role: str = "verifier") -> str:
    id = f"p{name.lower():2<10}"[:11]
    now_ms = edge.now_ms()
    with world.server.store.write() as unit:
        add_person(
            unit,
            id=id,
            name=name,
            role=role,
            organisation="tni",
            areas=["62.02"],
            organisations=ORGANISATIONS,
            now_ms=now_ms,
        )
        key = world.server.token_key
        return issue(unit, key, id, choose=world.chance.choice, now_ms=now_ms, valid_h=24).code


def test_a_day_from_enrolment_to_received(world, address, run):
    enrolled = run("enrol", f"{address}/app/#enrol=x", code_for(world, "Siti"), "--name", "HP Siti", "--json")
    saved = run("save", "lahan", "--area", VILLAGE, "status=kosong", "listrik=pln", "sengketa=?")
    before = run("status", "--json")
    sent = run("sync", "--json")
    after = run("status")

    record = saved.json["record"]
    assert (enrolled.code, enrolled.json["person"], enrolled.json["scope"]) == (0, "psiti222222", ["62.02"])
    assert enrolled.err.splitlines()[0] == (
        "Terdaftar: Siti (verifier), wilayah Kabupaten Kotawaringin Timur. "
        "Mulai sekarang menyimpan tidak perlu jaringan."
    )
    assert saved.err.splitlines()[0] == f"Tersimpan di perangkat. Entri {record}."
    assert set(saved.json) == {"record", "revision", "flags"}
    assert before.json["saved"] == before.json["unsent"] == 1
    assert before.json["attachments"] == {"left": 0, "bytes_left": 0}
    assert (sent.code, sent.json["sent"], sent.json["have"]) == (0, 1, [1, saved.json["revision"]])
    assert set(sent.json) == {
        "sent",
        "received",
        "held",
        "conflicts",
        "have",
        "durable",
        "attachments_left",
        "carried_left",
    }
    assert after.out.splitlines()[2:5] == [
        "Tersimpan di perangkat: 1",
        "Terkirim: 1",
        "Diterima server: 1",
    ]


def test_show_and_list_have_the_shapes_that_others_rely_on(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    record = run("save", "lahan", "--area", VILLAGE, "status=kosong").json["record"]

    shown = run("show", record, "--json", "--history").json
    listed = run("list", "--form", "lahan", "--area", "62.02.01", "--json").json

    assert listed == [
        {"record": record, "form": "lahan", "areas": [VILLAGE], "deleted": False, "conflicts": 0, "unsent": 1}
    ]
    assert (shown["record"], shown["form"], shown["areas"], shown["unsent"]) == (
        record,
        "lahan",
        [VILLAGE],
        1,
    )
    (head,) = shown["fields"]["status"]["heads"]
    assert list(head) == ["id", "value", "person", "organisation", "saved_at", "observed_on"]
    assert (head["value"], head["organisation"], head["saved_at"][-6:]) == ("kosong", "tni", "+07:00")
    assert shown["ids"] == [head["id"]]
    assert [save["state"] for save in shown["history"]] == ["stored"]
    assert run("list", "--area", "62.03", "--json").json == []


def test_a_save_can_be_given_as_json(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    first = run("save", "lahan", "--area", VILLAGE, "status=a").json
    given = {
        "fields": {"status": "b", "unit_ada/sembako": True},
        "base": [],
        "why": "x",
        "observed_on": "2026-11-01",
    }

    saved = run("save", "lahan", "--record", first["record"], "--json", "-", stdin=json.dumps(given).encode())

    shown = run("show", first["record"], "--json").json
    assert saved.code == 0
    assert shown["fields"]["status"]["conflict"] is True
    assert {head["observed_on"] for head in shown["fields"]["status"]["heads"]} == {None, "2026-11-01"}
    assert shown["fields"]["unit_ada/sembako"]["shown"] is True


def test_two_people_a_conflict_a_decision(world, address, run):
    for home, role in (("siti", "verifier"), ("budi", "verifier"), ("kora", "coordinator")):
        run("enrol", address, code_for(world, home, role=role), home=home)
    record = run("save", "lahan", "--area", VILLAGE, "status=a", home="siti").json["record"]
    run("sync", home="siti"), run("sync", home="budi")
    run("save", "lahan", "--record", record, "status=b", home="siti")
    run("save", "lahan", "--record", record, "status=c", home="budi")
    run("sync", home="siti")

    noticed = run("sync", "--json", home="budi")
    again = run("sync", "--json", home="budi")
    (conflict,) = run("conflicts", "--json", home="budi").json
    refused = run("resolve", record, "status", "--value", "c", "--reason", "x", home="budi")
    run("sync", home="kora")
    decided = run("resolve", record, "status", "--value", "c", "--reason", "dicek", home="kora")
    run("sync", home="kora"), run("sync", home="budi")

    assert (noticed.code, noticed.json["conflicts"], again.code) == (3, 1, 0)
    assert noticed.err.splitlines()[1] == "1 isian baru perlu diputuskan; lihat: tapak conflicts"
    assert (conflict["record"], conflict["form"], conflict["field"]) == (record, "lahan", "status")
    assert {head["value"] for head in conflict["heads"]} == {"b", "c"}
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "budi (verifier) tidak berwenang memutuskan; mintalah koordinator.\n"
    assert decided.code == 0
    assert run("conflicts", "--json", home="budi").json == []


def test_delete_undelete_and_move_are_saves_like_any_other(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    record = run("save", "lahan", "--area", VILLAGE, "status=a").json["record"]

    for arguments in (
        ("delete", record, "--reason", "dobel"),
        ("undelete", record),
        ("move", record, NEIGHBOUR),
    ):
        done = run(*arguments)
        assert (done.code, done.json["record"], len(done.json["revision"])) == (0, record, 16)

    shown = run("show", record, "--json").json
    assert (shown["areas"], shown["deleted"]) == ([NEIGHBOUR], False)


def test_without_a_network_saving_goes_on_and_sync_says_that_all_is_safe(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    with write(db := open_device(world.folder / "phone")):
        facts.put(db, facts.URL, "http://127.0.0.1:9")

    saved = run("save", "lahan", "--area", VILLAGE, "status=a")
    sent = run("sync", "--json")

    assert (saved.code, sent.code, sent.json["sent"]) == (0, 1, 0)
    assert sent.err.splitlines() == [
        "1 simpanan belum diterima server; semuanya tetap tersimpan di perangkat.",
        "Server http://127.0.0.1:9 tidak terjangkau (Connection refused). Semua simpanan aman di perangkat.",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ["save", "lahan", "--area", VILLAGE],
            1,
            "Perangkat ini belum terdaftar. Minta kode kepada koordinator, lalu: tapak enrol URL KODE\n",
        ),
        (
            ["sync"],
            1,
            "Perangkat ini belum terdaftar. Minta kode kepada koordinator, lalu: tapak enrol URL KODE\n",
        ),
        (
            ["show", "x"],
            1,
            "Entri x tidak ada di perangkat ini. Periksa nomornya, atau jalankan: tapak sync\n",
        ),
        (["save", "lahan", "status"], 2, "'status' bukan ISIAN=NILAI.\n"),
        (
            ["resolve", "x", "status", "--reason", "y"],
            2,
            "Sebut salah satu: --head ID atau --value NILAI.\n",
        ),
        (["move", "x", "Samuda"], 2, "'Samuda' bukan kode desa. Tulis seperti 62.02.01.2004.\n"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(run, arguments, code, says):
    outcome = run(*arguments)

    assert (outcome.code, outcome.out, outcome.err) == (code, "", says)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (b"[1]", "JSON tidak terbaca: { } expected\n"),
        (b'{"x": 1}', "JSON memuat 'x'; yang dikenal: area, fields, base, why, observed_on, as.\n"),
        (b'{"base": "x"}', "'base' dalam JSON salah jenis.\n"),
        (b'{"base": [1]}', "'base' dalam JSON salah jenis.\n"),
    ],
)
def test_json_that_is_no_save_is_wrong_usage(run, given, says):
    outcome = run("save", "lahan", "--json", "-", stdin=given)

    assert (outcome.code, outcome.out, outcome.err) == (2, "", says)


def test_an_unknown_option_is_wrong_usage(run):
    assert run("list", "--colour").code == 2
    assert run("paint").code == 2


def test_a_used_code_is_said_in_words(world, address, run):
    code = code_for(world, "Siti")
    run("enrol", address, code)

    again = run("enrol", address, code, home="other")

    assert (again.code, again.err) == (
        1,
        "Kode ini tidak berlaku: sudah dipakai, kedaluwarsa, atau salah ketik. "
        "Minta kode baru kepada koordinator.\n",
    )


def test_a_full_disk_is_said_and_nothing_is_called_stored(world, address, run, monkeypatch):
    run("enrol", address, code_for(world, "Siti"))

    def on_a_full_disk(home):
        db = open_device(home)
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")
        return db

    monkeypatch.setattr(edge, "open_device", on_a_full_disk)
    outcome = run("save", "lahan", "--area", VILLAGE, "status=" + "x" * 50_000)

    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "Penyimpanan perangkat penuh: yang baru hendak disimpan BELUM tersimpan. Kosongkan ruang, "
        "lalu ulangi; yang lama aman dan tetap dapat dibaca.\n"
    )


def test_the_doctor_finds_a_changed_byte_and_names_the_line(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    saved = run("save", "lahan", "--area", VILLAGE, "status=kosong").json
    healthy = run("doctor")
    with write(db := open_device(world.folder / "phone")):
        db.execute("UPDATE own SET body = CAST(replace(CAST(body AS TEXT), 'kosong', 'kosonh') AS BLOB)")

    found = run("doctor", "--json")

    checks = {check["check"]: check for check in found.json}
    assert healthy.code == 0
    assert [line[:4] for line in healthy.out.splitlines()] == ["[ok]"] * 8
    assert (found.code, checks["log"]["passed"], checks["log"]["names"]) == (
        3,
        False,
        f"1 ({saved['revision']})",
    )


def test_tables_show_whole_ids(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    record = run("save", "lahan", "--area", VILLAGE, "status=kosong").json["record"]

    assert record in run("list").out
    assert record in run("show", record, "--history").out
    assert run("conflicts").code == 0


def test_every_command_has_help_with_an_example_in_both_languages(monkeypatch):
    from field_client.texts import text

    for name in COMMANDS:
        assert "\b\nContoh:\n  tapak " in text(f"client.help.{name}", "id")
        assert "\b\nExample:\n  tapak " in text(f"client.help.{name}", "en")


def test_a_transport_tells_a_problem_from_no_network(address):
    transport = Transport(address, "nobody.x")

    with pytest.raises(Problem) as caught:
        transport.exchange(b"{}\n")
    with pytest.raises(NoNetwork) as lost:
        Transport("http://127.0.0.1:9").get("/v1/forms")
    transport.close()

    assert (caught.value.status, caught.value.code) == (401, "not-authenticated")
    assert (str(lost.value), lost.value.reached) == ("Connection refused", False)


def test_a_command_waits_for_another_that_saves():
    assert BUSY_TIMEOUT_MS >= 5_000


def test_a_proof_fits_a_message_and_says_what_is_saved(world, address, run):
    run("enrol", address, code_for(world, "Siti"))
    saved = run("save", "lahan", "--area", VILLAGE, "status=kosong").json

    before = run("status", "--proof").out
    run("sync")
    after = read_proof(run("status", "--proof").out)

    proof = read_proof(before)
    assert len(before) <= PROOF_CHARACTERS_MAX
    assert (proof.tip, proof.saved, proof.have) == (Place(1, saved["revision"]), 1, START)
    assert (after.tip, after.have) == (proof.tip, proof.tip)
