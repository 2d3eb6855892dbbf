"""Takes compiled rules and clauses; gives what a record has to be, one need for each of them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.rules.cel import Comparison
from mockgen_watch.rules.schema import REMARKS
from mockgen_watch.rules.values import Missing
from mockgen_watch.scenarios.promise.facts import bare_path, bounds_of, leaves_below, options_of
from mockgen_watch.scenarios.promise.proof import always_meets, never_meets
from mockgen_watch.spec.generators import Moment, MomentKind, Number
from mockgen_watch.spec.model import find_shapes
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Final

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.clause import Clause, Condition
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.settle import Conflict
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
        fits = lambda value: isinstance(value, Missing) or not value_why(value)

    def proved(plan: RecordPlan) -> bool | None:
        if rule.comparison is not None:
            return _compare(rule.comparison, plan)
        if value_why is None or rule.paths is None:
            return None
        shapes = find_shapes(plan.shape, rule.paths[0])
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
    """Return whether no value of the field is within the condition's bounds."""
    leaf = _only_leaf(condition.path, plan)
    bounds = None if leaf is None else bounds_of(leaf, plan)
    if bounds is None or not condition.is_range:
        return False
    low, high = condition.low, condition.high
    return (low is not None and bounds[1] < low) or (high is not None and bounds[0] > high)


def _is_within(condition: Condition, plan: RecordPlan) -> bool | None:
    """Return whether every value of the field is within the bounds, none, or neither is certain."""
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
    """Return whether a comparison is certain from the bounds of both sides."""
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


class Bounds(Struct, frozen=True, kw_only=True):
    """The least and the greatest that a field may be, as ``Sight.comparable`` has it; None: any."""

    low: int | Decimal | None = None
    high: int | Decimal | None = None


_NEAR: Final = Decimal("1e-12")
"""Less than any two numbers of a field differ by."""

_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def needed_bounds(needs: Iterable[Need], plan: RecordPlan) -> dict[Path, Bounds]:
    """Return the bounds that comparisons put to fields: with numbers, and with what others can be.

    Of two fields that are compared, the one that is to be less may be as much as the other one's
    most, and that one as little as its least.
    """
    found: dict[Path, Bounds] = {}

    def put(path: Path, order: str, number: int | Decimal) -> None:
        path = bare_path(path)
        found[path] = _with_order(found.get(path, Bounds()), order, Decimal(number))

    for need in needs:
        orders = [order for test in need.tests for order in test.orders]
        if need.is_outside:
            # Beyond one bound is outside; of two, either side would do.
            if len(orders) != 1 or len(need.tests) != 1:
                continue
            orders = [replace(orders[0], order=_OPPOSITE[orders[0].order])]
        for order in orders:
            if not isinstance(order.right, tuple):
                put(order.left, order.order, order.right)
                continue
            left, right = _range_of(order.left, plan), _range_of(order.right, plan)
            end = 1 if order.order in {"<", "<="} else 0
            if right is not None:
                put(order.left, order.order, right[end])
            if left is not None:
                put(order.right, _TURNED[order.order], left[1 - end])
    return found


def _range_of(path: Path, plan: RecordPlan) -> tuple[int | Decimal, int | Decimal] | None:
    found = leaves_below(plan.shape, path)
    return bounds_of(found[0][1], plan) if len(found) == 1 else None


def _with_order(bounds: Bounds, order: str, number: Decimal) -> Bounds:
    if order in {">", ">="}:
        least = number + _NEAR if order == ">" else number
        return replace(bounds, low=least if bounds.low is None else max(bounds.low, least))
    most = number - _NEAR if order == "<" else number
    return replace(bounds, high=most if bounds.high is None else min(bounds.high, most))


def hold_leaf(leaf: Leaf, bounds: Bounds) -> Leaf:
    """Return ``leaf`` with its number or date within ``bounds``, as far as it can be."""
    if leaf.modifiers.unique:
        return leaf
    if isinstance(leaf.generator, Number):
        return replace(leaf, generator=_held_number(leaf.generator, bounds))
    if isinstance(leaf.generator, Moment):
        return replace(leaf, generator=_held_moment(leaf.generator, bounds))
    return leaf


