"""The order of the day: a server, devices, scenes, a report, a decision, an export, and what is next."""

import csv
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.field_day import report
from deploy.field_day.cast import CAST, COORDINATOR_OF, OBSERVER, VERIFIERS, Role
from deploy.field_day.commands import CommandFailed, short
from deploy.field_day.entries import MONDAY, THURSDAY, TODAY
from deploy.field_day.notebook import Notebook
from deploy.field_day.office import HOST, Office, Serving, free_port
from deploy.field_day.phones import Phone
from deploy.field_day.report import Finding
from deploy.field_day.scenes import SCENES, Day, decision, phones_in
from deploy.field_day.screen import Screen
from field_client.settings import TIME_ZONE

AREAS = Path(__file__).resolve().parents[2] / "server/data/areas_62.csv"


def day(data: Path, screen: Screen, *, port: int, serve: bool) -> None:
    """Play what has not been played, tell what came of it, and serve.

    Raises CommandFailed, CommandProblem, StoreProblem; KeyboardInterrupt at Ctrl-C. Whatever
    ends it: the stores are whole, the server is stopped, and the next run goes on.
    """
    data.mkdir(parents=True, exist_ok=True)
    alone = _alone(data, screen)
    notebook = Notebook(data / "scenes.json")
    office = Office(data / "server")
    again = notebook.did("day")
    screen.put(screen.text("again" if again else "title", data=short(data)), depth=0)
    chosen = free_port(port)
    if chosen != port and port:
        screen.say("port-taken", port=port, chosen=chosen)
    people = _prepare(office, notebook, screen, url=f"http://{HOST}:{chosen}")
    with ExitStack() as stack:
        stack.callback(alone.close)
        serving = stack.enter_context(office.serving(chosen))
        phones = _devices(data / "phones", office, people, screen, serving.url)
        for phone in phones.values():
            stack.callback(phone.close)
        today = Day(phones, notebook, screen, serving.url, _dates(notebook))
        if again:
            _continue(today, people)
        else:
            _play(today, people)
            notebook.once("day", lambda: None)
        waiting = _findings(today, waiting=True)
        _totals(office, today, waiting)
        _export(office, data, screen)
        _next_steps(office, data, screen, serving, waiting, people, serve=serve)
        if serve:
            serving.wait()


def _alone(data: Path, screen: Screen) -> sqlite3.Connection:
    """Two runs in one folder would play everything twice. The lock ends with the process, however it ends.

    Raises CommandFailed where another run is going on.
    """
    lock = sqlite3.connect(data / "running.lock", timeout=0)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise CommandFailed(screen.text("running", data=short(data))) from error
    return lock


def _prepare(office: Office, notebook: Notebook, screen: Screen, *, url: str) -> Mapping[str, str]:
    """A server with areas, forms and people; ``{key: person id}``."""
    if not notebook.did("server"):
        screen.title("server")
        for key, words in (
            ("passing.init", ("init", "--url", url, "--practice")),
            ("passing.areas", ("area", "load", short(AREAS))),
            ("passing.forms", ("form", "publish", "--pack")),
        ):
            screen.command(office.line(*words))
            screen.passing(key)
            office.run(*words)
    people = {}
    for role in CAST:
        screen.passing("passing.person", name=role.name)
        people[role.key] = office.person(role.name, _added(role))
    if not notebook.did("server"):
        screen.command(office.line(*_added(CAST[0])))
        screen.say("server.people", count=len(people), organisations=len({one.organisation for one in CAST}))
    notebook.once("server", lambda: None)
    return people


def _added(role: Role) -> list[str]:
    """The words that add a person."""
    areas = [word for area in role.areas for word in ("--area", area)]
    return ["person", "add", role.name, "--role", role.role, "--organisation", role.organisation, *areas]


def _devices(
    folder: Path, office: Office, people: Mapping[str, str], screen: Screen, url: str
) -> dict[str, Phone]:
    """Every device, enrolled, with the address of this run's server."""
    folder.mkdir(exist_ok=True)
    phones = phones_in(folder)
    fresh = 0
    for role in CAST:
        phone = phones.setdefault(role.key, Phone(folder / role.key))
        if phone.enrolled():
            continue
        screen.passing("passing.enrol", device=role.device)
        issued = office.json("enrol", "issue", people[role.key])
        if not fresh:
            screen.title("devices")
            screen.command(office.line("enrol", "issue", people[role.key]))
            screen.command(phone.line("enrol", url, issued["code"], "--name", role.device))
        phone.enrol(url, issued["code"], role.device)
        fresh += 1
    if fresh:
        screen.say("devices.enrolled", count=fresh)
    for phone in phones.values():
        phone.serves(url)
        if not phone.equipped():
            phone.syncs()
    return phones


