"""Takes the site of ``$output`` (or ``output``); gives OutputOptions over what is inherited."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.scalars import read_word, report_type
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.model import Layout, OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.site import Report, Site
    from mockgen_watch.spec.document import Json

    Formats = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputEdit:
    """What one place says about the output; None where it says nothing."""

    format: str | None = None
    layout: Layout | None = None
    options: tuple[tuple[str, Json], ...] = ()


def read_output(site: Site | None, formats: Formats, inherited: str, report: Report) -> OutputEdit:
    """Return what ``site`` says; ``inherited`` is the format where it names none."""
    if site is None:
        return OutputEdit()
    if site.text is not None:
        return OutputEdit(format=read_word(site, report, tuple(formats), "MG221"))
    if not site.is_mapping:
        report_type(site, report, "a format, or a mapping of format, layout and options")
        return OutputEdit()
    stated = site.get("format")
    name = None if stated is None else read_word(stated, report, tuple(formats), "MG221")
    place = site.get("layout")
    layout = None if place is None else read_word(place, report, tuple(Layout), "MG221")
    options: dict[str, Json] = {}
    # The options of a format that was misspelt are anyone's guess.
    known = None if stated is not None and name is None else formats.get(name or inherited)
    for member in site.members():
        if member.key not in {"format", "layout"}:
            options[member.key] = plain_data(member.node)
            _check_option(member, name or inherited, known, report)
    return OutputEdit(
        format=name,
        layout=None if layout is None else Layout(layout),
        options=tuple(sorted(options.items())),
    )


def apply_output(base: OutputOptions, edit: OutputEdit, formats: Formats) -> OutputOptions:
    """Return ``base`` with ``edit`` on top; options that the format lacks are not inherited."""
    name = edit.format or base.format
    known = formats.get(name)
    inherited = {key: value for key, value in base.options if known is None or key in known}
    options = {**inherited, **dict(edit.options)}
    layout = edit.layout or base.layout
    return replace(base, format=name, layout=layout, options=tuple(sorted(options.items())))


def _check_option(member: Site, name: str, known: frozenset[str] | None, report: Report) -> None:
    if known is None or member.key in known:
        return
    hint = did_you_mean(member.key, {*known, "format", "layout"})
    message = f'format {name} has no option "{member.key}"'
    report.error("MG221", member.key_location, message, hint)
