"""Takes the sites of ``$rules``, ``$conforms`` and ``$exclude``; gives rules and exclusions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.spec.build.names import PathError, join_path, parse_field
from mockgen_watch.spec.build.reader import kind_of
from mockgen_watch.spec.build.scalars import number_at, read_field, read_text
from mockgen_watch.spec.document import Scalar, plain_data
from mockgen_watch.spec.model import (
    ArrayShape,
    ConditionSpec,
    ExclusionSpec,
    ObjectShape,
    RuleKind,
    RuleSpec,
)
from mockgen_watch.spec.project import plugin_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.build.reader import Report, Site
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Model, Shape

    Path = tuple[str, ...]


_RULE_KEYS: Final = ("field", "schema", "cel", "conforms", "plugin", "with")
_PLUGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[^/\s]+")
_TEST_KEYS: Final = ("min", "max", "pattern", "not")
_TYPE_NAMES: Final = {"min": "minimum", "max": "maximum", "pattern": "pattern", "not": "not"}
CONFORMS_RULE: Final = "conforms"
"""The name of the rule that ``$conforms`` makes."""


def build_rules(rules: Site | None, conforms: Site | None, report: Report) -> tuple[RuleSpec, ...]:
    """Return the rules of a model, in source order; those that cannot be read are reported."""
    built = [_rule(site, report) for site in _named(rules, "rules", report)]
    if conforms is not None:
        built.append(_conforms(conforms, CONFORMS_RULE, conforms, report))
        twin = None if rules is None else rules.get(CONFORMS_RULE)
        if twin is not None:
            message = f'the name "{CONFORMS_RULE}" is that of the rule which $conforms makes'
            report.error("MG209", twin.key_location, message)
    return tuple(rule for rule in built if rule is not None)


def build_exclusions(site: Site | None, report: Report) -> tuple[ExclusionSpec, ...]:
    """Return the exclusion clauses of a model, in source order."""
    built = [_exclusion(member, report) for member in _named(site, "clauses", report)]
    return tuple(clause for clause in built if clause is not None)


def _named(site: Site | None, what: str, report: Report) -> tuple[Site, ...]:
    if site is None:
        return ()
    if not site.is_mapping:
        message = f"{site.key} takes a mapping of names to {what}, not {kind_of(site.node)}"
        report.error("MG202", site, message)
    return site.members()


def _rule(site: Site, report: Report) -> RuleSpec | None:
    if not site.is_mapping:
        hint = (
            'such as {field: HCID, schema: {pattern: "^[A-Z]{3}"}} or {cel: "record.a < record.b"}'
        )
        report.error("MG217", site, f"a rule is a mapping, not {kind_of(site.node)}", hint)
        return None
    before = report.errors
    for member in site.members():
        if member.key not in _RULE_KEYS:
            hint = did_you_mean(member.key, _RULE_KEYS) or f"a rule takes {', '.join(_RULE_KEYS)}"
            report.error("MG217", member.key_location, f'a rule has no "{member.key}"', hint)
    if report.errors > before:
        return None
    kinds = [kind for kind in RuleKind if site.get(kind) is not None]
    if not kinds:
        hint = "schema, cel, conforms or plugin says what holds"
        report.error("MG217", site, f'rule "{site.key}" says nothing', hint)
        return None
    for other in kinds[1:]:
        place = site.get(other) or site
        report.error("MG204", place.key_location, f"{other} cannot stand beside {kinds[0]}")
    body = site.get(kinds[0]) or site
    return _rule_of_kind(site, kinds[0], body, report) if report.errors == before else None


def _rule_of_kind(site: Site, kind: RuleKind, body: Site, report: Report) -> RuleSpec | None:
    given = site.get("with")
    if given is not None and kind is not RuleKind.PLUGIN:
        message = f"with stands beside plugin, not beside {kind}"
        report.error("MG204", given.key_location, message)
    if kind is RuleKind.PLUGIN:
        return _plugin_rule(site, body, report)
    if kind is RuleKind.CONFORMS:
        return _conforms(body, site.key, site, report)
    if kind is RuleKind.SCHEMA:
        return _schema_rule(site, body, report)
    stray = site.get("field")
    if stray is not None:
        message = "a cel rule names its fields in the expression"
        report.error("MG204", stray.key_location, message)
    expression = read_text(body, report, "a CEL expression")
    if expression is None:
        return None
    return RuleSpec(
        name=site.key,
        kind=RuleKind.CEL,
        field=(),
        schema=None,
        expression=expression,
        location=site.key_location,
        body_location=body.location,
    )


def _schema_rule(site: Site, body: Site, report: Report) -> RuleSpec | None:
    schema = plain_data(body.node)
    if not isinstance(schema, dict | bool):
        message = f"a JSON Schema is a mapping, not {kind_of(body.node)}"
        report.error("MG217", body, message)
        return None
    place = site.get("field")
    field = () if place is None else read_field(place, report)
    if field is None:
        return None
    return RuleSpec(
        name=site.key,
        kind=RuleKind.SCHEMA,
        field=field,
        schema=schema,
        expression="",
        location=site.key_location,
        body_location=(place or body).location,
    )


def _plugin_rule(site: Site, body: Site, report: Report) -> RuleSpec | None:
    text = read_text(body, report, "the name of a plugin and of one of its rules")
    if text is None:
        return None
    if not _PLUGIN.fullmatch(text):
        hint = "such as acme-rules/luhn: the package that brings the rule, and the rule's name"
        report.error("MG217", body, f'"{text}" names no rule of a plugin', hint)
        return None
    place, given = site.get("field"), site.get("with")
    field = () if place is None else read_field(place, report)
    if given is not None and not given.is_mapping:
        message = f"with takes a mapping, not {kind_of(given.node)}"
        report.error("MG202", given, message)
        return None
    if field is None:
        return None
    plugin, _, name = text.partition("/")
    return RuleSpec(
        name=site.key,
        kind=RuleKind.PLUGIN,
        field=field,
        schema={} if given is None else plain_data(given.node),
        expression=f"{plugin_name(plugin)}/{name}",
        location=site.key_location,
        body_location=body.location,
    )


def _conforms(body: Site, name: str, named: Site, report: Report) -> RuleSpec | None:
    text = read_text(body, report, "the path of a JSON Schema file")
    if text is None:
        return None
    path = join_path(body.document.path, text)
    if not text or path is None:
        report.error("MG218", body, f'"{text}" is no file of this project')
        return None
    return RuleSpec(
        name=name,
        kind=RuleKind.CONFORMS,
        field=(),
        schema=None,
        expression=path,
        location=named.key_location,
        body_location=body.location,
    )


def _exclusion(site: Site, report: Report) -> ExclusionSpec | None:
    if not site.is_mapping or not site.members():
        hint = "such as {STATE: [AP], TYPE: [D]}"
        message = f"a clause is a mapping of fields to what they may be, not {kind_of(site.node)}"
        report.error("MG217", site, message, hint)
        return None
    built = [_condition(member, report) for member in site.members()]
    conditions = tuple(condition for condition in built if condition is not None)
    return ExclusionSpec(name=site.key, conditions=conditions, location=site.key_location)


def _condition(site: Site, report: Report) -> ConditionSpec | None:
    try:
        path = parse_field(site.key)
    except PathError as error:
        report.error("MG218", site.key_location, str(error))
        return None
    test = _test(site, report)
    if test is None:
        return None
    return ConditionSpec(field=path, test=test, location=site.key_location)


def _test(site: Site, report: Report) -> Json:
    """Return what the field may be: a list of values, or a mapping of bounds; None: reported."""
    if isinstance(site.node, Scalar):
        return [site.node.value]
    if site.is_list:
        if not site.items():
            report.error("MG206", site, "no value is listed, so the clause never holds")
            return None
        return plain_data(site.node)
    before = report.errors
    test: dict[str, Json] = {}
    for member in site.members():
        if member.key not in _TEST_KEYS:
            hint = did_you_mean(member.key, _TEST_KEYS) or f"it takes {', '.join(_TEST_KEYS)}"
            report.error("MG217", member.key_location, f'no condition is "{member.key}"', hint)
            continue
        test[_TYPE_NAMES[member.key]] = _operand(member, report)
    if not test and report.errors == before:
        report.error("MG217", site, "the condition is empty")
    _check_range(site, report)
    return test if report.errors == before else None


def _operand(member: Site, report: Report) -> Json:
    if member.key == "not" and member.is_list and not member.items():
        report.error("MG206", member, "no value is listed, so the condition always holds")
    if member.key == "not":
        return plain_data(member.node) if member.is_list else [plain_data(member.node)]
    if member.key == "pattern":
        return read_text(member, report, "a regular expression")
    if number_at(member) is None and member.text is None:
        message = f"{member.key} takes a number or a date, not {kind_of(member.node)}"
        report.error("MG202", member, message)
    return plain_data(member.node)


def _check_range(site: Site, report: Report) -> None:
    low, high = site.get("min"), site.get("max")
    if low is None or high is None:
        return
    least, most = number_at(low), number_at(high)
    if least is not None and most is not None and least > most:
        report.error("MG208", low, f"min {least} is more than max {most}")


def check_rule_paths(model: Model, shapes: Sequence[ObjectShape]) -> list[Diagnostic]:
    """Return an MG218 for each path of a rule or an exclusion that is in none of ``shapes``.

    ``shapes`` are what the path begins in: the records, masters merged in, from the slot down.
    A path goes through arrays to the same field of each element; an index may stand there.
    """
    return [
        _nowhere(model, path, location, shapes)
        for path, location in _paths(model)
        if not any(_leads(shape, path) for shape in shapes)
    ]


def _paths(model: Model) -> Iterator[tuple[Path, Location]]:
    for rule in model.rules:
        if rule.field:
            yield rule.field, rule.body_location or rule.location
    for exclusion in model.exclusions:
        for condition in exclusion.conditions:
            yield condition.field, condition.location


def _leads(shape: Shape, path: Path) -> bool:
    return any(not rest for _, rest in _ends(shape, path))


def _ends(shape: Shape, path: Path) -> Iterator[tuple[Shape, Path]]:
    """Yield where ``path`` stops, with the keys that were left then."""
    if not path:
        yield shape, path
    elif isinstance(shape, ArrayShape):
        rest = path[1:] if path[0].isdecimal() else path
        elements = shape.elements if shape.items is None else (shape.items,)
        for element in elements:
            yield from _ends(element, rest)
    else:
        below = shape.get(path[0]) if isinstance(shape, ObjectShape) else None
        if below is None:
            yield shape, path
        else:
            yield from _ends(below, path[1:])


def _nowhere(
    model: Model, path: Path, location: Location, shapes: Sequence[ObjectShape]
) -> Diagnostic:
    ends = [end for shape in shapes for end in _ends(shape, path)]
    shape, rest = min(ends, key=lambda end: len(end[1]), default=(None, path))
    known = [member.name for member in shape.members] if isinstance(shape, ObjectShape) else []
    return Diagnostic(
        code="MG218",
        message=f'"{".".join(path)}" leads to no field of {model.name}: there is no "{rest[0]}"',
        location=location,
        hint=did_you_mean(rest[0], known),
    )
