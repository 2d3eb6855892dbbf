"""Takes the site of ``$boolean``, ``$sequence`` or ``$index``; gives its generator."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import (
    is_empty,
    number_at,
    read_params,
    read_probability,
    read_text,
    read_whole,
    read_word,
    report_type,
)
from mockgen_watch.spec.generators import Boolean, RecordIndex, SequenceNumber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.job import Scope
    from mockgen_watch.spec.build.site import Report, Site

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
