"""Model: the types of a checked spec, and the walks over the shapes of its records.

A shape is a leaf, an object or an array. Models, scenarios and masters are what files state.
"""

from __future__ import annotations

import operator
import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec.generators import Alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Expression, Generator


class Labels(StrEnum):
    """Where the labels of records go: what each record of a model with rules shows."""

    FILE = "file"
    NONE = "none"
    INSIDE = "inside"


class Layout(StrEnum):
    """How records are laid out in files."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SPLIT = "split"


NOWHERE = Location(path="")


class Coverage(StrEnum):
    """Which combinations the first records cover."""

    NONE = "none"
    EACH = "each"
    PAIRWISE = "pairwise"
    THREE_WISE = "3-wise"

    @property
    def size(self) -> int:
        """How many fields a combination has."""
        return list(Coverage).index(self)


class CoverageSpec(Struct, frozen=True, kw_only=True):
    """What the first records cover.

    Attributes:
        boundaries: numbers and dates take part, by the values at their ends.
        fields: keys of the fields that take part; empty: all that can.
        without: keys of fields that do not.
        keep: the file of cases to begin with, relative to the project folder; ``""`` for none.
        cases: what that file holds, once it was read; None when it is not there.
    """

    strength: Coverage
    boundaries: bool = False
    fields: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    keep: str = ""
    cases: Json = None
    location: Location = NOWHERE

    @property
    def is_asked(self) -> bool:
        """Whether anything is to be covered."""
        return self.strength is not Coverage.NONE


NO_COVERAGE = CoverageSpec(strength=Coverage.NONE)
"""What applies when nobody asks."""


class Statement(Struct, frozen=True, kw_only=True):
    """A value that is stated, not drawn.

    Attributes:
        record: the index of the record, from 0.
        path: keys from the top of the record as it is written; where the record has an array, the
            index of an element. Never empty.
        value: what is there, whole; meaningless where ``is_gone``.
        is_gone: nothing is there.
    """

    record: int
    path: tuple[str, ...]
    value: Json
    location: Location
    is_gone: bool = False

    def bears_on(self, path: KeyPath) -> bool:
        """Return whether it decides what is at ``path``, above it or below."""
        short = min(len(self.path), len(path))
        return self.path[:short] == path[:short]


def fold(name: str) -> str:
    """Return what two names share that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


WELL_KNOWN: Final = ("positive", "negative", "exclusion", "mixed")
"""The scenarios whose meaning the format fixes; written in any case, and as suffix sections."""

ELEMENT = "[]"
"""The segment of an address path that stands for any element of an array."""


class OriginKind(StrEnum):
    """Who states what a leaf may be."""

    MASTER = "master"
    MODEL = "model"
    SCENARIO = "scenario"


class Origin(Struct, frozen=True, kw_only=True):
    """Where a shape was stated: by whom (``name`` of model, scenario or master file) and where.

    ``is_fault`` says that it is the overlay of a scenario whose records are broken, so that what
    it states may be wrong on purpose.
    """

    kind: OriginKind
    name: str
    location: Location
    is_fault: bool = False


class Transform(StrEnum):
    """What ``$transform`` can do to text, in the order listed."""

    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"
    STRIP = "strip"
    SLUG = "slug"
    ASCII = "ascii"


Addresses: TypeAlias = tuple[tuple[str, ...], ...]
"""Address paths of several leaves."""