def _dates(notebook: Notebook) -> dict[str, date]:
    """The days of the story: of the week in which it was begun."""
    begun = notebook.value("date", lambda: datetime.now(ZoneInfo(TIME_ZONE)).date().isoformat())
    today = date.fromisoformat(begun)
    # The last Thursday before today, so that it is another day than today.
    thursday = today - timedelta(days=(today.weekday() - 4) % 7 + 1)
    return {MONDAY: thursday - timedelta(days=3), THURSDAY: thursday, TODAY: today}


def _play(today: Day, people: Mapping[str, str]) -> None:
    """The scenes that have not been played, the report, and one decision."""
    screen, notebook = today.screen, today.notebook
    for number, (name, scene) in enumerate(SCENES, start=1):
        if not notebook.did(f"scene:{name}"):
            screen.title(f"{name}.title", number=number)
            scene(today)
            notebook.once(f"scene:{name}", lambda: None)
    _report(today, people, waiting=False)
    _report(today, people, waiting=True)
    screen.title("decision.title")
    decision(today)


def _report(today: Day, people: Mapping[str, str], *, waiting: bool) -> None:
    found = _findings(today, waiting=waiting)
    names = {people[role.key]: role.name for role in CAST}
    today.screen.title("report.waiting" if waiting else "report.settled", count=len(found))
    report.tell(today.screen, found, names)


def _findings(today: Day, *, waiting: bool) -> list[Finding]:
    """What people differ on, as the device shows it that sees both regencies."""
    return [one for one in report.findings(today[OBSERVER].db, today.screen) if one.waits == waiting]


def _continue(today: Day, people: Mapping[str, str]) -> None:
    """A later run: every device exchanges, and nothing is played twice."""
    today.screen.title("today.title")
    reports = today.sync(*today.phones)
    today.screen.say(
        "today.synced",
        devices=len(reports),
        sent=sum(one.sent for one in reports),
        received=sum(one.received for one in reports),
    )
    _report(today, people, waiting=True)


def _totals(office: Office, today: Day, waiting: list[Finding]) -> None:
    """Whether anything was lost: what the devices saved, against what the server has."""
    saved: set[str] = set()
    received: set[str] = set()
    for phone in today.phones.values():
        mine, there = phone.lines()
        saved |= mine
        received |= there
    broken = office.json("verify")
    today.screen.title("totals.title")
    today.screen.say("totals.lines", saved=len(saved), received=len(received & saved), broken=len(broken))
    today.screen.say("totals.waiting" if waiting else "totals.none-waiting", count=len(waiting))


def _export(office: Office, data: Path, screen: Screen) -> None:
    output = data / "lahan.csv"
    words = ("export", "lahan", "--format", "csv", "--output", short(output))
    office.run(*words)
    with output.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    screen.command(office.line(*words))
    screen.say("export.done", path=short(output), rows=rows)


def _next_steps(
    office: Office,
    data: Path,
    screen: Screen,
    serving: Serving,
    waiting: list[Finding],
    people: Mapping[str, str],
    *,
    serve: bool,
) -> None:
    """Commands that can be pasted into a second terminal while the server runs."""
    screen.title("next.title")
    if serve:
        screen.say("next.address", url=serving.url)
    screen.command(office.line("conflicts"))
    open_one = next((found for found in waiting if found.head_to_choose), None)
    if open_one is not None:
        reason = screen.text("next.reason")
        coordinator = people[COORDINATOR_OF[open_one.regency]]
        choice = ("--head", open_one.head_to_choose, "--reason", reason, "--as", coordinator)
        screen.command(office.line("resolve", open_one.record, open_one.field, *choice))
        screen.command(office.line("record", "show", open_one.record, "--history"))
    screen.command(office.line("export", "gerai", "--format", "csv", "--output", short(data / "gerai.csv")))
    phone = Phone(data / "phones" / VERIFIERS[0])
    answers = ("lahan", "--area", "62.02.01.2003", "sebutan_lahan=Lapangan RT 5", "sengketa=?")
    screen.command(phone.line("save", *answers))
    screen.command(phone.line("sync"))
    if serve:
        screen.say("next.stop")
