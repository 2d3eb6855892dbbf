"""Scenarios: counts, outputs, mixes, overlays, coverage, stated records, and what they inherit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Related, SlipFinder, is_slip
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.pools import read_weight
from mockgen_watch.spec.build.shapes import build_record
from mockgen_watch.spec.document import Json, MappingNode, Node, SequenceNode, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


BASE: Final = "base"
"""The scenario of a model that names none."""

MAX_COUNT: Final = 10**12

_NOT_OF_A_MIX: Final = ("$records", "$coverage", "$keeps", "$negative_of")


class Defaults(Struct, frozen=True, kw_only=True):
    """What a scenario inherits: from its model, else its file, else the project."""

    count: int
    faults: int = 1
    coverage: spec.CoverageSpec = spec.NO_COVERAGE
    output: spec.OutputOptions


def read_defaults(directives: Mapping[str, reader.Entry], inherited: Defaults) -> Defaults:
    """Return what ``directives`` of a model or a scenario say, over what it inherits."""
    return Defaults(
        count=read_count(directives.get("$count"), inherited.count),
        faults=reader.whole_or(directives.get("$faults"), inherited.faults, 1),
        coverage=_coverage(directives.get("$coverage"), inherited.coverage),
        output=read_output(directives.get("$output"), inherited.output),
    )


def scenario_name(written: str) -> str:
    """Return the name of a scenario as outputs know it: the well-known ones in lower case."""
    lowered = written.casefold()
    return lowered if lowered in spec.WELL_KNOWN else written


def misspelt_scenario(name: str) -> str:
    """Return the well-known scenario that ``name`` is one typing slip away from, or ``""``."""
    folded = spec.fold(name)
    return next((known for known in spec.WELL_KNOWN if is_slip(folded, known)), "")


def build_scenario(
    entry: reader.Entry, name: str, shape: spec.ObjectShape, defaults: Defaults
) -> spec.Scenario:
    """Return the scenario ``name``, as the mapping at ``entry`` states it, over a model's shape."""
    if not entry.is_mapping and not entry.is_empty:
        entry.type_error("a mapping: what differs from the model")
    directives = entry.directives()
    for key, member in directives.items():
        if key not in reader.SCENARIO_DIRECTIVES:
            member.unknown_directive(reader.SCENARIO_DIRECTIVES)
            entry.build.open_objects.add(())
    _check_mix(entry, name)
    promise, twin = _read_promise(directives, name)
    if "$faults" in directives and promise is not spec.Promise.BROKEN:
        message = f"$faults works in negative scenarios, not in {name}"
        directives["$faults"].key_error("MG204", message)
    if twin:
        entry.build.entries[entry.key_location] = directives.get("$negative_of", entry)
    mix = _mix(directives.get("$mix"))
    if mix:
        directives.pop("$coverage", None)
    own = read_defaults(directives, defaults)
    return spec.Scenario(
        name=name,
        count=own.count,
        overlay=_overlay(entry, name, shape),
        mix=mix,
        faults=own.faults,
        coverage=spec.NO_COVERAGE if mix else own.coverage,
        output=own.output,
        location=entry.key_location,
        stated=build_statements(directives.get("$records")),
        promise=promise,
        negative_of=twin,
        is_counted="$count" in directives or bool(mix),
    )


_PROMISES: Final = {
    "negative": spec.Promise.BROKEN,
    "exclusion": spec.Promise.EXCLUDED,
    "mixed": spec.Promise.NOTHING,
}
"""What scenarios of these names promise; those of other names are valid."""


def _read_promise(directives: dict[str, reader.Entry], name: str) -> tuple[spec.Promise, str]:
    """Return what the records of a scenario promise, and of broken ones whose twins they are."""
    keeps, twin = directives.get("$keeps"), directives.get("$negative_of")
    promise = _PROMISES.get(name, spec.Promise.VALID)
    if twin is not None and keeps is not None:
        keeps.key_error("MG204", "$keeps cannot be combined with $negative_of")
    for given in (keeps, twin):
        if given is not None and name in spec.WELL_KNOWN:
            message = f"{given.key} works in scenarios with other names, not in {name}"
            given.key_error("MG204", message)
    if twin is not None:
        text = reader.read_text(twin, "the name of a scenario") or "positive"
        return spec.Promise.BROKEN, scenario_name(text)
    if keeps is not None and reader.read_word(keeps, ("nothing", "rules"), "MG202") == "nothing":
        return spec.Promise.NOTHING, ""
    return promise, "positive" if promise is spec.Promise.BROKEN else ""


