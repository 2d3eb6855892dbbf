"""YAML text (1.2, core schema): a reader whose nodes know their place.

libyaml reads the text. Where it cannot, or would read the text differently from YAML 1.2, a parser
in Python reads it again, and ``yaml_faults`` says what is wrong.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
)

from mockgen_watch.diagnostics import ask_for, nearest_word
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.yaml_events import (
    YamlDepthError,
    YamlEvents,
    YamlSyntaxError,
    is_trusted,
    trusted_events,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ruamel.yaml.events import CollectionStartEvent, Event, NodeEvent


MAX_ALIASED_NODES: Final = 100_000
"""Values that the aliases of a file stand for, together."""

_TAG_PREFIX: Final = "tag:yaml.org,2002:"
_TAG_TYPES: Final = {"int": int, "float": Decimal, "bool": bool, "null": type(None)}

# https://yaml.org/spec/1.2.2/#103-core-schema
_NULLS: Final = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_TRUES: Final = dict.fromkeys(("true", "True", "TRUE"), True)
_FALSES: Final = dict.fromkeys(("false", "False", "FALSE"), False)
_WORDS: Final = {**_NULLS, **_TRUES, **_FALSES}
_NUMBER: Final = re.compile(
    r"(?P<integer>[-+]?[0-9]+)"
    r"|0o(?P<octal>[0-7]+)"
    r"|0x(?P<hexadecimal>[0-9a-fA-F]+)"
    r"|(?P<decimal>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<unreadable>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
# A plain scalar that begins otherwise is text; this spares most of them the long pattern.
_NUMBER_BEGINNINGS: Final = frozenset("0123456789+-.")
_LEADING_ZEROS: Final = re.compile(r"[-+]?0[0-9]")
_COLON: Final = r"(?:[ \t\r\n]++|#[^\r\n]*+)*+:"
_SWALLOWED_ITEM: Final = re.compile(r"[\r\n][ \t]*- ")
_OPENERS: Final = {'"': '"', "]": "[", "}": "{"}
_CLOSERS: Final = tuple(_OPENERS)


def read_yaml(source: documents.Source) -> documents.Document:
    """Return the document in ``source``; it has no root where reading had to stop."""
    return read_quickly(source) or read_with_reasons(source)


def read_quickly(source: documents.Source) -> documents.Document | None:
    """Return the document as libyaml reads it.

    None where libyaml is missing, cannot read the text to its end, or might misread it.
    """
    if is_trusted(source.text):
        with suppress(documents.ReadingStoppedError, YAMLError):
            composer = _Composer(source, trusted_events(source))
            return composer.document(composer.root())
    return None


def read_with_reasons(source: documents.Source) -> documents.Document:
    """Return the document as the explaining reader reads it; why it has no root is reported."""
    events = YamlEvents(source.text)
    composer = _Composer(source, events, events.plain_text)
    root: documents.Node | None = None
    with suppress(documents.ReadingStoppedError):
        try:
            root = composer.root()
        except YamlDepthError as error:
            composer.too_deep(error.place)
        except YamlSyntaxError as error:
            # Most files have no faults.
            from mockgen_watch.spec.yaml_faults import report_syntax_error

            report_syntax_error(error, composer)
    return composer.document(root)


class _Anchored(Struct, frozen=True, kw_only=True):
    """What an alias stands for: a node, how many nodes it holds, how deep they nest."""

    node: documents.Node
    size: int = 1
    height: int = 0


class _WrongTagError(ValueError):
    """The text is not of the type that its tag names; the message says so."""


class _Composer(documents.SourceReader):
    """Composes the nodes of one text from its events.

    ``restore`` turns the characters of a scalar's value into those of the text.
    """

    def __init__(
        self, source: documents.Source, events: Iterable[Event], restore: Callable[[str], str] = str
    ) -> None:
        super().__init__(source)
        # The parser promises which event follows which, so they are not narrowed one by one.
        self._events: Iterator[Any] = iter(events)
        self._restore = restore
        self._depth = 0
        # Of the node composed last: 0 for a leaf, else one more than that of its highest child.
        self._height = 0
        # How many mappings and lists around the current node are written in the place of a key.
        self._keys_open = 0
        # An anchor has its event as long as its node is being composed.
        self._anchors: dict[str, Any] = {}
        self._aliased_nodes = 0

    def root(self) -> documents.Node:
        """Compose the one value of the text.

        Raises:
            ReadingStoppedError: the text has no value, or more than the limits allow.
        """
        next(self._events)
        start = next(self._events)
        if not isinstance(start, DocumentStartEvent):
            raise self._nothing()
        if start.version not in {None, (1, 2)}:
            place = max(self.text.find("%YAML"), 0)
            self.error(
                "MG111",
                "the file states another version, but is read as YAML 1.2",
                (place, self.source.line_end(place)),
                "remove the %YAML line, and quote what YAML 1.1 reads differently (yes, no, on)",
            )
        first = next(self._events)
        if isinstance(first, ScalarEvent) and _is_nothing(first):
            raise self._nothing()
        root = self._node(first)
        next(self._events)
        another = next(self._events)
        if isinstance(another, DocumentStartEvent):
            self.error(
                "MG111",
                "a second document begins here; a file can have only one",
                (another.start_mark.index, another.end_mark.index),
                'remove the line "---", or move what follows to another file',
            )
        return root

    def _nothing(self) -> documents.ReadingStoppedError:
        hint = "it has only comments or spaces"
        return self.error("MG112", "the file is empty", (0, 0), hint)

    def _node(self, event: Any) -> documents.Node:  # noqa: ANN401 - its subclasses' attributes
        place = event.start_mark.index
        self.count_node((place, place))
        if isinstance(event, AliasEvent):
            return self._expand(event)
        if event.anchor is not None:
            return self._anchored_node(event)
        return self._leaf(event) if isinstance(event, ScalarEvent) else self._collection(event)

    def _anchored_node(self, event: Any) -> documents.Node:  # noqa: ANN401 - a scalar's or collection's start
        before = self._nodes + self._aliased_nodes
        self._anchors[event.anchor] = event
        node = self._leaf(event) if isinstance(event, ScalarEvent) else self._collection(event)
        size = self._nodes + self._aliased_nodes - before + 1
        # An anchor inside that has the same name began later, and stays.
        if self._anchors[event.anchor] is event:
            self._anchors[event.anchor] = _Anchored(node=node, size=size, height=self._height)
        return node

    def _expand(self, event: AliasEvent) -> documents.Node:
        """Return what an alias stands for; the top node has the place of the alias."""
        name, span = event.anchor, (event.start_mark.index, event.end_mark.index)
        mark = self.source.mark(*span)
        if name not in self._anchors:
            near = nearest_word(name, self._anchors)
            hint = ask_for(near) or "put text that begins with * in quotes"
            fix = (f"*{near}", f"replace *{name} with *{near}") if near else None
            self.error("MG103", f"unknown anchor &{name}", span, hint, fix=fix)
            self._height = 0
            return documents.Scalar(value=None, mark=mark)
        anchored = self._anchors[name]
        if not isinstance(anchored, _Anchored):
            message = f"the alias *{name} is inside its own anchor"
            raise self.error("MG107", message, span)
        self._aliased_nodes += anchored.size
        if self._aliased_nodes > MAX_ALIASED_NODES:
            message = f"aliases expand to more than {MAX_ALIASED_NODES:,} values"
            raise self.error("MG107", message, span)
        self._height = anchored.height
        if self._depth + self._height > documents.MAX_DEPTH:
            raise self.too_deep(mark.start)
        return replace(anchored.node, mark=mark)

    def _collection(self, event: CollectionStartEvent) -> documents.Node:
        start = event.start_mark.index
        self._depth += 1
        if self._depth > documents.MAX_DEPTH:
            raise self.too_deep(start)
        is_mapping = isinstance(event, MappingStartEvent)
        if event.tag not in {None, "!", _TAG_PREFIX + ("map" if is_mapping else "seq")}:
            tag = _shorthand(event.tag)
            message = f"the tag {tag} is not in the core schema, or not for this value"
            span = start, start + len(tag)
            self.error("MG111", message, span, "remove it", pointer=self.pointer)
        node = self._mapping(event) if is_mapping else self._sequence(event)
        self._depth -= 1
        return node

    def _sequence(self, opening: CollectionStartEvent) -> documents.SequenceNode:
        start = end = opening.start_mark.index
        items: list[documents.Node] = []
        height = 0
        while not isinstance(event := next(self._events), CollectionEndEvent):
            self.path.append(len(items))
            item = self._node(event)
            items.append(item)
            height = max(height, self._height)
            end = item.mark.end
            self.path.pop()
        self._height = height + 1
        end = self._end_of(opening, event, end)
        return documents.SequenceNode(items=tuple(items), mark=self.source.mark(start, end))

    def _mapping(self, opening: CollectionStartEvent) -> documents.MappingNode:
        start = end = opening.start_mark.index
        members: dict[str, documents.Member] = {}
        height = 0
        while not isinstance(event := next(self._events), CollectionEndEvent):
            key = self._key(event)
            key_end = event.end_mark.index
            self.path.append(key or "")
            node = self._value(next(self._events), event)
            height = max(height, self._height)
            end = max(key_end, node.mark.end)
            if key is not None:
                mark = self.source.mark(event.start_mark.index, key_end)
                self.add_member(members, documents.Member(key=key, mark=mark, node=node))
            self.path.pop()
        self._height = height + 1
        end = self._end_of(opening, event, end)
        return documents.MappingNode(
            members=tuple(members.values()), mark=self.source.mark(start, end)
        )

    def _end_of(self, opening: CollectionStartEvent, closing: Event, end_of_last: int) -> int:
        """Return where a collection ends; a block collection's event comes after blank lines."""
        closed: int = closing.end_mark.index
        if opening.flow_style and self.text[closed - 1] in "]}":
            return closed
        return end_of_last

    def _key(self, event: NodeEvent) -> str | None:
        """Return the text of a key, as written; None where the member cannot be kept."""
        if isinstance(event, AliasEvent):
            node = self._expand(event)
            if isinstance(node, documents.Scalar):
                return node.raw if node.plain else str(node.value)
        elif isinstance(event, ScalarEvent):
            return self._scalar_key(event)
        else:
            self._keys_open += 1
            self.path.append("")
            self._node(event)
            self.path.pop()
            self._keys_open -= 1
        start = event.start_mark.index
        self.error(
            "MG111",
            "a key must be text, not a mapping or a list",
            (start, max(event.end_mark.index, start + 1)),
            "put text with brackets in quotes",
            pointer=self.pointer,
        )
        return None

    def _scalar_key(self, event: ScalarEvent) -> str | None:
        start, end = self._stretch(event)
        text = self._text_of(event)
        if _is_nothing(event):
            message = 'a key is missing before ":"'
            self.error("MG103", message, (start, start + 1), pointer=self.pointer)
        elif event.tag is not None:
            self._resolve(event, text)
        elif not event.style and text.endswith(":"):
            message = "the key ends with a colon, followed by another colon"
            hint = "remove one colon, or put the key in quotes"
            self.warn("MG103", message, (end - 1, end + 1), hint)
        if event.anchor is not None:
            node = documents.Scalar(value=text, mark=self.source.mark(start, end))
            self._anchors[event.anchor] = _Anchored(node=node)
        if event.value == "<<" and not event.style and event.tag is None:
            hint = "write out the members, or share them with a master and $extends"
            message = "merge keys (<<) are not part of YAML 1.2"
            self.error("MG111", message, (start, end), hint, pointer=self.pointer)
            return None
        return text

    def _value(self, event: NodeEvent, key: NodeEvent) -> documents.Node:
        if not (isinstance(event, ScalarEvent) and _is_nothing(event)):
            return self._node(event)
        # The event of an absent value has the place of whatever comes next.
        key_end: int = key.end_mark.index
        colon = re.compile(_COLON).match(self.text, key_end)
        place = colon.end() if colon else key_end
        if colon is None and not self._keys_open:
            message = "the key has neither a colon nor a value"
            hint = 'write it as "key: value", or a list in [ ]'
            self.warn("MG103", message, (key.start_mark.index, place), hint)
        self.count_node((place, place))
        self._height = 0
        return documents.Scalar(value=None, mark=self.source.mark(place, place), plain=True)

    def _leaf(self, event: ScalarEvent) -> documents.Scalar:
        self._height = 0
        start, end = self._stretch(event)
        text = self._text_of(event)
        mark = self.source.mark(start, end)
        if event.style:
            value = text if event.tag is None else self._resolve(event, text)
            return documents.Scalar(value=value, mark=mark)
        value = self._resolve(event, text)
        raw = text
        if event.start_mark.line != event.end_mark.line and event.tag is event.anchor is None:
            raw = self.text[start:end]
        if isinstance(value, str):
            self._warn_of_misread_text(raw, start, end)
        elif _LEADING_ZEROS.match(text):
            hint = f'write "{text}" in quotes to keep it as text'
            message = f"{text} is read as the number {value}"
            is_bare = text == self.text[start:end]
            fix = (f'"{text}"', f"put {text} in quotes") if is_bare else None
            self.warn("MG110", message, (start, end), hint, fix)
        return documents.Scalar(value=value, mark=mark, plain=True, raw=raw)

    def _stretch(self, event: ScalarEvent) -> tuple[int, int]:
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        if event.style in {"|", ">"}:
            end = start + len(self.text[start:end].rstrip())
        return start, end

    def _text_of(self, event: ScalarEvent) -> str:
        text = self._restore(event.value)
        if text.isascii():
            return text
        span = event.start_mark.index, event.end_mark.index
        return self.join_surrogates(text, span, self.pointer)

    def _resolve(self, event: ScalarEvent, text: str) -> documents.ScalarValue:
        try:
            return _read_plain(text) if event.tag is None else _read_tagged(event.tag, text)
        except documents.UnreadableNumberError as problem:
            code, message = "MG108", f"{problem}: {documents.quote_excerpt(text)}"
            hint = "put it in quotes if it is text"
        except _WrongTagError as problem:
            code, message = "MG111", str(problem)
            hint = "remove the tag, or put the text in quotes"
        self.error(code, message, self._stretch(event), hint, pointer=self.pointer)
        return text

    def _warn_of_misread_text(self, raw: str, start: int, end: int) -> None:
        """Warn of text without quotes that YAML reads otherwise than it looks."""
        if raw.endswith(_CLOSERS) and _ends_unopened(raw):
            message = f"the text ends with {raw[-1]} without an opening one"
            opener = _OPENERS[raw[-1]]
            hint = f"put {opener} before it; or put the whole text in single quotes"
            self.warn("MG103", message, (start, end), hint)
        elif swallowed := _SWALLOWED_ITEM.findall(raw):
            # One such line is odd among the items above it; where there are more, the text that
            # they follow is odd.
            message = 'the lines below begin with "- " but are read as part of this text'
            if len(swallowed) == 1:
                message = 'this line begins with "- " but is read as part of the text above'
                start += raw.index(swallowed[0]) + len(swallowed[0]) - 2
            hint = "indent all items of a list equally, or put the text in quotes"
            self.warn("MG103", message, (start, start + 1), hint)


