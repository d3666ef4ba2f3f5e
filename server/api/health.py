"""Whether the process runs, and whether it can store. Says nothing about what is stored."""

from flask import Blueprint, Response

from server.api.bodies import json_answer
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import HealthAnswer
from server.hub.backup import is_old
from server.store.mirror import JOB as MIRROR

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@documented(Operation(summary="The process answers.", answer=HealthAnswer, needs_token=False))
def healthz() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "ok"})


@blueprint.get("/readyz")
@documented(
    Operation(
        summary="The store can be written. `warnings`: `backup-old` (no backup of its saves is "
        "younger than 8 days), `mirror-behind`.",
        answer=HealthAnswer,
        needs_token=False,
        problems=("store-unavailable", "storage-full"),
    )
)
def readyz() -> Response:
    """Take the write lock once; a store that cannot ends in its problem.

    A warning leaves the server ready: a person should look at it.
    """
    here = context()
    with here.store.write() as unit:
        unit.catalogue.current_forms()
        is_behind = unit.backups.behind_since(MIRROR) is not None
    warnings = ["mirror-behind"] if is_behind else []
    if not here.settings.database_url and is_old(here.store, now_ms=here.now_ms()):
        warnings.append("backup-old")
    return json_answer({"status": "ready", "warnings": warnings})
