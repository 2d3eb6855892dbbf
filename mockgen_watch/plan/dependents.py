"""Dependents: values and bounds that other fields of the record give; their types and their ends.

``FieldFacts`` answers what the fields of a plan can be. ``resolve_dependents`` checks every
expression of a plan with it, and gives each bounded field the least and the greatest that it can
be: an expression of the wrong type, or a range that can be empty, is refused before any record is
made.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.expressions import types
from mockgen_watch.expressions.checking import Checked, check
from mockgen_watch.expressions.ends import UNKNOWN, Ends, ends_of
from mockgen_watch.expressions.linear import difference_ends
from mockgen_watch.expressions.problems import diagnose
from mockgen_watch.expressions.syntax import ELEMENT, ExpressionError, parse
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import DAY, is_number
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.moments import ISO_FORMATS
from mockgen_watch.spec.types import common, type_of_generator, type_of_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

    Limited = generators.Number | generators.Moment


class FieldFacts:
    """What the fields of a plan can be: their types, and their ends as ``expressions.ends`` has it.

    The leaves of a plan name each other in no circle.
    """

    def __init__(self, plan: RecordPlan) -> None:
        self.plan = plan
        self._types: dict[int, Type] = {}
        self._ends: dict[int, Ends] = {}
        self._checked: dict[int, Checked] = {}
        self._loose: dict[int, Checked] = {}
        self._parents: dict[int, FieldFacts] = {}

    def checked(self, expression: generators.Expression) -> Checked:
        """Return an expression of the plan with its types.

        Raises:
            ExpressionError: it is wrong.
        """
        found = self._checked.get(id(expression))
        if found is None:
            found = check(parse(expression.text), self._names(expression), is_value=True)
            self._checked[id(expression)] = found
        return found

    def checked_loosely(self, expression: generators.Expression) -> Checked:
        """Return an expression with its types, whose fields may be null or absent.

        Raises:
            ExpressionError: it is wrong.
        """
        found = self._loose.get(id(expression))
        if found is None:
            found = check(parse(expression.text), self._names(expression))
            self._loose[id(expression)] = found
        return found

    def ends_of(self, expression: generators.Expression) -> Ends:
        """Return the ends of an expression's value."""
        return ends_of(self.checked(expression).node, _Bound(self, expression))

    def facts_for(self, expression: generators.Expression) -> _Bound:
        """Return what is known of the names of an expression."""
        return _Bound(self, expression)

    def type_of(self, leaf: spec.Leaf) -> Type:
        """Return the type of a leaf's values, its presence aside."""
        if id(leaf) not in self._types:
            self._types[id(leaf)] = self._type_of(leaf)
        return self._types[id(leaf)]

    def leaf_ends(self, leaf: spec.Leaf) -> Ends:
        """Return the ends of a leaf's values."""
        if id(leaf) not in self._ends:
            self._ends[id(leaf)] = self._leaf_ends(leaf)
        return self._ends[id(leaf)]

    def type_at(self, path: spec.KeyPath) -> Type:
        """Return the type of what is written at ``path``."""
        shapes = spec.find_shapes(self.plan.shape, path)
        return common(type_of_shape(shape, self.type_of) for shape in shapes)

    def moment_of(self, leaf: spec.Leaf) -> generators.Moment | None:
        """Return the moment that a leaf shows: its own, computed, or another field's; else None."""
        generator = leaf.generator
        if isinstance(generator, generators.Moment):
            return generator
        if isinstance(generator, generators.Progression):
            return generator.shown()
        if isinstance(generator, generators.Computed):
            return self._computed_moment(generator)
        for facts, other in self._followed(generator):
            return facts.moment_of(other)
        moments = [
            self.moment_of(each)
            for each in spec.alternatives_of(leaf)
            if isinstance(each, spec.Leaf)
        ]
        return next((each for each in moments if each is not None), None)

    def _computed_moment(self, computed: generators.Computed) -> generators.Moment | None:
        own = self._computed_type(computed).kind
        kind = next((each for each, of_type in _MOMENT_KINDS.items() if of_type is own), None)
        if kind is None:
            return None
        return generators.Moment(
            kind=kind,
            first=0,
            last=generators.LAST_MOMENTS[kind],
            step=1,
            format=computed.format or ISO_FORMATS[kind],
        )

    def _names(self, expression: generators.Expression) -> dict[str, Type]:
        def fields_at(path: spec.KeyPath) -> Type | None:
            shape = spec.find_shape(self.plan.shape, path)
            return None if shape is None else type_of_shape(shape, self._lazy)

        slot = fields_at(self.plan.slot)
        fields = dict(slot.fields or {}) if slot is not None else {}
        for binding in expression.bindings:
            if binding.name[:1] == ("record",):
                _add_field(fields, binding.name[1:], self, binding.path)
        names = {"record": Type(kind=Kind.OBJECT, fields=fields)}
        home = fields_at(expression.home)
        if home is not None:
            here = types.present(home)
            here = here.item or here if here.kind is Kind.LIST else here
            if here.kind is not Kind.OBJECT:
                here = self._object_at(expression.home) or here
            own = dict(here.fields or {})
            for binding in expression.bindings:
                if binding.name[:1] == ("this",):
                    _add_field(own, binding.name[1:], self, binding.path)
            names["this"] = replace(here, fields=own) if here.kind is Kind.OBJECT else here
        return names

    def _object_at(self, home: spec.KeyPath) -> Type | None:
        """Return the type of the objects among alternatives, which may be no objects, too."""
        for path in (home, (*home, ELEMENT)):
            objects = list(spec.objects_at(self.plan.shape, path))
            if objects:
                return types.present(common(type_of_shape(each, self._lazy) for each in objects))
        return None

    def _lazy(self, leaf: spec.Leaf) -> Type:
        """Return the type of a leaf; of computed ones only a guess, which bindings replace."""
        if isinstance(leaf.generator, generators.Computed | generators.FieldValue):
            return types.ANY
        return self.type_of(leaf)

    def _type_of(self, leaf: spec.Leaf) -> Type:
        generator = leaf.generator
        if leaf.coerce_number:
            return types.ANY
        if isinstance(generator, generators.Alternatives):
            return self._alternatives_type(generator, spec.alternatives_of(leaf))
        if isinstance(generator, generators.Computed):
            return self._computed_type(generator)
        found = type_of_generator(generator)
        if found is not None:
            return found
        if isinstance(generator, generators.FieldValue):
            return self.type_at(generator.path)
        found = common(facts.type_of(other) for facts, other in self._followed(generator))
        is_root = isinstance(generator, generators.Reference) and bool(generator.roots)
        return replace(found, is_nullable=True) if is_root else found

    def _alternatives_type(
        self, generator: generators.Alternatives, shapes: Sequence[spec.Shape]
    ) -> Type:
        each = [type_of_shape(one, self._lazy) for one in shapes]
        found = common(each)
        is_open = bool(generator.given) and all(
            one.case is not None for one in generator.alternatives
        )
        return replace(found, is_optional=True) if is_open else found

    def _computed_type(self, computed: generators.Computed) -> Type:
        try:
            found = self.checked(computed.expression).type
        except ExpressionError:
            return types.ANY
        if found.is_number and computed.decimals is not None:
            return replace(types.number(computed.decimals), is_nullable=found.is_nullable)
        return found

    def _leaf_ends(self, leaf: spec.Leaf) -> Ends:
        generator = leaf.generator
        if isinstance(generator, generators.Number):
            low, high = generator.minimum, generator.maximum
            return None if low is None else Fraction(low), None if high is None else Fraction(high)
        if isinstance(generator, generators.Moment):
            size = DAY if generator.kind is generators.MomentKind.DATE else 1
            return Fraction(generator.first * size), Fraction(generator.last * size)
        if isinstance(generator, generators.RecordIndex):
            return _run(generator.start, 1)
        if isinstance(generator, generators.Progression):
            return self._progression_ends(generator)
        if isinstance(generator, generators.Alternatives):
            inner = spec.alternatives_of(leaf)
            return _hull([self.leaf_ends(one) for one in inner if isinstance(one, spec.Leaf)
                          and one.generator != generators.Constant(value=None)])  # fmt: skip
        return self._other_ends(generator)

    def _other_ends(self, generator: generators.Generator) -> Ends:
        """Return the ends of what is counted, computed or taken from elsewhere."""
        if isinstance(generator, generators.SequenceNumber):
            return _run(generator.start, generator.step)
        if isinstance(generator, generators.Computed):
            return self._computed_ends(generator)
        values = _values_of(generator)
        if values is not None:
            numbers = [Fraction(value) for value in values if is_number(value)]
            return (min(numbers), max(numbers)) if numbers else UNKNOWN
        return _hull([facts.leaf_ends(other) for facts, other in self._followed(generator)])

    def _progression_ends(self, generator: generators.Progression) -> Ends:
        shown = generator.shown()
        if shown is None:
            scale = 10**generator.decimals
            low, high = _run(generator.start, generator.step)
            return low / scale, (high + generator.jitter) / scale
        size = DAY if generator.moment is generators.MomentKind.DATE else 1
        return Fraction(shown.first * size), Fraction(shown.last * size)

    def _computed_ends(self, computed: generators.Computed) -> Ends:
        try:
            low, high = self.ends_of(computed.expression)
        except ExpressionError:
            return UNKNOWN
        if computed.decimals is None or not self._computed_type(computed).is_number:
            return low, high
        scale = 10**computed.decimals
        return (
            None if low is None else Fraction(round(low * scale), scale),
            None if high is None else Fraction(round(high * scale), scale),
        )

    def _followed(self, generator: generators.Generator) -> Iterator[tuple[FieldFacts, spec.Leaf]]:
        """Yield the leaves whose values a reference or a ``$field`` takes."""
        if isinstance(generator, generators.FieldValue):
            for shape in spec.find_shapes(self.plan.shape, generator.path):
                if isinstance(shape, spec.Leaf):
                    yield self, shape
        elif isinstance(generator, generators.Reference):
            parent = next((plan for other, plan in self.plan.parents if other == generator), None)
            if parent is None or parent.is_broken or parent.stated:
                return
            facts = self._parents.setdefault(id(parent), FieldFacts(parent))
            leaf = spec.find_shape(parent.shape, generator.path)
            if isinstance(leaf, spec.Leaf):
                yield facts, leaf


