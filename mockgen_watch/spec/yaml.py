"""YAML text (1.2, core schema): a reader whose nodes know their place.

libyaml reads the text. Where it cannot, or would read the text differently from YAML 1.2,
``yaml_faults`` reads it again and says what is wrong.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from mockgen_watch.diagnostics import ask_for, nearest_word
from mockgen_watch.spec.document import (
    MappingNode,
    Member,
    Scalar,
    SequenceNode,
    UnreadableNumberError,
    pointer_of,
    quote_excerpt,
    read_decimal,
    read_integer,
)
from mockgen_watch.spec.source import (
    MAX_ALIASED_NODES,
    MAX_DEPTH,
    MAX_NODES,
    Findings,
    ReadingStoppedError,
    join_surrogates,
)
from mockgen_watch.spec.yaml_events import is_trusted, trusted_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, Final, NoReturn, TypeAlias

    from ruamel.yaml.events import Event, NodeEvent

    from mockgen_watch.spec.document import Node, ScalarValue
    from mockgen_watch.spec.source import Source

    Path: TypeAlias = Sequence[str | int]

_TAG_PREFIX: Final = "tag:yaml.org,2002:"

# https://yaml.org/spec/1.2.2/#103-core-schema
_WORDS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER: Final = re.compile(
    r"(?P<integer>[-+]?[0-9]+)"
    r"|0o(?P<octal>[0-7]+)"
    r"|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<decimal>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<unreadable>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_LEADING_ZEROS: Final = re.compile(r"[-+]?0[0-9]")
# A plain scalar that begins otherwise is text; this spares most of them the long pattern.
_NUMBER_BEGINNINGS: Final = frozenset("0123456789+-.")
_THE_VERSION: Final = (1, 2)
_COLON: Final = re.compile(r"(?:[ \t\r\n]++|#[^\r\n]*+)*+:")
_SWALLOWED_ITEM: Final = re.compile(r"[\r\n][ \t]*- ")
_OPENERS: Final = {'"': '"', "]": "[", "}": "{"}
_CLOSERS: Final = tuple(_OPENERS)


def read_yaml(source: Source, findings: Findings) -> Node | None:
    """Return the top node of ``source``, or None where reading had to stop."""
    quick = read_quickly(source)
    if quick is None:
        return read_with_reasons(source, findings)
    root, found = quick
    findings.adopt(found)
    return root


def read_quickly(source: Source) -> tuple[Node, Findings] | None:
    """Return the top node of ``source`` as libyaml reads it, and what was found.

    None where libyaml is missing, cannot read the text to its end, or might misread it.
    """
    if not is_trusted(source.text):
        return None
    findings = Findings(source)
    with suppress(ReadingStoppedError, YAMLError):
        composer = _Composer(trusted_events(source), source, findings)
        return composer.document(), findings
    return None


def read_with_reasons(source: Source, findings: Findings) -> Node | None:
    """Return the top node of ``source``, or None and, in ``findings``, why there is none."""
    # Few texts need it.
    from mockgen_watch.spec.yaml_faults import (  # noqa: PLC0415
        YamlDepthError,
        YamlEvents,
        YamlSyntaxError,
        report_syntax_error,
    )

    events = YamlEvents(source.text)
    with suppress(ReadingStoppedError):
        try:
            return _Composer(events, source, findings, events.plain_text).document()
        except YamlDepthError as error:
            _stop_too_deep(findings, error.place)
        except YamlSyntaxError as error:
            report_syntax_error(error, source, findings)
    return None


def _stop_too_deep(findings: Findings, place: int) -> NoReturn:
    findings.stop("MG106", f"the file nests deeper than {MAX_DEPTH} levels", place, place + 1)


class _Composer:
    """Composes the nodes of one text from its events.

    ``restore`` turns the characters of a scalar's value into those of the text.
    """

    def __init__(
        self,
        events: Iterable[Event],
        source: Source,
        findings: Findings,
        restore: Callable[[str], str] = str,
    ) -> None:
        self._source = source
        self._findings = findings
        self._leaves = _LeafReader(source, findings, restore)
        # The parser promises which event follows which, so they are not narrowed one by one.
        self._events: Iterator[Any] = iter(events)
        self._path: list[str | int] = []
        self._depth = 0
        # How many mappings and lists around the current node are written in the place of a key.
        self._keys_open = 0
        self._nodes = 0
        # Of the node composed last: 0 for a leaf, else one more than that of its highest child.
        self._height = 0
        self._anchors = _Anchors(source, findings)

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
            anchored = _Anchored(node=node, size=size, height=self._height)
            self._anchors.close(name, anchored, opened)
        return node

    def _collection(self, event: Any) -> Node:  # noqa: ANN401 - a mapping's or sequence's start
        start = event.start_mark.index
        self._depth += 1
        if self._depth > MAX_DEPTH:
            _stop_too_deep(self._findings, start)
        tag = event.tag
        expected = "seq" if isinstance(event, SequenceStartEvent) else "map"
        if tag is not None and tag not in {"!", _TAG_PREFIX + expected}:
            self._findings.error(
                "MG111",
                f"the tag {_shorthand(tag)} is not of the core schema, or not for this value",
                start,
                start + len(_shorthand(tag)),
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
        """Return where a collection ends; a block collection's event comes after blank lines."""
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
                self._anchors.close(event.anchor, _Anchored(node=node))
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
            f"the key {quote_excerpt(second.key)} stands twice in one mapping",
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


