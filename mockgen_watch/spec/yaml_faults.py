"""Faults in YAML text: a slower reader that says why a text cannot be read, in plain words.

ruamel.yaml's parser in Python says where it could not go on. That is often below the fault: a
missing quote, bracket or colon is noticed when a later line does not fit. The rules here look at
the lines above, and name the one to change.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader, ReaderError
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import FlowMappingEndToken, FlowSequenceEndToken, ScalarToken

from mockgen_watch.spec.document import quote_excerpt
from mockgen_watch.spec.source import MAX_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    from ruamel.yaml.events import Event

    from mockgen_watch.spec.source import Findings, Source

# What ruamel.yaml lets slip on text that it does not foresee.
_SLIPS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)
# YAML 1.2 has three line ends fewer than 1.1, but ruamel.yaml breaks lines at them all the same.
_NO_LINE_ENDS: Final = "\x85\u2028\u2029"
_BEHIND_INDICATOR: Final = " \t\r\n\0,[]{}"
_PRIVATE_USE: Final = range(0xF0000, 0x10FFFE)
_LONG_ESCAPE: Final = re.compile(r"\\U([0-9A-Fa-f]{8})")
_BLANKS_AND_COMMENT: Final = re.compile(r"[ \t]++(?=#)")
_FURTHER_LINE: Final = re.compile(r"[\r\n] *(?=[^ \r\n])")


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

    def __init__(
        self,
        problem: str,
        place: int,
        context: str = "",
        opened: int = -1,
        enclosing: int = -1,
        quoted: tuple[int, int] | None = None,
    ) -> None:
        """Carry what the parser says."""
        super().__init__(problem)
        self.problem = problem
        self.place = place
        self.context = context
        self.opened = opened
        self.enclosing = enclosing
        self.quoted = quoted


class YamlDepthError(Exception):
    """Brackets nest deeper than the limit; ``place`` is the offset of the one too many."""

    def __init__(self, place: int) -> None:
        """Carry the place."""
        super().__init__(place)
        self.place = place


class YamlEvents:
    """The events of one text; ``plain_text`` gives a scalar's value as it is written."""

    def __init__(self, text: str) -> None:
        """Prepare to read ``text``, which has no BOM."""
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
        self.doc_infos = [_Directives()]
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
        blanks = _BLANKS_AND_COMMENT.match(self.buffer, self.pointer)
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
        for further in _FURTHER_LINE.finditer(self.buffer, start_mark.index, self.index):
            if len(further[0]) - 1 <= self.indent:
                raise ScannerError(
                    "while scanning a quoted scalar",
                    start_mark,
                    "found a line that is not indented",
                    self.get_mark(),
                )
        return token


class _Directives:
    """A holder for the version that the parser sets for a %YAML directive."""

    doc_version: object = None


def _translated(error: MarkedYAMLError, stream: _Stream | None) -> YamlSyntaxError:
    opened = -1 if error.context_mark is None else error.context_mark.index
    place = opened if error.problem_mark is None else error.problem_mark.index
    return YamlSyntaxError(
        error.problem or error.context or "",
        place,
        context=(error.context or "") if error.problem else "",
        opened=opened,
        enclosing=stream.marks[-1].index if stream is not None and stream.marks else -1,
        quoted=stream.quoted_over_lines if stream is not None else None,
    )


def _choose_stand_ins(text: str) -> dict[int, int]:
    """Return a private character, not in ``text``, for each wrong line end that is in it."""
    present = [ord(end) for end in _NO_LINE_ENDS if end in text]
    if not present:
        return {}
    taken = {ord(character) for character in set(text)}
    taken.update(int(digits, 16) for digits in _LONG_ESCAPE.findall(text))
    free = (code for code in _PRIVATE_USE if code not in taken)
    return dict(zip(present, free, strict=False))