class Modifiers(Struct, frozen=True, kw_only=True):
    """What is allowed beside any leaf, object or array.

    Attributes:
        null: probability of null, 0 to 1.
        omit: probability of absence, 0 to 1; drawn apart from null, and first.
        unique: no two records of one output have this value (leaves only).
        distinct: no two elements of the array around it have this value (leaves only).
        together: the address paths of the fields that are unique together, this one among them or
            drawn with one of them (leaves only); the plan says so.
        transforms: applied to text, in order.
        check: the check digits that the text is given; ``""`` for none.
        to: the path in the master's slot that it maps to; empty: the field's own.
        delete: drop the master's key; the leaf then is never written.
    """

    null: Decimal
    omit: Decimal
    unique: bool = False
    distinct: bool = False
    together: Addresses = ()
    transforms: tuple[Transform, ...] = ()
    check: str = ""
    to: tuple[str, ...] = ()
    delete: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether the value cannot be drawn again, as others must differ from it."""
        return self.unique or bool(self.together)


class Leaf(Struct, frozen=True, kw_only=True):
    """A value that a generator chooses.

    ``address`` is the address path: ids of the keys from the model's top (``$id`` where given,
    else the key), ``ELEMENT`` for each array on the way. Where the leaf ends up after ``$to``,
    and which scenario overlays it, do not change it.
    ``coerce_number``: the master has a number here, so text that is exactly one (see
    ``masters.shapes.exact_number``) is written as that number, after the transforms.
    """

    generator: Generator
    modifiers: Modifiers
    address: tuple[str, ...]
    origin: Origin
    coerce_number: bool = False


class Member(Struct, frozen=True, kw_only=True):
    """A key of an object: ``name`` is written (``$$x`` already became ``$x``).

    ``reset``: what a master has here is dropped before this is taken. Only merging sets it, while
    it goes on; no finished shape has it.
    """

    name: str
    shape: Shape
    location: Location
    reset: bool = False


class ObjectShape(Struct, frozen=True, kw_only=True):
    """An object; members in the order that they are written; names are unique."""

    members: tuple[Member, ...]
    modifiers: Modifiers
    address: tuple[str, ...]
    origin: Origin

    def get(self, name: str) -> Shape | None:
        """Return the shape under ``name``, or None."""
        return next((member.shape for member in self.members if member.name == name), None)


class ArrayShape(Struct, frozen=True, kw_only=True):
    """An array.

    Either ``elements`` are given, one shape for each element (a list of mappings), or ``items``
    with ``minimum`` to ``maximum`` elements, each length equally likely. A merge may give both:
    the ``elements`` come first and always, then ``minimum`` to ``maximum`` of ``items``.
    ``lows`` and ``highs`` are further bounds of that number, which other fields give.
    Element ``e`` has the address path ``address + (ELEMENT,)`` and the element index ``e``.
    """

    elements: tuple[Shape, ...]
    items: Shape | None
    minimum: int
    maximum: int
    modifiers: Modifiers
    address: tuple[str, ...]
    origin: Origin
    lows: tuple[Expression, ...] = ()
    highs: tuple[Expression, ...] = ()


Shape: TypeAlias = "Leaf | ObjectShape | ArrayShape"

KeyPath = tuple[str, ...]
"""Names of keys from the top of an object down to a field; arrays on the way are left out."""


class Choice(Struct, frozen=True):
    """A step into one of the alternatives of a leaf: their number, from 0."""

    number: int


Position = tuple[str | int | Choice, ...]
"""A ``KeyPath`` that has, for each array on the way, the index of one of its element shapes, and
for each leaf with alternatives the one that is entered."""


def element_shapes(array: ArrayShape) -> tuple[Shape, ...]:
    """Return the shapes that elements of ``array`` can have: the fixed ones, then the items'."""
    return array.elements if array.items is None else (*array.elements, array.items)


def keys_of(position: Position) -> KeyPath:
    """Return ``position`` without its elements."""
    return tuple([step for step in position if isinstance(step, str)])


def walk_positions(shape: Shape, position: Position = ()) -> Iterator[tuple[Position, Leaf]]:
    """Yield every leaf with its position, in the order of writing; alternatives come after it."""
    if isinstance(shape, Leaf):
        yield position, shape
        for number, each in enumerate(alternatives_of(shape)):
            yield from walk_positions(each, (*position, Choice(number)))
    elif isinstance(shape, ObjectShape):
        for member in shape.members:
            yield from walk_positions(member.shape, (*position, member.name))
    else:
        for index, element in enumerate(element_shapes(shape)):
            yield from walk_positions(element, (*position, index))