class _LeafReader:
    """Reads leaves and keys from scalar events, and warns of text that looks misread."""

    def __init__(self, source: Source, findings: Findings, restore: Callable[[str], str]) -> None:
        self._source = source
        self._findings = findings
        self._restore = restore

    @staticmethod
    def is_nothing(event: ScalarEvent) -> bool:
        """Return whether nothing at all is written where the value could be."""
        return not (event.value or event.style or event.anchor or event.tag)

    @staticmethod
    def is_merge_key(event: ScalarEvent) -> bool:
        """Return whether the key is the ``<<`` of YAML 1.1, or tagged so."""
        return event.value == "<<" and not event.style and event.tag is None

    def read(self, event: ScalarEvent, path: Path) -> Scalar:
        """Return the leaf that ``event`` writes."""
        start, end = self._stretch(event)
        text = self._text_of(event, path)
        mark = self._source.mark(start, end)
        if event.style:
            value = text if event.tag is None else self._resolve(event, text, path)
            return Scalar(value=value, mark=mark)
        value = self._resolve(event, text, path)
        raw = text
        if event.start_mark.line != event.end_mark.line and event.tag is event.anchor is None:
            raw = self._source.text[start:end]
        if isinstance(value, str):
            self._warn_of_misread_text(raw, start, end, path)
        elif _loses_zeros(text):
            self._findings.warning(
                "MG110",
                f"{text} is read as the number {value}",
                start,
                end,
                hint=f'write "{text}" in quotes to keep it as text',
                pointer=pointer_of(path),
                fix=(self._findings.fix(start, end, f'"{text}"', f"put {text} in quotes"),),
            )
        return Scalar(value=value, mark=mark, plain=True, raw=raw)

    def read_key(self, event: ScalarEvent, path: Path) -> Scalar:
        """Return the key that ``event`` writes: always text, as written in the source."""
        start, end = self._stretch(event)
        text = self._text_of(event, path)
        if self.is_nothing(event):
            self._findings.error(
                "MG103", 'a key is missing before ":"', start, start + 1, pointer=pointer_of(path)
            )
        elif event.tag is not None:
            self._resolve(event, text, path)
        elif not event.style and text.endswith(":"):
            self._findings.warning(
                "MG103",
                "the key ends with a colon, beside the colon behind it",
                end - 1,
                end + 1,
                hint="remove one colon, or put the key in quotes",
                pointer=pointer_of(path),
            )
        return Scalar(value=text, mark=self._source.mark(start, end))

    def _stretch(self, event: ScalarEvent) -> tuple[int, int]:
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        if event.style in {"|", ">"}:
            end = start + len(self._source.text[start:end].rstrip())
        return start, end

    def _text_of(self, event: ScalarEvent, path: Path) -> str:
        text, replaced = join_surrogates(self._restore(event.value))
        if replaced:
            self._findings.error(
                "MG109",
                "the text has half of a surrogate pair, which UTF-8 cannot write",
                event.start_mark.index,
                event.end_mark.index,
                hint="write both halves, or the character itself",
                pointer=pointer_of(path),
            )
        return text

    def _resolve(self, event: ScalarEvent, text: str, path: Path) -> ScalarValue:
        try:
            return _read_plain(text) if event.tag is None else _read_tagged(event.tag, text)
        except UnreadableNumberError as problem:
            code, message = "MG108", f"{problem}: {quote_excerpt(text)}"
            hint = "put it in quotes if it is text"
        except _WrongTagError as problem:
            code, message = "MG111", str(problem)
            hint = "remove the tag, or put the text in quotes without one"
        start, end = self._stretch(event)
        self._findings.error(code, message, start, end, hint=hint, pointer=pointer_of(path))
        return text

    def _warn_of_misread_text(self, raw: str, start: int, end: int, path: Path) -> None:
        """Warn of text without quotes that YAML reads otherwise than it looks."""
        if raw.endswith(_CLOSERS) and _ends_unopened(raw):
            self._findings.warning(
                "MG103",
                f"the text ends with {raw[-1]} that nothing opened",
                start,
                end,
                hint=f"put {_OPENERS[raw[-1]]} before it; or put the whole text in single quotes",
                pointer=pointer_of(path),
            )
        elif swallowed := _SWALLOWED_ITEM.findall(raw):
            # One such line is odd among the items above it; where there are more, the text that
            # they follow is odd.
            message = 'the lines below begin with "- " but are read as part of this text'
            at = start
            if len(swallowed) == 1:
                message = 'this line begins with "- " but is read as part of the text above'
                at += raw.index(swallowed[0]) + len(swallowed[0]) - 2
            self._findings.warning(
                "MG103",
                message,
                at,
                at + 1,
                hint="give the items of a list one indentation, or put the text in quotes",
                pointer=pointer_of(path),
            )


