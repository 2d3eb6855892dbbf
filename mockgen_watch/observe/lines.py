"""Takes an event with its fields; gives the line on stderr, for people or as JSON.

This is the only module that knows structlog; ``observe.logs`` loads it when a line is to be shown.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import structlog

from mockgen_watch.observe.cleaning import clean
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.observe.levels import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TextIO

    from structlog.typing import EventDict, WrappedLogger

    from mockgen_watch.observe.levels import LogFormat

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
