"""Takes the site of a value in a record; gives its Shape: a leaf, an object or an array."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Related, did_you_mean
from mockgen_watch.spec.build.generators import (
    GENERATOR_DIRECTIVES,
    MODIFIER_DIRECTIVES,
    NO_MODIFIERS,
    build_generator,
    build_modifiers,
    read_lengths,
)
from mockgen_watch.spec.build.names import data_key, fold, is_directive
from mockgen_watch.spec.build.pools import pool_of_values
from mockgen_watch.spec.build.rows import build_rows
from mockgen_watch.spec.document import Scalar
from mockgen_watch.spec.generators import Constant
from mockgen_watch.spec.model import ELEMENT, ArrayShape, Leaf, Member, ObjectShape, Origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Final

    from mockgen_watch.spec.build.reader import Job, Report, Scope, Site
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Modifiers, Shape


VALUE_DIRECTIVES: Final = (
    *GENERATOR_DIRECTIVES,
    "$array",
    "$items",
    "$rows",
    *MODIFIER_DIRECTIVES,
    "$comment",
)
"""What may stand in a value of a record."""

INPUT_DIRECTIVES: Final = (
    "$schema",
    "$version",
    "$seed",
    "$master",
    "$count",
    "$output",
    "$comment",
)
"""What may stand at the top of a user_input file."""

MODEL_DIRECTIVES: Final = (
    "$id",
    "$count",
    "$rows",
    "$rules",
    "$conforms",
    "$exclude",
    "$scenarios",
    "$coverage",
    "$faults",
    "$records",
    "$output",
    "$comment",
)
"""What may stand in a model beside its fields."""

SCENARIO_DIRECTIVES: Final = (
    "$count",
    "$mix",
    "$faults",
    "$coverage",
    "$records",
    "$output",
    "$rows",
    "$comment",
)
"""What may stand in a scenario beside the fields that it overlays."""

MASTER_DIRECTIVES: Final = (
    "$schema",
    "$version",
    "$extends",
    "$slot",
    "$merge",
    "$on_conflict",
    "$rows",
    "$comment",
)
"""What may stand at the top of a master file."""

PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "a value": VALUE_DIRECTIVES,
        "a scenario": SCENARIO_DIRECTIVES,
        "a model": MODEL_DIRECTIVES,
        "the top of a user_input": INPUT_DIRECTIVES,
        "the top of a master": MASTER_DIRECTIVES,
    }
)


def report_unknown(site: Site, legal: Collection[str], report: Report) -> None:
    """Report the directive whose key is ``site``'s, which is none of ``legal``."""
    homes = [place for place, names in PLACES.items() if site.key in names]
    if homes:
        message = f"{site.key} has no meaning here"
        hint = f"it belongs in {' or '.join(homes)}"
        report.error("MG204", site.key_location, message, hint)
        return
    hint = did_you_mean(site.key, legal) or f'a key of the data is written "${site.key}"'
    report.error("MG201", site.key_location, f"there is no directive {site.key}", hint)


CHOOSERS: Final = frozenset((*GENERATOR_DIRECTIVES, "$array"))
"""The directives of which a value has one at most."""


def check_company(directives: Mapping[str, Site], data: Sequence[Site], report: Report) -> None:
    """Report what cannot stand beside the directive that chooses the value."""
    chosen = [key for key in directives if key in CHOOSERS]
    if "$items" in directives and "$array" not in directives and not has_unknown(directives):
        hint = "such as $array: {min: 1, max: 3}"
        report.error("MG205", directives["$items"].key_location, "$items needs $array", hint)
    if not chosen:
        return
    for other in chosen[1:]:
        message = f"{other} cannot stand beside {chosen[0]}; a value is chosen in one way"
        report.error("MG204", directives[other].key_location, message)
    if "$items" in directives and chosen[0] != "$array":
        message = f"$items cannot stand beside {chosen[0]}"
        report.error("MG204", directives["$items"].key_location, message)
    beside = [*data, *(directives[key] for key in ("$rows",) if key in directives)]
    for member in beside[:1]:
        message = f'"{member.key}" cannot stand beside {chosen[0]}'
        hint = f"an object with a field of that kind puts {chosen[0]} under the field's name"
        report.error("MG204", member.key_location, message, hint)


def has_unknown(keys: Iterable[str]) -> bool:
    """Return whether one of ``keys`` may be the misspelt directive that seems to be missing."""
    return any(is_directive(key) and key not in VALUE_DIRECTIVES for key in keys)


