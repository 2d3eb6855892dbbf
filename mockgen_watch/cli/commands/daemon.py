"""Requests to the daemon of a project: status, sync, reload and stop."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import PROFILE, add_json
from mockgen_watch.errors import LockedError
from mockgen_watch.observe import VARIABLE, Level, escape_for_terminal, level_of_environment
from mockgen_watch.storage.project_folder import DAEMON, ProjectLock, StateFolder, find_project
from mockgen_watch.watch import requests

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

STATUS_EXAMPLES: Final = """examples:
  mockgen-watch status           exit code 0 when a daemon runs without errors, else 1
  mockgen-watch status --json    all its counters, for programs
"""

SYNC_EXAMPLES: Final = """examples:
  mockgen-watch sync && pytest      tests read fixtures that match the saved specs
  mockgen-watch sync --timeout 300  allow a batch up to 5 minutes

The exit code is 1 when specs have errors, when an output could not be written, or when no daemon
runs.
"""

RELOAD_EXAMPLES: Final = f"""examples:
  mockgen-watch reload                        the project file, environment and all specs
  mockgen-watch reload --log-level debug      more detail in the log, until the next reload
  mockgen-watch reload --profile ci           switch to another profile

The daemon takes {PROFILE} and {VARIABLE} from the environment of this command.
Options that it was started with win over them. The exit code is the same as for sync.
"""

STOP_EXAMPLES: Final = """examples:
  mockgen-watch stop

The daemon finishes the file that it is writing. If no daemon runs, nothing happens, and the
exit code is 0.
"""

TAKEN: Final = (PROFILE, VARIABLE)
"""Variables that a daemon takes over on a reload; whom it trusts is not up to a request."""

_MEBIBYTE: Final = 1 << 20


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser, "the status")
    _add_timeout(parser, 10)


def run_status(options: argparse.Namespace) -> int:
    try:
        status: dict[str, object] = requests.ask(
            _state(options), requests.STATUS, timeout=options.timeout
        )
    except requests.NotRunningError as error:
        status = {"running": False, "reason": str(error)}
    except requests.NoAnswerError as error:
        # One that makes many files answers between two of them, not within one.
        status = {"running": True, "is_healthy": False, "reason": str(error)}
    if options.json:
        print(json.dumps(status, indent=2))
    else:
        print("\n".join(map(escape_for_terminal, _status_lines(status))))
    return ExitCode.DONE if status.get("is_healthy") else ExitCode.FINDINGS


def add_sync_arguments(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    _add_timeout(parser, 120)


def run_sync(options: argparse.Namespace) -> int:
    answer = requests.ask(_state(options), requests.SYNC, timeout=options.timeout)
    return _finish_batch(answer, options, "in sync")


def add_reload_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-level",
        choices=[level.name.lower() for level in Level],
        help="the lowest level its log shows, until the next reload",
    )
    add_json(parser)
    _add_timeout(parser, 120)


def run_reload(options: argparse.Namespace) -> int:
    # An unknown level is refused here, where somebody sees it.
    level_of_environment()
    environment = {name: os.environ[name] for name in TAKEN if os.environ.get(name)}
    if options.profile:
        environment[PROFILE] = options.profile
    details = {"environment": environment, "log_level": options.log_level}
    answer = requests.ask(_state(options), requests.RELOAD, details, timeout=options.timeout)
    return _finish_batch(answer, options, "reloaded and in sync")


def add_stop_arguments(parser: argparse.ArgumentParser) -> None:
    _add_timeout(parser, 30)


def run_stop(options: argparse.Namespace) -> int:
    state = _state(options)
    end = time.monotonic() + options.timeout
    try:
        requests.ask(state, requests.STOP, timeout=options.timeout)
        # The daemon holds its lock to the end.
        lock = ProjectLock(state, DAEMON, timeout=max(0.0, end - time.monotonic()))
        lock.acquire()
        lock.release()
        outcome = "stopped"
    except requests.NotRunningError:
        outcome = "no daemon runs"
    except LockedError as error:
        raise LockedError(f"{error}; it did not stop within {options.timeout:g} s") from error
    if not options.quiet:
        print(outcome)
    return ExitCode.DONE


def _add_timeout(parser: argparse.ArgumentParser, seconds: int) -> None:
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=float,
        default=float(seconds),
        help=f"seconds to wait (default: {seconds})",
    )


def _state(options: argparse.Namespace) -> StateFolder:
    return StateFolder.of(find_project(options.directory))


def _finish_batch(answer: Mapping[str, object], options: argparse.Namespace, done: str) -> int:
    """Show how the batch ended that was asked for, ``done`` when well; return the exit code."""
    is_well = bool(answer["converged"]) and not answer["errors"]
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        found = answer["diagnostics"]
        for text in (answer["error"], *(found if isinstance(found, list) else ())):
            if text:
                print(escape_for_terminal(str(text)), file=sys.stderr)
        if is_well and not options.quiet:
            print(done)
    return ExitCode.DONE if is_well else ExitCode.FINDINGS


def _status_lines(status: Mapping[str, object]) -> list[str]:
    if "reason" in status:
        return [str(status["reason"])]
    last = status["last"] if isinstance(status["last"], dict) else {}
    mode = status["mode"]
    why = f" ({status['mode_reason']})" if status["mode_reason"] else ""
    counts = f"{status['batches']} batches, {status['failures']} failed"
    free = _mebibytes(status["disk_free_bytes"])
    lines = [
        f"watching {status['project']} as process {status['process']}, by {mode}{why}",
        f"{counts}, {status['missed_events']} events missed, {last['errors']} errors now",
        f"last batch {_milliseconds(status['last_ms'])}",
        f"memory {_mebibytes(status['memory_bytes'])}, processor {status['cpu_s']} s, {free} free",
    ]
    if last["error"]:
        lines.append(str(last["error"]))
    return [*lines, *map(str, last["diagnostics"])]


def _milliseconds(stages: object) -> str:
    times = stages.items() if isinstance(stages, dict) else ()
    return ", ".join(f"{name} {value:.1f} ms" for name, value in times) or "none yet"


def _mebibytes(value: object) -> str:
    return f"{value / _MEBIBYTE:,.0f} MiB" if isinstance(value, int) else "unknown"
