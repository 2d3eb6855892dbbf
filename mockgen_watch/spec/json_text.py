"""Takes JSON text (RFC 8259, strict); gives nodes that know their place, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.brackets import find_missing_closer
from mockgen_watch.spec.document import (
    MAX_DEPTH,
    MAX_NODES,
    MappingNode,
    Member,
    Scalar,
    SequenceNode,
    pointer_of,
)
from mockgen_watch.spec.json_lexer import END, NUMBER, TEXT, WORD, Lexer
from mockgen_watch.spec.parse import ReadingStoppedError, quoted

if TYPE_CHECKING:
    from typing import Final, NoReturn

    from mockgen_watch.spec.document import Node, Source
    from mockgen_watch.spec.parse import Findings

_CLOSER: Final = {"[": "]", "{": "}"}
_CLOSERS: Final = frozenset(_CLOSER.values())
_LEAVES: Final = frozenset({TEXT, NUMBER, WORD})
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
        self._token = Lexer(source, findings)
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
        if token.kind != END:
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
                raw=token.raw if kind == NUMBER else "",
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
        if kind == END:
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
            if token.kind != TEXT:
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
            f"the key {quoted(member.key)} stands twice in one mapping",
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
        """Go over the colon; return the offset behind it if the value is on a later line, or -1.

        No formatter breaks the line there, so when the mapping then goes wrong, it is because an
        opening bracket was lost behind the colon.
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
        elif token.kind != END:
            if loose >= 0:
                self._stop_at_missing("[", loose)
            self._complain("the key has no value", token.before, token.before)
            return Scalar(value=None, mark=self._source.mark(token.before, token.before))
        return self._value()

    def _separator(self, closer: str) -> None:
        """Go over the comma between two values, or report what is wrong with it."""
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
        if token.kind == END:
            self._stop_at_bracket(f'the file ends, but "{opener}" is not closed')
        elif loose >= 0 and token.kind != ",":
            self._stop_at_missing("[", loose)
        elif token.kind in _CLOSERS:
            self._stop_at_bracket(f'"{closer}" is expected before "{token.kind}"')

    def _complain_of_key_in_list(self) -> None:
        token = self._token
        if find_missing_closer(self._source) is not None:
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
        """Stop; where the indentation tells which bracket is amiss, say that."""
        text = self._source.text
        start, end = self._token.start, self._token.end
        if start == len(text):
            start = end = self._token.before
        opener = self._open[-1] if self._open else -1
        missing = find_missing_closer(self._source)
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
