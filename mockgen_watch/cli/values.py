"""Takes a value of a record; gives how people see it in one line, and how JSON holds it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.digest import canonical
from mockgen_watch.workflow.changes.cells import Absent

if TYPE_CHECKING:
    from typing import TypeAlias

    from mockgen_watch.spec.document import Json

PlainJson: TypeAlias = "None | bool | int | float | str | list[PlainJson] | dict[str, PlainJson]"

LONGEST = 60
"""Characters of a value that are shown; more are cut."""


def shown_value(value: Json | Absent) -> str:
    """Return ``value`` as JSON in one line, cut to ``LONGEST`` characters."""
    if isinstance(value, Absent):
        return "(absent)"
    text = escape_for_terminal(
        str(value)
        if isinstance(value, Decimal)
        else canonical(value).decode("utf-8", "backslashreplace")
    )
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def plain_json(value: Json) -> PlainJson:
    """Return ``value`` as ``json.dumps`` takes it; a Decimal becomes a float or an integer."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list) else value


def json_value(name: str, value: Json | Absent) -> dict[str, PlainJson]:
    """Return ``{name: value}``, and nothing for a value that is not there."""
    return {} if isinstance(value, Absent) else {name: plain_json(value)}
