"""Couriers: saved work comes as a file, in any order, through any hands; and who lies changes nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field_client.sealing import ServerKey
from server.app import bundles_of
from server.hub.backup import back_up
from server.hub.bundle_report import Report
from server.hub.errors import HubError
from server.hub.forms import FormShelf
from server.hub.ingest import release
from server.hub.pages import Reader
from server.hub.publishing import publish
from server.hub.records import seen_record
from server.hub.restoring import take_mirror
from server.hub.sealing import SealingKey, new_key
from server.main import main
from server.store.mirror import Mirror, MirroredStore, stretches_in
from server.store.sqlite.database import open_store
from sync.bundle import (
    Attachment,
    Entry,
    Manifest,
    Sealed,
    Tip,
    receipt_message,
    tip_message,
    with_end,
    write_attachment,
    write_manifest,
    write_segments,
    write_tip,
)
from sync.bundle_reading import Receipt, read_bundle
from sync.chain import START, Place, revision_id
from sync.packing import packed, unpacked
from sync.secrets import write_secret
from sync.shown import fields_json
from tests.server.attachments.pictures import photo
from tests.server.conftest import Handset, House, pack_form
from tests.server.hub.phones import VILLAGE

RESTRICTED = "nik_pengurus"


@dataclass
class Courier:
    """A phone that signs its log, and what stands in a file of it."""

    phone: Handset
    key: ec.EllipticCurvePrivateKey

    @property
    def spki(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def tip(self, place: Place | None = None, *, device: str | None = None) -> bytes:
        place, device = place or self.phone.tip, device or self.phone.device
        r, s = decode_dss_signature(self.key.sign(tip_message(device, place), ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return write_tip(Tip(device, place.seq, place.id, signature))

    def entries(self, *, device: str | None = None) -> list[Entry]:
        """The lines under one device id, with their secrets sealed to the house."""
        key = ServerKey(_der(self.phone.house))
        entries, previous = [], ""
        for place, line, secrets in self.phone.log:
            sealed = tuple(key.sealed(place.id, secret) for secret in secrets)
            if msgspec.json.decode(line)["d"] == (device or self.phone.device):
                entries.append(Entry(place.seq, place.id, previous, line, sealed))
            previous = place.id
        return entries

    def segments(self, entries: Iterable[Entry] | None = None) -> list[bytes]:
        return list(write_segments(self.phone.device, self.entries() if entries is None else entries))


def _der(house: House) -> bytes:

    return b64decode(house.server.sealing_key.public)


def a_file(*bodies: Iterable[bytes]) -> bytes:
    head = write_manifest(Manifest(1, made=1, by="phone-of-budi", app="1.0.0", name="Budi"))
    return b"".join(packed(with_end([head, *(line for body in bodies for line in body)])))


@pytest.fixture
def courier(house: House, handset: Callable[..., Handset]) -> Callable[..., Courier]:
    """``courier("Siti")``: an enrolled phone with a key of its own."""

    def enrolled(name: str, **options: Any) -> Courier:
        made = Courier(handset(name, **options), ec.generate_private_key(ec.SECP256R1()))
        key = json.dumps({"alg": "ES256", "spki": b64encode(made.spki).decode()})
        with house.server.store.write() as unit:
            unit.people.put_device(made.phone.device, name=name, public_key=key, app="", now_ms=1)
        return made

    return enrolled


def imports(house: House, file: bytes) -> Report:
    return bundles_of(house.server, now_ms=lambda: house.clock_ms).deposit([file])


def held(house: House) -> dict[str, str | None]:
    with house.server.store.read() as unit:
        return {row.id: row.held for row in unit.log.held()}


def shown(house: House, record: str, field: str) -> Any:
    """What a coordinator's console shows, or ``None`` where the record is not there."""

    reader = Reader(scope=("62",), opens_all=True, opens_of=None)
    with house.server.store.read() as unit:
        seen = seen_record(unit, house.server.shelf, record, reader)
        if seen is None:
            return None
        fields = fields_json(seen.view, zone=UTC, opened=seen.opened)
    return fields.get(field, {}).get("shown")


def missing(report: Report) -> dict[str, list[tuple[int, int]]]:
    return {one.device: [tuple(gap) for gap in one.missing] for one in report.devices}


