"""Output options: ``$output`` of a spec and ``output`` of a project file."""

from __future__ import annotations

from msgspec.structs import replace

from mockgen_watch.diagnostics import is_slip
from mockgen_watch.spec.build.reader import Entry, KnownFormat, read_text, read_word
from mockgen_watch.spec.document import Scalar, plain_data
from mockgen_watch.spec.model import Labels, Layout, OutputOptions

_OWN_KEYS = frozenset(["format", "layout", "labels"])
"""Keys of ``$output`` that no format has to understand."""


def read_output(entry: Entry | None, inherited: OutputOptions) -> OutputOptions:
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
    # The options and layouts of a format that was misspelt are anyone's guess.
    is_misspelt = stated is not None and name is None
    known = None if is_misspelt else entry.build.context.formats.get(name or inherited.format)
    options = [item for item in entry.members() if item.key not in _OWN_KEYS]
    slips = [item for item in options if stated is None and is_slip(item.key, "format")]
    if known is not None:
        for option in slips or options:
            _check_option(option, name or inherited.format, known)
    base = _with_format(entry, inherited, name)
    own = {item.key: plain_data(item.node) for item in options}
    return replace(
        base,
        layout=_layout(layout, known) or base.layout,
        labels=_labels(labels) or base.labels,
        options=tuple(sorted({**dict(base.options), **own}.items())),
    )


def _with_format(entry: Entry, inherited: OutputOptions, name: str | None) -> OutputOptions:
    """Return ``inherited`` in the format ``name``, without options that this one lacks."""
    known = entry.build.context.formats.get(name or inherited.format)
    names = None if known is None else {option.name for option in known.options}
    options = tuple(item for item in inherited.options if names is None or item[0] in names)
    return replace(inherited, format=name or inherited.format, options=options)


def _format_name(entry: Entry) -> str | None:
    formats = entry.build.context.formats
    if not formats:
        return read_text(entry, "the name of a format")
    return read_word(entry, tuple(formats), "MG221")


def _layout(entry: Entry | None, known: KnownFormat | None) -> Layout | None:
    layouts = tuple(Layout) if known is None else tuple(known.layouts)
    word = read_word(entry, layouts, "MG221")
    return None if word is None else Layout(word)


def _labels(entry: Entry | None) -> Labels | None:
    word = read_word(entry, tuple(Labels), "MG221")
    return None if word is None else Labels(word)


def _check_option(entry: Entry, name: str, known: KnownFormat) -> None:
    options = {option.name: option for option in known.options}
    option = options.get(entry.key)
    if option is None:
        message = f'format {name} has no option "{entry.key}"'
        otherwise = f"it takes {', '.join(options)}" if options else "it takes none"
        entry.unknown_key("MG221", message, {*options, *_OWN_KEYS}, otherwise)
    elif not option.takes(plain_data(entry.node)):
        scalar = isinstance(entry.node, Scalar) and isinstance(entry.node.value, str | int)
        shown = plain_data(entry.node) if scalar else entry.kind
        entry.error("MG221", f"{entry.key} cannot be {shown}", f"use {option.expected}")
