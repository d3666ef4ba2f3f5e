"""What all tests share: Hypothesis profiles, a printed seed, a loud word for what did not run."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

Needs = Callable[..., None]

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# A loaded laptop is slow without anything being wrong: neither a deadline nor slow data
# generation says something about Tapak.
_shared = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", _shared, max_examples=100)
settings.register_profile("ci", _shared, max_examples=300)
settings.load_profile("ci" if IN_CI else "dev")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed here, once, so that it can be printed and every worker process shares it."""
    if config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = str(random.SystemRandom().randrange(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("hypothesis_seed")
    return f"hypothesis seed: {seed} (the same run again: --hypothesis-seed={seed})"


@pytest.fixture
def needs() -> Needs:
    """``needs("PostgreSQL: no initdb here", shutil.which("initdb"))`` ends a test that cannot run.

    Such a test is named in the last line of the run; where CI is set, the run fails.
    """

    def needs_or_is_not_run(reason: str, found: object = None) -> None:
        if not found:
            pytest.skip(reason)

    return needs_or_is_not_run


def pytest_sessionfinish(session: pytest.Session) -> None:
    if IN_CI and session.exitstatus == pytest.ExitCode.OK and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last line of a run says what it does not prove."""
    reasons = _not_run(config)
    if reasons:
        where = " (a failure, because CI is set)" if IN_CI else ""
        print(f"NOT RUN{where}: {'; '.join(reasons)}")


def _not_run(config: pytest.Config) -> list[str]:
    """Why tests were skipped, each reason once, with the number of its tests."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker process of xdist: its controller reports
        return []
    counts: dict[str, int] = {}
    for report in reporter.stats.get("skipped", []):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        counts[reason] = counts.get(reason, 0) + 1
    return [f"{reason} ({count})" for reason, count in sorted(counts.items())]
