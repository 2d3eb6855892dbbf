"""Takes a document and what is to stand at some of its places; gives its text with that alone new.

Comments, quotes, blanks, line ends and the order of everything else stay as they are: new text is
put in at positions of the source, and what comes out is read again and compared with what is meant.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import canonical
from mockgen_watch.migrations.layout import (
    WIDTH,
    flow,
    json_text,
    key_text,
    member_lines,
    one_line,
)
from mockgen_watch.migrations.yaml import YamlSource, comments_of
from mockgen_watch.spec.document import MappingNode, Scalar, plain_data, quote_literal
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Document, Json, Member, Node

    Splice: TypeAlias = tuple[int, int, str]

    """Start and end in the text, and what stands there then."""


RECORDS: Final = "$records"
"""What stands below this gets a line for each key."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


class Value(Struct, frozen=True, kw_only=True):
    """What takes the place of whatever stands there, in the words of a spec."""

    data: Json


Graft: TypeAlias = "Value | Mapping[str, Graft]"


class GraftText(Struct, frozen=True, kw_only=True):
    """How a language writes grafts.

    Attributes:
        is_json: JSON; else YAML.
        unit: blanks of one level.
    """

    is_json: bool
    unit: int

    def short(self, graft: Graft) -> str:
        """Return ``graft`` on one line."""
        if isinstance(graft, Value):
            return one_line(graft.data) if self.is_json else flow(graft.data)
        return "{" + ", ".join(self.member(key, part) for key, part in graft.items()) + "}"

    def member(self, key: str, graft: Graft) -> str:
        """Return ``key: graft`` on one line."""
        return f"{self.key(key)}: {self.short(graft)}"

    def key(self, key: str) -> str:
        """Return a key; an index needs no quotes in YAML."""
        if self.is_json:
            return quote_literal(key)
        return key if _INDEX.fullmatch(key) else key_text(key)

    def lines(
        self, graft: Mapping[str, Graft], column: int, *, in_braces: bool = False
    ) -> Iterator[str]:
        """Yield the lines of members, as a block or, as JSON always has them, in braces."""
        has_braces = in_braces or self.is_json
        pad = " " * column
        last = list(graft)[-1]
        for key, part in graft.items():
            end = "," if has_braces and key != last else ""
            if isinstance(part, Value) or not self._is_long(key, part, column):
                yield f"{pad}{self.member(key, part)}{end}"
            elif has_braces:
                yield f"{pad}{self.key(key)}: {{"
                yield from self.lines(part, column + self.unit, in_braces=True)
                yield f"{pad}}}{end}"
            else:
                yield f"{pad}{self.key(key)}:"
                yield from self.lines(part, column + self.unit)

    def _is_long(self, key: str, graft: Mapping[str, Graft], column: int) -> bool:
        is_open = key == RECORDS or any(inner == RECORDS for inner in graft)
        return is_open or column + len(self.member(key, graft)) > WIDTH


_COLON: Final = re.compile(r"[ \t]*:")
_BEFORE: Final = re.compile(r"(?:[&!][^\s]*[ \t]+)*")
_UNIT: Final = 2


class GraftError(ValueError):
    """The text cannot be changed there without other changes; the message says why."""


def grafted(document: Document, graft: Mapping[str, Graft]) -> str:
    """Return the text of ``document`` with what ``graft`` says at the top of it and below.

    A mapping in ``graft`` goes on into the mapping under the same key, a ``Value`` takes the place
    of what is there. Keys that are not there are added behind their neighbours.

    Raises:
        GraftError: it cannot be done, as where an alias stands for a second place.
    """
    root = document.root
    if not isinstance(root, MappingNode):
        raise GraftError("the file holds no mapping")
    run = Grafting(document)
    run.mapping(root, graft)
    text = run.result()
    after = parse(document.path, text.encode("utf-8", "surrogatepass"))
    if after.root is None or has_errors(after.diagnostics):
        raise GraftError(f"the new text could not be read: {after.diagnostics[0].message}")
    if canonical(plain_data(after.root)) != canonical(_merged(plain_data(root), graft)):
        raise GraftError("another place of the file would change too, as by an anchor or alias")
    return text


