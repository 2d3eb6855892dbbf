"""Takes a YAML fault within one token; gives what it is in plain words, or None."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.parse import quoted
from mockgen_watch.spec.yaml_verdict import Verdict

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.spec.document import Source
    from mockgen_watch.spec.yaml_events import YamlSyntaxError

_QUOTE_HINT: Final = "put the text in quotes"
_STRANGER: Final = re.compile(r"found character .* that cannot start any token")
_BEYOND_UNICODE: Final = ("chr() arg not in range", "Python int too large", "int too large")


def judge_token(error: YamlSyntaxError, source: Source) -> Verdict | None:
    """Return what is wrong with a quote, an escape, a character, an anchor, a tag or a header."""
    if error.context == "while scanning a quoted scalar":
        return unclosed_text(error.opened, source)
    if error.context == "while scanning a double-quoted scalar":
        return _escape(error, source)
    if error.problem.startswith(_BEYOND_UNICODE):
        message = "the escape goes beyond the last character, U+10FFFF"
        return Verdict(message=message, start=error.place - 2, end=error.place + 8)
    if error.problem == "control character":
        return _control_character(error.place, source)
    if _STRANGER.match(error.problem):
        return _stranger(error.place, source)
    return _judge_indicator(error, source)


def unclosed_text(opened: int, source: Source) -> Verdict:
    """Return the verdict on a quoted text that begins at ``opened``."""
    quote = source.text[opened]
    return Verdict(
        message="the text that begins here is not closed",
        start=opened,
        end=source.line_end(opened),
        hint=f"put {quote} behind it; if it goes on, indent its further lines",
    )


def _escape(error: YamlSyntaxError, source: Source) -> Verdict:
    if "unknown escape" in error.problem:
        written = source.text[error.place - 1 : error.place + 1]
        return Verdict(
            message=f"the escape {quoted(written)} is unknown",
            start=error.place - 1,
            end=error.place + 1,
            hint="write two backslashes for one, or put the text in single quotes",
        )
    letter = source.text[error.place - 1]
    count = {"x": 2, "u": 4, "U": 8}.get(letter, 4)
    return Verdict(
        message=f"the escape \\{letter} needs {count} hexadecimal digits",
        start=error.place - 2,
        end=error.place,
        hint="write two backslashes for one, or put the text in single quotes",
    )


def _control_character(place: int, source: Source) -> Verdict:
    code = ord(source.text[place])
    return Verdict(
        message=f"the character U+{code:04X} cannot stand in YAML",
        start=place,
        end=place + 1,
        hint=f'write it as "\\u{code:04x}" in double quotes, or remove it',
    )


def _stranger(place: int, source: Source) -> Verdict:
    character = source.text[place]
    if character != "\t":
        message = f"text without quotes cannot begin with {quoted(character)}"
        return Verdict(message=message, start=place, end=place + 1, hint=_QUOTE_HINT)
    if source.text[source.line_start(place) : place].strip():
        message, hint = "a tab cannot stand here", "write a space"
    else:
        message, hint = "a tab cannot indent a line", "indent with spaces"
    return Verdict(message=message, start=place, end=place + 1, hint=hint)


def _judge_indicator(error: YamlSyntaxError, source: Source) -> Verdict | None:
    """Return what is wrong behind one of the characters ``& * ! | > % - ? .``."""
    start = error.opened if error.opened >= 0 else error.place
    end = source.line_end(start)
    if error.context in {"while scanning an alias", "while scanning an anchor"}:
        fault, remedy = f"text without quotes cannot begin with {quoted(source.text[start])}", ""
        end = start + 1
    elif re.search(r" an? tag$", error.context) or "tag handle" in error.problem:
        fault, remedy = "the tag cannot be read", ' if "!" is of it'
    elif source.text.startswith("%", source.line_start(start)):
        fault, remedy = "the directive cannot be read", ' if "%" is of it'
        start = source.line_start(start)
    elif error.context == "while scanning a block scalar":
        fault = f'more than indicators stands behind "{source.text[start]}"'
        remedy = ", or begin it on the next line"
    elif "follow up line" in error.problem:
        fault = "a line of spaces before the text is indented deeper than the text"
        remedy = ", or empty that line"
    elif error.problem == "sequence entries are not allowed here":
        fault = '"- " cannot stand behind a key on its line'
        remedy = ", or begin the list on the next line"
    elif error.problem == "mapping keys are not allowed here":
        fault, remedy = '"? " cannot stand here', ""
    elif "after document end marker" in error.problem:
        fault, remedy = 'nothing can stand behind "..." on its line', " if it is text"
    else:
        return None
    return Verdict(message=fault, start=start, end=end, hint=f"{_QUOTE_HINT}{remedy}")
