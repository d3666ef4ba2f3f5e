"""Taking lines in: store, judge, fold, move the feeds; all in the caller's transaction.

Lines are stored first, whatever they stand on, and each exactly once. What may be merged is
folded into its record; every record that changed takes new positions in the feeds of all
villages that it entered, changed in, or left.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server.hub.attachments import note_attachments
from server.hub.forms import FormShelf
from server.hub.intake import Incoming, read_lines
from server.hub.merging import Merging, move_feeds
from server.store.base import LinePlace, LogRow, SecretRow, Unit
from sync.admission import UNSIGNED, Person, Sender, held_reason
from sync.chain import START, Place, follows
from sync.policies import is_sealed
from sync.revision import Malformed, Revision, Stub, read
from sync.secrets import SecretLine, may_hold_commitment, opens

CLOCK_AHEAD_MAX_MS = 600_000
"""A line written later than its receipt plus this is suspect: its clock must not decide."""

CONSOLE = "own"
SYNC = "sync"
BUNDLE = "bundle"
BUNDLE_UNSIGNED = "bundle-unsigned"
"""``via`` of a line: the console, its device, a file under its device's signature, or without it."""

Judge = Callable[[Revision | Malformed, tuple[str, ...]], str | None]
"""The reason to hold a line, given the villages of its record."""


def take_in(
    unit: Unit,
    shelf: FormShelf,
    sender: Sender,
    *,
    after: Place,
    device: str,
    lines: Sequence[Incoming],
    secrets: Iterable[SecretLine],
    now_ms: int,
    via: str = SYNC,
    trusted: bool = False,
) -> None:
    """Store a stretch of a log that follows ``after`` and merge what may be merged.

    ``device`` is the enrolled device whose log this is. Repeating is safe, and has no effect.
    ``trusted``: this server's own lines, which nobody has to judge.
    """
    known = unit.log.places([after.id, *(line.id for line in lines)])
    rows = _placed(unit, lines, known, after=after, device=device, now_ms=now_ms, via=via)
    fresh = [(row, line) for row, line in zip(rows, lines, strict=True) if _is_new(row, known)]
    judge = (lambda outcome, areas: None) if trusted else _judge(unit, shelf, sender)
    _store_and_merge(unit, shelf, fresh, secrets, judge, now_ms=now_ms)
    complete = [row.id for row, _ in fresh if row.complete]
    if complete:
        unit.log.complete_from(complete)


def take_own(unit: Unit, shelf: FormShelf, line: bytes, *, now_ms: int) -> str:
    """Append a line to the log of the server's own device; its id."""
    own = unit.log.own_device()
    if own is None:
        raise ValueError("This server has no own device yet: run 'tapak-server init'.")
    device, tip = own
    (incoming,) = read_lines(tip.id, [line])
    row = _row(incoming, device=device, seq=tip.seq + 1, complete=True, now_ms=now_ms, via=CONSOLE)
    _store_and_merge(unit, shelf, [(row, incoming)], (), lambda outcome, areas: None, now_ms=now_ms)
    unit.log.set_own_device(device, Place(row.seq, row.id))
    return row.id


def release_waiting(unit: Unit, shelf: FormShelf, *, reasons: Sequence[str], now_ms: int) -> int:
    """Judge held lines with these reasons again; how many are merged now.

    Called whenever a reason may have ended: a form was published, a device or a person
    became known.
    """
    return _judge_again(unit, shelf, unit.log.held(reasons), now_ms=now_ms)


def vouch(unit: Unit, shelf: FormShelf, root: str, ids: Iterable[str], *, now_ms: int) -> int:
    """The device ``root`` says that its log ends in these lines; how many are merged now.

    What somebody else had brought of it is its own word from here on: the chain covers every
    line before these. A line of another log on the way is not.
    """
    found = [unit.log.get(id) for end in ids for id in unit.log.held_before(end, UNSIGNED)]
    rows = {row.id: row for row in reversed(found) if row and unit.log.root_of(row.device) == root}
    return _judge_again(unit, shelf, list(rows.values()), now_ms=now_ms)


