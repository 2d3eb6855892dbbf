"""Grafts: changes of a spec's text that leave every other character as it is.

Comments, quotes, blanks, line ends and the order of everything else stay: new text is put in at
positions of the source, and the result is read again and compared with the data that is meant.
``propose`` finds the statements by which a scenario makes other records.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import has_errors
from mockgen_watch.migrations.layout import (
    WIDTH,
    comments_of,
    inline_text,
    key_text,
    language_of,
)
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import spec_key
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Place: TypeAlias = tuple[str | int, ...]
    """Keys and element indexes from the top of a record."""

    FieldOf: TypeAlias = Callable[[Place], tuple[str, ...] | None]
    """From a place in a record to the field of the model that is written there, if there is one."""

    Splice: TypeAlias = tuple[int, int, str]
    """Start and end in the text, and what replaces it."""


RECORDS: Final = "$records"
"""The mapping below this key gets a line for each of its keys."""

_INDEX: Final = re.compile(r"0|[1-9][0-9]*")
_COLON: Final = re.compile(r"[ \t]*:")
_BEFORE: Final = re.compile(r"(?:[&!][^\s]*[ \t]+)*")
_DEFAULT_UNIT: Final = 2


class GraftError(ValueError):
    """The text cannot be changed there without other changes; the message says why."""


class Value(Struct, frozen=True, kw_only=True):
    """What replaces a value, as written in a spec."""

    data: documents.Json


Graft: TypeAlias = "Value | Mapping[str, Graft]"


class _GraftText(Struct, frozen=True, kw_only=True):
    """How a language, JSON or YAML, writes grafts, with ``unit`` blanks a level."""

    is_json: bool
    unit: int

    def short(self, graft: Graft) -> str:
        if isinstance(graft, Value):
            return inline_text(graft.data, is_json=self.is_json)
        return "{" + ", ".join(self.member(key, inner) for key, inner in graft.items()) + "}"

    def member(self, key: str, graft: Graft) -> str:
        return f"{self.key(key)}: {self.short(graft)}"

    def key(self, key: str) -> str:
        """Return a key; an index needs no quotes in YAML."""
        if self.is_json:
            return documents.quote_literal(key)
        return key if _INDEX.fullmatch(key) else key_text(key)

    def lines(
        self, graft: Mapping[str, Graft], column: int, *, in_braces: bool = False
    ) -> Iterator[str]:
        """Yield the lines of members, as a block or, as JSON always has them, in braces."""
        has_braces = in_braces or self.is_json
        pad = " " * column
        last = list(graft)[-1]
        for key, inner in graft.items():
            end = "," if has_braces and key != last else ""
            if isinstance(inner, Value) or not self._is_long(key, inner, column):
                yield f"{pad}{self.member(key, inner)}{end}"
            else:
                yield f"{pad}{self.key(key)}:{' {' if has_braces else ''}"
                yield from self.lines(inner, column + self.unit, in_braces=has_braces)
                yield from (f"{pad}}}{end}",) if has_braces else ()

    def _is_long(self, key: str, graft: Mapping[str, Graft], column: int) -> bool:
        is_open = key == RECORDS or any(inner == RECORDS for inner in graft)
        return is_open or column + len(self.member(key, graft)) > WIDTH


def apply_graft(document: documents.Document, graft: Mapping[str, Graft]) -> str:
    """Return the text of ``document`` changed by ``graft``.

    A mapping in ``graft`` descends into the mapping under the same key, a ``Value`` replaces what
    is there. Keys that are not there are added after their neighbours.

    Raises:
        GraftError: it cannot be done, as where an alias stands for a second place.
    """
    root = document.root
    if not isinstance(root, documents.MappingNode):
        raise GraftError("the file holds no mapping")
    run = Grafting(document)
    run.mapping(root, graft)
    text = run.result()
    after = parse(document.path, text.encode("utf-8", "surrogatepass"))
    if after.root is None or has_errors(after.diagnostics):
        raise GraftError(f"the new text could not be read: {after.diagnostics[0].message}")
    if canonical(documents.plain_data(after.root)) != canonical(
        _merged(documents.plain_data(root), graft)
    ):
        raise GraftError("another place of the file would change too, as by an anchor or alias")
    return text


def _merged(data: documents.Json, graft: Graft) -> documents.Json:
    if isinstance(graft, Value):
        return graft.data
    inner = dict(data) if isinstance(data, dict) else {}
    for key, below in graft.items():
        inner[key] = _merged(inner.get(key), below)
    return inner


class Grafting:
    """Finds where new text belongs; its user reads the result again, and compares."""

    def __init__(self, document: documents.Document) -> None:
        self.document = document
        self.text = document.text
        self.source = documents.Source.of(document.path, document.text)
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        is_json = language_of(document.path) == "json"
        self.form = _GraftText(is_json=is_json, unit=_unit(document))
        self.comments = [] if is_json else [comment.start for comment in comments_of(document)]
        self.splices: list[Splice] = []

    def result(self) -> str:
        """Return the text with every graft."""
        text = self.text
        # From the end, so that positions before stay right; of two at one place, the first first.
        for start, end, new in sorted(self.splices, key=lambda splice: splice[:2])[::-1]:
            text = text[:start] + new + text[end:]
        return text

    def mapping(self, node: documents.MappingNode, graft: Mapping[str, Graft]) -> None:
        members = {member.key: member for member in node.members}
        new: dict[str, Graft] = {}
        for key, inner in graft.items():
            member = members.get(key)
            if member is None:
                new[key] = inner
            elif isinstance(inner, Value):
                self._replace(member, inner)
            elif isinstance(member.node, documents.MappingNode):
                self.mapping(member.node, inner)
            elif isinstance(member.node, documents.Scalar) and member.node.value is None:
                self._fill(member, inner)
            else:
                raise GraftError(f'line {member.mark.line}: "{key}" is not a mapping')
        if new:
            self._add(node, new)

    def _add(self, node: documents.MappingNode, new: Mapping[str, Graft]) -> None:
        start = self._begin(node)
        if self.text[start : start + 1] == "{":
            self._add_in_braces(node, start, new)
        elif node.members:
            lines = self.form.lines(new, node.members[-1].mark.column - 1)
            self.add_lines(node.members[-1].node.mark.end, list(lines))
        else:
            raise GraftError(f"line {node.mark.line}: there is no room for more")

    def _begin(self, node: documents.Node) -> int:
        """Return where ``node`` begins, after its anchor and tag."""
        found = _BEFORE.match(self.text, node.mark.start)
        start = found.end() if found else node.mark.start
        if self.text[start : start + 1] == "*":
            raise GraftError(f"line {node.mark.line}: it is an alias of another place")
        return start

    def add_lines(self, place: int, lines: list[str]) -> None:
        """Put ``lines`` below the line that ends at or after ``place``."""
        if place and self.text[place - 1] in "\r\n":
            self.splices.append((place, place, "".join(line + self.newline for line in lines)))
            return
        end = self.source.line_end(place)
        self.splices.append((end, end, "".join(self.newline + line for line in lines)))

    def _add_in_braces(
        self, node: documents.MappingNode, start: int, new: Mapping[str, Graft]
    ) -> None:
        close = node.mark.end - 1
        short = ", ".join(self.form.member(key, inner) for key, inner in new.items())
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

    def _fill(self, member: documents.Member, graft: Mapping[str, Graft]) -> None:
        """Graft below a key that has no value, or null."""
        mark = member.node.mark
        if mark.end > mark.start:
            self.splices.append((mark.start, mark.end, self.form.short(graft)))
            return
        colon = _COLON.match(self.text, member.mark.end)
        rest = self.text[colon.end() : self.source.line_end(colon.end())] if colon else "?"
        if rest.strip() and not rest.lstrip().startswith("#"):
            raise GraftError(f'line {member.mark.line}: there is no room below "{member.key}"')
        column = member.mark.column - 1 + self.form.unit
        self.add_lines(self.source.line_end(member.mark.end), list(self.form.lines(graft, column)))

    def _replace(self, member: documents.Member, value: Value) -> None:
        mark = member.node.mark
        start, end, text = mark.start, mark.end, self.text[mark.start : mark.end]
        colon = _COLON.match(self.text, member.mark.end)
        is_block = text[:1] in {"|", ">"} or (
            not isinstance(member.node, documents.Scalar) and text[:1] not in {"[", "{"}
        )
        if colon is not None and (is_block or not text):
            start = colon.end()
            end = max(start, end)
            new = " " + self.form.short(value)
            new += self.newline if end and self.text[end - 1] == "\n" else ""
        else:
            new = self._quoted_alike(text, value)
        if any(start <= comment < end for comment in self.comments):
            message = f"line {member.mark.line}: the comments in the value would be lost"
            raise GraftError(message)
        self.splices.append((start, end, new))

    def _quoted_alike(self, old: str, value: Value) -> str:
        """Return the text of ``value``; a string gets the quotes of ``old``."""
        data = value.data
        if isinstance(data, str) and not self.form.is_json:
            if old.startswith('"'):
                return documents.quote_literal(data)
            if old.startswith("'") and data.isprintable():
                return "'" + data.replace("'", "''") + "'"
        return self.form.short(value)


def _unit(document: documents.Document) -> int:
    """Return by how many blanks the file indents a level."""
    for member in documents.members_of(document.root):
        for inner in documents.members_of(member.node):
            deeper = inner.mark.column - member.mark.column
            if inner.mark.line > member.mark.line and deeper > 0:
                return deeper
    return _DEFAULT_UNIT


_MAX_TRIED: Final = 8
"""Fields that can be stated for all records, each of which is tried for single ones, too."""


class Statement(Struct, frozen=True, kw_only=True, eq=False):
    """One value that the spec is to state at ``keys``, from the top of the file.

    Attributes:
        record: the index of the record; None: all records of the scenario.
        place: where it is in the record.
    """

    record: int | None
    place: Place
    keys: tuple[str, ...]
    value: documents.Json


class ScenarioNode(Struct, frozen=True, kw_only=True):
    """A scenario in its file, at ``keys``, or a model that has no scenarios."""

    keys: tuple[str, ...]
    node: documents.Node | None
    is_model: bool
    field_of: FieldOf


def propose(
    scenario: ScenarioNode, changed: Mapping[int, tuple[documents.Json, documents.Json]], count: int
) -> Iterator[tuple[Statement, ...]]:
    """Yield each way to state what ``changed`` records hold, the best first.

    Args:
        scenario: where it is stated.
        changed: index → the record as it is made, and as it should be.
        count: how many records the scenario has.
    """
    stated = _below(scenario.node, RECORDS)
    each: list[Statement] = []
    for index, (made, meant) in sorted(changed.items()):
        for place, value in _differences(made, meant, _below(stated, str(index))):
            keys = (*scenario.keys, RECORDS, str(index), *(spec_key(str(key)) for key in place))
            each.append(Statement(record=index, place=place, keys=keys, value=value))
    common = tuple(_common(scenario, each, count)) if count > 1 else ()
    # A field that others show cannot be stated for all, unless they were edited to follow.
    without = [tuple(one for one in common if one is not left) for left in common]
    for kept in dict.fromkeys([common, *without[:_MAX_TRIED], ()]):
        places = {statement.place for statement in kept}
        yield (*kept, *(statement for statement in each if statement.place not in places))


def build_graft(statements: Iterable[Statement]) -> dict[str, Graft]:
    """Return the graft of ``statements``, from the top of the file."""
    top: dict[str, Graft] = {}
    for statement in statements:
        here = top
        for key in statement.keys[:-1]:
            inner = here.setdefault(key, {})
            if not isinstance(inner, dict):
                raise TypeError("a value and what is below it are not both stated")
            here = inner
        here[statement.keys[-1]] = Value(data=statement.value)
    return top


def _common(scenario: ScenarioNode, each: Sequence[Statement], count: int) -> Iterator[Statement]:
    """Yield what is stated for all ``count`` records, as it is stated for the scenario."""
    groups = Counter((statement.place, canonical(statement.value)) for statement in each)
    for statement in each:
        place, value = statement.place, statement.value
        if groups.pop((place, canonical(value)), 0) < count:
            continue
        field = scenario.field_of(place)
        if field is None or (scenario.is_model and value == DELETE):
            continue
        if isinstance(value, list):
            value = {"$const": value}
        keys = (*scenario.keys, *map(spec_key, field))
        yield Statement(record=None, place=place, keys=keys, value=value)


DELETE: Final[documents.Json] = {"$delete": True}


def _differences(
    made: documents.Json, meant: documents.Json, stated: documents.Node | None, place: Place = ()
) -> Iterator[tuple[Place, documents.Json]]:
    """Yield each place that differs, and what a spec states there so that it becomes ``meant``.

    Where ``stated``, what the spec states there already, is a whole value, one is stated again.
    """
    if canonical(made) == canonical(meant):
        return
    if stated is not None and not _is_open(stated):
        yield place, _stated(meant)
    elif isinstance(made, dict) and isinstance(meant, dict):
        for key in dict.fromkeys((*made, *meant)):
            inner = _below(stated, spec_key(key))
            if key not in meant:
                yield (*place, key), DELETE
            elif key in made:
                yield from _differences(made[key], meant[key], inner, (*place, key))
            else:
                yield from _added(meant[key], inner, (*place, key))
    elif isinstance(made, list) and isinstance(meant, list) and _match(made, meant):
        for index, (old, new) in enumerate(zip(made, meant, strict=True)):
            yield from _differences(old, new, _below(stated, str(index)), (*place, index))
    else:
        yield place, _stated(meant)


def _stated(value: documents.Json) -> documents.Json:
    """Return what states ``value``, whatever was there."""
    return {"$const": value} if isinstance(value, dict) else _escaped(value)


def _added(
    value: documents.Json, stated: documents.Node | None, place: Place
) -> Iterator[tuple[Place, documents.Json]]:
    """Yield what states a value where there is none."""
    if isinstance(value, dict) and value and (stated is None or _is_open(stated)):
        for key, item in value.items():
            yield from _added(item, _below(stated, spec_key(key)), (*place, key))
    else:
        yield place, _stated(value)


def _escaped(value: documents.Json) -> documents.Json:
    """Return ``value`` with a second ``$`` before each key in it that begins with one."""
    if isinstance(value, dict):
        return {spec_key(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _below(stated: documents.Node | None, key: str) -> documents.Node | None:
    return stated.get(key) if isinstance(stated, documents.MappingNode) else None


def _is_open(stated: documents.Node) -> bool:
    """Return whether more can be stated below what is stated."""
    return isinstance(stated, documents.MappingNode) and not any(
        member.key in {"$const", "$delete"} for member in stated.members
    )


def _match(made: list[documents.Json], meant: list[documents.Json]) -> bool:
    """Return whether arrays are compared element by element; those of scalars are stated whole."""
    return len(made) == len(meant) and all(
        isinstance(item, dict | list) for item in (*made, *meant)
    )