def _ends_unopened(raw: str) -> bool:
    closer = raw[-1]
    opener = _OPENERS[closer]
    return raw.count(closer) % 2 == 1 if opener == closer else raw.count(opener) < raw.count(closer)


class _WrongTagError(ValueError):
    """The text is not of the type that its tag names; the message says so."""


def _read_plain(text: str) -> ScalarValue:
    """Return the value of a scalar without quotes and tag: null, boolean, number or text.

    Raises:
        UnreadableNumberError: a number that is not finite or has too many digits.
    """
    if text in _WORDS:
        return _WORDS[text]
    match = _NUMBER.fullmatch(text) if text[0] in _NUMBER_BEGINNINGS else None
    if match is None:
        return text
    if match["decimal"]:
        return read_decimal(text)
    if match["integer"]:
        return read_integer(text)
    if match["octal"]:
        return read_integer(match["octal"], 8)
    if match["hexadecimal"]:
        return read_integer(match["hexadecimal"], 16)
    raise UnreadableNumberError("the number is not finite")


def _loses_zeros(text: str) -> bool:
    """Return whether ``text`` is a number that begins with zeros, as postal codes do."""
    return _LEADING_ZEROS.match(text) is not None


def _read_tagged(tag: str, text: str) -> ScalarValue:
    """Return the value of ``text`` under a tag such as ``!!int``; quotes make no difference.

    Raises:
        UnreadableNumberError: as for ``_read_plain``.
        _WrongTagError: the tag is not of the core schema, or the text is not of its type.
    """
    name = tag.removeprefix(_TAG_PREFIX) if tag.startswith(_TAG_PREFIX) else ""
    if name == "str" or tag == "!":
        return text
    if name not in _TYPES:
        raise _WrongTagError(f"the tag {_shorthand(tag)} is not of the core schema")
    value = _read_plain(text)
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool) != (name == "bool"):
        raise _WrongTagError(f"the value is not what the tag {_shorthand(tag)} says")
    return value


_TYPES: Final[dict[str, type]] = {
    "int": int,
    "float": Decimal,
    "bool": bool,
    "null": type(None),
}


def _shorthand(tag: str) -> str:
    """Return a tag as people write it: ``!!int`` for ``tag:yaml.org,2002:int``."""
    return "!!" + tag.removeprefix(_TAG_PREFIX) if tag.startswith(_TAG_PREFIX) else tag


class _Anchored(Struct, frozen=True, kw_only=True):
    """What an alias stands for: a node, how many nodes it holds, how deep they nest."""

    node: Node
    size: int = 1
    height: int = 0


class _Anchors:
    """The anchors met so far in one text.

    Attributes:
        aliased_nodes: how many nodes the aliases met so far stand for, together.
    """

    def __init__(self, source: Source, findings: Findings) -> None:
        """Begin without anchors; report to ``findings``."""
        self._source = source
        self._findings = findings
        self.aliased_nodes = 0
        # A number while the node is being composed.
        self._known: dict[str, _Anchored | int] = {}
        self._opened = 0

    def open(self, name: str) -> int:
        """Note that the node of the anchor ``name`` begins; until ``close`` it has no value.

        Returns:
            What ``close`` takes, to know a node inside that has the same anchor.
        """
        self._opened += 1
        self._known[name] = self._opened
        return self._opened

    def close(self, name: str, anchored: _Anchored, opened: int = 0) -> None:
        """Note what the aliases of ``name`` stand for from here on.

        The anchor that begins last counts, as in YAML: one inside this node stays.
        """
        if not opened or self._known[name] == opened:
            self._known[name] = anchored

    def expand(self, event: AliasEvent) -> _Anchored:
        """Return what an alias stands for; the top node has the place of the alias.

        Raises:
            ReadingStoppedError: it stands for itself, or all aliases stand for too much.
        """
        name = event.anchor
        start, end = event.start_mark.index, event.end_mark.index
        mark = self._source.mark(start, end)
        if name not in self._known:
            near = nearest_word(name, self._known)
            hint = ask_for(near) or "put text that begins with * in quotes"
            title = f"replace *{name} with *{near}"
            fix = (self._findings.fix(start, end, f"*{near}", title),) if near else ()
            message = f"no anchor is named &{name}"
            self._findings.error("MG103", message, start, end, hint=hint, fix=fix)
            return _Anchored(node=Scalar(value=None, mark=mark))
        anchored = self._known[name]
        if isinstance(anchored, int):
            message = f"the alias *{name} stands inside what it stands for"
            self._findings.stop("MG107", message, start, end)
        self.aliased_nodes += anchored.size
        if self.aliased_nodes > MAX_ALIASED_NODES:
            message = f"aliases stand for more than {MAX_ALIASED_NODES:,} values"
            self._findings.stop("MG107", message, start, end)
        return replace(anchored, node=replace(anchored.node, mark=mark))