def report_syntax_error(error: YamlSyntaxError, source: Source, findings: Findings) -> None:
    """Report ``error`` in plain words; a rare one in the parser's own."""
    place = min(error.place, len(source.text.rstrip()))
    verdict = (
        _judge_token(error, source)
        or _judge_lines(error, source)
        or _judge_brackets(error, source)
        or _Verdict(message=f"the YAML cannot be read: {error.problem}", start=place, end=place + 1)
    )
    related = []
    if verdict.opened >= 0:
        related.append(findings.place("opened here", verdict.opened, verdict.opened + 1))
    findings.error(
        "MG103", verdict.message, verdict.start, verdict.end, hint=verdict.hint, related=related
    )


class _Verdict(Struct, frozen=True, kw_only=True):
    """One fault in plain words.

    Attributes:
        message: what is wrong.
        start: offset of the first character concerned.
        end: offset after the last one.
        hint: what to do.
        opened: offset of the bracket that the fault belongs to, or -1.
    """

    message: str
    start: int
    end: int
    hint: str = ""
    opened: int = -1


_QUOTE_HINT: Final = "put the text in quotes"
_STRANGER: Final = re.compile(r"found character .* that cannot start any token")
_BEYOND_UNICODE: Final = ("chr() arg not in range", "Python int too large", "int too large")


def _judge_token(error: YamlSyntaxError, source: Source) -> _Verdict | None:
    """Return what is wrong with a quote, an escape, a character, an anchor, a tag or a header."""
    if error.context == "while scanning a quoted scalar":
        return _unclosed_text(error.opened, source)
    if error.context == "while scanning a double-quoted scalar":
        return _escape(error, source)
    if error.problem.startswith(_BEYOND_UNICODE):
        message = "the escape goes beyond the last character, U+10FFFF"
        return _Verdict(message=message, start=error.place - 2, end=error.place + 8)
    if error.problem == "control character":
        return _control_character(error.place, source)
    if _STRANGER.match(error.problem):
        return _stranger(error.place, source)
    return _judge_indicator(error, source)


def _unclosed_text(opened: int, source: Source) -> _Verdict:
    """Return the verdict on a quoted text that begins at ``opened``."""
    quote = source.text[opened]
    return _Verdict(
        message="the text that begins here is not closed",
        start=opened,
        end=source.line_end(opened),
        hint=f"put {quote} behind it; if it goes on, indent its further lines",
    )


def _escape(error: YamlSyntaxError, source: Source) -> _Verdict:
    if "unknown escape" in error.problem:
        written = source.text[error.place - 1 : error.place + 1]
        return _Verdict(
            message=f"the escape {quote_excerpt(written)} is unknown",
            start=error.place - 1,
            end=error.place + 1,
            hint="write two backslashes for one, or put the text in single quotes",
        )
    letter = source.text[error.place - 1]
    count = {"x": 2, "u": 4, "U": 8}.get(letter, 4)
    return _Verdict(
        message=f"the escape \\{letter} needs {count} hexadecimal digits",
        start=error.place - 2,
        end=error.place,
        hint="write two backslashes for one, or put the text in single quotes",
    )


def _control_character(place: int, source: Source) -> _Verdict:
    code = ord(source.text[place])
    return _Verdict(
        message=f"the character U+{code:04X} cannot stand in YAML",
        start=place,
        end=place + 1,
        hint=f'write it as "\\u{code:04x}" in double quotes, or remove it',
    )


def _stranger(place: int, source: Source) -> _Verdict:
    character = source.text[place]
    if character != "\t":
        message = f"text without quotes cannot begin with {quote_excerpt(character)}"
        return _Verdict(message=message, start=place, end=place + 1, hint=_QUOTE_HINT)
    if source.text[source.line_start(place) : place].strip():
        message, hint = "a tab cannot stand here", "write a space"
    else:
        message, hint = "a tab cannot indent a line", "indent with spaces"
    return _Verdict(message=message, start=place, end=place + 1, hint=hint)


