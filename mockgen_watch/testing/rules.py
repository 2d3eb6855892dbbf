"""Conformance check for the rules of plugins."""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mockgen_watch.rules.rule import KIND, Checker, RuleType
from mockgen_watch.rules.values import Missing, same, shown, value_at, with_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.document import Json

ANYTHING: Final[tuple[Json, ...]] = (
    None, True, False, 0, -1, 1 << 70, Decimal("0.50"), "", " ", "x", "0", "٣", "²", "\x00",
    "\ud800", "e\u0301", "x" * 10_000, [], [None], {}, {"": None}, {"a": [{"b": Decimal("1.5")}]},
)  # fmt: skip
"""What a record may have, or be put there by a fault of another rule."""

_UNKNOWN: Final = "no-such-parameter"
_SHORT, _LONG = 2, 3


def check_rule(
    rule_type: RuleType,
    params: Mapping[str, Json] | None = None,
    *,
    good: Sequence[Json],
    bad: Sequence[Json],
) -> None:
    """Check that ``rule_type`` does what a plugin's rule must do; numbers are int or Decimal.

    Args:
        rule_type: the object that the entry point names.
        params: the parameters that a spec would have under ``with``.
        good: values that satisfy the rule, at least one.
        bad: values that break it, at least one.

    Raises:
        AssertionError: it does not; the message says why.
    """
    _demand(bool(good) and bool(bad), "give at least one good and one bad value")
    params = {} if params is None else params
    checker, other = rule_type(copy.deepcopy(params)), rule_type(copy.deepcopy(params))
    for name in ("why", "faults"):
        _demand(callable(getattr(checker, name, None)), f"the rule has no method {name}()")
    _check_params(rule_type, params)
    for value in good:
        message = _why(checker, value)
        _demand(not message, f"the good value {shown(value)} is rejected: {message}")
    for value in bad:
        _demand(bool(_why(checker, value)), f"the bad value {shown(value)} is accepted")
    values = [*good, *bad, *ANYTHING]
    messages = [_why(checker, value) for value in values]
    # Another instance, in another order: what a rule has seen before must not matter.
    backwards = [_why(other, value) for value in reversed(values)]
    for value, first, second in zip(values, messages, reversed(backwards), strict=True):
        what = f"why({shown(value)}) depends on more than its argument: {first!r}, then {second!r}"
        _demand(first == second, what)
    for value in good:
        _check_faults(checker, other, value)


def _demand(holds: bool, message: str) -> None:  # noqa: FBT001 - as assert takes it
    if not holds:
        raise AssertionError(message)


def _check_params(rule_type: RuleType, params: Mapping[str, Json]) -> None:
    """A misspelt parameter is an error; it is not ignored."""
    try:
        rule_type({**params, _UNKNOWN: 1})
    except ValueError as error:
        _demand(bool(str(error)), "the ValueError for an unknown parameter has no message")
    else:
        raise AssertionError(f"the unknown parameter {_UNKNOWN!r} does not raise ValueError")


def _why(checker: Checker, value: Json) -> str:
    given = copy.deepcopy(value)
    try:
        message = checker.why(given)
    except Exception as error:
        what = f"why({shown(value)}) raises {type(error).__name__}: {error}"
        raise AssertionError(what) from error
    _demand(isinstance(message, str), f"why({shown(value)}) does not return text: {message!r}")
    _demand(given == value, f"why({shown(value)}) changes its argument")
    return message


def _check_faults(checker: Checker, other: Checker, value: Json) -> None:
    given = copy.deepcopy(value)
    # Any: what a plugin gives may be whatever it likes.
    found: list[tuple[Any, ...]] = list(map(tuple, checker.faults(given)))
    _demand(given == value, f"faults({shown(value)}) changes its argument")
    repeated = list(map(tuple, other.faults(copy.deepcopy(value))))
    _demand(found == repeated, f"faults({shown(value)}) depends on more than its argument")
    is_broken = False
    for change in found:
        what = f"faults({shown(value)}) yields {change!r}"
        _demand(
            len(change) in {_SHORT, _LONG}, f"{what}, not (kind, value) or (kind, value, place)"
        )
        _demand(
            isinstance(change[0], str) and re.fullmatch(KIND, change[0]) is not None,
            f"{what}: a kind has lower-case letters, digits and hyphens, as in check-digit",
        )
        _demand(_is_json(change[1]), f"{what}: the value is not a JSON value")
        place = tuple(change[2]) if len(change) == _LONG else ()
        before = value_at(value, place)
        is_nowhere = isinstance(value_at(value, place[:-1]), Missing)
        _demand(not is_nowhere, f"{what}: the place does not exist")
        is_new = isinstance(before, Missing) or not same(before, change[1])
        _demand(is_new, f"{what}: this does not change the value")
        is_broken = is_broken or bool(_why(checker, with_value(value, place, change[1])))
    _demand(is_broken or not found, f"none of the faults of {shown(value)} breaks the rule")


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return value is None or isinstance(value, bool | int | Decimal | str)