def base_scenario(
    defaults: Defaults, place: reader.Entry, stated: tuple[spec.Statement, ...] = ()
) -> spec.Scenario:
    """Return the one scenario of a model that names none."""
    return spec.Scenario(
        name=BASE,
        count=defaults.count,
        overlay=None,
        mix=(),
        faults=defaults.faults,
        coverage=defaults.coverage,
        output=defaults.output,
        location=place.key_location,
        stated=stated,
    )


def read_count(entry: reader.Entry | None, default: int) -> int:
    """Return the number of records that ``entry`` states, else the default."""
    count = reader.whole_or(entry, default, 1)
    if entry is not None and count > MAX_COUNT:
        entry.error("MG208", f"{entry.key} must be at most {MAX_COUNT}")
    return count


_OUTPUT_KEYS: Final = frozenset(["format", "layout", "labels"])
"""Keys of ``$output`` that no format has to understand."""


def read_output(entry: reader.Entry | None, inherited: spec.OutputOptions) -> spec.OutputOptions:
    """Return what ``entry`` says over ``inherited``; wrong parts are reported and left out.

    Options that a newly named format lacks are not inherited. Where the build has no formats, any
    name and any option is taken.
    """
    if entry is None:
        return inherited
    if entry.text is not None:
        return _with_format(entry, inherited, _format_name(entry))
    if not entry.is_mapping:
        entry.type_error("a format, or a mapping of format, layout and options")
        return inherited
    stated, layout, labels = entry.get("format"), entry.get("layout"), entry.get("labels")
    name = None if stated is None else _format_name(stated)
    # The options of a format that was misspelt are anyone's guess.
    is_misspelt = stated is not None and name is None
    known = None if is_misspelt else entry.build.context.formats.get(name or inherited.format)
    options = [item for item in entry.members() if item.key not in _OUTPUT_KEYS]
    slips = [item for item in options if stated is None and is_slip(item.key, "format")]
    if known is not None:
        for option in slips or options:
            _check_option(option, name or inherited.format, known)
    base = _with_format(entry, inherited, name)
    own = {item.key: plain_data(item.node) for item in options}
    return replace(
        base,
        layout=reader.read_word(layout, tuple(spec.Layout), "MG221") or base.layout,
        labels=reader.read_word(labels, tuple(spec.Labels), "MG221") or base.labels,
        options=tuple(sorted({**dict(base.options), **own}.items())),
    )


def _with_format(
    entry: reader.Entry, inherited: spec.OutputOptions, name: str | None
) -> spec.OutputOptions:
    """Return ``inherited`` in the format ``name``, without options that this one lacks."""
    known = entry.build.context.formats.get(name or inherited.format)
    names = None if known is None else {option.name for option in known.options}
    options = tuple(item for item in inherited.options if names is None or item[0] in names)
    return replace(inherited, format=name or inherited.format, options=options)


def _format_name(entry: reader.Entry) -> str | None:
    formats = entry.build.context.formats
    if not formats:
        return reader.read_text(entry, "the name of a format")
    return reader.read_word(entry, tuple(formats), "MG221")


def _check_option(entry: reader.Entry, name: str, known: reader.KnownFormat) -> None:
    options = {option.name: option for option in known.options}
    option = options.get(entry.key)
    if option is None:
        message = f'format {name} has no option "{entry.key}"'
        otherwise = f"it takes {', '.join(options)}" if options else "it takes none"
        entry.unknown_key("MG221", message, {*options, *_OUTPUT_KEYS}, otherwise)
    elif not option.takes(plain_data(entry.node)):
        shown = entry.value if isinstance(entry.value, str | int) else entry.kind
        entry.error("MG221", f"{entry.key} cannot be {shown}", f"use {option.expected}")


