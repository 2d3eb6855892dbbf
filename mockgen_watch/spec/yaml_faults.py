"""Faults in YAML text: why a text cannot be read, in plain words.

The parser says where it could not go on. That is often below the fault: a missing quote, bracket or
colon is noticed when a later line does not fit. The rules here look at the lines above, and name
the one to change.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.spec.document import quote_excerpt

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Replacement, Source, SourceReader
    from mockgen_watch.spec.yaml_events import YamlSyntaxError


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
    """One fault in plain words, with the offsets of the first character and after the last one.

    Attributes:
        opened: offset of the bracket that the fault belongs to, or -1.
        fix: what certainly belongs in the place of the characters, and the title of that change.
    """

    message: str
    start: int
    end: int
    hint: str = ""
    opened: int = -1
    fix: Replacement | None = None


_QUOTE_HINT: Final = "put the text in quotes"
_ESCAPE_HINT: Final = "write a backslash as two, or put the text in single quotes"
_NEIGHBOURS_HINT: Final = "indent it like the lines around it"
_STRANGER: Final = r"found character .* that cannot start any token"
_BEYOND_UNICODE: Final = ("chr() arg not in range", "Python int too large", "int too large")
_FOUND: Final = r"expected <block end>, but found '(.*)'"
_GOT: Final = r"expected ',' or '([\]}])', but got '(.*)'"
_NO_CONTENT: Final = r"expected the node content, but found '(.*)'"
_MORE_FOLLOWS: Final = r"expected '<document start>', but found \('(.*)',\)"
_BLANK_OR_COMMENT: Final = r"[ \t]*(?:#|[\r\n]|\Z)"
_INDENT: Final = r"(?m)^( *)(?=[^\s#])"
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
            message = "the escape is beyond the last character, U+10FFFF"
            return _Verdict(message, place - 2, place + 8)
        if self.problem == "control character":
            code = ord(self.text[place])
            message = f"the character U+{code:04X} is not allowed in YAML"
            hint = f'write it as "\\u{code:04x}" in double quotes, or remove it'
            return _Verdict(message, place, place + 1, hint)
        if re.match(_STRANGER, self.problem):
            return self._stranger()
        return None

    def _unclosed_text(self, opened: int) -> _Verdict:
        hint = f"put {self.text[opened]} after it; if it continues, indent its other lines"
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
            message = "a tab is not allowed here"
            return _Verdict(
                message, place, end, "write a space", fix=(" ", "replace the tab with a space")
            )
        return _Verdict("tabs are not allowed as indentation", place, end, "indent with spaces")

    def _judge_indicator(self) -> _Verdict | None:
        """Return what is wrong after one of the characters ``& * ! | > % - ? .``."""
        context, problem = self.error.context, self.problem
        start = self.error.opened if self.error.opened >= 0 else self.place
        end = self.source.line_end(start)
        if context in {"while scanning an alias", "while scanning an anchor"}:
            fault = f"text without quotes cannot begin with {quote_excerpt(self.text[start])}"
            remedy, end = "", start + 1
        elif re.search(r" an? tag$", context) or "tag handle" in problem:
            fault, remedy = "the tag cannot be read", ' if "!" is part of it'
        elif self.text.startswith("%", self.source.line_start(start)):
            fault, remedy = "the directive cannot be read", ' if "%" is part of it'
            start = self.source.line_start(start)
        elif context == "while scanning a block scalar":
            fault = f'text is not allowed on this line after "{self.text[start]}"'
            remedy = ", or begin it on the next line"
        elif "follow up line" in problem:
            fault = "a line of spaces before the text is indented deeper than the text"
            remedy = ", or empty that line"
        elif problem == "sequence entries are not allowed here":
            fault = '"- " is not allowed on the line of a key'
            remedy = ", or begin the list on the next line"
        elif problem == "mapping keys are not allowed here":
            fault, remedy = '"? " is not allowed here', ""
        elif "after document end marker" in problem:
            fault, remedy = 'nothing is allowed after "..." on its line', " if it is text"
        else:
            return None
        return _Verdict(fault, start, end, f"{_QUOTE_HINT}{remedy}")

    def _judge_block_or_brackets(self) -> _Verdict | None:
        """Return what is wrong with keys, items, indentation, brackets or commas."""
        if self.problem == "could not find expected ':'":
            return self._missing_colon(self.error.opened)
        if self.problem == "mapping values are not allowed here":
            return self._misplaced_colon()
        if match := re.match(_FOUND, self.problem):
            return self._misplaced_text() if match[1] == "<scalar>" else self._misplaced(match[1])
        if match := re.match(_MORE_FOLLOWS, self.problem):
            return self._more_follows(match[1])
        if match := re.match(_NO_CONTENT, self.problem):
            return self._no_content(match[1])
        if match := re.match(_GOT, self.problem):
            return self._bracket_content(match[1], match[2])
        return None

    def _missing_colon(self, start: int) -> _Verdict:
        end = self.source.line_end(start)
        line = self.text[start:end]
        hint = "write it as key: value"
        above = self._line_above(start)
        if re.match(r"-[^\s-]", line):
            hint = "put a space after the dash of a list item"
        elif above >= 0 and self.text.startswith("- ", above + self.source.indent(start)):
            hint = 'put "- " before it if it is an item of the list'
        elif re.match(r"[^\s:]+:\S", line):
            hint = "put a space after the colon"
        return _Verdict("the line has no key with a colon", start, end, hint)

    def _misplaced_colon(self) -> _Verdict:
        place = self.place
        start, indent = self.source.line_start(place), self.source.indent(place)
        if re.search(r":[ \t]", self.text[start:place]):
            message = "the value contains a second colon"
            return _Verdict(message, place, place + 1, "put the value in quotes")
        above = self._line_above(place)
        if above >= 0 and indent <= self.source.indent(above):
            return self._missing_colon(above + self.source.indent(above))
        if self._odd_first_line() >= 0:
            return self._wrong_indent()
        message = "the line is indented deeper than the one above, which already has a value"
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
            hint = f"write {quote} inside the text as {inside}"
            return _Verdict("unexpected text after the closing quote", place, end, hint)
        if not before:
            return self._wrong_indent()
        message = "unexpected text after a complete value"
        return _Verdict(message, place, end, "put the whole value in quotes")

    def _misplaced(self, found: str) -> _Verdict:
        place = self.place
        if found in _CLOSERS:
            return self._closes_nothing(found)
        if found == "-":
            message = "unexpected list item among the keys of a mapping"
            hint = "put it under a key that has no value, or remove the dash"
            return _Verdict(message, place, place + 1, hint)
        if found == "?" and self.error.context == "while parsing a block collection":
            message = "unexpected key among the items of a list"
            hint = 'put "- " before it, or indent it like the keys above'
            return _Verdict(message, place, self.source.line_end(place), hint)
        if found in {"<block mapping start>", "<block sequence start>", "?"}:
            return self._wrong_indent()
        message = "this is not allowed after a complete value"
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
            message = f'"{closer}" closes the first bracket, but more text follows'
            return _Verdict(message, ended - 1, ended, "remove one closing bracket")
        message = "unexpected text after the end of the file's value"
        hint = "a file has one value; put text that begins with a bracket or a quote in quotes"
        return _Verdict(message, place, self.source.line_end(place), hint)

    def _no_content(self, found: str) -> _Verdict:
        place = self.place
        if found.startswith(("<stream", "<document")):
            if self.error.enclosing >= 0:
                return self._unclosed_bracket(self.error.enclosing)
            message = '"..." ends a document that has not started'
            return _Verdict(message, place, place + 3, "remove it")
        if found in _CLOSERS and "block" in self.error.context:
            return self._closes_nothing(found)
        message = f'expected a value before "{found}"'
        end = min(place + 1, self.source.line_end(place))
        return _Verdict(message, place, end, "put text that begins with it in quotes")

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
            message = f'expected "{closer}" before {shown}'
            return _Verdict(message, place, place + 1, opened=opened)
        message = f'expected "," or "{closer}" before {shown}'
        hint = "put text with such characters in quotes"
        return _Verdict(message, place, place + 1, hint, opened)

    def _closes_nothing(self, closer: str) -> _Verdict:
        return _Verdict(f'"{closer}" closes nothing', self.place, self.place + 1, "remove it")

    def _unclosed_bracket(self, opened: int) -> _Verdict:
        bracket = self.text[opened]
        hint = f'put "{"]" if bracket == "[" else "}"}" after its last value'
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
        message = "the indentation of this line does not match the lines around it"
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
            if not re.compile(_BLANK_OR_COMMENT).match(self.text, start):
                return start
        return -1

    def _usual_step(self) -> int:
        """Return by how much the lines of the file are mostly indented deeper than those above."""
        widths = [len(blanks) for blanks in re.findall(_INDENT, self.text)]
        deeper = Counter(below - above for above, below in pairwise(widths) if below > above)
        return deeper.most_common(1)[0][0] if deeper else 0