def _judge_again(unit: Unit, shelf: FormShelf, held: Sequence[LogRow], *, now_ms: int) -> int:
    merging = Merging(unit, shelf)
    rows = [(row, read(row.line)) for row in held]
    merging.open(row.record for row, _ in rows if row.record)
    judges: dict[str, Judge] = {}
    merged = 0
    for row, outcome in rows:
        if not isinstance(outcome, Revision) or row.record is None:
            continue
        root = unit.log.root_of(row.device)
        if root not in judges:
            judges[root] = _judge(unit, shelf, sender_of(unit, root))
        reason = judges[root](outcome, merging.areas(row.record))
        unit.log.set_held(row.id, reason)
        if reason is None:
            merging.absorb(row.id, outcome, suspect=row.suspect)
            merged += 1
    move_feeds(unit, merging.settle(now_ms=now_ms))
    return merged


def release(unit: Unit, shelf: FormShelf, id: str, *, now_ms: int) -> bool:
    """Merge one held line because a coordinator says so; False where there is no such line."""
    row = unit.log.get(id)
    outcome = read(row.line) if row and row.held else None
    if row is None or row.record is None or not isinstance(outcome, Revision):
        return False
    unit.log.set_held(id, None)
    merging = Merging(unit, shelf)
    merging.open([row.record])
    merging.absorb(id, outcome, suspect=row.suspect)
    move_feeds(unit, merging.settle(now_ms=now_ms))
    return True


def sender_of(unit: Unit, device_id: str, *, vouches: bool = True) -> Sender:
    """What admission asks of an enrolled device: whether it is known, and who works on it.

    ``vouches`` is false where neither its token nor its signature came with its lines.
    """
    persons = {
        person.id: Person(person.organisation, person.areas) for person in unit.people.persons_on(device_id)
    }
    return Sender(state_of(unit, device_id), persons, vouches)


def state_of(unit: Unit, device_id: str) -> str:
    """Whether a device is known, unknown or revoked."""
    device = unit.people.device(device_id)
    return "unknown" if device is None else "revoked" if device.revoked else "known"


def is_suspect(revision: Revision, *, received_ms: int) -> bool:
    """Whether the clock that a line names must not decide, as its first server finds."""
    return revision.clock_age_s is None or revision.written_ms > received_ms + CLOCK_AHEAD_MAX_MS


def _judge(unit: Unit, shelf: FormShelf, sender: Sender) -> Judge:
    def judge(outcome: Revision | Malformed, areas: tuple[str, ...]) -> str | None:
        form_known = isinstance(outcome, Revision) and shelf.known(unit, outcome.form)
        return held_reason(outcome, sender, form_known=form_known, record_areas=areas)

    return judge


def _is_new(row: LogRow, known: Mapping[str, LinePlace]) -> bool:
    """Whether a line must be stored: unknown so far, or the real line of a stub."""
    place = known.get(row.id)
    return place is None or (place.stub and not row.stub)


def _placed(
    unit: Unit,
    lines: Sequence[Incoming],
    known: Mapping[str, LinePlace],
    *,
    after: Place,
    device: str,
    now_ms: int,
    via: str,
) -> list[LogRow]:
    """Each line at its place; one that does not stand rightly there is malformed."""
    before = known.get(after.id)
    at: str | None = before.device if before else device if after == START else None
    seq = before.seq if before else after.seq
    complete = before.complete if before else after == START
    rows = []
    for line in lines:
        outcome = line.outcome
        # A stub stands for its line wherever it is put: nothing behind it must be stuck.
        rightly = isinstance(outcome, Stub) or (isinstance(outcome, Revision) and follows(at, seq, outcome))
        if rightly and not isinstance(outcome, Malformed):
            if outcome.device != (at or device):
                _adopt(unit, outcome.device, device)
            at, seq = outcome.device, outcome.seq
        else:
            at, seq = at or device, seq + 1
        rows.append(
            _row(line, device=at, seq=seq, complete=complete, now_ms=now_ms, via=via, misplaced=not rightly)
        )
    return rows


def _adopt(unit: Unit, branch: str, device: str) -> None:
    """A log goes on under another device id: it belongs to the device whose token brought it.

    Never an enrolled device's id: nobody takes over another's log by naming it.
    """
    if unit.people.device(branch) is None:
        unit.log.link(branch, unit.log.root_of(device))


