"""JSON text: a strict reader (RFC 8259) whose nodes know their place.

What people often write instead of JSON (a trailing or missing comma, a comment, other quotes) is
reported and read as what was meant, so that one run shows several faults.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

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
from mockgen_watch.spec.source import MAX_DEPTH, MAX_NODES, ReadingStoppedError, join_surrogates

if TYPE_CHECKING:
    from typing import Final, NoReturn

    from mockgen_watch.spec.document import Node, ScalarValue
    from mockgen_watch.spec.source import Findings, Source

_TEXT: Final = "text"
_NUMBER: Final = "number"
_WORD: Final = "word"
_END: Final = "end"
# Punctuation is its own kind: [ ] { } , :

_CLOSER: Final = {"[": "]", "{": "}"}
_CLOSERS: Final = frozenset(_CLOSER.values())
_LEAVES: Final = frozenset({_TEXT, _NUMBER, _WORD})
_VALUES: Final = _LEAVES | frozenset(_CLOSER)


def read_json(source: Source, findings: Findings) -> Node | None:
    """Return the top node of ``source``, or None where reading had to stop.

    A fault with one obvious meaning (a trailing or missing comma, a comment, other quotes) is
    reported and reading goes on, so that one run shows several.
    """
    try:
        return _Reader(source, findings).document()
    except ReadingStoppedError:
        return None


class _Reader:
    def __init__(self, source: Source, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._token = _Lexer(source, findings)
        self._path: list[str | int] = []
        self._open: list[int] = []
        self._nodes = 0

    def document(self) -> Node:
        token = self._token
        token.advance()
        if token.kind not in _VALUES:
            self._stop(f'a value is expected before "{token.kind}"')
        root = self._value()
        if token.kind in _CLOSERS:
            self._stop_at_bracket(f'"{token.kind}" closes nothing', "remove it")
        if token.kind != _END:
            self._stop_behind_root(root)
        return root

    def _value(self) -> Node:
        token = self._token
        kind, start = token.kind, token.start
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._stop(f"the file holds more than {MAX_NODES:,} keys and values", code="MG105")
        if kind in _LEAVES:
            node = Scalar(
                value=token.value,
                mark=self._source.mark(start, token.end),
                raw=token.raw if kind == _NUMBER else "",
            )
            token.advance()
            return node
        if kind in _CLOSER:
            if len(self._open) == MAX_DEPTH:
                self._stop(f"the file nests deeper than {MAX_DEPTH} levels", code="MG106")
            self._open.append(start)
            token.advance()
            collection = self._items(start) if kind == "[" else self._members(start)
            self._open.pop()
            return collection
        if kind == _END:
            self._stop_at_bracket("the file ends where a value is expected")
        self._complain(f'a value is expected before "{kind}"', start, token.end)
        return Scalar(value=None, mark=self._source.mark(start, start))

    def _items(self, start: int) -> SequenceNode:
        token = self._token
        items: list[Node] = []
        while token.kind != "]":
            if token.kind not in _VALUES:
                self._expect_inside("[")
            if token.kind == ":":
                self._complain_of_key_in_list()
                token.advance()
                continue
            self._path.append(len(items))
            items.append(self._value())
            self._path.pop()
            self._separator("]")
        token.advance()
        return SequenceNode(items=tuple(items), mark=self._source.mark(start, token.before))

    def _members(self, start: int) -> MappingNode:
        token = self._token
        members: dict[str, Member] = {}
        loose = -1
        while token.kind != "}":
            if token.kind != _TEXT:
                self._expect_inside("{", loose)
            if token.kind == ",":
                self._complain('a key is expected before ","', token.start, token.end)
                token.advance()
                continue
            key_start, key_end = token.start, token.end
            key = self._key()
            self._path.append(key)
            if token.kind == ":":
                loose = self._pass_colon()
                node = self._value()
            else:
                node = self._value_without_colon(loose)
            mark = self._source.mark(key_start, key_end)
            self._keep(members, Member(key=key, mark=mark, node=node))
            self._path.pop()
            if token.kind == ":" and loose >= 0:
                self._stop_at_missing("{", loose)
            self._separator("}")
        token.advance()
        mark = self._source.mark(start, token.before)
        return MappingNode(members=tuple(members.values()), mark=mark)

    def _keep(self, members: dict[str, Member], member: Member) -> None:
        self._nodes += 1
        first = members.setdefault(member.key, member).mark
        if first is member.mark:
            return
        self._findings.error(
            "MG104",
            f"the key {quote_excerpt(member.key)} stands twice in one mapping",
            member.mark.start,
            member.mark.end,
            hint="remove one, or give it another name",
            pointer=pointer_of(self._path),
            related=(self._findings.place("it stands first here", first.start, first.end),),
        )

    def _key(self) -> str:
        token = self._token
        if token.kind in _CLOSER:
            self._stop("a mapping needs a key here", 'a key is text in double quotes, then ":"')
        if token.kind == ":":
            self._complain('a key is expected before ":"', token.start, token.end)
            return ""
        key = token.value
        if not isinstance(key, str):
            key = token.raw
            self._complain(
                f"the key {key} is not text", token.start, token.end, f'write "{key}" in quotes'
            )
        token.advance()
        return key

    def _pass_colon(self) -> int:
        """Skip the colon; return the offset after it if the value is on a later line, or -1.

        No formatter breaks the line there, so when the mapping then goes wrong, it is because an
        opening bracket was lost after the colon.
        """
        token = self._token
        token.advance()
        if token.kind == ":":
            self._complain('":" stands twice', token.start, token.end, "remove one")
            token.advance()
        return token.before if "\n" in self._source.text[token.before : token.start] else -1

    def _value_without_colon(self, loose: int) -> Node:
        token = self._token
        if token.kind in _VALUES:
            self._complain('":" is missing behind the key', token.before, token.before)
        elif token.kind != _END:
            if loose >= 0:
                self._stop_at_missing("[", loose)
            self._complain("the key has no value", token.before, token.before)
            return Scalar(value=None, mark=self._source.mark(token.before, token.before))
        return self._value()

    def _separator(self, closer: str) -> None:
        """Skip the comma between two values, or report what is wrong with it."""
        token = self._token
        if token.kind == ",":
            comma = token.start
            token.advance()
            if token.kind == closer:
                self._complain(
                    f'"," stands before "{closer}"', comma, comma + 1, "remove the last comma"
                )
        elif token.kind in _VALUES:
            self._complain('"," is missing', token.before, token.before, "put a comma here")

    def _expect_inside(self, opener: str, loose: int = -1) -> None:
        """Stop where the current token shows that a bracket was never closed, or never opened."""
        token = self._token
        closer = _CLOSER[opener]
        if token.kind == _END:
            self._stop_at_bracket(f'the file ends, but "{opener}" is not closed')
        elif loose >= 0 and token.kind != ",":
            self._stop_at_missing("[", loose)
        elif token.kind in _CLOSERS:
            self._stop_at_bracket(f'"{closer}" is expected before "{token.kind}"')

    def _complain_of_key_in_list(self) -> None:
        token = self._token
        if _find_missing_closer(self._source) is not None:
            self._stop_at_bracket("")
        message = 'a list has no keys, so ":" cannot stand here'
        self._complain(message, token.start, token.end, 'put "{" before the key, and "}" behind')

    def _stop_at_missing(self, opener: str, place: int) -> NoReturn:
        hint = "a value begins on the line of its key"
        self._findings.stop("MG102", f'"{opener}" is missing', place, place, hint=hint)

    def _complain(self, message: str, start: int, end: int, hint: str = "") -> None:
        self._findings.error(
            "MG102", message, start, end, hint=hint, pointer=pointer_of(self._path)
        )

    def _stop(self, message: str, hint: str = "", code: str = "MG102") -> NoReturn:
        token = self._token
        pointer = pointer_of(self._path)
        self._findings.stop(code, message, token.start, token.end, hint=hint, pointer=pointer)

    def _stop_behind_root(self, root: Node) -> NoReturn:
        """Stop where more follows: at it, or where the file's value began or ended too early."""
        token = self._token
        start, end = token.start, token.end
        message, hint = "a second value follows the first", "a file holds one value"
        if token.kind == ":":
            start, end = root.mark.start, root.mark.end
            message, hint = '"{" is missing before the first key', 'and "}" at the end of the file'
        elif token.kind == "," and self._source.text[root.mark.end - 1] in _CLOSERS:
            start, end = root.mark.end - 1, root.mark.end
            message = f'"{self._source.text[start]}" closes the first bracket, but more follows'
            hint = "remove one closing bracket"
        self._findings.stop("MG102", message, start, end, hint=hint)

    def _stop_at_bracket(self, message: str, hint: str = "") -> NoReturn:
        """Stop; name the wrong bracket where the indentation shows which one it is."""
        text = self._source.text
        start, end = self._token.start, self._token.end
        if start == len(text):
            start = end = self._token.before
        opener = self._open[-1] if self._open else -1
        missing = _find_missing_closer(self._source)
        if missing is not None:
            opener, start = missing
            end = start + 1
            message = f'"{_CLOSER[text[opener]]}" is missing before this line'
            hint = "the indentation shows where"
            if text.startswith(text[opener], opener + 1):
                start, end = opener, opener + 2
                message, hint = "only one of these brackets is closed", "remove one"
        related = []
        if opener >= 0:
            related.append(self._findings.place("opened here", opener, opener + 1))
        self._findings.stop("MG102", message, start, end, hint=hint, related=related)


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


