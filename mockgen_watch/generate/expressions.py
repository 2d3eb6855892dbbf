"""Expressions compiled to quantities, so that many records are computed in whole numbers."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.ends import ends_of
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import (
    DAY,
    Duration,
    read_datetime,
    read_duration,
    seconds_of,
)
from mockgen_watch.generate.dates import add_months
from mockgen_watch.generate.operators import (
    COMBINED,
    aligned,
    divides,
    flipped,
    is_there,
    multiply,
    of_arguments,
    product_ends,
    same_texts,
    streams_of,
    truth,
    units_between,
)
from mockgen_watch.generate.quantities import (
    FOLDS,
    MOST,
    Constant,
    Elements,
    Extreme,
    Fold,
    NotAQuantityError,
    Quantity,
    Ratio,
    Scope,
    Texts,
    rounded,
    scaled,
)
from mockgen_watch.generate.streams import Derived, Joined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.expressions.checking import Checked
    from mockgen_watch.expressions.ends import Ends, Facts
    from mockgen_watch.expressions.syntax import Node, Scalar, Variables
    from mockgen_watch.generate.address import Stream


def compile_quantity(checked: Checked, facts: Facts, scope: Scope) -> Quantity | Ratio:
    """Return the quantity that an expression is, or the quotient that is to be rounded.

    Raises:
        NotAQuantityError: it has none.
    """
    found = _Compiled(checked.types, facts).of(checked.node, {}, scope)
    if isinstance(found, Texts):
        raise NotAQuantityError("text is evaluated record by record")
    return found


class _Compiled:
    """Compiles the nodes of one expression; ``types`` are those of its nodes, by their ``id``."""

    def __init__(self, types: Mapping[int, Type], facts: Facts) -> None:
        self._types = types
        self._facts = facts

    def of(self, node: Node, variables: Variables, scope: Scope) -> Quantity | Ratio | Texts:
        """Return what ``node`` is."""
        if isinstance(node, syntax.Literal):
            return _literal(node.value)
        path = syntax.path_of(node, variables)
        if path and not isinstance(node, syntax.Comprehension | syntax.Index):
            return scope.field(path)
        if isinstance(node, syntax.Has):
            below = syntax.path_of(node.operand, variables)
            if not below:
                raise NotAQuantityError("has() of something that is not a field")
            return is_there(scope.presence(below))
        if isinstance(node, syntax.Comprehension) and node.kind in FOLDS:
            return self._folded(node, node.kind, variables, scope)
        if not isinstance(node, syntax.Call):
            raise NotAQuantityError("a list is evaluated record by record")
        return self._call(node, variables, scope)

    def _quantity(self, node: Node, variables: Variables, scope: Scope) -> Quantity:
        found = self.of(node, variables, scope)
        if isinstance(found, Quantity):
            return found
        what = "a quotient without end" if isinstance(found, Ratio) else "text"
        raise NotAQuantityError(f"{what} is evaluated record by record")

    def _call(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | Texts:
        found = self._special(node, variables, scope)
        if found is not None:
            return found
        name = node.function
        args = [self._quantity(arg, variables, scope) for arg in node.args]
        combine = COMBINED.get(name)
        if combine is None:
            raise NotAQuantityError(f"{name} is evaluated record by record")
        quantity = combine(self._sized(node, variables), args, node)
        if max(-quantity.low, quantity.high) >= MOST:
            raise NotAQuantityError("a number of more than 18 digits")
        return quantity

    def _special(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | None:
        """Return what is not made of the quantities of its operands; None for any other call."""
        name = node.function
        one_list = len(node.args) == 1 and self._types[id(node.args[0])].kind is Kind.LIST
        if name in {"sum", "size", "min", "max"} and one_list:
            return self._folded(node.args[0], name, variables, scope)
        if name in {"date", "datetime", "timestamp", "duration"}:
            return _constant(node)
        if name == "in":
            return self._contained(node, variables, scope)
        if name in {"==", "!="}:
            return self._equal(node, variables, scope)
        if name in {"+", "-"}:
            return self._later(node, variables, scope)
        if name in {"/", "*", "round"}:
            return self._ratio(node, variables, scope)
        return None

    def _later(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity | None:
        """Return a moment that was moved by calendar months; None for any other sum."""
        for moment, other in (node.args, node.args[::-1]):
            length = _written_duration(other)
            if length is not None and length.months:
                sign = -1 if node.function == "-" else 1
                start = self._quantity(moment, variables, scope)
                later = Duration(sign * length.months, sign * length.seconds)
                change = partial(_months_later, by=later)
                low, high = units_between(self._sized(node, variables), 0)
                whole = length.seconds % DAY == 0
                kind = start.kind if whole else Kind.DATETIME
                stream = Derived(start.stream, change, MOST)
                return Quantity(kind=kind, stream=stream, low=max(low, 0), high=high)
        return None

    def _ratio(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | None:
        """Return a quotient without end, or what is made of one; None where there is none."""
        parts = [self.of(arg, variables, scope) for arg in node.args]
        first, last = parts[0], parts[-1]
        if node.function == "round" and isinstance(first, Ratio):
            places = node.args[1] if len(node.args) > 1 else None
            if places is None:
                return replace(rounded(first, 0), kind=Kind.INTEGER)
            if isinstance(places, syntax.Literal) and isinstance(places.value, int):
                return rounded(first, max(0, places.value))
        if node.function == "*":
            for one, other in ((first, last), (last, first)):
                if isinstance(one, Ratio) and isinstance(other, Quantity):
                    ends = product_ends(one.above, other)
                    return replace(one, above=multiply(ends, [one.above, other], node))
        if node.function != "/":
            return None
        return _quotient_of(first, last)

    def _sized(self, node: Node, variables: Variables) -> Ends:
        return ends_of(node, self._facts, variables)

    def _equal(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity:
        left, right = node.args
        is_not = node.function == "!="
        for one, other in ((left, right), (right, left)):
            if isinstance(other, syntax.Literal) and other.value is None:
                path = syntax.path_of(one, variables)
                if not path:
                    raise NotAQuantityError("null is evaluated record by record")
                there = is_there(scope.presence(path))
                return there if is_not else flipped(there)
        sides = [self.of(arg, variables, scope) for arg in node.args]
        numbers = [side for side in sides if isinstance(side, Quantity)]
        texts = [side for side in sides if isinstance(side, Texts)]
        if len(texts) == len(sides):
            found = same_texts(texts)
        elif len(numbers) < len(sides):
            raise NotAQuantityError("values of several kinds")
        else:
            same = aligned(numbers)
            found = truth(Joined(lambda one, other: (one == other) * 1, 2, *streams_of(same)))
        return flipped(found) if is_not else found

    def _contained(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity:
        listed = node.args[1]
        if not isinstance(listed, syntax.ListLiteral) or not listed.items:
            raise NotAQuantityError("a list is evaluated record by record")
        each = [
            self._equal(
                syntax.Call(function="==", args=(node.args[0], item), start=0, end=0),
                variables,
                scope,
            )
            for item in listed.items
        ]
        return truth(Extreme(streams_of(each), is_least=False))

    def _folded(self, node: Node, how: str, variables: Variables, scope: Scope) -> Quantity:
        """Return what the elements of a list come to; ``node`` is the list, or the whole macro."""
        if isinstance(node, syntax.ListLiteral):
            args = aligned([self._quantity(item, variables, scope) for item in node.items])
            return of_arguments(how, args)
        elements, kind, decimals = self._elements(node, how, variables, scope)
        if how in {"all", "exists", "exists_one"}:
            stream: Stream = Fold(elements, how)
            if how == "exists_one":
                stream = Derived(stream, lambda number: (number == 1) * 1, 2)
            return truth(stream)
        if how == "size":
            count = len(elements.items)
            return Quantity(kind=Kind.INTEGER, stream=Fold(elements, how), low=0, high=count)
        lows = [item.low for item in elements.items if item is not None]
        highs = [item.high for item in elements.items if item is not None]
        low, high = min(lows, default=0), max(highs, default=0)
        if how == "sum":
            count = len(elements.items)
            low, high = min(0, low * count), max(0, high * count)
        if max(-low, high) >= MOST:
            raise NotAQuantityError("a number of more than 18 digits")
        return Quantity(
            kind=kind, stream=Fold(elements, how), low=low, high=high, decimals=decimals
        )

    def _elements(
        self, node: Node, how: str, variables: Variables, scope: Scope
    ) -> tuple[Elements, Kind, int]:
        """Return a list with its items, and their kind and decimals."""
        target, body, conditions = _taken_apart(node)
        path = syntax.path_of(target, variables)
        if not path:
            raise NotAQuantityError("a list of lists is evaluated record by record")
        around = [*variables.values()]
        if scope.depth and any(name[0] == "this" for name in syntax.fields_of(node)):
            around.append(("this",))
        if any(path[: len(outer)] != outer for outer in around):
            # A scope is at one place: it cannot see two elements that are beside each other.
            raise NotAQuantityError("elements beside elements are evaluated record by record")
        elements, scopes = scope.elements(path)
        items: list[Quantity | None] = []
        wanted: list[Stream | None] = []
        compiled: dict[int, tuple[Quantity | None, Stream | None]] = {}
        for inner in scopes:
            if id(inner) not in compiled:
                compiled[id(inner)] = self._item(path, body, conditions, how, variables, inner)
            items.append(compiled[id(inner)][0])
            wanted.append(compiled[id(inner)][1])
        there = [item for item in items if item is not None]
        decimals = max((item.decimals for item in there), default=0)
        items = [None if item is None else scaled(item, decimals) for item in items]
        kind = there[0].kind if there else Kind.INTEGER
        both = zip(wanted, elements.wanted, strict=True)
        return (
            replace(elements, items=tuple(items), wanted=tuple(_every(*pair) for pair in both)),
            kind,
            decimals,
        )

    def _item(
        self,
        path: tuple[str, ...],
        body: tuple[str, Node] | None,
        conditions: Sequence[tuple[str, Node]],
        how: str,
        variables: Variables,
        scope: Scope,
    ) -> tuple[Quantity | None, Stream | None]:
        element = (*path, syntax.ELEMENT)
        wanted: Stream | None = None
        for variable, condition in conditions:
            inner = {**variables, variable: element}
            wanted = _every(wanted, self._quantity(condition, inner, scope).stream)
        if how == "size":
            return None, wanted
        if body is None:
            found = scope.field(element)
            if not isinstance(found, Quantity):
                raise NotAQuantityError("text is evaluated record by record")
            return found, wanted
        return self._quantity(body[1], {**variables, body[0]: element}, scope), wanted


def _taken_apart(
    node: Node,
) -> tuple[Node, tuple[str, Node] | None, list[tuple[str, Node]]]:
    """Return the array of a list, what is made of each element, and the conditions on these.

    A variable comes before each node that it is bound in.
    """
    body: tuple[str, Node] | None = None
    conditions: list[tuple[str, Node]] = []
    while isinstance(node, syntax.Comprehension):
        if node.kind == "filter":
            conditions.append((node.variable, node.body))
        elif body is None:
            body = (node.variable, node.body)
            if node.condition is not None:
                conditions.append((node.variable, node.condition))
        else:
            raise NotAQuantityError("a list of a list is evaluated record by record")
        node = node.target
    return node, body, conditions


def _every(first: Stream | None, second: Stream | None) -> Stream | None:
    if first is None or second is None:
        return second if first is None else first
    return Joined(lambda one, other: one * other, 2, first, second)


def _literal(value: Scalar) -> Quantity | Texts:
    if isinstance(value, str):
        return Texts(table=(value,), stream=None)
    if isinstance(value, bool):
        return truth(Constant(int(value)))
    if value is None:
        raise NotAQuantityError("null is evaluated record by record")
    number = Decimal(value)
    decimals = max(0, -int(number.as_tuple().exponent))
    units = int(number.scaleb(decimals))
    kind = Kind.DECIMAL if decimals else Kind.INTEGER
    if abs(units) >= MOST:
        raise NotAQuantityError("a number of more than 18 digits")
    return Quantity(kind=kind, stream=Constant(units), low=units, high=units, decimals=decimals)


def _constant(node: syntax.Call) -> Quantity | None:
    """Return a date or duration that is written out; None for any other call."""
    text = node.args[0].value if isinstance(node.args[0], syntax.Literal) else None
    if not isinstance(text, str):
        return None
    if node.function == "duration":
        length = read_duration(text)
        if length is None or length.months:
            raise NotAQuantityError("calendar months have no fixed length")
        units, kind = length.seconds, Kind.DURATION
    else:
        moment = read_datetime(text)
        if moment is None:
            return None
        units, kind = seconds_of(moment), Kind.DATETIME
        if node.function == "date":
            units, kind = units // DAY * DAY, Kind.DATE
    return Quantity(kind=kind, stream=Constant(units), low=units, high=units)


def _quotient_of(first: Quantity | Ratio | Texts, last: Quantity | Ratio | Texts) -> Ratio | None:
    """Return a quotient without end; None for one that is a quantity."""
    if not isinstance(first, Quantity) or not isinstance(last, Quantity):
        return None
    if divides(first, last):
        return None
    if last.low <= 0 <= last.high:
        raise NotAQuantityError("the divisor may be 0")
    return Ratio(above=first, below=last)


def _months_later(moment: Any, by: Duration) -> Any:
    return add_months(moment, by.months, by.seconds)


def _written_duration(node: Node) -> Duration | None:
    """Return the duration that is written out; None for any other node."""
    if isinstance(node, syntax.Call) and node.function == "duration":
        text = node.args[0]
        if isinstance(text, syntax.Literal) and isinstance(text.value, str):
            return read_duration(text.value)
    return None