def test_a_file_brings_what_a_phone_saved_and_a_second_time_nothing_is_new(house, courier):
    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE, "sengketa": "tidak"})
    siti.phone.saves("r1", {"luas_m2": 1250})
    file = a_file(siti.segments(), [siti.tip()])

    first, again = imports(house, file), imports(house, file)

    assert (first.lines.new, first.lines.known, first.lines.held) == (2, 0, {})
    assert (again.lines.new, again.lines.known) == (0, 2)
    assert [(one.first, one.last, one.new) for one in first.devices] == [(1, 2, 2)]
    assert shown(house, "r1", "luas_m2") == 1250
    assert first.is_whole
    assert first.signatures[0].valid
    answer = siti.phone.syncs()
    assert answer.header.have == siti.phone.tip
    assert not answer.header.fork
    assert imports(house, file).lines.new == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 2, 1)])
def test_files_come_in_any_order_and_missing_numbers_are_named(house, courier, order):
    siti = courier("Siti")
    for number in range(6):
        siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": number})
    entries = siti.entries()
    parts = [entries[:2], entries[2:4], entries[4:]]
    files = [a_file(siti.segments(part), [siti.tip(Place(part[-1].seq, part[-1].id))]) for part in parts]

    reports = [imports(house, files[index]) for index in order]

    gaps = {(2,): [(1, 4)], (1,): [(1, 2)], (0,): []}
    assert missing(reports[0]) == {siti.phone.device: gaps[order[:1]]}
    assert missing(reports[-1]) == {siti.phone.device: []}
    assert held(house) == {}
    with house.server.store.read() as unit:
        assert all(unit.log.places([entry.id])[entry.id].complete for entry in entries)


def test_a_file_without_a_signature_is_held_until_its_phone_comes(house, courier):
    siti = courier("Siti")
    line = siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 7})

    report = imports(house, a_file(siti.segments()))

    assert report.lines.held == {"unsigned": 1}
    assert not report.is_whole
    assert shown(house, "r1", "luas_m2") is None
    answer = siti.phone.syncs()
    assert answer.header.held == ()
    assert not answer.header.fork
    assert held(house) == {}
    assert shown(house, "r1", "luas_m2") == 7
    with house.server.store.read() as unit:
        assert unit.log.get(line).via == "bundle-unsigned"


def test_a_file_without_a_signature_is_released_by_a_signed_one_or_a_coordinator(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 7})
    line = budi.phone.saves("r2", {"_area": VILLAGE, "luas_m2": 8})
    imports(house, a_file(siti.segments(), budi.segments()))

    report = imports(house, a_file(siti.segments(), [siti.tip()]))

    assert (report.lines.new, report.lines.held) == (0, {})
    assert shown(house, "r1", "luas_m2") == 7
    assert held(house) == {line: "unsigned"}
    with house.server.store.write() as unit:
        assert release(unit, house.server.shelf, line, now_ms=house.clock_ms)
    assert shown(house, "r2", "luas_m2") == 8


def test_a_file_that_was_cut_gives_what_came_whole(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1})
    budi.phone.saves("r2", {"_area": VILLAGE, "luas_m2": 2})
    lines = [*siti.segments(), siti.tip(), *budi.segments()]
    head = write_manifest(Manifest(1))

    report = imports(house, b"".join(packed([head, *lines[:-1]])))

    assert report.cut
    assert shown(house, "r1", "luas_m2") == 1
    assert [(one.device, one.first, one.last, one.why) for one in report.broken] == [
        (budi.phone.device, 1, 1, "damaged")
    ]


def test_an_edited_byte_breaks_its_segment_and_the_rest_is_taken_in(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1250})
    budi.phone.saves("r2", {"_area": VILLAGE, "luas_m2": 2})
    edited = [line.replace(b"1250", b"9250") for line in siti.segments()]

    report = imports(house, a_file(edited, budi.segments(), [siti.tip(), budi.tip()]))

    assert [one.device for one in report.broken] == [siti.phone.device]
    assert shown(house, "r1", "luas_m2") is None
    assert shown(house, "r2", "luas_m2") == 2


def rewritten(entries: Iterable[Entry], change: Callable[[bytes], bytes]) -> list[Entry]:
    """The same log with other lines, and ids that fit them."""

    made, previous = [], ""
    for entry in entries:
        line = change(entry.line)
        made.append(Entry(entry.seq, revision_id(previous, line), previous, line))
        previous = made[-1].id
    return made