def alternatives_of(leaf: Leaf) -> tuple[Shape, ...]:
    """Return the shapes that the value of ``leaf`` may have; none where it is a plain value."""
    generator = leaf.generator
    if not isinstance(generator, Alternatives):
        return ()
    return tuple(cast("Shape", each.shape) for each in generator.alternatives)


def has_parts(leaf: Leaf) -> bool:
    """Return whether the value of ``leaf`` may be an object or array that is made of fields."""
    return any(not isinstance(each, Leaf) or has_parts(each) for each in alternatives_of(leaf))


def change_alternatives(leaf: Leaf, change: Callable[[Shape], Shape]) -> Leaf:
    """Return ``leaf`` with ``change`` applied to each of its alternatives; itself where it can."""
    generator = leaf.generator
    if not isinstance(generator, Alternatives):
        return leaf
    shapes = alternatives_of(leaf)
    pairs = [
        (each, change(shape)) for each, shape in zip(generator.alternatives, shapes, strict=True)
    ]
    if all(new is each.shape for each, new in pairs):
        return leaf
    changed = tuple(replace(each, shape=new) for each, new in pairs)
    return replace(leaf, generator=replace(generator, alternatives=changed))


def walk_leaves(shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Leaf]]:
    """Yield every leaf with its key path, in the order of writing."""
    for position, leaf in walk_positions(shape, path):
        yield keys_of(position), leaf


def walk_members(shape: Shape, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Member]]:
    """Yield every member with its key path, an object's own before what is below them."""
    if isinstance(shape, ObjectShape):
        for member in shape.members:
            yield (*path, member.name), member
        for member in shape.members:
            yield from walk_members(member.shape, (*path, member.name))
    elif isinstance(shape, ArrayShape):
        for element in element_shapes(shape):
            yield from walk_members(element, path)


def find_shapes(shape: Shape, path: KeyPath) -> tuple[Shape, ...]:
    """Return what ``path`` leads to; several shapes where it passes through arrays.

    A path goes through an array to the same field of each element; ``ELEMENT`` or an index may
    stand for that step.
    """
    if not path:
        return (shape,)
    if isinstance(shape, Leaf):
        parts = [part for each in alternatives_of(shape) for part in find_shapes(each, path)]
        return tuple({id(part): part for part in parts}.values())
    if isinstance(shape, ArrayShape):
        rest = path[1:] if path[0] == ELEMENT or path[0].isdecimal() else path
        found: dict[int, Shape] = {}
        for element in element_shapes(shape):
            found.update({id(item): item for item in find_shapes(element, rest)})
        return tuple(found.values())
    child = shape.get(path[0])
    return () if child is None else find_shapes(child, path[1:])


def find_shape(shape: Shape, path: KeyPath) -> Shape | None:
    """Return the first of the shapes that ``path`` leads to, or None."""
    return next(iter(find_shapes(shape, path)), None)


def missing_key(shape: Shape, path: KeyPath) -> tuple[str, list[str]]:
    """Return the first key of ``path`` that does not exist, and the keys that exist beside it.

    ``("", [])`` when ``path`` leads to something.
    """
    for depth, key in enumerate(path):
        if find_shape(shape, path[: depth + 1]) is None:
            homes = list(objects_at(shape, path[:depth]))
            return key, [member.name for home in homes for member in home.members]
    return "", []


def objects_at(shape: Shape, path: KeyPath) -> Iterator[ObjectShape]:
    """Yield the objects that ``path`` leads to, those among alternatives too."""
    waiting = list(find_shapes(shape, path))
    while waiting:
        here = waiting.pop(0)
        if isinstance(here, ObjectShape):
            yield here
        elif isinstance(here, Leaf):
            waiting += alternatives_of(here)


LeafChange: TypeAlias = "Callable[[Leaf], Leaf]"
_Container = TypeVar("_Container", bound="ObjectShape | ArrayShape")


