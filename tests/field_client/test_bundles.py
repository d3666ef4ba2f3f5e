"""Work that travels as a file: what is in it, who can read it, and what its carrier keeps."""

from __future__ import annotations

import gzip
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from field_client import bundles, carrying, facts, journal, old_phones, records
from field_client.bundle_content import Content, Numbers
from field_client.bundles import Exported
from field_client.database import write
from field_client.errors import CommandProblem
from sync.bundle import (
    Attachment,
    Envelope,
    Manifest,
    Receipt,
    Sealed,
    Tip,
    envelope_in,
    key_id,
    sealing_info,
    tip_message,
)
from sync.bundle_reading import Event, Finish, Part, Stretch, read_bundle
from sync.chain import Place
from sync.packing import unpacked
from sync.wire import read_request
from tests.field_client.test_attachments import PHOTO, attaches
from tests.field_client.test_signing import key_at_the_server, verify
from tests.field_client.world import Phone, World
from tests.server.attachments.pictures import some_bytes

PARCEL = some_bytes(1000)


class Office:
    """The key pair of a server, as far as a device knows it."""

    def __init__(self, phone: Phone) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        with write(phone.db):
            facts.put(phone.db, facts.SERVER_KEY, b64encode(self.spki).decode())

    def opens(self, sealed: Sealed) -> Any:
        return msgspec.json.decode(self.opened(sealed.key, sealed.revision, sealed.envelope))

    def opened(self, key: str, of: str, envelope: Envelope) -> bytes:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), envelope.epk)
        shared = self.key.exchange(ec.ECDH(), point)
        info = sealing_info(key, of)
        aes_key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(shared)
        return AESGCM(aes_key).decrypt(envelope.iv, envelope.ct, info)


def exports(
    phone: Phone, name: str = "siti.tapak", *, since_receipt: bool = False, photos: bool = True
) -> tuple[Path, Exported]:
    file = phone.world.folder / name
    plan = bundles.planned(phone.db, since_receipt=since_receipt, with_photos=photos)
    steps: list[None] = []
    exported = bundles.export(
        phone.db,
        phone.home / "attachments",
        plan,
        file,
        made_ms=phone.now_ms,
        on_step=lambda: steps.append(None),
    )
    assert len(steps) <= plan.steps
    return file, exported


def takes(phone: Phone, file: Path, *, take_over: bool = False) -> carrying.Taken:
    return carrying.take_in(phone.db, phone.home / "carried", file, take_over=take_over, now_ms=phone.now_ms)


def events(file: Path) -> list[Event]:
    with file.open("rb") as reading:
        return list(read_bundle(unpacked([reading.read()], bytes_max=10**9), lines_max=10**6))


def all_of(file: Path, kind: type[Any]) -> list[Any]:
    return [event for event in events(file) if isinstance(event, kind)]


def lines_in(file: Path) -> list[bytes]:
    return [line for stretch in all_of(file, Stretch) for line in stretch.lines]


