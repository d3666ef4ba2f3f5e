"""Photos on a record's page: small, seen by whoever may see what names them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.server.attachments.pictures import photo, sha256
from tests.server.conftest import Handset
from tests.server.console.office import FIELD, PHOTO, Office

OPEN, CLOSED = photo(64, seed=1), photo(64, seed=2)


@pytest.fixture
def photos(office: Office, handset: Callable[..., Handset]) -> dict[str, str]:
    """Addresses of a photo of the land and of one of its title, both of them here."""
    phone = handset("Tono")
    uploads = office.house.app.extensions["tapak"].uploads
    fields = {}
    for question, data in (("foto_utama", OPEN), ("foto_dokumen", CLOSED)):
        begun = uploads.begin(phone.device, sha256(data), len(data))
        uploads.append(phone.device, begun.upload.id, data, offset=0)
        fields[question] = f"{question}/{sha256(data)}"
    phone.saves(FIELD, dict.fromkeys(fields.values(), PHOTO), restricted=[fields["foto_dokumen"]])
    phone.syncs()
    return {question: f"photos/{field.partition('/')[2]}" for question, field in fields.items()}


def test_a_photo_is_shown_small_and_given_whole(office: Office, photos: dict[str, str]) -> None:
    rina = office.at_desk("Rina")

    page = rina.opens(f"records/{FIELD}").text
    small, whole = rina.opens(photos["foto_utama"] + "/small"), rina.opens(photos["foto_utama"])

    assert f'src="/console/{photos["foto_utama"]}/small"' in page
    assert (small.status_code, small.content_type) == (200, "image/jpeg")
    assert whole.data == OPEN
    assert whole.content_type == "application/octet-stream"
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in whole.headers["Content-Security-Policy"]


def test_a_photo_is_as_closed_as_the_answer_that_names_it(office: Office, photos: dict[str, str]) -> None:
    rina, auditor = office.at_desk("Rina"), office.at_desk("Audi", role="auditor")
    other, nobody = office.at_desk("Oni", area="62.03"), office.visitor()

    visitors = (rina, auditor, other, nobody)
    found = {
        name: [visitor.opens(photos[name] + "/small").status_code for visitor in visitors] for name in photos
    }

    assert found == {"foto_utama": [200, 200, 404, 302], "foto_dokumen": [200, 404, 404, 302]}
    assert photos["foto_dokumen"] not in auditor.opens(f"records/{FIELD}").text


def test_a_photo_that_has_not_arrived_is_named_and_not_shown(office: Office) -> None:
    page = office.at_desk("Rina").opens(f"records/{FIELD}").text

    assert "Berkas image/jpeg, 402 KiB" in page
    assert "<img" not in page
