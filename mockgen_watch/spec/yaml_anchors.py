"""Takes the anchors and aliases of a YAML text; gives what each alias stands for, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.document import MAX_ALIASED_NODES, Scalar

if TYPE_CHECKING:
    from ruamel.yaml.events import AliasEvent

    from mockgen_watch.spec.document import Node, Source
    from mockgen_watch.spec.parse import Findings


class Anchored(Struct, frozen=True, kw_only=True):
    """What an alias stands for: a node, how many nodes it holds, how deep they nest."""

    node: Node
    size: int = 1
    height: int = 0


class Anchors:
    """The anchors met so far in one text.

    Attributes:
        aliased_nodes: how many nodes the aliases met so far stand for, together.
    """

    def __init__(self, source: Source, findings: Findings) -> None:
        """Know no anchor yet; report to ``findings``."""
        self._source = source
        self._findings = findings
        self.aliased_nodes = 0
        # A number while the node is being composed.
        self._known: dict[str, Anchored | int] = {}
        self._opened = 0

    def open(self, name: str) -> int:
        """Note that the node of the anchor ``name`` begins; until ``close`` it has no value.

        Returns:
            What ``close`` takes, to know a node inside that has the same anchor.
        """
        self._opened += 1
        self._known[name] = self._opened
        return self._opened

    def close(self, name: str, anchored: Anchored, opened: int = 0) -> None:
        """Note what the aliases of ``name`` stand for from here on.

        The anchor that begins last counts, as in YAML: one inside this node stays.
        """
        if not opened or self._known[name] == opened:
            self._known[name] = anchored

    def expand(self, event: AliasEvent) -> Anchored:
        """Return what an alias stands for; the top node has the place of the alias.

        Raises:
            ReadingStoppedError: it stands for itself, or all aliases stand for too much.
        """
        name = event.anchor
        start, end = event.start_mark.index, event.end_mark.index
        mark = self._source.mark(start, end)
        if name not in self._known:
            hint = did_you_mean(name, self._known) or "put text that begins with * in quotes"
            self._findings.error("MG103", f"no anchor is named &{name}", start, end, hint=hint)
            return Anchored(node=Scalar(value=None, mark=mark))
        anchored = self._known[name]
        if isinstance(anchored, int):
            message = f"the alias *{name} stands inside what it stands for"
            self._findings.stop("MG107", message, start, end)
        self.aliased_nodes += anchored.size
        if self.aliased_nodes > MAX_ALIASED_NODES:
            message = f"aliases stand for more than {MAX_ALIASED_NODES:,} values"
            self._findings.stop("MG107", message, start, end)
        return replace(anchored, node=replace(anchored.node, mark=mark))
