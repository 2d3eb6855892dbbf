"""Escaping: text as it may be shown, without control characters and without secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"
"""A value of a log line."""

REDACTED: Final = "[redacted]"

_SHORT: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}
_TWO_DIGITS, _FOUR_DIGITS = 0xFF, 0xFFFF

# Python refuses to write an integer of more than some thousand digits.
_LONGEST_BITS: Final = 4096

# Patterns are compiled where they are used first: most commands only escape text.
_NAMES: Final = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|authorization|credentials?|cookie|dsn"
)
_SECRET_NAME: Final = rf"(?is:(?:.*[_.-])?(?:{_NAMES})s?)"
_KEY_BLOCK: Final = (
    r"(?s:-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))"
)
# A password may hold an @ itself, so the last one ends it. The scheme is bounded because a long
# text without :// would otherwise be searched from each of its letters to its end.
_URL_LOGIN: Final = r"(?i:\b([a-z][a-z0-9+.-]{0,30}://)[^\s'\"<>]*@)"
_BEARER: Final = r"(?i:\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,})"
_ASSIGNED: Final = (
    rf"(?i:\b((?:[a-z0-9]{{1,30}}[_-]){{0,5}}(?:{_NAMES})['\"]?\s*[=:]\s*)"
    r"(\{[^}]*\}|\"[^\"]*\"|'[^']*'|[^\s;&,]+))"
)
_CLOUD_KEY: Final = r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,})\b"


def escape_for_terminal(text: str) -> str:
    r"""Return ``text`` with what is invisible or a command written as an escape, as ``\x1b``.

    That holds for control characters (with tabs and line ends), bidirectional marks, zero-width
    and unassigned characters, odd spaces and lone surrogates. A backslash stays as it is: the
    result is for reading, not for turning back.
    """
    return text if text.isprintable() else "".join(map(escape_character, text))


def escape_character(character: str) -> str:
    """Return one character as ``escape_for_terminal`` shows it."""
    if character.isprintable():
        return character
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= _TWO_DIGITS:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _FOUR_DIGITS else f"\\U{code:08x}"


def clean(fields: Mapping[str, object]) -> dict[str, Plain]:
    """Return ``fields`` as plain data without secrets; any other object becomes its text."""
    return {
        redact(str(name)): REDACTED if _is_secret(str(name), value) else _plain(value)
        for name, value in fields.items()
    }


def redact(text: str) -> str:
    """Return ``text`` with logins of URLs, passwords, tokens and private keys taken out."""
    text = re.sub(_KEY_BLOCK, REDACTED, text)
    text = re.sub(_URL_LOGIN, rf"\1{REDACTED}@", text)
    text = re.sub(_BEARER, rf"\1 {REDACTED}", text)
    text = re.sub(_ASSIGNED, rf"\1{REDACTED}", text)
    return re.sub(_CLOUD_KEY, REDACTED, text)


def _is_secret(name: str, value: object) -> bool:
    return bool(value) and re.fullmatch(_SECRET_NAME, name) is not None


def _plain(value: object) -> Plain:
    # A subclass, an enumeration for one, counts as the data that it holds.
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