def _judge_indicator(error: YamlSyntaxError, source: Source) -> _Verdict | None:
    """Return what is wrong after one of the characters ``& * ! | > % - ? .``."""
    start = error.opened if error.opened >= 0 else error.place
    end = source.line_end(start)
    if error.context in {"while scanning an alias", "while scanning an anchor"}:
        fault, remedy = (
            f"text without quotes cannot begin with {quote_excerpt(source.text[start])}",
            "",
        )
        end = start + 1
    elif re.search(r" an? tag$", error.context) or "tag handle" in error.problem:
        fault, remedy = "the tag cannot be read", ' if "!" is of it'
    elif source.text.startswith("%", source.line_start(start)):
        fault, remedy = "the directive cannot be read", ' if "%" is of it'
        start = source.line_start(start)
    elif error.context == "while scanning a block scalar":
        fault = f'more than indicators stands behind "{source.text[start]}"'
        remedy = ", or begin it on the next line"
    elif "follow up line" in error.problem:
        fault = "a line of spaces before the text is indented deeper than the text"
        remedy = ", or empty that line"
    elif error.problem == "sequence entries are not allowed here":
        fault = '"- " cannot stand behind a key on its line'
        remedy = ", or begin the list on the next line"
    elif error.problem == "mapping keys are not allowed here":
        fault, remedy = '"? " cannot stand here', ""
    elif "after document end marker" in error.problem:
        fault, remedy = 'nothing can stand behind "..." on its line', " if it is text"
    else:
        return None
    return _Verdict(message=fault, start=start, end=end, hint=f"{_QUOTE_HINT}{remedy}")


_FOUND: Final = re.compile(r"expected <block end>, but found '(.*)'")
_BLANK_OR_COMMENT: Final = re.compile(r"[ \t]*(?:#|[\r\n]|\Z)")
_INDENT: Final = re.compile(r"^( *)(?=[^\s#])", re.MULTILINE)
_NEIGHBOURS_HINT: Final = "indent it as its neighbours"


def _judge_lines(error: YamlSyntaxError, source: Source) -> _Verdict | None:
    """Return what is wrong with the keys, items and indentations of block YAML."""
    if error.problem == "could not find expected ':'":
        return _missing_colon(error.opened, source)
    if error.problem == "mapping values are not allowed here":
        return _misplaced_colon(error.place, source)
    found = _FOUND.match(error.problem)
    if found is None:
        return None
    if found[1] == "<scalar>":
        return _misplaced_text(error, source)
    return _misplaced(found[1], error, source)


def _line_above(offset: int, source: Source) -> int:
    """Return the offset of the last line above that is not blank or a comment, or -1."""
    start = source.line_start(offset)
    while start > 0:
        start = source.line_start(start - 1)
        if not _BLANK_OR_COMMENT.match(source.text, start):
            return start
    return -1


def _missing_colon(start: int, source: Source) -> _Verdict:
    end = source.line_end(start)
    line = source.text[start:end]
    hint = "write it as key: value"
    above = _line_above(start, source)
    if re.match(r"-[^\s-]", line):
        hint = "put a space behind the dash of a list item"
    elif above >= 0 and source.text.startswith("- ", above + source.indent(start)):
        hint = 'put "- " before it if it is an item of the list'
    elif re.match(r"[^\s:]+:\S", line):
        hint = "put a space behind the colon"
    return _Verdict(message="the line has no key with a colon", start=start, end=end, hint=hint)


def _misplaced_colon(place: int, source: Source) -> _Verdict:
    start = source.line_start(place)
    if re.search(r":[ \t]", source.text[start:place]):
        return _Verdict(
            message="the value has a second colon in it",
            start=place,
            end=place + 1,
            hint="put the value in quotes",
        )
    indent = source.indent(place)
    above = _line_above(place, source)
    if above >= 0 and indent <= source.indent(above):
        return _missing_colon(above + source.indent(above), source)
    if _first_line_is_odd(place, source) >= 0:
        return _wrong_indent(place, source)
    return _Verdict(
        message="the line is indented deeper than the one above it, which has its value already",
        start=start + indent,
        end=place,
        hint=f"{_NEIGHBOURS_HINT}, or remove the value above",
    )