def in_folder(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_holds_the_log_as_its_bytes_and_its_photos(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="kosong")
    name = attaches(siti, record)

    file, exported = exports(siti)

    device = facts.get(siti.db, facts.ENROLLED) or ""
    assert lines_in(file) == [line.body for line in journal.lines(siti.db)]
    assert (exported.lines, exported.photos, exported.numbers) == (2, 1, (Numbers(device, 1, 2),))
    assert [one.sha256 for one in all_of(file, Attachment)] == [name]
    assert b"".join(part.data for part in all_of(file, Part)) == PHOTO
    assert all_of(file, Finish)[0].cut is False
    assert exported.size_bytes == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0


def test_the_end_of_the_log_is_signed_by_the_device(world: World) -> None:
    siti = world.phone("Siti")
    siti.starts(status="kosong")

    (tip,) = all_of(exports(siti)[0], Tip)

    place = journal.tip(siti.db)
    signature = b64encode(tip.signature).decode()
    assert (tip.device, Place(tip.seq, tip.id)) == (facts.get(siti.db, facts.ENROLLED), place)
    verify(key_at_the_server(world, siti), signature, tip_message(tip.device, place))
    with pytest.raises(InvalidSignature):
        verify(key_at_the_server(world, siti), signature, tip_message("another", place))


def test_since_the_receipt_only_what_the_server_lacks(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    attaches(siti, record)
    siti.syncs()
    siti.saves(record, status="b")
    attaches(siti, record, some_bytes(100_000))

    whole, since = exports(siti, "whole.tapak"), exports(siti, "since.tapak", since_receipt=True)

    assert (whole[1].lines, whole[1].photos) == (4, 2)
    assert (since[1].lines, since[1].photos) == (2, 1)
    assert [(one.first, one.last) for one in since[1].numbers] == [(3, 4)]
    assert all_of(since[0], Stretch)[0].segment.previous == journal.place_at(siti.db, 2).id
    assert exports(siti, "words.tapak", photos=False)[1].photos == 0


def test_only_the_server_opens_restricted_answers(world: World) -> None:
    siti = world.phone("Siti")
    office = Office(siti)
    siti.starts(status="a", nik="6271040506070809")

    file, exported = exports(siti)

    (stretch,) = all_of(file, Stretch)
    (sealed,) = stretch.sealed
    assert (exported.sealed, exported.left_sealed) == (1, 0)
    assert (sealed.key, sealed.revision) == (key_id(office.spki), journal.tip(siti.db).id)
    assert office.opens(sealed)["x"]["nik"][1] == '"6271040506070809"'
    assert b"6271040506070809" not in gzip.decompress(file.read_bytes())
    with pytest.raises(InvalidTag):
        office.opens(msgspec.structs.replace(sealed, revision="another"))


def test_only_the_server_opens_the_photo_of_a_restricted_question(world: World) -> None:
    siti = world.phone("Siti")
    office = Office(siti)
    record = siti.starts(status="a")
    card, parcel = attaches(siti, record, field="surat"), attaches(siti, record, PARCEL)

    file, exported = exports(siti)

    closed, open_to_all = all_of(file, Attachment)
    parts = [part.data for part in all_of(file, Part)]
    pieces = [office.opened(closed.key, card, envelope_in(part)) for part in parts[:-1]]
    assert (exported.photos, exported.left_sealed) == (2, 0)
    assert (closed.sha256, closed.key, closed.bytes) == (card, key_id(office.spki), len(PHOTO))
    assert (open_to_all.sha256, open_to_all.key, parts[-1]) == (parcel, "", PARCEL)
    assert b"".join(pieces) == PHOTO
    assert not any(PHOTO[at : at + 64] in b"".join(parts[:-1]) for at in range(0, len(PHOTO), 64))


def test_without_the_servers_key_restricted_answers_stay_at_home(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a", nik="6271040506070809")
    attaches(siti, record, field="surat")
    with write(siti.db):
        facts.put(siti.db, facts.SERVER_KEY, "")

    file, exported = exports(siti)

    assert (exported.lines, exported.sealed, exported.left_sealed, exported.photos) == (2, 0, 3, 0)
    assert b"6271040506070809" not in gzip.decompress(file.read_bytes())


def test_a_log_that_went_on_under_another_device_id_is_two_segments(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    with write(siti.db):
        journal.branch(siti.db, "another-id-16---")
    siti.saves(record, status="b")

    file, exported = exports(siti)

    first, second = (stretch.segment for stretch in all_of(file, Stretch))
    assert [one.device for one in exported.numbers] == [first.device, "another-id-16---"]
    assert (second.first, second.previous) == (1, first.last)


def test_a_damaged_line_is_declared_and_the_rest_goes(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    siti.saves(record, status="b")
    siti.saves(record, status="c")
    siti.db.conn.execute("UPDATE own SET body = CAST('{}' AS BLOB) WHERE local = 2")
    siti.db.conn.commit()

    file, _ = exports(siti)

    assert [b"omitted" in line for line in lines_in(file)] == [False, True, False]
    assert [tip.seq for tip in all_of(file, Tip)] == [1, 3]


def test_a_photo_that_is_gone_here_is_told_and_the_rest_goes(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    gone = attaches(siti, record)
    attaches(siti, record, some_bytes(1000))
    (siti.home / "attachments" / gone).unlink()

    _, exported = exports(siti)
    siti.syncs()
    _, since = exports(siti, since_receipt=True)

    assert (exported.photos, exported.photos_damaged) == (1, 1)
    assert (since.photos, since.photos_damaged) == (0, 1)


def test_an_interrupted_export_leaves_the_earlier_file(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    file, _ = exports(siti)
    before, names = file.read_bytes(), in_folder(world.folder)
    siti.saves(record, status="b")
    plan = bundles.planned(siti.db, since_receipt=False, with_photos=True)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bundles.export(siti.db, siti.home / "attachments", plan, file, made_ms=0, on_step=interrupted)

    assert file.read_bytes() == before
    assert in_folder(world.folder) == names


def test_only_a_file_of_this_device_is_replaced(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    siti.starts(status="a")
    budi.starts(status="b")
    file, _ = exports(siti)
    before = file.read_bytes()

    with pytest.raises(CommandProblem) as refused:
        exports(budi)

    assert (refused.value.key, refused.value.exit_code) == ("client.bundle.exists", 2)
    assert file.read_bytes() == before
    exports(siti)


def test_what_is_carried_is_kept_as_it_is_and_enters_no_view(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    attaches(siti, record)
    file, exported = exports(siti)

    taken = takes(budi, file)

    assert (taken.kept, taken.again, taken.content.whole, taken.content.photos) == (True, False, True, 1)
    assert in_folder(budi.home / "carried") == [taken.sha256]
    assert (budi.home / "carried" / taken.sha256).read_bytes() == file.read_bytes()
    (one,) = carrying.carried(budi.db)
    assert (one.name, one.numbers, one.state) == ("siti.tapak", exported.numbers, "kept")
    assert records.load(budi.db, record) is None
    assert journal.count(budi.db) == 0


def test_the_same_file_twice_is_carried_once(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    siti.starts(status="a")
    file, _ = exports(siti)
    takes(budi, file)

    again = takes(budi, file)

    assert again.again
    assert len(carrying.carried(budi.db)) == 1
    assert in_folder(budi.home / "carried") == [again.sha256]


def test_a_bundle_of_a_carrier_holds_his_own_work_only(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    siti.starts(status="a")
    budi.starts(status="b")
    takes(budi, exports(siti)[0])

    file, exported = exports(budi, "budi.tapak")

    assert exported.lines == 1
    assert lines_in(file) == [line.body for line in journal.lines(budi.db)]


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_file_that_was_cut_is_carried_with_what_is_whole(world: World, kept: float) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi", organisation="dpmd")
    record = siti.starts(status="a")
    attaches(siti, record)
    file, _ = exports(siti)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * kept)])

    taken = takes(budi, file)

    assert (taken.kept, taken.content.whole) == (True, False)
    assert [(one.first, one.last) for one in taken.content.numbers] == [(1, 2)]


@pytest.mark.parametrize("data", [b"", b"no bundle", gzip.compress(b'{"a":1}\n'), gzip.compress(b"")])
def test_what_is_no_bundle_is_not_kept_and_says_why(world: World, data: bytes) -> None:
    budi = world.phone("Budi")
    file = world.folder / "x.tapak"
    file.write_bytes(data)

    with pytest.raises(CommandProblem) as refused:
        takes(budi, file)

    assert (refused.value.key, refused.value.exit_code) == ("client.bundle.unreadable", 2)
    assert in_folder(budi.home / "carried") == []
    assert carrying.carried(budi.db) == []


def test_a_name_in_a_file_does_not_reach_the_terminal_as_a_command(world: World) -> None:
    siti, budi = world.phone("Siti"), world.phone("Budi")
    siti.db.execute("UPDATE identity SET name = ?", ["Si\x1b[2Jti\r\n"])
    siti.db.conn.commit()
    siti.starts(status="a")

    takes(budi, exports(siti)[0])

    assert [one.owner for one in carrying.carried(budi.db)] == ["Si[2Jti"]


def content(*numbers: Numbers, tip: int = 0, have: int = 0) -> Content:
    tips = (Tip("old", tip, "id", b""),) if tip else ()
    receipts = (Receipt("old", Place(have, "id")),) if have else ()
    return Content(Manifest(1, name="HP lama"), numbers, tips, 0, receipts, True)


@pytest.mark.parametrize(
    ("files", "waiting", "missing"),
    [
        ([content(Numbers("old", 1, 120))], ((1, 120),), ()),
        ([content(Numbers("old", 118, 120), have=117)], ((118, 120),), ()),
        ([content(Numbers("old", 1, 120), have=117)], ((118, 120),), ()),
        ([content(Numbers("old", 118, 120))], ((118, 120),), ((1, 117),)),
        (
            [content(Numbers("old", 1, 50), Numbers("old", 60, 90), tip=93)],
            ((1, 50), (60, 90)),
            ((51, 59), (91, 93)),
        ),
        ([content(Numbers("old", 1, 50)), content(Numbers("old", 40, 60))], ((1, 60),), ()),
    ],
)
def test_which_numbers_of_the_old_phone_wait_and_which_are_nowhere(
    world: World,
    files: list[Content],
    waiting: tuple[tuple[int, int], ...],
    missing: tuple[tuple[int, int], ...],
) -> None:
    budi = world.phone("Budi")

    for one in files:
        with write(budi.db):
            old_phones.note(budi.db, one)

    (phone,) = old_phones.known(budi.db)
    on_the_way = [numbers for one in files for numbers in one.numbers]
    assert (old_phones.waiting(phone, on_the_way), old_phones.missing(phone)) == (waiting, missing)
    assert old_phones.waiting(phone, []) == ()


def test_a_file_of_the_old_phone_is_the_first_of_what_is_carried(world: World) -> None:
    old, siti, new = world.phone("Old"), world.phone("Siti"), world.phone("New")
    old.starts(status="a")
    siti.starts(status="b")
    takes(new, exports(siti)[0])

    takes(new, exports(old, "old.tapak")[0], take_over=True)

    assert [one.name for one in carrying.carried(new.db)] == ["old.tapak", "siti.tapak"]
    assert journal.count(new.db) == 0
    (phone,) = old_phones.known(new.db)
    assert (phone.device, phone.name, phone.last) == (facts.get(old.db, facts.ENROLLED), "Old", 1)


def test_after_an_export_the_server_is_asked_before_anything_is_sent_again(world: World) -> None:
    siti = world.phone("Siti")
    record = siti.starts(status="a")
    exports(siti)
    siti.saves(record, status="b")

    first = siti.syncs()
    bodies = [read_request(body) for body in siti.wire.bodies]
    siti.saves(record, status="c")
    siti.syncs()

    assert (first.sent, first.unsent) == (2, 0)
    assert [(header.n, len(lines)) for header, lines in bodies] == [(0, 0), (2, 2)]
    assert read_request(siti.wire.bodies[2])[0].n == 1
