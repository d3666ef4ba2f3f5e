"""A18: who was enrolled after the backup is one list, confirmed once, and nothing of it is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.app import open_server
from server.hub.backup import back_up
from server.hub.verify import verify
from server.main import main
from server.restoration import restore
from tests.server.conftest import Handset, House
from tests.server.hub.phones import NOW_MS, VILLAGE

FORM = "lahan/2026112301"
Handsets = Callable[..., Handset]


class Operator:
    """Types commands at the server that came back."""

    def __init__(self, house: House) -> None:
        self.house = house

    def types(self, *words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--data", str(self.house.server.folder.path), *words])
        assert result.exit_code == code, result.output
        return result

    def waiting(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(
            self.types("device", "list", "--unconfirmed", "--json").stdout
        )
        return found


@pytest.fixture
def operator(house: House, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("TAPAK_LANGUAGE", "en")
    return Operator(house)


def comes_back(house: House, backup: Path, data: Path) -> None:
    """The server is restored in another folder, and answers from there."""
    restore(
        data,
        backup,
        mirror=None,
        keys=house.server.folder.token_key.parent,
        fresh_key=None,
        device_id="console-2",
        now_ms=NOW_MS,
        environ={},
    )
    house.server.close()
    house.server = open_server(data, environ={})
    house.__post_init__()


def backs_up(house: House, path: Path) -> Path:
    assert house.server.copies is not None
    return Path(
        back_up(house.server.store, house.server.copies, house.server.files, path, now_ms=NOW_MS).path
    )


def pushes(house: House, phone: Handset) -> str:
    """What the phone of nobody hears; its lines are kept."""
    phone.after = type(phone.tip)(0, "")
    answer = house.sync(phone.token, phone.body())
    return answer.json["code"] if answer.status_code == 403 else "ok"  # type: ignore[index]


def test_an_admin_confirms_once_and_everything_is_merged(
    house: House, handset: Handsets, operator: Operator, tmp_path: Path
) -> None:
    siti = handset("Siti")
    siti.saves("r1", {"_area": VILLAGE, "luas_m2": 1}, form=FORM)
    siti.syncs()
    backup = backs_up(house, tmp_path / "usb" / "one.db")
    budi = handset("Budi", organisation="dpmd")
    for luas in range(5):
        budi.saves("r2", {"_area": VILLAGE, "luas_m2": luas}, form=FORM)
    budi.syncs()
    second = siti_on_a_second_phone(house, siti)
    second.saves("r1", {"luas_m2": 2}, form=FORM)
    second.syncs()

    comes_back(house, backup, tmp_path / "new")
    assert pushes(house, budi) == "unknown-device"
    assert pushes(house, second) == "unknown-device"

    first, other = operator.waiting()
    assert first == {
        "device": "phone-of-budi",
        "known": False,
        "persons": [{"person": budi.person, "name": None, "writes_as": ["verifier/dpmd"]}],
        "held": 5,
        "first_received_at": first["first_received_at"],
        "last_received_at": first["last_received_at"],
        "confirm": "tapak-server device confirm phone-of-budi",
    }
    assert other["persons"] == [{"person": siti.person, "name": "Siti", "writes_as": ["verifier/tni"]}]
    shown = operator.types("device", "list", "--unconfirmed").stdout
    assert f"{budi.person}=?(verifier/dpmd)" in shown
    assert "Devices to be confirmed: 2. See: tapak-server device list --unconfirmed" in (
        operator.types("doctor", code=3).stdout
    )

    done = operator.types("device", "confirm", "phone-of-budi", second.device, code=3)
    assert "Device second-phone is confirmed; 1 saves that waited are merged." in done.stderr
    assert f"person add NAME --id {budi.person} --role verifier --organisation dpmd" in done.stdout
    area = ("--area", "62.02")
    who = ("--role", "verifier", "--organisation", "dpmd", *area, "--id", budi.person)
    operator.types("person", "add", "Budi", *who)
    operator.types("device", "confirm", "phone-of-budi")

    assert operator.waiting() == []
    with house.server.store.read() as unit:
        assert unit.log.held() == []
        assert {device.id: device.name for device in unit.people.devices()} == {
            "phone-of-budi": "",
            "phone-of-siti": "HP Siti",
            "second-phone": "Siti",
        }
    assert budi.syncs().header.have == budi.tip
    assert list(verify(house.server.store, house.server.shelf)) == []


def siti_on_a_second_phone(house: House, siti: Handset) -> Handset:
    token = house.enrols(house.code(siti.person), "second-phone").json["token"]  # type: ignore[index]
    return Handset(
        house.server.store,
        house.server.shelf,
        "second-phone",
        siti.person,
        house=house,
        token=token,
        token_device="second-phone",
    )


def test_a_person_who_came_to_a_known_phone_is_on_the_list_as_well(
    house: House, handset: Handsets, operator: Operator, tmp_path: Path
) -> None:
    siti = handset("Siti")
    ani = house.person("Ani")
    backup = backs_up(house, tmp_path / "usb" / "one.db")
    house.enrols(house.code(ani), siti.device)
    siti.saves("r1", {"_area": VILLAGE}, form=FORM, author=ani)
    siti.syncs()
    comes_back(house, backup, tmp_path / "new")
    siti.after = type(siti.tip)(0, "")
    assert [held.why for held in siti.syncs().header.held] == ["person-not-on-device"]

    (waiting,) = operator.waiting()
    assert (waiting["known"], waiting["held"]) == (True, 1)
    operator.types("device", "confirm", siti.device)

    assert siti.syncs().header.held == ()
    with house.server.store.read() as unit:
        assert [person.name for person in unit.people.persons_on(siti.device)] == ["Ani", "Siti"]


def test_what_an_admin_may_not_confirm_is_said(house: House, handset: Handsets, operator: Operator) -> None:
    siti = handset("Siti")
    stranger = house.person("Ani")
    siti.saves("r1", {"_area": VILLAGE}, form=FORM, author=stranger)
    siti.syncs()
    assert "Nothing of device 'nobody' waits" in operator.types("device", "confirm", "nobody", code=1).stderr

    operator.types("device", "revoke", siti.device)

    assert "was revoked" in operator.types("device", "confirm", siti.device, code=1).stderr
    who = ("--role", "verifier", "--organisation", "tni", "--area", "62.02")
    assert "is no id of a person" in operator.types("person", "add", "X", *who, "--id", "p1", code=1).stderr
    taken = operator.types("person", "add", "X", *who, "--id", siti.person, code=1).stderr
    assert "is taken, by Siti" in taken