class _Bound(Struct, frozen=True, eq=False):
    """The names of one expression, as ``expressions.ends.Facts`` asks for them."""

    facts: FieldFacts
    expression: generators.Expression

    def ends_at(self, path: tuple[str, ...]) -> Ends:
        leaves = [shape for shape in self._shapes(path) if isinstance(shape, spec.Leaf)]
        return _hull([self.facts.leaf_ends(leaf) for leaf in leaves])

    def lengths_at(self, path: tuple[str, ...]) -> Ends:
        arrays = [shape for shape in self._shapes(path) if isinstance(shape, spec.ArrayShape)]
        return _hull([_lengths(array) for array in arrays])

    def path_of(self, name: tuple[str, ...]) -> spec.KeyPath | None:
        """Return where the field of a name is written; None where the expression has it not."""
        bare = tuple(key for key in name if key != ELEMENT)
        for binding in self.expression.bindings:
            own = tuple(key for key in binding.name if key != ELEMENT)
            if bare[: len(own)] == own:
                return (*binding.path, *bare[len(own) :])
            if own[: len(bare)] == bare:
                # An array or object of which the expression names what is in it.
                return binding.path[: len(binding.path) - (len(own) - len(bare))]
        return None

    def _shapes(self, name: tuple[str, ...]) -> tuple[spec.Shape, ...]:
        path = self.path_of(name)
        found = () if path is None else spec.find_shapes(self.facts.plan.shape, path)
        if name[-1] != ELEMENT:
            return found
        return tuple(
            element
            for shape in found
            if isinstance(shape, spec.ArrayShape)
            for element in spec.element_shapes(shape)
        )


