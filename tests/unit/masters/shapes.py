"""Takes plain data; gives shapes, models and masters as the spec's builder would make them.

A mapping is an object, a list of mappings an array, another list a pool, anything else a
constant. A generator stands for itself; ``Field`` puts modifiers, an id or a type beside a value.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Location
from mockgen_watch.masters.chain import resolve_chain
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    PoolEntry,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
    TemplatePart,
    Uuid,
)
from mockgen_watch.spec.model import (
    ELEMENT,
    NO_COVERAGE,
    ArrayShape,
    ConflictPolicy,
    Leaf,
    MasterChoice,
    MasterFile,
    Member,
    MergeKind,
    MergePolicy,
    MixPart,
    Model,
    Modifiers,
    ObjectShape,
    Origin,
    OriginKind,
    OutputOptions,
    Scenario,
    UserInput,
)

if TYPE_CHECKING:
    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Shape

Data: TypeAlias = Any
"""Plain data, or what stands for a generator; see above."""

GENERATORS = (
    Boolean,
    Constant,
    Moment,
    Number,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
    Uuid,
)
PLAIN = Modifiers(null=Decimal(0), omit=Decimal(0))
_lines = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value with what stands beside it."""

    value: Data = None
    id: str = ""
    length: tuple[int, int] | None = None
    modifiers: Modifiers = PLAIN


def field(value: Data = None, *, id: str = "", **modifiers: Data) -> Field:  # noqa: A002
    return Field(value=value, id=id, modifiers=replace(PLAIN, **modifiers))


def array(low: int, high: int, items: Data) -> Field:
    return Field(value=items, length=(low, high))


DELETED = field(None, delete=True)


def shape_of(
    data: Data,
    origin: Origin | None = None,
    address: tuple[str, ...] = (),
) -> Shape:
    origin = origin or Origin(kind=OriginKind.MODEL, name="M", location=Location(path="u.yaml"))
    here = replace(origin, location=replace(origin.location, line=next(_lines)))
    if isinstance(data, Field):
        if data.length is not None:
            items = shape_of(data.value, origin, (*address, ELEMENT))
            return ArrayShape(
                elements=(),
                items=items,
                minimum=data.length[0],
                maximum=data.length[1],
                modifiers=data.modifiers,
                address=address,
                origin=here,
            )
        return replace(shape_of(data.value, origin, address), modifiers=data.modifiers)
    if isinstance(data, dict):
        members = []
        for name, value in data.items():
            part = value.id if isinstance(value, Field) and value.id else name
            shape = shape_of(value, origin, (*address, part))
            members.append(Member(name=name, shape=shape, location=shape.origin.location))
        return ObjectShape(members=tuple(members), modifiers=PLAIN, address=address, origin=here)
    if isinstance(data, list) and data and all(isinstance(item, dict) for item in data):
        elements = tuple(shape_of(item, origin, (*address, ELEMENT)) for item in data)
        return ArrayShape(
            elements=elements,
            items=None,
            minimum=len(elements),
            maximum=len(elements),
            modifiers=PLAIN,
            address=address,
            origin=here,
        )
    generator = data if isinstance(data, GENERATORS) else _generator(data)
    return Leaf(generator=generator, modifiers=PLAIN, address=address, origin=here)


def _generator(data: Data) -> Generator:
    is_pool = isinstance(data, list) and data and not isinstance(data[0], list)
    return pool(*data) if is_pool else Constant(value=data)


def pool(*values: Data, **weights: int) -> Pool:
    pairs = [(value, 1) for value in values] + list(weights.items())
    entries: dict[bytes, PoolEntry] = {}
    for value, weight in pairs:
        name = canonical(value)
        before = entries[name].weight if name in entries else Decimal(0)
        entries[name] = PoolEntry(
            value=value, weight=before + weight, identity=name, location=Location(path="u.yaml")
        )
    return Pool(entries=tuple(entries.values()))


def template(*parts: str | tuple[str, ...]) -> Template:
    return Template(
        parts=tuple(
            TemplatePart(text=part) if isinstance(part, str) else TemplatePart(path=part)
            for part in parts
        )
    )


def record(data: dict[str, Data], scenario: str = "") -> ObjectShape:
    kind = OriginKind.SCENARIO if scenario else OriginKind.MODEL
    origin = Origin(
        kind=kind,
        name=scenario or "M",
        location=Location(path="u.yaml"),
        is_fault=scenario == "negative",
    )
    shape = shape_of(data, origin)
    assert isinstance(shape, ObjectShape)
    return shape


def policy(path: str, kind: str, key: str = "") -> MergePolicy:
    return MergePolicy(
        path=tuple(path.split(".")),
        kind=MergeKind(kind),
        key=key,
        location=Location(path="master.yaml"),
    )


def master_file(
    data: dict[str, Data],
    *policies: MergePolicy,
    path: str = "specs/master.yaml",
    extends: str = "",
    slot: tuple[str, ...] | None = None,
    on_conflict: str = "",
) -> MasterFile:
    origin = Origin(kind=OriginKind.MASTER, name=path, location=Location(path=path))
    shape = shape_of(data, origin)
    assert isinstance(shape, ObjectShape)
    return MasterFile(
        path=path,
        version=1,
        extends=extends,
        extends_location=Location(path=path),
        slot=slot,
        slot_location=Location(path=path),
        policies=policies,
        on_conflict=ConflictPolicy(on_conflict) if on_conflict else None,
        shape=shape,
    )


def master(
    data: dict[str, Data],
    *policies: MergePolicy,
    slot: tuple[str, ...] | None = None,
    on_conflict: str = "",
) -> ResolvedMaster:
    file = master_file(data, *policies, slot=slot, on_conflict=on_conflict)
    result = resolve_chain(file.path, {file.path: file})
    assert result.diagnostics == ()
    assert result.master is not None
    return result.master


def scenario(
    name: str,
    overlay: dict[str, Data] | None = None,
    *,
    count: int = 1,
    mix: dict[str, int] | None = None,
) -> Scenario:
    place = Location(path="u.yaml")
    return Scenario(
        name=name,
        count=count,
        overlay=None if overlay is None else record(overlay, name),
        mix=tuple(
            MixPart(scenario=part, weight=Decimal(weight), location=place)
            for part, weight in (mix or {}).items()
        ),
        faults=1,
        coverage=NO_COVERAGE,
        output=OutputOptions(),
        location=place,
    )


def model(name: str, data: dict[str, Data], *scenarios: Scenario, id: str = "") -> Model:  # noqa: A002
    return Model(
        name=name,
        id=id or name,
        shape=record(data),
        rules=(),
        exclusions=(),
        scenarios=scenarios or (scenario("base"),),
        location=Location(path="u.yaml"),
    )


def user_input(*models: Model, path: str = "specs/claims/user_input.yaml") -> UserInput:
    return UserInput(
        path=path,
        version=1,
        seed=7,
        master=MasterChoice.NEAREST,
        master_path="",
        master_location=Location(path=path),
        models=models,
    )


def plain(shape: Shape) -> Data:
    """Return the shape as the data that ``shape_of`` would make it of, without modifiers."""
    if isinstance(shape, ObjectShape):
        return {member.name: plain(member.shape) for member in shape.members}
    if isinstance(shape, ArrayShape):
        fixed = [plain(element) for element in shape.elements]
        if shape.items is None:
            return fixed
        return [*fixed, (shape.minimum, shape.maximum, plain(shape.items))]
    generator = shape.generator
    if isinstance(generator, Constant):
        return generator.value
    if isinstance(generator, Pool):
        return [entry.value for entry in generator.entries for _ in range(int(entry.weight))]
    return generator
