"""Takes the options of ``sync``; returns once everything saved before the call is reflected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.options import state_of, tell_outcome
from mockgen_watch.watch.requests import SYNC, ask

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch sync && pytest      tests see the fixtures of the specs as they were saved
  mockgen-watch sync --timeout 300  where a batch may take that long

The exit code is 1 when specs have errors, when an output could not be written, or when no daemon
runs.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=120.0, help="seconds to wait (default: 120)"
    )


def run(options: argparse.Namespace) -> int:
    """Carry ``sync`` out."""
    answer = ask(state_of(options), SYNC, timeout=options.timeout)
    return tell_outcome(answer, options, "in sync")
