"""Watch: outputs are kept up to date while specs change, until the daemon is stopped."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.commands.daemon import TAKEN
from mockgen_watch.cli.options import PROFILE, add_flag, whole_number
from mockgen_watch.errors import UsageError
from mockgen_watch.observe import (
    VARIABLE,
    Level,
    Log,
    LogFile,
    level_of,
    level_of_environment,
)
from mockgen_watch.spec.build.project import LogSettings
from mockgen_watch.storage.project_folder import find_project
from mockgen_watch.watch.daemon import Daemon
from mockgen_watch.watch.ending import handling
from mockgen_watch.watch.events import BatchEnded, DaemonEvent, EventLogger
from mockgen_watch.watch.metrics import LOOPBACK, Endpoint, Metrics, describe_status

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


EXAMPLES: Final = """examples:
  mockgen-watch watch                           until Ctrl-C
  mockgen-watch watch --once                    bring everything up to date, then exit
  mockgen-watch --log-format json watch         one line per batch, for programs
  mockgen-watch watch --metrics 9187            /metrics and /healthz on 127.0.0.1:9187

sync waits until every saved change is processed, status shows the daemon's state, stop ends it.
"""

LOG_NAME: Final = "daemon/watch.log"
"""In the state folder, unless the project file names another log."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_flag(parser, "--once", "exit when the outputs are up to date; exit code 1 on errors")
    parser.add_argument(
        "--metrics",
        metavar="PORT",
        type=whole_number,
        help="serve /metrics and /healthz on this port of 127.0.0.1 (0: any free port)",
    )


def run(options: argparse.Namespace) -> int:
    daemon = Daemon(Path(find_project(options.directory)), profile=options.profile)
    metrics = Metrics()
    daemon.on_status = lambda: describe_status(daemon, metrics)
    logs = _Logs(daemon, options)
    daemon.on_reload = logs.reload
    for listener in (metrics, logs):
        daemon.stream.subscribe(listener)
    with contextlib.ExitStack() as stack:
        if options.log_format is None and not options.quiet and sys.stderr.isatty():
            from mockgen_watch.cli.live import LiveView

            daemon.stream.subscribe(stack.enter_context(LiveView(daemon)))
        else:
            daemon.stream.subscribe(logs.on_stderr)
        if options.metrics is not None:
            _serve(daemon, options.metrics, logs, stack)
        stack.enter_context(handling(daemon))
        daemon.run(once=options.once)
    return ExitCode.FINDINGS if options.once and daemon.problems.errors else ExitCode.DONE


def _serve(daemon: Daemon, port: int, logs: _Logs, stack: contextlib.ExitStack) -> None:
    """Serve metrics.

    Raises:
        UsageError: the port is taken, or is none.
    """
    try:
        endpoint = stack.enter_context(Endpoint(daemon.on_status, port))
    except (OSError, OverflowError) as error:
        raise UsageError(f"--metrics {port}: {error}") from error
    logs.tell("watch.metrics", address=f"http://{LOOPBACK}:{endpoint.port}")


class _Logs:
    """The log in a file, and on stderr; both follow what the project file says of logs."""

    def __init__(self, daemon: Daemon, options: argparse.Namespace) -> None:
        self.daemon = daemon
        # What an option has named stays, whatever the environment says.
        self.is_profile_given = options.profile != (os.environ.get(PROFILE) or None)
        self.settings = LogSettings()
        self.asked: Level | None = None
        self.given = Level.DEBUG if options.verbose else Level.ERROR if options.quiet else None
        self.file = LogFile(Path(daemon.state.folder, LOG_NAME))
        level = level_of(options.log_format, is_verbose=options.verbose, is_quiet=options.quiet)
        # Whoever starts a daemon without a terminal wants to know what it does.
        level = level if options.quiet else min(level, Level.INFO)
        self.in_file = EventLogger(Log("json", level, output=self.file.write))
        self.on_stderr = EventLogger(Log(options.log_format, level, self.in_file.log.run_id))
        self.adjust()

    def __call__(self, happening: DaemonEvent) -> None:
        # The file would be in the way of whoever clones the project again.
        if not self.daemon.is_orphan:
            self.in_file(happening)
        if isinstance(happening, BatchEnded):
            self._follow()

    def tell(self, event: str, **fields: object) -> None:
        self.in_file.log.info(event, **fields)
        self.on_stderr.log.info(event, **fields)

    def _follow(self) -> None:
        """Take over what the project file says now; options of the command line come first."""
        settings = self.daemon.settings
        if settings is None or settings.log == self.settings:
            return
        self.settings = settings.log
        path = settings.log.file
        state = self.daemon.state.folder
        self.file.path = self.daemon.root / path if path else Path(state, LOG_NAME)
        self.adjust()

    def adjust(self) -> None:
        """Show what is asked for: by a reload, else by options, environment or project file."""
        level = self.asked or self.given or level_of_environment()
        if level is None and self.daemon.settings is not None:
            level = Level[self.settings.level.name]
        if level is not None:
            for teller in (self.in_file, self.on_stderr):
                teller.log.show_from(level)

    def reload(self, details: Mapping[str, object]) -> None:
        """Take over what a client says whose user wants everything read again."""
        said = details.get("environment")
        environment = said if isinstance(said, dict) else {}
        for name in TAKEN:
            value = environment.get(name)
            os.environ.pop(name, None)
            is_level = str(value).upper() in Level.__members__
            if isinstance(value, str) and value and (name != VARIABLE or is_level):
                os.environ[name] = value
        if not self.is_profile_given:
            self.daemon.project.profile = os.environ.get(PROFILE) or None
        level = str(details.get("log_level")).upper()
        self.asked = Level[level] if level in Level.__members__ else None
        self.adjust()
