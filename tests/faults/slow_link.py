"""A17: a village with 2G: 50 kbit/s, 600 ms, and every twentieth segment waits."""

from __future__ import annotations

import time
from hashlib import sha256

from tests.faults.office import Office
from tests.faults.phone import Phone
from tests.faults.proxy import Pace, Proxy
from tests.faults.stage import Stage

RECORDS = 20
TEXT_S_MAX = 60
PHOTO_S_MAX = 180
ROUND_TRIPS_MAX = 3
SENT_AGAIN_MAX = 1.1
PHOTO_BYTES = {False: 200_000, True: 40_000}


def village(stage: Stage) -> str:
    """Twenty records of text, then a photo, by the real command over a link of ours."""
    slow = 20 if stage.short else 1
    pace = Pace(bits_per_s=50_000 * slow, delay_s=0.6 / slow, stall_every=20, stall_s=1.2 / slow)
    with Office(stage.fresh("office")) as office, Proxy(office.url) as link:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, link.url, "Siti")
        phone.syncs()
        for number in range(RECORDS):
            record = phone.saves(f"Kebun karet milik keluarga, blok {number}, di tepi sungai {number * 7}")
        link.pace, before = pace, link.requests
        text_s = _took(stage, phone, "text")
        trips = link.requests - before
        photo = stage.rng.randbytes(PHOTO_BYTES[stage.short])
        link.pace = None
        phone.attaches(record, photo)
        phone.syncs_text()
        link.pace, up = pace, link.carried_up
        photo_s = _took(stage, phone, "photo")
        share = (link.carried_up - up) / len(photo)
        stage.tell(
            f"{trips} requests for the text in {text_s:.1f} s; {share:.2f} × the photo in {photo_s:.1f} s"
        )
        stage.expect(phone.acknowledged <= office.lines().keys(), "lines are missing")
        stage.expect(office.has_file(sha256(photo).hexdigest()), "the photo is missing")
        stage.expect(trips <= ROUND_TRIPS_MAX, f"{trips} round trips for the text")
        stage.expect(share <= SENT_AGAIN_MAX, f"{share:.2f} × the photo went up")
        if not stage.short:
            stage.expect(text_s <= TEXT_S_MAX, f"the text took {text_s:.0f} s")
            stage.expect(photo_s <= PHOTO_S_MAX, f"the photo took {photo_s:.0f} s")
    scaled = f" (a link {slow} times as fast)" if stage.short else ""
    return (
        f"proxy{scaled}: {RECORDS} records in {text_s:.0f} s and {trips} round trips, "
        f"{len(photo) // 1000} KB photo in {photo_s:.0f} s, nothing sent twice"
    )


def _took(stage: Stage, phone: Phone, what: str) -> float:
    started = time.monotonic()
    ran = phone.runs("sync", "--json", kill_after_s=400)
    stage.expect(ran.code == 0, f"{what}: {ran.code} {ran.err}")
    return time.monotonic() - started