def report_no_choice(site: Site, modifier: str, report: Report) -> None:
    """Report that ``modifier`` stands in a mapping in which nothing chooses a value."""
    hint = f"one of {', '.join(GENERATOR_DIRECTIVES[:6])} … stands beside it"
    report.error("MG205", site, f"{modifier} stands here alone; no value is chosen", hint)


def build_shape(site: Site, scope: Scope, base: Shape | None, job: Job) -> Shape:
    """Return the shape of the value at ``site``; what is wrong is reported, and null stands in.

    ``base`` is what an overlay lies over at this place; it lends its ``$id`` names.
    """
    if isinstance(site.node, Scalar):
        return _constant(site, site.node, scope, job)
    if site.is_list:
        return _list_shape(site, scope, base, job)
    return _mapping_shape(site, scope, base, job)


def _constant(site: Site, scalar: Scalar, scope: Scope, job: Job) -> Leaf:
    word = (site.text or "").partition(" ")[0].rstrip(":")
    if scalar.plain and word in VALUE_DIRECTIVES:
        message = f"this text begins with {word}, but directs nothing"
        hint = f'write "{word}: …" with a colon and a blank; quotes make it text'
        job.report.error("MG202", site, message, hint)
    return _leaf(site, scope, Constant(value=scalar.value))


def build_members(
    sites: Sequence[Site], scope: Scope, base: ObjectShape | None, job: Job
) -> tuple[Member, ...]:
    """Return the members of an object from its fields and ``$rows``, in source order."""
    members: list[Member] = []
    for site in sites:
        if site.key == "$rows":
            rows = build_rows(site, scope, job)
            members.extend(rows)
            if not rows:
                job.open.add(scope.address)
        else:
            members.append(_member(site, scope, base, job))
    _check_names(members, job.report)
    return _without_twins(members)


def _member(site: Site, scope: Scope, base: ObjectShape | None, job: Job) -> Member:
    name = data_key(site.key)
    under = None if base is None else base.get(name)
    inner = replace(
        scope,
        address=(*scope.address, _member_id(site, name, under)),
        keys=(*scope.keys, name),
        home=scope.keys,
    )
    shape = build_shape(site, inner, under, job)
    if under is not None and shape.address != under.address:
        place = site.get("$id") or site
        hint = f"the model's is {under.address[-1]}; a scenario may not change it"
        job.report.error("MG222", place, f'the $id of "{name}" differs from the model\'s', hint)
    return Member(name=name, shape=shape, location=site.key_location)


def _member_id(site: Site, name: str, under: Shape | None) -> str:
    stated = site.get("$id")
    if stated is not None and stated.text:
        return stated.text
    return name if under is None else under.address[-1]


def _check_names(members: Sequence[Member], report: Report) -> None:
    names: dict[str, Member] = {}
    ids: dict[str, Member] = {}
    for member in members:
        first = names.setdefault(fold(member.name), member)
        if first is not member:
            related = (Related(message="the first one", location=first.location),)
            message = f'"{member.name}" and "{first.name}" differ in case at most'
            report.error("MG209", member.location, message, "", related)
            continue
        other = ids.setdefault(member.shape.address[-1], member)
        if other is not member:
            related = (Related(message="the other one", location=other.location),)
            message = f'"{member.name}" has the $id of "{other.name}"'
            report.error("MG222", member.location, message, "", related)


def _without_twins(members: Sequence[Member]) -> tuple[Member, ...]:
    by_name: dict[str, Member] = {}
    for member in members:
        by_name.setdefault(member.name, member)
    return tuple(by_name.values())


def _leaf(
    site: Site, scope: Scope, generator: Generator, modifiers: Modifiers = NO_MODIFIERS
) -> Leaf:
    return Leaf(
        generator=generator,
        modifiers=modifiers,
        address=scope.address,
        origin=_origin(site, scope),
    )


def _origin(site: Site, scope: Scope) -> Origin:
    return Origin(kind=scope.kind, name=scope.owner, location=site.location)


def _stand_in(site: Site, scope: Scope, job: Job) -> Leaf:
    """Return a leaf in the place of what was reported, so that nothing is said twice."""
    leaf = _leaf(site, scope, Constant(value=None))
    job.broken.add(leaf.origin.location)
    return leaf