def _misplaced_text(error: YamlSyntaxError, source: Source) -> _Verdict:
    place = error.place
    line_start = source.line_start(place)
    if error.quoted is not None and line_start < error.quoted[1] <= place:
        return _unclosed_text(error.quoted[0], source)
    before = source.text[line_start:place].rstrip()
    if before.endswith(("'", '"')):
        quote = before[-1]
        inside = "two single quotes" if quote == "'" else '\\"'
        return _Verdict(
            message="text stands behind the closing quote",
            start=place,
            end=source.line_end(place),
            hint=f"write {inside} for {quote} inside the text",
        )
    if not before:
        return _wrong_indent(place, source)
    return _Verdict(
        message="text stands behind a value that is complete",
        start=place,
        end=source.line_end(place),
        hint="put the whole value in quotes",
    )


def _misplaced(found: str, error: YamlSyntaxError, source: Source) -> _Verdict:
    place = error.place
    if found in {"]", "}"}:
        message = f'"{found}" closes nothing'
        return _Verdict(message=message, start=place, end=place + 1, hint="remove it")
    if found == "-":
        return _Verdict(
            message="an item of a list stands among the keys of a mapping",
            start=place,
            end=place + 1,
            hint="put it under a key that has no value, or remove the dash",
        )
    if found == "?" and error.context == "while parsing a block collection":
        return _Verdict(
            message="a key stands among the items of a list",
            start=place,
            end=source.line_end(place),
            hint='put "- " before it, or indent it as the keys above',
        )
    if found in {"<block mapping start>", "<block sequence start>", "?"}:
        return _wrong_indent(place, source)
    return _Verdict(
        message="this cannot stand behind a value that is complete",
        start=place,
        end=place + 1,
        hint="put the whole value in quotes",
    )


def _wrong_indent(place: int, source: Source) -> _Verdict:
    """Return the verdict on a line, at ``place``, that does not begin where its neighbours do."""
    odd = _first_line_is_odd(place, source)
    if odd >= 0:
        place = odd + source.indent(odd)
    return _Verdict(
        message="the indentation of this line fits none of its neighbours",
        start=place,
        end=source.line_end(place),
        hint=_NEIGHBOURS_HINT,
    )


def _first_line_is_odd(place: int, source: Source) -> int:
    """Return the first line of the block that the line at ``place`` belongs to, if that is odd.

    The parser trusts a block's first line and rejects the second. The first is the
    odd one where the second is indented by the file's usual step, and the first is not. Else -1.
    """
    indent = source.indent(place)
    first = parent = _line_above(place, source)
    while parent >= 0 and source.indent(parent) >= min(indent, source.indent(first)):
        first, parent = parent, _line_above(parent, source)
    if first < 0:
        return -1
    base = source.indent(parent) if parent >= 0 else -_usual_step(source)
    step = _usual_step(source)
    return first if indent - base == step != source.indent(first) - base else -1


def _usual_step(source: Source) -> int:
    """Return by how much the lines of the file are mostly indented deeper than those above."""
    widths = [len(blanks) for blanks in _INDENT.findall(source.text)]
    deeper = Counter(below - above for above, below in pairwise(widths) if below > above)
    return deeper.most_common(1)[0][0] if deeper else 0


_GOT: Final = re.compile(r"expected ',' or '([\]}])', but got '(.*)'")
_NO_CONTENT: Final = re.compile(r"expected the node content, but found '(.*)'")
_MORE_FOLLOWS: Final = re.compile(r"expected '<document start>', but found \('(.*)',\)")
_OPENER: Final = {"]": "[", "}": "{"}
_STRUCTURE: Final = frozenset({"[", "]", "{", "}", ",", ":"})


