"""Takes a pointer into an output; gives the record and the shape that it leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import UsageError
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.model import ArrayShape, Layout, ObjectShape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape


class Found(Struct, frozen=True, kw_only=True):
    """A shape, the elements on the way to it, and the segments that go on inside its value."""

    shape: Shape
    elements: tuple[int, ...]
    rest: tuple[str, ...]


def split_pointer(pointer: str) -> tuple[str, ...]:
    """Return the segments of a JSON Pointer (RFC 6901); a leading slash may be left out."""
    if not pointer.strip("/"):
        return ()
    parts = pointer.removeprefix("/").split("/")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def locate_record(
    output: OutputPlan, file_number: int | None, segments: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    """Return the record's index, and the segments that lead on inside it.

    Args:
        output: the output that the file belongs to.
        file_number: of a split file, counted from 1; else None.
        segments: of the pointer.

    Raises:
        UsageError: the pointer names no record of the file.
    """
    layout = output.output.layout
    if layout is Layout.SINGLE:
        return 0, tuple(segments)
    if layout is Layout.SPLIT:
        if file_number is None or not 1 <= file_number <= output.count:
            raise UsageError(f"{output.model}/{output.scenario} has no such record file")
        return file_number - 1, tuple(segments)
    if not segments or not segments[0].isdigit():
        raise UsageError("the pointer begins with the record's index, as in #/0/FIELD")
    index = int(segments[0])
    if index >= output.count:
        raise UsageError(f"there are {output.count} records; the last one is {output.count - 1}")
    return index, tuple(segments[1:])


def find_shape(plan: RecordPlan, segments: Sequence[str]) -> Found:
    """Return the shape that ``segments`` lead to in a record of ``plan``.

    Raises:
        UsageError: no record of this plan has such a place.
    """
    shape: Shape = plan.shape
    elements: list[int] = []
    for place, segment in enumerate(segments):
        if isinstance(shape, ObjectShape):
            inner = shape.get(segment)
        elif isinstance(shape, ArrayShape):
            inner = _element(shape, segment)
            elements.append(int(segment) if segment.isdigit() else 0)
        else:
            return Found(shape=shape, elements=tuple(elements), rest=tuple(segments[place:]))
        if inner is None:
            where = pointer_of(segments[:place]) or "the record"
            raise UsageError(f"{where} has no {segment!r}")
        shape = inner
    return Found(shape=shape, elements=tuple(elements), rest=())


def _element(array: ArrayShape, segment: str) -> Shape | None:
    if not segment.isdigit():
        return None
    number = int(segment)
    if array.items is not None and number < array.maximum:
        return array.items
    return array.elements[number] if number < len(array.elements) else None


def value_at(record: Json, segments: Sequence[str]) -> tuple[Json, bool]:
    """Return the value at ``segments`` and True, or None and False where there is none."""
    value = record
    for segment in segments:
        if isinstance(value, dict) and segment in value:
            value = value[segment]
        elif isinstance(value, list) and segment.isdigit() and int(segment) < len(value):
            value = value[int(segment)]
        else:
            return None, False
    return value, True
