"""Takes the options of ``check``; gives every finding in specs and outputs, on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.options import add_suites
from mockgen_watch.cli.output import code_of, print_findings, render_json
from mockgen_watch.cli.records import running
from mockgen_watch.workflow.check import check
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.results import Request
from mockgen_watch.workflow.targets import select_suites

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch check            all specs and outputs; exit code 1 when something is wrong
  mockgen-watch check claims     one suite
  mockgen-watch check --json     for programs

Nothing is written. An output that is not what generate would write is a finding.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_suites(parser)
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``check`` out."""
    project = open_project(options.directory, options.profile)
    request = Request(suites=tuple(options.suites), trust_locks=False)
    with running(options) as run_:
        found = check(project, request, begin=run_.begin)
    if options.json:
        sys.stdout.write(render_json(found))
    else:
        print_findings(found, project.suites.text_of, sys.stdout, with_notes=not options.quiet)
        if not found and not options.quiet:
            count = len(select_suites(project.suites, request))
            print(f"{count} suite{'' if count == 1 else 's'} checked: all is well")
    return code_of(found)
