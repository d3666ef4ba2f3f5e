"""``GET /metrics``: what a monitor of the office watches. No label names a person, device or place."""

import hmac
import platform
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, request

from server.api.asked import began, route_and_method, seconds_until
from server.api.context import Context, context
from server.api.operations import Operation, documented
from server.api.prometheus import CONTENT_TYPE, Family, Sample, text_of
from server.hub.errors import HubError
from server.hub.figures import StoreFigures

blueprint = Blueprint("metrics", __name__)
_SCHEME = "bearer "


@blueprint.get("/metrics")
@documented(
    Operation(
        summary="Figures of this server for a monitor. Without the right token there is no such page.",
        answer="The text format of Prometheus, version 0.0.4.",
        content_type="text/plain",
        token="metrics",
        problems=("not-found",),
    )
)
def metrics() -> Response:
    """Give the figures; those of the store are missing while it cannot be read."""
    here = context()
    if not _is_allowed(here.settings.metrics_token):
        raise HubError("not-found")
    return Response(text_of(_families(here)), content_type=CONTENT_TYPE)


def count_requests(app: Flask) -> None:
    """Count every request of ``app``."""
    app.before_request(_begin)
    app.after_request(_counted)


def _begin() -> None:
    here = context()
    began(here.monotonic_s(), here.new_request_id())


def _counted(response: Response) -> Response:
    here = context()
    route, method = route_and_method()
    here.requests.add(route, method, response.status_code, seconds_until(here.monotonic_s()))
    return response


def _is_allowed(token: str) -> bool:
    header = request.headers.get("Authorization", "")
    if not token or header[: len(_SCHEME)].lower() != _SCHEME:
        return False
    return hmac.compare_digest(header[len(_SCHEME) :].strip().encode(), token.encode())


def _families(here: Context) -> Iterator[Family]:
    yield Family(
        "tapak_build_info",
        "gauge",
        "Always 1; the versions stand in the labels.",
        (Sample(1, {"version": here.version, "python": platform.python_version()}),),
    )
    yield from here.requests.families()
    found = here.figures.figures()
    yield _gauge("tapak_store_up", "1 where the store can be read.", found is not None)
    if found is not None:
        yield from _of_store(found, now_ms=here.now_ms())
    yield from _of_disk(here)


def _of_store(found: StoreFigures, *, now_ms: int) -> Iterator[Family]:
    yield Family(
        "tapak_lines_received_total",
        "counter",
        "Saves in the store, counted at receipt.",
        (Sample(found.lines_received),),
    )
    yield _by("reason", "tapak_lines_held", "Saves that are stored and not yet merged.", found.held)
    yield _by("state", "tapak_devices", "Devices; silent ones sent nothing for three days.", found.devices)
    yield _gauge("tapak_mirror_behind", "1 where the mirror lacks saves.", found.mirror_behind)
    age_s = None if found.newest_backup_ms is None else max(0, now_ms - found.newest_backup_ms) / 1000
    yield _gauge("tapak_backup_age_seconds", "Age of the newest verified backup; absent without one.", age_s)


def _of_disk(here: Context) -> Iterator[Family]:
    yield _gauge(
        "tapak_store_bytes", "Bytes of the database file; absent with PostgreSQL.", here.store_bytes()
    )
    yield _gauge(
        "tapak_disk_free_bytes", "Bytes free on the disk of the data folder.", here.attachments.free_bytes()
    )


def _gauge(name: str, about: str, value: float | None) -> Family:
    return Family(name, "gauge", about, () if value is None else (Sample(value),))


def _by(label: str, name: str, about: str, counts: dict[str, int]) -> Family:
    return Family(
        name, "gauge", about, tuple(Sample(count, {label: key}) for key, count in sorted(counts.items()))
    )
