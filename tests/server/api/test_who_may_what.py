"""Who may what: every route and verb against every kind of asker, as one table.

Askers: nobody · forged (a token of another server) · unknown (a token without a device) ·
revoked · own (a verifier of the record's village) · sibling (of the village beside it) ·
regency (of the whole regency) · other (of another regency) · province · nowhere (a person
without any area). The office's pages have a table of their own, in ``tests/server/console``.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from server.api.openapi import path_of
from server.hub.tokens import token_for
from server.store.people import PersonRow
from tests.server.attachments.conftest import Sender
from tests.server.attachments.pictures import photo, sha256
from tests.server.conftest import Handset, House
from tests.server.hub.phones import NEIGHBOUR, VILLAGE

ASKERS = (
    "nobody",
    "forged",
    "unknown",
    "revoked",
    "own",
    "sibling",
    "regency",
    "other",
    "province",
    "nowhere",
)
OPEN = (200,) * 10
KNOWN = (401, 401, 403, 403, 200, 200, 200, 200, 200, 200)
IN_SCOPE = (401, 401, 403, 403, 200, 404, 200, 404, 200, 404)
# A body that is no sync body: whoever may push is told so; nobody else learns anything.
MAY_PUSH = (401, 401, 400, 400, 400, 400, 400, 400, 400, 400)
# An upload without the protocol's own header.
MAY_UPLOAD = (401, 401, 403, 403, 412, 412, 412, 412, 412, 412)
# A bundle without its content type.
MAY_CARRY = (401, 401, 403, 403, 415, 415, 415, 415, 415, 415)
CODE_DECIDES = (400,) * 10
# No device may; without the setting `metrics_token` nobody.
NO_DEVICE = (404,) * 10

TABLE = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): NO_DEVICE,
    ("GET", "/v1/openapi.json"): OPEN,
    ("POST", "/v1/enrol"): CODE_DECIDES,
    ("POST", "/v1/sync"): MAY_PUSH,
    ("POST", "/v1/bundles"): MAY_CARRY,
    ("GET", "/v1/forms"): KNOWN,
    ("GET", "/v1/forms/{form_id}/{version}.json"): KNOWN,
    ("GET", "/v1/areas"): KNOWN,
    ("GET", "/v1/areas/boundaries"): KNOWN,
    ("GET", "/v1/records"): KNOWN,
    ("GET", "/v1/conflicts"): KNOWN,
    ("GET", "/v1/records/{record}"): IN_SCOPE,
    ("GET", "/v1/records/{record}/log"): IN_SCOPE,
    ("POST", "/v1/attachments"): MAY_UPLOAD,
    ("PATCH", "/v1/attachments/uploads/{upload}"): MAY_UPLOAD,
    ("DELETE", "/v1/attachments/uploads/{upload}"): MAY_UPLOAD,
    ("GET", "/v1/attachments/{sha256}"): IN_SCOPE,
    ("GET", "/v1/attachments/{sha256}/thumbnail"): IN_SCOPE,
}
PHOTO = photo(20)
PLACES = {
    "{form_id}": "lahan",
    "{version}": "2026112301",
    "{record}": "r1",
    "{upload}": "upload-of-own",
    "{sha256}": sha256(PHOTO),
}


@pytest.fixture
def tokens(house: House, handset: Callable[..., Handset]) -> dict[str, str | None]:
    """A token of each asker; r1 lies in the village of ``own``."""
    own = handset("Siti", area=VILLAGE)
    own.saves("r1", {"_area": VILLAGE, f"foto/{sha256(PHOTO)}": {"bytes": len(PHOTO), "type": "image/jpeg"}})
    own.syncs()
    Sender(house, own).brings(PHOTO)
    revoked = handset("Hilang", area=VILLAGE)
    with house.server.store.write() as unit:
        unit.people.revoke(revoked.device, now_ms=house.clock_ms)
        nowhere = PersonRow(id="pnowhere", name="X", role="admin", organisation="tni", areas=())
        unit.people.add_person(nowhere, now_ms=house.clock_ms)
        unit.people.put_device("phone-nowhere", name="", public_key="", app="", now_ms=house.clock_ms)
        unit.people.link("phone-nowhere", ["pnowhere"])
    key = house.server.token_key
    return {
        "nobody": None,
        "forged": token_for(b"the key of another server", own.device),
        "unknown": token_for(key, "never-enrolled"),
        "revoked": revoked.token,
        "own": own.token,
        "sibling": handset("Sisi", area=NEIGHBOUR).token,
        "regency": handset("Rita", area="62.02").token,
        "other": handset("Oni", area="62.03").token,
        "province": handset("Pram", role="auditor", area="62").token,
        "nowhere": token_for(key, "phone-nowhere"),
    }


def test_every_route_is_in_the_table(house: House) -> None:
    routes = {
        (verb, path_of(rule))
        for rule in house.client.application.url_map.iter_rules()
        for verb in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "start" and not rule.endpoint.startswith("console.")
    }

    assert set(TABLE) == routes


def test_every_asker_gets_what_the_table_says(house: House, tokens: dict[str, str | None]) -> None:
    found = {}
    for verb, path in TABLE:
        address = path
        for name, value in PLACES.items():
            address = address.replace(name, value)
        statuses = []
        for asker in ASKERS:
            token = tokens[asker]
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            statuses.append(house.client.open(address, method=verb, headers=headers).status_code)
        found[verb, path] = tuple(statuses)

    assert found == TABLE


def test_lists_hold_only_what_lies_in_scope(house: House, tokens: dict[str, str | None]) -> None:
    seen = {
        asker: [row["record"] for row in (house.get("/v1/records", tokens[asker]).json or {})["records"]]
        for asker in ASKERS[4:]
    }

    assert seen == {
        "own": ["r1"],
        "sibling": [],
        "regency": ["r1"],
        "other": [],
        "province": ["r1"],
        "nowhere": [],
    }
