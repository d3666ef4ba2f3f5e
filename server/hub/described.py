"""What an export's description says that no row shows: where it comes from, which versions hold."""

import hashlib
from typing import Any

from server.hub.errors import UsageError
from server.hub.export import PROVINCES, Asked
from server.hub.forms import FormShelf
from server.store.base import Unit
from server.texts import LANGUAGES, text

Described = dict[str, Any]


def described(
    unit: Unit, shelf: FormShelf, form_id: str, asked: Asked, *, producer: str
) -> tuple[Described, Described]:
    """What the table itself does not know of an export, and the code lists with their words."""
    form = shelf.current(unit, form_id)
    if form is None:
        raise UsageError("server.error.form-unknown", form=form_id)
    about = {
        "producer": producer,
        "form": form.id,
        "form_version": form.version,
        "form_titles": form.titles,
        "area": asked.area,
        "with_deleted": asked.with_deleted,
        "choices_as": "labels" if asked.labels else "codes",
        "coordinate_reference_system": "EPSG:4326",
        "area_list": _area_list(unit),
        "nothing": {language: text("server.export.nothing", language) for language in LANGUAGES},
    }
    used = {question.list_name for question in form.questions if question.list_name}
    code_lists = {
        name: {choice.name: choice.labels for choice in form.choices[name]}
        for name in sorted(used & form.choices.keys())
    }
    return about, code_lists


def described_readiness(unit: Unit, asked: Asked, *, producer: str) -> Described:
    """The same for the readiness of villages, which is of no form."""
    return {
        "producer": producer,
        "area": asked.area,
        "choices_as": "labels" if asked.labels else "codes",
        "area_list": _area_list(unit),
    }


def _area_list(unit: Unit) -> Described:
    """Which list of areas the names come from: two lists with one hash are the same."""
    digest = hashlib.sha256()
    for row in unit.catalogue.areas(PROVINCES):
        digest.update(f"{row.code}\t{row.name}\n".encode("utf-8", "replace"))
    loaded = unit.catalogue.area_list()
    return {
        "areas": unit.catalogue.area_count(),
        "sha256": digest.hexdigest(),
        "version": loaded.version if loaded else None,
    }
