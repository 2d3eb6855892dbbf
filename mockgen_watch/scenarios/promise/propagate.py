"""Propagating: orders, equalities, windows and sums between fields become bounds of the fields.

A rule is taken apart into inequalities between sums of fields. The fields are put in an order, and
eliminated from the last to the first (Fourier and Motzkin: Schrijver, "Theory of Linear and Integer
Programming", 1986, section 12.2). What each elimination says of a field, in terms of those before
it, are its bounds: whatever the fields before it are, it finds a value between them, and so does
each field after it. A field whose own draw lies between its bounds keeps it, so that a record that
was right without the rule stays as it is; else it is drawn again, inside.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.ends import UNKNOWN, ends_of
from mockgen_watch.expressions.types import Kind
from mockgen_watch.expressions.values import DAY
from mockgen_watch.generate.distributions import grid_of
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.scenarios.promise import facts
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.expressions.ends import Ends
    from mockgen_watch.expressions.syntax import Node
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.cel import Comparison
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.requirements import Requirement

Term = generators.Expression
"""What a sum is made of: a field, or an expression that is no sum."""

MOST_INEQUALITIES: Final = 400
"""More at once are left to redrawing: an elimination may square their number."""


class Inequality(Struct, frozen=True):
    """``sum of factor * term + constant <= 0``; ``unless``: not where that is true."""

    terms: Mapping[str, Fraction]
    constant: Fraction
    unless: generators.Expression | None = None

    def times(self, factor: Fraction) -> Inequality:
        """Return the same inequality, ``factor`` (over 0) times as large."""
        terms = {name: factor * each for name, each in self.terms.items()}
        return Inequality(terms, factor * self.constant, self.unless)


class Variable(Struct, frozen=True, kw_only=True):
    """A field that may be drawn again: its grid in numbers, or in seconds for dates.

    ``numbers = origin + n * step`` for n from 0 to ``count - 1``.
    """

    path: Path
    origin: Fraction
    step: Fraction
    count: int

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """The least and the greatest of the numbers."""
        return self.origin, self.origin + (self.count - 1) * self.step


class Propagated(Struct, frozen=True, kw_only=True):
    """A plan whose fields keep to bounds, and the requirements that these do not ensure."""

    plan: RecordPlan
    open: tuple[Requirement, ...]


def propagate(plan: RecordPlan, requirements: Sequence[Requirement]) -> Propagated:
    """Return ``plan`` with the bounds that ``requirements`` come to."""
    system = _System(plan)
    taken = [each for each in requirements if system.take(each)]
    if not taken:
        return Propagated(plan=plan, open=tuple(requirements))
    limits, is_certain = system.solve()
    if not limits and not is_certain:
        return Propagated(plan=plan, open=tuple(requirements))
    bounded = _with_limits(plan, limits, system.sure)
    still_open = requirements
    if is_certain:
        certain = {id(each) for each in taken if id(each) not in system.partly}
        still_open = [each for each in requirements if id(each) not in certain]
    return Propagated(plan=bounded, open=tuple(still_open))


def _with_limits(
    plan: RecordPlan, limits: Mapping[Path, Sequence[generators.Limit]], sure: set[Path]
) -> RecordPlan:
    def change(path: Path, part: spec.Shape) -> spec.Shape:
        if not isinstance(part, spec.Leaf):
            return part
        generator, modifiers = part.generator, part.modifiers
        if path in sure and (modifiers.null or modifiers.omit):
            # The rule holds only where the field is there.
            part = replace(part, modifiers=replace(modifiers, null=0 * modifiers.null,
                                                   omit=0 * modifiers.omit))  # fmt: skip
        if path in limits and isinstance(generator, generators.Number | generators.Moment):
            kept = (*generator.kept, *limits[path])
            return replace(part, generator=replace(generator, kept=kept))
        return part

    return replace(plan, shape=facts.change_shape(plan.shape, change))


def _plain_fields(plan: RecordPlan) -> Iterator[facts.Field]:
    """Yield the leaves that are not in one of several shapes, which a record may not have."""
    fields = list(facts.fields_of(plan.shape))
    variants = {
        field.path
        for field in fields
        if not all(isinstance(each, spec.Leaf) for each in spec.alternatives_of(field.leaf))
    }
    for field in fields:
        ways = (field.path[:size] for size in range(1, len(field.path) + 1))
        if variants.isdisjoint(ways):
            yield field


class _System:
    """The inequalities of several requirements, and the fields that they are about.

    Attributes:
        sure: fields that have to be there.
        read_by_guards: fields whose values decide whether an inequality has to hold.
        partly: by ``id``, requirements of which something is not in the inequalities.
    """

    def __init__(self, plan: RecordPlan) -> None:
        self.plan = plan
        self.sure: set[Path] = set()
        self.partly: set[int] = set()
        self.read_by_guards: set[Path] = set()
        self._facts = FieldFacts(plan)
        self._fields = {field.path: field for field in _plain_fields(plan)}
        self._variables: dict[str, Variable] = {}
        self._terms: dict[str, Term] = {}
        self._ends: dict[str, Ends] = {}
        self._inequalities: list[Inequality] = []

    def take(self, requirement: Requirement) -> bool:
        """Take in what a requirement says of sums; return whether there is anything."""
        before = len(self._inequalities)
        if requirement.expression is not None:
            reader = _Reader(self, requirement)
            if not reader.read():
                self.partly.add(id(requirement))
        else:
            for order in _orders(requirement):
                self._compare(order)
        return len(self._inequalities) > before

    def add(self, inequality: Inequality) -> None:
        """Take in an inequality."""
        self._inequalities.append(inequality)

    def term(self, term: Term, path: Path | None, ends: Ends) -> str:
        """Return the name of a term; ``path`` is that of the field that it is."""
        name = f"{'.'.join(path)}" if path is not None else f"({term.text})"
        name = f"{term.home}{name}" if path is None else name
        if name not in self._terms:
            self._terms[name] = term
            self._ends[name] = ends
            variable = None if path is None else self._variable(path)
            if variable is not None:
                self._variables[name] = variable
                self._ends[name] = variable.ends
        return name

    def field_term(self, path: Path, home: Path) -> str | None:
        """Return the name of the field written at ``path``; None where it is no number or date."""
        field = self._fields.get(path)
        if field is None or field.leaf.modifiers.transforms or field.leaf.coerce_number:
            return None
        kind = self._facts.type_of(field.leaf)
        if not kind.is_number and not kind.is_moment:
            return None
        root = "this" if home else "record"
        keys = path[len(home) :] if home and path[: len(home)] == home else path
        if home and keys == path:
            root = "record"
        name = (root, *keys)
        expression = generators.Expression(
            text=_text_of(name),
            bindings=(generators.Binding(name=name, path=path),),
            home=home,
            text_location=spec.NOWHERE,
        )
        return self.term(expression, path, self._facts.leaf_ends(field.leaf))

    def opaque_ends(self, expression: generators.Expression) -> Ends | None:
        """Return the ends of an expression that counts something; None for any other."""
        try:
            kind = self._facts.checked_loosely(expression).type
        except syntax.ExpressionError:
            return None
        if not kind.is_number and not kind.is_moment and kind.kind is not Kind.DURATION:
            return None
        node = self._facts.checked_loosely(expression).node
        ends = ends_of(node, self._facts.facts_for(expression))
        return None if _may_fail(node, is_known=None not in ends) else ends

    def _variable(self, path: Path) -> Variable | None:
        """Return the field at ``path`` as one that may be drawn again."""
        leaf = self._fields[path].leaf
        generator = leaf.generator
        if leaf.modifiers.is_fixed:
            return None
        if isinstance(generator, generators.Number) and not (generator.lows or generator.highs):
            if generator.minimum is None or generator.maximum is None:
                return None
            grid, scale = grid_of(generator), 10**generator.decimals
            return Variable(
                path=path,
                origin=Fraction(grid.origin, scale),
                step=Fraction(grid.step, scale),
                count=grid.count,
            )
        if isinstance(generator, generators.Moment) and not (generator.lows or generator.highs):
            size = DAY if generator.kind is generators.MomentKind.DATE else 1
            return Variable(
                path=path,
                origin=Fraction(generator.first * size),
                step=Fraction(generator.step * size),
                count=(generator.last - generator.first) // generator.step + 1,
            )
        return None

    def _compare(self, order: Comparison) -> None:
        """Take in a comparison of two fields, or of one and a number, by written paths."""
        sides: list[tuple[dict[str, Fraction], Fraction]] = []
        for side in (order.left, order.right):
            if not isinstance(side, tuple):
                sides.append(({}, Fraction(side)))
                continue
            name = self.field_term(facts.bare_path(side), ())
            if name is None or not self._fields[facts.bare_path(side)].is_sure:
                return
            sides.append(({name: Fraction(1)}, Fraction(0)))
        self.compare(order.order, sides[0], sides[1], None)

    def compare(
        self,
        order: str,
        left: tuple[Mapping[str, Fraction], Fraction],
        right: tuple[Mapping[str, Fraction], Fraction],
        unless: generators.Expression | None,
    ) -> None:
        """Take in ``left order right``, both sums of terms and a constant."""
        if order in {">", ">="}:
            left, right, order = right, left, "<" if order == ">" else "<="
        terms = dict(left[0])
        for name, factor in right[0].items():
            terms[name] = terms.get(name, Fraction(0)) - factor
        terms = {name: factor for name, factor in terms.items() if factor}
        constant = left[1] - right[1]
        if order == "==":
            opposite = {name: -factor for name, factor in terms.items()}
            self.add(Inequality(terms, constant, unless))
            self.add(Inequality(opposite, -constant, unless))
            return
        if order == "<":
            constant += self._unit(terms)
        self.add(Inequality(terms, constant, unless))

    def _unit(self, terms: Mapping[str, Fraction]) -> Fraction:
        """Return what two sums of these terms differ by at least."""
        unit = Fraction(0)
        for name, factor in terms.items():
            for part in (self._grain(name) * abs(factor), self._offset(name) * factor):
                unit = _gcd(unit, abs(part))
        return unit or Fraction(1)

    def _grain(self, name: str) -> Fraction:
        variable = self._variables.get(name)
        if variable is not None:
            return variable.step
        places = self._facts.checked_loosely(self._terms[name]).type.decimals
        return Fraction(1, 10 ** (2 if places is None else places))

    def _offset(self, name: str) -> Fraction:
        variable = self._variables.get(name)
        return Fraction(0) if variable is None else variable.origin % variable.step

    def solve(self) -> tuple[dict[Path, list[generators.Limit]], bool]:
        """Return the bounds of each field, and whether they ensure all that was taken in."""
        order = self._order()
        waiting = [each for each in self._inequalities if not self._is_met(each)]
        for name in order:
            low, high = self._ends_of(name)
            waiting.append(Inequality({name: Fraction(1)}, -high))
            waiting.append(Inequality({name: Fraction(-1)}, low))
        limits: dict[Path, list[generators.Limit]] = {}
        is_certain = True
        for name in reversed(order):
            uppers = [each for each in waiting if each.terms.get(name, 0) > 0]
            lowers = [each for each in waiting if each.terms.get(name, 0) < 0]
            waiting = [each for each in waiting if name not in each.terms]
            path = self._variables[name].path
            for each in (*uppers, *lowers):
                if not self._is_around(name, each):
                    is_certain = False
                elif len(each.terms) > 1 or not self._is_own_end(name, each):
                    limits.setdefault(path, []).append(self._limit(name, each))
                    is_certain = is_certain and self._is_aligned(name, each)
            for upper in uppers:
                for lower in lowers:
                    joined = _joined(name, upper, lower)
                    is_certain = is_certain and joined.unless is None
                    if joined.unless is None and not self._is_met(joined):
                        waiting.append(joined)
            waiting = _distinct(waiting)
            if len(waiting) > MOST_INEQUALITIES:
                return {}, False
        # What is left is about terms that are not drawn again.
        return limits, is_certain and not waiting

    def _order(self) -> list[str]:
        """Return the fields in the order in which they are drawn: those of coarse grids first.

        What is in an array comes after what is around it, and a field that another term is made
        of before all that may be drawn again for it.
        """
        places = {path: place for place, path in enumerate(self._fields)}
        names = [name for name in self._variables if any(name in e.terms for e in
                 self._inequalities)]  # fmt: skip
        opaque = self._made_of(
            binding.path
            for name, term in self._terms.items()
            if name not in self._variables
            for binding in term.bindings
        )
        opaque |= self._made_of(self.read_by_guards)
        free = [name for name in names if self._variables[name].path not in opaque]
        for name in set(names) - set(free):
            del self._variables[name]
        return sorted(
            free,
            key=lambda name: (
                len(self._terms[name].home),
                -self._variables[name].step,
                places[self._variables[name].path],
            ),
        )

    def _made_of(self, paths: Iterable[Path]) -> set[Path]:
        """Return the fields at or below ``paths``, and all that they are made of."""
        found: set[Path] = set()
        waiting = list(paths)
        while waiting:
            here = waiting.pop()
            for path, field in self._fields.items():
                if path[: len(here)] == here and path not in found:
                    found.add(path)
                    waiting += generators.names_of(field.leaf.generator)
        return found

    def _ends_of(self, name: str) -> tuple[Fraction, Fraction]:
        return self._variables[name].ends

    def _is_around(self, name: str, inequality: Inequality) -> bool:
        """Return whether a field can see the other terms: none of another array's elements."""
        path = self._variables[name].path
        homes = [self._terms[other].home for other in inequality.terms]
        return all(path[: len(home)] == home for home in homes)

    def _is_own_end(self, name: str, inequality: Inequality) -> bool:
        """Return whether an inequality says no more of a field than its own range does."""
        factor = inequality.terms[name]
        bound = -inequality.constant / factor
        low, high = self._ends_of(name)
        return bound >= high if factor > 0 else bound <= low

    def _is_met(self, inequality: Inequality) -> bool:
        """Return whether an inequality holds whatever its terms are."""
        most = inequality.constant
        for name, factor in inequality.terms.items():
            low, high = self._ends.get(name, UNKNOWN)
            end = high if factor > 0 else low
            if end is None:
                return False
            most += factor * end
        return most <= 0

    def _is_aligned(self, name: str, inequality: Inequality) -> bool:
        """Return whether the bound that an inequality gives a field is always on its grid."""
        variable = self._variables[name]
        factor = abs(inequality.terms[name])
        rest = (-inequality.constant / inequality.terms[name] - variable.origin) / variable.step
        for other, each in inequality.terms.items():
            if other == name:
                continue
            grain = self._grain(other) * each / factor / variable.step
            rest -= self._origin(other) * each / inequality.terms[name] / variable.step
            if grain.denominator != 1:
                return False
        return rest.denominator == 1

    def _origin(self, name: str) -> Fraction:
        variable = self._variables.get(name)
        return Fraction(0) if variable is None else variable.origin

    def _limit(self, name: str, inequality: Inequality) -> generators.Limit:
        """Return the bound of a field that an inequality gives, in terms of the others."""
        own = inequality.terms[name]
        terms = []
        for other, factor in inequality.terms.items():
            if other != name:
                share = -factor / own
                terms.append((self._terms[other], share.numerator, share.denominator))
        constant = -inequality.constant / own
        return generators.Limit(
            is_low=own < 0,
            terms=tuple(terms),
            constant=(constant.numerator, constant.denominator),
            unless=inequality.unless,
        )


