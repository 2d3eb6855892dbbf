"""Takes ranges of commits; gives those whose outputs their specs do not make, on stdout."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.output import report_of, wants_color
from mockgen_watch.cli.progress import progress
from mockgen_watch.cli.records import executor_of
from mockgen_watch.git.verify import verify
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from mockgen_watch.git.verify import Commit, StaleCommit, Verification

EXAMPLES = """examples:
  mockgen-watch verify                     the last commit
  mockgen-watch verify origin/main..       every commit that is not in origin/main yet
  mockgen-watch verify v1.0..v2.0 --json

Every output is made again from the specs of its own commit, which Git holds: nothing is checked
out, and files of the working tree do not matter.
"""

_SHORT = 10
_BOLD = "\x1b[1m"
_RESET = "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "revisions", metavar="REV..REV", nargs="*", default=["HEAD"], help="default: HEAD"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="that many processes")
    parser.add_argument(
        "--again", action="store_true", help="look again at what was found right before"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``verify`` out."""
    project = open_project(options.directory)
    with contextlib.ExitStack() as stack:

        def begin(commits: int) -> Callable[[Commit], None]:
            bar = stack.enter_context(progress(commits, unit="commits", is_quiet=options.quiet))
            return lambda commit: bar.advance(commit.id[:_SHORT], 1)

        found = verify(
            project,
            options.revisions,
            executor=executor_of(options),
            begin=begin,
            trust_memory=not options.again,
        )
    if options.json:
        print(_json(found))
    else:
        _print(found, is_quiet=options.quiet)
    return ExitCode.FINDINGS if found.stale else ExitCode.DONE


def _print(found: Verification, *, is_quiet: bool) -> None:
    for stale in found.stale:
        for line in _lines(stale):
            print(line)
    if is_quiet:
        return
    right = found.commits - len(found.stale) - found.without
    without = f", {found.without} without specs and outputs" if found.without else ""
    print(
        f"{right} of {found.commits} commit{'s' * (found.commits != 1)} can be reproduced{without}"
    )


def _lines(stale: StaleCommit) -> list[str]:
    commit = stale.commit
    bold, reset = (_BOLD, _RESET) if wants_color(sys.stdout) else ("", "")
    subject = escape_for_terminal(commit.subject)
    return [
        f"{bold}{commit.id[:_SHORT]}{reset}  {commit.date[:10]}  {subject}",
        *(
            f"  {escape_for_terminal(f'{item.location} {item.code} {item.message}')}"
            for item in stale.diagnostics
        ),
    ]


def _json(found: Verification) -> str:
    data = {
        "commits": found.commits,
        "remembered": found.remembered,
        "without": found.without,
        "stale": [
            {
                "commit": stale.commit.id,
                "date": stale.commit.date,
                "subject": stale.commit.subject,
                **report_of(stale.diagnostics),
            }
            for stale in found.stale
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
