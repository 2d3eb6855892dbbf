"""Takes JSON text; gives its tokens one by one, also where a token is not quite JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.json_escapes import read_text, stop_unclosed
from mockgen_watch.spec.number_text import UnreadableNumberError, read_decimal, read_integer
from mockgen_watch.spec.parse import quoted

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import ScalarValue, Source
    from mockgen_watch.spec.parse import Findings

TEXT: Final = "text"
NUMBER: Final = "number"
WORD: Final = "word"
END: Final = "end"
# Punctuation is its own kind: [ ] { } , :

_TOKEN: Final = re.compile(
    r"[ \t\n\r]*+(?:"
    r'("[^"\\\x00-\x1f]*")'
    r"|([\[\]{},:])"
    r'|(-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)(?![\w.+"-])'
    r'|(true|false|null)(?![\w.+"-])'
    r")"
)
_IN_TEXT, _IN_PUNCTUATION, _IN_NUMBER, _FRACTION, _EXPONENT, _IN_WORD = range(1, 7)
_WORDS: Final = {"true": True, "false": False, "null": None}

# What people write instead. Repeats are bounded where each of many tokens could try them.
_SPACE: Final = re.compile(r"[ \t\n\r]*+")
_COMMENT: Final = re.compile(r"(?://|#)[^\r\n]*|/\*.*?\*/", re.DOTALL)
_SINGLE_QUOTED: Final = re.compile(r"'([^'\\\r\n]*(?:\\[^\r\n][^'\\\r\n]*){0,99})'")
_CURLY_QUOTED: Final = re.compile('[\u201c\u201d]([^\u201d"\r\n]*)[\u201d"]')
_UNOPENED: Final = re.compile(r'([^"\[\]{},:\r\n]{1,200})"(?=[ \t]*(?:[\r\n,:\]}]|\Z))')
_NUMBER_LIKE: Final = re.compile(r"[-+]?\.?[0-9][\w.+-]*|[-+](?:Infinity|NaN|inf|nan)\b")
_REGULAR_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD_CHARACTER: Final = (
    r"""[^\s\[\]{},:"'=;\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"""
)
_BARE_WORDS: Final = re.compile(rf"{_WORD_CHARACTER}++(?:[ \t]++{_WORD_CHARACTER}++)*+")
_MEANT: Final = {
    "true": "true",
    "false": "false",
    "null": "null",
    "none": "null",
    "nil": "null",
    "undefined": "null",
}
_NOT_FINITE: Final = frozenset({"nan", "inf", "infinity"})
_MEANT_PUNCTUATION: Final = {
    "=": (":", 'JSON writes ":" between a key and its value'),
    ";": (",", 'JSON writes "," between values'),
}
_QUOTE_HINT: Final = "put it in double quotes if it is text"


