"""Takes the modifiers that stand beside a leaf, object or array; gives Modifiers."""

from __future__ import annotations

import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.moments import build_date, build_datetime, build_time
from mockgen_watch.spec.build.names import PathError, parse_field, parse_path
from mockgen_watch.spec.build.numbers import build_integer, build_number
from mockgen_watch.spec.build.pools import pool_of_values, pool_of_weights
from mockgen_watch.spec.build.scalars import (
    is_empty,
    number_at,
    read_field,
    read_flag,
    read_params,
    read_probability,
    read_text,
    read_whole,
    read_word,
    report_type,
)
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    SequenceNumber,
    Template,
    TemplatePart,
    Uuid,
)
from mockgen_watch.spec.model import Modifiers, Transform
from mockgen_watch.spec.pattern import PatternError, compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Final, TypeAlias

    from mockgen_watch.spec.build.reader import Job, Report, Scope, Site
    from mockgen_watch.spec.generators import Generator

    _Build: TypeAlias = Callable[[Site, Scope, Report], Generator | None]


MAX_WIDTH: Final = 40


def build_boolean(site: Site, scope: Scope, report: Report) -> Boolean | None:
    """Return what ``$boolean`` says: the probability of true, a half unless said."""
    del scope
    if is_empty(site):
        return Boolean(true=Decimal("0.5"))
    target: Site | None = site
    if site.is_mapping:
        target = read_params(site, report, ("true",)).get("true")
    elif number_at(site) is None:
        report_type(site, report, "the probability of true, a number from 0 to 1")
        return None
    odds = None if target is None else read_probability(target, report)
    return None if odds is None else Boolean(true=odds)


def build_sequence(site: Site, scope: Scope, report: Report) -> SequenceNumber | None:
    """Return what ``$sequence`` says: a start, or a mapping of start, step, width, prefix."""
    del scope
    if number_at(site) is not None:
        start = read_whole(site, report)
        return None if start is None else SequenceNumber(start=start, step=1, width=0, prefix="")
    if not site.is_mapping and not is_empty(site):
        report_type(site, report, "a number to start with, or a mapping")
        return None
    before = report.errors
    params = read_params(site, report, ("start", "step", "width", "prefix"))
    start = _whole(params, report, "start", 1)
    step = _whole(params, report, "step", 1)
    width = _whole(params, report, "width", 0, least=0)
    prefix = read_text(params["prefix"], report) if "prefix" in params else ""
    if step == 0:
        report.error("MG208", params["step"], "a step of 0 makes every number the same")
    if width > MAX_WIDTH:
        report.error("MG208", params["width"], f"width is {MAX_WIDTH} at most")
    if report.errors > before:
        return None
    return SequenceNumber(start=start, step=step, width=width, prefix=prefix or "")


def build_index(site: Site, scope: Scope, report: Report) -> RecordIndex | None:
    """Return what ``$index`` says: the index of the record, or of the element."""
    if is_empty(site):
        return RecordIndex()
    word = read_word(site, report, ("record", "element"), "MG202")
    if word == "element" and not scope.in_array:
        report.error("MG204", site, "$index: element stands in no array")
        return None
    return None if word is None else RecordIndex(element=word == "element")


def _whole(
    params: Mapping[str, Site], report: Report, name: str, default: int, least: int | None = None
) -> int:
    if name not in params:
        return default
    value = read_whole(params[name], report, least)
    return default if value is None else value


_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")


class _TemplateError(ValueError):
    """The template cannot be read; the message says why."""


def build_template(site: Site, scope: Scope, report: Report) -> Template | None:
    """Return what ``$template`` says; None when it was reported."""
    text = read_text(site, report, 'text such as "{first}.{last}@example.com"')
    if text is None:
        return None
    try:
        return Template(parts=tuple(_join(_parts(text, scope))))
    except _TemplateError as error:
        hint = "a field is {name} or {.name}; a brace as text is written twice: {{ or }}"
        report.error("MG213", site, str(error), hint)
        return None


