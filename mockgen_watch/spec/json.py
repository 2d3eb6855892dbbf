"""JSON text: a strict reader (RFC 8259) whose nodes know their place.

What people often write instead of JSON (a trailing or missing comma, a comment, other quotes) is
reported and read as what was meant, so that one run shows several faults.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final

from mockgen_watch.spec import document as documents

_TEXT: Final = "text"
_NUMBER: Final = "number"
_WORD: Final = "word"
_END: Final = "end"
# Punctuation is its own kind: [ ] { } , :

_CLOSER: Final = {"[": "]", "{": "}"}
_CLOSERS: Final = frozenset(_CLOSER.values())
_LEAVES: Final = frozenset({_TEXT, _NUMBER, _WORD})
_VALUES: Final = _LEAVES | frozenset(_CLOSER)


def read_json(source: documents.Source) -> documents.Document:
    """Return the document in ``source``; it has no root where reading had to stop."""
    reader = _Reader(source)
    root: documents.Node | None = None
    with suppress(documents.ReadingStoppedError):
        root = reader.read()
    return reader.document(root)


_REGULAR: Final = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_LEXEME: Final = (
    r"[ \t\n\r]*+(?:"
    r'("[^"\\\x00-\x1f]*")'
    r"|([\[\]{},:])"
    rf'|({_REGULAR})(?![\w.+"-])'
    r'|(true|false|null)(?![\w.+"-])'
    r")"
)
_IN_TEXT, _IN_PUNCTUATION, _IN_NUMBER, _IN_WORD = range(1, 5)
_FRACTION: Final = "[.eE]"
_WORDS: Final = {"true": True, "false": False, "null": None}

_ESCAPES: Final = dict(zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True))
_SPECIAL: Final = r'["\\\x00-\x1f]'
_FOUR_HEX: Final = r"[0-9A-Fa-f]{4}"

# What people write instead. Repeats are bounded where each of many tokens could try them.
_SPACE: Final = r"[ \t\n\r]*+"
_COMMENT: Final = r"(?s)(?://|#)[^\r\n]*|/\*.*?\*/"
_SINGLE_QUOTED: Final = r"'([^'\\\r\n]*(?:\\[^\r\n][^'\\\r\n]*){0,99})'"
_CURLY_QUOTED: Final = '[\u201c\u201d]([^\u201d"\r\n]*)[\u201d"]'
_UNOPENED: Final = r'([^"\[\]{},:\r\n]{1,200})"(?=[ \t]*(?:[\r\n,:\]}]|\Z))'
_NUMBER_LIKE: Final = r"[-+]?\.?[0-9][\w.+-]*|[-+](?:Infinity|NaN|inf|nan)\b"
_LEADING_ZEROS: Final = r"0[0-9]+"
_WORD_CHARACTER: Final = (
    r"""[^\s\[\]{},:"'=;\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"""
)
_BARE_WORDS: Final = rf"{_WORD_CHARACTER}++(?:[ \t]++{_WORD_CHARACTER}++)*+"
_MEANT_WORDS: Final = {word: word for word in _WORDS} | dict.fromkeys(
    ("none", "nil", "undefined"), "null"
)
_NOT_FINITE: Final = frozenset({"nan", "inf", "infinity"})
_MEANT_PUNCTUATION: Final = {
    "=": (":", 'JSON needs ":" between a key and its value'),
    ";": (",", 'JSON needs "," between values'),
}
_QUOTE_HINT: Final = "put it in double quotes if it is text"
_NO_COMMENTS: Final = "remove it, or rename the file to .yaml, which allows comments"


