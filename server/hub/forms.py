"""The shelf on which decoded forms stand ready."""

import threading

from server.store.base import Unit
from sync.forms import model
from sync.forms.model import Form


class FormShelf:
    """Decoded forms. A published version never changes, so it is decoded once a process."""

    def __init__(self) -> None:
        self._forms: dict[str, Form] = {}
        self._lock = threading.Lock()

    def current(self, unit: Unit, form_id: str) -> Form | None:
        """The form version published last, or ``None`` for a form that is not known here."""
        version = unit.catalogue.current_forms().get(form_id)
        return None if version is None else self.version(unit, form_id, version)

    def version(self, unit: Unit, form_id: str, version: str) -> Form | None:
        """One version of a form."""
        key = f"{form_id}/{version}"
        with self._lock:
            form = self._forms.get(key)
        if form is None:
            body = unit.catalogue.form(form_id, version)
            if body is None:
                return None
            form = model.decode(body)
            with self._lock:
                self._forms[key] = form
        return form

    def known(self, unit: Unit, key: str) -> bool:
        """Whether a version such as ``lahan/2026112301`` is published here."""
        form_id, _, version = key.partition("/")
        return self.version(unit, form_id, version) is not None