def build_reference(site: Site, scope: Scope, report: Report) -> Reference | None:
    """Return what ``$ref`` says; None when it was reported. What it names is looked up later."""
    del scope
    if site.is_mapping:
        return _reference_of_params(site, report)
    text = read_text(site, report, "text such as Member.id, or a mapping with model and field")
    if text is None:
        return None
    suite, colon, rest = text.rpartition(":")
    try:
        keys = parse_path(rest)
    except PathError:
        keys = ()
    if len(keys) < 2 or (colon and not suite):  # noqa: PLR2004  # a model and a field
        message = f'$ref "{text}" is not of the form Model.field or suite:Model.field'
        report.error("MG203", site, message)
        return None
    return Reference(suite=suite, model=keys[0], path=keys[1:])


def _reference_of_params(site: Site, report: Report) -> Reference | None:
    before = report.errors
    params = read_params(site, report, ("model", "field", "scenario", "suite"))
    for name in ("model", "field"):
        if name not in params and report.errors == before:
            report.error("MG205", site, f"$ref needs {name}")
    texts = {name: read_text(param, report) or "" for name, param in params.items()}
    if report.errors > before:
        return None
    path = read_field(params["field"], report)
    if path is None:
        return None
    return Reference(
        suite=texts.get("suite", ""),
        model=texts["model"],
        path=path,
        scenario=texts.get("scenario", ""),
    )


def _parts(text: str, scope: Scope) -> Iterator[TemplatePart]:
    for token in _TOKEN.finditer(text):
        piece = token[0]
        if piece in {"{{", "}}"}:
            yield TemplatePart(text=piece[0])
        elif token[1] is not None:
            yield TemplatePart(path=_field_path(token[1].strip(), scope))
        elif piece in {"{", "}"}:
            raise _TemplateError(f'a "{piece}" stands alone in this template')
        else:
            yield TemplatePart(text=piece)


def _field_path(text: str, scope: Scope) -> tuple[str, ...]:
    relative = text.startswith(".")
    try:
        path = parse_field(text[1:] if relative else text)
    except PathError as error:
        raise _TemplateError(f'"{{{text}}}" names no field: {error}') from error
    return (*scope.home, *path) if relative else path


def _join(parts: Iterator[TemplatePart]) -> Iterator[TemplatePart]:
    """Yield ``parts`` with neighbouring texts joined."""
    text = ""
    for part in parts:
        if part.path:
            if text:
                yield TemplatePart(text=text)
            text = ""
            yield part
        else:
            text += part.text
    if text:
        yield TemplatePart(text=text)


def build_generator(site: Site, scope: Scope, job: Job) -> Generator | None:
    """Return the generator of the directive at ``site``; None when it was reported."""
    if site.key == "$vocab":
        return vocabulary_pool(site, job)
    return BUILDERS[site.key](site, scope, job.report)


def vocabulary_pool(site: Site, job: Job) -> Pool | None:
    """Return the vocabulary that ``$vocab`` names; None when it, or its file, was reported."""
    name = read_text(site, job.report, "the name of a vocabulary")
    if name is None:
        return None
    pool = job.context.vocabularies.get(name)
    if pool is None and name not in job.context.known_vocabularies:
        known = {*job.context.known_vocabularies, *job.context.vocabularies}
        hint = did_you_mean(name, known) or "a vocabulary is a file in _vocab/"
        job.report.error("MG219", site, f'there is no vocabulary "{name}"', hint)
    return None if pool is None else replace(pool, source=name)


def _constant(site: Site, scope: Scope, report: Report) -> Constant:
    del scope, report
    return Constant(value=plain_data(site.node))


def _choice(site: Site, scope: Scope, report: Report) -> Pool | None:
    del scope
    return pool_of_values(site, report)


def _weighted(site: Site, scope: Scope, report: Report) -> Pool | None:
    del scope
    return pool_of_weights(site, report)


def _pattern(site: Site, scope: Scope, report: Report) -> Pattern | None:
    del scope
    source = read_text(site, report, 'a regular expression such as "[A-Z]{3}[0-9]{6}"')
    if source is None:
        return None
    try:
        compile_pattern(source)
    except PatternError as error:
        message = f"{error}, at character {error.offset + 1} of the pattern"
        report.error("MG211", site, message)
        return None
    return Pattern(source=source)


def _uuid(site: Site, scope: Scope, report: Report) -> Uuid | None:
    del scope
    if not is_empty(site):
        report_type(site, report, "no parameters: {}")
        return None
    return Uuid()


