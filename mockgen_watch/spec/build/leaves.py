"""Takes the site of one generator directive; gives the Generator, from one table of directives."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.counters import build_boolean, build_index, build_sequence
from mockgen_watch.spec.build.moments import build_date, build_datetime, build_time
from mockgen_watch.spec.build.numbers import build_integer, build_number
from mockgen_watch.spec.build.pools import pool_of_values, pool_of_weights
from mockgen_watch.spec.build.scalars import is_empty, read_text, report_type
from mockgen_watch.spec.build.templates import build_reference, build_template
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.generators import Constant, Pattern, Pool, Uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from mockgen_watch.spec.build.job import Job, Scope
    from mockgen_watch.spec.build.site import Report, Site
    from mockgen_watch.spec.generators import Generator

    _Build: TypeAlias = Callable[[Site, Scope, Report], Generator | None]


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
    # The compiler is slow to import, and a spec without patterns never needs it.
    from mockgen_watch.spec.pattern import PatternError, compile_pattern  # noqa: PLC0415

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
