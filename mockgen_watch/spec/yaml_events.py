"""Events of YAML text: those of libyaml, where it reads what ``yaml_faults`` would read.

libyaml is ten times faster, but more lenient, and it follows YAML 1.1 in a few places. Each of them
is known here, and the text that has one is left to ``yaml_faults``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, NodeEvent, ScalarEvent

try:
    from _ruamel_yaml import CParser
except ImportError:  # no wheel of ruamel.yaml.clib for this Python
    CParser = None

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    from ruamel.yaml.events import Event

    from mockgen_watch.spec.source import Source

# What libyaml reads differently wherever it is: a directive, a tab that begins a line or is not
# followed by a comment, line ends that YAML 1.2 does not have, a BOM inside the text.
_MISREAD: Final = re.compile(
    r"(?<![^\r\n])(?:%| *+\t)|(?<![ \t]) *+\t[ \t]*+(?!#)|[\x85\u2028\u2029\ufeff]"
)
# A text without any of these is not searched, which would take as long as libyaml takes to read it.
_SUSPECTS: Final = "%\t\x85\u2028\u2029\ufeff"
# An alias, or an anchor, a tag or both in this order, whose ends nobody can mistake.
_PROPERTIES: Final = re.compile(
    r"""
    (?: \* [\w-]++ (?=[\s,\]}]|\Z)
      | &  [\w-]++ (?=[\s,\]}]|\Z) (?: \s++ !!?[\w-]*+ (?=\s|\Z) )? (?! \s*+ [!\#] )
      | !!?[\w-]*+ (?=\s|\Z) (?! \s*+ [&\#] )
    )
    (?! \s*+ :[^\s,\[\]{}] )
    """,
    re.VERBOSE,
)
_BLOCK_STYLES: Final = frozenset("|>")
_ODD_HEADER: Final = re.compile(r"[^\r\n]*(?:[|>][-+0-9]*(?:#| *\t)|[\r\n]++(?: ++[\r\n]|[#.-]))")
_BLOCK_INDENT: Final = re.compile(r" *(?:[-?:] +)*")
_FURTHER_LINE: Final = re.compile(r"[\r\n] *(?=[^ \r\n])")


def is_trusted(text: str) -> bool:
    """Return whether libyaml is there, and ``text`` has nothing that it reads differently."""
    suspect = any(character in text for character in _SUSPECTS)
    return CParser is not None and not (suspect and _MISREAD.search(text))


def trusted_events(source: Source) -> Iterator[Event]:
    """Yield libyaml's events.

    Raises:
        YAMLError: libyaml cannot read the text, or may read it differently.
    """
    parser = CParser(source.text)
    # How many collections are open from the outermost bracket on.
    brackets = 0
    while parser.check_event():
        event = parser.get_event()
        if isinstance(event, NodeEvent):
            if _may_be_misread(event, source, in_brackets=brackets > 0):
                raise YAMLError
            if isinstance(event, CollectionStartEvent) and (brackets or event.flow_style):
                brackets += 1
        elif isinstance(event, CollectionEndEvent) and brackets:
            brackets -= 1
        yield event


def _may_be_misread(event: Any, source: Source, *, in_brackets: bool) -> bool:  # noqa: ANN401 - its subclasses' attributes
    """Return whether libyaml may have read the event's text differently."""
    start: int = event.start_mark.index
    has_properties = event.anchor is not None or getattr(event, "tag", None) is not None
    if has_properties and not _PROPERTIES.match(source.text, start):
        return True
    # libyaml takes any ? in brackets for the sign of a key, which may then be absent.
    if in_brackets and "?" in source.text[max(start - 1, 0) : start + 1]:
        return True
    if not isinstance(event, ScalarEvent):
        return False
    if not event.style:
        return in_brackets and not event.value
    if event.style in _BLOCK_STYLES:
        return _ODD_HEADER.match(source.text, start) is not None
    if event.start_mark.line == event.end_mark.line:
        return False
    return in_brackets or not _is_indented(source, start, event.end_mark.index)


def _is_indented(source: Source, start: int, end: int) -> bool:
    """Return whether the further lines of a quoted text are indented deeper than its first."""
    line_start = source.line_start(start)
    first = _BLOCK_INDENT.match(source.text, line_start)
    least = first.end() - line_start if first else 0
    further = _FURTHER_LINE.finditer(source.text, start, end)
    return all(line.end() - line.start() - 1 > least for line in further)
