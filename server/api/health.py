"""Whether the process runs, and whether it can store. Says nothing about what is stored."""

from flask import Blueprint, Response

from server.api.bodies import json_answer
from server.api.context import context
from server.api.operations import Operation, documented
from server.api.schemas import HealthAnswer

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@documented(Operation(summary="The process answers.", answer=HealthAnswer, needs_token=False))
def healthz() -> Response:
    """Say that the process answers."""
    return json_answer({"status": "ok"})


@blueprint.get("/readyz")
@documented(
    Operation(
        summary="The store can be written.",
        answer=HealthAnswer,
        needs_token=False,
        problems=("store-unavailable", "storage-full"),
    )
)
def readyz() -> Response:
    """Take the write lock once; a store that cannot ends in its problem."""
    with context().store.write() as unit:
        unit.catalogue.current_forms()
    return json_answer({"status": "ready"})