def test_whoever_writes_for_another_is_held_and_applied_under_no_name(house, courier):
    """Forged author, device and area, edited answers, each with a chain that fits (PROMISES B8)."""
    siti, mallory = courier("Siti"), courier("Mallory")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1250})
    siti.phone.syncs()
    entries = siti.entries()
    author = rewritten(entries, lambda line: line.replace(siti.phone.person.encode(), b"pnobody000"))
    answer = rewritten(entries, lambda line: line.replace(b"1250", b"1"))
    area = rewritten(entries, lambda line: line.replace(VILLAGE.encode(), b"62.03.05.2001"))
    before = house.server.store
    with before.read() as unit:
        snapshot = unit.records.get("r1").snapshot

    for forged in (author, answer, area):
        place = Place(forged[-1].seq, forged[-1].id)
        # Signed by somebody who is enrolled, in his own name and in the name of his victim.
        own, stolen = mallory.tip(place), mallory.tip(place, device=siti.phone.device)
        report = imports(house, a_file(siti.segments(forged), [own, stolen]))
        assert report.lines.held == {"unsigned": 1}
        assert [one.valid for one in report.signatures] == [True, False]

    with house.server.store.read() as unit:
        assert unit.records.get("r1").snapshot == snapshot
        assert len(unit.records.load(["r1"])) == 1
    again = siti.phone.syncs()
    assert not again.header.fork, "anybody could make her phone change its id"
    assert len(held(house)) == 3


def test_nobody_takes_over_a_log_by_going_on_behind_it(house, courier):
    siti, mallory = courier("Siti"), courier("Mallory")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1250})
    mallory.phone.log = list(siti.phone.log)
    mallory.phone.saves("r9", {"_area": VILLAGE}, was=siti.phone.device)
    behind = mallory.entries()

    report = imports(house, a_file(siti.segments(), mallory.segments(behind), [mallory.tip()]))

    with house.server.store.read() as unit:
        assert unit.log.get(siti.phone.tip.id).held == "unsigned"
        assert unit.log.root_of(siti.phone.device) == siti.phone.device
    assert report.lines.held["unsigned"] >= 1


def test_a_segment_of_ones_own_does_not_write_into_the_log_of_another(house, courier):
    """All is signed by its writer, and the lines name his victim's device and stand behind her last one."""
    siti, mallory = courier("Siti"), courier("Mallory")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1250})
    siti.phone.syncs()
    mallory.phone.log = list(siti.phone.log)
    mallory.phone.device = siti.phone.device
    line = mallory.phone.saves("r1", {"luas_m2": 1})
    entry = Entry(2, line, siti.phone.tip.id, mallory.phone.log[-1][1])
    own = "phone-of-mallory"

    report = imports(house, a_file(write_segments(own, [entry]), [mallory.tip(Place(2, line), device=own)]))

    assert report.signatures[0].valid
    assert report.lines.held == {"unsigned": 1}
    assert shown(house, "r1", "luas_m2") == 1250


def test_a_stub_in_a_file_covers_nothing_and_is_not_stored(house, courier):
    """Its bytes are in no chain: a signed line behind it would vouch for forged ones before it."""
    siti = courier("Siti")
    for number in range(3):
        siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": number})
    first, second, third = siti.entries()
    forged = rewritten([first], lambda line: line.replace(b'"luas_m2":0', b'"luas_m2":666'))[0]
    stub = {
        "d": siti.phone.device,
        "s": 2,
        "p": forged.id,
        "omitted": second.id,
        "size": 1,
        "sha256": "",
        "why": "",
    }
    entries = [forged, Entry(2, second.id, forged.id, msgspec.json.encode(stub)), third]

    report = imports(house, a_file(siti.segments(entries), [siti.tip()]))

    assert report.lines.held == {"unsigned": 1}
    assert missing(report) == {siti.phone.device: [(2, 2)]}
    with house.server.store.read() as unit:
        assert unit.log.get(third.id).held is None
        assert unit.log.get(forged.id).held == "unsigned"
        assert unit.log.get(second.id) is None


