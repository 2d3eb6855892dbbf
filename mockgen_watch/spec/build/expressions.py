"""Expressions: ``$cel``, ``$field``, and the bounds that other fields of the record give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.expressions.problems import TextPlace, diagnose
from mockgen_watch.expressions.syntax import ELEMENT, ExpressionError, fields_of, parse
from mockgen_watch.expressions.values import read_duration
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.generators import Binding, Computed, Expression, FieldValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.diagnostics import Location

MAX_DECIMALS: Final = 15
_IDENTIFIER: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_ROOTS: Final = ("record", "this")


def build_computed(
    entry: reader.Entry, beside: Mapping[str, reader.Entry], context: reader.ShapeContext
) -> Computed | None:
    """Return what ``$cel`` says, ``beside`` it the places and the format of the result."""
    before = entry.errors
    expression = read_expression(entry, context)
    decimals = reader.read_whole(beside.get("decimals"), 0)
    if decimals is not None and decimals > MAX_DECIMALS:
        beside["decimals"].error("MG208", f"decimals must be at most {MAX_DECIMALS}")
    form = reader.read_text(beside["format"], "text such as %Y-%m-%d") if "format" in beside else ""
    if expression is None or form is None or entry.errors > before:
        return None
    return Computed(expression=expression, decimals=decimals, format=form)


def build_field(
    entry: reader.Entry, beside: Mapping[str, reader.Entry], context: reader.ShapeContext
) -> FieldValue | Computed | None:
    """Return what ``$field`` says, as a value: another field's, or that and ``plus``."""
    if "plus" not in beside:
        path = reader.read_other_field(entry, context)
        return None if path is None else FieldValue(path=path)
    expression = _moved_field(entry, beside["plus"], context)
    return None if expression is None else Computed(expression=expression)


def read_limit(entry: reader.Entry, context: reader.ShapeContext) -> Expression | None:
    """Return the bound ``{$field: …, plus: …}`` or ``{$cel: …}``; None when it was reported."""
    cel, field = entry.get("$cel"), entry.get("$field")
    known = ("$field", "plus") if cel is None else ("$cel",)
    for member in entry.members():
        if member.key not in known:
            member.unknown_key("MG227", f'a bound has no parameter "{member.key}"', known)
            return None
    if cel is not None:
        return read_expression(cel, context)
    if field is None:
        return None
    plus = entry.get("plus")
    if plus is not None:
        return _moved_field(field, plus, context)
    path = reader.read_other_field(field, context)
    return None if path is None else _expression_of(path, "", field.location, context)


def read_expression(entry: reader.Entry, context: reader.ShapeContext) -> Expression | None:
    """Return the expression at ``entry``; None when it was reported."""
    text = reader.read_text(entry, "an expression such as this.qty * this.price")
    if text is None:
        return None
    location = text_location(entry)
    try:
        node = parse(text)
    except ExpressionError as error:
        entry.build.diagnostics.add(diagnose(error, text, location, entry.key))
        return None
    bindings = []
    for name in fields_of(node):
        keys = tuple(key for key in name[1:] if key != ELEMENT)
        if name[0] in _ROOTS:
            path = (*context.home, *keys) if name[0] == "this" else keys
            bindings.append(Binding(name=name, path=path))
    return Expression(
        text=text, bindings=tuple(bindings), home=context.home, text_location=location
    )


def check_syntax(entry: reader.Entry, what: str) -> bool:
    """Return whether the text at ``entry`` is an expression; report where it is none."""
    text = entry.text or ""
    try:
        parse(text)
    except ExpressionError as error:
        entry.build.diagnostics.add(diagnose(error, text, text_location(entry), what))
        return False
    return True


def text_location(entry: reader.Entry) -> Location:
    """Return the place of the characters of a text, without its quotes where it has them."""
    location, text = entry.location, entry.text or ""
    mark = entry.node.mark
    source = entry.build.document.text[mark.start : mark.end]
    if not reader.is_written_as(source, text):
        return _place_of_pieces(entry, source, text)
    return replace(location, column=location.column + (source != text), length=max(1, len(text)))


def _place_of_pieces(entry: reader.Entry, source: str, text: str) -> Location:
    offsets = _aligned(source, text)
    if not offsets:
        return entry.location
    own = entry.location
    pieces = []
    for index, offset in enumerate(offsets):
        if not index or offset != offsets[index - 1] + 1:
            line = source.count("\n", 0, offset)
            column = offset - source.rfind("\n", 0, offset) if line else own.column + offset
            pieces.append((index, own.line + line, column))
    return TextPlace(
        path=own.path,
        line=own.line,
        column=own.column,
        length=own.length,
        pointer=own.pointer,
        pieces=tuple(pieces),
    )


def _aligned(source: str, text: str) -> list[int]:
    """Return where ``source``, a scalar of YAML or JSON, has each character of its ``text``.

    Blanks and line ends go with each other as they come. Empty where that does not come out even.
    """
    quote = source[0] if source[0] in "\"'" else ""
    place = source.find("\n") + 1 if source[0] in "|>" else len(quote)
    offsets = []
    for char in text:
        if not char.isspace():
            gap = re.compile(r"(?:\s|\\\r?\n)*" if quote == '"' else r"\s*").match(source, place)
            place = gap.end() if gap else place
        found = source[place : place + 1]
        width = 1
        if found == "\\" and quote == '"':
            width = _ESCAPES.get(source[place + 1 : place + 2], 2)
        elif found == "'" == quote:
            width = 2
        elif char.isspace():
            width = int(found.isspace())
        elif found != char:
            return []
        offsets.append(min(place, len(source) - 1))
        place += width
    return offsets


_ESCAPES: Final = {"x": 4, "u": 6, "U": 10}
"""How long escapes are, by the character after the backslash; others have two characters."""


def _moved_field(
    field: reader.Entry, plus: reader.Entry, context: reader.ShapeContext
) -> Expression | None:
    path = reader.read_other_field(field, context)
    amount = _amount(plus)
    if path is None or amount is None:
        return None
    return _expression_of(path, amount, field.location, context)


def _amount(entry: reader.Entry) -> str | None:
    """Return how an expression adds what ``plus`` says; None when it was reported."""
    if entry.number is not None:
        number = entry.number
        return f" - {abs(number):f}" if number < 0 else f" + {number:f}"
    text = entry.text or ""
    if read_duration(text) is None:
        hint = "such as 90m, 36h, 5d, 2w, 1mo or 1y"
        if entry.text is None:
            entry.type_error("a number or a duration")
        else:
            entry.error("MG212", f'plus: "{text}" is not a duration', hint)
        return None
    return f' + duration("{text}")'


def _expression_of(
    path: tuple[str, ...], amount: str, location: Location, context: reader.ShapeContext
) -> Expression:
    # From the object around, so that it does not matter whether that may be null or absent.
    depth = len(context.home) if path[: len(context.home)] == context.home else 0
    root, keys = "this" if depth else "record", path[depth:]
    name = root + "".join(
        f".{key}" if re.fullmatch(_IDENTIFIER, key) else f"[{_quoted(key)}]" for key in keys
    )
    return Expression(
        text=name + amount,
        bindings=(Binding(name=(root, *keys), path=path),),
        home=context.home,
        text_location=location,
    )


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
