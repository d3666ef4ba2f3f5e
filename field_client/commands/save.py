"""``tapak save``: keep what a person saw, at once and here."""

import json
import os
import sys
from typing import Any

import click

from field_client import edge, forms
from field_client.capture import Change, save
from field_client.commands.saved import told
from field_client.edge import Device, help_text
from field_client.errors import wrong_usage
from sync.forms import answers as reading
from sync.forms.echo import echo


@click.command(help=help_text("save"))
@click.argument("form")
@click.argument("answers", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--record", metavar="ID", help=help_text("save.record"))
@click.option("--area", metavar="VILLAGE", help=help_text("save.area"))
@click.option("--as", "person", metavar="PERSON", help=help_text("as"))
@click.option(
    "--json",
    "source",
    type=click.Choice(["-", ""]),
    is_flag=False,
    flag_value="",
    help=help_text("save.json"),
)
@click.pass_obj
def command(
    device: Device,
    form: str,
    answers: tuple[str, ...],
    record: str | None,
    area: str | None,
    person: str | None,
    source: str | None,
) -> None:
    """Save answers to a record; the result is JSON."""
    given = _given() if source == "-" else {}
    change = Change(
        form_id=form,
        record=record,
        area=area if area is not None else given.get("area"),
        person=person if person is not None else given.get("as"),
        typed=tuple(_pair(answer) for answer in answers),
        fields=given.get("fields", {}),
        base=tuple(given["base"]) if given.get("base") is not None else None,
        observed_on=given.get("observed_on"),
        why=given.get("why"),
    )
    saved = save(device.db, change, now_ms=edge.now_ms(), random_bytes=os.urandom)
    told(device, saved)
    _echo(device, change)


def _echo(device: Device, change: Change) -> None:
    """Say how a typed answer was understood, where that is not what was typed."""
    form = forms.current(device.db, change.form_id)
    for name, typed in change.typed:
        question = form.by_name.get(name.rpartition(".")[2]) if form is not None else None
        if form is None or question is None:
            continue
        understood = echo(form, question, reading.typed(question, typed, form), device.language)
        if understood not in ("", typed.strip()):
            device.say("client.save.understood", field=name, typed=typed, understood=understood)


def _pair(answer: str) -> tuple[str, str]:
    field, equals, text = answer.partition("=")
    if not equals or not field.rstrip(":"):
        raise wrong_usage("client.save.no-pair", answer=answer)
    return field, text


_KINDS: dict[str, type] = {
    "area": str,
    "fields": dict,
    "base": list,
    "why": str,
    "observed_on": str,
    "as": str,
}


def _given() -> dict[str, Any]:
    """The save on stdin. What it leaves out is computed."""
    data = sys.stdin.buffer.read()
    try:
        # The standard library reads lone surrogates, which are replaced at save.
        given = json.loads(data.decode("utf-8", "replace"))
    except ValueError as error:
        raise wrong_usage("client.save.no-json", reason=str(error)) from error
    if not isinstance(given, dict):
        raise wrong_usage("client.save.no-json", reason="{ } expected")
    for name, value in given.items():
        if name not in _KINDS:
            raise wrong_usage("client.save.json-key", name=name, known=", ".join(_KINDS))
        if value is not None and not isinstance(value, _KINDS[name]):
            raise wrong_usage("client.save.json-kind", name=name)
    if not all(isinstance(base_id, str) for base_id in given.get("base") or ()):
        raise wrong_usage("client.save.json-kind", name="base")
    return {name: value for name, value in given.items() if value is not None}
