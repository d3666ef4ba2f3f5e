"""Writes the pages of ``docs/reference/`` that say what the server is asked, set and answers.

Run it after a change of a command, a setting, a problem or a route::

    python deploy/make_server_reference.py

With ``--check`` it writes nothing and fails where a page is not what the code says.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
DONE = "Written by `deploy/make_server_reference.py`; do not edit.\n"

EXIT_CODES = """
Results stand on stdout, talk on stderr. Exit codes: `0` done, `1` failed, `2` wrong usage, `3` done,
but something waits for a person (`verify` found something, `doctor` advises something). Help and talk
are in Indonesian, with `TAPAK_LANGUAGE=en` in English.
"""


def commands_page() -> str:
    """Every command of ``tapak-server``, from its own help."""
    import click

    from server.main import main

    parts = ["# Commands of tapak-server\n", DONE + EXIT_CODES]
    context = click.Context(main, info_name="tapak-server --data DIR")
    for name, command in commands_of(main, context):
        parts.append(_command(name, command, context))
    return "\n".join(parts)


def commands_of(group: Any, context: Any) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "commands"):
            yield from ((f"{name} {sub}", child) for sub, child in command.commands.items())
        else:
            yield name, command


def _command(name: str, command: Any, context: Any) -> str:
    sentence, _, example = command.help.partition("\n\nExample:\n\n\b\n")
    words = " ".join(command.collect_usage_pieces(context))
    options = "\n".join(f"- {line}" for line in _options(command))
    usage = f"{name} {words}".replace("[OPTIONS] ", "").replace("[OPTIONS]", "").strip()
    shown = "\n".join(line.strip() for line in example.splitlines())
    return f"## {usage}\n\n{sentence}\n\n```\n{shown}\n```\n" + (f"\n{options}\n" if options else "")


def _options(command: Any) -> Iterator[str]:
    import click

    for option in command.params:
        if isinstance(option, click.Option):
            value = (
                ""
                if option.is_flag
                else f" {option.metavar or option.type.get_metavar(option, None) or option.type.name.upper()}"
            )
            needed = " Needed." if option.required else ""
            given = f" Default: `{option.default}`." if option.show_default and not option.is_flag else ""
            yield f"`{option.opts[0]}{value}`: {option.help or 'File format.'}{needed}{given}"


def settings_page() -> str:
    """Every setting, from its table."""
    import msgspec

    from server.settings import FILE_NAME, Settings, variable_of

    rows = [
        "# Settings of the server\n",
        DONE,
        f"A value comes from the environment, else from `{FILE_NAME}` in the data folder, else it is the",
        "default. A name that is not in this table is refused, so that a slip is noticed.\n",
        "| setting | variable | default | |",
        "|---|---|---|---|",
    ]
    shapes = {field.name: field for field in msgspec.inspect.type_info(Settings).fields}  # type: ignore[attr-defined]
    for field in msgspec.structs.fields(Settings):
        described = shapes[field.name].type
        about = described.extra_json_schema["description"]
        default = str(field.default).lower() if isinstance(field.default, bool) else field.default
        rows.append(f"| `{field.name}` | `{variable_of(field.name)}` | `{default}` | {about} |")
    return "\n".join(rows) + "\n"


def problems_page() -> str:
    """Every problem, from the catalogue."""
    from server.problems import PROBLEMS

    rows = [
        "# Problems\n",
        DONE,
        "Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`,",
        "`code` and, beside them, its details. `code` never changes; clients decide by it. Nothing that a",
        "device saved is refused: what cannot be merged yet is held, and named in `held` of the answer.\n",
        "| code | status | title | detail |",
        "|---|---|---|---|",
    ]
    names = {"max": "{max}", "reason": "{reason}", "url": "{url}"}
    for code, problem in PROBLEMS.items():
        rows.append(f"| `{code}` | {problem.status} | {problem.title} | {problem.detail(names)} |")
    return "\n".join(rows) + "\n"


def http_page() -> str:
    """Every route, from the OpenAPI document."""
    from flask import Flask

    from server.api import catalogue, enrol, health, metrics, openapi, records, sync
    from server.api.openapi import document_of

    app = Flask("server", static_folder=None)
    for module in (sync, enrol, catalogue, records, health, metrics, openapi):
        app.register_blueprint(module.blueprint)
    parts = [
        "# HTTP\n",
        DONE,
        "`GET /v1/openapi.json` gives the same, with the shape of every body. A route with *token* needs",
        "`Authorization: Bearer <token>` of an enrolled device, and answers within the scope of its persons;",
        "what lies outside it is answered like what does not exist. Problems are explained in",
        "[problems](problems.md), the lines of `/v1/sync` in [the wire](wire-format.md).\n",
    ]
    for path, verbs in document_of(app)["paths"].items():
        parts += [_route(path, verb, described) for verb, described in verbs.items()]
    return "\n".join(parts)


def _route(path: str, verb: str, described: dict[str, Any]) -> str:
    query = [one["name"] for one in described["parameters"] if one["in"] == "query"]
    answer = described["responses"]["200"]
    lines = [f"## {verb.upper()} {path}\n", described["summary"] + "\n"]
    lines.append(f"- needs: {_needs(described['security'])}")
    if query:
        lines.append(f"- query: {', '.join(f'`{name}`' for name in query)}")
    if "requestBody" in described:
        ((kind, body),) = described["requestBody"]["content"].items()
        lines.append(f"- body: `{kind}`. {body['schema'].get('description', '')}".rstrip())
    ((kind, _),) = answer["content"].items()
    said = "" if answer["description"] == "Done." else f" {answer['description']}"
    lines.append(f"- answer: `{kind}`.{said}")
    problems = [one["description"] for status, one in described["responses"].items() if status != "200"]
    if problems:
        lines.append(f"- problems: {', '.join(problems)}")
    return "\n".join(lines) + "\n"


def _needs(security: list[dict[str, Any]]) -> str:
    if not security:
        return "nothing"
    return "token" if "device" in security[0] else "`Authorization: Bearer` with the setting `metrics_token`"


PAGES: dict[str, Callable[[], str]] = {
    "commands-server.md": commands_page,
    "settings.md": settings_page,
    "problems.md": problems_page,
    "http.md": http_page,
}


def main(arguments: list[str]) -> int:
    """Write every page, or with ``--check`` name those that are not up to date."""
    stale = []
    for name, page in PAGES.items():
        target, text = FOLDER / name, page()
        if "--check" in arguments:
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            target.write_text(text, encoding="utf-8")
    if stale:
        print(f"not up to date: {', '.join(stale)}. Write anew: python deploy/make_server_reference.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ["TAPAK_LANGUAGE"] = "en"
    sys.exit(main(sys.argv[1:]))
