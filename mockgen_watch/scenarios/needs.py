"""Takes compiled rules and clauses; gives what a record has to be, one need for each of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.masters.trees import find_all
from mockgen_watch.rules.comparison import Comparison
from mockgen_watch.rules.places import Missing
from mockgen_watch.rules.schema import REMARKS
from mockgen_watch.scenarios.facts import bounds_of, leaves_below
from mockgen_watch.scenarios.proof import always_meets, never_meets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Final

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.clause import Clause, Condition
    from mockgen_watch.rules.places import Path
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Leaf


class Test(Struct, frozen=True, kw_only=True, eq=False):
    """A part of a need that can be told of a record by itself.

    Attributes:
        paths: where the fields that decide are written.
        holds: tells whether it is so of a record.
        orders: comparisons that say the same together, where all fields are there and are numbers
            or dates; none where no comparison does.
        holds_unordered: whether it holds where a value is neither number, date nor text.
    """

    paths: tuple[Path, ...]
    holds: Callable[[Json], bool]
    orders: tuple[Comparison, ...] = ()
    holds_unordered: bool = False


class Need(Struct, frozen=True, kw_only=True, eq=False):
    """Something that each record of a scenario has to be.

    Attributes:
        told: what it is, for a diagnostic.
        paths: where the fields that decide are written; None for the whole record.
        holds: tells whether a record is so.
        fits: tells whether one value at the only path is; None when that is not how it is told.
        proved: tells whether it is certain from the plan alone: True, False (never), None (open).
        condition: of an exclusion that is to match, with bounds that the field may be held to.
        tests: a record is so when all of them hold, or where ``is_outside``, when one does not;
            none where it can only be looked at as a whole.
        is_for_all: all scenarios of the model have it, so that even a ``$unique`` field may have
            its values cut down: they stay different across the parts of a mix.
    """

    told: str
    location: Location
    paths: tuple[Path, ...] | None
    holds: Callable[[Json], bool]
    fits: Callable[[Json | Missing], bool] | None = None
    proved: Callable[[RecordPlan], bool | None] = lambda _: None
    condition: Condition | None = None
    tests: tuple[Test, ...] = ()
    is_outside: bool = False
    is_for_all: bool = False


def rule_need(rule: Rule) -> Need:
    """Return the need that a rule is met."""
    fits: Callable[[Json | Missing], bool] | None = None
    value_why = rule.value_why
    if value_why is not None and rule.paths is not None:
        fits = lambda value: isinstance(value, Missing) or not value_why(value)  # noqa: E731

    def proved(plan: RecordPlan) -> bool | None:
        if rule.comparison is not None:
            return _compare(rule.comparison, plan)
        if value_why is None or rule.paths is None:
            return None
        shapes = find_all(plan.shape, rule.paths[0])
        if shapes and all(always_meets(rule.schema, each, plan) for each in shapes):
            return True
        leaf = _only_leaf(rule.paths[0], plan)
        return False if leaf is not None and never_meets(rule.schema, leaf) else None

    return Need(
        told=f'rule "{rule.name}"',
        location=rule.location,
        paths=rule.paths,
        holds=rule.holds,
        fits=fits,
        proved=proved,
        tests=_rule_tests(rule),
        is_for_all=True,
    )


def _rule_tests(rule: Rule) -> tuple[Test, ...]:
    if rule.paths is None:
        return ()
    orders: tuple[Comparison, ...] = ()
    if rule.comparison is not None:
        orders = (rule.comparison,)
    elif isinstance(rule.schema, dict) and rule.value_why is not None:
        orders = _bounds(rule.paths[0], rule.schema)
    # A bound of JSON Schema says nothing of what is no number, unless its type is to be one.
    is_bound = isinstance(rule.schema, dict) and bool(orders) and "type" not in rule.schema
    test = Test(paths=rule.paths, holds=rule.holds, orders=orders, holds_unordered=is_bound)
    return (test,)


_ORDERS: Final = {
    "minimum": ">=",
    "maximum": "<=",
    "exclusiveMinimum": ">",
    "exclusiveMaximum": "<",
}


def _bounds(path: Path, schema: Mapping[str, Json]) -> tuple[Comparison, ...]:
    """Return the comparisons that a schema is for numbers; none when it says more."""
    orders = []
    for key, operand in schema.items():
        if key in _ORDERS and isinstance(operand, int | Decimal):
            orders.append(Comparison(left=path, order=_ORDERS[key], right=operand))
        elif key not in REMARKS and (key, operand) != ("type", "number"):
            return ()
    return tuple(orders)


def outside_need(clause: Clause) -> Need:
    """Return the need that a record is not excluded by ``clause``."""
    only = clause.conditions[0] if len(clause.conditions) == 1 else None

    def proved(plan: RecordPlan) -> bool | None:
        if any(_is_apart(condition, plan) for condition in clause.conditions):
            return True
        is_met = all(_is_within(condition, plan) for condition in clause.conditions)
        return False if is_met else None

    return Need(
        told=f'exclusion "{clause.name}"',
        location=clause.location,
        paths=tuple(condition.path for condition in clause.conditions),
        holds=lambda record: not clause.matches(record),
        fits=None
        if only is None
        else lambda value: isinstance(value, Missing) or not only.fits(value),
        proved=proved,
        tests=tuple(map(_condition_test, clause.conditions)),
        is_outside=True,
    )


def _condition_test(condition: Condition) -> Test:
    ends = ((">=", condition.low), ("<=", condition.high)) if condition.is_range else ()
    orders = tuple(
        Comparison(left=condition.path, order=order, right=end)
        for order, end in ends
        if end is not None
    )
    return Test(paths=(condition.path,), holds=condition.holds, orders=orders)


def inside_needs(clause: Clause) -> list[Need]:
    """Return the needs that a record is excluded by ``clause``: one for each condition."""
    return [_inside(clause, condition) for condition in clause.conditions]


def _inside(clause: Clause, condition: Condition) -> Need:
    return Need(
        told=f'exclusion "{clause.name}"',
        location=condition.location,
        paths=(condition.path,),
        holds=condition.holds,
        fits=lambda value: not isinstance(value, Missing) and condition.fits(value),
        proved=lambda plan: _is_within(condition, plan),
        condition=condition,
        tests=(_condition_test(condition),),
    )


def _only_leaf(path: Path, plan: RecordPlan) -> Leaf | None:
    """Return the leaf at ``path`` when it is one, and in every record."""
    found = leaves_below(plan.shape, path)
    if len(found) == 1 and found[0][0] == path and found[0][2]:
        return found[0][1]
    return None


def _is_apart(condition: Condition, plan: RecordPlan) -> bool:
    """Tell whether no value of the field is within the condition's bounds."""
    leaf = _only_leaf(condition.path, plan)
    bounds = None if leaf is None else bounds_of(leaf, plan)
    if bounds is None or not condition.is_range:
        return False
    low, high = condition.low, condition.high
    return (low is not None and bounds[1] < low) or (high is not None and bounds[0] > high)