def test_a_phone_that_went_on_under_another_id_is_one_log_in_a_file_too(house, courier):
    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1})
    old = siti.phone.device
    siti.phone.device = "phone-of-siti-again"
    siti.phone.saves("r1", {"luas_m2": 2}, was=old)
    siti.phone.saves("r1", {"luas_m2": 3}, base=[siti.phone.tip.id])
    before = list(write_segments(old, siti.entries(device=old)))

    report = imports(house, a_file(siti.segments(), before, [siti.tip()]))

    assert report.lines.held == {}
    with house.server.store.read() as unit:
        assert unit.log.root_of("phone-of-siti-again") == old
        assert unit.log.places([siti.phone.tip.id])[siti.phone.tip.id].complete


def test_a_device_that_is_not_known_or_revoked_is_held(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE})
    budi.phone.saves("r2", {"_area": VILLAGE})
    stranger = Courier(
        Handset(None, None, "phone-of-nobody", "pnobody000", house=house),  # type: ignore[arg-type]
        ec.generate_private_key(ec.SECP256R1()),
    )
    stranger.phone.saves("r3", {"_area": VILLAGE})
    with house.server.store.write() as unit:
        unit.people.revoke(budi.phone.device, now_ms=1)

    tips = [siti.tip(), budi.tip(), stranger.tip()]
    report = imports(house, a_file(siti.segments(), budi.segments(), stranger.segments(), tips))

    assert report.lines.held == {"device-revoked": 1, "unsigned": 1}
    assert held(house) == {budi.phone.tip.id: "device-revoked", stranger.phone.tip.id: "unsigned"}


def test_restricted_answers_travel_sealed_and_are_opened_here(house, courier):
    siti = courier("Siti")
    line = siti.phone.saves(
        "r1", {"_area": VILLAGE, RESTRICTED: "6271"}, form="kelembagaan/2026112301", restricted=[RESTRICTED]
    )
    file = a_file(siti.segments(), [siti.tip()])

    report = imports(house, file)

    assert b"6271" not in b"\n".join(unpacked([file], bytes_max=10**6))
    assert (report.secrets.opened, report.secrets.unopened) == (1, 0)
    with house.server.store.read() as unit:
        assert unit.log.secrets_of([line])[line, RESTRICTED].text == '"6271"'
    assert shown(house, "r1", RESTRICTED) == "6271"


def test_answers_that_were_sealed_to_another_server_stay_closed(house, courier):
    siti = courier("Siti")
    line = siti.phone.saves("r1", {"_area": VILLAGE, RESTRICTED: "6271"}, restricted=[RESTRICTED])

    other = ServerKey(b64decode(SealingKey(new_key()).public))
    secret = siti.phone.log[0][2][0]
    entry = msgspec.structs.replace(siti.entries()[0], sealed=(other.sealed(line, secret),))

    report = imports(house, a_file(siti.segments([entry]), [siti.tip()]))

    assert (report.secrets.opened, report.secrets.unopened) == (0, 1)
    assert not report.is_whole
    with house.server.store.read() as unit:
        assert unit.log.secretless(siti.phone.device) == [line]


def test_an_envelope_opens_only_for_its_own_revision_and_whole(house):
    key = house.server.sealing_key
    writer = ServerKey(_der(house))
    sealed = writer.sealed("rev-1", write_secret("rev-1", {"nik": ("s" * 22, '"1"')}))

    assert key.opened(sealed).revision == "rev-1"
    assert key.opened(msgspec.structs.replace(sealed, revision="rev-2")) is None
    assert key.opened(writer.sealed("rev-1", write_secret("rev-2", {}))) is None
    for name in ("epk", "iv", "ct"):
        bad = bytes([getattr(sealed.envelope, name)[0] ^ 1]) + getattr(sealed.envelope, name)[1:]
        envelope = msgspec.structs.replace(sealed.envelope, **{name: bad})
        assert key.opened(Sealed(sealed.key, sealed.revision, envelope)) is None


def photo_lines(data: bytes, *, sha256: str = "", size: int | None = None) -> Iterator[bytes]:
    name = sha256 or hashlib.sha256(data).hexdigest()
    attachment = Attachment(name, len(data) if size is None else size, "../../etc/passwd")
    yield from write_attachment(attachment, [data[at : at + 40_000] for at in range(0, len(data), 40_000)])