BUILDERS: Mapping[str, _Build] = MappingProxyType(
    {
        "$const": _constant,
        "$choice": _choice,
        "$weighted": _weighted,
        "$pattern": _pattern,
        "$integer": build_integer,
        "$number": build_number,
        "$boolean": build_boolean,
        "$date": build_date,
        "$datetime": build_datetime,
        "$time": build_time,
        "$uuid": _uuid,
        "$sequence": build_sequence,
        "$index": build_index,
        "$template": build_template,
        "$ref": build_reference,
    }
)
"""How each directive that chooses a value is read; ``$vocab`` needs the vocabularies as well."""

GENERATOR_DIRECTIVES = (*BUILDERS, "$vocab")
"""The directives of which a leaf has exactly one."""


MAX_ELEMENTS: Final = 10_000


def read_lengths(site: Site, report: Report) -> tuple[int, int]:
    """Return the least and the greatest length: of a number, a pair, or min and max."""
    places: Mapping[str, Site] = {}
    if number_at(site) is not None:
        places = {"min": site, "max": site}
    elif site.is_list and len(site.items()) == 2:  # noqa: PLR2004  # a pair
        places = dict(zip(("min", "max"), site.items(), strict=True))
    elif site.is_mapping:
        before = report.errors
        places = read_params(site, report, ("min", "max"))
        if "max" not in places and report.errors == before:
            report.error("MG205", site, "$array needs max")
    else:
        report_type(site, report, "a length, [min, max], or a mapping with min and max")
    ends = {name: read_whole(place, report, 0) for name, place in places.items()}
    least, most = ends.get("min") or 0, ends.get("max")
    if most is None:
        return (0, 0)
    if least > most:
        report.error("MG208", places["min"], f"min {least} is more than max {most}")
    elif most > MAX_ELEMENTS:
        report.error("MG208", places["max"], f"an array has {MAX_ELEMENTS} elements at most")
    return (least, most)


MODIFIER_DIRECTIVES: Final = ("$null", "$omit", "$unique", "$transform", "$id", "$to", "$delete")
LEAF_ONLY: Final = MappingProxyType({"$unique": "a leaf", "$transform": "a leaf of text"})

NO_MODIFIERS: Final = Modifiers(null=Decimal(0), omit=Decimal(0))
"""What holds where a spec says nothing."""


def build_modifiers(sites: Mapping[str, Site], report: Report, *, leaf: bool) -> Modifiers:
    """Return the modifiers among ``sites``, by directive; what is wrong is reported and left out.

    ``$id`` is checked here, but it acts on addresses, where the object is built.
    """
    if not sites:
        return NO_MODIFIERS
    if not leaf:
        for name, what in LEAF_ONLY.items():
            if name in sites:
                report.error("MG204", sites[name].key_location, f"{name} is for {what}")
    if "$id" in sites:
        read_id(sites["$id"], report)
    return Modifiers(
        null=_odds(sites, "$null", report),
        omit=_odds(sites, "$omit", report),
        unique=leaf and _flag(sites, "$unique", report),
        transforms=_transforms(sites.get("$transform"), report) if leaf else (),
        to=_target(sites.get("$to"), report),
        delete=_flag(sites, "$delete", report),
    )


def read_id(site: Site, report: Report) -> str | None:
    """Return the text of ``$id``; None when it was reported."""
    text = read_text(site, report)
    if text == "":
        report.error("MG202", site, "$id is empty")
        return None
    return text


def _odds(sites: Mapping[str, Site], name: str, report: Report) -> Decimal:
    value = read_probability(sites[name], report) if name in sites else None
    return Decimal(0) if value is None else value


def _flag(sites: Mapping[str, Site], name: str, report: Report) -> bool:
    return bool(read_flag(sites[name], report)) if name in sites else False


def _transforms(site: Site | None, report: Report) -> tuple[Transform, ...]:
    if site is None:
        return ()
    if site.text is None and not site.is_list:
        report_type(site, report, f"one or a list of {', '.join(Transform)}")
        return ()
    names = site.items() if site.is_list else (site,)
    words = [_transform(name, report) for name in names]
    return tuple(Transform(word) for word in words if word is not None)


def _transform(site: Site, report: Report) -> str | None:
    return read_word(site, report, tuple(Transform), "MG203")


def _target(site: Site | None, report: Report) -> tuple[str, ...]:
    if site is None:
        return ()
    return read_field(site, report) or ()
