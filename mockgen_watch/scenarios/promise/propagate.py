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
from mockgen_watch.generate.grids import grid_of
from mockgen_watch.plan.dependents import FieldFacts
from mockgen_watch.scenarios.promise import facts
from mockgen_watch.scenarios.promise.reading import RuleReader, may_fail
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.expressions.ends import Ends
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

    ``numbers = origin + n * step`` for n from 0 to ``count - 1``. ``is_length``: it is how many
    elements the array at ``path`` has.
    """

    path: Path
    origin: Fraction
    step: Fraction
    count: int
    is_length: bool = False

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
    system = System(plan)
    taken = [each for each in requirements if system.take(each)]
    if not taken:
        return Propagated(plan=plan, open=tuple(requirements))
    limits, is_certain = system.solve()
    if not (limits.fields or limits.lengths) and not is_certain:
        return Propagated(plan=plan, open=tuple(requirements))
    bounded = _with_limits(plan, limits.fields, system)
    lengths = tuple((path, tuple(each)) for path, each in limits.lengths.items())
    bounded = replace(bounded, lengths=(*bounded.lengths, *lengths))
    still_open = requirements
    if is_certain:
        certain = {id(each) for each in taken if id(each) not in system.partly}
        still_open = [each for each in requirements if id(each) not in certain]
    return Propagated(plan=bounded, open=tuple(still_open))


class _Limits:
    """The bounds of fields, and of how many elements arrays have, by path."""

    def __init__(self) -> None:
        self.fields: dict[Path, list[generators.Limit]] = {}
        self.lengths: dict[Path, list[generators.Limit]] = {}

    def add(self, variable: Variable, limit: generators.Limit) -> None:
        """Add a bound of a variable."""
        found = self.lengths if variable.is_length else self.fields
        found.setdefault(variable.path, []).append(limit)


def _with_limits(
    plan: RecordPlan, limits: Mapping[Path, Sequence[generators.Limit]], system: System
) -> RecordPlan:
    def change(path: Path, part: spec.Shape) -> spec.Shape:
        modifiers = part.modifiers
        if path in system.sure:
            # The rule holds only where the field, and what it is in, is there.
            modifiers = replace(modifiers, null=0 * modifiers.null, omit=0 * modifiers.omit)
        elif path in system.homes and isinstance(part, spec.ObjectShape):
            modifiers = replace(modifiers, null=0 * modifiers.null)
        if modifiers != part.modifiers:
            part = replace(part, modifiers=modifiers)
        if not isinstance(part, spec.Leaf):
            return part
        generator = part.generator
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


def _sure_arrays(shape: spec.Shape, path: Path) -> Iterator[Path]:
    """Yield the paths of the arrays that every record has exactly once."""
    if shape.modifiers.null or shape.modifiers.omit or shape.modifiers.delete:
        return
    if isinstance(shape, spec.ArrayShape):
        yield path
    elif isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            yield from _sure_arrays(member.shape, (*path, member.name))


class System:
    """The inequalities of several requirements, and the fields that they are about.

    Attributes:
        sure: fields that have to be there, and objects and arrays that they are in.
        homes: objects, or elements of arrays, that a rule is on: each that is there is not null.
        read_by_guards: fields whose values decide whether an inequality has to hold.
        partly: by ``id``, requirements of which something is not in the inequalities.
    """

    def __init__(self, plan: RecordPlan) -> None:
        self.plan = plan
        self.sure: set[Path] = set()
        self.homes: set[Path] = set()
        self.partly: set[int] = set()
        self.read_by_guards: set[Path] = set()
        self._facts = FieldFacts(plan)
        self._fields = {field.path: field for field in _plain_fields(plan)}
        self._arrays = frozenset(_sure_arrays(plan.shape, ()))
        self._variables: dict[str, Variable] = {}
        self._terms: dict[str, Term] = {}
        self._ends: dict[str, Ends] = {}
        self._inequalities: list[Inequality] = []

    def take(self, requirement: Requirement) -> bool:
        """Take in what a requirement says of sums; return whether there is anything."""
        before = len(self._inequalities)
        if requirement.expression is not None:
            reader = RuleReader(self, requirement)
            if not reader.read():
                self.partly.add(id(requirement))
        else:
            for order in _orders(requirement):
                self._compare(order)
        return len(self._inequalities) > before

    def need(self, path: Path, home: Path) -> None:
        """Note a field that has to be there, wherever what is at ``home`` is."""
        above = len(home) if path[: len(home)] == home else 0
        self.sure.update(path[:size] for size in range(above + 1, len(path) + 1))

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
        """Return the name of the field written at ``path``; None if it is not a number or date."""
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
        return None if may_fail(node, is_known=None not in ends) else ends

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
            field = self._fields.get(facts.bare_path(side))
            name = self.field_term(field.path, ()) if field and field.is_sure else None
            if name is None:
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

    def length_term(self, path: Path, expression: generators.Expression) -> str | None:
        """Return the name of how many elements an array has; None where that is not drawn."""
        array = spec.find_shape(self.plan.shape, path) if path in self._arrays else None
        if not isinstance(array, spec.ArrayShape) or array.items is None or array.elements:
            return None
        if array.lows or array.highs or array.items.modifiers.omit:
            return None
        if array.minimum >= array.maximum:
            return None
        variable = Variable(
            path=path,
            origin=Fraction(array.minimum),
            step=Fraction(1),
            count=array.maximum - array.minimum + 1,
            is_length=True,
        )
        name = self.term(expression, None, variable.ends)
        self._variables[name] = variable
        return name

    def solve(self) -> tuple[_Limits, bool]:
        """Return the bounds of each field, and whether they ensure all that was added."""
        order = self._order()
        waiting = [each for each in self._inequalities if not self._is_met(each)]
        for name in order:
            low, high = self._ends_of(name)
            waiting.append(Inequality({name: Fraction(1)}, -high))
            waiting.append(Inequality({name: Fraction(-1)}, low))
        limits = _Limits()
        is_certain = True
        for name in reversed(order):
            uppers = [each for each in waiting if each.terms.get(name, 0) > 0]
            lowers = [each for each in waiting if each.terms.get(name, 0) < 0]
            waiting = [each for each in waiting if name not in each.terms]
            for each in (*uppers, *lowers):
                if not self._is_around(name, each):
                    is_certain = False
                elif len(each.terms) > 1 or not self._is_own_end(name, each):
                    limits.add(self._variables[name], self._limit(name, each))
                    is_certain = is_certain and self._is_aligned(name, each)
            for upper in uppers:
                for lower in lowers:
                    joined = _joined(name, upper, lower)
                    is_certain = is_certain and joined.unless is None
                    if joined.unless is None and not self._is_met(joined):
                        waiting.append(joined)
            waiting = _distinct(waiting)
            if len(waiting) > MOST_INEQUALITIES:
                return _Limits(), False
        # What is left is about terms that are not drawn again.
        return limits, is_certain and not waiting

    def _order(self) -> list[str]:
        """Return the fields in the order in which they are drawn: those of coarse grids first.

        The lengths of arrays come before all fields, which so leave them as they are drawn.
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
        free = [name for name in names if not self._is_read(self._variables[name], opaque)]
        for name in set(names) - set(free):
            del self._variables[name]
        return sorted(
            free,
            key=lambda name: (
                len(self._terms[name].home),
                not self._variables[name].is_length,
                -self._variables[name].step,
                self._place(self._variables[name].path, places),
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
                    for _, leaf in spec.walk_leaves(field.leaf):
                        waiting += generators.names_of(leaf.generator)
        return found

    def _is_read(self, variable: Variable, opaque: set[Path]) -> bool:
        """Return whether other terms are made of a variable, or of elements that it counts."""
        size = len(variable.path)
        if variable.is_length:
            return any(path[:size] == variable.path for path in opaque)
        return variable.path in opaque

    def _place(self, path: Path, places: Mapping[Path, int]) -> int:
        """Return where a field, or the first below an array, is among the fields."""
        return min((n for each, n in places.items() if each[: len(path)] == path), default=0)

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


def _text_of(name: tuple[str, ...]) -> str:
    """Return the text of a chain of keys after a root name."""
    return name[0] + "".join(f"[{_quoted(key)}]" for key in name[1:])


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