def _is_within(condition: Condition, plan: RecordPlan) -> bool | None:
    """Tell whether every value of the field is within the bounds, none, or neither is certain."""
    leaf = _only_leaf(condition.path, plan)
    bounds = None if leaf is None else bounds_of(leaf, plan)
    if bounds is None or not condition.is_range:
        return None
    if _is_apart(condition, plan):
        return False
    low, high = condition.low, condition.high
    fits = (low is None or bounds[0] >= low) and (high is None or bounds[1] <= high)
    return True if fits else None


def _compare(comparison: Comparison, plan: RecordPlan) -> bool | None:
    """Tell whether a comparison is certain from the bounds of both sides."""
    sides = []
    for side in (comparison.left, comparison.right):
        if not isinstance(side, tuple):
            sides.append((side, side))
            continue
        leaf = _only_leaf(side, plan)
        bounds = None if leaf is None else bounds_of(leaf, plan)
        if bounds is None:
            return None
        sides.append(bounds)
    (left_low, left_high), (right_low, right_high) = sides
    if comparison.order in {"<", "<="}:
        left_low, left_high, right_low, right_high = right_low, right_high, left_low, left_high
    # From here on the left side is to be the greater one.
    flipped = {"<": ">", "<=": ">="}.get(comparison.order, comparison.order)
    if flipped == ">":
        return True if left_low > right_high else False if left_high <= right_low else None
    return True if left_low >= right_high else False if left_high < right_low else None