def _judge_brackets(error: YamlSyntaxError, source: Source) -> _Verdict | None:
    """Return what is wrong with the brackets and commas of flow YAML."""
    if match := _MORE_FOLLOWS.match(error.problem):
        return _more_follows(match[1], error.place, source)
    if match := _NO_CONTENT.match(error.problem):
        return _no_content(match[1], error, source)
    match = _GOT.match(error.problem)
    if match is None:
        return None
    closer, got = match[1], match[2]
    line_start = source.line_start(error.place)
    if error.quoted is not None and line_start < error.quoted[1] <= error.place:
        return _unclosed_text(error.quoted[0], source)
    if got not in {":", "<scalar>", ",", "]", "}", "[", "{"}:
        return _unclosed(error.opened, source)
    if line_start > error.opened and got not in {"]", "}"}:
        # The bracket was opened further up, and a key or a value begins this line.
        if source.indent(error.place) <= source.indent(error.opened):
            return _unclosed(error.opened, source)
        if comma := _missing_comma_above(error, source):
            return comma
    wanted = f'"{closer}" is' if got in {"]", "}"} else f'"," or "{closer}" is'
    shown = f'"{got}"' if got in _STRUCTURE else "this"
    return _Verdict(
        message=f"{wanted} expected before {shown}",
        start=error.place,
        end=error.place + 1,
        hint="" if got in {"]", "}"} else "put text that has such characters in quotes",
        opened=error.opened,
    )


def _more_follows(found: str, place: int, source: Source) -> _Verdict:
    """Return what is wrong where the file's one value has ended, and ``found`` follows."""
    if found in _OPENER:
        message = f'"{found}" closes nothing'
        return _Verdict(message=message, start=place, end=place + 1, hint="remove it")
    if found == "<block mapping start>":
        return _wrong_indent(place, source)
    ended = len(source.text[:place].rstrip())
    if found == "," and source.text[ended - 1 : ended] in _OPENER:
        return _Verdict(
            message=f'"{source.text[ended - 1]}" closes the first bracket, but more follows',
            start=ended - 1,
            end=ended,
            hint="remove one closing bracket",
        )
    return _Verdict(
        message="this stands behind the value of the file, which has ended",
        start=place,
        end=source.line_end(place),
        hint="a file holds one value; put text that begins with a bracket or a quote in quotes",
    )


def _unclosed(opened: int, source: Source) -> _Verdict:
    bracket = source.text[opened]
    closer = "]" if bracket == "[" else "}"
    return _Verdict(
        message=f'"{bracket}" is not closed',
        start=opened,
        end=opened + 1,
        hint=f'put "{closer}" behind its last value',
    )


def _missing_comma_above(error: YamlSyntaxError, source: Source) -> _Verdict | None:
    above = _line_above(error.place, source)
    line = source.text[above : source.line_end(above)]
    written = re.sub(r"[ \t]#.*", "", line).rstrip()
    if written.endswith((",", "[", "{", ":")):
        return None
    end = above + len(written)
    return _Verdict(message='"," is missing', start=end, end=end, hint="put a comma here")


def _no_content(found: str, error: YamlSyntaxError, source: Source) -> _Verdict | None:
    place = error.place
    if found.startswith(("<stream", "<document")):
        if error.enclosing >= 0:
            return _unclosed(error.enclosing, source)
        message = '"..." ends a document that has not begun'
        return _Verdict(message=message, start=place, end=place + 3, hint="remove it")
    if found in _OPENER and "block" in error.context:
        message = f'"{found}" closes nothing'
        return _Verdict(message=message, start=place, end=place + 1, hint="remove it")
    return _Verdict(
        message=f'a value is expected before "{found}"',
        start=place,
        end=min(place + 1, source.line_end(place)),
        hint="put text that begins so in quotes",
    )
