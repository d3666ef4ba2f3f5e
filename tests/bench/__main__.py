"""``python -m tests.bench``: prints the table; exit code 1 where a figure misses its limit."""

import importlib
import os
import sys
import tempfile
from pathlib import Path

import click

from tests.bench.plan import FULL, QUICK, Run, progress
from tests.bench.table import as_json, rendered

PARTS = ("wire", "device", "ingest", "pull", "flat", "export", "console")
WHEN_NAMED = ("restore",)
"""Parts that take so long that they run only where they are asked for."""

BUSY_LOAD = 0.5


@click.command(
    help="Measure Tapak against its limits.\n\nExample: python -m tests.bench --only ingest --quick"
)
@click.option(
    "--only", type=click.Choice(PARTS + WHEN_NAMED), multiple=True, help="One part; may be repeated."
)
@click.option("--quick", is_flag=True, help="A look in 90 s instead of a measurement in 10 minutes.")
@click.option("--json", "json_wanted", is_flag=True, help="The rows as JSON.")
def main(only: tuple[str, ...], quick: bool, json_wanted: bool) -> None:
    """Run the parts one after the other, in one process, and print one table."""
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if busy > BUSY_LOAD:
        click.echo(f"Other programs are running (load {busy:.1f}): rates will be too low.", err=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="tapak-bench-") as folder:
        run = Run(QUICK if quick else FULL, Path(folder), progress)
        for part in only or PARTS:
            rows += importlib.import_module(f"tests.bench.{part}").rows(run)
    progress("")
    click.echo(as_json(rows) if json_wanted else rendered(rows))
    sys.exit(any(row.verdict == "FAIL" for row in rows))


if __name__ == "__main__":
    main()
