"""Takes an output plan and a pointer into one of its files; gives where that value comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.dataclass import dataclass
from mockgen_watch.errors import UsageError
from mockgen_watch.plan.twins import NEGATIVE, POSITIVE
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.model import ArrayShape, Layout, Leaf, ObjectShape, Origin, OriginKind
from mockgen_watch.workflow.describe import describe, describe_modifiers, pool_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape
    from mockgen_watch.spec.statements import Statement
    from mockgen_watch.workflow.describe import Odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where one value of one record comes from.

    Attributes:
        record: the index of the record, from 0.
        pointer: of the value inside the record.
        value: what stands there; meaningless when not ``is_present``.
        is_present: it may be left out, or lie beyond the end of an array.
        origin: who stated the leaf, and where.
        choice: how the value is chosen, one line.
        notes: what modifiers add, a phrase each.
        odds: values with their odds, for a pool.
        seed, model_id, address, elements: the address, with ``record`` the whole of it.
        is_stated: the spec states the value of just this record, so that it has no address.
    """

    record: int
    pointer: str
    value: Json
    is_present: bool
    origin: Origin
    choice: str
    notes: tuple[str, ...]
    odds: tuple[Odds, ...]
    seed: int
    model_id: str
    address: tuple[str, ...]
    elements: tuple[int, ...]
    is_stated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
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


def explain(plan: RecordPlan, index: int, segments: Sequence[str], record: Json) -> Explanation:
    """Return where the value at ``segments`` of record ``index`` comes from.

    Args:
        plan: the plan that the record was made by.
        index: of the record.
        segments: keys and indexes from the top of the record.
        record: the record itself.

    Raises:
        UsageError: no record of this plan has such a place.
    """
    value, is_present = value_at(record, segments)
    statement = find_statement(plan, index, segments)
    if statement is not None:
        # Records of negative are twins where there are rules.
        is_twin = plan.scenario == NEGATIVE and plan.rules
        stater = POSITIVE if is_twin else plan.scenario
        return Explanation(
            record=index,
            pointer=pointer_of(segments),
            value=value,
            is_present=is_present,
            origin=Origin(kind=OriginKind.SCENARIO, name=stater, location=statement.location),
            choice=f"stated for record {index} in $records, and not drawn",
            notes=(),
            odds=(),
            seed=plan.seed,
            model_id=plan.model_id,
            address=(),
            elements=(),
            is_stated=True,
        )
    found = find_shape(plan, segments)
    shape = found.shape
    leaf = shape if isinstance(shape, Leaf) else None
    return Explanation(
        record=index,
        pointer=pointer_of(segments),
        value=value,
        is_present=is_present,
        origin=shape.origin,
        choice=describe(leaf.generator) if leaf else _describe_group(shape),
        notes=describe_modifiers(shape.modifiers),
        odds=pool_odds(leaf.generator) if leaf else (),
        seed=plan.seed,
        model_id=plan.model_id,
        address=shape.address,
        elements=found.elements,
    )


def find_statement(plan: RecordPlan, index: int, segments: Sequence[str]) -> Statement | None:
    """Return what the spec states at ``segments`` of record ``index``, or above; else None."""
    for statement in plan.stated:
        way = tuple(segments[: len(statement.path)])
        if statement.record == index and statement.path == way:
            return statement
    return None


def _describe_group(shape: Shape) -> str:
    if isinstance(shape, ArrayShape):
        if shape.items is None:
            return f"an array of {len(shape.elements)} elements"
        return f"an array of {shape.minimum} to {shape.maximum} elements"
    return "an object"


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
