"""Takes YAML text (1.2, core schema); gives nodes that know their place, and what is wrong."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from mockgen_watch.spec.document import (
    MAX_DEPTH,
    MAX_NODES,
    MappingNode,
    Member,
    Scalar,
    SequenceNode,
    pointer_of,
)
from mockgen_watch.spec.parse import ReadingStoppedError, quoted
from mockgen_watch.spec.yaml_anchors import Anchored, Anchors
from mockgen_watch.spec.yaml_errors import report_syntax_error
from mockgen_watch.spec.yaml_events import YamlDepthError, YamlSyntaxError
from mockgen_watch.spec.yaml_leaves import LeafReader
from mockgen_watch.spec.yaml_scalars import TAG_PREFIX, shorthand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final, NoReturn

    from ruamel.yaml.events import Event, NodeEvent

    from mockgen_watch.spec.document import Node, Source
    from mockgen_watch.spec.parse import Findings

_THE_VERSION: Final = (1, 2)
_COLON: Final = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+:")


def read_yaml(source: Source, findings: Findings) -> Node | None:
    """Return the top node of ``source``, or None where reading had to stop."""
    with suppress(ReadingStoppedError):
        try:
            return _Composer(source, findings).document()
        except YamlDepthError as error:
            _stop_too_deep(findings, error.place)
        except YamlSyntaxError as error:
            report_syntax_error(error, source, findings)
    return None


def _stop_too_deep(findings: Findings, place: int) -> NoReturn:
    findings.stop("MG106", f"the file nests deeper than {MAX_DEPTH} levels", place, place + 1)


class _Composer:
    def __init__(self, source: Source, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._leaves = LeafReader(source, findings)
        # Which event follows which is the parser's promise, so they are not narrowed one by one.
        self._events: Iterator[Any] = iter(self._leaves.events)
        self._path: list[str | int] = []
        self._depth = 0
        # Mappings and lists that stand where a key should, and hold what is composed now.
        self._keys_open = 0
        self._nodes = 0
        # Of the node composed last: 0 for a leaf, else one more than that of its highest child.
        self._height = 0
        self._anchors = Anchors(source, findings)

    def document(self) -> Node:
        next(self._events)
        start = next(self._events)
        if not isinstance(start, DocumentStartEvent):
            self._stop_at_nothing()
        self._check_version(start)
        first = next(self._events)
        if isinstance(first, ScalarEvent) and self._leaves.is_nothing(first):
            self._stop_at_nothing()
        root = self._node(first)
        next(self._events)
        another = next(self._events)
        if isinstance(another, DocumentStartEvent):
            self._complain_of_second_document(another)
        return root

    def _stop_at_nothing(self) -> NoReturn:
        self._findings.stop(
            "MG112", "the file is empty", 0, 0, hint="it has comments or blanks, but no value"
        )

    def _check_version(self, start: DocumentStartEvent) -> None:
        if start.version not in {None, _THE_VERSION}:
            place = max(self._source.text.find("%YAML"), 0)
            self._findings.error(
                "MG111",
                "the file asks for another version, but is read as YAML 1.2",
                place,
                self._source.line_end(place),
                hint="remove the %YAML line, and quote what YAML 1.1 reads otherwise (yes, no, on)",
            )

    def _complain_of_second_document(self, start: DocumentStartEvent) -> None:
        self._findings.error(
            "MG111",
            "a second document begins here; a file holds one",
            start.start_mark.index,
            start.end_mark.index,
            hint='remove the line "---", or put what follows into its own file',
        )

    def _node(self, event: NodeEvent) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            place = event.start_mark.index
            self._findings.stop(
                "MG105", f"the file holds more than {MAX_NODES:,} keys and values", place, place
            )
        if isinstance(event, AliasEvent):
            return self._expand(event)
        before = self._nodes + self._anchors.aliased_nodes
        name = event.anchor
        opened = 0 if name is None else self._anchors.open(name)
        if isinstance(event, ScalarEvent):
            node: Node = self._leaves.read(event, self._path)
            self._height = 0
        else:
            node = self._collection(event)
        if name is not None:
            size = self._nodes + self._anchors.aliased_nodes - before + 1
            anchored = Anchored(node=node, size=size, height=self._height)
            self._anchors.close(name, anchored, opened)
        return node

    def _collection(self, event: Any) -> Node:  # noqa: ANN401 - a mapping's or sequence's start
        start = event.start_mark.index
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _stop_too_deep(self._findings, start)
        tag = event.tag
        expected = "seq" if isinstance(event, SequenceStartEvent) else "map"
        if tag is not None and tag not in {"!", TAG_PREFIX + expected}:
            self._findings.error(
                "MG111",
                f"the tag {shorthand(tag)} is not of the core schema, or not for this value",
                start,
                start + len(shorthand(tag)),
                hint="remove it",
                pointer=pointer_of(self._path),
            )
        is_mapping = isinstance(event, MappingStartEvent)
        node = self._mapping(event) if is_mapping else self._sequence(event)
        self._depth -= 1
        return node

    def _sequence(self, opening: CollectionStartEvent) -> SequenceNode:
        start = end = opening.start_mark.index
        items: list[Node] = []
        height = 0
        while not isinstance(event := next(self._events), CollectionEndEvent):
            self._path.append(len(items))
            item = self._node(event)
            items.append(item)
            height = max(height, self._height)
            end = item.mark.end
            self._path.pop()
        self._height = height + 1
        end = self._end_of(opening, event, end)
        return SequenceNode(items=tuple(items), mark=self._source.mark(start, end))

    def _mapping(self, opening: CollectionStartEvent) -> MappingNode:
        start = end = opening.start_mark.index
        members: dict[str, Member] = {}
        height = 0
        while not isinstance(event := next(self._events), CollectionEndEvent):
            key = self._key(event)
            key_end = event.end_mark.index
            self._path.append(key or "")
            node = self._value_of(next(self._events), event)
            height = max(height, self._height)
            end = max(key_end, node.mark.end)
            if key is not None:
                mark = self._source.mark(event.start_mark.index, key_end)
                member = Member(key=key, mark=mark, node=node)
                self._nodes += 1
                if members.setdefault(key, member) is not member:
                    self._complain_of_second_key(members[key], member)
            self._path.pop()
        self._height = height + 1
        end = self._end_of(opening, event, end)
        return MappingNode(members=tuple(members.values()), mark=self._source.mark(start, end))

    def _end_of(self, opening: CollectionStartEvent, closing: Event, end_of_last: int) -> int:
        """Return where a collection ends; a block collection's event lies behind blank lines."""
        closed: int = closing.end_mark.index
        if opening.flow_style and self._source.text[closed - 1] in "]}":
            return closed
        return end_of_last

    def _key(self, event: NodeEvent) -> str | None:
        """Return the text of a key, or None where the member cannot be kept."""
        if isinstance(event, AliasEvent):
            node = self._expand(event)
            if isinstance(node, Scalar):
                return node.raw if node.plain else str(node.value)
        elif isinstance(event, ScalarEvent):
            node = self._leaves.read_key(event, self._path)
            if event.anchor is not None:
                self._anchors.close(event.anchor, Anchored(node=node))
            if self._leaves.is_merge_key(event):
                self._complain_of_merge_key(event)
                return None
            return str(node.value)
        else:
            self._keys_open += 1
            self._path.append("")
            self._node(event)
            self._path.pop()
            self._keys_open -= 1
        self._complain_of_complex_key(event)
        return None

    def _value_of(self, event: NodeEvent, key: NodeEvent) -> Node:
        if not (isinstance(event, ScalarEvent) and self._leaves.is_nothing(event)):
            return self._node(event)
        # The event of an absent value has the place of whatever comes next.
        colon = _COLON.match(self._source.text, key.end_mark.index)
        place: int = colon.end() if colon else key.end_mark.index
        if colon is None and not self._keys_open:
            self._findings.warning(
                "MG103",
                "the key has neither a colon nor a value",
                key.start_mark.index,
                place,
                hint='write it as "key: value"; a list stands in [ ]',
                pointer=pointer_of(self._path),
            )
        self._nodes += 1
        self._height = 0
        return Scalar(value=None, mark=self._source.mark(place, place), plain=True)

    def _expand(self, event: AliasEvent) -> Node:
        anchored = self._anchors.expand(event)
        self._height = anchored.height
        if self._depth + self._height > MAX_DEPTH:
            _stop_too_deep(self._findings, event.start_mark.index)
        return anchored.node

    def _complain_of_second_key(self, first: Member, second: Member) -> None:
        place = self._findings.place("it stands first here", first.mark.start, first.mark.end)
        self._findings.error(
            "MG104",
            f"the key {quoted(second.key)} stands twice in one mapping",
            second.mark.start,
            second.mark.end,
            hint="remove one, or give it another name",
            pointer=pointer_of(self._path),
            related=(place,),
        )

    def _complain_of_merge_key(self, event: ScalarEvent) -> None:
        self._findings.error(
            "MG111",
            "merge keys (<<) are not of YAML 1.2",
            event.start_mark.index,
            event.end_mark.index,
            hint="write the members out, or share them through a master and $extends",
            pointer=pointer_of(self._path),
        )

    def _complain_of_complex_key(self, event: NodeEvent) -> None:
        start = event.start_mark.index
        self._findings.error(
            "MG111",
            "a key is text, not a mapping or a list",
            start,
            max(event.end_mark.index, start + 1),
            hint="put text that has brackets in quotes",
            pointer=pointer_of(self._path),
        )
