"""Takes a saved plan; gives the outputs that it planned, or the names of what moved since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch import __version__
from mockgen_watch.cli.records import running, tell
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.lock.saved_plan import read_plan
from mockgen_watch.storage.atomic import read_file
from mockgen_watch.workflow.apply import apply_saved
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch plan --save next.plan     look at what would change, and keep it
  mockgen-watch apply next.plan           do just that

A plan holds as long as its specs, outputs and lockfiles are those that it was made from. What moved
since is named, and nothing is written.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("plan", metavar="FILE", help="what plan --save wrote")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``apply`` out."""
    saved = read_plan(read_file(options.plan), options.plan)
    if isinstance(saved, Diagnostic):
        raise FindingsError([saved])
    if options.profile not in {None, saved.profile}:
        made = saved.profile or "none"
        raise UsageError(f"the plan was made for the profile {made}, not {options.profile}")
    project = open_project(options.directory, saved.profile)
    with running(options) as run_:
        report = apply_saved(project, saved, options.plan, __version__, begin=run_.begin)
    return tell(project, report, options)