def _orders(requirement: Requirement) -> Iterable[Comparison]:
    """Return the comparisons that a requirement comes to, all of which have to hold."""
    if requirement.is_outside or len(requirement.tests) != 1:
        return ()
    return requirement.tests[0].orders


def _joined(name: str, upper: Inequality, lower: Inequality) -> Inequality:
    """Return what two inequalities say together, without the term ``name``."""
    first = upper.times(1 / upper.terms[name])
    second = lower.times(-1 / lower.terms[name])
    terms = dict(first.terms)
    for other, factor in second.terms.items():
        terms[other] = terms.get(other, Fraction(0)) + factor
    kept = {other: factor for other, factor in terms.items() if factor and other != name}
    unless = first.unless or second.unless
    return Inequality(kept, first.constant + second.constant, unless)


def _distinct(inequalities: Iterable[Inequality]) -> list[Inequality]:
    """Return the strictest of those inequalities that differ in the constant alone."""
    found: dict[tuple[tuple[str, Fraction], ...], Inequality] = {}
    for each in inequalities:
        scale = 1 / max((abs(factor) for factor in each.terms.values()), default=Fraction(1))
        scaled = each.times(scale)
        key = (*sorted(scaled.terms.items()), ("", Fraction(id(each.unless or 0))))
        other = found.get(key)
        if other is None or scaled.constant > other.constant:
            found[key] = scaled
    return list(found.values())