class _Lexer:
    """Steps through the tokens of a JSON text; the attributes describe the current one.

    Attributes:
        kind: text, number, word, end, or the punctuation character itself.
        value: of a text, number or word.
        start: offset of its first character.
        end: offset after its last character.
        before: offset after the last character of the token before it.
    """

    __slots__ = ("_findings", "_text", "before", "end", "kind", "start", "value")

    def __init__(self, source: Source, findings: Findings) -> None:
        """Stand before the first token of ``source``."""
        self._text = source.text
        self._findings = findings
        self.kind = _END
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
            self.kind, self.value = _TEXT, match[group][1:-1]
        elif group == _IN_WORD:
            self.kind, self.value = _WORD, _WORDS[match[group]]
        else:
            self._read_number(match[_IN_NUMBER], whole=not (match[_FRACTION] or match[_EXPONENT]))

    def _read_number(self, text: str, *, whole: bool) -> None:
        self.kind, self.value = _NUMBER, None
        try:
            self.value = read_integer(text) if whole else read_decimal(text)
        except UnreadableNumberError as problem:
            self._complain(f"{problem}: {quote_excerpt(text)}", _QUOTE_HINT, code="MG108")

    def _take_irregular(self) -> bool:
        """Take what no rule of JSON allows; return False when it was only skipped."""
        text = self._text
        space = _SPACE.match(text, self.end)
        self.start = self.end = space.end() if space else self.end
        if self.start == len(text):
            self.kind, self.value = _END, None
        elif text[self.start] == '"':
            self.kind = _TEXT
            self.value, self.end = _read_text(text, self.start, self._findings)
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
            self._become(_TEXT, match[1], match)
            self._complain("JSON text stands in straight double quotes", 'write it as "…"')
        elif first in "'\u201c\u201d":
            _stop_unclosed(self._text, self.start, self._findings)
        elif match := _UNOPENED.match(self._text, self.start):
            self._become(_TEXT, match[1], match)
            self._complain("the text has no opening quote", 'put " before it')
        return match is not None

    def _take_odd_number(self) -> bool:
        match = _NUMBER_LIKE.match(self._text, self.start)
        if match is None:
            return False
        self._become(_NUMBER, None, match)
        regular = _REGULAR_NUMBER.fullmatch(match[0])
        if regular is not None:
            self._read_number(match[0], whole=not (regular[1] or regular[2]))
        elif match[0].lstrip("+-").casefold() in _NOT_FINITE:
            self._complain(f"{match[0]} is not a finite number", _QUOTE_HINT, code="MG108")
        else:
            self._complain(f"{quote_excerpt(match[0])} {_number_fault(match[0])}", _QUOTE_HINT)
        return True

    def _take_bare_words(self) -> bool:
        match = _BARE_WORDS.match(self._text, self.start)
        if match is None:
            return self._take_stray_character()
        words = match[0]
        meant = _MEANT.get(words.casefold())
        if words in _WORDS:
            self._become(_WORD, _WORDS[words], match)
        elif meant is not None:
            self._become(_WORD, _WORDS[meant], match)
            self._complain(f"{quote_excerpt(words)} is not a word of JSON", f"write {meant}")
        elif words.casefold() in _NOT_FINITE:
            self._become(_NUMBER, None, match)
            self._complain(f"{words} is not a finite number", _QUOTE_HINT, code="MG108")
        else:
            self._become(_TEXT, words, match)
            self._complain(
                f"{quote_excerpt(words)} has no quotes", 'write text as "…", or true, false, null'
            )
        return True

    def _take_stray_character(self) -> bool:
        character = self._text[self.start]
        self.end = self.start + 1
        kind, hint = _MEANT_PUNCTUATION.get(character, ("", "remove it"))
        shown = quote_excerpt(character) if character.isprintable() else f"U+{ord(character):04X}"
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


