"""Verify: commits whose outputs cannot be made from their specs."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_json
from mockgen_watch.cli.running import executor_of, progress, wants_color
from mockgen_watch.git.verify import Commit, StaleCommit, Verification, verify
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.views.diagnostics import diagnostics_data
from mockgen_watch.views.values import json_text, plural
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator


EXAMPLES: Final = """examples:
  mockgen-watch verify                     the last commit
  mockgen-watch verify origin/main..       every commit that is not in origin/main yet
  mockgen-watch verify v1.0..v2.0 --json

Every output is made again from the specs of its own commit, which Git holds: nothing is checked
out, and files of the working tree do not matter.
"""

_SHORT: Final = 10
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument(
        "revisions", metavar="REV..REV", nargs="*", default=["HEAD"], help="default: HEAD"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="that many processes")
    parser.add_argument(
        "--again", action="store_true", help="look again at what was found right before"
    )
    add_json(parser)


def run(options: argparse.Namespace) -> int:
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
        print(json_text(_data(found)))
    else:
        for line in _lines(found, is_quiet=options.quiet):
            print(line)
    return ExitCode.FINDINGS if found.stale else ExitCode.DONE


def _lines(found: Verification, *, is_quiet: bool) -> Iterator[str]:
    for stale in found.stale:
        yield from _stale_lines(stale)
    if not is_quiet:
        right = found.commits - len(found.stale) - found.without
        without = f", {found.without} without specs and outputs" if found.without else ""
        commits = plural("commit", found.commits)
        yield f"{right} of {found.commits} {commits} can be reproduced{without}"


def _stale_lines(stale: StaleCommit) -> Iterator[str]:
    commit = stale.commit
    bold, reset = (_BOLD, _RESET) if wants_color(sys.stdout) else ("", "")
    subject = escape_for_terminal(commit.subject)
    yield f"{bold}{commit.id[:_SHORT]}{reset}  {commit.date[:10]}  {subject}"
    for item in stale.diagnostics:
        yield f"  {escape_for_terminal(f'{item.location} {item.code} {item.message}')}"


def _data(found: Verification) -> dict[str, object]:
    return {
        "commits": found.commits,
        "remembered": found.remembered,
        "without": found.without,
        "stale": [
            {
                "commit": stale.commit.id,
                "date": stale.commit.date,
                "subject": stale.commit.subject,
                **diagnostics_data(stale.diagnostics),
            }
            for stale in found.stale
        ],
    }