def _merged(data: Json, graft: Graft) -> Json:
    """Return the data that is meant."""
    if isinstance(graft, Value):
        return graft.data
    inner = dict(data) if isinstance(data, dict) else {}
    for key, part in graft.items():
        inner[key] = _merged(inner.get(key), part)
    return inner


class Grafting:
    """Finds where new text belongs; whoever uses it reads the result again, and compares."""

    def __init__(self, document: Document) -> None:
        """Begin with the text as it stands."""
        self.document = document
        self.text = document.text
        self.source = Source.of(document.path, document.text)
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        is_json = document.path.casefold().endswith(".json")
        self.form = GraftText(is_json=is_json, unit=_unit(document))
        self.comments = [] if is_json else [comment.start for comment in comments_of(document)]
        self.splices: list[Splice] = []

    def result(self) -> str:
        """Return the text with all that was grafted."""
        text = self.text
        # From the end, so that positions before stay right; of two at one place, the first first.
        for start, end, new in sorted(self.splices, key=lambda splice: splice[:2])[::-1]:
            text = text[:start] + new + text[end:]
        return text

    def mapping(self, node: MappingNode, graft: Mapping[str, Graft]) -> None:
        """Graft into a mapping."""
        members = {member.key: member for member in node.members}
        new: dict[str, Graft] = {}
        for key, part in graft.items():
            member = members.get(key)
            if member is None:
                new[key] = part
            elif isinstance(part, Value):
                self._replace(member, part)
            elif isinstance(member.node, MappingNode):
                self.mapping(member.node, part)
            elif isinstance(member.node, Scalar) and member.node.value is None:
                self._fill(member, part)
            else:
                raise GraftError(f'line {member.mark.line}: "{key}" is no mapping')
        if new:
            self._add(node, new)

    def _add(self, node: MappingNode, new: Mapping[str, Graft]) -> None:
        start = self._begin(node)
        if self.text[start : start + 1] == "{":
            self._add_in_braces(node, start, new)
        elif node.members:
            lines = self.form.lines(new, node.members[-1].mark.column - 1)
            self.add_lines(node.members[-1].node.mark.end, list(lines))
        else:
            raise GraftError(f"line {node.mark.line}: there is no room for more")

    def _begin(self, node: Node) -> int:
        """Return where ``node`` begins, behind its anchor and tag."""
        found = _BEFORE.match(self.text, node.mark.start)
        start = found.end() if found else node.mark.start
        if self.text[start : start + 1] == "*":
            raise GraftError(f"line {node.mark.line}: it is an alias of another place")
        return start

    def add_lines(self, place: int, lines: list[str]) -> None:
        """Put ``lines`` below the line that ends at or behind ``place``."""
        if place and self.text[place - 1] in "\r\n":
            self.splices.append((place, place, "".join(line + self.newline for line in lines)))
            return
        end = self.source.line_end(place)
        self.splices.append((end, end, "".join(self.newline + line for line in lines)))

    def _add_in_braces(self, node: MappingNode, start: int, new: Mapping[str, Graft]) -> None:
        close = node.mark.end - 1
        short = ", ".join(self.form.member(key, part) for key, part in new.items())
        if not node.members:
            self.splices.append((start + 1, close, short))
            return
        last = node.members[-1].node.mark.end
        column = self.source.indent(last)
        if "\n" not in self.text[start : node.members[0].mark.start]:
            end = self.source.line_end(last)
            is_one_line = "\n" not in self.text.strip()
            if is_one_line or end - self.source.line_start(last) + len(short) < WIDTH:
                self.splices.append((last, last, f", {short}"))
                return
            lines = list(self.form.lines(new, column + self.form.unit, in_braces=True))
            self.splices.append((last, last, self.newline.join([",", *lines])))
            return
        lines = list(self.form.lines(new, column, in_braces=True))
        has_comma = self.text[last:close].lstrip().startswith(",")
        if not has_comma:
            self.splices.append((last, last, ","))
        elif not self.form.is_json:
            lines[-1] += ","
        self.add_lines(last, lines)

    def _fill(self, member: Member, part: Mapping[str, Graft]) -> None:
        """Graft below a key that nothing stands under, or null."""
        mark = member.node.mark
        if mark.end > mark.start:
            self.splices.append((mark.start, mark.end, self.form.short(part)))
            return
        colon = _COLON.match(self.text, member.mark.end)
        rest = self.text[colon.end() : self.source.line_end(colon.end())] if colon else "?"
        if rest.strip() and not rest.lstrip().startswith("#"):
            raise GraftError(f'line {member.mark.line}: there is no room below "{member.key}"')
        column = member.mark.column - 1 + self.form.unit
        self.add_lines(self.source.line_end(member.mark.end), list(self.form.lines(part, column)))

    def _replace(self, member: Member, value: Value) -> None:
        mark = member.node.mark
        start, end, text = mark.start, mark.end, self.text[mark.start : mark.end]
        colon = _COLON.match(self.text, member.mark.end)
        is_block = text[:1] in {"|", ">"} or (
            not isinstance(member.node, Scalar) and text[:1] not in {"[", "{"}
        )
        if colon is not None and (is_block or not text):
            start = colon.end()
            end = max(start, end)
            new = " " + self.form.short(value)
            new += self.newline if end and self.text[end - 1] == "\n" else ""
        else:
            new = self._spelt_alike(text, value)
        if any(start <= comment < end for comment in self.comments):
            message = f"line {member.mark.line}: the comments in the value would be lost"
            raise GraftError(message)
        self.splices.append((start, end, new))

    def _spelt_alike(self, old: str, value: Value) -> str:
        """Return the text of ``value``, a text in the same quotes as before."""
        data = value.data
        if isinstance(data, str) and not self.form.is_json:
            if old.startswith('"'):
                return quote_literal(data)
            if old.startswith("'") and data.isprintable():
                return "'" + data.replace("'", "''") + "'"
        return self.form.short(value)


