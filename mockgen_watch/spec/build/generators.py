"""Generators: the directives that choose the value of a leaf, and the modifiers beside them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.spec import generators
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.pools import (
    constant_or_value,
    pool_of_values,
    pool_of_weights,
    read_vocabulary,
)
from mockgen_watch.spec.build.ranges import build_moment, build_number, read_limits
from mockgen_watch.spec.build.sequences import build_index, build_sequence
from mockgen_watch.spec.check_forms import FORMS
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.model import Modifiers, Transform
from mockgen_watch.spec.pattern import PatternError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


MAX_ELEMENTS: Final = 10_000

NO_MODIFIERS: Final = Modifiers(null=Decimal(0), omit=Decimal(0))
"""What applies where a spec says nothing."""

_LEAF_ONLY: Final = {
    "$unique": "a leaf",
    "$transform": "a text leaf",
    "$check": "a text leaf",
}


def build_generator(
    entry: reader.Entry, context: reader.ShapeContext, beside: Mapping[str, reader.Entry]
) -> generators.Generator | None:
    """Return the generator of the directive at ``entry``; None when it was reported.

    ``beside``: the parameters beside it, which ``COMPANIONS`` lists.
    """
    if entry.key in reader.COMPANIONS:
        # Most specs have no expressions, and do without all that these modules import.
        from mockgen_watch.spec.build import expressions

        build = expressions.build_computed if entry.key == "$cel" else expressions.build_field
        return build(entry, beside, context)
    in_context = _BUILDERS_IN_CONTEXT.get(entry.key)
    return _BUILDERS[entry.key](entry) if in_context is None else in_context(entry, context)


def _constant(entry: reader.Entry) -> generators.Constant:
    return generators.Constant(value=plain_data(entry.node))


def _pattern(entry: reader.Entry) -> generators.Pattern | None:
    source = reader.read_text(entry, 'a regular expression such as "[A-Z]{3}[0-9]{6}"')
    if source is None:
        return None
    try:
        compile_pattern(source)
    except PatternError as error:
        entry.error("MG211", f"{error}, at character {error.offset + 1} of the pattern")
        return None
    return generators.Pattern(source=source)


def _uuid(entry: reader.Entry) -> generators.Uuid | None:
    if not entry.is_empty:
        entry.type_error("no parameters: {}")
        return None
    return generators.Uuid()


def _boolean(entry: reader.Entry) -> generators.Boolean | None:
    """Return what ``$boolean`` says: the probability of true, a half by default."""
    if entry.is_empty:
        return generators.Boolean(true=Decimal("0.5"))
    target: reader.Entry | None = entry
    if entry.is_mapping:
        target = reader.read_params(entry, ("true",)).get("true")
    elif entry.number is None:
        entry.type_error("the probability of true, a number from 0 to 1")
        return None
    odds = None if target is None else reader.read_probability(target)
    return None if odds is None else generators.Boolean(true=odds)


def _reference(entry: reader.Entry) -> generators.Reference | None:
    """Return what ``$ref`` says; what it names is looked up later."""
    if entry.is_mapping:
        return _reference_of_params(entry)
    text = reader.read_text(entry, "text such as Member.id, or a mapping with model and field")
    if text is None:
        return None
    suite, colon, rest = text.rpartition(":")
    try:
        keys = reader.parse_path(rest)
    except reader.PathError:
        keys = ()
    if not keys[1:] or (colon and not suite):
        entry.error("MG203", f'$ref "{text}" must be written Model.field or suite:Model.field')
        return None
    return generators.Reference(suite=suite, model=keys[0], path=keys[1:])


def _reference_of_params(entry: reader.Entry) -> generators.Reference | None:
    before = entry.errors
    params = reader.read_params(entry, ("model", "field", "scenario", "suite"))
    for name in ("model", "field"):
        if name not in params and entry.errors == before:
            entry.error("MG205", f"$ref needs {name}")
    texts = {name: reader.read_text(param) or "" for name, param in params.items()}
    if entry.errors > before:
        return None
    path = reader.read_field(params["field"])
    if path is None:
        return None
    return generators.Reference(
        suite=texts.get("suite", ""),
        model=texts["model"],
        path=path,
        scenario=texts.get("scenario", ""),
    )


_LEXEME: Final = r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+"


class _TemplateError(ValueError):
    """The template cannot be read; the message says why."""


def _template(entry: reader.Entry, context: reader.ShapeContext) -> generators.Template | None:
    text = reader.read_text(entry, 'text such as "{first}.{last}@example.com"')
    if text is None:
        return None
    try:
        return generators.Template(parts=tuple(_join(_parts(text, context))))
    except _TemplateError as error:
        hint = "write a field as {name} or {.name}, and a literal brace as {{ or }}"
        entry.error("MG213", str(error), hint)
        return None


def _parts(text: str, context: reader.ShapeContext) -> Iterator[generators.TemplatePart]:
    for token in re.finditer(_LEXEME, text):
        piece = token[0]
        if piece in {"{{", "}}"}:
            yield generators.TemplatePart(text=piece[0])
        elif token[1] is not None:
            yield generators.TemplatePart(path=_template_path(token[1].strip(), context))
        elif piece in {"{", "}"}:
            raise _TemplateError(f'unbalanced "{piece}" in this template')
        else:
            yield generators.TemplatePart(text=piece)


def _template_path(text: str, context: reader.ShapeContext) -> tuple[str, ...]:
    relative = text.startswith(".")
    try:
        path = reader.parse_field(text[1:] if relative else text)
    except reader.PathError as error:
        raise _TemplateError(f'"{{{text}}}" does not name a field: {error}') from error
    return (*context.home, *path) if relative else path


def _join(parts: Iterator[generators.TemplatePart]) -> Iterator[generators.TemplatePart]:
    """Yield ``parts`` with neighbouring texts joined."""
    text = ""
    for part in parts:
        if part.path:
            if text:
                yield generators.TemplatePart(text=text)
            text = ""
            yield part
        else:
            text += part.text
    if text:
        yield generators.TemplatePart(text=text)


_BUILDERS: Final[Mapping[str, Callable[[reader.Entry], generators.Generator | None]]] = (
    MappingProxyType(
        {
            "$const": _constant,
            "$choice": partial(pool_of_values, read=constant_or_value),
            "$weighted": partial(pool_of_weights, read=constant_or_value),
            "$pattern": _pattern,
            "$boolean": _boolean,
            "$uuid": _uuid,
            "$ref": _reference,
            "$vocab": read_vocabulary,
        }
    )
)
_BUILDERS_IN_CONTEXT: Final[
    Mapping[str, Callable[[reader.Entry, reader.ShapeContext], generators.Generator | None]]
] = MappingProxyType(
    {
        "$index": build_index,
        "$sequence": build_sequence,
        "$template": _template,
        "$integer": build_number,
        "$number": build_number,
        "$date": build_moment,
        "$datetime": build_moment,
        "$time": build_moment,
    }
)


class Lengths(Struct, frozen=True, kw_only=True):
    """How many elements an array has, and what of them differs from element to element.

    ``lows`` and ``highs`` are as ``spec.model.ArrayShape`` has them.
    """

    minimum: int = 0
    maximum: int = 0
    is_unique: bool = False
    unique_by: tuple[str, ...] = ()
    lows: tuple[generators.Expression, ...] = ()
    highs: tuple[generators.Expression, ...] = ()


def read_lengths(entry: reader.Entry, context: reader.ShapeContext) -> Lengths:
    """Return the least and the greatest length: of a number, a pair, or min and max."""
    ends = reader.read_least_and_most(entry, "a length", ("unique", "unique_by"))
    limits = read_limits(ends, ("min", "max"), context)
    lengths = {
        name: reader.read_whole(end, 0)
        for name, end in ends.items()
        if name in {"min", "max"} and name not in limits
    }
    least, most = lengths.get("min") or 0, lengths.get("max")
    if most is None:
        most = MAX_ELEMENTS if "max" in limits else least
    if least > most:
        ends["min"].error("MG208", f"min {least} is more than max {most}")
    elif most > MAX_ELEMENTS:
        ends["max"].error("MG208", f"an array can have at most {MAX_ELEMENTS} elements")
    lows, highs = limits.get("min", ()), limits.get("max", ())
    return Lengths(
        minimum=least,
        maximum=most,
        is_unique=bool(reader.read_flag(ends.get("unique"))),
        unique_by=reader.read_field(ends.get("unique_by")) or (),
        lows=lows,
        highs=highs,
    )


def build_modifiers(entries: Mapping[str, reader.Entry], *, is_leaf: bool) -> Modifiers:
    """Return the modifiers among ``entries``, by directive; wrong ones are reported and left out.

    ``$id`` is checked here, but it acts on addresses, where the object is built.
    """
    if not entries:
        return NO_MODIFIERS
    if not is_leaf:
        for name, what in _LEAF_ONLY.items():
            if name in entries:
                entries[name].key_error("MG204", f"{name} is only for {what}")
    if "$id" in entries:
        read_id(entries["$id"])
    return Modifiers(
        null=_odds(entries, "$null"),
        omit=_odds(entries, "$omit"),
        unique=is_leaf and bool(reader.read_flag(entries.get("$unique"))),
        transforms=_transforms(entries.get("$transform")) if is_leaf else (),
        check=reader.read_word(entries.get("$check"), tuple(FORMS), "MG203") or "",
        to=reader.read_field(entries.get("$to")) or (),
        delete=bool(reader.read_flag(entries.get("$delete"))),
    )


def read_id(entry: reader.Entry) -> str | None:
    """Return the text of ``$id``; None when it was reported."""
    text = reader.read_text(entry)
    if text == "":
        entry.error("MG202", "$id must not be empty")
        return None
    return text


def _odds(entries: Mapping[str, reader.Entry], name: str) -> Decimal:
    value = reader.read_probability(entries[name]) if name in entries else None
    return Decimal(0) if value is None else value


def _transforms(entry: reader.Entry | None) -> tuple[Transform, ...]:
    if entry is None:
        return ()
    if entry.text is None and not entry.is_list:
        entry.type_error(f"one or a list of {', '.join(Transform)}")
        return ()
    names = entry.items() if entry.is_list else (entry,)
    words = [reader.read_word(name, tuple(Transform), "MG203") for name in names]
    return tuple(word for word in words if word is not None)