def test_a_photo_in_a_file_is_kept_under_what_its_bytes_say(house, courier):
    siti = courier("Siti")
    picture = photo(60)
    name = hashlib.sha256(picture).hexdigest()
    siti.phone.saves("r1", {"_area": VILLAGE, f"foto/{name}": {"bytes": len(picture), "type": "image/jpeg"}})
    file = a_file(siti.segments(), [siti.tip()], photo_lines(picture))

    first, again = imports(house, file), imports(house, file)

    assert (first.attachments.new, again.attachments.known) == (1, 1)
    assert siti.phone.syncs().header.wanted.files == ()
    with house.server.store.read() as unit:
        assert [row.sha256 for row in unit.attachments.all()] == [name]
        assert unit.attachments.get(name).type == "image/jpeg"
    assert list(house.server.attachments.all()) == [name], "a file that is taken in is not kept twice"


def test_a_photo_that_a_restricted_answer_names_travels_sealed(house):
    picture = photo(60)
    name = hashlib.sha256(picture).hexdigest()
    pieces = [picture[at : at + 40_000] for at in range(0, len(picture), 40_000)]
    keys = [ServerKey(_der(house)), ServerKey(b64decode(SealingKey(new_key()).public))]
    ours, other = (
        a_file(
            write_attachment(
                Attachment(name, len(picture), "image/jpeg", key.id),
                [key.sealed_part(name, piece) for piece in pieces],
            )
        )
        for key in keys
    )

    refused, taken = imports(house, other), imports(house, ours)

    assert (refused.attachments.new, refused.attachments.broken) == (0, 1)
    assert (taken.attachments.new, taken.attachments.broken) == (1, 0)
    assert house.server.attachments.is_whole(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "0" * 64},
        {"sha256": "../../../../tmp/evil"},
        {"size": 10},
        {"size": 10**6},
        {"size": 0},
        {"size": 2**40},
    ],
)
def test_a_file_in_a_file_that_is_not_what_it_says_is_not_kept(house, courier, wrong):
    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 3})
    before = sorted(house.server.folder.path.parent.rglob("*"))

    report = imports(house, a_file(siti.segments(), [siti.tip()], photo_lines(photo(30), **wrong)))

    assert report.attachments.broken == 1
    assert shown(house, "r1", "luas_m2") == 3
    kept = {path.name for path in set(house.server.folder.path.parent.rglob("*")) - set(before)}
    assert "evil" not in kept
    assert not list((house.server.folder.attachments / "uploads").iterdir())


def test_a_bomb_is_cut_and_nothing_of_it_is_stored(house, courier):
    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE})
    changed = msgspec.structs.replace(
        house.server.settings, bundle_inflated_bytes_max=1_000_000, bundle_lines_max=1000
    )
    server = msgspec.structs.replace(house.server, settings=changed)
    bundles = bundles_of(server, now_ms=lambda: 1)
    fat = a_file(siti.segments(), [siti.tip()], [b'{"x":"' + b" " * 900_000 + b'"}'] * 200)
    long = a_file(siti.segments(), [siti.tip()], [b"{}"] * 1000)
    endless = b"".join(packed([write_manifest(Manifest(1)), b"x" * 3_000_000]))

    for bomb in (fat, long, endless):
        with pytest.raises(HubError, match="bundle-too-large"):
            bundles.deposit([bomb])

    with house.server.store.read() as unit:
        assert unit.log.places([siti.phone.tip.id]) == {}
    assert list(house.server.attachments.all()) == []


def test_what_is_no_bundle_is_told_and_not_kept(house):
    for file in (b"", b"PK\x03\x04", b"".join(packed([b'{"tapak":2}'])), photo(20)):
        with pytest.raises(HubError, match="bundle-malformed"):
            imports(house, file)
    assert list(house.server.attachments.all()) == []


def test_a_full_disk_takes_the_text_and_refuses_the_photos(house, courier):
    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 4})
    free = house.server.attachments.free_bytes()
    # Room for the file itself, and none for a photo.
    changed = msgspec.structs.replace(
        house.server.settings, attachment_free_bytes_min=free - 20 * 1024 * 1024
    )
    picture = write_attachment(Attachment("a" * 64, 30 * 1024 * 1024), [])
    server = msgspec.structs.replace(house.server, settings=changed)

    with pytest.raises(HubError, match="attachments-full"):
        bundles_of(server, now_ms=lambda: 1).deposit([a_file(siti.segments(), [siti.tip()], picture)])

    assert shown(house, "r1", "luas_m2") == 4


