"""Slips: an object of a record that was to be a directive, but for a lost ``$``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockgen_watch.spec.build import reader

if TYPE_CHECKING:
    from collections.abc import Sequence

_RANGE_KEYS: Final = frozenset({"min", "max", "from", "to", "distribution", "start"})
_TEXT_OF: Final = {
    "pattern": r".*[\[\\{].*",
    "template": r".*\{.+\}.*",
    "ref": r"[A-Z]\w*(\.\w+)+",
    "cel": r".*\b(record|this)\.\w.*",
}
"""What the text of a directive looks like; a field of this name seldom has such text."""


def warn_of_lost_dollar(data: Sequence[reader.Entry]) -> None:
    """Warn of an object that looks like a directive and its modifiers, but for their ``$``."""
    if not data or data[0].key not in _BARE_WORDS or not _looks_directed(data[0]):
        return
    if all(item.key in _BARE_MODIFIERS for item in data[1:]):
        key = data[0].key
        hint = f"did you mean ${key}? What is meant as data stands under $const"
        data[0].key_warn("MG201", f'"{key}" is a field of the record here', hint)


_BARE_WORDS: Final = frozenset(
    {"integer", "number", "date", "datetime", "time", "weighted", "sequence", *_TEXT_OF}
)
_BARE_MODIFIERS: Final = frozenset(name[1:] for name in reader.MODIFIER_DIRECTIVES)


def _looks_directed(entry: reader.Entry) -> bool:
    """Return whether an entry looks like what the directive of its name takes."""
    if entry.key in _TEXT_OF:
        return re.fullmatch(_TEXT_OF[entry.key], entry.text or "", re.DOTALL) is not None
    members = entry.members()
    if entry.key == "weighted":
        return len(members) > 1 and all(member.number is not None for member in members)
    if entry.key == "sequence":
        return any(member.key == "start" for member in members)
    ends = entry.short_form("from", "to").values()
    if ends:
        is_number = entry.key in {"integer", "number"}
        return is_number or all(re.match(r"[0-9]", end.text or "") for end in ends)
    return any(member.key in _RANGE_KEYS for member in members)
