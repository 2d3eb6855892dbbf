"""Events of YAML text (1.2): libyaml's where it can be trusted, else those of ruamel.yaml's parser.

libyaml is ten times faster than the parser in Python, but more lenient, and it follows YAML 1.1 in
a few places. Each of them is known here, and the text that has one is left to ``YamlEvents``, which
also says where a text cannot be read.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent, ScalarEvent
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader, ReaderError
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import FlowMappingEndToken, FlowSequenceEndToken, ScalarToken

from mockgen_watch.spec.document import MAX_DEPTH, Source

try:
    from _ruamel_yaml import CParser
except ImportError:  # no wheel of ruamel.yaml.clib for this Python
    CParser = None

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.events import Event


# What libyaml reads differently wherever it is: a directive, a tab that begins a line or is not
# followed by a comment, line ends that YAML 1.2 does not have, a BOM inside the text.
_MISREAD: Final = r"(?<![^\r\n])(?:%| *+\t)|(?<![ \t]) *+\t[ \t]*+(?!#)|[\x85\u2028\u2029\ufeff]"
# A text without any of these is not searched, which would take as long as libyaml takes to read it.
_SUSPECTS: Final = ("\n%", "\r%", "\t", "\x85", "\u2028", "\u2029", "\ufeff")
# An alias, or an anchor, a tag or both in this order, whose ends nobody can mistake.
_PROPERTIES: Final = r"""(?x)
    (?: \* [\w-]++ (?=[\s,\]}]|\Z)
      | &  [\w-]++ (?=[\s,\]}]|\Z) (?: \s++ !!?[\w-]*+ (?=\s|\Z) )? (?! \s*+ [!\#] )
      | !!?[\w-]*+ (?=\s|\Z) (?! \s*+ [&\#] )
    )
    (?! \s*+ :[^\s,\[\]{}] )
    """
_BLOCK_STYLES: Final = frozenset("|>")
_ODD_HEADER: Final = r"[^\r\n]*(?:[|>][-+0-9]*(?:#| *\t)|[\r\n]++(?: ++[\r\n]|[#.-]))"
_BLOCK_INDENT: Final = r" *(?:[-?:] +)*"
_FURTHER_LINE: Final = r"[\r\n] *(?=[^ \r\n])"


def is_trusted(text: str) -> bool:
    """Return whether libyaml is there, and ``text`` has nothing that it reads differently."""
    is_suspect = text.startswith("%") or any(suspect in text for suspect in _SUSPECTS)
    return CParser is not None and not (is_suspect and re.search(_MISREAD, text))


def trusted_events(source: Source) -> Iterator[Event]:
    """Yield libyaml's events.

    Raises:
        YAMLError: libyaml cannot read the text, or may read it differently.
    """
    parser = CParser(source.text)
    # How many collections are open from the outermost bracket on.
    brackets = 0
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, NodeEvent):
            if _may_be_misread(event, source, in_brackets=brackets > 0):
                raise YAMLError
            if isinstance(event, CollectionStartEvent) and (brackets or event.flow_style):
                brackets += 1
        elif isinstance(event, CollectionEndEvent) and brackets:
            brackets -= 1
        yield event


def _may_be_misread(event: Any, source: Source, *, in_brackets: bool) -> bool:  # noqa: ANN401 - its subclasses' attributes
    """Return whether libyaml may have read the event's text differently."""
    start: int = event.start_mark.index
    has_properties = event.anchor is not None or getattr(event, "tag", None) is not None
    if has_properties and not re.compile(_PROPERTIES).match(source.text, start):
        return True
    # libyaml takes any ? in brackets for the sign of a key, which may then be absent.
    if in_brackets and "?" in source.text[max(start - 1, 0) : start + 1]:
        return True
    if not isinstance(event, ScalarEvent):
        return False
    if not event.style:
        return in_brackets and not event.value
    if event.style in _BLOCK_STYLES:
        return re.compile(_ODD_HEADER).match(source.text, start) is not None
    if event.start_mark.line == event.end_mark.line:
        return False
    return in_brackets or not _is_indented(source, start, event.end_mark.index)


def _is_indented(source: Source, start: int, end: int) -> bool:
    """Return whether the further lines of a quoted text are indented deeper than its first."""
    line_start = source.line_start(start)
    first = re.compile(_BLOCK_INDENT).match(source.text, line_start)
    least = first.end() - line_start if first else 0
    further = re.compile(_FURTHER_LINE).finditer(source.text, start, end)
    return all(line.end() - line.start() - 1 > least for line in further)


# What ruamel.yaml raises on text that it does not foresee.
_SLIPS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(NotImplementedError, RecursionError, TypeError, ValueError),
)
# YAML 1.2 has three line ends fewer than 1.1, but ruamel.yaml breaks lines at them all the same.
_NO_LINE_ENDS: Final = "\x85\u2028\u2029"
_BEHIND_INDICATOR: Final = " \t\r\n\0,[]{}"
_PRIVATE_USE: Final = range(0xF0000, 0x10FFFE)
_LONG_ESCAPE: Final = r"\\U([0-9A-Fa-f]{8})"
_BLANKS_AND_COMMENT: Final = r"[ \t]++(?=#)"


class YamlSyntaxError(Exception):
    """The text is not YAML.

    Attributes:
        problem: what the parser says, in its words.
        place: offset of what it met.
        context: what it was about, such as ``while parsing a flow mapping``; may be empty.
        opened: offset where that began, or -1.
        enclosing: offset of the innermost collection that is open, or -1.
        quoted: the stretch of the last quoted text that went over lines, or None.
    """

    def __init__(self, problem: str, place: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.place = place
        self.context = ""
        self.opened = self.enclosing = -1
        self.quoted: tuple[int, int] | None = None


class YamlDepthError(Exception):
    """Brackets nest deeper than the limit; ``place`` is the offset of the one too many."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


class YamlEvents:
    """The events of one text; ``plain_text`` gives a scalar's value as it is written."""

    def __init__(self, text: str) -> None:
        self._stand_ins = _choose_stand_ins(text)
        self._text = text.translate(self._stand_ins) if self._stand_ins else text
        self._originals = {stand_in: end for end, stand_in in self._stand_ins.items()}

    def plain_text(self, value: str) -> str:
        """Return the value of a scalar event with the characters of the text."""
        return value.translate(self._originals) if self._originals else value

    def __iter__(self) -> Iterator[Event]:
        """Yield the events.

        Raises:
            YamlSyntaxError: the text is not YAML.
            YamlDepthError: it nests too deep.
        """
        stream: _Stream | None = None
        try:
            stream = _Stream(self._text)
            while stream.check_event():
                yield stream.get_event()
        except ReaderError as error:
            raise YamlSyntaxError("control character", error.position) from error
        except MarkedYAMLError as error:
            raise _translated(error, stream) from error
        except (YAMLError, *_SLIPS) as error:
            place = stream.index if stream is not None else 0
            raise YamlSyntaxError(str(error).partition("\n")[0], place) from error


class _Stream(Reader, Scanner, Parser):
    """One fresh reader, scanner and parser; ruamel.yaml's own loaders are composed likewise."""

    comment_handling = None
    # Directives change what is read by nothing: the core schema of YAML 1.2 is the format.
    processing_version = scanner_processing_version = (1, 2)

    def __init__(self, text: str) -> None:
        self.quoted_over_lines: tuple[int, int] | None = None
        # The parser sets the version that a %YAML directive asks for.
        self.doc_infos = [SimpleNamespace(doc_version=None)]
        Reader.__init__(self, text, loader=self)
        Scanner.__init__(self, loader=self)
        Parser.__init__(self, loader=self)

    @property
    def reader(self) -> Any:  # noqa: ANN401 - as ruamel.yaml declares it
        return self

    scanner = resolver = reader

    def fetch_flow_collection_start(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as declared
        """Begin a bracket; ruamel.yaml looks ahead so far that its levels must be counted here."""
        if self.flow_level == MAX_DEPTH:
            raise YamlDepthError(self.index)
        super().fetch_flow_collection_start(*args, **kwargs)

    # ruamel.yaml takes each ? and most : in brackets for indicators. By YAML 1.2 they are part of a
    # text that goes on after them, except for the colon after a key that has quotes or brackets.

    def check_key(self) -> bool:
        if not self.flow_level:
            return bool(super().check_key())
        return self.peek(1) in _BEHIND_INDICATOR

    def check_value(self) -> bool:
        if not self.flow_level:
            return bool(super().check_value())
        if self.peek(1) in _BEHIND_INDICATOR:
            return True
        # A token that may still turn out to be a key waits in the queue.
        before = self.tokens[-1] if self.tokens else None
        if isinstance(before, ScalarToken):
            return not before.plain
        return isinstance(before, FlowSequenceEndToken | FlowMappingEndToken)

    def check_plain(self) -> bool:
        if self.flow_level and self.peek() in "?:":
            return self.peek(1) not in _BEHIND_INDICATOR
        return bool(super().check_plain())

    def scan_to_next_token(self) -> None:
        """Skip blanks and comments; a tab may separate a token from a comment."""
        blanks = re.compile(_BLANKS_AND_COMMENT).match(self.buffer, self.pointer)
        if blanks and not self.allow_simple_key:
            self.forward(blanks.end() - blanks.start())
        super().scan_to_next_token()

    def scan_flow_scalar(self, style: Any) -> ScalarToken:  # noqa: ANN401 - as ruamel.yaml declares it
        """Scan a quoted text; refuse one whose further lines are not indented, as YAML does.

        ruamel.yaml reads on to the next quote, which is the opening one of another text when a
        closing quote is missing, and then complains of a line that is right.
        """
        start_mark = self.get_mark()
        line = self.line
        token: ScalarToken = super().scan_flow_scalar(style)
        if self.line == line:
            return token
        self.quoted_over_lines = start_mark.index, self.index
        for further in re.compile(_FURTHER_LINE).finditer(
            self.buffer, start_mark.index, self.index
        ):
            if len(further[0]) - 1 <= self.indent:
                raise ScannerError(
                    "while scanning a quoted scalar",
                    start_mark,
                    "found a line that is not indented",
                    self.get_mark(),
                )
        return token


def _translated(error: MarkedYAMLError, stream: _Stream | None) -> YamlSyntaxError:
    opened = -1 if error.context_mark is None else error.context_mark.index
    place = opened if error.problem_mark is None else error.problem_mark.index
    translated = YamlSyntaxError(error.problem or error.context or "", place)
    translated.opened = opened
    if error.problem:
        translated.context = error.context or ""
    if stream is not None:
        translated.quoted = stream.quoted_over_lines
        translated.enclosing = stream.marks[-1].index if stream.marks else -1
    return translated


def _choose_stand_ins(text: str) -> dict[int, int]:
    """Return a private character, not in ``text``, for each wrong line end that is in it."""
    present = [ord(end) for end in _NO_LINE_ENDS if end in text]
    if not present:
        return {}
    taken = {ord(character) for character in set(text)}
    taken.update(int(digits, 16) for digits in re.findall(_LONG_ESCAPE, text))
    free = (code for code in _PRIVATE_USE if code not in taken)
    return dict(zip(present, free, strict=False))