_SIMPLE: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
# All is well with such a text but, perhaps, the digits of an escape.
_VALID: Final = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\["\\/bfnrtu][^"\\\x00-\x1f]*+)*+"')
_SPECIAL: Final = re.compile(r'["\\\x00-\x1f]')
_FOUR_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}")


def _read_text(text: str, start: int, findings: Findings) -> tuple[str, int]:
    """Return the value of the JSON text whose quote is at ``start``, and the offset after it.

    Raises:
        ReadingStoppedError: it is not closed on its line.
    """
    if valid := _VALID.match(text, start):
        with suppress(ValueError):
            return _without_surrogates(
                json.loads(valid[0]), start, valid.end(), findings
            ), valid.end()
    parts: list[str] = []
    at = start + 1
    while True:
        special = _SPECIAL.search(text, at)
        if special is None or special[0] in "\r\n":
            _stop_unclosed(text, start, findings)
        parts.append(text[at : special.start()])
        at = special.end()
        if special[0] == '"':
            return _without_surrogates("".join(parts), start, at, findings), at
        if special[0] == "\\":
            part, at = _read_escape(text, at - 1, findings)
            parts.append(part)
        else:
            _complain_of_control(special[0], at - 1, findings)
            parts.append(special[0])


def _stop_unclosed(text: str, start: int, findings: Findings) -> NoReturn:
    """Report that the text whose quote is at ``start`` has no end.

    Raises:
        ReadingStoppedError: always.
    """
    findings.stop(
        "MG102",
        "the text that begins here is not closed on its line",
        start,
        len(text),
        hint='put " behind it; a line break inside a text is written \\n',
    )


