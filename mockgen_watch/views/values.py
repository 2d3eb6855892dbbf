"""Values: on one line for people, as JSON for programs, and where one comes from."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from mockgen_watch.canonical import canonical
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.rules.values import Missing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.git.history import Blame
    from mockgen_watch.spec.document import Json
    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.workflow.changes import CellChange
    from mockgen_watch.workflow.why import Explanation

PlainJson: TypeAlias = "None | bool | int | float | str | list[PlainJson] | dict[str, PlainJson]"

LONGEST: Final = 60
"""Characters of a value that are shown; more are cut."""


def shown_value(value: Json | Missing) -> str:
    """Return ``value`` as JSON on one line, cut to ``LONGEST`` characters."""
    if isinstance(value, Missing):
        return "(absent)"
    text = str(value) if isinstance(value, Decimal) else _text(value)
    return cut(escape_for_terminal(text), LONGEST)


def shown_json(value: Json, longest: int) -> str:
    """Return ``value`` as canonical JSON on one line, cut to ``longest`` characters."""
    return cut(escape_for_terminal(canonical(value).decode("utf-8", "replace")), longest)


def _text(value: Json) -> str:
    return canonical(value).decode("utf-8", "backslashreplace")


def cut(text: str, longest: int) -> str:
    """Return ``text``, cut to ``longest`` characters, the last of which is then an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plural(noun: str, number: int) -> str:
    """Return ``noun``, with an s unless it is one."""
    return noun if number == 1 else f"{noun}s"


def counted(number: int, noun: str) -> str:
    """Return ``1 record`` or ``2 records``."""
    return f"{number} {plural(noun, number)}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows of equal length as lines, escaped, with their columns below each other."""
    rows = [[escape_for_terminal(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def json_text(data: object) -> str:
    """Return ``data`` as indented JSON, without a line end."""
    return json.dumps(data, indent=2, ensure_ascii=False)


def plain_json(value: Json) -> PlainJson:
    """Return ``value`` as ``json.dumps`` takes it; a Decimal becomes a float or an integer."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list) else value


def json_sides(before: Json | Missing, after: Json | Missing) -> dict[str, PlainJson]:
    """Return ``before`` and ``after`` of a change, without the one that is absent."""
    sides = {"before": before, "after": after}
    return {
        name: plain_json(value) for name, value in sides.items() if not isinstance(value, Missing)
    }


def cell_data(change: CellChange) -> dict[str, object]:
    """Return one changed value of a record as data."""
    sides = json_sides(change.before, change.after)
    return {"record": change.record, "pointer": change.pointer, **sides}


def explanation_data(why: Explanation, blame: Blame | None) -> dict[str, object]:
    """Return where a value comes from, as data; ``blame`` is None outside of Git."""
    since = None
    if blame is not None:
        since = {
            "commit": blame.commit or None,
            "author": blame.author,
            "date": blame.date,
            "subject": blame.subject,
        }
    return {
        "pointer": why.pointer,
        "present": why.is_present,
        "value": plain_json(why.value),
        "scenario": why.scenario,
        "labels": [{key: plain_json(item) for key, item in label.items()} for label in why.labels],
        "origin": {
            "kind": why.choice.origin.kind.value,
            "name": why.choice.origin.name,
            **location_data(why.choice.origin.location),
        },
        "since": since,
        "choice": why.choice.text,
        "notes": list(why.choice.notes),
        "odds": [
            {"value": plain_json(odds.value), "share": float(odds.share)}
            | location_data(odds.location)
            for odds in why.choice.odds
        ],
        "steps": [
            {"role": step.role.value, "name": step.name, "text": step.text}
            | location_data(step.location)
            for step in why.steps
        ],
        "address": {
            "seed": why.plan.seed,
            "model": why.plan.model_id,
            "path": list(why.choice.address),
            "record": why.record,
            "elements": list(why.choice.elements),
        },
    }


def location_data(location: Location) -> dict[str, object]:
    """Return the place of something, as data."""
    return {"path": location.path, "line": location.line, "column": location.column}


def backup_data(backup: Backup) -> dict[str, object]:
    """Return which backup a file of a person was saved as, as data."""
    return {"number": backup.number, "path": backup.path}
