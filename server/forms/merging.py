"""The survey column ``merge`` -> a policy that fits its question."""

from collections.abc import Sequence

from server.forms.choices import organisation_ranks
from server.forms.problems import known
from server.forms.read import Row
from sync.policies import MANUAL, Policy, policy_from

_NUMBERS = frozenset({"integer", "decimal", "range"})
_UNITS = frozenset({"unit", "unit:latest"})

# Kinds that are not here fit every question that has a field.
_TYPES_OF_KIND = {
    "cautious": frozenset({"select_one"}),
    "cautious:max": _NUMBERS,
    "cautious:min": _NUMBERS,
    "union": frozenset({"select_multiple", "image", "file", "text"}),
    "tolerance:percent": _NUMBERS,
    "tolerance:unit": _NUMBERS,
    "tolerance:metres": frozenset({"geopoint"}),
    "derived": frozenset({"calculate"}),
    "unit": frozenset({"unit"}),
    "unit:latest": frozenset({"unit"}),
}

# A sealed value can be told apart and ordered by its author, but not weighed.
_KINDS_FOR_RESTRICTED = frozenset({"manual", "latest", "authority", "union"})


def names_unit(row: Row) -> bool:
    """Whether a group is one field of its answers."""
    return row["merge"] in _UNITS


def policy_of(
    row: Row, *, type_name: str, security: str, choice_names: Sequence[str], choice_rows: tuple[Row, ...]
) -> Policy:
    """The policy of a question, ``manual`` where the cell is empty.

    Raises FormProblem where the policy is unknown or does not fit the question's type or class.
    """
    cell = row["merge"]
    if type_name == "calculate" and not cell:
        return Policy("derived")
    if type_name == "repeat":
        if cell:
            raise row.problem(
                f"repeat '{row['name']}' has merge '{cell}'. Rows always unite: leave it empty."
            )
        return MANUAL
    ranks = _ranks(row, choice_rows)
    try:
        policy = policy_from(cell, choices=choice_names, ranks=ranks)
    except ValueError as error:
        raise row.problem(f"'{row['name']}' has {error}") from error
    _check_fit(row, policy, type_name=type_name, security=security)
    return policy


def _ranks(row: Row, choice_rows: tuple[Row, ...]) -> dict[str, int]:
    """The ranks of the list that ``authority:<list>`` names; none for other policies."""
    kind, _, list_name = row["merge"].partition(":")
    if kind != "authority":
        return {}
    lists = dict.fromkeys(choice["list_name"] for choice in choice_rows)
    if list_name not in lists:
        raise row.problem(
            f"'{row['name']}' has merge policy '{row['merge']}', which names no list of the choices sheet. "
            f"Write authority:<list>. {known(list_name, lists)}"
        )
    return organisation_ranks(choice_rows, list_name)


def _check_fit(row: Row, policy: Policy, *, type_name: str, security: str) -> None:
    fitting = _TYPES_OF_KIND.get(policy.kind)
    if fitting is not None and type_name not in fitting:
        raise row.problem(
            f"'{row['name']}' has merge policy '{row['merge']}', which is for "
            f"{', '.join(sorted(fitting))}, but its type is {type_name}."
        )
    if security == "restricted" and policy.kind not in _KINDS_FOR_RESTRICTED:
        raise row.problem(
            f"'{row['name']}' is restricted and has merge policy '{row['merge']}'. "
            "Restricted answers are sealed: manual, latest, authority or union."
        )
