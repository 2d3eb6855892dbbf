"""Log: lines on stderr or in a file, for people or as JSON.

A ``Log`` weighs the level itself and imports structlog, which takes several times as long as a run
with nothing to do, at the first line that is shown. A line below the level is gone.

Records hold what a user may not want in a log. A value of a record goes into a line of level
debug, or into the field ``values``, which is left out of all other lines.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from contextvars import ContextVar
from enum import IntEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from mockgen_watch.errors import UsageError
from mockgen_watch.observe.escaping import clean, escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
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
        form: LogFormat | None,
        level: Level,
        run_id: str,
        output: Callable[[str], None] = write_to_stderr,
    ) -> None:
        self.run_id = run_id
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
        self._log(Level.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._log(Level.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._log(Level.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._log(Level.ERROR, event, fields)

    def _log(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        if level < self._level:
            return
        if self._write is None:
            self._write = _line_writer(self._form, self._output)
        self._write(level, event, {**fields, **_BOUND.get({}), "run_id": self.run_id})


def start_logging(
    form: LogFormat | None = None,
    level: Level = Level.WARNING,
    run_id: str = "",
    output: Callable[[str], None] = write_to_stderr,
) -> Log:
    """Return the log of one command.

    Args:
        form: None is ``console`` where stderr is a terminal, else ``json``.
        level: the least that is shown; see ``level_of``.
        run_id: of the command; a random one when empty.
        output: takes each finished line, without its line end.
    """
    return Log(form, level, run_id or os.urandom(6).hex(), output)


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
        raise UsageError(f"{VARIABLE}={name}: there is no such level ({names})")
    return Level[name.upper()]


def utc_stamp() -> str:
    """Return the time in UTC to the microsecond, as ``20261123T041500.123456Z``."""
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(seconds))
    return f"{moment}.{nanoseconds // 1000:06d}Z"


class LogFile:
    """A file of log lines that rotates by size and by age.

    A line that cannot be written is lost, and counted: a full disk must not stop the daemon.

    Attributes:
        path: of the present file.
        lost: lines that could not be written.
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
