"""Requirements: what each record of a scenario has to be, one for each rule and each exclusion.

A record of ``positive`` meets every rule and matches no exclusion; one of ``exclusion`` meets every
rule and matches a clause. A requirement can be checked on a record, sometimes on a single value,
and sometimes it is proved or refuted by the plan alone.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Related
from mockgen_watch.rules.cel import ORDERS, Comparison
from mockgen_watch.rules.rule import Clause, Condition, Rule, compile_clause, compile_rule
from mockgen_watch.rules.schema import REMARKS
from mockgen_watch.rules.values import Missing, Path, RecordView, RuleError
from mockgen_watch.scenarios.promise import facts, proofs
from mockgen_watch.spec.model import find_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from mockgen_watch.expressions.syntax import Node
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

    Proof = Callable[[RecordPlan], bool | None]


class Terms(Struct, frozen=True, kw_only=True):
    """The compiled rules and exclusions of a model; ``view`` is how they see its records."""

    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    view: RecordView


def compile_terms(plan: RecordPlan) -> tuple[Terms, list[Diagnostic]]:
    """Return the rules and clauses of ``plan`` that can be compiled, and why others cannot."""
    view = facts.view_of(plan)
    found: list[Diagnostic] = []
    rules: list[Rule] = []
    clauses: list[Clause] = []
    for rule in plan.rules:
        try:
            rules.append(compile_rule(rule, view, plan.rule_types))
        except RuleError as error:
            location = rule.body_location or rule.location
            message = f'rule "{rule.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=location))
    for clause in plan.exclusions:
        try:
            clauses.append(compile_clause(clause, view))
        except RuleError as error:
            message = f'exclusion "{clause.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=clause.location))
    return Terms(rules=tuple(rules), clauses=tuple(clauses), view=view), found


class Test(Struct, frozen=True, kw_only=True, eq=False):
    """A part of a requirement that can be checked on its own.

    Attributes:
        paths: where the fields that decide are written.
        holds: returns whether a record passes.
        orders: comparisons that are the same test together, where all fields are there and are
            numbers or dates; none where no comparison is.
        holds_unordered: whether it holds where a value is neither number, date nor text.
    """

    paths: tuple[Path, ...]
    holds: Callable[[Json], bool]
    orders: tuple[Comparison, ...] = ()
    holds_unordered: bool = False


class Requirement(Struct, frozen=True, kw_only=True, eq=False):
    """Something that each record of a scenario has to be.

    Attributes:
        name: the rule or exclusion, for a diagnostic.
        paths: where the fields that decide are written; None for the whole record.
        holds: returns whether a record meets it.
        fits: returns whether one value at the only path does; None where that does not decide.
        proved: returns what is certain from the plan alone: True, False (never met), None (open).
        condition: of an exclusion that is to match, with bounds that the field may be held to.
        tests: a record meets it when all of them hold, or where ``is_outside``, when one does not;
            none where only whole records can be checked.
        expression, text, home: of a rule by an expression, as ``Rule`` has them.
        schema: of a rule by a JSON Schema.
        why: returns why a record breaks it, of a rule by an expression; None for others.
        is_for_all: all scenarios of the model have it, so that even a ``$unique`` field may have
            its values cut down: they stay different across the parts of a mix.
    """

    name: str
    location: Location
    paths: tuple[Path, ...] | None
    holds: Callable[[Json], bool]
    fits: Callable[[Json | Missing], bool] | None = None
    proved: Proof = lambda _: None
    condition: Condition | None = None
    tests: tuple[Test, ...] = ()
    is_outside: bool = False
    expression: Node | None = None
    text: str = ""
    home: Path = ()
    schema: Json = None
    why: Callable[[Json], str] | None = None
    is_for_all: bool = False

    @property
    def is_of_elements(self) -> bool:
        """Whether it is about each element where its path leads to an array of plain values."""
        return self.is_outside or self.condition is not None

    def unevaluated(self, record: Json) -> str:
        """Return why its expression cannot be evaluated on a record; ``""`` where it can."""
        why = self.why(record) if self.why is not None else ""
        return why.partition(" cannot be evaluated: ")[2]

    def fields_in(self, plan: RecordPlan, message: str) -> tuple[Related, ...]:
        """Return where ``plan`` states the fields that decide, each with ``message``."""
        fields = facts.fields_below(plan.shape, self.paths or ())
        places = dict.fromkeys(field.leaf.origin.location for field in fields)
        return tuple(Related(message=message, location=place) for place in places)


def keep_rule(rule: Rule) -> Requirement:
    """Return the requirement that a record meets a rule."""
    value_why, orders = rule.value_why, _orders_of(rule)
    tests: tuple[Test, ...] = ()
    if rule.paths is not None:
        # A bound of JSON Schema holds for what is no number, unless the type has to be one.
        is_bound = bool(orders) and isinstance(rule.schema, dict) and "type" not in rule.schema
        test = Test(paths=rule.paths, holds=rule.holds, orders=orders, holds_unordered=is_bound)
        tests = (test,)

    def fits(value: Json | Missing) -> bool:
        return isinstance(value, Missing) or value_why is None or not value_why(value)

    def proved(plan: RecordPlan) -> bool | None:
        if rule.comparison is not None:
            return _proved((rule.comparison,), plan)
        if rule.paths == ((),) and proofs.refuses_objects(rule.schema):
            return False
        if value_why is None or rule.paths is None:
            return None
        shapes = find_shapes(plan.shape, rule.paths[0])
        if rule.check:
            always = shapes and all(proofs.always_checks(rule.check, each) for each in shapes)
            return True if always else None
        if shapes and all(proofs.always_meets(rule.schema, each, plan) for each in shapes):
            return True
        field = facts.only_field(plan, rule.paths[0])
        return False if field is not None and proofs.never_meets(rule.schema, field.leaf) else None

    return Requirement(
        name=f'rule "{rule.name}"',
        location=rule.location,
        paths=rule.paths,
        holds=rule.holds,
        why=rule.why if rule.expression is not None else None,
        fits=None if value_why is None or rule.paths is None else fits,
        proved=proved,
        tests=tests,
        expression=rule.expression,
        text=rule.text,
        home=rule.home,
        schema=rule.schema,
        is_for_all=True,
    )


def _orders_of(rule: Rule) -> tuple[Comparison, ...]:
    """Return the comparisons that a rule is for numbers; none when it says more."""
    if rule.comparison is not None:
        return (rule.comparison,)
    if rule.paths is None or not isinstance(rule.schema, dict):
        return ()
    orders = []
    for key, operand in rule.schema.items():
        if key in proofs.BOUNDS and isinstance(operand, int | Decimal):
            orders.append(Comparison(left=rule.paths[0], order=proofs.BOUNDS[key], right=operand))
        elif key not in REMARKS and (key, operand) != ("type", "number"):
            return ()
    return tuple(orders)


def avoid_clause(clause: Clause) -> Requirement:
    """Return the requirement that a record is not excluded by ``clause``."""
    only = clause.conditions[0] if len(clause.conditions) == 1 else None
    tests = tuple(map(_condition_test, clause.conditions))

    def fits(value: Json | Missing) -> bool:
        return isinstance(value, Missing) or only is None or not only.fits(value)

    def proved(plan: RecordPlan) -> bool | None:
        verdicts = [_proved(test.orders, plan) for test in tests]
        if False in verdicts:
            return True
        return False if all(verdicts) else None

    return Requirement(
        name=f'exclusion "{clause.name}"',
        location=clause.location,
        paths=tuple(condition.path for condition in clause.conditions),
        holds=lambda record: not clause.matches(record),
        fits=None if only is None else fits,
        proved=proved,
        tests=tests,
        is_outside=True,
    )


def match_condition(clause: Clause, condition: Condition) -> Requirement:
    """Return the requirement that a record matches one of the conditions of ``clause``."""
    test = _condition_test(condition)
    return Requirement(
        name=f'exclusion "{clause.name}"',
        location=condition.location,
        paths=(condition.path,),
        holds=condition.holds,
        fits=lambda value: not isinstance(value, Missing) and condition.fits(value),
        proved=lambda plan: _proved(test.orders, plan),
        condition=condition,
        tests=(test,),
    )


def _condition_test(condition: Condition) -> Test:
    ends = ((">=", condition.low), ("<=", condition.high)) if condition.is_range else ()
    orders = tuple(
        Comparison(left=condition.path, order=order, right=end)
        for order, end in ends
        if end is not None
    )
    return Test(paths=(condition.path,), holds=condition.holds, orders=orders)


def _proved(orders: Collection[Comparison], plan: RecordPlan) -> bool | None:
    """Return whether all comparisons are certain to hold, one to fail, or neither."""
    verdicts = {_compare(order, plan) for order in orders}
    return False if False in verdicts else True if verdicts == {True} else None


def _compare(comparison: Comparison, plan: RecordPlan) -> bool | None:
    """Return whether a comparison is certain from the bounds of both sides."""
    sides = (comparison.left, comparison.right)
    if not all(facts.only_field(plan, side) for side in sides if isinstance(side, tuple)):
        return None
    left, right = _range_of(comparison.left, plan), _range_of(comparison.right, plan)
    if left is None or right is None:
        return None
    # What holds of the ends that are farthest from each other, both ways, holds between them, too.
    holds = ORDERS[comparison.order]
    ends = {holds(left[0], right[1]), holds(left[1], right[0])}
    return ends.pop() if len(ends) == 1 else None


def _range_of(
    side: Path | int | Decimal, plan: RecordPlan
) -> tuple[int | Decimal, int | Decimal] | None:
    """Return the bounds of a number, or of the only leaf at or below a path, also in elements."""
    if not isinstance(side, tuple):
        return side, side
    found = facts.fields_below(plan.shape, [side])
    return facts.bounds_of(found[0].leaf, plan) if len(found) == 1 else None


class Bounds(Struct, frozen=True, kw_only=True):
    """The least and the greatest that ``RecordView.comparable`` may give for a field; None: any."""

    low: int | Decimal | None = None
    high: int | Decimal | None = None

    def tightened(self, order: str, number: Decimal) -> Bounds:
        """Return the bounds of what also compares to ``number`` by ``order``."""
        if order in {">", ">="}:
            least = number + _NEAR if order == ">" else number
            return replace(self, low=least if self.low is None else max(self.low, least))
        most = number - _NEAR if order == "<" else number
        return replace(self, high=most if self.high is None else min(self.high, most))


_NEAR: Final = Decimal("1e-12")
"""Less than any two numbers of a field differ by."""

_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def required_bounds(requirements: Iterable[Requirement], plan: RecordPlan) -> dict[Path, Bounds]:
    """Return the bounds that comparisons put to fields: with numbers, and with what others can be.

    Of two fields that are compared, the lesser one may be as much as the other's greatest value,
    and the greater one as little as the other's least.
    """
    found: dict[Path, Bounds] = {}

    def tighten(path: Path, order: str, number: int | Decimal) -> None:
        path = facts.bare_path(path)
        found[path] = found.get(path, Bounds()).tightened(order, Decimal(number))

    for requirement in requirements:
        orders = [order for test in requirement.tests for order in test.orders]
        if requirement.is_outside:
            # Beyond one bound is outside; of two, either side would do.
            if len(orders) != 1 or len(requirement.tests) != 1:
                continue
            orders = [replace(orders[0], order=_NEGATED[orders[0].order])]
        for order in orders:
            left, right = _range_of(order.left, plan), _range_of(order.right, plan)
            end = 1 if order.order in {"<", "<="} else 0
            if right is not None:
                tighten(order.left, order.order, right[end])
            if left is not None and isinstance(order.right, tuple):
                tighten(order.right, _MIRRORED[order.order], left[1 - end])
    return found
