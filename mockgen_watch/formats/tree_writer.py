"""Takes a style and a place; gives the writer that both tree formats, JSON and YAML, share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockgen_watch.formats.tree import encode_value
from mockgen_watch.formats.tree_fragments import compile_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.formats.base import Framing
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.formats.tree import Place, Style
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeWriter:
    """Writes records in one style, each at ``place``."""

    style: Style
    place: Place
    framing: Framing

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator."""
        return encode_value(dict(record), self.style, self.place)

    def compile(self, program: Program) -> FragmentPlan:
        """Return the plan of a program's records, the separator behind each."""
        return compile_tree(program, self.style, self.place, self.framing.separator)