def carries(house: House, phone: Handset, file: bytes, *, piece: int = 700) -> list[int]:
    """Upload a file as one of carried work, in pieces; the status of each answer."""
    name = hashlib.sha256(file).hexdigest()
    metadata = f"sha256 {b64encode(name.encode()).decode()},bundle {b64encode(b'1').decode()}"
    common = {"Authorization": f"Bearer {phone.token}", "Tus-Resumable": "1.0.0"}
    headers = {**common, "Upload-Length": str(len(file)), "Upload-Metadata": metadata}
    begun = house.client.post("/v1/attachments", headers=headers)
    statuses, offset = [begun.status_code], int(begun.headers.get("Upload-Offset", len(file)))
    while offset < len(file):
        headers = {**common, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        answer = house.client.patch(
            begun.headers["Location"], data=file[offset : offset + piece], headers=headers
        )
        statuses.append(answer.status_code)
        if answer.status_code != 204:
            break
        offset = int(answer.headers["Upload-Offset"])
    return statuses


def stands(house: House, phone: Handset, file: bytes) -> str:
    """What the carrier hears of a file in the next exchange."""
    name = hashlib.sha256(file).hexdigest()
    head, _, rest = phone.body().partition(b"\n")
    header = {**msgspec.json.decode(head), "carried": [name, "no name"]}
    answer = phone.sends(msgspec.json.encode(header) + b"\n" + rest)
    assert set(answer.header.carried) == {name}
    return answer.header.carried[name]


def test_a_carrier_brings_a_file_and_hears_when_it_may_go(house, courier, tmp_path):
    siti, budi = courier("Siti"), courier("Budi")
    picture = photo(60)
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 5})
    file = a_file(siti.segments(), [siti.tip()], photo_lines(picture))

    assert stands(house, budi.phone, file) == "wanted"
    assert set(carries(house, budi.phone, file)[1:]) == {204}
    assert stands(house, budi.phone, file) == "stored"
    assert shown(house, "r1", "luas_m2") == 5
    assert carries(house, budi.phone, file) == [201]

    server = house.server
    back_up(server.store, server.copies, server.files, tmp_path / "one.db", now_ms=2)
    assert stands(house, budi.phone, file) == "durable"
    later = a_file(siti.segments(), [siti.tip()])
    carries(house, budi.phone, later)
    assert stands(house, budi.phone, later) == "stored"
    assert stands(house, siti.phone, file) == "durable"


def test_a_file_with_damage_is_kept_until_it_is_needed_no_more(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE})
    file = a_file([line.replace(b"lahan", b"lahaN") for line in siti.segments()])

    carries(house, budi.phone, file)

    assert stands(house, budi.phone, file) == "stored"
    assert list(house.server.attachments.all()) == [hashlib.sha256(file).hexdigest()]


def test_a_carried_file_that_is_none_is_kept_and_not_asked_for_again(house, courier):
    budi = courier("Budi")
    picture = photo(20)

    assert carries(house, budi.phone, picture, piece=10**6) == [201, 400]
    assert stands(house, budi.phone, picture) == "stored"
    assert carries(house, budi.phone, picture) == [201]
    assert list(house.server.attachments.all()) == [hashlib.sha256(picture).hexdigest()]


def test_a_file_that_came_as_a_photo_is_looked_into_when_it_is_named_a_bundle(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 6})
    file = a_file(siti.segments(), [siti.tip()])
    house.server.attachments.append("upload-1", file, offset=0)
    house.server.attachments.finish("upload-1", hashlib.sha256(file).hexdigest())

    assert carries(house, budi.phone, file) == [201]
    assert shown(house, "r1", "luas_m2") == 6


def test_a_small_file_comes_in_one_body(house, courier):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 8})
    headers = {"Authorization": f"Bearer {budi.phone.token}", "Content-Type": "application/vnd.tapak"}

    answer = house.client.post("/v1/bundles", data=a_file(siti.segments(), [siti.tip()]), headers=headers)
    wrong = house.client.post("/v1/bundles", data=b"no bundle", headers=headers)

    assert (answer.status_code, answer.json["lines"]["new"]) == (200, 1)
    assert answer.json["devices"][0] == {
        "device": siti.phone.device,
        "from": 1,
        "to": 1,
        "new": 1,
        "missing": [],
    }
    assert (wrong.status_code, wrong.json["code"]) == (400, "bundle-malformed")
    assert shown(house, "r1", "luas_m2") == 8


