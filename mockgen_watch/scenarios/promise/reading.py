"""Reading: a rule's expression is taken apart into comparisons of sums of fields.

A conjunction is each of its parts; ``guard || comparison`` is a comparison that need not hold where
the guard is true; what is no sum counts as one term.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, Protocol

from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.ends import UNKNOWN, ends_of
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.expressions.ends import Ends
    from mockgen_watch.expressions.syntax import Node
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.promise.requirements import Requirement


class Inequalities(Protocol):
    """What takes in the comparisons of a rule.

    Attributes:
        homes: objects, or elements of arrays, that a rule is on: each that is there is not null.
        read_by_guards: fields whose values decide whether a comparison has to hold.
    """

    plan: RecordPlan
    homes: set[Path]
    read_by_guards: set[Path]

    def need(self, path: Path, home: Path) -> None:
        """Note a field that has to be there, wherever what is at ``home`` is."""
        ...

    def term(self, term: generators.Expression, path: Path | None, ends: Ends) -> str:
        """Return the name of a term; ``path`` is that of the field that it is."""
        ...

    def field_term(self, path: Path, home: Path) -> str | None:
        """Return the name of the field written at ``path``; None if it is not a number or date."""
        ...

    def length_term(self, path: Path, expression: generators.Expression) -> str | None:
        """Return the name of how many elements an array has; None where that is not drawn."""
        ...

    def opaque_ends(self, expression: generators.Expression) -> Ends | None:
        """Return the ends of an expression that counts something; None for any other."""
        ...

    def compare(
        self,
        order: str,
        left: tuple[Mapping[str, Fraction], Fraction],
        right: tuple[Mapping[str, Fraction], Fraction],
        unless: generators.Expression | None,
    ) -> None:
        """Take in ``left order right``, both sums of terms and a constant."""
        ...


class RuleReader:
    """Reads the expression of one rule into the inequalities of a system."""

    def __init__(self, system: Inequalities, requirement: Requirement) -> None:
        self._system = system
        self._plan = system.plan
        self._expression = requirement.expression
        self._text = requirement.text
        self._home = requirement.home
        self._variable = "this"
        self._is_partial = False

    def read(self) -> bool:
        """Take in what can be; return whether that is all."""
        node = self._expression
        if node is None:
            return False
        target = self._over_elements(node)
        if target is not None:
            self._home, self._variable, node = target
            self._system.need(self._home, ())
        elif self._home:
            self._system.homes.add(self._home)
        if self._home and not self._has_one_form(self._home):
            return False
        return self._conjunction(node, ()) and not self._is_partial

    def _over_elements(self, node: Node) -> tuple[Path, str, Node] | None:
        """Return the array, the variable and the body of a rule over the elements of one array."""
        if not isinstance(node, syntax.Comprehension) or node.kind != "all" or self._home:
            return None
        path = syntax.path_of(node.target, {})
        if path is None or path[0] != "record" or syntax.ELEMENT in path:
            return None
        return self._plan.path_of(path[1:]), node.variable, node.body

    def _may_be_lacking(self, path: Path) -> bool:
        """Return whether elements of an array on the way to ``path`` may lack it, or be null."""
        shapes = [
            shape
            for size in range(1, len(path) + 1)
            for shape in spec.find_shapes(self._plan.shape, path[:size])
        ]
        elements = [
            each
            for shape in shapes
            if isinstance(shape, spec.ArrayShape)
            for each in spec.element_shapes(shape)
        ]
        others = [shape for shape in shapes if not isinstance(shape, spec.ArrayShape)]
        return any(each.modifiers.null or each.modifiers.omit for each in (*elements, *others))

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
        self._system.need(path, self._home)
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
                self._system.need(path, self._home)

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
            # What an element lacks is an error, which no bound prevents.
            self._is_partial |= syntax.ELEMENT in name and self._may_be_lacking(path)
            bindings.append(generators.Binding(name=name, path=path))
        expression = generators.Expression(
            text=self._text[node.start : node.end],
            bindings=tuple(bindings),
            home=self._home,
            text_location=spec.NOWHERE,
        )
        length = self._length(node, expression)
        if length is not None:
            return {length: Fraction(1)}, Fraction(0)
        known = self._system.opaque_ends(expression)
        if known is None:
            return None
        key = self._system.term(expression, None, known)
        return {key: Fraction(1)}, Fraction(0)

    def _length(self, node: Node, expression: generators.Expression) -> str | None:
        """Return the name of the length of an array of the record; None for any other node."""
        is_size = isinstance(node, syntax.Call) and node.function == "size" and len(node.args) == 1
        if not is_size or not isinstance(node, syntax.Call):
            return None
        path = syntax.path_of(node.args[0], {})
        if path is None or path[0] != "record" or syntax.ELEMENT in path:
            return None
        return self._system.length_term(self._plan.path_of(path[1:]), replace(expression, home=()))


_Sum = tuple[dict[str, Fraction], Fraction]
_ORDERS: Final = frozenset({"<", "<=", ">", ">=", "=="})


def _added(first: _Sum, second: _Sum, factor: Fraction) -> _Sum:
    terms = dict(first[0])
    for name, each in second[0].items():
        terms[name] = terms.get(name, Fraction(0)) + factor * each
    return terms, first[1] + factor * second[1]


def may_fail(node: Node, *, is_known: bool) -> bool:
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
