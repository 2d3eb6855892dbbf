"""Log lines on stderr or in a file, for people or as JSON, and text that is safe to show.

A ``Log`` weighs the level itself and imports structlog, which takes several times as long as a run
with nothing to do, at the first line that is shown. A line below the level is gone.

Records hold what a user may not want in a log. A value of a record goes into a line of level
debug, or into the field ``values``, which is left out of all other lines.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from enum import IntEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from mockgen_watch.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from structlog.typing import EventDict, WrappedLogger

    Write: TypeAlias = "Callable[[Level, str, Mapping[str, object]], None]"

LogFormat: TypeAlias = Literal["console", "json"]
"""Lines for people, or JSON lines for programs."""

VARIABLE: Final = "MOCKGEN_LOG_LEVEL"
"""The environment variable that names the least level to show, where no option does."""

MOST_BYTES: Final = 5_000_000
"""Size at which a log file is rotated."""

MOST_SECONDS: Final = 7 * 24 * 3600.0
"""Age at which a log file is rotated."""

KEPT: Final = 4
"""Rotated files that are kept; ``NAME.1`` is the youngest."""

_BOUND: ContextVar[Mapping[str, object]] = ContextVar("bound")

_EVENT_WIDTH: Final = 24
# What structlog's methods and its console form give a meaning of their own.
_TAKEN: Final = {"event", "exc_info", "exception", "logger", "logger_name", "stack", "stack_info"}

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"
"""A value of a log line."""

REDACTED: Final = "[redacted]"

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
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def clean(fields: Mapping[str, object]) -> dict[str, Plain]:
    """Return ``fields`` as plain data without secrets; any other object becomes its text."""
    return {
        redact(str(name)): REDACTED
        if value and re.fullmatch(_SECRET_NAME, str(name))
        else _plain(value)
        for name, value in fields.items()
    }


def redact(text: str) -> str:
    """Return ``text`` with logins of URLs, passwords, tokens and private keys taken out."""
    text = re.sub(_KEY_BLOCK, REDACTED, text)
    text = re.sub(_URL_LOGIN, rf"\1{REDACTED}@", text)
    text = re.sub(_BEARER, rf"\1 {REDACTED}", text)
    text = re.sub(_ASSIGNED, rf"\1{REDACTED}", text)
    return re.sub(_CLOUD_KEY, REDACTED, text)


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


class Level(IntEnum):
    """How much a line weighs; the numbers are those of Python's logging."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


def write_to_stderr(line: str) -> None:
    """Write ``line`` to the present ``sys.stderr``, which may be that of a progress bar.

    In one piece, so that lines of two threads do not mix.
    """
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


class Log:
    """Log of one command: events, each a fixed dotted name with fields."""

    def __init__(
        self,
        form: LogFormat | None = None,
        level: Level = Level.WARNING,
        run_id: str = "",
        output: Callable[[str], None] = write_to_stderr,
    ) -> None:
        """Begin a log.

        Args:
            form: None is ``console`` where stderr is a terminal, else ``json``.
            level: the least that is shown; see ``level_of``.
            run_id: of the command; a random one when empty.
            output: takes each finished line, without its line end.
        """
        self.run_id = run_id or os.urandom(6).hex()
        self._form = form
        self._level = level
        self._output = output
        self._write: Write | None = None

    def shows(self, level: Level) -> bool:
        """Return whether lines of ``level`` are shown: ask where fields take time to collect."""
        return level >= self._level

    def show_from(self, level: Level) -> None:
        """Show lines of ``level`` and above from now on."""
        self._level = level

    def debug(self, event: str, **fields: object) -> None:
        """Log a detail; the only level at which a value of a record may be named."""
        self.write(Level.DEBUG, event, **fields)

    def info(self, event: str, **fields: object) -> None:
        self.write(Level.INFO, event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        self.write(Level.WARNING, event, **fields)

    def error(self, event: str, **fields: object) -> None:
        self.write(Level.ERROR, event, **fields)

    def write(self, level: Level, event: str, /, **fields: object) -> None:
        if level < self._level:
            return
        if self._write is None:
            self._write = _line_writer(self._form, self._output)
        self._write(level, event, {**fields, **_BOUND.get({}), "run_id": self.run_id})


@contextlib.contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put ``fields`` into every line that is logged inside, also by functions that are called.

    A new thread begins without them, unless it runs in a copy of this context.
    """
    token = _BOUND.set({**_BOUND.get({}), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)


def level_of(form: LogFormat | None, *, is_verbose: bool, is_quiet: bool) -> Level:
    """Return the level that a command line, else the environment, asks for.

    Commands print their results themselves, so that without options the log has only warnings and
    errors. Who names a format wants the log, and gets what was done too.

    Raises:
        UsageError: the environment asks for an unknown level.
    """
    if is_verbose:
        return Level.DEBUG
    if is_quiet:
        return Level.ERROR
    asked = level_of_environment()
    if asked is not None:
        return asked
    return Level.WARNING if form is None else Level.INFO


def level_of_environment() -> Level | None:
    """Return the level that the environment asks for; None where it asks for none.

    Raises:
        UsageError: there is no such level.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return None
    if name.upper() not in Level.__members__:
        names = ", ".join(level.name.lower() for level in Level)
        raise UsageError(f"{VARIABLE}={name}: no such level; use one of {names}")
    return Level[name.upper()]


def utc_stamp() -> str:
    """Return the time in UTC to the microsecond, as ``20261123T041500.123456Z``."""
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds))
    return f"{moment}.{nanoseconds // 1000:06d}Z"


