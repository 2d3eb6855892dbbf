"""Stated values: single values of single records that ``$records`` puts in place of drawn ones."""

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
    from mockgen_watch.scenarios.promise.requirements import Requirement
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Statement


def by_record(stated: Iterable[Statement]) -> dict[int, tuple[Statement, ...]]:
    """Return record → what is stated of it, in source order."""
    found: dict[int, tuple[Statement, ...]] = {}
    for statement in stated:
        found[statement.record] = (*found.get(statement.record, ()), statement)
    return found


def with_statements(record: Mapping[str, Json], statements: Sequence[Statement]) -> dict[str, Json]:
    """Return ``record`` with what is stated of it; its other fields do not follow.

    Raises:
        FindingsError: a path leads through a value that has nothing below it.
    """
    whole: Json = dict(record)
    for statement in statements:
        whole = _put(whole, statement, 0)
    if not isinstance(whole, dict):
        raise TypeError("a record is an object, and no path is empty")
    return whole


def _put(value: Json, statement: Statement, depth: int) -> Json:
    """Return ``value``, which is ``depth`` keys down the path, with what is stated of it."""
    if depth == len(statement.path):
        return statement.value
    key = statement.path[depth]
    if isinstance(value, list):
        return _put_element(value, statement, depth)
    if isinstance(value, dict):
        if statement.is_gone and key not in value:
            return value
        if statement.is_gone and depth + 1 == len(statement.path):
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _put(value.get(key), statement, depth + 1)}
    if value is not None:
        at = pointer_of(statement.path[:depth])
        message = f"{at} is a value, so that it has no {key!r}"
        raise _error(statement, message, "state the whole of it with $const")
    return None if statement.is_gone else {key: _put(None, statement, depth + 1)}


def _put_element(value: list[Json], statement: Statement, depth: int) -> Json:
    key, hint = statement.path[depth], "state the whole array as a list"
    if not key.isdigit() or int(key) > len(value):
        at = pointer_of(statement.path[:depth])
        message = f"{at} is an array of {len(value)} elements, and has no {key!r}"
        raise _error(statement, message, hint)
    if statement.is_gone and depth + 1 == len(statement.path):
        at = pointer_of(statement.path)
        message = f"{at} is an element of an array, which cannot be dropped"
        raise _error(statement, message, hint)
    number = int(key)
    inner = value[number] if number < len(value) else None
    return [*value[:number], _put(inner, statement, depth + 1), *value[number + 1 :]]


def _error(statement: Statement, message: str, hint: str) -> FindingsError:
    return FindingsError([_diagnostic(statement, message, hint)])


def _diagnostic(statement: Statement, message: str, hint: str) -> Diagnostic:
    return Diagnostic(
        code="MG406",
        message=f"record {statement.record}: {message}",
        location=statement.location,
        hint=hint,
    )


def check_kept(
    record: Json, requirements: Iterable[Requirement], statements: Sequence[Statement]
) -> None:
    """Make sure that a stated record is what its scenario requires.

    Raises:
        FindingsError: it is not.
    """
    broken = [requirement for requirement in requirements if not requirement.holds(record)]
    if broken:
        raise FindingsError([_breaks(requirement, statements[0]) for requirement in broken])


def _breaks(requirement: Requirement, statement: Statement) -> Diagnostic:
    if requirement.condition is not None:
        verb = "does not match"
    else:
        verb = "matches" if requirement.is_outside else "does not keep"
    return Diagnostic(
        code="MG406",
        message=f"record {statement.record} as it is stated {verb} {requirement.name}",
        location=statement.location,
        hint="state values that do, or change what the model says",
        related=(Related(message="this is what is promised", location=requirement.location),),
    )


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
    holders: dict[tuple[tuple[str, ...], str, str], int] = {}
    for index in sorted(range(plan.count), key=lambda index: index in stated):
        record = record_at(program, index)
        if index in stated:
            record = with_statements(record, stated[index])
        for path in paths:
            for _, value in places_of(record, path):
                other = holders.setdefault((path, type(value).__name__, repr(value)), index)
                if value is not None and other != index and index in stated:
                    found.append(_not_unique(stated[index], path, other))
    return found


def _not_unique(statements: Sequence[Statement], path: tuple[str, ...], other: int) -> Diagnostic:
    statement = next((item for item in statements if item.path[0] == path[0]), statements[0])
    message = f"{'.'.join(path)} is $unique, and record {other} has the same value"
    hint = f"state a value for record {statement.record} that no record has"
    return _diagnostic(statement, message, hint)