def _row(
    line: Incoming, *, device: str, seq: int, complete: bool, now_ms: int, via: str, misplaced: bool = False
) -> LogRow:
    outcome = line.outcome
    revision = outcome if isinstance(outcome, Revision) and not misplaced else None
    return LogRow(
        id=line.id,
        device=device,
        seq=seq,
        previous=line.previous,
        complete=complete,
        record=revision.record if revision else None,
        form=revision.form if revision else None,
        line=line.line,
        received_ms=now_ms,
        via=via,
        held="malformed" if misplaced or isinstance(outcome, Malformed) else None,
        suspect=revision is not None and is_suspect(revision, received_ms=now_ms),
        stub=isinstance(outcome, Stub) and not misplaced,
    )


def _store_and_merge(
    unit: Unit,
    shelf: FormShelf,
    fresh: Sequence[tuple[LogRow, Incoming]],
    secrets: Iterable[SecretLine],
    judge: Judge,
    *,
    now_ms: int,
) -> None:
    merging = Merging(unit, shelf)
    merging.open(row.record for row, _ in fresh if row.record is not None)
    stored = []
    for row, line in fresh:
        held = row.held
        if row.record is not None and isinstance(line.outcome, Revision):
            held = judge(line.outcome, merging.areas(row.record))
            if held is None:
                merging.absorb(row.id, line.outcome, suspect=row.suspect)
        stored.append(row if held == row.held else msgspec.structs.replace(row, held=held))
    unit.log.append(stored)
    note_attachments(unit, zip(stored, [line.outcome for _, line in fresh], strict=True))
    merging.reopen(_keep_secrets(unit, stored, secrets, now_ms=now_ms))
    move_feeds(unit, merging.settle(now_ms=now_ms))


def _keep_secrets(
    unit: Unit, rows: Sequence[LogRow], secrets: Iterable[SecretLine], *, now_ms: int
) -> list[str]:
    """Store what lines commit to and what opens it; the merged records of newly opened answers.

    A secret that does not open its commitment is flagged and never takes the place of the
    right one; one that comes before its line waits.
    """
    promised = {
        (row.id, field): value["#"]
        for row in rows
        if row.record is not None and may_hold_commitment(row.line)
        for field, value in _values(row).items()
        if is_sealed(value)
    }
    offered = {(secret.revision, field): pair for secret in secrets for field, pair in secret.texts.items()}
    if not promised and not offered:
        return []
    ids = {revision for revision, _ in (*promised, *offered)}
    found, known = unit.log.secrets_of(ids), unit.log.places(ids)
    changed: dict[tuple[str, str], SecretRow] = {}
    for key in {**promised, **offered}:
        before = found.get(key)
        if before is None and key not in promised and key[0] in known:
            continue  # the line is here and commits to no such answer
        after, fits = _joined(key, before, promised.get(key), offered.get(key))
        if not fits:
            unit.log.raise_flag("secret-mismatch", key[0], now_ms=now_ms)
        if after != before:
            changed[key] = after
    unit.log.put_secrets(list(changed.values()))
    return _opened_records(unit, changed)


def _joined(
    key: tuple[str, str], before: SecretRow | None, promised: str | None, offered: tuple[str, str] | None
) -> tuple[SecretRow, bool]:
    """The secret row after a commitment or a secret arrived, and whether all that came fits."""
    commitment = before.commitment if before and before.commitment else promised
    kept = (
        (before.salt, before.text) if before and before.salt is not None and before.text is not None else None
    )
    pairs = [pair for pair in (kept, offered) if pair is not None]
    fitting = [pair for pair in pairs if commitment is None or opens({"#": commitment}, *pair)]
    salt, text = fitting[0] if fitting else (None, None)
    return SecretRow(*key, commitment, salt, text, bool(before and before.erased)), len(fitting) == len(pairs)


def _opened_records(unit: Unit, changed: Mapping[tuple[str, str], SecretRow]) -> list[str]:
    revisions = {
        row.revision for row in changed.values() if row.commitment is not None and row.salt is not None
    }
    lines = [unit.log.get(revision) for revision in sorted(revisions)]
    return [
        line.record for line in lines if line is not None and line.record is not None and line.held is None
    ]


def _values(row: LogRow) -> Mapping[str, Any]:
    outcome = read(row.line)
    return outcome.values if isinstance(outcome, Revision) else {}