def change_children(shape: _Container, change: Callable[[Shape], Shape]) -> _Container:
    """Return ``shape`` with ``change`` applied to what is directly in it; itself where it can."""
    if isinstance(shape, ObjectShape):
        pairs = [(member, change(member.shape)) for member in shape.members]
        if all(new is member.shape for member, new in pairs):
            return shape
        members = tuple(replace(member, shape=new) for member, new in pairs)
        return replace(shape, members=members)
    elements = tuple(map(change, shape.elements))
    items = None if shape.items is None else change(shape.items)
    if items is shape.items and all(map(operator.is_, elements, shape.elements)):
        return shape
    return replace(shape, elements=elements, items=items)


def change_leaves(shape: Shape, change: LeafChange) -> Shape:
    """Return ``shape`` with ``change`` applied to every leaf; unchanged parts are shared."""
    if isinstance(shape, Leaf):
        return change(change_alternatives(shape, lambda child: change_leaves(child, change)))
    return change_children(shape, lambda child: change_leaves(child, change))


def change_object(shape: ObjectShape, change: LeafChange) -> ObjectShape:
    """Return the object ``shape`` with ``change`` applied to every leaf."""
    return change_children(shape, lambda child: change_leaves(child, change))


class RuleKind(StrEnum):
    """The languages a rule can be written in."""

    SCHEMA = "schema"
    CEL = "cel"
    CONFORMS = "conforms"
    PLUGIN = "plugin"
    CHECK = "check"
    """That a field has right check digits; ``$check`` states it."""


class RuleSpec(Struct, frozen=True, kw_only=True):
    """A named rule.

    Attributes:
        field: keys to the field (schema and plugin rules); empty for the whole record.
        schema: the JSON Schema of a schema rule; what a plugin rule gives its plugin.
        expression: the CEL text of a cel rule, the schema file's path of a conforms rule, or
            ``PLUGIN/NAME`` of a plugin rule.
        body_location: where the field's path, the expression, the file's path or the plugin
            stands.
        is_never_broken: no negative record is to break it.
    """

    name: str
    kind: RuleKind
    location: Location
    field: KeyPath = ()
    schema: Json = None
    expression: str = ""
    body_location: Location | None = None
    is_never_broken: bool = False


class ConditionSpec(Struct, frozen=True, kw_only=True):
    """One condition of an exclusion clause.

    ``test`` is a list of values (one of them), or a mapping with some of ``minimum``,
    ``maximum``, ``pattern``, ``not``; conditions of one clause hold together.
    """

    field: tuple[str, ...]
    test: Json
    location: Location


class ExclusionSpec(Struct, frozen=True, kw_only=True):
    """A named clause: a record is out of scope when all conditions hold."""

    name: str
    conditions: tuple[ConditionSpec, ...]
    location: Location


class OutputOptions(Struct, frozen=True, kw_only=True):
    """How an output is written.

    Attributes:
        format: a name in the catalogue of formats.
        layout: see ``Layout``.
        options: what the format itself understands (``indent``, ``csv_formulas`` …), sorted.
        labels: where faults and clauses are recorded, for models that have rules.
    """

    format: str = "json"
    layout: Layout = Layout.MULTIPLE
    labels: Labels = Labels.FILE
    options: tuple[tuple[str, Json], ...] = ()


class Promise(StrEnum):
    """What the records of a scenario promise, where the model has rules or exclusions."""

    VALID = "valid"
    """Each keeps every rule and matches no exclusion."""
    BROKEN = "broken"
    """Each is the twin of a valid one, and breaks just the rules that it is meant to."""
    EXCLUDED = "excluded"
    """Each keeps every rule and matches an exclusion."""
    NOTHING = "nothing"


class MixPart(Struct, frozen=True, kw_only=True):
    """A scenario and its weight in a mix."""

    scenario: str
    weight: Decimal
    location: Location


