"""Takes the site of ``$rows``; gives the members that are chosen together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.generators import NO_MODIFIERS, vocabulary_pool
from mockgen_watch.spec.build.names import data_key, is_directive
from mockgen_watch.spec.build.pools import pool_of_rows
from mockgen_watch.spec.build.scalars import read_params, read_text, report_type
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import Leaf, Member, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.reader import Job, Report, Scope, Site
    from mockgen_watch.spec.generators import Pool


def build_rows(site: Site, scope: Scope, job: Job) -> tuple[Member, ...]:
    """Return a member for each field of the rows; none when something was reported.

    ``scope`` is that of the object that holds ``$rows``.
    """
    fields: Mapping[str, str] | None = None
    if site.is_mapping:
        pool, fields = _shared_rows(site, job)
    else:
        pool = pool_of_rows(site, job.report)
    if pool is None:
        return ()
    names = fields or {key: key for key in _keys(pool)}
    origin = Origin(kind=scope.kind, name=scope.owner, location=site.location)
    return tuple(
        Member(
            name=name,
            shape=Leaf(
                generator=RowField(rows=pool, key=key, address=scope.address),
                modifiers=NO_MODIFIERS,
                address=(*scope.address, name),
                origin=origin,
            ),
            location=site.key_location,
        )
        for name, key in names.items()
    )


def _keys(pool: Pool) -> tuple[str, ...]:
    first = pool.entries[0].value
    return tuple(first) if isinstance(first, dict) else ()


def _shared_rows(site: Site, job: Job) -> tuple[Pool | None, Mapping[str, str] | None]:
    """Return the rows of a vocabulary, and which of their fields are taken under which name."""
    before = job.report.errors
    params = read_params(site, job.report, ("$vocab", "$fields"))
    if "$vocab" not in params:
        if job.report.errors == before:
            report_type(site, job.report, "a list of rows, or {$vocab: name}")
        return None, None
    pool = vocabulary_pool(params["$vocab"], job)
    if pool is None:
        return None, None
    if not all(isinstance(entry.value, dict) for entry in pool.entries):
        message = f'the values of vocabulary "{pool.source}" are no rows'
        job.report.error("MG219", params["$vocab"], message)
        return None, None
    fields = _fields(params.get("$fields"), pool, job.report)
    return (pool, fields) if job.report.errors == before else (None, None)


def _fields(site: Site | None, pool: Pool, report: Report) -> Mapping[str, str] | None:
    """Return name in the record → key of the row; None: all keys under their own names."""
    if site is None:
        return None
    if site.is_list:
        pairs = [(item, read_text(item, report)) for item in site.items()]
        fields = {key: key for _, key in pairs if key is not None}
    else:
        pairs = [(member, read_text(member, report)) for member in site.members()]
        fields = {data_key(member.key): key for member, key in pairs if key is not None}
        for member in site.members():
            if is_directive(member.key):
                hint = f'a key of the data is written "${member.key}"'
                message = f"there is no directive {member.key}"
                report.error("MG201", member.key_location, message, hint)
    known = _keys(pool)
    for place, key in pairs:
        if key is not None and key not in known:
            hint = did_you_mean(key, known) or f"it has {', '.join(known)}"
            message = f'vocabulary "{pool.source}" has no field "{key}"'
            report.error("MG203", place, message, hint)
    if not pairs:
        report_type(site, report, "a list of fields, or a mapping of names to fields")
    return fields
