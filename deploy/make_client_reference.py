"""Writes ``docs/reference/commands-client.md`` from the help of ``tapak``.

Run it after a change of a command::

    python deploy/make_client_reference.py

With ``--check`` it writes nothing and fails where the page is not what the code says.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands-client.md"

HEAD = """# Commands of tapak

Written by `deploy/make_client_reference.py`; do not edit.

`tapak --home DIR COMMAND …` works on the device in a folder; without `--home` (or `TAPAK_HOME`) in the
one of the user. Only `enrol`, `sync` and `agent` need a network. Results stand on stdout, talk on
stderr. Exit codes: `0` done (`save` whenever it was stored), `1` failed, `2` wrong usage, `3` done, but
this run left something for a person (`sync`: a new conflict or held save; `doctor`: advice). Help and
talk are in Indonesian, with `TAPAK_LANGUAGE=en` in English.

"""

JSON = {
    "enrol": '{"device","person","name","role","organisation","scope","server","forms","areas"}',
    "save": '{"record","revision","flags":[{"field","code","message"}]}',
    "delete": '{"record","revision","flags"}',
    "undelete": '{"record","revision","flags"}',
    "move": '{"record","revision","flags"}',
    "resolve": '{"record","revision","flags"}',
    "list": '[{"record","form","areas","deleted","conflicts","unsent"}]',
    "show": (
        '{"record","form","form_version","areas","deleted","unsent","outside","ids","flags","held",\n'
        ' "fields":{NAME:{"shown","conflict","heads":[{"id","value","person","organisation","saved_at",'
        '"observed_on"}]}},\n'
        ' "history":[{"revision","seq","person","organisation","form","saved_at","observed_on","why","state",'
        '"fields"}]}'
    ),
    "conflicts": '[{"record","form","field","heads"}]',
    "sync": (
        '{"sent","received","held":[{"id","why"}],"conflicts","have":[s,id],"durable":[s,id],'
        '"attachments_left","carried_left"}'
    ),
    "bundle export": '{"file","lines","numbers":[{"device","from","to"}],"photos","left_sealed","bytes"}',
    "bundle import": (
        '{"sha256","carried","again","whole","numbers":[{"device","from","to"}],"photos","receipts"}'
    ),
    "status": (
        '{"device","server","persons","saved","sent","received","unsent","oldest_unsent_s",\n'
        ' "attachments":{"left","bytes_left"},"carried_left",\n'
        ' "carried":[{"sha256","file","owner","bytes","state","whole","old_phone","numbers"}],\n'
        ' "old_phones":[{"device","name","saved","waiting":[[from,to]],"missing":[[from,to]]}],\n'
        ' "receipt":{"have":[s,id],"durable":[s,id],"made_at"}}'
    ),
    "doctor": '[{"check","passed","text",…}]',
}
"""Shapes of the results: part of the contract, so they are written down and not derived."""


def page() -> str:
    """Every command, from its own help."""
    import click

    from field_client.main import tapak

    context = click.Context(tapak, info_name="tapak")
    commands = [(name, tapak.get_command(context, name)) for name in tapak.list_commands(context)]
    return HEAD + "\n".join(
        _command(name, command, context)
        for parent, group in commands
        for name, command in [(parent, group), *_parts(parent, group)]
    )


def _parts(parent: str, command: Any) -> list[tuple[str, Any]]:
    """The commands of a group, in the order in which they were written."""
    return [(f"{parent} {name}", part) for name, part in getattr(command, "commands", {}).items()]


def _command(name: str, command: Any, context: Any) -> str:
    sentence, _, example = command.help.partition("\n\n\b\nExample:\n")
    words = [word for word in command.collect_usage_pieces(context) if word != "[OPTIONS]"]
    shown = "\n".join(line.strip() for line in example.splitlines())
    parts = [f"## {' '.join([name, *words])}\n", f"{sentence}\n", f"```\n{shown}\n```\n"]
    if options := "\n".join(f"- {line}" for line in _options(command)):
        parts.append(options + "\n")
    if name in JSON:
        parts.append(f"```\n{JSON[name]}\n```\n")
    return "\n".join(parts)


def _options(command: Any) -> Iterator[str]:
    import click

    for option in command.params:
        if isinstance(option, click.Option):
            value = "" if option.is_flag else f" {option.metavar or '-'}"
            needed = " Needed." if option.required else ""
            yield f"`{option.opts[0]}{value}`: {option.help}{needed}"


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` say whether it is up to date."""
    text = page()
    if "--check" not in arguments:
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print(f"not up to date: {PAGE.name}. Write anew: python deploy/make_client_reference.py")
    return 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ["TAPAK_LANGUAGE"] = "en"
    sys.exit(main(sys.argv[1:]))
