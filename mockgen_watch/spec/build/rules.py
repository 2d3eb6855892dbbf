"""Rules and exclusions: ``$rules``, ``$conforms`` and ``$exclude`` of a model."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, suggest
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.check_forms import FORMS
from mockgen_watch.spec.document import Json, Scalar, plain_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_RULE_KEYS: Final = ("field", "schema", "cel", "conforms", "plugin", "check", "with", "broken")
_PLUGIN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*/[^/\s]+"
_OPERATORS: Final = {"min": "minimum", "max": "maximum", "pattern": "pattern", "not": "not"}
"""The keys of a condition, and what a ``ConditionSpec`` calls them."""

CONFORMS_RULE: Final = "conforms"
"""The name of the rule that ``$conforms`` makes."""


MOST_NAMED: Final = 300
"""Rules of one model, and clauses: each fault of one is held against all the others."""


def build_rules(
    rules: reader.Entry | None, conforms: reader.Entry | None
) -> tuple[spec.RuleSpec, ...]:
    """Return the rules of a model, in source order; those that cannot be read are reported."""
    built = [_rule(entry) for entry in _named_members(rules, "rules")]
    if conforms is not None:
        rule = _rule_of_kind(conforms, spec.RuleKind.CONFORMS, conforms)
        built.append(None if rule is None else replace(rule, name=CONFORMS_RULE))
        twin = None if rules is None else rules.get(CONFORMS_RULE)
        if twin is not None:
            message = f'the name "{CONFORMS_RULE}" is taken by the rule of $conforms'
            twin.key_error("MG209", message)
    return tuple(rule for rule in built if rule is not None)


def build_exclusions(entry: reader.Entry | None) -> tuple[spec.ExclusionSpec, ...]:
    """Return the exclusion clauses of a model, in source order."""
    built = [_exclusion(member) for member in _named_members(entry, "clauses")]
    return tuple(clause for clause in built if clause is not None)


def _named_members(entry: reader.Entry | None, what: str) -> tuple[reader.Entry, ...]:
    if entry is None:
        return ()
    if not entry.is_mapping:
        entry.error("MG202", f"{entry.key} takes a mapping of names to {what}, not {entry.kind}")
    members = entry.members()
    if len(members) > MOST_NAMED:
        members[MOST_NAMED].key_error("MG217", f"a model can have at most {MOST_NAMED} {what}")
    return members[:MOST_NAMED]


def _rule(entry: reader.Entry) -> spec.RuleSpec | None:
    if not entry.is_mapping:
        hint = (
            'such as {field: HCID, schema: {pattern: "^[A-Z]{3}"}} or {cel: "record.a < record.b"}'
        )
        entry.error("MG217", f"a rule must be a mapping, not {entry.kind}", hint)
        return None
    before = entry.errors
    for member in entry.members():
        if member.key not in _RULE_KEYS:
            otherwise = f"a rule can have {', '.join(_RULE_KEYS)}"
            message = f'unknown key "{member.key}" in a rule'
            member.unknown_key("MG217", message, _RULE_KEYS, otherwise)
    if entry.errors > before:
        return None
    kinds = [kind for kind in spec.RuleKind if entry.get(kind) is not None]
    if not kinds:
        hint = "add schema, cel, check, conforms or plugin"
        entry.error("MG217", f'rule "{entry.key}" has no condition', hint)
        return None
    for other in kinds[1:]:
        place = entry.get(other) or entry
        place.key_error("MG204", f"{other} cannot be combined with {kinds[0]}")
    body = entry.get(kinds[0]) or entry
    return _rule_of_kind(entry, kinds[0], body) if entry.errors == before else None


def _rule_of_kind(
    entry: reader.Entry, kind: spec.RuleKind, body: reader.Entry
) -> spec.RuleSpec | None:
    given = entry.get("with")
    if given is not None and kind is not spec.RuleKind.PLUGIN:
        given.key_error("MG204", f'"with" goes with plugin, not with {kind}')
    place = entry.key_location
    broken = entry.get("broken")
    rule = spec.RuleSpec(
        name=entry.key,
        kind=kind,
        location=place,
        body_location=body.location,
        is_never_broken=broken is not None
        and reader.read_word(broken, ("never",), "MG217") == "never",
    )
    match kind:
        case spec.RuleKind.PLUGIN:
            return _plugin_rule(rule, entry, body)
        case spec.RuleKind.CONFORMS:
            return _conforms_rule(rule, body)
        case spec.RuleKind.SCHEMA:
            return _schema_rule(rule, entry, body)
        case spec.RuleKind.CHECK:
            return _check_rule(rule, entry, body)
        case spec.RuleKind.CEL:
            return _cel_rule(rule, entry, body)


def _check_rule(
    rule: spec.RuleSpec, entry: reader.Entry, body: reader.Entry
) -> spec.RuleSpec | None:
    """Return the rule that a field has right check digits."""
    kind = reader.read_word(body, tuple(FORMS), "MG203")
    place = entry.get("field")
    if place is None:
        entry.error("MG205", "check needs a field", "such as field: npi")
        return None
    field = reader.read_field(place)
    if kind is None or field is None:
        return None
    return replace(rule, field=field, expression=kind, body_location=place.location)


def _cel_rule(rule: spec.RuleSpec, entry: reader.Entry, body: reader.Entry) -> spec.RuleSpec | None:
    place = entry.get("field")
    field = () if place is None else reader.read_field(place)
    expression = reader.read_text(body, "a CEL expression")
    if expression is None or field is None:
        return None
    # Most specs have no expressions, and do without all that these modules import.
    from mockgen_watch.spec.build.expressions import check_syntax, text_location

    location = text_location(body)
    if not check_syntax(body, f'rule "{rule.name}"'):
        return None
    return replace(rule, expression=expression, field=field, body_location=location)


def _schema_rule(
    rule: spec.RuleSpec, entry: reader.Entry, body: reader.Entry
) -> spec.RuleSpec | None:
    schema = plain_data(body.node)
    if not isinstance(schema, dict | bool):
        body.error("MG217", f"a JSON Schema must be a mapping, not {body.kind}")
        return None
    # Many specs have no schemas in rules, and do without this module.
    from mockgen_watch.spec.build.schemas import check_keywords

    check_keywords(body)
    place = entry.get("field")
    field = () if place is None else reader.read_field(place)
    if field is None:
        return None
    return replace(rule, field=field, schema=schema, body_location=(place or body).location)


def _plugin_rule(
    rule: spec.RuleSpec, entry: reader.Entry, body: reader.Entry
) -> spec.RuleSpec | None:
    text = reader.read_text(body, "the name of a plugin and of one of its rules")
    if text is None:
        return None
    if not re.fullmatch(_PLUGIN, text):
        hint = "such as acme-rules/luhn: the package that brings the rule, and the rule's name"
        body.error("MG217", f'"{text}" does not name a rule of a plugin', hint)
        return None
    place, given = entry.get("field"), entry.get("with")
    field = () if place is None else reader.read_field(place)
    if given is not None and not given.is_mapping:
        given.error("MG202", f"with takes a mapping, not {given.kind}")
        return None
    if field is None:
        return None
    plugin, _, name = text.partition("/")
    schema = {} if given is None else plain_data(given.node)
    return replace(
        rule, field=field, schema=schema, expression=f"{reader.plugin_name(plugin)}/{name}"
    )


def _conforms_rule(rule: spec.RuleSpec, body: reader.Entry) -> spec.RuleSpec | None:
    text = reader.read_text(body, "the path of a JSON Schema file")
    if text is None:
        return None
    path = reader.join_path(body.file, text)
    if not text or path is None:
        body.error("MG218", f'no such file in this project: "{text}"')
        return None
    return replace(rule, expression=path)


def _exclusion(entry: reader.Entry) -> spec.ExclusionSpec | None:
    if not entry.is_mapping or not entry.members():
        hint = "such as {STATE: [AP], TYPE: [D]}"
        message = f"a clause must be a mapping of fields to their values, not {entry.kind}"
        entry.error("MG217", message, hint)
        return None
    built = [_condition(member) for member in entry.members()]
    conditions = tuple(condition for condition in built if condition is not None)
    return spec.ExclusionSpec(name=entry.key, conditions=conditions, location=entry.key_location)


def _condition(entry: reader.Entry) -> spec.ConditionSpec | None:
    try:
        path = reader.parse_field(entry.key)
    except reader.PathError as error:
        entry.key_error("MG218", str(error))
        return None
    test = _test(entry)
    if test is None:
        return None
    return spec.ConditionSpec(field=path, test=test, location=entry.key_location)


def _test(entry: reader.Entry) -> Json:
    """Return what the field may be: a list of values, or a mapping of bounds; None: reported."""
    if isinstance(entry.node, Scalar):
        return [entry.value]
    if entry.is_list:
        if not entry.items():
            entry.error("MG206", "the list is empty, so the clause never applies")
            return None
        return plain_data(entry.node)
    before = entry.errors
    test: dict[str, Json] = {}
    for member in entry.members():
        if member.key in _OPERATORS:
            test[_OPERATORS[member.key]] = _operand(member)
        else:
            message = f'unknown condition "{member.key}"'
            member.unknown_key("MG217", message, _OPERATORS, f"it takes {', '.join(_OPERATORS)}")
    if not test and entry.errors == before:
        entry.error("MG217", "the condition is empty")
    _check_range(entry)
    return test if entry.errors == before else None


def _operand(member: reader.Entry) -> Json:
    if member.key == "not" and member.is_list and not member.items():
        member.error("MG206", "the list is empty, so the condition is always true")
    if member.key == "not":
        return plain_data(member.node) if member.is_list else [plain_data(member.node)]
    if member.key == "pattern":
        return reader.read_text(member, "a regular expression")
    if member.number is None and member.text is None:
        member.error("MG202", f"{member.key} takes a number or a date, not {member.kind}")
    return plain_data(member.node)


def _check_range(entry: reader.Entry) -> None:
    low, high = entry.get("min"), entry.get("max")
    if low is None or high is None or low.number is None or high.number is None:
        return
    if low.number > high.number:
        low.error("MG208", f"min {low.number} is more than max {high.number}")


def check_rule_paths(model: spec.Model, shapes: Sequence[spec.ObjectShape]) -> list[Diagnostic]:
    """Return an MG218 for each path of a rule or an exclusion that is in none of ``shapes``.

    ``shapes`` are what the path begins in: the records, masters merged in, from the slot down.
    A path goes through arrays to the same field of each element; an index is allowed there.
    """
    found = []
    for path, location in _rule_paths(model):
        ends = [end for shape in shapes for end in _ends(shape, path)]
        if all(rest for _, rest in ends):
            found.append(_leads_nowhere(model, path, location, ends))
    return found


def _rule_paths(model: spec.Model) -> Iterator[tuple[spec.KeyPath, Location]]:
    for rule in model.rules:
        if rule.field:
            yield rule.field, rule.body_location or rule.location
    for exclusion in model.exclusions:
        for condition in exclusion.conditions:
            yield condition.field, condition.location


def _ends(shape: spec.Shape, path: spec.KeyPath) -> Iterator[tuple[spec.Shape, spec.KeyPath]]:
    """Yield where ``path`` stops, with the keys that were left then."""
    if not path:
        yield shape, path
    elif isinstance(shape, spec.ArrayShape):
        rest = path[1:] if path[0].isdecimal() else path
        for element in spec.element_shapes(shape):
            yield from _ends(element, rest)
    elif isinstance(shape, spec.Leaf) and spec.alternatives_of(shape):
        for each in spec.alternatives_of(shape):
            yield from _ends(each, path)
    else:
        below = shape.get(path[0]) if isinstance(shape, spec.ObjectShape) else None
        yield from [(shape, path)] if below is None else _ends(below, path[1:])


def _leads_nowhere(
    model: spec.Model,
    path: spec.KeyPath,
    location: Location,
    ends: Sequence[tuple[spec.Shape, spec.KeyPath]],
) -> Diagnostic:
    shape, rest = min(ends, key=lambda end: len(end[1]), default=(None, path))
    known = [member.name for member in shape.members] if isinstance(shape, spec.ObjectShape) else []
    near = suggest(rest[0], known)
    return Diagnostic(
        code="MG218",
        message=f'"{".".join(path)}" is not a field of {model.name}: unknown field "{rest[0]}"',
        location=location,
        hint=near.hint(),
        suggestion=near,
    )
