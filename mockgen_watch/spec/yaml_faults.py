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

    from mockgen_watch.spec.source import Source, SourceReader

# What ruamel.yaml raises on text that it does not foresee.
_SLIPS: Final = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(NotImplementedError, RecursionError, TypeError, ValueError),
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


def report_syntax_error(error: YamlSyntaxError, reader: SourceReader) -> None:
    """Report ``error`` in plain words; a rare one in the parser's own."""
    place = min(error.place, len(reader.text.rstrip()))
    verdict = _Judge(error, reader.source).verdict() or _Verdict(
        f"the YAML cannot be read: {error.problem}", place, place + 1
    )
    opened = verdict.opened
    reader.error(
        "MG103",
        verdict.message,
        (verdict.start, verdict.end),
        verdict.hint,
        related=reader.related("opened here", (opened, opened + 1)) if opened >= 0 else (),
        fix=verdict.fix,
    )


class _Verdict(Struct, frozen=True):
    """One fault in plain words.

    Attributes:
        message: what is wrong.
        start: offset of the first character concerned.
        end: offset after the last one.
        hint: what to do.
        opened: offset of the bracket that the fault belongs to, or -1.
        fix: what certainly belongs in the place of the characters, and the title of that change.
    """

    message: str
    start: int
    end: int
    hint: str = ""
    opened: int = -1
    fix: tuple[str, str] | None = None


_QUOTE_HINT: Final = "put the text in quotes"
_ESCAPE_HINT: Final = "write two backslashes for one, or put the text in single quotes"
_NEIGHBOURS_HINT: Final = "indent it as its neighbours"
_STRANGER: Final = re.compile(r"found character .* that cannot start any token")
_BEYOND_UNICODE: Final = ("chr() arg not in range", "Python int too large", "int too large")
_FOUND: Final = re.compile(r"expected <block end>, but found '(.*)'")
_GOT: Final = re.compile(r"expected ',' or '([\]}])', but got '(.*)'")
_NO_CONTENT: Final = re.compile(r"expected the node content, but found '(.*)'")
_MORE_FOLLOWS: Final = re.compile(r"expected '<document start>', but found \('(.*)',\)")
_BLANK_OR_COMMENT: Final = re.compile(r"[ \t]*(?:#|[\r\n]|\Z)")
_INDENT: Final = re.compile(r"^( *)(?=[^\s#])", re.MULTILINE)
_CLOSERS: Final = frozenset("]}")
_STRUCTURE: Final = frozenset("[]{},:")


