"""Takes an event with its fields; gives the line on stderr, for people or as JSON.

This is the only module that knows structlog; ``observe.logs`` loads it when a line is to be shown.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import structlog

from mockgen_watch.observe.log import Level

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TextIO, TypeAlias

    from structlog.typing import EventDict, WrappedLogger

    from mockgen_watch.observe.log import LogFormat


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


_EVENT_WIDTH = 24
# What structlog's methods and its console form give a meaning of their own.
_TAKEN = {"event", "exc_info", "exception", "logger", "logger_name", "stack", "stack_info"}


class _Out:
    """Takes finished lines as structlog gives them."""

    def __init__(self, write: Callable[[str], None]) -> None:
        """Pass each line to ``write``."""
        self.msg = write

    def debug(self, line: str) -> None:
        """Pass on ``line``."""
        self.msg(line)

    info = warning = error = debug


def write_to_stderr(line: str) -> None:
    """Write ``line`` to what ``sys.stderr`` is then: a progress bar may stand in for it.

    In one piece, so that lines of two threads do not mix.
    """
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def line_writer(
    form: LogFormat | None,
    stream: TextIO | None = None,
    output: Callable[[str], None] = write_to_stderr,
) -> Callable[[Level, str, Mapping[str, object]], None]:
    """Return what writes one line of a level, with an event and its fields.

    Args:
        form: None decides by ``stream``.
        stream: what is asked whether it is a terminal; default: stderr as it is now.
        output: takes each finished line, without its line end.
    """
    is_terminal = (stream or sys.stderr).isatty()
    if form is None:
        form = "console" if is_terminal else "json"
    render = _console_processors(with_colors=is_terminal and not os.environ.get("NO_COLOR"))
    if form == "json":
        render = [_add_time_utc, _render_json]
    logger = structlog.wrap_logger(
        _Out(output),
        processors=[structlog.processors.add_log_level, _keep_values_at_debug, _clean, *render],
        # The level was weighed before, and the caller bound what it wants.
        wrapper_class=structlog.BoundLogger,
        context_class=dict,
        cache_logger_on_first_use=True,
    )
    methods = {level: getattr(logger, level.name.lower()) for level in Level}

    def write(level: Level, event: str, fields: Mapping[str, object]) -> None:
        own = {f"{name}_" if name in _TAKEN else name: value for name, value in fields.items()}
        methods[level](event, **own)

    return write


def _keep_values_at_debug(_logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    if method != "debug":
        fields.pop("values", None)
    return fields


def _clean(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    return dict(clean(fields))


_add_time_utc = structlog.processors.TimeStamper(fmt="iso", utc=True)


def _render_json(_logger: WrappedLogger, _method: str, fields: EventDict) -> str:
    first = {name: fields.pop(name) for name in ("timestamp", "level", "event")}
    # ASCII keeps bidi marks and Unicode's line ends out; of what is left only DEL is invisible.
    return json.dumps({**first, **fields}).replace("\x7f", "\\u007f")


def _console_processors(
    *, with_colors: bool
) -> list[Callable[[WrappedLogger, str, EventDict], EventDict | str]]:
    renderer = structlog.dev.ConsoleRenderer(
        colors=with_colors, sort_keys=False, pad_event_to=_EVENT_WIDTH, pad_level=False
    )
    return [
        structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
        _show_fields,
        renderer,
    ]


def _show_fields(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    own = {"timestamp", "level", "event"}
    return {
        escape_for_terminal(name): escape_for_terminal(value) if name in own else _Shown(value)
        for name, value in fields.items()
    }


class _Shown:
    """Stands for a value whose text is done: the renderer shows whatever is no text by its repr."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        if not isinstance(self._value, str):
            # Texts inside lists and mappings are escaped by their own repr.
            return repr(self._value)
        text = escape_for_terminal(self._value)
        if text and not set(text) & set(" =\"'"):
            return text
        return '"' + text.replace('"', '\\"') + '"'