def _check_mix(entry: reader.Entry, name: str) -> None:
    """Report what cannot be combined with ``$mix``, and a mixed scenario without one."""
    directives = entry.directives()
    taken = [*entry.fields(), *(directives[key] for key in directives if key in _NOT_OF_A_MIX)]
    if "$mix" in directives and taken:
        first = taken[0]
        message = (
            f'"{first.key}" cannot be combined with $mix: a mix takes records of other scenarios'
        )
        first.key_error("MG204", message)
    elif name == "mixed" and "$mix" not in directives:
        hint = "such as $mix: {positive: 70, negative: 30}"
        entry.key_error("MG205", "a mixed scenario needs $mix", hint)


def _mix(entry: reader.Entry | None) -> tuple[spec.MixPart, ...]:
    if entry is None:
        return ()
    if not entry.is_mapping or not entry.members():
        entry.type_error("a mapping of scenarios to weights")
        return ()
    before = entry.errors
    parts: list[spec.MixPart] = []
    for member in entry.members():
        name = scenario_name(reader.data_key(member.key))
        weight = read_weight(member) or Decimal(0)
        parts.append(spec.MixPart(scenario=name, weight=weight, location=member.key_location))
        entry.build.entries[member.key_location] = member
    if entry.errors == before and not any(part.weight for part in parts):
        entry.error("MG207", "all weights of the mix are zero")
    return tuple(parts)


def _overlay(entry: reader.Entry, name: str, shape: spec.ObjectShape) -> spec.ObjectShape | None:
    fields = entry.fields()
    if not fields:
        return None
    _check_slips(fields, shape)
    return build_record(entry, spec.OriginKind.SCENARIO, name, shape)


def _check_slips(entries: Sequence[reader.Entry], shape: spec.ObjectShape) -> None:
    """Report keys that the model lacks but for one typing slip, at any depth of objects."""
    stated = {reader.data_key(entry.key): entry for entry in entries if entry.key != "$rows"}
    known = {member.name: member for member in shape.members}
    finder = SlipFinder(name for name in known if name not in stated)
    for name, entry in stated.items():
        under = known.get(name)
        if under is not None:
            fields = [item for item in entry.members() if not reader.is_directive(item.key)]
            if isinstance(under.shape, spec.ObjectShape) and fields:
                _check_slips(fields, under.shape)
            elif fields and not entry.directives():
                _check_choice(entry, under)
            continue
        meant = finder.meant(name)
        if meant:
            related = (Related(message="the model's field", location=known[meant].location),)
            hint = f'did you mean "{meant}"? To have both fields, state "{meant}" here as well'
            message = f'the model has no field "{name}"'
            fix = entry.key_fix(reader.spec_key(meant))
            entry.key_error("MG224", message, hint, related=related, fix=fix)


def _check_choice(entry: reader.Entry, under: spec.Member) -> None:
    """Report an object that would replace a choice between shapes, in place of lying over it."""
    leaf = under.shape
    if not isinstance(leaf, spec.Leaf):
        return
    if not any(isinstance(each, spec.ObjectShape) for each in spec.alternatives_of(leaf)):
        return
    message = f'"{under.name}" is one of several shapes, so an overlay cannot add to it'
    hint = "state it completely: one or several shapes under $one_of"
    related = (Related(message="the model's field", location=under.location),)
    entry.key_error("MG224", message, hint, related=related)


def _coverage(entry: reader.Entry | None, default: spec.CoverageSpec) -> spec.CoverageSpec:
    """Return what ``entry`` asks for, a word or a mapping; the default where it says nothing."""
    if entry is None:
        return default
    if not entry.is_mapping:
        strength = reader.read_word(entry, tuple(spec.Coverage), "MG217")
        if strength is None:
            return default
        return spec.CoverageSpec(strength=strength, location=entry.key_location)
    given = reader.read_params(entry, ("strength", "boundaries", "fields", "without", "keep"))
    if "strength" not in given:
        hint = "strength: pairwise, for example"
        entry.error("MG205", "$coverage needs a strength", hint)
        return default
    return spec.CoverageSpec(
        strength=reader.read_word(given["strength"], tuple(spec.Coverage), "MG217")
        or spec.Coverage.NONE,
        location=entry.key_location,
        boundaries=bool(reader.read_flag(given.get("boundaries"))),
        fields=_fields(given.get("fields")),
        without=_fields(given.get("without")),
        keep=_file(given.get("keep")),
    )