class Lexer:
    """Steps through the tokens of a JSON text; the attributes describe the current one.

    Attributes:
        kind: TEXT, NUMBER, WORD, END, or the punctuation character itself.
        value: of a text, number or word.
        start: offset of its first character.
        end: offset behind its last character.
        before: offset behind the last character of the token before it.
    """

    __slots__ = ("_findings", "_text", "before", "end", "kind", "start", "value")

    def __init__(self, source: Source, findings: Findings) -> None:
        """Stand before the first token of ``source``."""
        self._text = source.text
        self._findings = findings
        self.kind = END
        self.value: ScalarValue = None
        self.start = self.end = self.before = 0

    @property
    def raw(self) -> str:
        """The source text of the current token."""
        return self._text[self.start : self.end]

    def advance(self) -> None:
        """Go to the next token; what is no JSON token is reported and read as what was meant.

        Raises:
            ReadingStoppedError: nobody can tell where the token ends.
        """
        self.before = self.end
        match = _TOKEN.match(self._text, self.end)
        while match is None:
            if self._take_irregular():
                return
            match = _TOKEN.match(self._text, self.end)
        group = match.lastindex or 0
        self.start, self.end = match.span(group)
        if group == _IN_PUNCTUATION:
            self.kind = match[group]
        elif group == _IN_TEXT:
            self.kind, self.value = TEXT, match[group][1:-1]
        elif group == _IN_WORD:
            self.kind, self.value = WORD, _WORDS[match[group]]
        else:
            self._read_number(match[_IN_NUMBER], whole=not (match[_FRACTION] or match[_EXPONENT]))

    def _read_number(self, text: str, *, whole: bool) -> None:
        self.kind, self.value = NUMBER, None
        try:
            self.value = read_integer(text) if whole else read_decimal(text)
        except UnreadableNumberError as problem:
            self._complain(f"{problem}: {quoted(text)}", _QUOTE_HINT, code="MG108")

    def _take_irregular(self) -> bool:
        """Take what no rule of JSON allows; return False when it was only skipped."""
        text = self._text
        space = _SPACE.match(text, self.end)
        self.start = self.end = space.end() if space else self.end
        if self.start == len(text):
            self.kind, self.value = END, None
        elif text[self.start] == '"':
            self.kind = TEXT
            self.value, self.end = read_text(text, self.start, self._findings)
        elif text.startswith(("//", "/*", "#"), self.start):
            self._skip_comment()
            return False
        else:
            return self._take_misquoted() or self._take_odd_number() or self._take_bare_words()
        return True

    def _skip_comment(self) -> None:
        comment = _COMMENT.match(self._text, self.start)
        if comment is None:
            self._findings.stop(
                "MG102", "the comment is not closed", self.start, self.start + 2, hint=_NO_COMMENTS
            )
        self.end = comment.end()
        self._complain("JSON has no comments", _NO_COMMENTS)

    def _take_misquoted(self) -> bool:
        first = self._text[self.start]
        pattern = _SINGLE_QUOTED if first == "'" else _CURLY_QUOTED
        if match := pattern.match(self._text, self.start):
            self._become(TEXT, match[1], match)
            self._complain("JSON text stands in straight double quotes", 'write it as "…"')
        elif first in "'\u201c\u201d":
            stop_unclosed(self._text, self.start, self._findings)
        elif match := _UNOPENED.match(self._text, self.start):
            self._become(TEXT, match[1], match)
            self._complain("the text has no opening quote", 'put " before it')
        return match is not None

    def _take_odd_number(self) -> bool:
        match = _NUMBER_LIKE.match(self._text, self.start)
        if match is None:
            return False
        self._become(NUMBER, None, match)
        regular = _REGULAR_NUMBER.fullmatch(match[0])
        if regular is not None:
            self._read_number(match[0], whole=not (regular[1] or regular[2]))
        elif match[0].lstrip("+-").casefold() in _NOT_FINITE:
            self._complain(f"{match[0]} is not a finite number", _QUOTE_HINT, code="MG108")
        else:
            self._complain(f"{quoted(match[0])} {_number_fault(match[0])}", _QUOTE_HINT)
        return True

    def _take_bare_words(self) -> bool:
        match = _BARE_WORDS.match(self._text, self.start)
        if match is None:
            return self._take_stray_character()
        words = match[0]
        meant = _MEANT.get(words.casefold())
        if words in _WORDS:
            self._become(WORD, _WORDS[words], match)
        elif meant is not None:
            self._become(WORD, _WORDS[meant], match)
            self._complain(f"{quoted(words)} is not a word of JSON", f"write {meant}")
        elif words.casefold() in _NOT_FINITE:
            self._become(NUMBER, None, match)
            self._complain(f"{words} is not a finite number", _QUOTE_HINT, code="MG108")
        else:
            self._become(TEXT, words, match)
            self._complain(
                f"{quoted(words)} has no quotes", 'write text as "…", or true, false, null'
            )
        return True

    def _take_stray_character(self) -> bool:
        character = self._text[self.start]
        self.end = self.start + 1
        kind, hint = _MEANT_PUNCTUATION.get(character, ("", "remove it"))
        shown = quoted(character) if character.isprintable() else f"U+{ord(character):04X}"
        self._complain(f"the character {shown} cannot stand here", hint)
        self.kind = kind
        return kind != ""

    def _become(self, kind: str, value: ScalarValue, match: re.Match[str]) -> None:
        self.kind, self.value = kind, value
        self.start, self.end = match.span()

    def _complain(self, message: str, hint: str, code: str = "MG102") -> None:
        self._findings.error(code, message, self.start, self.end, hint=hint)


_NO_COMMENTS: Final = "remove it, or keep this file as .yaml, which has comments"


def _number_fault(text: str) -> str:
    digits = text.lstrip("+-")
    if text.startswith("+"):
        return "has a plus sign, which JSON does not allow"
    if digits.startswith(".") or re.search(r"\.(?![0-9])", digits):
        return "has a point without digits on both sides"
    if re.match(r"0[0-9]", digits):
        return "begins with zero, which JSON does not allow"
    return "is not a number"
