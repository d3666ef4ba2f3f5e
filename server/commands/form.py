"""``tapak-server form``: what is asked in the field."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
import msgspec

from server.commands.edge import as_json, now_ms, opened, print_json, print_rows, said, talk
from server.hub.errors import UsageError
from server.hub.forms import FormShelf
from server.hub.publishing import Published
from server.hub.publishing import publish as publish_form
from server.store.base import Unit
from sync.forms.model import Form
from sync.shown import time_text

if TYPE_CHECKING:
    from server.forms import Compiled, Unused


@click.group("form", help=said("server.help.form"))
def command() -> None:
    """Forms."""


@command.command("publish", help=said("server.help.form.publish"))
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pack", is_flag=True, help=said("server.help.form.pack"))
@as_json
def publish(files: tuple[Path, ...], pack: bool, json_wanted: bool) -> None:
    """Compile every file first, so that either all of them are published or none."""
    if not files and not pack:
        raise click.UsageError(said("server.error.no-files"))
    sources = _compiled(files, pack=pack)
    with opened() as server, server.store.write() as unit:
        done = [publish_form(unit, server.shelf, source.form, now_ms=now_ms()) for source in sources]
    if json_wanted:
        print_json([_published_json(*pair) for pair in zip(done, sources, strict=True)])
        return
    for one, source in zip(done, sources, strict=True):
        talk("server.form.published" if one.new else "server.form.unchanged", form=one.key)
        _talk_of_unused(source.unused)
        if one.released:
            talk("server.released", count=one.released)


@command.command("list", help=said("server.help.form.list"))
@as_json
def listed(json_wanted: bool) -> None:
    """Print every published version."""
    with opened() as server, server.store.read() as unit:
        rows = unit.catalogue.forms()
        zone = ZoneInfo(server.settings.time_zone)
    forms = [
        {
            "form": row.id,
            "version": row.version,
            "title": row.title,
            "published_at": time_text(row.published_ms, zone),
            "current": row.current,
        }
        for row in rows
    ]
    if json_wanted:
        print_json(forms)
    else:
        print_rows([(form["form"], form["version"], form["title"], form["published_at"]) for form in forms])


@command.command("diff", help=said("server.help.form.diff"))
@click.argument("subject", metavar="FORM|FILE")
@click.argument("before", required=False, metavar="[VERSION]")
@click.argument("after", required=False, metavar="[VERSION]")
@as_json
def difference(subject: str, before: str | None, after: str | None, json_wanted: bool) -> None:
    """Compare two versions, or a file with a published version (the current one unless named)."""
    # It stands beside pyxform, which takes half a second to import.
    from server.hub.form_diff import compare, drafts_open

    file = Path(subject)
    source = _compiled((file,), pack=False)[0] if file.is_file() else None
    unused = source.unused if source else ()
    with opened() as server, server.store.read() as unit:
        new = source.form if source else _published(server.shelf, unit, subject, after)
        old = _published(server.shelf, unit, new.id, before)
        concerned, drafts = compare(unit, old, new), drafts_open(unit)
    rows = [msgspec.to_builtins(each.change) | {"records": each.records} for each in concerned]
    if json_wanted:
        result = {"before": old.key, "after": new.key, "changes": rows, "drafts": drafts}
        print_json(result | {"unused": msgspec.to_builtins(unused)})
        return
    talk("server.form.compared", before=old.key, after=new.key, count=len(rows), drafts=drafts)
    _talk_of_unused(unused)
    if rows:
        print_rows([said("server.form.diff.columns").split("|"), *(list(row.values()) for row in rows)])


def _published(shelf: FormShelf, unit: Unit, form_id: str, version: str | None) -> Form:
    form = shelf.version(unit, form_id, version) if version else shelf.current(unit, form_id)
    if form is None:
        raise UsageError("server.error.form-version-unknown", form=form_id, version=version or "-")
    return form


def _published_json(done: Published, source: "Compiled") -> dict[str, Any]:
    unused = msgspec.to_builtins(source.unused)
    return {"form": done.key, "new": done.new, "released": done.released, "unused": unused}


def _talk_of_unused(unused: Sequence["Unused"]) -> None:
    """One line for all columns that are passed over."""
    if unused:
        talk("server.form.unused", columns=", ".join(_column_words(one) for one in unused))


def _column_words(one: "Unused") -> str:
    if not one.column:
        return said("server.form.unused.sheet", sheet=one.sheet)
    if one.on:
        return said("server.form.unused.group", column=one.column, count=one.rows)
    if one.sheet == "survey":
        return said("server.form.unused.column", column=one.column, count=one.rows)
    return said("server.form.unused.elsewhere", column=one.column, sheet=one.sheet, count=one.rows)


def _compiled(files: tuple[Path, ...], *, pack: bool) -> list["Compiled"]:
    # pyxform takes half a second to import; only this command needs it.
    from server.forms import FormProblem, compile_noting, library_forms

    ours = library_forms()
    sources = [(path.name, path.read_bytes()) for path in files] + (ours if pack else [])
    try:
        found = [compile_noting(source, name=name) for name, source in sources]
    except FormProblem as error:
        raise click.ClickException(str(error)) from error
    # What is passed over is told to a form's author: the pack's group labels are there for other programs.
    return [
        msgspec.structs.replace(one, unused=()) if source in ours else one
        for one, source in zip(found, sources, strict=True)
    ]