class LogFile:
    """A file of log lines that rotates by size and by age.

    A line that cannot be written is lost, and counted: a full disk must not stop the daemon.
    """

    def __init__(
        self,
        path: Path,
        *,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.lost = 0
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._clock = clock

    def write(self, line: str) -> None:
        """Add ``line`` and a line end."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._rotate(len(data))
            # Opened again each time: whoever removes or moves the file gets a new one.
            with open(self.path, "ab") as file:
                file.write(data)
        except OSError:
            self.lost += 1

    def _rotate(self, more: int) -> None:
        try:
            size = os.stat(self.path).st_size
        except FileNotFoundError:
            return
        if not size or (size + more <= self._most_bytes and not self._is_old()):
            return
        for number in range(KEPT, 0, -1):
            source = self.path if number == 1 else self._rotated(number - 1)
            with contextlib.suppress(FileNotFoundError):
                os.replace(source, self._rotated(number))

    def _is_old(self) -> bool:
        """Return whether the first line is too old; a file beside the log keeps its time."""
        mark = self.path.with_name(f"{self.path.name}.began")
        try:
            began = os.stat(mark).st_mtime
        except FileNotFoundError:
            began = self._clock()
            with open(mark, "ab"):
                os.utime(mark, (began, began))
        if self._clock() - began <= self._most_seconds:
            return False
        os.utime(mark, (self._clock(), self._clock()))
        return True

    def _rotated(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _line_writer(form: LogFormat | None, output: Callable[[str], None]) -> Write:
    """Return what writes a line of a level with an event and its fields to ``output``."""
    import structlog

    is_terminal = sys.stderr.isatty()
    if form is None:
        form = "console" if is_terminal else "json"
    render: list[Callable[[WrappedLogger, str, EventDict], EventDict | str]]
    if form == "json":
        to_json = structlog.processors.JSONRenderer()

        def render_json(logger: WrappedLogger, method: str, fields: EventDict) -> str:
            first = {name: fields.pop(name) for name in ("timestamp", "level", "event")}
            # ASCII keeps bidi marks and Unicode's line ends out; only DEL is invisible then.
            return str(to_json(logger, method, {**first, **fields})).replace("\x7f", "\\u007f")

        render = [structlog.processors.TimeStamper(fmt="iso", utc=True), render_json]
    else:
        console = structlog.dev.ConsoleRenderer(
            colors=is_terminal and not os.environ.get("NO_COLOR"),
            sort_keys=False,
            pad_event_to=_EVENT_WIDTH,
            pad_level=False,
        )
        stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        render = [stamp, _escape_fields, console]
    logger = structlog.wrap_logger(
        SimpleNamespace(debug=output, info=output, warning=output, error=output),
        processors=[structlog.processors.add_log_level, _clean, *render],
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


def _clean(_logger: WrappedLogger, method: str, fields: EventDict) -> EventDict:
    if method != "debug":
        fields.pop("values", None)
    return dict(clean(fields))


def _escape_fields(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    own = {"timestamp", "level", "event"}
    return {
        escape_for_terminal(name): escape_for_terminal(value) if name in own else _Escaped(value)
        for name, value in fields.items()
    }


class _Escaped:
    """A value with its text as its repr, which is what the renderer shows of objects."""

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