def test_a_device_hears_the_servers_key_until_it_has_it(house, handset):
    siti = handset("Siti")
    head, _, rest = siti.body().partition(b"\n")
    has = {**msgspec.json.decode(head), "key": house.server.sealing_key.id}

    assert siti.syncs().header.key == house.server.sealing_key.public
    assert siti.sends(msgspec.json.encode(has) + b"\n" + rest).header.key is msgspec.UNSET


def test_what_came_unsigned_comes_back_unsigned_from_the_mirror(house, courier, tmp_path):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": 1})
    budi.phone.saves("r2", {"_area": VILLAGE, "luas_m2": 2})
    folder = tmp_path / "mirror"
    folder.mkdir()
    mirrored = msgspec.structs.replace(house.server, store=MirroredStore(house.server.store, Mirror(folder)))
    file = a_file(siti.segments(), budi.segments(), [budi.tip()])
    bundles_of(mirrored, now_ms=lambda: house.clock_ms).deposit([file])
    (tmp_path / "other").mkdir()

    restored = open_store(tmp_path / "other" / "tapak.db")
    with restored.write() as unit, house.server.store.read() as here:
        for one in (siti, budi):
            person = here.people.person(one.phone.person)
            unit.people.add_person(person, now_ms=1)
            unit.people.put_device(one.phone.device, name="", public_key="", app="", now_ms=1)
            unit.people.link(one.phone.device, [person.id])
        shelf = FormShelf()
        publish(unit, shelf, pack_form("lahan"), now_ms=1)
    take_mirror(restored, shelf, stretches_in(folder), now_ms=house.clock_ms)

    with restored.read() as unit:
        assert unit.log.get(siti.phone.tip.id).held == "unsigned"
        assert unit.log.get(budi.phone.tip.id).held is None
    restored.close()


