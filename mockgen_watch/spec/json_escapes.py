"""Takes the place of a JSON text that has escapes or faults; gives its value and its end."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from mockgen_watch.spec.document import join_surrogates
from mockgen_watch.spec.parse import quoted

if TYPE_CHECKING:
    from typing import Final, NoReturn

    from mockgen_watch.spec.parse import Findings

_SIMPLE: Final = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
# All is well with such a text but, perhaps, the digits of an escape.
_VALID: Final = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\["\\/bfnrtu][^"\\\x00-\x1f]*+)*+"')
_SPECIAL: Final = re.compile(r'["\\\x00-\x1f]')
_FOUR_HEX: Final = re.compile(r"[0-9A-Fa-f]{4}")


def read_text(text: str, start: int, findings: Findings) -> tuple[str, int]:
    """Return the value of the JSON text whose quote is at ``start``, and the offset behind it.

    Raises:
        ReadingStoppedError: it is not closed on its line.
    """
    if valid := _VALID.match(text, start):
        with suppress(ValueError):
            return _without_surrogates(
                json.loads(valid[0]), start, valid.end(), findings
            ), valid.end()
    parts: list[str] = []
    at = start + 1
    while True:
        special = _SPECIAL.search(text, at)
        if special is None or special[0] in "\r\n":
            stop_unclosed(text, start, findings)
        parts.append(text[at : special.start()])
        at = special.end()
        if special[0] == '"':
            return _without_surrogates("".join(parts), start, at, findings), at
        if special[0] == "\\":
            part, at = _read_escape(text, at - 1, findings)
            parts.append(part)
        else:
            _complain_of_control(special[0], at - 1, findings)
            parts.append(special[0])


def stop_unclosed(text: str, start: int, findings: Findings) -> NoReturn:
    """Report that the text whose quote is at ``start`` has no end.

    Raises:
        ReadingStoppedError: always.
    """
    findings.stop(
        "MG102",
        "the text that begins here is not closed on its line",
        start,
        len(text),
        hint='put " behind it; a line break inside a text is written \\n',
    )


def _read_escape(text: str, at: int, findings: Findings) -> tuple[str, int]:
    letter = text[at + 1 : at + 2]
    if letter in _SIMPLE:
        return _SIMPLE[letter], at + 2
    if letter == "u":
        if digits := _FOUR_HEX.match(text, at + 2):
            return chr(int(digits[0], 16)), digits.end()
        fault, hint = "the escape \\u needs four hexadecimal digits", "as in \\u00e9"
    elif letter in {"", "\r", "\n"}:
        # The end of the line is the worse fault, and is found next.
        return "", at + 1
    else:
        fault = f"the escape {quoted(text[at : at + 2])} is unknown"
        hint = "write two backslashes for one"
    findings.error("MG102", fault, at, at + 2, hint=hint)
    return text[at : at + 2], at + 2


def _complain_of_control(character: str, at: int, findings: Findings) -> None:
    if character == "\t":
        fault, escape = "a tab cannot stand in a text", "\\t"
    else:
        escape = f"\\u{ord(character):04x}"
        fault = f"the control character {escape} cannot stand in a text"
    findings.error("MG102", fault, at, at + 1, hint=f"write {escape}")


def _without_surrogates(value: str, start: int, end: int, findings: Findings) -> str:
    value, replaced = join_surrogates(value)
    if replaced:
        findings.error(
            "MG109",
            "the text has half of a surrogate pair, which UTF-8 cannot write",
            start,
            end,
            hint="write both halves, or the character itself",
        )
    return value
