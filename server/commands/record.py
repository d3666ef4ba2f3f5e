"""``tapak-server record``: what is known of a parcel, an outlet, a cooperative."""

from typing import Any
from zoneinfo import ZoneInfo

import click

from server.commands.edge import as_json, language, now_ms, opened, print_json, print_rows, said
from server.hub.areas import naming
from server.hub.exchange import reader_of
from server.hub.people import known_person
from server.hub.records import history_json, record_json, rows_of, see, seen_record, summary_json


@click.group("record", help=said("server.help.record"))
def command() -> None:
    """Records."""


@command.command("show", help=said("server.help.record.show"))
@click.argument("record")
@click.option("--as", "person", metavar="PERSON", help=said("server.help.record.as"))
@click.option("--history", is_flag=True, help=said("server.help.record.history"))
@as_json
def show(record: str, person: str | None, history: bool, json_wanted: bool) -> None:
    """Print one record."""
    with opened() as server, server.store.read() as unit:
        zone = ZoneInfo(server.settings.time_zone)
        reader = reader_of([known_person(unit, person)]) if person else None
        seen = seen_record(unit, server.shelf, record, reader)
        if seen is None:
            raise click.ClickException(said("server.error.record-unknown", record=record))
        shown = record_json(unit, seen, zone, language=language(), now_ms=now_ms())
        if history:
            shown["history"] = history_json(unit, record, zone)
        place = naming(unit, said)
        places = [place(village) for village in shown["areas"]]
    if json_wanted:
        print_json(shown)
    else:
        _print_record(shown, places)


@command.command("list", help=said("server.help.record.list"))
@click.option("--form", "form_id", metavar="FORM", help=said("server.help.option.form"))
@click.option("--area", metavar="CODE", help=said("server.help.option.area"))
@click.option("--orphans", is_flag=True, help=said("server.help.record.orphans"))
@as_json
def listed(form_id: str | None, area: str | None, orphans: bool, json_wanted: bool) -> None:
    """Print records."""
    with opened() as server, server.store.read() as unit:
        rows = unit.records.orphans() if orphans else rows_of(unit, form_id, area)
        records = [summary_json(see(unit, server.shelf, row, None)) for row in rows]
        place = naming(unit, said)
        places = [", ".join(place(village) for village in one["areas"]) for one in records]
    if json_wanted:
        print_json(records)
    else:
        pairs = zip(records, places, strict=True)
        print_rows([(one["record"], one["form"], where, one["conflicts"]) for one, where in pairs])


def _print_record(shown: dict[str, Any], places: list[str]) -> None:
    click.echo(f"{shown['record']}  {shown['form']}/{shown['form_version']}  {', '.join(places)}")
    rows = []
    for name, field in shown["fields"].items():
        organisations = sorted({head["organisation"] for head in field["heads"]})
        saved_at = max(head["saved_at"] for head in field["heads"])
        rows.append(("!" if field["conflict"] else " ", name, field["shown"], organisations, saved_at))
    print_rows(rows)
    for line in shown.get("history", ()):
        click.echo(
            f"{line['received_at']}  {line['id']}  {line.get('person', '-')}  {line['held'] or ''}".rstrip()
        )