class _Judge:
    """Finds the fault behind what the parser says, in the lines above the place that it names."""

    def __init__(self, error: YamlSyntaxError, source: Source) -> None:
        self.error = error
        self.problem = error.problem
        self.place = error.place
        self.source = source
        self.text = source.text

    def verdict(self) -> _Verdict | None:
        """Return what is wrong; None for a problem that no rule is about."""
        return self._judge_scanning() or self._judge_indicator() or self._judge_block_or_brackets()

    def _judge_scanning(self) -> _Verdict | None:
        """Return what is wrong with a quote, an escape or a character."""
        place = self.place
        if self.error.context == "while scanning a quoted scalar":
            return self._unclosed_text(self.error.opened)
        if self.error.context == "while scanning a double-quoted scalar":
            return self._escape()
        if self.problem.startswith(_BEYOND_UNICODE):
            message = "the escape goes beyond the last character, U+10FFFF"
            return _Verdict(message, place - 2, place + 8)
        if self.problem == "control character":
            code = ord(self.text[place])
            message = f"the character U+{code:04X} cannot stand in YAML"
            hint = f'write it as "\\u{code:04x}" in double quotes, or remove it'
            return _Verdict(message, place, place + 1, hint)
        if _STRANGER.match(self.problem):
            return self._stranger()
        return None

    def _unclosed_text(self, opened: int) -> _Verdict:
        hint = f"put {self.text[opened]} behind it; if it goes on, indent its further lines"
        end = self.source.line_end(opened)
        return _Verdict("the text that begins here is not closed", opened, end, hint)

    def _escape(self) -> _Verdict:
        place = self.place
        if "unknown escape" in self.problem:
            written = quote_excerpt(self.text[place - 1 : place + 1])
            message = f"the escape {written} is unknown"
            return _Verdict(message, place - 1, place + 1, _ESCAPE_HINT)
        letter = self.text[place - 1]
        count = {"x": 2, "u": 4, "U": 8}.get(letter, 4)
        message = f"the escape \\{letter} needs {count} hexadecimal digits"
        return _Verdict(message, place - 2, place, _ESCAPE_HINT)

    def _stranger(self) -> _Verdict:
        place, end = self.place, self.place + 1
        character = self.text[place]
        if character != "\t":
            message = f"text without quotes cannot begin with {quote_excerpt(character)}"
            return _Verdict(message, place, end, _QUOTE_HINT)
        if self.text[self.source.line_start(place) : place].strip():
            message = "a tab cannot stand here"
            return _Verdict(
                message, place, end, "write a space", fix=(" ", "replace the tab with a space")
            )
        return _Verdict("a tab cannot indent a line", place, end, "indent with spaces")

    def _judge_indicator(self) -> _Verdict | None:
        """Return what is wrong after one of the characters ``& * ! | > % - ? .``."""
        context, problem = self.error.context, self.problem
        start = self.error.opened if self.error.opened >= 0 else self.place
        end = self.source.line_end(start)
        if context in {"while scanning an alias", "while scanning an anchor"}:
            fault = f"text without quotes cannot begin with {quote_excerpt(self.text[start])}"
            remedy, end = "", start + 1
        elif re.search(r" an? tag$", context) or "tag handle" in problem:
            fault, remedy = "the tag cannot be read", ' if "!" is of it'
        elif self.text.startswith("%", self.source.line_start(start)):
            fault, remedy = "the directive cannot be read", ' if "%" is of it'
            start = self.source.line_start(start)
        elif context == "while scanning a block scalar":
            fault = f'more than indicators stands behind "{self.text[start]}"'
            remedy = ", or begin it on the next line"
        elif "follow up line" in problem:
            fault = "a line of spaces before the text is indented deeper than the text"
            remedy = ", or empty that line"
        elif problem == "sequence entries are not allowed here":
            fault = '"- " cannot stand behind a key on its line'
            remedy = ", or begin the list on the next line"
        elif problem == "mapping keys are not allowed here":
            fault, remedy = '"? " cannot stand here', ""
        elif "after document end marker" in problem:
            fault, remedy = 'nothing can stand behind "..." on its line', " if it is text"
        else:
            return None
        return _Verdict(fault, start, end, f"{_QUOTE_HINT}{remedy}")

    def _judge_block_or_brackets(self) -> _Verdict | None:
        """Return what is wrong with keys, items, indentation, brackets or commas."""
        if self.problem == "could not find expected ':'":
            return self._missing_colon(self.error.opened)
        if self.problem == "mapping values are not allowed here":
            return self._misplaced_colon()
        if match := _FOUND.match(self.problem):
            return self._misplaced_text() if match[1] == "<scalar>" else self._misplaced(match[1])
        if match := _MORE_FOLLOWS.match(self.problem):
            return self._more_follows(match[1])
        if match := _NO_CONTENT.match(self.problem):
            return self._no_content(match[1])
        if match := _GOT.match(self.problem):
            return self._bracket_content(match[1], match[2])
        return None

    def _missing_colon(self, start: int) -> _Verdict:
        end = self.source.line_end(start)
        line = self.text[start:end]
        hint = "write it as key: value"
        above = self._line_above(start)
        if re.match(r"-[^\s-]", line):
            hint = "put a space behind the dash of a list item"
        elif above >= 0 and self.text.startswith("- ", above + self.source.indent(start)):
            hint = 'put "- " before it if it is an item of the list'
        elif re.match(r"[^\s:]+:\S", line):
            hint = "put a space behind the colon"
        return _Verdict("the line has no key with a colon", start, end, hint)

    def _misplaced_colon(self) -> _Verdict:
        place = self.place
        start, indent = self.source.line_start(place), self.source.indent(place)
        if re.search(r":[ \t]", self.text[start:place]):
            message = "the value has a second colon in it"
            return _Verdict(message, place, place + 1, "put the value in quotes")
        above = self._line_above(place)
        if above >= 0 and indent <= self.source.indent(above):
            return self._missing_colon(above + self.source.indent(above))
        if self._odd_first_line() >= 0:
            return self._wrong_indent()
        message = "the line is indented deeper than the one above it, which has its value already"
        hint = f"{_NEIGHBOURS_HINT}, or remove the value above"
        return _Verdict(message, start + indent, place, hint)

    def _misplaced_text(self) -> _Verdict:
        place, end = self.place, self.source.line_end(self.place)
        if unclosed := self._unclosed_text_above():
            return unclosed
        before = self.text[self.source.line_start(place) : place].rstrip()
        if before.endswith(("'", '"')):
            quote = before[-1]
            inside = "two single quotes" if quote == "'" else '\\"'
            hint = f"write {inside} for {quote} inside the text"
            return _Verdict("text stands behind the closing quote", place, end, hint)
        if not before:
            return self._wrong_indent()
        message = "text stands behind a value that is complete"
        return _Verdict(message, place, end, "put the whole value in quotes")

    def _misplaced(self, found: str) -> _Verdict:
        place = self.place
        if found in _CLOSERS:
            return self._closes_nothing(found)
        if found == "-":
            message = "an item of a list stands among the keys of a mapping"
            hint = "put it under a key that has no value, or remove the dash"
            return _Verdict(message, place, place + 1, hint)
        if found == "?" and self.error.context == "while parsing a block collection":
            message = "a key stands among the items of a list"
            hint = 'put "- " before it, or indent it as the keys above'
            return _Verdict(message, place, self.source.line_end(place), hint)
        if found in {"<block mapping start>", "<block sequence start>", "?"}:
            return self._wrong_indent()
        message = "this cannot stand behind a value that is complete"
        return _Verdict(message, place, place + 1, "put the whole value in quotes")

    def _more_follows(self, found: str) -> _Verdict:
        """Return what is wrong where the file's one value has ended, and ``found`` follows."""
        place = self.place
        if found in _CLOSERS:
            return self._closes_nothing(found)
        if found == "<block mapping start>":
            return self._wrong_indent()
        ended = len(self.text[:place].rstrip())
        closer = self.text[ended - 1 : ended]
        if found == "," and closer in _CLOSERS:
            message = f'"{closer}" closes the first bracket, but more follows'
            return _Verdict(message, ended - 1, ended, "remove one closing bracket")
        message = "this stands behind the value of the file, which has ended"
        hint = "a file holds one value; put text that begins with a bracket or a quote in quotes"
        return _Verdict(message, place, self.source.line_end(place), hint)

    def _no_content(self, found: str) -> _Verdict:
        place = self.place
        if found.startswith(("<stream", "<document")):
            if self.error.enclosing >= 0:
                return self._unclosed_bracket(self.error.enclosing)
            message = '"..." ends a document that has not begun'
            return _Verdict(message, place, place + 3, "remove it")
        if found in _CLOSERS and "block" in self.error.context:
            return self._closes_nothing(found)
        message = f'a value is expected before "{found}"'
        end = min(place + 1, self.source.line_end(place))
        return _Verdict(message, place, end, "put text that begins so in quotes")

    def _bracket_content(self, closer: str, got: str) -> _Verdict:
        """Return what is wrong where brackets that ``closer`` would close go on with ``got``."""
        place, opened = self.place, self.error.opened
        if unclosed := self._unclosed_text_above():
            return unclosed
        if got not in _STRUCTURE | {"<scalar>"}:
            return self._unclosed_bracket(opened)
        if self.source.line_start(place) > opened and got not in _CLOSERS:
            # The bracket was opened further up, and a key or a value begins this line.
            if self.source.indent(place) <= self.source.indent(opened):
                return self._unclosed_bracket(opened)
            if comma := self._missing_comma_above():
                return comma
        shown = f'"{got}"' if got in _STRUCTURE else "this"
        if got in _CLOSERS:
            message = f'"{closer}" is expected before {shown}'
            return _Verdict(message, place, place + 1, opened=opened)
        message = f'"," or "{closer}" is expected before {shown}'
        hint = "put text that has such characters in quotes"
        return _Verdict(message, place, place + 1, hint, opened)

    def _closes_nothing(self, closer: str) -> _Verdict:
        return _Verdict(f'"{closer}" closes nothing', self.place, self.place + 1, "remove it")

    def _unclosed_bracket(self, opened: int) -> _Verdict:
        bracket = self.text[opened]
        hint = f'put "{"]" if bracket == "[" else "}"}" behind its last value'
        return _Verdict(f'"{bracket}" is not closed', opened, opened + 1, hint)

    def _unclosed_text_above(self) -> _Verdict | None:
        """Return the verdict on a quoted text that ran over lines and ended on this one."""
        quoted = self.error.quoted
        if quoted and self.source.line_start(self.place) < quoted[1] <= self.place:
            return self._unclosed_text(quoted[0])
        return None

    def _missing_comma_above(self) -> _Verdict | None:
        above = self._line_above(self.place)
        line = self.text[above : self.source.line_end(above)]
        written = re.sub(r"[ \t]#.*", "", line).rstrip()
        if written.endswith((",", "[", "{", ":")):
            return None
        end = above + len(written)
        return _Verdict(
            '"," is missing', end, end, "put a comma here", fix=(",", "put a comma here")
        )

    def _wrong_indent(self) -> _Verdict:
        """Return the verdict on a line that does not begin where its neighbours do."""
        odd = self._odd_first_line()
        start = odd + self.source.indent(odd) if odd >= 0 else self.place
        message = "the indentation of this line fits none of its neighbours"
        return _Verdict(message, start, self.source.line_end(start), _NEIGHBOURS_HINT)

    def _odd_first_line(self) -> int:
        """Return the first line of the block that this line belongs to, if that is odd; else -1.

        The parser trusts a block's first line and rejects the second. The first is the odd one
        where the second is indented by the file's usual step, and the first is not.
        """
        indent = self.source.indent(self.place)
        first = parent = self._line_above(self.place)
        while parent >= 0 and self.source.indent(parent) >= min(indent, self.source.indent(first)):
            first, parent = parent, self._line_above(parent)
        if first < 0:
            return -1
        step = self._usual_step()
        base = self.source.indent(parent) if parent >= 0 else -step
        return first if indent - base == step != self.source.indent(first) - base else -1

    def _line_above(self, offset: int) -> int:
        """Return the offset of the last line above that is not blank or a comment, or -1."""
        start = self.source.line_start(offset)
        while start > 0:
            start = self.source.line_start(start - 1)
            if not _BLANK_OR_COMMENT.match(self.text, start):
                return start
        return -1

    def _usual_step(self) -> int:
        """Return by how much the lines of the file are mostly indented deeper than those above."""
        widths = [len(blanks) for blanks in _INDENT.findall(self.text)]
        deeper = Counter(below - above for above, below in pairwise(widths) if below > above)
        return deeper.most_common(1)[0][0] if deeper else 0