class Scenario(Struct, frozen=True, kw_only=True):
    """A scenario of a model.

    Attributes:
        name: lower-case for the four of the format (positive, negative, exclusion, mixed), else
            as written; it names the output file.
        count: records; already defaulted.
        overlay: laid over the model's shape; None when nothing differs.
        mix: parts of a mixed scenario; empty otherwise.
        faults: rules that a negative record breaks.
        coverage: of this scenario.
        stated: values of single records.
        promise: what its records promise.
        negative_of: of broken records, the scenario that their twins are of.
        is_counted: the scenario says itself how many records there are.
    """

    name: str
    count: int
    overlay: ObjectShape | None
    mix: tuple[MixPart, ...]
    faults: int
    coverage: CoverageSpec
    output: OutputOptions
    location: Location
    stated: tuple[Statement, ...] = ()
    promise: Promise = Promise.VALID
    negative_of: str = ""
    is_counted: bool = False


class Together(Struct, frozen=True, kw_only=True):
    """Fields that are unique together: no two records, or elements, agree in all of them.

    Attributes:
        paths: keys from the model's top.
        addresses: the address path of each.
        location: where it is said.
    """

    paths: tuple[KeyPath, ...]
    addresses: Addresses
    location: Location


class Model(Struct, frozen=True, kw_only=True):
    """A model: what its records look like, when they are valid, and its scenarios.

    ``id`` is ``$id`` where given, else the name; it is the model's part of every address.
    ``together``: the fields that are unique together.
    ``scenarios`` is never empty: a model without any has one, ``base``.
    """

    name: str
    id: str
    shape: ObjectShape
    rules: tuple[RuleSpec, ...]
    exclusions: tuple[ExclusionSpec, ...]
    scenarios: tuple[Scenario, ...]
    location: Location
    together: tuple[Together, ...] = ()


def twin_of(model: Model, scenario: Scenario) -> Scenario:
    """Return the scenario that decides the records of ``scenario`` but for their faults.

    Itself, unless it is negative and the model has rules: then it is the one whose twins its
    records are, ``positive`` by default, or the model alone where there is no such scenario.
    """
    if scenario.promise is not Promise.BROKEN or not model.rules:
        return scenario
    for other in model.scenarios:
        if other.name == scenario.negative_of and not other.mix:
            return other
    return replace(scenario, name=scenario.negative_of, overlay=None, stated=())


class MasterChoice(StrEnum):
    """Which master a suite takes."""

    NEAREST = "nearest"
    NONE = "none"
    NAMED = "named"


class UserInput(Struct, frozen=True, kw_only=True):
    """A checked user_input file.

    Attributes:
        path: relative to the project folder.
        seed: already defaulted from the project (0 when nobody says).
        master_path: for ``NAMED``, relative to the project folder.
    """

    path: str
    version: int
    seed: int
    master: MasterChoice
    master_path: str
    master_location: Location
    models: tuple[Model, ...]


class ConflictPolicy(StrEnum):
    """What follows when record and master disagree in type."""

    ERROR = "error"
    OVERRIDE = "override"
    KEEP = "keep"


class MergeKind(StrEnum):
    """How the record's node meets the master's at one path."""

    OVERRIDE = "override"
    REPLACE = "replace"
    APPEND = "append"
    BY_INDEX = "by-index"
    BY_KEY = "by-key"
    UNION = "union"
    KEEP = "keep"


class MergePolicy(Struct, frozen=True, kw_only=True):
    """A policy at a path below the slot; ``key`` is the member that ``BY_KEY`` compares."""

    path: tuple[str, ...]
    kind: MergeKind
    key: str
    location: Location


class MasterFile(Struct, frozen=True, kw_only=True):
    """A checked master file, before its ``$extends`` chain is merged.

    ``slot`` is None when the file does not name one; ``()`` (written ``""``) is the whole master.
    Leaves below the slot get addresses relative to it when the masters are merged.
    """

    path: str
    version: int
    extends: str
    extends_location: Location
    slot: tuple[str, ...] | None
    slot_location: Location
    policies: tuple[MergePolicy, ...]
    on_conflict: ConflictPolicy | None
    shape: ObjectShape