def _gcd(first: Fraction, second: Fraction) -> Fraction:
    if not first or not second:
        return first or second
    return Fraction(
        math.gcd(first.numerator * second.denominator, second.numerator * first.denominator),
        first.denominator * second.denominator,
    )


class _Reader:
    """Reads the expression of one rule into the inequalities of a system."""

    def __init__(self, system: _System, requirement: Requirement) -> None:
        self._system = system
        self._plan = system.plan
        self._expression = requirement.expression
        self._text = requirement.text
        self._home = requirement.home
        self._variable = "this"

    def read(self) -> bool:
        """Take in what can be; return whether that is all."""
        node = self._expression
        if node is None:
            return False
        target = self._over_elements(node)
        if target is not None:
            self._home, self._variable, node = target
        if self._home and not self._has_one_form(self._home):
            return False
        return self._conjunction(node, ())

    def _over_elements(self, node: Node) -> tuple[Path, str, Node] | None:
        """Return the array, the variable and the body of a rule over the elements of one array."""
        if not isinstance(node, syntax.Comprehension) or node.kind != "all" or self._home:
            return None
        path = syntax.path_of(node.target, {})
        if path is None or path[0] != "record" or syntax.ELEMENT in path:
            return None
        return self._plan.path_of(path[1:]), node.variable, node.body

    def _has_one_form(self, home: Path) -> bool:
        found = spec.find_shapes(self._plan.shape, home)
        return all(
            not isinstance(shape, spec.ArrayShape) or len(spec.element_shapes(shape)) == 1
            for shape in found
        )

    def _conjunction(self, node: Node, unless: tuple[Node, ...]) -> bool:
        """Take in all parts that hold together; ``unless``: they need not where one is true."""
        if isinstance(node, syntax.Call) and node.function == "&&":
            parts = [self._conjunction(arg, unless) for arg in node.args]
            return all(parts)
        if isinstance(node, syntax.Call) and node.function == "||":
            return self._disjunction(node, unless)
        if isinstance(node, syntax.Has) and not unless:
            return self._is_there(node.operand)
        return self._comparison(node, unless)

    def _disjunction(self, node: syntax.Call, unless: tuple[Node, ...]) -> bool:
        """Take in ``guard || comparison``, either way round."""
        for guard, other in (node.args, node.args[::-1]):
            is_guard = not isinstance(other, syntax.Call) or other.function in _ORDERS
            if is_guard and self._form_sides(other) is not None:
                return self._conjunction(other, (*unless, guard))
        return False

    def _is_there(self, node: syntax.Select) -> bool:
        path = self._written(node)
        if path is None:
            return False
        self._system.sure.add(path)
        return True

    def _form_sides(self, node: Node) -> tuple[str, _Sum, _Sum] | None:
        if not isinstance(node, syntax.Call) or node.function not in _ORDERS:
            return None
        sides = [self._sum(arg) for arg in node.args]
        if sides[0] is None or sides[1] is None:
            return None
        return node.function, sides[0], sides[1]

    def _comparison(self, node: Node, unless: tuple[Node, ...]) -> bool:
        found = self._form_sides(node)
        if found is None:
            return False
        order, left, right = found
        guard = None
        if unless:
            guard = self._guard(unless)
            if guard is _UNREADABLE:
                return False
        else:
            self._need(node)
        self._system.compare(order, left, right, guard)
        return True

    def _need(self, node: Node) -> None:
        """Note the fields that a comparison cannot do without."""
        for part in _parts(node):
            path = self._written(part)
            if path is not None:
                self._system.sure.add(path)

    def _guard(self, unless: tuple[Node, ...]) -> generators.Expression:
        """Return the guards as one expression, without those that ask for the fields themselves."""
        texts = []
        bindings: dict[tuple[str, ...], Path] = {}
        for node in unless:
            if self._variable != "this" and self._variable in _roots(node):
                return _UNREADABLE
            text = self._text[node.start : node.end]
            for name in syntax.fields_of(node):
                path = self._bound_path(name)
                if path is None:
                    return _UNREADABLE
                bindings[name] = path
            texts.append(f"({text})")
            for path in map(self._written, _values_read(node)):
                if path is not None:
                    self._system.read_by_guards.add(path)
        return generators.Expression(
            text=" || ".join(texts),
            bindings=tuple(
                generators.Binding(name=name, path=path) for name, path in bindings.items()
            ),
            home=self._home,
            text_location=spec.NOWHERE,
        )

    def _bound_path(self, name: tuple[str, ...]) -> Path | None:
        keys = tuple(key for key in name[1:] if key != syntax.ELEMENT)
        if name[0] == "record":
            return self._plan.path_of(keys)
        return (*self._home, *keys) if name[0] == "this" and self._home else None

    def _written(self, node: Node) -> Path | None:
        """Return where the field that ``node`` names is written; None for any other node."""
        path = syntax.path_of(node, {})
        if path is None or syntax.ELEMENT in path:
            return None
        if path[0] == self._variable and self._home:
            return (*self._home, *path[1:])
        if path[0] == "record" and len(path) > 1:
            return self._plan.path_of(path[1:])
        return None

    def _sum(self, node: Node) -> _Sum | None:
        """Return ``node`` as a sum of terms and a constant; None where it has no such form."""
        path = self._written(node)
        if path is not None:
            home = self._home if path[: len(self._home)] == self._home else ()
            name = self._system.field_term(path, home)
            return None if name is None else ({name: Fraction(1)}, Fraction(0))
        if not syntax.fields_of(node):
            low, high = ends_of(node, _NO_FACTS)
            return None if low is None or low != high else ({}, low)
        if isinstance(node, syntax.Call):
            found = self._of_parts(node)
            if found is not None:
                return found
        return self._opaque(node)

    def _of_parts(self, node: syntax.Call) -> _Sum | None:
        if node.function not in {"+", "-", "neg", "*"}:
            return None
        parts = [self._sum(arg) for arg in node.args]
        first, last = parts[0], parts[-1]
        if first is None or last is None:
            return None
        if node.function == "+":
            return _added(first, last, Fraction(1))
        if node.function == "-":
            return _added(first, last, Fraction(-1))
        if node.function == "neg":
            return _added(({}, Fraction(0)), first, Fraction(-1))
        for one, other in ((first, last), (last, first)):
            if not one[0]:
                return _added(({}, Fraction(0)), other, one[1])
        return None

    def _opaque(self, node: Node) -> _Sum | None:
        """Return an expression that is no sum as one term, whose fields are drawn before."""
        if self._variable != "this" and self._variable in _roots(node):
            return None
        bindings = []
        for name in syntax.fields_of(node):
            path = self._bound_path(name)
            if path is None:
                return None
            bindings.append(generators.Binding(name=name, path=path))
        expression = generators.Expression(
            text=self._text[node.start : node.end],
            bindings=tuple(bindings),
            home=self._home,
            text_location=spec.NOWHERE,
        )
        known = self._system.opaque_ends(expression)
        if known is None:
            return None
        key = self._system.term(expression, None, known)
        return {key: Fraction(1)}, Fraction(0)


