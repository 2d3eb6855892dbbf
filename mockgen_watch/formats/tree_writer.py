"""Takes a style and a place; gives the writer that both tree formats, JSON and YAML, share."""

from __future__ import annotations

from mockgen_watch.dataclass import dataclass, field
from mockgen_watch.formats.tree import Encoder
from mockgen_watch.typed import TYPE_CHECKING

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
    _encoder: Encoder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the encoder of records."""
        object.__setattr__(self, "_encoder", Encoder(self.style, self.place))

    def encode(self, record: Mapping[str, Json]) -> bytes:
        """Return one record without its separator."""
        return self._encoder.encode_object(record)

    def compile(self, program: Program) -> FragmentPlan:
        """Return the plan of a program's records, the separator behind each."""
        # Small outputs are encoded record by record.
        from mockgen_watch.formats.tree_fragments import compile_tree  # noqa: PLC0415

        return compile_tree(program, self.style, self.place, self.framing.separator)