@pytest.fixture
def runs(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``runs("bundle", …)``: a command of the operator on the data folder of the house."""
    monkeypatch.setenv("TAPAK_LANGUAGE", "id")

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, ["--data", str(house.server.folder.path), *words])
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_an_operator_imports_a_file_and_is_told_what_to_do(house, courier, runs, tmp_path):
    siti, budi = courier("Siti"), courier("Budi")
    for number in range(3):
        siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": number})
    budi.phone.saves("r2", {"_area": VILLAGE})
    path = tmp_path / "siti.tapak"
    path.write_bytes(a_file(siti.segments(siti.entries()[2:]), [siti.tip()]))
    other = tmp_path / "budi.tapak"
    other.write_bytes(a_file(budi.segments()))

    told = runs("bundle", "import", str(path))
    again = runs("bundle", "import", str(path))
    unsigned = json.loads(runs("bundle", "import", str(other), "--json", code=3))
    gaps = json.loads(runs("device", "missing", "--json"))
    refused = runs("bundle", "import", __file__, code=1)

    assert "1 baru" in told
    assert "simpanan 1 sampai 2" in told
    assert "0 baru" in again
    assert unsigned["lines"]["held"] == {"unsigned": 1}
    assert gaps == [{"device": siti.phone.device, "from": 1, "to": 2}]
    assert "bukan file titipan" in refused


def test_an_operator_sees_what_carriers_brought(house, courier, runs):
    siti, budi = courier("Siti"), courier("Budi")
    siti.phone.saves("r1", {"_area": VILLAGE})
    file = a_file(siti.segments())
    carries(house, budi.phone, file)
    house.clock_ms += 1000
    carries(house, budi.phone, photo(20), piece=10**6)

    unread, read = json.loads(runs("bundle", "list", "--json"))

    assert (unread["problem"], unread["new"]) == ("bundle-malformed", 0)
    assert (read["carrier"], read["maker"], read["new"], read["held"]) == (budi.phone.device, "Budi", 1, 1)
    assert read["report"]["lines"]["held"] == {"unsigned": 1}
    assert budi.phone.device in runs("bundle", "list")


def test_a_receipt_travels_back_as_a_file_that_only_its_device_believes(house, courier, runs, tmp_path):

    siti = courier("Siti")
    siti.phone.saves("r1", {"_area": VILLAGE})
    path, back = tmp_path / "siti.tapak", tmp_path / "terima.tapak"
    path.write_bytes(a_file(siti.segments(), [siti.tip()]))
    runs("bundle", "receipt", str(path), "-o", str(tmp_path / "early.tapak"))
    runs("bundle", "import", str(path))

    runs("bundle", "receipt", str(path), "-o", str(back))
    runs("bundle", "receipt", str(path), "-o", str(back), code=1)

    assert not [event for event in events_in(tmp_path / "early.tapak") if isinstance(event, Receipt)]
    (receipt,) = [event for event in events_in(back) if isinstance(event, Receipt)]
    assert (receipt.device, receipt.have, receipt.durable) == (siti.phone.device, siti.phone.tip, START)
    expected = hmac.digest(siti.phone.token.encode(), receipt_message(receipt), hashlib.sha256)
    assert receipt.mac == expected


def events_in(path: Path) -> list[Any]:
    return list(read_bundle(unpacked([path.read_bytes()], bytes_max=10**6), lines_max=100))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_done_to_a_file_nothing_is_merged_but_what_was_signed(house, courier, data):
    """One house for all examples: what an earlier one left behind must not help a later one."""
    siti = courier_once(house, courier)
    lines = [write_manifest(Manifest(1)), *siti.segments(siti.entries()), siti.tip()]
    for _ in range(data.draw(st.integers(1, 3))):
        index = data.draw(st.integers(0, len(lines) - 1))
        act = data.draw(st.sampled_from(("edit", "edit", "flip", "drop", "twice", "swap", "stub")))
        lines = tampered(lines, index, act, data)
    if data.draw(st.booleans()):
        lines = rehashed(lines)
    file = b"".join(packed(with_end(lines)))

    try:
        imports(house, file)
    except HubError as error:
        assert error.code == "bundle-malformed"  # noqa: PT017  # most files are read

    signed = {entry.line for entry in siti.entries()}
    with house.server.store.read() as unit:
        merged = {row.line for row in unit.log.all_lines() if row.held is None and not row.stub}
    assert merged <= signed


def courier_once(house: House, courier: Callable[..., Courier]) -> Courier:
    if not hasattr(house, "siti"):
        house.siti = courier("Siti")  # type: ignore[attr-defined]
        for number in range(3):
            house.siti.phone.saves("r1", {"_area": VILLAGE, "luas_m2": number})  # type: ignore[attr-defined]
    siti: Courier = house.siti  # type: ignore[attr-defined]
    return siti


def tampered(lines: list[bytes], index: int, act: str, data: Any) -> list[bytes]:
    """The lines of a file after somebody had it in his hands."""
    changed = list(lines)
    line = bytearray(changed[index])
    if act == "flip" and line:
        line[data.draw(st.integers(0, len(line) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        changed[index] = bytes(line)
    elif act == "drop" and len(changed) > 1:
        del changed[index]
    elif act == "twice":
        changed.insert(index, changed[index])
    elif act == "swap":
        other = data.draw(st.integers(0, len(changed) - 1))
        changed[index], changed[other] = changed[other], changed[index]
    elif act == "stub":
        stub = {
            "d": "phone-of-siti",
            "s": index,
            "p": "",
            "omitted": "x" * 16,
            "size": 1,
            "sha256": "",
            "why": "",
        }
        changed[index] = msgspec.json.encode(stub)
    elif act == "edit":
        changed = [one.replace(b'"luas_m2":1', b'"luas_m2":%d' % index) for one in changed]
    return changed


def rehashed(lines: list[bytes]) -> list[bytes]:
    """Heads of segments that say of their lines what is true, whoever wrote those."""
    made: list[bytes] = []
    for index, line in enumerate(lines):
        if line.startswith(b'{"segment":'):
            body = [one for one in lines[index + 1 :] if one.startswith(b'{"d":')]
            previous = ""
            for one in body:
                previous = revision_id(previous, one)
            head = {"d": "phone-of-siti", "from": 1, "p": "", "n": len(body), "last": previous}
            line = msgspec.json.encode({"segment": head})
        made.append(line)
    return made
