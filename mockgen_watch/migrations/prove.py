"""Proof: the sections of an old file and the new spec, read again, make the same records.

The records of a section are known exactly on both sides. The new spec's fields fall into groups
that are drawn independently. In the old file each field is drawn on its own, or, in pairs, all of
them by one n: so each group is one field, or there is one group. For each group the probability of
every combination is compared with that of the old file, counted over all n. So every record that
one side can make the other can make as well, as often.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct
from msgspec.structs import astuple, replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Location
from mockgen_watch.migrations.forms import (
    OldArray,
    OldLeaf,
    OldObject,
    OldValue,
    Section,
    SectionFile,
)
from mockgen_watch.migrations.pieces import NewModel, size_of, value_at
from mockgen_watch.plan.compile import apply_overlay
from mockgen_watch.spec import model as models
from mockgen_watch.spec.generators import Constant, Pool, RowField

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from mockgen_watch.spec.document import Json


class FieldProof(Struct, frozen=True, kw_only=True):
    """A field of a section: how many different values it has, and which others go with it."""

    name: str
    values: int
    together: tuple[str, ...] = ()


class SectionProof(Struct, frozen=True, kw_only=True):
    """The proof for one section, by its name in the old file; ``""`` is that of a flat one.

    Attributes:
        scenario: the model and scenario that make its records now.
        records: how many different records there are.
        problems: what does not agree; none when the proof holds.
    """

    section: str
    scenario: str
    fields: tuple[FieldProof, ...] = ()
    records: int = 0
    problems: tuple[str, ...] = ()


def differences(old: models.UserInput, new: models.UserInput) -> tuple[str, ...]:
    """Return how the outputs of ``new`` differ from those of ``old``."""
    before, after = _outputs(old), _outputs(new)
    common = [name for name in before if name in after]
    return (
        *(f"{name} is missing" for name in before if name not in after),
        *(f"{name} is new" for name in after if name not in before),
        *(f"{name} has other records" for name in common if before[name] != after[name]),
    )


def _outputs(spec: models.UserInput) -> dict[str, object]:
    """Return each output with plain data that is equal for equal records."""
    return {
        f"{model.name}/{scenario.name}": (
            (spec.seed, spec.master, spec.master_path, model.id),
            _plain(apply_overlay(model.shape, scenario.overlay, scenario.name)),
            _plain(replace(scenario, overlay=None)),
            _plain(model.rules),
            _plain(model.exclusions),
        )
        for model in spec.models
        for scenario in model.scenarios
    }


def _plain(value: object) -> object:
    """Return ``value`` without places in files, and with pools in a canonical order."""
    if isinstance(value, Location | models.Origin):
        return None
    if isinstance(value, Pool):
        entries = sorted((entry.identity, entry.weight) for entry in value.entries)
        return ("pool", tuple(entries), value.source)
    if isinstance(value, Struct):
        return (type(value).__name__, *(_plain(item) for item in astuple(value)))
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if isinstance(value, dict):
        return tuple((key, _plain(item)) for key, item in value.items())
    # True is not 1 here.
    return (type(value).__name__, value)


Drawn: TypeAlias = "tuple[str, models.Leaf, OldValue]"
"""The name of a field, and a value of it or in it, in the new spec and in the old file."""


def prove_sections(
    old: SectionFile, model: NewModel, new: models.Model, *, pairs: bool
) -> tuple[SectionProof, ...]:
    """Return a proof for each section of ``old``, read in ``pairs`` or not, against ``new``."""
    scenarios = {scenario.name: scenario for scenario in new.scenarios}
    if not model.scenarios:
        return (_prove(old.sections[0], new, scenarios.get("base"), pairs=pairs),)
    proofs = tuple(
        _prove(scenario.section, new, scenarios.get(scenario.name), pairs=pairs)
        for scenario in model.scenarios
    )
    return (*proofs, *_prove_mix(model, scenarios.get(model.scenario)))


def count_outputs(spec: models.UserInput) -> Iterator[SectionProof]:
    """Yield each scenario as a section, with its pools and how many records it can make.

    The caller has proved that they are as before.
    """
    for model in spec.models:
        for scenario in model.scenarios:
            name = f"{model.name}/{scenario.name}"
            shape = apply_overlay(model.shape, scenario.overlay, scenario.name)
            sizes = {member.name: _size(member.shape) for member in shape.members}
            yield SectionProof(
                section=name,
                scenario=name,
                fields=tuple(FieldProof(name=key, values=size) for key, size in sizes.items()),
                records=prod(sizes.values()),
            )


def _size(shape: models.Shape) -> int:
    """Return how many values a shape without directives can take; 0: unknown."""
    if isinstance(shape, models.ObjectShape):
        return prod(_size(member.shape) for member in shape.members)
    if isinstance(shape, models.ArrayShape):
        return prod(map(_size, shape.elements)) if shape.items is None else 0
    if isinstance(shape.generator, Pool):
        return len({entry.identity for entry in shape.generator.entries})
    return int(isinstance(shape.generator, Constant))


def _prove_mix(model: NewModel, mixed: models.Scenario | None) -> tuple[SectionProof, ...]:
    weights = {share.scenario: share.weight for share in mixed.mix} if mixed else {}
    wanted = {scenario.name for scenario in model.scenarios}
    if set(weights) == wanted and len(set(weights.values())) == 1:
        return ()
    problem = f"{model.scenario} does not choose each section alike"
    return (SectionProof(section="", scenario=model.scenario, problems=(problem,)),)


def _prove(
    section: Section, model: models.Model, scenario: models.Scenario | None, *, pairs: bool
) -> SectionProof:
    walk = _Walk()
    name = model.name
    if scenario is None:
        walk.problems.append("the new spec has no such scenario")
    else:
        name = f"{model.name}/{scenario.name}"
        shape = apply_overlay(model.shape, scenario.overlay, scenario.name)
        walk.compare(shape, OldObject(members=section.fields), ())
    groups = list(walk.groups.values())
    records = 1
    for group in groups:
        distinct, problem = _compare_group(group)
        records *= distinct
        if problem:
            walk.problems.append(problem)
    several = [group for group in groups if any(size_of(old) > 1 for _, _, old in group)]
    if pairs and several[1:]:
        walk.problems.append("fields that belong together are drawn apart")
    if not pairs and any(group[1:] for group in groups):
        walk.problems.append("fields that are drawn apart go together")
    return SectionProof(
        section=section.name,
        scenario=name,
        fields=_fields(section, groups, pairs=pairs),
        records=records,
        problems=tuple(walk.problems),
    )


class _Walk:
    """Goes through both sides at once and collects the groups."""

    def __init__(self) -> None:
        self.groups: dict[Hashable, list[Drawn]] = {}
        self.problems: list[str] = []

    def compare(self, shape: models.Shape, old: OldValue, path: tuple[str | int, ...]) -> None:
        where = ".".join(map(str, path)) or "the record"
        if isinstance(shape, models.Leaf):
            self._leaf(shape, old, path)
        elif isinstance(shape, models.ObjectShape):
            members = old.members if isinstance(old, OldObject) else None
            names = {item.name: item.value for item in members or ()}
            if members is None or set(names) != {member.name for member in shape.members}:
                self.problems.append(f"{where} has other fields")
                return
            for member in shape.members:
                self.compare(member.shape, names[member.name], (*path, member.name))
        elif isinstance(old, OldArray) and len(old.elements) == len(shape.elements):
            pairs = zip(shape.elements, old.elements, strict=True)
            for index, (element, one) in enumerate(pairs):
                self.compare(element, one, (*path, index))
        else:
            self.problems.append(f"{where} is another array")

    def _leaf(self, leaf: models.Leaf, old: OldValue, path: tuple[str | int, ...]) -> None:
        generator = leaf.generator
        key: Hashable = path
        if isinstance(generator, RowField):
            key = (path[:-1], "$rows", tuple(entry.identity for entry in generator.rows.entries))
        name = str(path[0]) if path else ""
        self.groups.setdefault(key, []).append((name, leaf, old))


def _compare_group(group: Sequence[Drawn]) -> tuple[int, str]:
    """Return how many combinations a group has, and what is wrong with it."""
    size = max(size_of(old) for _, _, old in group)
    counts = Counter(canonical([value_at(old, n) for _, _, old in group]) for n in range(size))
    wanted = {value: Fraction(number, size) for value, number in counts.items()}
    if _drawn([leaf for _, leaf, _ in group]) == wanted:
        return len(wanted), ""
    names = ", ".join(dict.fromkeys(name for name, _, _ in group))
    return len(wanted), f"{names}: other values, or other weights"


def _drawn(leaves: Sequence[models.Leaf]) -> dict[bytes, Fraction] | None:
    """Return the probability of each combination in the new spec; None when it is unknown."""
    pairs: list[tuple[list[Json], Fraction]]
    first = leaves[0].generator
    if isinstance(first, Constant):
        pairs = [([first.value], Fraction(1))]
    elif isinstance(first, Pool):
        pairs = [([entry.value], Fraction(entry.weight)) for entry in first.entries]
    elif isinstance(first, RowField):
        keys = [leaf.generator.key for leaf in leaves if isinstance(leaf.generator, RowField)]
        pairs = [
            ([entry.value[key] for key in keys], Fraction(entry.weight))
            for entry in first.rows.entries
            if isinstance(entry.value, dict)
        ]
    else:
        return None
    total = sum(weight for _, weight in pairs)
    drawn: defaultdict[bytes, Fraction] = defaultdict(Fraction)
    for values, weight in pairs:
        drawn[canonical(values)] += weight / total
    return drawn


def _fields(
    section: Section, groups: Sequence[Sequence[Drawn]], *, pairs: bool
) -> tuple[FieldProof, ...]:
    together = [{name for name, _, _ in group} for group in groups]
    found = []
    for one in section.fields:
        partners = {name for names in together if one.name in names for name in names}
        partners.discard(one.name)
        others = tuple(other.name for other in section.fields if other.name in partners)
        values = _distinct(one.value, pairs=pairs)
        found.append(FieldProof(name=one.name, values=values, together=others))
    return tuple(found)


def _distinct(value: OldValue, *, pairs: bool) -> int:
    """Return how many different values a field has."""
    if pairs or isinstance(value, OldLeaf):
        return len({canonical(value_at(value, n)) for n in range(size_of(value))})
    if isinstance(value, OldArray):
        return prod(_distinct(element, pairs=pairs) for element in value.elements)
    return prod(_distinct(field.value, pairs=pairs) for field in value.members)
