r"""Takes the fields of a log line; gives them without secrets, and without what could deceive.

Names and values come from files that others wrote. A line break in one would forge a line, an
escape sequence would command the terminal, a bidi mark would turn the text round. A secret can
get here by way of a path, a connection string or an error's message.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias


Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"
"""What both forms of a line can hold."""

REDACTED = "[redacted]"

# Python refuses to write an integer of more than some thousand digits.
_LONGEST_BITS = 4096

_NAMES = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|authorization|credentials?|cookie|dsn"
)
_SECRET_NAME = re.compile(rf"(?:.*[_.-])?(?:{_NAMES})s?", re.IGNORECASE | re.DOTALL)
# A password may hold an @ itself, so the last one ends it. The scheme is bounded because a long
# text without :// would otherwise be searched from each of its letters to its end.
_URL_LOGIN = re.compile(r"\b([a-z][a-z0-9+.-]{0,30}://)[^\s'\"<>]*@", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"\b((?:[a-z0-9]{{1,30}}[_-]){{0,5}}(?:{_NAMES})['\"]?\s*[=:]\s*)"
    r"(\{[^}]*\}|\"[^\"]*\"|'[^']*'|[^\s;&,]+)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE)
_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)
_KNOWN_TOKEN = re.compile(r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,})\b")


def clean(fields: Mapping[str, object]) -> dict[str, Plain]:
    """Return ``fields`` as plain data without secrets; whatever is no data becomes its text."""
    return {
        redact(str(name)): REDACTED if _is_secret(str(name), value) else _plain(value)
        for name, value in fields.items()
    }


def redact(text: str) -> str:
    """Return ``text`` with logins of URLs, passwords, tokens and private keys taken out."""
    text = _KEY_BLOCK.sub(REDACTED, text)
    text = _URL_LOGIN.sub(rf"\1{REDACTED}@", text)
    text = _BEARER.sub(rf"\1 {REDACTED}", text)
    text = _ASSIGNED.sub(rf"\1{REDACTED}", text)
    return _KNOWN_TOKEN.sub(REDACTED, text)


def _is_secret(name: str, value: object) -> bool:
    return bool(value) and _SECRET_NAME.fullmatch(name) is not None


def _plain(value: object) -> Plain:
    # A subclass, an enumeration say, counts as the data that it holds.
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _LONGEST_BITS else "[very long integer]"
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return clean(value)
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return redact(str(value))