def _add_field(
    fields: dict[str, Type], keys: tuple[str, ...], facts: FieldFacts, path: spec.KeyPath
) -> None:
    """Add the type of the field that a binding names; one that is nowhere stays unknown."""
    shapes = spec.find_shapes(facts.plan.shape, path)
    if not shapes or not keys:
        return
    key, rest = keys[0], keys[1:]
    if not rest:
        fields[key] = facts.type_at(path)
        return
    inner = fields.get(key)
    if rest[0] == ELEMENT:
        item = inner.item if inner is not None and inner.item is not None else types.ANY
        if len(rest) == 1:
            return
        below = dict(item.fields or {})
        _add_field(below, rest[1:], facts, path)
        if inner is not None and inner.kind is Kind.LIST:
            fields[key] = replace(inner, item=replace(item, kind=Kind.OBJECT, fields=below))
        return
    below = dict(inner.fields or {}) if inner is not None else {}
    _add_field(below, rest, facts, path)
    home = inner if inner is not None else Type(kind=Kind.OBJECT)
    if home.kind is Kind.OBJECT:
        fields[key] = replace(home, fields=below)


_FARTHEST_RECORD: Final = 10**12
"""No record has a higher index where a sequence takes part in a computed value."""


def _run(start: int, step: int) -> tuple[Fraction, Fraction]:
    """Return the ends of what goes on from record to record."""
    ends = sorted((start, start + step * _FARTHEST_RECORD))
    return Fraction(ends[0]), Fraction(ends[1])