class _Lexer(documents.SourceReader):
    """Steps through the tokens of a JSON text; the attributes describe the current one.

    Attributes:
        kind: text, number, word, end, or the punctuation character itself.
        value: of a text, number or word.
        start: offset of its first character.
        end: offset after its last character.
        before: offset after the last character of the token before it.
    """

    def __init__(self, source: documents.Source) -> None:
        super().__init__(source)
        self._match_token = re.compile(_LEXEME).match
        self.kind = _END
        self.value: documents.ScalarValue = None
        self.start = self.end = self.before = 0

    def advance(self) -> None:
        """Go to the next token; what is no JSON token is reported and read as what was meant.

        Raises:
            ReadingStoppedError: nobody can tell where the token ends.
        """
        self.before = self.end
        match = self._match_token(self.text, self.end)
        while match is None:
            if self._take_irregular():
                return
            match = self._match_token(self.text, self.end)
        group = match.lastindex or 0
        self.start, self.end = match.span(group)
        if group == _IN_PUNCTUATION:
            self.kind = match[group]
        elif group == _IN_TEXT:
            self.kind, self.value = _TEXT, match[group][1:-1]
        elif group == _IN_WORD:
            self.kind, self.value = _WORD, _WORDS[match[group]]
        else:
            self._read_number(match[_IN_NUMBER])

    @property
    def span(self) -> documents.Span:
        """Offsets of the current token."""
        return self.start, self.end

    def _take(self, kind: str, value: documents.ScalarValue, end: int) -> None:
        self.kind, self.value, self.end = kind, value, end

    def _reject(
        self,
        message: str,
        hint: str,
        code: str = "MG102",
        *,
        fix: documents.Replacement | None = None,
    ) -> None:
        """Report the current token."""
        self.error(code, message, self.span, hint, fix=fix)

    def _read_number(self, text: str) -> None:
        self.kind, self.value = _NUMBER, None
        try:
            self.value = (
                documents.read_decimal(text)
                if re.search(_FRACTION, text)
                else documents.read_integer(text)
            )
        except documents.UnreadableNumberError as problem:
            self._reject(f"{problem}: {documents.quote_excerpt(text)}", _QUOTE_HINT, "MG108")

    def _take_irregular(self) -> bool:
        """Take what no rule of JSON allows; return False when it was only skipped."""
        space = re.compile(_SPACE).match(self.text, self.end)
        self.start = self.end = space.end() if space else self.end
        if self.start == len(self.text):
            self.kind, self.value = _END, None
        elif self.text[self.start] == '"':
            self.kind, self.value = _TEXT, self._read_text()
        elif self.text.startswith(("//", "/*", "#"), self.start):
            self._skip_comment()
            return False
        else:
            return self._take_misquoted() or self._take_odd_number() or self._take_bare_words()
        return True

    def _skip_comment(self) -> None:
        comment = re.compile(_COMMENT).match(self.text, self.start)
        if comment is None:
            span = self.start, self.start + 2
            raise self.error("MG102", "the comment is not closed", span, _NO_COMMENTS)
        self.end = comment.end()
        self._reject("JSON has no comments", _NO_COMMENTS)

    def _take_misquoted(self) -> bool:
        first = self.text[self.start]
        pattern = _SINGLE_QUOTED if first == "'" else _CURLY_QUOTED
        if match := re.compile(pattern).match(self.text, self.start):
            self._take(_TEXT, match[1], match.end())
            message = "JSON text needs straight double quotes"
            is_certain = "\\" not in match[1]
            fix = (documents.quote_literal(match[1]), "replace the quotes") if is_certain else None
            self._reject(message, 'write it as "…"', fix=fix)
        elif first in "'\u201c\u201d":
            raise self._unclosed()
        elif match := re.compile(_UNOPENED).match(self.text, self.start):
            self._take(_TEXT, match[1], match.end())
            self._reject("the text has no opening quote", 'put " before it')
        return match is not None

    def _take_odd_number(self) -> bool:
        match = re.compile(_NUMBER_LIKE).match(self.text, self.start)
        if match is None:
            return False
        text = match[0]
        self._take(_NUMBER, None, match.end())
        if re.fullmatch(_REGULAR, text):
            self._read_number(text)
        elif text.lstrip("+-").casefold() in _NOT_FINITE:
            self._reject(f"{text} is not a finite number", _QUOTE_HINT, "MG108")
        else:
            message = f"{documents.quote_excerpt(text)} {_number_fault(text)}"
            is_code = re.fullmatch(_LEADING_ZEROS, text)
            fix = (f'"{text}"', f"put {text} in quotes") if is_code else None
            self._reject(message, _QUOTE_HINT, fix=fix)
        return True

    def _take_bare_words(self) -> bool:
        match = re.compile(_BARE_WORDS).match(self.text, self.start)
        if match is None:
            return self._take_stray_character()
        words = match[0]
        meant = words if words in _WORDS else _MEANT_WORDS.get(words.casefold(), "")
        if meant:
            self._take(_WORD, _WORDS[meant], match.end())
            if meant != words:
                message = f"{documents.quote_excerpt(words)} is not a word of JSON"
                self._reject(message, f"write {meant}", fix=(meant, f"write {meant}"))
        elif words.casefold() in _NOT_FINITE:
            self._take(_NUMBER, None, match.end())
            self._reject(f"{words} is not a finite number", _QUOTE_HINT, "MG108")
        else:
            self._take(_TEXT, words, match.end())
            hint = 'write text as "…", or true, false, null'
            self._reject(f"{documents.quote_excerpt(words)} has no quotes", hint)
        return True

    def _take_stray_character(self) -> bool:
        """Take what stands for punctuation; skip any other character, and return False."""
        character = self.text[self.start]
        self.end = self.start + 1
        self.kind, hint = _MEANT_PUNCTUATION.get(character, ("", "remove it"))
        shown = (
            documents.quote_excerpt(character)
            if character.isprintable()
            else f"U+{ord(character):04X}"
        )
        message = f"the character {shown} is not allowed here"
        fix = (self.kind, f'replace "{character}" with "{self.kind}"') if self.kind else None
        self._reject(message, hint, fix=fix)
        return self.kind != ""

    def _read_text(self) -> str:
        """Return the value of the text whose quote is at ``start``, and set ``end``."""
        parts: list[str] = []
        at = self.start + 1
        while True:
            special = re.compile(_SPECIAL).search(self.text, at)
            if special is None or special[0] in "\r\n":
                raise self._unclosed()
            parts.append(self.text[at : special.start()])
            at = special.end()
            if special[0] == '"':
                self.end = at
                return self.join_surrogates("".join(parts), self.span)
            if special[0] == "\\":
                part, at = self._read_escape(at - 1)
                parts.append(part)
            else:
                self._reject_control(special[0], at - 1)
                parts.append(special[0])

    def _read_escape(self, at: int) -> tuple[str, int]:
        """Return what the escape at ``at`` stands for, and the offset after it."""
        letter = self.text[at + 1 : at + 2]
        if letter in _ESCAPES:
            return _ESCAPES[letter], at + 2
        if letter in {"", "\r", "\n"}:
            # The end of the line is the worse fault, and is found next.
            return "", at + 1
        written = self.text[at : at + 2]
        if letter != "u":
            hint = "write a backslash as two"
            message = f"the escape {documents.quote_excerpt(written)} is unknown"
            self.error("MG102", message, (at, at + 2), hint, fix=("\\" + written, hint))
        elif digits := re.compile(_FOUR_HEX).match(self.text, at + 2):
            return chr(int(digits[0], 16)), digits.end()
        else:
            message = "the escape \\u needs four hexadecimal digits"
            self.error("MG102", message, (at, at + 2), "as in \\u00e9")
        return written, at + 2

    def _reject_control(self, character: str, at: int) -> None:
        escape = "\\t" if character == "\t" else f"\\u{ord(character):04x}"
        fault = "a tab" if character == "\t" else f"the control character {escape}"
        message, hint = f"{fault} is not allowed in text", f"write {escape}"
        self.error("MG102", message, (at, at + 1), hint, fix=(escape, hint))

    def _unclosed(self) -> documents.ReadingStoppedError:
        message = "the text that begins here is not closed on its line"
        hint = 'put " after it; write a line break inside text as \\n'
        return self.error("MG102", message, (self.start, len(self.text)), hint)


