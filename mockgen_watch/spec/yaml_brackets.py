"""Takes a YAML fault between ``[ ]`` or ``{ }``; gives what it is in plain words, or None."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.yaml_lines import line_above, wrong_indent
from mockgen_watch.spec.yaml_tokens import unclosed_text
from mockgen_watch.spec.yaml_verdict import Verdict

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Source
    from mockgen_watch.spec.yaml_events import YamlSyntaxError

_GOT: Final = re.compile(r"expected ',' or '([\]}])', but got '(.*)'")
_NO_CONTENT: Final = re.compile(r"expected the node content, but found '(.*)'")
_MORE_FOLLOWS: Final = re.compile(r"expected '<document start>', but found \('(.*)',\)")
_OPENER: Final = {"]": "[", "}": "{"}
_STRUCTURE: Final = frozenset({"[", "]", "{", "}", ",", ":"})


def judge_brackets(error: YamlSyntaxError, source: Source) -> Verdict | None:
    """Return what is wrong with the brackets and commas of flow YAML."""
    if match := _MORE_FOLLOWS.match(error.problem):
        return _more_follows(match[1], error.place, source)
    if match := _NO_CONTENT.match(error.problem):
        return _no_content(match[1], error, source)
    match = _GOT.match(error.problem)
    if match is None:
        return None
    closer, got = match[1], match[2]
    line_start = source.line_start(error.place)
    if error.quoted is not None and line_start < error.quoted[1] <= error.place:
        return unclosed_text(error.quoted[0], source)
    if got not in {":", "<scalar>", ",", "]", "}", "[", "{"}:
        return _unclosed(error.opened, source)
    if line_start > error.opened and got not in {"]", "}"}:
        # The bracket was opened further up, and a key or a value begins this line.
        if source.indent(error.place) <= source.indent(error.opened):
            return _unclosed(error.opened, source)
        if comma := _missing_comma_above(error, source):
            return comma
    wanted = f'"{closer}" is' if got in {"]", "}"} else f'"," or "{closer}" is'
    shown = f'"{got}"' if got in _STRUCTURE else "this"
    return Verdict(
        message=f"{wanted} expected before {shown}",
        start=error.place,
        end=error.place + 1,
        hint="" if got in {"]", "}"} else "put text that has such characters in quotes",
        opened=error.opened,
    )


def _more_follows(found: str, place: int, source: Source) -> Verdict:
    """Return what is wrong where the file's one value has ended, and ``found`` follows."""
    if found in _OPENER:
        message = f'"{found}" closes nothing'
        return Verdict(message=message, start=place, end=place + 1, hint="remove it")
    if found == "<block mapping start>":
        return wrong_indent(place, source)
    ended = len(source.text[:place].rstrip())
    if found == "," and source.text[ended - 1 : ended] in _OPENER:
        return Verdict(
            message=f'"{source.text[ended - 1]}" closes the first bracket, but more follows',
            start=ended - 1,
            end=ended,
            hint="remove one closing bracket",
        )
    return Verdict(
        message="this stands behind the value of the file, which has ended",
        start=place,
        end=source.line_end(place),
        hint="a file holds one value; put text that begins with a bracket or a quote in quotes",
    )


def _unclosed(opened: int, source: Source) -> Verdict:
    bracket = source.text[opened]
    closer = "]" if bracket == "[" else "}"
    return Verdict(
        message=f'"{bracket}" is not closed',
        start=opened,
        end=opened + 1,
        hint=f'put "{closer}" behind its last value',
    )


def _missing_comma_above(error: YamlSyntaxError, source: Source) -> Verdict | None:
    above = line_above(error.place, source)
    line = source.text[above : source.line_end(above)]
    written = re.sub(r"[ \t]#.*", "", line).rstrip()
    if written.endswith((",", "[", "{", ":")):
        return None
    end = above + len(written)
    return Verdict(message='"," is missing', start=end, end=end, hint="put a comma here")


def _no_content(found: str, error: YamlSyntaxError, source: Source) -> Verdict | None:
    place = error.place
    if found.startswith(("<stream", "<document")):
        if error.enclosing >= 0:
            return _unclosed(error.enclosing, source)
        message = '"..." ends a document that has not begun'
        return Verdict(message=message, start=place, end=place + 3, hint="remove it")
    if found in _OPENER and "block" in error.context:
        message = f'"{found}" closes nothing'
        return Verdict(message=message, start=place, end=place + 1, hint="remove it")
    return Verdict(
        message=f'a value is expected before "{found}"',
        start=place,
        end=min(place + 1, source.line_end(place)),
        hint="put text that begins so in quotes",
    )