def _values_of(generator: generators.Generator) -> Sequence[Json] | None:
    if isinstance(generator, generators.Constant):
        return [generator.value]
    if isinstance(generator, generators.Pool):
        return [entry.value for entry in generator.entries if entry.weight]
    if isinstance(generator, generators.RowField):
        rows = [entry.value for entry in generator.rows.entries if entry.weight]
        return [row.get(generator.key) for row in rows if isinstance(row, dict)]
    return None


def _lengths(array: spec.ArrayShape) -> Ends:
    fixed = len(array.elements)
    if array.items is None:
        return Fraction(fixed), Fraction(fixed)
    return Fraction(fixed + array.minimum), Fraction(fixed + array.maximum)


def _hull(parts: Sequence[Ends]) -> Ends:
    if not parts:
        return UNKNOWN
    lows, highs = [low for low, _ in parts], [high for _, high in parts]
    return (
        None if None in lows else min(each for each in lows if each is not None),
        None if None in highs else max(each for each in highs if each is not None),
    )


def resolve_dependents(plan: RecordPlan) -> tuple[RecordPlan, list[Diagnostic]]:
    """Return ``plan`` with the ends of each bounded field, and what is wrong with expressions."""
    if not any(_depends(shape) for shape in _parts(plan.shape)):
        return plan, []
    resolver = _Resolver(plan)
    return resolver.resolved(), resolver.found


def _parts(shape: spec.Shape) -> Iterator[spec.Shape]:
    yield shape
    if isinstance(shape, spec.Leaf):
        for each in spec.alternatives_of(shape):
            yield from _parts(each)
    elif isinstance(shape, spec.ObjectShape):
        for member in shape.members:
            yield from _parts(member.shape)
    elif isinstance(shape, spec.ArrayShape):
        for element in spec.element_shapes(shape):
            yield from _parts(element)


def _depends(shape: spec.Shape) -> bool:
    if isinstance(shape, spec.Leaf):
        return bool(generators.expressions_of(shape.generator))
    return isinstance(shape, spec.ArrayShape) and bool(shape.lows or shape.highs)


_MOST_ROUNDS: Final = 100


