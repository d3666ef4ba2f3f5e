"""A village without a network: its work travels in another phone, over real HTTP in the end."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from field_client import bundles, carrying, edge, enrolment, facts, journal, old_phones
from field_client.carrying import Taken
from field_client.database import write
from field_client.main import tapak
from field_client.transport import Transport
from server.app import web_app
from server.hub.backup import back_up
from server.hub.enrolment import issue
from server.listener import Listener
from server.main import main as tapak_server
from tests.field_client.test_attachments import attaches
from tests.field_client.world import Phone
from tests.scenarios.conftest import Field
from tests.server.attachments.cutting import CuttingLink
from tests.server.attachments.pictures import some_bytes

PHOTO, TITLE = some_bytes(1_500_000), some_bytes(200_000)
VILLAGE = "62.02.01.2004"
NIK = "6271040506070809"


@pytest.fixture
def address(world: Field) -> Iterator[str]:
    """The world's server, listening."""
    app = web_app(world.server, now_ms=lambda: world.now_ms)
    listener = Listener(app, world.server.settings, host="127.0.0.1", port=0)
    thread = threading.Thread(target=listener.run)
    thread.start()
    yield listener.address
    listener.stop()
    thread.join()


def goes_online(phone: Phone, url: str) -> Phone:
    wire: Any = Transport(url, facts.get(phone.db, facts.TOKEN))
    phone.wire = wire
    return phone


def writes_a_file(phone: Phone, **options: bool) -> Path:
    file = phone.world.folder / f"{phone.home.name}.tapak"
    plan = bundles.planned(phone.db, **{"since_receipt": False, "with_photos": True, **options})
    bundles.export(
        phone.db,
        phone.home / "attachments",
        plan,
        file,
        made_ms=phone.now_ms,
        on_step=lambda: None,
    )
    return file


def gets_another_phone(world: Field, phone: Phone, name: str) -> Phone:
    """The same person enrols on a new phone."""
    new = Phone(world, world.folder / name)
    with world.server.store.write() as unit:
        key, choose = world.server.token_key, world.chance.choice
        code = issue(unit, key, phone.person, choose=choose, now_ms=world.now_ms, valid_h=24).code
    randbytes = world.chance.randbytes
    enrolment.enrol(new.db, new.wire, code, name=name, now_ms=world.now_ms, random_bytes=randbytes)
    world.phones.append(new)
    return new


def takes(phone: Phone, file: Path, *, take_over: bool = False) -> Taken:
    return carrying.take_in(phone.db, phone.home / "carried", file, take_over=take_over, now_ms=phone.now_ms)


def states(phone: Phone) -> list[str]:
    return [one.state for one in carrying.carried(phone.db)]


def lines_at_the_server(world: Field, phone: Phone) -> int:
    with world.server.store.read() as unit:
        return unit.log.line_count(facts.get(phone.db, facts.ENROLLED) or "")


def backs_up(world: Field) -> None:
    assert world.server.copies is not None
    world.now_ms += 1000
    path = world.folder / "backups" / f"{world.now_ms}.db"
    back_up(world.server.store, world.server.copies, world.server.files, path, now_ms=world.now_ms)


def test_work_travels_in_another_phone_and_nothing_is_sent_twice(world: Field, address: str) -> None:
    siti = world.verifier("Siti")
    budi = goes_online(world.verifier("Budi", organisation="dpmd"), address)
    wati = goes_online(world.verifier("Wati", role="coordinator"), address)
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    photo = attaches(siti, parcel, PHOTO, field="foto_utama")
    title = attaches(siti, parcel, TITLE, field="foto_dokumen")
    board = siti.saves(form="kelembagaan", area=VILLAGE, fields={"pengurus/1/nik_pengurus": NIK}).record

    file = writes_a_file(siti)
    taken = takes(budi, file)
    unseen = budi.sees(parcel)
    delivered = budi.syncs()
    wati.syncs()

    assert NIK.encode() not in gzip.decompress(file.read_bytes())
    assert unseen == {}
    assert (delivered.problem, delivered.carried_sent, delivered.carried_left) == (None, 1, 0)
    assert states(budi) == ["stored"]
    assert (budi.home / "carried" / taken.sha256).exists()
    assert wati.sees(board) == {"pengurus/1/nik_pengurus": NIK}
    assert budi.sees(parcel)["sebutan_lahan"] == "Lapangan RT 3"
    assert world.server.attachments.is_whole(photo)
    assert world.server.attachments.is_whole(title)

    backs_up(world)
    safe = budi.syncs()

    assert safe.carried_safe == 1
    assert states(budi) == []
    assert not (budi.home / "carried" / taken.sha256).exists()

    with CuttingLink(address, every_bytes=10**9) as link:
        late = goes_online(siti, link.url).syncs()

        assert (late.problem, late.sent, late.unsent, late.attachments_left) == (None, 0, 0, 0)
        assert late.have == journal.tip(siti.db)
        assert lines_at_the_server(world, siti) == 4
        assert link.carried < 10_000


