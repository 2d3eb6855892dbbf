"""Takes a YAML fault between lines (a colon, an indentation); gives what it is, or None."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from mockgen_watch.spec.yaml_tokens import unclosed_text
from mockgen_watch.spec.yaml_verdict import Verdict

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Source
    from mockgen_watch.spec.yaml_events import YamlSyntaxError

_FOUND: Final = re.compile(r"expected <block end>, but found '(.*)'")
_BLANK_OR_COMMENT: Final = re.compile(r"[ \t]*(?:#|[\r\n]|\Z)")
_INDENT: Final = re.compile(r"^( *)(?=[^\s#])", re.MULTILINE)
_NEIGHBOURS_HINT: Final = "indent it as its neighbours"


def judge_lines(error: YamlSyntaxError, source: Source) -> Verdict | None:
    """Return what is wrong with the keys, items and indentations of block YAML."""
    if error.problem == "could not find expected ':'":
        return _missing_colon(error.opened, source)
    if error.problem == "mapping values are not allowed here":
        return _misplaced_colon(error.place, source)
    found = _FOUND.match(error.problem)
    if found is None:
        return None
    if found[1] == "<scalar>":
        return _misplaced_text(error, source)
    return _misplaced(found[1], error, source)


def line_above(offset: int, source: Source) -> int:
    """Return the offset of the last line above that is not blank or a comment, or -1."""
    start = source.line_start(offset)
    while start > 0:
        start = source.line_start(start - 1)
        if not _BLANK_OR_COMMENT.match(source.text, start):
            return start
    return -1


def _missing_colon(start: int, source: Source) -> Verdict:
    end = source.line_end(start)
    line = source.text[start:end]
    hint = "write it as key: value"
    above = line_above(start, source)
    if re.match(r"-[^\s-]", line):
        hint = "put a space behind the dash of a list item"
    elif above >= 0 and source.text.startswith("- ", above + source.indent(start)):
        hint = 'put "- " before it if it is an item of the list'
    elif re.match(r"[^\s:]+:\S", line):
        hint = "put a space behind the colon"
    return Verdict(message="the line has no key with a colon", start=start, end=end, hint=hint)


def _misplaced_colon(place: int, source: Source) -> Verdict:
    start = source.line_start(place)
    if re.search(r":[ \t]", source.text[start:place]):
        return Verdict(
            message="the value has a second colon in it",
            start=place,
            end=place + 1,
            hint="put the value in quotes",
        )
    indent = source.indent(place)
    above = line_above(place, source)
    if above >= 0 and indent <= source.indent(above):
        return _missing_colon(above + source.indent(above), source)
    if first_line_is_odd(place, source) >= 0:
        return wrong_indent(place, source)
    return Verdict(
        message="the line is indented deeper than the one above it, which has its value already",
        start=start + indent,
        end=place,
        hint=f"{_NEIGHBOURS_HINT}, or remove the value above",
    )


def _misplaced_text(error: YamlSyntaxError, source: Source) -> Verdict:
    place = error.place
    line_start = source.line_start(place)
    if error.quoted is not None and line_start < error.quoted[1] <= place:
        return unclosed_text(error.quoted[0], source)
    before = source.text[line_start:place].rstrip()
    if before.endswith(("'", '"')):
        quote = before[-1]
        inside = "two single quotes" if quote == "'" else '\\"'
        return Verdict(
            message="text stands behind the closing quote",
            start=place,
            end=source.line_end(place),
            hint=f"write {inside} for {quote} inside the text",
        )
    if not before:
        return wrong_indent(place, source)
    return Verdict(
        message="text stands behind a value that is complete",
        start=place,
        end=source.line_end(place),
        hint="put the whole value in quotes",
    )


def _misplaced(found: str, error: YamlSyntaxError, source: Source) -> Verdict:
    place = error.place
    if found in {"]", "}"}:
        message = f'"{found}" closes nothing'
        return Verdict(message=message, start=place, end=place + 1, hint="remove it")
    if found == "-":
        return Verdict(
            message="an item of a list stands among the keys of a mapping",
            start=place,
            end=place + 1,
            hint="put it under a key that has no value, or remove the dash",
        )
    if found == "?" and error.context == "while parsing a block collection":
        return Verdict(
            message="a key stands among the items of a list",
            start=place,
            end=source.line_end(place),
            hint='put "- " before it, or indent it as the keys above',
        )
    if found in {"<block mapping start>", "<block sequence start>", "?"}:
        return wrong_indent(place, source)
    return Verdict(
        message="this cannot stand behind a value that is complete",
        start=place,
        end=place + 1,
        hint="put the whole value in quotes",
    )


def wrong_indent(place: int, source: Source) -> Verdict:
    """Return the verdict on a line, at ``place``, that does not begin where its neighbours do."""
    odd = first_line_is_odd(place, source)
    if odd >= 0:
        place = odd + source.indent(odd)
    return Verdict(
        message="the indentation of this line fits none of its neighbours",
        start=place,
        end=source.line_end(place),
        hint=_NEIGHBOURS_HINT,
    )


def first_line_is_odd(place: int, source: Source) -> int:
    """Return the first line of the block that the line at ``place`` belongs to, if that is odd.

    The parser takes a block's first line for right and complains of the second. The first is the
    odd one where the second is indented by the file's usual step, and the first is not. Else -1.
    """
    indent = source.indent(place)
    first = parent = line_above(place, source)
    while parent >= 0 and source.indent(parent) >= min(indent, source.indent(first)):
        first, parent = parent, line_above(parent, source)
    if first < 0:
        return -1
    base = source.indent(parent) if parent >= 0 else -_usual_step(source)
    step = _usual_step(source)
    return first if indent - base == step != source.indent(first) - base else -1


def _usual_step(source: Source) -> int:
    """Return by how much the lines of the file are mostly indented deeper than those above."""
    widths = [len(blanks) for blanks in _INDENT.findall(source.text)]
    deeper = Counter(below - above for above, below in pairwise(widths) if below > above)
    return deeper.most_common(1)[0][0] if deeper else 0
