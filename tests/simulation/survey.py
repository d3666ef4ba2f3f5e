"""A simulated survey: people, phones, a server, and everything that can happen to them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from field_client import facts
from server.store.people import PersonRow
from tests.simulation.chronicle import Chronicle
from tests.simulation.forms import form_version
from tests.simulation.hub import Hub, person_row
from tests.simulation.phone import Phone, enrolled

VILLAGES = ("62.02.01.2001", "62.02.01.2002", "62.02.02.2001", "62.03.01.2001")
SCOPES = (
    ("62.02",),
    ("62.02.01",),
    ("62.02.01.2001", "62.02.02"),
    ("62.02", "62.03"),
    ("62",),
    ("62.03", "62.02.01.2002"),
)
ORGANISATIONS = ("tni", "agrinas", "desa", "kph")
HOUR_MS = 3_600_000
START_MS = 1_764_040_000_000


class Survey:
    """The whole of one history. Everything random comes from one ``random.Random``."""

    def __init__(self, rng: random.Random, trace: Callable[[str], None]) -> None:
        self.rng, self.trace = rng, trace
        self.now_ms = START_MS
        self.chronicle = Chronicle()
        self.counts: Counter[str] = Counter()
        self.fates: dict[str, float] = {}
        self.hub = Hub(self.device_id())
        self.published = self.known_forms = 1
        self.hub.publish(form_version(1), self.now_ms)
        self.persons = [self._person(number) for number in range(rng.randint(2, 6))]
        self.phones = [self._phone(number) for number in range(rng.randint(2, 7))]
        self.backups = [self.hub.copied()]
        self.sent: list[tuple[str, bytes]] = []
        self.files: list[bytes] = []
        self.records_max = rng.choice((1, 2, 3, 6, 20))
        self.new_records = 0

    def device_id(self) -> str:
        return facts.fresh_device_id(self.rng.randbytes)

    def _person(self, number: int) -> PersonRow:
        role = self.rng.choice(("verifier", "verifier", "coordinator"))
        return person_row(f"p{number}", role, self.rng.choice(ORGANISATIONS), self.rng.choice(SCOPES))

    def _phone(self, number: int) -> Phone:
        persons = self.rng.sample(self.persons, self.rng.choice((1, 1, 2)))
        return enrolled(
            f"d{number}",
            sorted(persons, key=lambda person: person.id),
            self.hub,
            self.rng.randbytes,
            self.now_ms,
        )