def test_a_cut_in_the_middle_of_a_file_costs_little(world: Field, address: str) -> None:
    siti, budi = world.verifier("Siti"), world.verifier("Budi", organisation="dpmd")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    attaches(siti, parcel, PHOTO)
    file = writes_a_file(siti)
    takes(budi, file)

    with CuttingLink(address, every_bytes=10**9) as link:
        goes_online(budi, link.url)
        link.every_bytes = link._budget = file.stat().st_size // 5
        link.cuts_max = 20
        report = budi.syncs()

        assert link.cuts > 2
        assert (report.problem, report.carried_sent, states(budi)) == (None, 1, ["stored"])
        assert link.carried < file.stat().st_size * 1.5
    assert lines_at_the_server(world, siti) == 2


def test_two_carriers_of_one_file_and_its_owner_bring_it_once(world: Field, address: str) -> None:
    siti = world.verifier("Siti")
    carriers = [goes_online(world.verifier(name), address) for name in ("Budi", "Dewi")]
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    file = writes_a_file(siti)
    for carrier in carriers:
        takes(carrier, file)

    reports = [phone.syncs() for phone in (carriers[0], goes_online(siti, address), carriers[1])]

    assert [report.problem for report in reports] == [None, None, None]
    assert [report.carried_left for report in reports] == [0, 0, 0]
    assert lines_at_the_server(world, siti) == 1
    assert world.shows(parcel).conflicts == ()


def test_a_new_phone_brings_what_the_old_one_had_not_sent(world: Field, address: str) -> None:
    old = goes_online(world.verifier("Siti"), address)
    parcel = old.starts(sebutan_lahan="Lapangan RT 3")
    old.syncs()
    old.saves(parcel, listrik="pln")
    old.saves(parcel, air="sumur")
    file = writes_a_file(old, since_receipt=True)

    new = goes_online(gets_another_phone(world, old, "Siti's new phone"), address)
    takes(new, file, take_over=True)
    (phone,) = old_phones.known(new.db)
    held = [numbers for one in carrying.carried(new.db) for numbers in one.numbers]
    before = old_phones.waiting(phone, held)
    new.syncs()

    assert before == ((2, 3),)
    assert states(new) == ["stored"]
    assert old_phones.missing(phone) == ()
    assert new.sees(parcel) == {"sebutan_lahan": "Lapangan RT 3", "listrik": "pln", "air": "sumur"}
    assert journal.count(new.db) == 0
    assert lines_at_the_server(world, old) == 3


