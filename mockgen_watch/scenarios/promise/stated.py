"""Takes a record and what ``$records`` states of it; gives the record that is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import record_at
from mockgen_watch.rules.values import places_of
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.model import walk_leaves

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Statement


def by_record(stated: Iterable[Statement]) -> dict[int, tuple[Statement, ...]]:
    """Return record → what is stated of it, in source order."""
    found: dict[int, tuple[Statement, ...]] = {}
    for statement in stated:
        found[statement.record] = (*found.get(statement.record, ()), statement)
    return found


def with_statements(record: Mapping[str, Json], statements: Sequence[Statement]) -> dict[str, Json]:
    """Return ``record`` with what is stated of it; nothing else of it follows suit.

    Raises:
        FindingsError: a path leads through a value that has nothing below it.
    """
    whole: Json = dict(record)
    for statement in statements:
        whole = _put(whole, statement, 0)
    if not isinstance(whole, dict):
        raise TypeError("a record is an object, and no path is empty")
    return whole


def check_kept(record: Json, needs: Iterable[Need], statements: Sequence[Statement]) -> None:
    """Make sure that a stated record keeps what its scenario promises.

    Raises:
        FindingsError: it does not.
    """
    broken = [need for need in needs if not need.holds(record)]
    if broken:
        raise FindingsError([_breaks(need, statements) for need in broken])


def check_unique_statements(plan: RecordPlan, program: Program) -> list[Diagnostic]:
    """Return an error for each stated value of a ``$unique`` field that another record has, too."""
    tops = {statement.path[0] for statement in plan.stated}
    paths = [
        path for path, leaf in walk_leaves(plan.shape) if leaf.modifiers.unique and path[0] in tops
    ]
    if not paths:
        return []
    stated = by_record(plan.stated)
    found: list[Diagnostic] = []
    holders: dict[tuple[tuple[str, ...], str, Json], int] = {}
    for index in sorted(range(plan.count), key=lambda index: index in stated):
        record: Json = record_at(program, index)
        if index in stated:
            record = with_statements(record_at(program, index), stated[index])
        for path in paths:
            for _, value in places_of(record, path):
                if value is None:
                    continue
                key = (path, type(value).__name__, repr(value))
                other = holders.setdefault(key, index)
                if other != index and index in stated:
                    found.append(_twice(stated[index], path, index, other))
    return found


def _put(value: Json, statement: Statement, depth: int) -> Json:
    """Return ``value``, which stands ``depth`` keys down the way, with what is stated of it."""
    if depth == len(statement.path):
        return statement.value
    key = statement.path[depth]
    is_last = depth + 1 == len(statement.path)
    if isinstance(value, list):
        return _put_element(value, statement, depth)
    if isinstance(value, dict):
        if not statement.is_gone:
            return {**value, key: _put(value.get(key), statement, depth + 1)}
        if key not in value:
            return value
        if is_last:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _put(value[key], statement, depth + 1)}
    if value is not None:
        raise FindingsError([_has_nothing_below(statement, depth)])
    return None if statement.is_gone else {key: _put(None, statement, depth + 1)}


def _put_element(value: list[Json], statement: Statement, depth: int) -> Json:
    key = statement.path[depth]
    if not key.isdigit() or int(key) > len(value):
        raise FindingsError([_no_element(statement, depth, len(value))])
    if statement.is_gone and depth + 1 == len(statement.path):
        raise FindingsError([_cannot_drop(statement)])
    number = int(key)
    inner = value[number] if number < len(value) else None
    return [*value[:number], _put(inner, statement, depth + 1), *value[number + 1 :]]


def _finding(statement: Statement, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code="MG406",
        message=f"record {statement.record}: {message}",
        location=statement.location,
        hint=hint,
    )


def _has_nothing_below(statement: Statement, depth: int) -> Diagnostic:
    place = pointer_of(statement.path[:depth])
    message = f"{place} is a value, so that it has no {statement.path[depth]!r}"
    return _finding(statement, message, "state the whole of it with $const")


def _no_element(statement: Statement, depth: int, length: int) -> Diagnostic:
    place, key = pointer_of(statement.path[:depth]), statement.path[depth]
    message = f"{place} is an array of {length} elements, and has no {key!r}"
    return _finding(statement, message, "state the whole array as a list")


def _cannot_drop(statement: Statement) -> Diagnostic:
    message = f"{pointer_of(statement.path)} is an element of an array, which cannot be dropped"
    return _finding(statement, message, "state the whole array as a list")


def _breaks(need: Need, statements: Sequence[Statement]) -> Diagnostic:
    first = statements[0]
    is_outside = need.condition is None and need.told.startswith("exclusion")
    word = "matches" if is_outside else "does not keep"
    if need.condition is not None:
        word = "does not match"
    return Diagnostic(
        code="MG406",
        message=f"record {first.record} as it is stated {word} {need.told}",
        location=first.location,
        hint="state values that do, or change what the model says",
        related=(Related(message="this is what is promised", location=need.location),),
    )


def _twice(
    statements: Sequence[Statement], path: tuple[str, ...], index: int, other: int
) -> Diagnostic:
    name = ".".join(path)
    statement = next((item for item in statements if item.path[0] == path[0]), statements[0])
    message = f"{name} is $unique, and record {other} has the same value"
    return _finding(statement, message, f"state a value for record {index} that no record has")
