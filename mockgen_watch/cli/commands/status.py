"""Takes the options of ``status``; gives how the project's daemon fares, on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import state_of
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.watch.requests import STATUS, NoAnswerError, NotRunningError, ask

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

EXAMPLES = """examples:
  mockgen-watch status           exit code 0 when a daemon runs and is well, else 1
  mockgen-watch status --json    all that it counts, for programs
"""

_MEBIBYTE = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--json", action="store_true", help="the status as JSON")
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=10.0, help="seconds to wait (default: 10)"
    )


def run(options: argparse.Namespace) -> int:
    """Carry ``status`` out."""
    state = state_of(options)
    try:
        status: dict[str, object] = ask(state, STATUS, timeout=options.timeout)
    except NotRunningError as error:
        status = {"running": False, "reason": str(error)}
    except NoAnswerError as error:
        # One that makes many files answers between two of them, not within one.
        status = {"running": True, "is_healthy": False, "reason": str(error)}
    if options.json:
        print(json.dumps(status, indent=2))
    else:
        print("\n".join(map(escape_for_terminal, _lines(status))))
    return ExitCode.DONE if status.get("is_healthy") else ExitCode.FINDINGS


def _lines(status: Mapping[str, object]) -> list[str]:
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
    if not isinstance(stages, dict) or not stages:
        return "none yet"
    return ", ".join(f"{name} {value:.1f} ms" for name, value in stages.items())


def _mebibytes(value: object) -> str:
    return f"{value / _MEBIBYTE:,.0f} MiB" if isinstance(value, int) else "unknown"