def _unit(document: Document) -> int:
    """Return by how many blanks the file indents a level."""
    root = document.root
    for member in root.members if isinstance(root, MappingNode) else ():
        for inner in member.node.members if isinstance(member.node, MappingNode) else ():
            deeper = inner.mark.column - member.mark.column
            if inner.mark.line > member.mark.line and deeper > 0:
                return deeper
    return _UNIT


def with_head(document: Document, head: Sequence[tuple[str, str]], language: str) -> str:
    """Return the text in ``language`` with ``head``, pairs of directive and text, before all."""
    is_json = document.path.casefold().endswith(".json")
    root = document.root
    data = plain_data(root) if root is not None else None
    if not isinstance(root, MappingNode) or not isinstance(data, dict):
        return document.text
    whole: dict[str, Json] = {**dict(head), **data}
    if (language == "json") != is_json:
        if language == "json":
            return json_text(whole) + "\n"
        lines = [line for key, value in whole.items() for line in member_lines(key, value, 0)]
        return "\n".join(lines) + "\n"
    if not head:
        return document.text
    text = document.text
    if text[root.mark.start] == "{":
        return _in_braces(text, root, head)
    opening = YamlSource(document).opening("")
    length = sum(len(line) for line in text.splitlines(keepends=True)[: len(opening)])
    newline = "\r\n" if "\r\n" in text else "\n"
    added = [line for key, value in head for line in member_lines(key, value, 0)]
    return text[:length] + newline.join(added) + newline + text[length:]


def _in_braces(text: str, root: MappingNode, head: Sequence[tuple[str, str]]) -> str:
    begin = root.mark.start + 1
    first = root.members[0].mark.start if root.members else begin
    gap = text[begin:first]
    pairs = [f"{quote_literal(key)}: {quote_literal(value)}" for key, value in head]
    if not root.members:
        return text[:begin] + ", ".join(pairs) + text[begin:]
    between = "," + (gap or " ")
    return text[:begin] + gap + between.join([*pairs, text[first:]])
