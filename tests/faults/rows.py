"""Which rows there are, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults import (
    bad_networks,
    client_killed,
    copies,
    crowd,
    cut_links,
    duplicates,
    full_disk,
    photo_resume,
    power_cut,
    server_killed,
    slow_link,
    strace,
)
from tests.faults.stage import Stage


@dataclass(frozen=True)
class Row:
    """A row of docs/reference/promises.md: what is tried, and what it needs of the machine.

    ``alone``: it measures time, so nothing runs beside it in the long form.
    """

    row: str
    what: str
    run: Callable[[Stage], str]
    reason: str = ""
    can_run: Callable[[], bool] = lambda: True
    alone: bool = False

    @property
    def name(self) -> str:
        """As it stands in reports."""
        return f"{self.row} {self.what}"


def _by_strace(row: str, what: str, run: Callable[[Stage], str]) -> Row:
    return Row(row, what, run, strace.NOT_RUN, strace.can_inject)


ROWS = (
    _by_strace("A4", "client killed at system calls", client_killed.at_system_calls),
    _by_strace("A5", "server killed at system calls", server_killed.at_system_calls),
    Row("A4", "client killed at random moments", client_killed.at_random_moments),
    Row("A5", "server killed at random moments", server_killed.at_random_moments),
    _by_strace("A6", "power cut of a device", power_cut.of_a_device),
    _by_strace("A6", "power cut of the server", power_cut.of_a_server),
    Row("A7", "TCP cut at each KiB", cut_links.each_kib),
    Row("A8", "duplicates", duplicates.every_push_again),
    Row("A9", "photo resumed", photo_resume.twenty_cuts),
    Row("A10", "device without room", full_disk.of_a_device),
    Row("A10", "server without room", full_disk.of_a_server),
    Row("A11", "flipped bits", copies.flipped_bits),
    Row("A13", "cloned phone", copies.cloned_phone),
    Row("A15", "crowd", crowd.everybody_at_once, alone=True),
    Row("A16", "slow phones", crowd.slow_phones, alone=True),
    Row("A17", "2G", slow_link.village, alone=True),
    Row("net", "login pages, gateways, swallowed answers, late bodies", bad_networks.stories),
)