def _read_escape(text: str, at: int, findings: Findings) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if letter in _SIMPLE:
        return _SIMPLE[letter], at + 2
    if letter == "u":
        if digits := _FOUR_HEX.match(text, at + 2):
            return chr(int(digits[0], 16)), digits.end()
        fault, hint = "the escape \\u needs four hexadecimal digits", "as in \\u00e9"
    elif letter in {"", "\r", "\n"}:
        # The end of the line is the worse fault, and is found next.
        return "", at + 1
    else:
        fault = f"the escape {quote_excerpt(text[at : at + 2])} is unknown"
        hint = "write two backslashes for one"
    findings.error("MG102", fault, at, at + 2, hint=hint)
    return text[at : at + 2], at + 2


def _complain_of_control(character: str, at: int, findings: Findings) -> None:
    if character == "\t":
        fault, escape = "a tab cannot stand in a text", "\\t"
    else:
        escape = f"\\u{ord(character):04x}"
        fault = f"the control character {escape} cannot stand in a text"
    findings.error("MG102", fault, at, at + 1, hint=f"write {escape}")


def _without_surrogates(value: str, start: int, end: int, findings: Findings) -> str:
    value, replaced = join_surrogates(value)
    if replaced:
        findings.error(
            "MG109",
            "the text has half of a surrogate pair, which UTF-8 cannot write",
            start,
            end,
            hint="write both halves, or the character itself",
        )
    return value


_PIECE: Final = re.compile(r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"?|[\[\]{}]|[\r\n][ \t]*(?=\S)')
_LINE_REST: Final = re.compile(r"[ \t\[{]*(?=[\r\n]|\Z)")


def _find_missing_closer(source: Source) -> tuple[int, int] | None:
    """Return the offset of an unclosed bracket, and of the line that its partner should precede.

    In a file that is indented by its nesting, a line that begins left of (or level with) the line
    of an open bracket must close that bracket. None when every line does.
    """
    text = source.text
    indent = 0
    # Each open bracket with the indentation of its line, or -1 where more than brackets follow.
    opened: list[tuple[int, int]] = []
    for piece in _PIECE.finditer(text):
        first, end = piece[0][0], piece.end()
        if first in "\r\n":
            indent = end - piece.start() - 1
            if opened and _leaves_open(text[end], indent, text[opened[-1][0]], opened[-1][1]):
                return opened[-1][0], end
        elif first in _CLOSER:
            opened.append((piece.start(), indent if _LINE_REST.match(text, end) else -1))
        elif first != '"' and opened:
            opened.pop()
    return None


def _leaves_open(first: str, indent: int, opener: str, opener_indent: int) -> bool:
    """Return whether a line that begins with ``first`` should have closed ``opener``."""
    return indent < opener_indent or (indent == opener_indent and first != _CLOSER[opener])
