"""Takes what happened in a command; gives a log line for it on stderr, when it will be shown.

Importing structlog takes more than 0.1 s, several times what a run with nothing to do takes as a
whole. So a ``Log`` weighs the level itself and loads the module that knows structlog at the first
line that somebody will see. Nothing is kept back for that moment: a line below the level is gone.

Records hold what a user may not want in a log. A value of a record goes into a line of level
debug, or into the field ``values``, which is left out of all other lines.
"""

from __future__ import annotations

import contextlib
import os
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Literal, TypeAlias


LogFormat: TypeAlias = "Literal['console', 'json']"
"""Lines for people, or JSON lines for programs."""


class Level(IntEnum):
    """How much a line weighs; the numbers are those of Python's logging."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40


def utc_stamp() -> str:
    """Return the time in UTC to the microsecond, as ``20261123T041500.123456Z``."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


VARIABLE = "MOCKGEN_LOG_LEVEL"
"""The environment variable that names the least that is shown, where no option does."""

_BOUND: ContextVar[Mapping[str, object]] = ContextVar("bound")


class Log:
    """What a command tells of its doings; an event is a fixed dotted name, the rest are fields."""

    __slots__ = ("_format", "_level", "_output", "_run_id", "_write")

    def __init__(
        self,
        form: LogFormat | None,
        level: Level,
        run_id: str,
        output: Callable[[str], None] | None = None,
    ) -> None:
        """Show lines of ``level`` and above, each with ``run_id``; see ``start_logging``."""
        self._output = output
        self._format = form
        self._level = level
        self._run_id = run_id
        self._write: Callable[[Level, str, Mapping[str, object]], None] | None = None

    @property
    def run_id(self) -> str:
        """The id that every line of this log carries."""
        return self._run_id

    def shows(self, level: Level) -> bool:
        """Return whether lines of ``level`` are shown, where the fields themselves cost time."""
        return level >= self._level

    def show_from(self, level: Level) -> None:
        """Show lines of ``level`` and above from now on."""
        self._level = level

    def debug(self, event: str, **fields: object) -> None:
        """Tell a detail; the only level at which a value of a record may be named."""
        self._tell(Level.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Tell what was done."""
        self._tell(Level.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Tell what works, though not as the user may think."""
        self._tell(Level.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Tell what failed."""
        self._tell(Level.ERROR, event, fields)

    def _tell(self, level: Level, event: str, fields: Mapping[str, object]) -> None:
        if level < self._level:
            return
        if self._write is None:
            # Here and not at the top: see the reason above.
            from mockgen_watch.observe.lines import line_writer, write_to_stderr  # noqa: PLC0415

            self._write = line_writer(self._format, output=self._output or write_to_stderr)
        self._write(level, event, {**fields, **_BOUND.get({}), "run_id": self._run_id})


def start_logging(
    form: LogFormat | None = None,
    level: Level = Level.WARNING,
    run_id: str = "",
    output: Callable[[str], None] | None = None,
) -> Log:
    """Return the log of one command.

    Args:
        form: None gives ``console`` where stderr is a terminal, else ``json``.
        level: the least that is shown; see ``level_of``.
        run_id: of the command; made anew when empty.
        output: takes each finished line; default: stderr.
    """
    return Log(form, level, run_id or os.urandom(6).hex(), output)


def level_of(form: LogFormat | None, *, is_verbose: bool, is_quiet: bool) -> Level:
    """Return the level that a command line, else the environment, asks for.

    Results are told by the command itself, so that without options the log has only warnings and
    errors. Who names a format wants the log, and gets what was done too.

    Raises:
        UsageError: the environment asks for a level that there is not.
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


@contextlib.contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put ``fields`` into every line that is told inside, also by functions that are called.

    A new thread begins without them, unless it runs in a copy of this context.
    """
    token = _BOUND.set({**_BOUND.get({}), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)
