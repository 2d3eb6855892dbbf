"""Takes the site of ``$date``, ``$datetime`` or ``$time``; gives the Moment between its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import read_params, read_text, read_whole, report_type
from mockgen_watch.spec.generators import Moment, MomentKind
from mockgen_watch.spec.moments import (
    DAY,
    ISO_FORMATS,
    MomentError,
    format_units,
    read_moment,
    split_format,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.reader import Report, Scope, Site

_ISO_DATE_LENGTH: Final = len("2025-12-31")


def build_date(site: Site, scope: Scope, report: Report) -> Moment | None:
    """Return what ``$date`` says; None when it was reported."""
    del scope
    return _build(site, MomentKind.DATE, report)


def build_datetime(site: Site, scope: Scope, report: Report) -> Moment | None:
    """Return what ``$datetime`` says; None when it was reported."""
    del scope
    return _build(site, MomentKind.DATETIME, report)


def build_time(site: Site, scope: Scope, report: Report) -> Moment | None:
    """Return what ``$time`` says; None when it was reported."""
    del scope
    return _build(site, MomentKind.TIME, report)


def _build(site: Site, kind: MomentKind, report: Report) -> Moment | None:
    before = report.errors
    params = _params(site, report)
    if report.errors > before:
        return None
    form = _format(params, kind, report)
    step = read_whole(params["step"], report, 1) if "step" in params else 1
    if form is None or step is None:
        return None
    first = _end(params["from"], kind, form, report)
    last = _end(params["to"], kind, form, report, closing=True)
    if first is None or last is None:
        return None
    if first > last:
        message = f"from {params['from'].text} is later than to {params['to'].text}"
        report.error("MG208", params["from"], message)
        return None
    return Moment(
        kind=kind,
        first=first,
        last=_on_grid(params["to"], (first, last, step), kind, report),
        step=step,
        format=form,
    )


def _params(site: Site, report: Report) -> Mapping[str, Site]:
    """Return the parameters, those of the short form ``[from, to]`` too."""
    items = site.items()
    if site.is_list and len(items) == 2:  # noqa: PLR2004  # two ends
        return {"from": items[0], "to": items[1]}
    if not site.is_mapping:
        report_type(site, report, "two ends: [from, to], or a mapping with from and to")
        return {}
    params = read_params(site, report, ("from", "to", "format", "step"))
    missing = " and ".join(name for name in ("from", "to") if name not in params)
    if missing and len(params) == len(site.members()):
        hint = "both ends are fixed; nothing is ever taken from the clock"
        report.error("MG205", site, f"{site.key} needs {missing}", hint)
    return params


def _format(params: Mapping[str, Site], kind: MomentKind, report: Report) -> str | None:
    if "format" not in params:
        return ISO_FORMATS[kind]
    form = read_text(params["format"], report, "text such as %Y-%m-%d")
    if form is None:
        return None
    try:
        split_format(form, kind)
    except MomentError as error:
        report.error("MG212", params["format"], str(error))
        return None
    return form


def _end(
    site: Site, kind: MomentKind, form: str, report: Report, *, closing: bool = False
) -> int | None:
    """Return the moment at ``site``, in ISO 8601 or in the field's own format."""
    text = read_text(site, report, f'text such as "{ISO_EXAMPLES[kind]}"')
    if text is None:
        return None
    try:
        units = read_moment(text, kind)
    except MomentError as iso_problem:
        try:
            return read_moment(text, kind, form)
        except MomentError:
            report.error("MG212", site, str(iso_problem))
            return None
    # A day alone means the whole day, so as an upper end it is its last second.
    if closing and kind is MomentKind.DATETIME and len(text) <= _ISO_DATE_LENGTH:
        units += DAY - 1
    return units


def _on_grid(site: Site, grid: tuple[int, int, int], kind: MomentKind, report: Report) -> int:
    first, last, step = grid
    rest = (last - first) % step
    whole_day = kind is MomentKind.DATETIME and len(site.text or "") <= _ISO_DATE_LENGTH
    if rest and not whole_day:
        shown = format_units(last - rest, ISO_FORMATS[kind], kind)
        report.warn("MG225", site, f"steps of {step} never meet this end", f"say to: {shown}")
    return last - rest


ISO_EXAMPLES: Final = {
    MomentKind.DATE: "2025-12-31",
    MomentKind.DATETIME: "2025-12-31T23:59:59",
    MomentKind.TIME: "23:59:59",
}
"""One moment of each kind as a spec writes it."""