def _list_shape(site: Site, scope: Scope, base: Shape | None, job: Job) -> Shape:
    items = site.items()
    mappings = [item for item in items if item.is_mapping]
    if items and len(mappings) == len(items):
        return _elements(site, scope, base, job)
    odd = next((item for item in items if not isinstance(item.node, Scalar)), None)
    if odd is not None:
        hint = "a pool of lists or objects is written {$choice: […]}, a fixed list {$const: […]}"
        message = "a list holds scalars (a pool) or mappings (an array), not both and no lists"
        job.report.error("MG202", odd, message, hint)
        return _stand_in(site, scope, job)
    pool = pool_of_values(site, job.report)
    return _stand_in(site, scope, job) if pool is None else _leaf(site, scope, pool)


def _elements(site: Site, scope: Scope, base: Shape | None, job: Job) -> ArrayShape:
    inner = _inside_array(scope)
    under = base.elements if isinstance(base, ArrayShape) else ()
    shapes = tuple(
        build_shape(item, inner, under[index] if index < len(under) else None, job)
        for index, item in enumerate(site.items())
    )
    return ArrayShape(
        elements=shapes,
        items=None,
        minimum=len(shapes),
        maximum=len(shapes),
        modifiers=NO_MODIFIERS,
        address=scope.address,
        origin=_origin(site, scope),
    )


def _inside_array(scope: Scope) -> Scope:
    return replace(scope, address=(*scope.address, ELEMENT), in_array=True)


def _mapping_shape(site: Site, scope: Scope, base: Shape | None, job: Job) -> Shape:
    before = job.report.errors
    directives = {member.key: member for member in site.members() if is_directive(member.key)}
    data = [member for member in site.members() if not is_directive(member.key)]
    for key, member in directives.items():
        if key not in VALUE_DIRECTIVES:
            report_unknown(member, VALUE_DIRECTIVES, job.report)
            job.open.add(scope.address)
    check_company(directives, data, job.report)
    chosen = next((key for key in directives if key in CHOOSERS), "")
    modified = {key: member for key, member in directives.items() if key in MODIFIER_DIRECTIVES}
    # A misspelt generator is a leaf as well; what stands beside it is no second fault.
    is_leaf = chosen != "$array" and bool(chosen or (has_unknown(directives) and not data))
    modifiers = build_modifiers(modified, job.report, leaf=is_leaf)
    if chosen == "$array":
        return _array(site, scope, base, modifiers, job)
    if chosen:
        return _chosen(site, directives[chosen], scope, modifiers, job)
    if data or "$rows" in directives or not directives.keys() - {"$comment"}:
        return _object(site, scope, base, modifiers, job)
    if modifiers.delete:
        return _leaf(site, scope, Constant(value=None), modifiers)
    if job.report.errors == before:
        report_no_choice(site, next(iter(modified)), job.report)
    return _stand_in(site, scope, job)


def _chosen(site: Site, directive: Site, scope: Scope, modifiers: Modifiers, job: Job) -> Leaf:
    generator = build_generator(directive, scope, job)
    if generator is None:
        return _stand_in(site, scope, job)
    leaf = _leaf(site, scope, generator, modifiers)
    job.sites[leaf.origin.location] = directive
    return leaf


def _object(
    site: Site, scope: Scope, base: Shape | None, modifiers: Modifiers, job: Job
) -> ObjectShape:
    fields = [item for item in site.members() if item.key == "$rows" or not is_directive(item.key)]
    under = base if isinstance(base, ObjectShape) else None
    return ObjectShape(
        members=build_members(fields, scope, under, job),
        modifiers=modifiers,
        address=scope.address,
        origin=_origin(site, scope),
    )


def _array(site: Site, scope: Scope, base: Shape | None, modifiers: Modifiers, job: Job) -> Shape:
    lengths, items = site.get("$array"), site.get("$items")
    if lengths is None or items is None:
        if not has_unknown(member.key for member in site.members()):
            hint = "$items says what each element is"
            job.report.error("MG205", site, "$array needs $items", hint)
        return _stand_in(site, scope, job)
    length = read_lengths(lengths, job.report)
    under = base.items if isinstance(base, ArrayShape) else None
    return ArrayShape(
        elements=(),
        items=build_shape(items, _inside_array(scope), under, job),
        minimum=length[0],
        maximum=length[1],
        modifiers=modifiers,
        address=scope.address,
        origin=_origin(site, scope),
    )