def _held_number(number: Number, bounds: Bounds) -> Number:
    if number.minimum is None or number.maximum is None:
        return number
    low, high = Fraction(number.minimum), Fraction(number.maximum)
    step = Fraction(number.step)
    first, last = 0, (high - low) // step
    if bounds.low is not None:
        first = max(first, math.ceil((Fraction(bounds.low) - low) / step))
    if bounds.high is not None:
        last = min(last, math.floor((Fraction(bounds.high) - low) / step))
    if first > last:
        return number
    return replace(
        number, minimum=_decimal(low + first * step), maximum=_decimal(low + last * step)
    )


def _decimal(value: Fraction) -> Decimal:
    """Return a fraction that is a decimal number as one."""
    return Decimal(value.numerator) / Decimal(value.denominator)


def _held_moment(moment: Moment, bounds: Bounds) -> Moment:
    size = DAY if moment.kind is MomentKind.DATE else 1
    count = (moment.last - moment.first) // moment.step
    first, last = 0, count
    if bounds.low is not None:
        ahead = Fraction(bounds.low) / size - moment.first
        first = max(first, math.ceil(ahead / moment.step))
    if bounds.high is not None:
        ahead = Fraction(bounds.high) / size - moment.first
        last = min(last, math.floor(ahead / moment.step))
    if first > last:
        return moment
    return replace(
        moment, first=moment.first + first * moment.step, last=moment.first + last * moment.step
    )


def cut_down(problem: Diagnostic, plan: RecordPlan, needs: Iterable[Need]) -> Diagnostic:
    """Return ``problem`` of a ``$unique`` field with the rules that leave it so few values."""
    reading = [
        need
        for need in needs
        for path in need.paths or ()
        if any(
            leaf.origin.location == problem.location
            for _, leaf, _ in leaves_below(plan.shape, path)
        )
    ]
    related = tuple(
        Related(message=f"{need.told} cuts them down", location=need.location) for need in reading
    )
    return replace(problem, related=(*problem.related, *related))


def too_few_fit(plan: RecordPlan, need: Need) -> Iterator[Diagnostic]:
    """Yield an error for a ``$unique`` field that has fewer fit values than there are records."""
    found = leaves_below(plan.shape, need.paths[0]) if need.paths and need.fits else []
    if len(found) != 1 or not found[0][1].modifiers.unique or need.condition is not None:
        return
    path, leaf, is_sure = found[0]
    options = options_of(leaf)
    if options is None or not is_sure or need.fits is None:
        return
    fit = sum(map(need.fits, (option.value for option in options)))
    if fit < plan.count:
        yield Diagnostic(
            code="MG214",
            message=(
                f'"{".".join(path)}" is unique, and {need.told} leaves {fit} '
                f"value{'s'[: fit != 1]} for {plan.count} records"
            ),
            location=leaf.origin.location,
            hint=f"add values, ask for {fit} records at most, or drop $unique",
            related=(Related(message=f"{need.told} is stated here", location=need.location),),
        )


def told(conflict: Conflict, plan: RecordPlan) -> Diagnostic:
    """Return the error of a need that no record can meet."""
    need = conflict.need
    must_match = need.condition is not None
    if must_match:
        message = f"no record of {plan.scenario} can match {need.told}"
        hint = f"let {plan.scenario} state values that match, or drop the clause"
    elif need.told.startswith("exclusion"):
        message = f"every record of {plan.scenario} would match {need.told}"
        hint = "give the field a value that is in scope"
    else:
        message = f"no record of {plan.scenario} can meet {need.told}"
        hint = "give the field a value that the rule allows"
    return Diagnostic(
        code="MG403",
        message=message,
        location=need.location,
        hint=hint,
        related=tuple(
            Related(message="this is all that the field can be", location=place)
            for place in dict.fromkeys(leaf.origin.location for leaf in conflict.leaves)
        ),
    )


def not_fixed(plan: RecordPlan, parent: RecordPlan, path: tuple[str, ...]) -> Diagnostic:
    """Return the error of a reference to a field that rules or faults may change."""
    place = next(iter(parent.rules), None) or next(iter(parent.exclusions))
    return Diagnostic(
        code="MG403",
        message=(
            f'"{".".join(path)}" of {parent.model_id}/{parent.scenario} cannot be referred to from '
            f"{plan.model_id}: a rule or a fault may change it"
        ),
        location=place.location,
        hint="let the rule be met by all values of the field, or refer to another field",
    )