def _is_nothing(event: ScalarEvent) -> bool:
    """Return whether nothing at all is written where the value could be."""
    return not (event.value or event.style or event.anchor or event.tag)


def _ends_unopened(raw: str) -> bool:
    closer = raw[-1]
    opener = _OPENERS[closer]
    return raw.count(closer) % 2 == 1 if opener == closer else raw.count(opener) < raw.count(closer)


def _read_plain(text: str) -> documents.ScalarValue:
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
        return documents.read_decimal(text)
    if match["integer"]:
        return documents.read_integer(text)
    if match["octal"]:
        return documents.read_integer(match["octal"], 8)
    if match["hexadecimal"]:
        return documents.read_integer(match["hexadecimal"], 16)
    raise documents.UnreadableNumberError("the number is not finite")


def _read_tagged(tag: str, text: str) -> documents.ScalarValue:
    """Return the value of ``text`` under a tag such as ``!!int``; quotes make no difference.

    Raises:
        UnreadableNumberError: as for ``_read_plain``.
        _WrongTagError: the tag is not of the core schema, or the text is not of its type.
    """
    name = tag.removeprefix(_TAG_PREFIX) if tag.startswith(_TAG_PREFIX) else ""
    if name == "str" or tag == "!":
        return text
    if name not in _TAG_TYPES:
        raise _WrongTagError(f"the tag {_shorthand(tag)} is not in the core schema")
    value = _read_plain(text)
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, _TAG_TYPES[name]) or isinstance(value, bool) != (name == "bool"):
        raise _WrongTagError(f"the value does not match the tag {_shorthand(tag)}")
    return value


def _shorthand(tag: str) -> str:
    """Return a tag as people write it: ``!!int`` for ``tag:yaml.org,2002:int``."""
    return "!!" + tag.removeprefix(_TAG_PREFIX) if tag.startswith(_TAG_PREFIX) else tag
