"""Takes the index of a project; gives what keeps it from being committed, and what to type next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.git.index import read_index
from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.git.index import StagedProject

EXAMPLES = """examples:
  mockgen-watch hook              what .git/hooks/pre-commit or pre-commit calls
  mockgen-watch hook --validate   the staged specs only
  mockgen-watch hook --check      write nothing, make every output again and compare: for CI

What counts is what is staged. Nothing is ever staged by this command: it tells what to type.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--validate", action="store_true", help="look at the staged specs only")
    only.add_argument("--check", action="store_true", help="write nothing and trust nothing")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``hook`` out."""
    staged = read_index(options.directory)
    _tell_ignored(staged)
    if staged.is_up_to_date and not (options.check or options.json or options.profile):
        return ExitCode.DONE
    # Whoever has nothing to do shall not pay for the imports of those who have.
    from mockgen_watch.cli.hooking import run_hook  # noqa: PLC0415

    return run_hook(staged, options)


def _tell_ignored(staged: StagedProject) -> None:
    for path in staged.untracked_specs:
        shown = escape_for_terminal(staged.repository.shown_path(path))
        print(f"ignored {shown}, which Git does not know (git add {shown})", file=sys.stderr)
