"""Takes the site of ``$output`` (or ``output``); gives OutputOptions over what is inherited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import did_you_mean, is_slip
from mockgen_watch.spec.build.reader import kind_of
from mockgen_watch.spec.build.scalars import read_text, read_word, report_type
from mockgen_watch.spec.document import Scalar, plain_data
from mockgen_watch.spec.model import Labels, Layout, OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.build.reader import Report, Site
    from mockgen_watch.spec.document import Json


_OWN_KEYS = frozenset(["format", "layout", "labels"])
"""Keys of ``$output`` that no format has to understand."""


class KnownOption(Protocol):
    """An option that a format understands."""

    @property
    def name(self) -> str:
        """The name in ``$output``."""

    @property
    def expected(self) -> str:
        """The values that it takes, for a person."""

    def takes(self, value: Json) -> bool:
        """Return whether ``value`` is one of those."""


class KnownFormat(Protocol):
    """What a spec has to know about a format: ``mockgen_watch.formats`` have it."""

    @property
    def options(self) -> Sequence[KnownOption]:
        """The options that it understands."""

    @property
    def layouts(self) -> Sequence[Layout]:
        """The layouts that it can write."""


class OutputEdit(Struct, frozen=True, kw_only=True):
    """What one place says about the output; None where it says nothing."""

    format: str | None = None
    layout: Layout | None = None
    labels: Labels | None = None
    options: tuple[tuple[str, Json], ...] = ()


def read_output(
    site: Site | None, formats: Mapping[str, KnownFormat], inherited: str, report: Report
) -> OutputEdit:
    """Return what ``site`` says; ``inherited`` is the format where it names none.

    Without ``formats`` any name and any option is taken.
    """
    if site is None:
        return OutputEdit()
    if site.text is not None:
        return OutputEdit(format=_format_name(site, formats, report))
    if not site.is_mapping:
        report_type(site, report, "a format, or a mapping of format, layout and options")
        return OutputEdit()
    stated, place, labels = site.get("format"), site.get("layout"), site.get("labels")
    name = None if stated is None else _format_name(stated, formats, report)
    # The options and layouts of a format that was misspelt are anyone's guess.
    known = None if stated is not None and name is None else formats.get(name or inherited)
    options = [item for item in site.members() if item.key not in _OWN_KEYS]
    slips = [item for item in options if stated is None and is_slip(item.key, "format")]
    if known is not None:
        for option in slips or options:
            _check_option(option, name or inherited, known, report)
    return OutputEdit(
        format=name,
        layout=None if place is None else _layout(place, known, report),
        labels=None if labels is None else _labels(labels, report),
        options=tuple(sorted((item.key, plain_data(item.node)) for item in options)),
    )


def apply_output(
    base: OutputOptions, edit: OutputEdit, formats: Mapping[str, KnownFormat]
) -> OutputOptions:
    """Return ``base`` with ``edit`` on top; options that the format lacks are not inherited."""
    name = edit.format or base.format
    known = formats.get(name)
    names = None if known is None else {option.name for option in known.options}
    inherited = {key: value for key, value in base.options if names is None or key in names}
    options = {**inherited, **dict(edit.options)}
    layout = edit.layout or base.layout
    return replace(
        base,
        format=name,
        layout=layout,
        labels=edit.labels or base.labels,
        options=tuple(sorted(options.items())),
    )


def _format_name(site: Site, formats: Mapping[str, KnownFormat], report: Report) -> str | None:
    if not formats:
        return read_text(site, report, "the name of a format")
    return read_word(site, report, tuple(formats), "MG221")


def _layout(site: Site, known: KnownFormat | None, report: Report) -> Layout | None:
    layouts = tuple(Layout) if known is None else tuple(known.layouts)
    word = read_word(site, report, layouts, "MG221")
    return None if word is None else Layout(word)


def _labels(site: Site, report: Report) -> Labels | None:
    word = read_word(site, report, tuple(Labels), "MG221")
    return None if word is None else Labels(word)


def _check_option(site: Site, name: str, known: KnownFormat, report: Report) -> None:
    options = {option.name: option for option in known.options}
    option = options.get(site.key)
    if option is None:
        hint = did_you_mean(site.key, {*options, *_OWN_KEYS})
        hint = hint or (f"it takes {', '.join(options)}" if options else "it takes none")
        message = f'format {name} has no option "{site.key}"'
        report.error("MG221", site.key_location, message, hint)
    elif not option.takes(plain_data(site.node)):
        scalar = isinstance(site.node, Scalar) and isinstance(site.node.value, str | int)
        shown = plain_data(site.node) if scalar else kind_of(site.node)
        report.error("MG221", site, f"{site.key} cannot be {shown}", f"use {option.expected}")
