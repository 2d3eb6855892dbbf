"""Takes what is to stand in a spec; gives its text, in YAML or JSON, on one line or on several."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.migrations.json_text import WIDTH, one_line, quoted
from mockgen_watch.migrations.yaml_emit import flow, key_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json

RECORDS: Final = "$records"
"""What stands below this gets a line for each key."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


class Value(Struct, frozen=True, kw_only=True):
    """What takes the place of whatever stands there, in the words of a spec."""

    data: Json


Graft: TypeAlias = "Value | Mapping[str, Graft]"


class GraftText(Struct, frozen=True, kw_only=True):
    """How a language writes grafts.

    Attributes:
        is_json: JSON; else YAML.
        unit: blanks of one level.
    """

    is_json: bool
    unit: int

    def short(self, graft: Graft) -> str:
        """Return ``graft`` on one line."""
        if isinstance(graft, Value):
            return one_line(graft.data) if self.is_json else flow(graft.data)
        return "{" + ", ".join(self.member(key, part) for key, part in graft.items()) + "}"

    def member(self, key: str, graft: Graft) -> str:
        """Return ``key: graft`` on one line."""
        return f"{self.key(key)}: {self.short(graft)}"

    def key(self, key: str) -> str:
        """Return a key; an index needs no quotes in YAML."""
        if self.is_json:
            return quoted(key)
        return key if _INDEX.fullmatch(key) else key_text(key)

    def lines(
        self, graft: Mapping[str, Graft], column: int, *, in_braces: bool = False
    ) -> Iterator[str]:
        """Yield the lines of members, as a block or, as JSON always has them, in braces."""
        has_braces = in_braces or self.is_json
        pad = " " * column
        last = list(graft)[-1]
        for key, part in graft.items():
            end = "," if has_braces and key != last else ""
            if isinstance(part, Value) or not self._is_long(key, part, column):
                yield f"{pad}{self.member(key, part)}{end}"
            elif has_braces:
                yield f"{pad}{self.key(key)}: {{"
                yield from self.lines(part, column + self.unit, in_braces=True)
                yield f"{pad}}}{end}"
            else:
                yield f"{pad}{self.key(key)}:"
                yield from self.lines(part, column + self.unit)

    def _is_long(self, key: str, graft: Mapping[str, Graft], column: int) -> bool:
        is_open = key == RECORDS or any(inner == RECORDS for inner in graft)
        return is_open or column + len(self.member(key, graft)) > WIDTH
