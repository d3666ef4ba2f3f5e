"""``tapak bundle``: saved work as a file that somebody carries, and files that this device carries."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from field_client import bundles, carrying, edge
from field_client.bundles import Exported
from field_client.carrying import Taken
from field_client.commands.carried import numbers_json, numbers_text
from field_client.edge import Device, help_text, put_json


@click.group(help=help_text("bundle"))
def command() -> None:
    """Two directions."""


@command.command("export", help=help_text("bundle.export"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--since-receipt", is_flag=True, help=help_text("bundle.since-receipt"))
@click.option("--without-photos", is_flag=True, help=help_text("bundle.without-photos"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def export_file(device: Device, file: Path, since_receipt: bool, without_photos: bool, as_json: bool) -> int:
    """Write what this device saved into a file."""
    plan = bundles.planned(device.db, since_receipt=since_receipt, with_photos=not without_photos)
    if not plan.steps:
        device.say("client.bundle.nothing")
        if as_json:
            put_json({"file": None, "lines": 0, "numbers": [], "photos": 0, "left_sealed": 0, "bytes": 0})
        return 0
    with _progress(plan.steps) as on_step:
        exported = bundles.export(
            device.db, device.attachments, plan, file, made_ms=edge.now_ms(), on_step=on_step
        )
    _tell_export(device, exported, file)
    if as_json:
        put_json(
            {
                "file": str(file),
                "lines": exported.lines,
                "numbers": [numbers_json(numbers) for numbers in exported.numbers],
                "photos": exported.photos,
                "left_sealed": exported.left_sealed,
                "bytes": exported.size_bytes,
            }
        )
    return edge.NEEDS_A_PERSON if exported.photos_damaged else 0


def _tell_export(device: Device, exported: Exported, file: Path) -> None:
    megabytes = f"{exported.size_bytes / 1_000_000:.1f}"
    device.say(
        "client.bundle.exported",
        file=file,
        count=exported.lines,
        photos=exported.photos,
        megabytes=megabytes,
    )
    if exported.left_sealed:
        device.say("client.bundle.left-sealed", count=exported.left_sealed)
    if exported.photos_damaged:
        device.say("client.bundle.photos-damaged", count=exported.photos_damaged)


@command.command("import", help=help_text("bundle.import"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--take-over", is_flag=True, help=help_text("bundle.take-over"))
@click.option("--json", "as_json", is_flag=True, help=help_text("json"))
@click.pass_obj
def import_file(device: Device, file: Path, take_over: bool, as_json: bool) -> int:
    """Keep a file here until it is safe with the server."""
    taken = carrying.take_in(device.db, device.carried, file, take_over=take_over, now_ms=edge.now_ms())
    _tell_import(device, taken, take_over)
    if as_json:
        put_json(
            {
                "sha256": taken.sha256,
                "carried": taken.kept,
                "again": taken.again,
                "whole": taken.content.whole,
                "numbers": [numbers_json(numbers) for numbers in taken.content.numbers],
                "photos": taken.content.photos,
                "receipts": len(taken.content.receipts),
            }
        )
    return 0 if taken.content.whole else edge.NEEDS_A_PERSON


def _tell_import(device: Device, taken: Taken, take_over: bool) -> None:
    content = taken.content
    if taken.again:
        device.say("client.bundle.again")
    elif taken.kept:
        key = "client.bundle.taken-over" if take_over else "client.bundle.carried"
        device.say(
            key, lines=numbers_text(device, content.numbers, content.manifest.name), photos=content.photos
        )
    else:
        device.say("client.bundle.receipts-only", count=len(content.receipts))
    if not content.whole:
        device.say("client.bundle.cut")


@contextmanager
def _progress(steps: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, silence in a pipe."""
    with click.progressbar(length=steps, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        yield lambda: bar.update(1)
