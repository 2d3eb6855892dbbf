"""Takes the options of ``reload``; lets the daemon read everything again, the environment too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.cli.options import PROFILE, state_of, tell_outcome
from mockgen_watch.observe.log import VARIABLE, Level, level_of_environment
from mockgen_watch.watch.requests import RELOAD, ask

if TYPE_CHECKING:
    import argparse

TAKEN = (PROFILE, VARIABLE)
"""Variables that a daemon takes over; what it trusts is no matter of a request."""

EXAMPLES = f"""examples:
  mockgen-watch reload                        project file, environment and all specs
  mockgen-watch reload --log-level debug      details in its log, until the next reload
  mockgen-watch reload --profile ci           go on with another profile

The daemon takes {PROFILE} and {VARIABLE} as they are in the environment of this command.
Options that it was started with come first. The exit code is that of sync.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--log-level",
        choices=[level.name.lower() for level in Level],
        help="the least that its log shows, until the next reload",
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.add_argument(
        "--timeout", metavar="S", type=float, default=120.0, help="seconds to wait (default: 120)"
    )


def run(options: argparse.Namespace) -> int:
    """Carry ``reload`` out."""
    level_of_environment()
    environment = {name: os.environ[name] for name in TAKEN if os.environ.get(name)}
    if options.profile:
        environment[PROFILE] = options.profile
    details = {"environment": environment, "log_level": options.log_level}
    answer = ask(state_of(options), RELOAD, details, timeout=options.timeout)
    return tell_outcome(answer, options, "read again, and in sync")