def test_what_a_carrier_and_a_new_phone_are_told(
    world: Field, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    old = world.verifier("Siti")
    parcel = old.starts(sebutan_lahan="Lapangan RT 3")
    old.saves(parcel, listrik="pln")
    file = writes_a_file(old)
    new = gets_another_phone(world, old, "new")
    with write(new.db):
        facts.put(new.db, facts.URL, address)

    def tapak_says(*arguments: str) -> list[str]:
        assert edge.run(tapak, ["--home", str(new.home), *arguments]) == 0
        captured = capsys.readouterr()
        return (captured.out + captured.err).splitlines()

    tapak_says("bundle", "import", str(file), "--take-over")
    waiting = tapak_says("status")
    brought = tapak_says("sync")
    kept = tapak_says("status")
    backs_up(world)
    safe = tapak_says("sync")
    after = tapak_says("status")

    numbers = f"saves 1–2 of Siti ({facts.get(old.db, facts.ENROLLED)})"
    arrived = "Old phone (Siti): all of its 2 saves that it told of are with the server."
    assert waiting[-2:] == [
        f"  Siti.tapak: {numbers}: waits for a sync.",
        "Old phone (Siti): saves 1–2 have not arrived yet; they are here and go with the next sync.",
    ]
    assert brought == ["Sent: 0. Fetched from the server: 1.", "Carried files that the server received: 1."]
    assert kept[-2:] == [
        f"  Siti.tapak: {numbers}: received by the server; kept here until it is in its backups too.",
        arrived,
    ]
    assert safe[-1] == "Carried files that are safe with the server and were removed here: 1."
    assert after[-1] == arrived
    assert not [line for line in after if "Siti.tapak" in line]


def test_restricted_answers_that_stayed_at_home_come_with_the_phones_own_sync(
    world: Field, address: str
) -> None:
    siti = world.verifier("Siti")
    budi = goes_online(world.verifier("Budi"), address)
    wati = goes_online(world.verifier("Wati", role="coordinator"), address)
    board = siti.saves(form="kelembagaan", area=VILLAGE, fields={"pengurus/1/nik_pengurus": NIK}).record
    title = attaches(siti, siti.starts(sebutan_lahan="Lapangan RT 3"), TITLE, field="foto_dokumen")
    with write(siti.db):
        facts.put(siti.db, facts.SERVER_KEY, "")

    takes(budi, writes_a_file(siti))
    budi.syncs(), wati.syncs()
    before = wati.sees(board)
    late = goes_online(siti, address).syncs()
    wati.syncs()

    assert set(before["pengurus/1/nik_pengurus"]) == {"#"}
    assert (late.problem, late.sent, late.attachments_left) == (None, 0, 0)
    assert wati.sees(board) == {"pengurus/1/nik_pengurus": NIK}
    assert world.server.attachments.is_whole(title)


def test_the_offices_receipt_reaches_a_phone_without_a_network(world: Field) -> None:
    siti, budi = world.verifier("Siti"), world.verifier("Budi")
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    siti.saves(parcel, listrik="pln")
    file, receipts = writes_a_file(siti), world.folder / "receipts.tapak"
    siti.saves(parcel, air="sumur")
    data = ["--data", str(world.folder / "server")]
    office = CliRunner()

    taken_in = office.invoke(tapak_server, [*data, "bundle", "import", str(file)])
    written = office.invoke(tapak_server, [*data, "bundle", "receipt", str(file), "-o", str(receipts)])
    taken = [takes(phone, receipts) for phone in (siti, budi)]

    assert (taken_in.exit_code, written.exit_code) == (0, 0), taken_in.output + written.output
    assert [one.kept for one in taken] == [False, False]
    proven = carrying.proven_receipt(siti.db)
    assert proven is not None
    assert proven.receipt.have == journal.place_at(siti.db, 2)
    assert carrying.proven_receipt(budi.db) is None
    assert journal.have_local(siti.db) == 0


def test_a_file_that_was_changed_on_its_way_changes_nothing(world: Field, address: str) -> None:
    siti = world.verifier("Siti")
    budi = goes_online(world.verifier("Budi"), address)
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    file = writes_a_file(siti)
    forged = gzip.decompress(file.read_bytes()).replace(b"Lapangan RT 3", b"Lapangan RT 9")
    file.write_bytes(gzip.compress(forged))

    taken = takes(budi, file)
    report = budi.syncs()
    true_one = goes_online(siti, address).syncs()

    assert (taken.content.whole, report.problem) == (False, None)
    assert (true_one.sent, true_one.unsent) == (1, 0)
    assert siti.sees(parcel) == {"sebutan_lahan": "Lapangan RT 3"}
    assert world.heads(parcel, "sebutan_lahan") == {"Siti": "Lapangan RT 3"}
    assert lines_at_the_server(world, siti) == 1


def test_a_server_that_lost_the_file_is_brought_it_again(world: Field, address: str) -> None:
    siti = world.verifier("Siti")
    budi = goes_online(world.verifier("Budi"), address)
    backup = world.backs_up()
    parcel = siti.starts(sebutan_lahan="Lapangan RT 3")
    takes(budi, writes_a_file(siti))
    budi.syncs()
    stored = states(budi)

    with world.server.store.write() as unit:
        unit.connection.execute("DELETE FROM bundle")
    again = budi.syncs()

    assert backup.exists()
    assert stored == ["stored"]
    assert (again.carried_sent, states(budi)) == (1, ["stored"])
    assert world.shows(parcel).conflicts == ()