_Sum = tuple[dict[str, Fraction], Fraction]
_ORDERS: Final = frozenset({"<", "<=", ">", ">=", "=="})


def _added(first: _Sum, second: _Sum, factor: Fraction) -> _Sum:
    terms = dict(first[0])
    for name, each in second[0].items():
        terms[name] = terms.get(name, Fraction(0)) + factor * each
    return terms, first[1] + factor * second[1]


def _may_fail(node: Node, *, is_known: bool) -> bool:
    """Return whether a record may have no value for it; ``is_known``: both of its ends are."""
    for part in _parts(node):
        if isinstance(part, syntax.Index):
            return True
        if not isinstance(part, syntax.Call):
            continue
        if part.function in {"min", "max"} and len(part.args) == 1:
            return True
        if not is_known and part.function in _FAILING:
            return True
    return False


_FAILING: Final = frozenset(
    {"/", "%", "int", "decimal", "double", "date", "datetime", "timestamp", "duration"}
)
"""What has no value for some operands; where it has known ends it has one for all."""


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for below in syntax.children(node):
        yield from _parts(below)


def _values_read(node: Node) -> Iterator[Node]:
    """Yield the chains of names whose values ``node`` reads; not those that it asks for only."""
    if isinstance(node, syntax.Has):
        return
    if isinstance(node, syntax.Call) and node.function in {"==", "!="}:
        for one, other in (node.args, node.args[::-1]):
            if isinstance(other, syntax.Literal) and other.value is None:
                if not isinstance(one, syntax.Select):
                    yield from _values_read(one)
                return
    if isinstance(node, syntax.Select | syntax.Name):
        yield node
        return
    for below in syntax.children(node):
        yield from _values_read(below)


def _roots(node: Node) -> set[str]:
    return {name[0] for name in syntax.fields_of(node)}


def _text_of(name: tuple[str, ...]) -> str:
    """Return the text of a chain of keys after a root name."""
    return name[0] + "".join(f"[{_quoted(key)}]" for key in name[1:])


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class _NoFacts:
    """Facts of an expression without names."""

    def ends_at(self, path: tuple[str, ...]) -> Ends:
        del path
        return UNKNOWN

    def lengths_at(self, path: tuple[str, ...]) -> Ends:
        del path
        return UNKNOWN


_NO_FACTS: Final = _NoFacts()
_UNREADABLE: Final = generators.Expression(
    text="", bindings=(), home=(), text_location=spec.NOWHERE
)