class _Resolver:
    """Gives bounded fields their ends, those first that others are bounded by."""

    def __init__(self, plan: RecordPlan) -> None:
        self.found: list[Diagnostic] = []
        self._plan = plan
        self._facts = FieldFacts(plan)

    def resolved(self) -> RecordPlan:
        for part in _parts(self._plan.shape):
            if isinstance(part, spec.Leaf) and isinstance(part.generator, generators.Computed):
                self._check_computed(part)
        if self.found:
            return self._plan
        # A field's ends follow from those of the fields that bound it: as many rounds as the
        # longest chain of bounds.
        for _ in range(_MOST_ROUNDS):
            shape = self._change(self._plan.shape)
            if shape is self._plan.shape or self.found:
                break
            self._plan = replace(self._plan, shape=shape)
            self._facts = FieldFacts(self._plan)
        if not self.found:
            for part in _parts(self._plan.shape):
                self._check_range(part)
        return self._plan

    def _change(self, shape: spec.ObjectShape) -> spec.ObjectShape:
        def changed(part: spec.Shape) -> spec.Shape:
            if isinstance(part, spec.Leaf):
                return self._leaf(spec.change_alternatives(part, changed))
            part = spec.change_children(part, changed)
            return self._array(part) if isinstance(part, spec.ArrayShape) else part

        whole = changed(shape)
        return whole if isinstance(whole, spec.ObjectShape) else shape

    def _check_computed(self, leaf: spec.Leaf) -> None:
        computed = leaf.generator
        if not isinstance(computed, generators.Computed):
            return
        found = self._type(computed.expression, "$cel")
        if found is None:
            return
        if found.kind in {Kind.LIST, Kind.OBJECT}:
            self._error(computed.expression, f"$cel: this is {found.kind}, not a single value")
        elif found.is_number and found.decimals is None and computed.decimals is None:
            self._error(
                computed.expression,
                "$cel: the number of decimals is unknown",
                "add decimals: 2 beside $cel, or use round(…, 2)",
                code="MG205",
            )
        elif found.kind is Kind.DURATION:
            hint = "convert it to a number with days(…) or seconds(…)"
            self._error(computed.expression, "$cel: a duration cannot be written", hint)

    def _type(self, expression: generators.Expression, what: str) -> Type | None:
        try:
            return self._facts.checked(expression).type
        except ExpressionError as error:
            place = expression.text_location
            self.found.append(diagnose(error, expression.text, place, what))
            return None

    def _error(
        self, expression: generators.Expression, message: str, hint: str = "", code: str = "MG402"
    ) -> None:
        place = expression.text_location
        self.found.append(Diagnostic(code=code, message=message, location=place, hint=hint))

    def _limit_type(self, expression: generators.Expression, wanted: Kind) -> bool:
        found = self._type(expression, "a bound")
        if found is None:
            return False
        if found.is_nullable or found.is_optional:
            state = "null" if found.is_nullable else "absent"
            hint = "make sure the other field has a value, or test for it in a $cel bound"
            self._error(expression, f"this bound can be {state}", hint)
            return False
        is_right = found.kind is wanted
        if wanted is Kind.DECIMAL:
            is_right = found.is_number
        elif wanted in types.MOMENTS:
            is_right = found.is_moment
        if not is_right:
            self._error(expression, f"a bound must be {wanted} here, not {found.kind}")
        return is_right

    def _are_right(self, limits: Sequence[generators.Expression], wanted: Kind) -> bool:
        verdicts = [self._limit_type(each, wanted) for each in limits]
        return all(verdicts)

    def _leaf(self, leaf: spec.Leaf) -> spec.Leaf:
        generator = leaf.generator
        if not isinstance(generator, generators.Number | generators.Moment):
            return leaf
        limits = (*generator.lows, *generator.highs)
        if not limits:
            return leaf
        if leaf.modifiers.unique:
            message = "a value between bounds of other fields cannot be guaranteed to be unique"
            self._error(limits[0], message, code="MG204")
            return leaf
        wanted = Kind.DECIMAL
        if isinstance(generator, generators.Moment):
            wanted = _MOMENT_KINDS[generator.kind]
        if not self._are_right(limits, wanted):
            return leaf
        changed = self._narrowed(generator)
        return leaf if changed == generator else replace(leaf, generator=changed)

    def _narrowed(self, generator: Limited) -> Limited:
        """Return ``generator`` with the ends that its bounds have."""
        low = _most([self._facts.ends_of(each)[0] for each in generator.lows])
        high = _least([self._facts.ends_of(each)[1] for each in generator.highs])
        if isinstance(generator, generators.Number):
            scale = 10**generator.decimals
            own_low, own_high = generator.minimum, generator.maximum
            if low is not None:
                own = Decimal(math.ceil(low * scale)).scaleb(-generator.decimals)
                own_low = own if own_low is None else max(own, own_low)
            if high is not None:
                own = Decimal(math.floor(high * scale)).scaleb(-generator.decimals)
                own_high = own if own_high is None else min(own, own_high)
            return replace(generator, minimum=own_low, maximum=own_high)
        size = DAY if generator.kind is generators.MomentKind.DATE else 1
        first = generator.first if low is None else max(generator.first, math.ceil(low / size))
        last = generator.last if high is None else min(generator.last, math.floor(high / size))
        return replace(generator, first=first, last=last)

    def _array(self, array: spec.ArrayShape) -> spec.ArrayShape:
        limits = (*array.lows, *array.highs)
        if not limits or not self._are_right(limits, Kind.INTEGER):
            return array
        low = _most([self._facts.ends_of(each)[0] for each in array.lows])
        high = _least([self._facts.ends_of(each)[1] for each in array.highs])
        minimum = array.minimum if low is None else max(array.minimum, math.ceil(low))
        maximum = array.maximum if high is None else min(array.maximum, math.floor(high))
        if (minimum, maximum) == (array.minimum, array.maximum):
            return array
        return replace(array, minimum=minimum, maximum=maximum)

    def _check_range(self, part: spec.Shape) -> None:
        """Report a range that can be empty, and one whose ends are not known."""
        if isinstance(part, spec.ArrayShape):
            own: Ends = (Fraction(part.minimum), Fraction(part.maximum))
            self._check_limits(part.lows, part.highs, own, "$array")
            return
        generator = part.generator if isinstance(part, spec.Leaf) else None
        if not isinstance(generator, generators.Number | generators.Moment):
            return
        limits = (*generator.lows, *generator.highs)
        if not limits:
            return
        if isinstance(generator, generators.Number):
            self._check_number(generator, limits)
        elif generator.first > generator.last:
            self._error(limits[0], "the range is always empty: it ends before it starts",
                        code="MG208")  # fmt: skip
            return
        own = self._stated(generator)
        self._check_limits(generator.lows, generator.highs, own, "the range")

    def _stated(self, generator: Limited) -> Ends:
        """Return the ends that are stated as constants, where no field gives them."""
        if isinstance(generator, generators.Number):
            low = None if generator.minimum is None else Fraction(generator.minimum)
            high = None if generator.maximum is None else Fraction(generator.maximum)
        else:
            size = DAY if generator.kind is generators.MomentKind.DATE else 1
            low, high = Fraction(generator.first * size), Fraction(generator.last * size)
        return None if generator.lows else low, None if generator.highs else high

    def _check_number(
        self, number: generators.Number, limits: Sequence[generators.Expression]
    ) -> None:
        if number.minimum is None or number.maximum is None:
            hint = "give the other field bounds, or use min(…) or max(…) in a $cel bound"
            self._error(limits[0], "the limits of this bound are unknown", hint, code="MG208")

    def _check_limits(
        self,
        lows: Sequence[generators.Expression],
        highs: Sequence[generators.Expression],
        own: Ends,
        what: str,
    ) -> None:
        for high in highs:
            for low in lows:
                self._check_pair(low, high, what)
            end = self._facts.ends_of(high)[0]
            if not lows and own[0] is not None and (end is None or end < own[0]):
                self._report_empty(high, what)
        for low in lows:
            end = self._facts.ends_of(low)[1]
            if not highs and own[1] is not None and (end is None or end > own[1]):
                self._report_empty(low, what)

    def _check_pair(
        self, low: generators.Expression, high: generators.Expression, what: str
    ) -> None:
        facts = self._facts
        least = difference_ends(
            (facts.checked(high).node, facts.facts_for(high)),
            (facts.checked(low).node, facts.facts_for(low)),
        )[0]
        if least is None or least < 0:
            self._report_empty(high, what)

    def _report_empty(self, expression: generators.Expression, what: str) -> None:
        hint = "make sure that the lower bound never exceeds the upper one"
        self._error(expression, f"{what} can be empty: this bound can pass the other", hint,
                    code="MG208")  # fmt: skip


_MOMENT_KINDS: Final = {
    generators.MomentKind.DATE: Kind.DATE,
    generators.MomentKind.DATETIME: Kind.DATETIME,
    generators.MomentKind.TIME: Kind.TIME,
}


def _most(ends: Sequence[Fraction | None]) -> Fraction | None:
    """Return the greatest of lower ends; those that are not known hold nothing back."""
    return max((each for each in ends if each is not None), default=None)


def _least(ends: Sequence[Fraction | None]) -> Fraction | None:
    return min((each for each in ends if each is not None), default=None)
