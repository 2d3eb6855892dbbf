"""Takes text from users' files; gives text that a terminal or a log shows and does not obey."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


_SHORT: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def escape_for_terminal(text: str) -> str:
    r"""Return ``text`` with what is invisible or a command written as an escape, as ``\x1b``.

    That holds for control characters (with tabs and line ends), bidirectional marks, zero-width
    and unassigned characters, odd spaces and lone surrogates. A backslash stays as it is: the
    result is for reading, not for turning back.
    """
    if text.isprintable():
        return text
    return "".join(map(escape_character, text))


def escape_character(character: str) -> str:
    """Return one character as ``escape_for_terminal`` shows it."""
    if character.isprintable():
        return character
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:  # noqa: PLR2004 - what two hexadecimal digits hold
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - four digits
