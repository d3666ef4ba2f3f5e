"""A9: 3 MB with 20 cuts. What is sent again, and that nothing begins again."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from field_client.settings import CHUNK_BYTES_AFTER_CUT, CHUNK_BYTES_START
from field_client.uploads import Pieces
from tests.faults.office import Office
from tests.faults.phone import Phone
from tests.faults.proxy import Proxy
from tests.faults.stage import Stage

KIB = 1024
PHOTO_BYTES = 3 * 1024 * KIB
CUTS = 20
AGAIN_MAX = 0.15
HEAD_BYTES = 400
"""The head of a PATCH, about; what is sent again is counted without heads."""


def twenty_cuts(stage: Stage) -> str:
    """Photos of 3 MB over a real server, each with 20 cuts: at equal distances, and anywhere."""
    worst = worst_share()
    with Office(stage.fresh("office")) as office, Proxy(office.url) as link:
        phone = Phone(stage.fresh("phone"), stage.rng)
        phone.enrols(office, link.url, "Siti")
        record = phone.saves("parcel")
        phone.syncs()
        even = _share_again(stage, phone, record, office, link, [PHOTO_BYTES // CUTS] * CUTS)
        shares = []
        for _ in range(stage.count(long=60, short=2)):
            places = sorted(stage.rng.randrange(PHOTO_BYTES) for _ in range(CUTS))
            steps = [after - before for before, after in zip([0, *places], places, strict=False)]
            shares.append(_share_again(stage, phone, record, office, link, steps))
    stage.expect(even <= AGAIN_MAX, f"{even:.1%} were sent again with cuts at equal distances")
    mean = sum(shares) / len(shares)
    stage.expect(mean <= AGAIN_MAX, f"{mean:.1%} were sent again on average with cuts anywhere")
    stage.expect(max(shares) <= worst, f"{max(shares):.1%} were sent again, more than a piece for each cut")
    return (
        f"3 MB, {CUTS} cuts: at equal distances {even:.1%} sent again; anywhere ({len(shares)} photos) "
        f"{mean:.1%} on average, {max(shares):.1%} at most; "
        f"where each hurts most {worst:.1%} (computed); none began again"
    )


def _share_again(
    stage: Stage, phone: Phone, record: str, office: Office, link: Proxy, steps: list[int]
) -> float:
    """The share of a new photo that went up twice, heads not counted."""
    photo = stage.rng.randbytes(PHOTO_BYTES)
    phone.attaches(record, photo)
    phone.syncs_text()
    before, cuts = link.carried_up, link.cuts
    requests = link.requests
    link.cut_up = [max(1, step) for step in steps]
    report = phone.syncs()
    while report.attachments_left and link.cuts > cuts:
        # Five cuts in a row without a piece that came through end a run; the next one goes on.
        cuts = link.cuts
        report = phone.syncs()
    link.cut_up = []
    stage.expect(report.attachments_left == 0, f"the photo did not come through: {report.problem}")
    stage.expect(office.has_file(sha256(photo).hexdigest()), "the server has not the photo")
    heads = (link.requests - requests) * HEAD_BYTES
    share = max(0.0, (link.carried_up - before - heads - PHOTO_BYTES) / PHOTO_BYTES)
    stage.tell(f"{link.requests - requests} requests, {link.cuts} cuts so far, {share:.1%} again")
    return share


def worst_share() -> float:
    """The share that goes up twice where every cut comes at the end of a piece that is as large as pays."""
    return _most_wasted(CUTS, 0, CHUNK_BYTES_START) / PHOTO_BYTES


@cache
def _most_wasted(cuts: int, offset: int, first_bytes: int) -> int:
    if cuts == 0:
        return 0
    most, passed, pieces = 0, 0, Pieces(first_bytes)
    while offset + passed + pieces.size_bytes <= PHOTO_BYTES:
        rest = _most_wasted(cuts - 1, offset + passed, CHUNK_BYTES_AFTER_CUT)
        most = max(most, pieces.size_bytes + rest)
        passed += pieces.size_bytes
        pieces = pieces.after_success()
    return most
