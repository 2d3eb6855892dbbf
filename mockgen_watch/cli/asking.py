"""Takes the options of a command that speaks to the daemon; gives what the daemon answers."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.storage.project_folder import find_project
from mockgen_watch.storage.state import StateFolder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def state_of(options: argparse.Namespace) -> StateFolder:
    """Return the state folder of the project that the options mean.

    Raises:
        UsageError: there is none.
    """
    return StateFolder.of(find_project(options.directory))


def tell_outcome(answer: Mapping[str, object], options: argparse.Namespace, done: str) -> int:
    """Tell how the batch ended that a question asked for; ``done``: what is said when all is right.

    Returns:
        The exit code.
    """
    is_right = bool(answer["converged"]) and not answer["errors"]
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        found = answer["diagnostics"]
        told = [*found] if isinstance(found, list) else []
        for text in [answer["error"], *told]:
            if text:
                print(escape_for_terminal(str(text)), file=sys.stderr)
        if is_right and not options.quiet:
            print(done)
    return ExitCode.DONE if is_right else ExitCode.FINDINGS
