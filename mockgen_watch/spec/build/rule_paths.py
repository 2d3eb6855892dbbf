"""Takes a model and what its whole records look like; gives a report on paths that lead nowhere.

Rules and exclusions may speak of fields that only a master has, so this needs the merged shapes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.spec.model import ArrayShape, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.model import Model, Shape

    Path = tuple[str, ...]


def check_rule_paths(model: Model, shapes: Sequence[ObjectShape]) -> list[Diagnostic]:
    """Return an MG218 for each path of a rule or an exclusion that is in none of ``shapes``.

    ``shapes`` are what the path begins in: the records, masters merged in, from the slot down.
    A path goes through arrays to the same field of each element; an index may stand there.
    """
    return [
        _nowhere(model, path, location, shapes)
        for path, location in _paths(model)
        if not any(_leads(shape, path) for shape in shapes)
    ]


def _paths(model: Model) -> Iterator[tuple[Path, Location]]:
    for rule in model.rules:
        if rule.field:
            yield rule.field, rule.body_location or rule.location
    for exclusion in model.exclusions:
        for condition in exclusion.conditions:
            yield condition.field, condition.location


def _leads(shape: Shape, path: Path) -> bool:
    return any(not rest for _, rest in _ends(shape, path))


def _ends(shape: Shape, path: Path) -> Iterator[tuple[Shape, Path]]:
    """Yield where ``path`` stops, with the keys that were left then."""
    if not path:
        yield shape, path
    elif isinstance(shape, ArrayShape):
        rest = path[1:] if path[0].isdecimal() else path
        elements = shape.elements if shape.items is None else (shape.items,)
        for element in elements:
            yield from _ends(element, rest)
    else:
        below = shape.get(path[0]) if isinstance(shape, ObjectShape) else None
        if below is None:
            yield shape, path
        else:
            yield from _ends(below, path[1:])


def _nowhere(
    model: Model, path: Path, location: Location, shapes: Sequence[ObjectShape]
) -> Diagnostic:
    ends = [end for shape in shapes for end in _ends(shape, path)]
    shape, rest = min(ends, key=lambda end: len(end[1]), default=(None, path))
    known = [member.name for member in shape.members] if isinstance(shape, ObjectShape) else []
    return Diagnostic(
        code="MG218",
        message=f'"{".".join(path)}" leads to no field of {model.name}: there is no "{rest[0]}"',
        location=location,
        hint=did_you_mean(rest[0], known),
    )