def _fields(entry: reader.Entry | None) -> tuple[tuple[str, ...], ...]:
    if entry is None:
        return ()
    if not entry.is_list or not entry.items():
        entry.type_error("a list of fields")
        return ()
    found = [reader.read_field(item) for item in entry.items()]
    return tuple(path for path in found if path is not None)


def _file(entry: reader.Entry | None) -> str:
    if entry is None:
        return ""
    text = reader.read_text(entry, "the path of a file of cases")
    if text is None:
        return ""
    path = reader.join_path(entry.file, text)
    if not text or path is None:
        entry.error("MG218", f'no such file in this project: "{text}"')
        return ""
    if not path.endswith(".json"):
        entry.error("MG218", f"{text}: the file of cases must be a .json file")
        return ""
    return path


_INDEX: Final = r"0|[1-9][0-9]{0,17}"
_WHOLE: Final = ("$const", "$delete")
"""What can replace a value, alone."""


def build_statements(entry: reader.Entry | None) -> tuple[spec.Statement, ...]:
    """Return what ``entry`` states; what is wrong with it is reported and left out."""
    if entry is None:
        return ()
    if not entry.is_mapping or not entry.members():
        entry.type_error("a mapping of indexes to what these records hold")
        return ()
    found: list[spec.Statement] = []
    for member in entry.members():
        if not re.fullmatch(_INDEX, member.key):
            message = f'"{member.key}" is not the index of a record'
            member.key_error("MG202", message, "the first record is 0")
        elif not member.is_mapping or not member.members():
            member.type_error("a mapping of fields to values")
        else:
            found += _below(member, int(member.key), ())
    return tuple(found)


def _below(entry: reader.Entry, record: int, path: tuple[str, ...]) -> Iterator[spec.Statement]:
    """Yield what the mapping at ``entry`` states below ``path``."""
    seen: dict[str, reader.Entry] = {}
    for member in entry.members():
        if reader.is_directive(member.key):
            member.unknown_directive(_WHOLE)
            continue
        name = reader.data_key(member.key)
        if spec.fold(name) in seen:
            message = f'"{member.key}" and "{seen[spec.fold(name)].key}" differ only in case'
            member.key_error("MG209", message)
            continue
        seen[spec.fold(name)] = member
        yield from _value(member, record, (*path, name))


def _value(entry: reader.Entry, record: int, path: tuple[str, ...]) -> Iterator[spec.Statement]:
    members = {member.key: member for member in entry.members()}
    whole = next((key for key in _WHOLE if key in members), None)
    if whole is None and members:
        yield from _below(entry, record, path)
        return
    place = entry.key_location
    if whole is None:
        if entry.is_mapping:
            hint = "for an empty object as a value, write {$const: {}}"
            entry.error("MG202", f"{entry.key} states nothing", hint)
            return
        yield spec.Statement(record=record, path=path, value=_data(entry.node), location=place)
        return
    if len(members) > 1:
        other = next(member for key, member in members.items() if key != whole)
        other.key_error("MG204", f'"{other.key}" cannot be combined with {whole}')
    elif whole == "$const":
        value = plain_data(members[whole].node)
        yield spec.Statement(record=record, path=path, value=value, location=place)
    elif reader.read_flag(members[whole]):
        yield spec.Statement(record=record, path=path, value=None, location=place, is_gone=True)


def _data(node: Node) -> Json:
    """Return the data of ``node``; in its mappings, two ``$`` stand for one."""
    if isinstance(node, MappingNode):
        return {reader.data_key(member.key): _data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.items]
    return node.value