def _number_fault(text: str) -> str:
    digits = text.lstrip("+-")
    if text.startswith("+"):
        return "has a plus sign, which is not allowed in JSON"
    if digits.startswith(".") or re.search(r"\.(?![0-9])", digits):
        return "needs digits on both sides of the decimal point"
    if re.match(r"0[0-9]", digits):
        return "begins with zero, which is not allowed in JSON"
    return "is not a number"


class _Reader(_Lexer):
    """Builds nodes from the tokens, and goes on after a fault with one obvious meaning."""

    def __init__(self, source: documents.Source) -> None:
        super().__init__(source)
        self._open: list[int] = []

    def read(self) -> documents.Node:
        self.advance()
        if self.kind not in _VALUES:
            raise self._report(f'expected a value before "{self.kind}"', self.span)
        root = self._value()
        if self.kind in _CLOSERS:
            raise self._wrong_bracket(f'"{self.kind}" closes nothing', "remove it")
        if self.kind != _END:
            raise self._behind_root(root)
        return root

    def _value(self) -> documents.Node:
        kind, start, end = self.kind, self.start, self.end
        self.count_node((start, end))
        if kind in _LEAVES:
            raw = self.text[start:end] if kind == _NUMBER else ""
            node = documents.Scalar(value=self.value, mark=self.source.mark(start, end), raw=raw)
            self.advance()
            return node
        if kind in _CLOSER:
            if len(self._open) == documents.MAX_DEPTH:
                raise self.too_deep(start, self.pointer)
            self._open.append(start)
            self.advance()
            collection = self._items(start) if kind == "[" else self._members(start)
            self._open.pop()
            return collection
        if kind == _END:
            raise self._wrong_bracket("expected a value, but the file ends")
        self._report(f'expected a value before "{kind}"', (start, end))
        return self._null(start)

    def _null(self, place: int) -> documents.Scalar:
        return documents.Scalar(value=None, mark=self.source.mark(place, place))

    def _items(self, start: int) -> documents.SequenceNode:
        items: list[documents.Node] = []
        while self.kind != "]":
            if self.kind not in _VALUES:
                self._check_bracket("[")
            if self.kind == ":":
                self._reject_key_in_list()
                self.advance()
                continue
            self.path.append(len(items))
            items.append(self._value())
            self.path.pop()
            self._separator("]")
        self.advance()
        return documents.SequenceNode(items=tuple(items), mark=self.source.mark(start, self.before))

    def _reject_key_in_list(self) -> None:
        if _find_missing_closer(self.text) is not None:
            raise self._wrong_bracket("")
        message = 'a list has no keys, so ":" is not allowed here'
        self._report(message, self.span, 'put "{" before the key, and "}" after the value')

    def _members(self, start: int) -> documents.MappingNode:
        members: dict[str, documents.Member] = {}
        loose = -1
        while self.kind != "}":
            if self.kind != _TEXT:
                self._check_bracket("{", loose)
            if self.kind == ",":
                self._report('expected a key before ","', self.span)
                self.advance()
                continue
            mark = self.source.mark(self.start, self.end)
            key = self._key()
            self.path.append(key)
            if self.kind == ":":
                loose = self._pass_colon()
                node = self._value()
            else:
                node = self._value_without_colon(loose)
            self.add_member(members, documents.Member(key=key, mark=mark, node=node))
            self.path.pop()
            if self.kind == ":" and loose >= 0:
                raise self._missing_opener("{", loose)
            self._separator("}")
        self.advance()
        mark = self.source.mark(start, self.before)
        return documents.MappingNode(members=tuple(members.values()), mark=mark)

    def _key(self) -> str:
        if self.kind in _CLOSER:
            hint = 'write a key as text in double quotes, then ":"'
            raise self._report("expected a key here", self.span, hint)
        if self.kind == ":":
            self._report('expected a key before ":"', self.span)
            return ""
        key = self.value
        if not isinstance(key, str):
            key = self.text[self.start : self.end]
            hint = f'write "{key}" in quotes'
            self._report(
                f"the key {key} is not text", self.span, hint, (f'"{key}"', f"put {key} in quotes")
            )
        self.advance()
        return key

    def _pass_colon(self) -> int:
        """Skip the colon; return the offset after it if the value is on a later line, or -1.

        No formatter breaks the line there, so when the mapping then goes wrong, it is because an
        opening bracket was lost after the colon.
        """
        self.advance()
        if self.kind == ":":
            self._report('there are two ":"', self.span, "remove one", ("", "remove one"))
            self.advance()
        return self.before if "\n" in self.text[self.before : self.start] else -1

    def _value_without_colon(self, loose: int) -> documents.Node:
        place = self.before
        if self.kind in _VALUES:
            fix = (":", "put a colon here")
            self._report('":" is missing after the key', (place, place), fix=fix)
        elif self.kind != _END:
            if loose >= 0:
                raise self._missing_opener("[", loose)
            self._report("the key has no value", (place, place))
            return self._null(place)
        return self._value()

    def _separator(self, closer: str) -> None:
        """Skip the comma between two values, or report what is wrong with it."""
        if self.kind == ",":
            comma = self.start
            self.advance()
            if self.kind == closer:
                message = f'extra "," before "{closer}"'
                hint = "remove the last comma"
                self._report(message, (comma, comma + 1), hint, ("", hint))
        elif self.kind in _VALUES:
            place, hint = self.before, "put a comma here"
            self._report('"," is missing', (place, place), hint, (",", hint))

    def _check_bracket(self, opener: str, loose: int = -1) -> None:
        """Stop where the current token shows that a bracket was never closed, or never opened."""
        if self.kind == _END:
            raise self._wrong_bracket(f'the file ends, but "{opener}" is not closed')
        if loose >= 0 and self.kind != ",":
            raise self._missing_opener("[", loose)
        if self.kind in _CLOSERS:
            raise self._wrong_bracket(f'expected "{_CLOSER[opener]}" before "{self.kind}"')

    def _report(
        self,
        message: str,
        span: documents.Span,
        hint: str = "",
        fix: documents.Replacement | None = None,
    ) -> documents.ReadingStoppedError:
        """Report a fault about the node being read."""
        return self.error("MG102", message, span, hint, pointer=self.pointer, fix=fix)

    def _missing_opener(self, opener: str, place: int) -> documents.ReadingStoppedError:
        hint = "start the value on the same line as its key"
        return self.error("MG102", f'"{opener}" is missing', (place, place), hint)

    def _behind_root(self, root: documents.Node) -> documents.ReadingStoppedError:
        """Report what follows: at it, or where the file's value began or ended too early."""
        start, end = self.start, self.end
        message, hint = "a second value follows the first", "a file can have only one value"
        if self.kind == ":":
            start, end = root.mark.start, root.mark.end
            message, hint = '"{" is missing before the first key', 'and "}" at the end of the file'
        elif self.kind == "," and self.text[root.mark.end - 1] in _CLOSERS:
            start, end = root.mark.end - 1, root.mark.end
            message = f'"{self.text[start]}" closes the first bracket, but more text follows'
            hint = "remove one closing bracket"
        return self.error("MG102", message, (start, end), hint)

    def _wrong_bracket(self, message: str, hint: str = "") -> documents.ReadingStoppedError:
        """Report the token; name the wrong bracket where the indentation shows which one it is."""
        start, end = self.start, self.end
        if start == len(self.text):
            start = end = self.before
        opener = self._open[-1] if self._open else -1
        if missing := _find_missing_closer(self.text):
            opener, start = missing
            end = start + 1
            message = f'"{_CLOSER[self.text[opener]]}" is missing before this line'
            hint = "the indentation shows where"
            if self.text.startswith(self.text[opener], opener + 1):
                start, end = opener, opener + 2
                message, hint = "only one of these brackets is closed", "remove one"
        related = self.related("opened here", (opener, opener + 1)) if opener >= 0 else ()
        return self.error("MG102", message, (start, end), hint, related=related)


_PIECE: Final = r'"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*"?|[\[\]{}]|[\r\n][ \t]*(?=\S)'
_LINE_REST: Final = r"[ \t\[{]*(?=[\r\n]|\Z)"


def _find_missing_closer(text: str) -> tuple[int, int] | None:
    """Return the offset of an unclosed bracket, and of the line that its partner should precede.

    In a file that is indented by its nesting, a line that begins left of (or level with) the line
    of an open bracket must close that bracket. None when every line does.
    """
    indent = 0
    # Each open bracket with the indentation of its line, or -1 where more than brackets follow.
    opened: list[tuple[int, int]] = []
    for piece in re.finditer(_PIECE, text):
        first, end = piece[0][0], piece.end()
        if first in "\r\n":
            indent = end - piece.start() - 1
            opener, opener_indent = opened[-1] if opened else (-1, -1)
            if indent < opener_indent:
                return opener, end
            if indent == opener_indent and text[end] != _CLOSER[text[opener]]:
                return opener, end
        elif first in _CLOSER:
            opened.append(
                (piece.start(), indent if re.compile(_LINE_REST).match(text, end) else -1)
            )
        elif first != '"' and opened:
            opened.pop()
    return None
