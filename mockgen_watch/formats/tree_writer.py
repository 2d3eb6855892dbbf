"""Takes a style and a place; gives the writer that both tree formats, JSON and YAML, share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.formats.tree import Encoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.formats.base import Framing
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.formats.tree import Place, Style
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json


class TreeWriter:
    """Writes records in one style, each at ``place``."""

    def __init__(self, *, style: Style, place: Place, framing: Framing) -> None:
        """Write records in ``style`` at ``place``, with ``framing`` around them."""
        self.style = style
        self.place = place
        self.framing = framing
        self._encoder = Encoder(style, place)

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator."""
        return self._encoder.encode_object(record)

    def compile(self, program: Program) -> FragmentPlan:
        """Return the plan of a program's records, the separator behind each."""
        # Small outputs are encoded record by record.
        from mockgen_watch.formats.tree_fragments import compile_tree  # noqa: PLC0415

        return compile_tree(program, self.style, self.place, self.framing.separator)
