"""Check: everything that is wrong with specs and outputs; nothing is written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.options import add_json, add_suites
from mockgen_watch.cli.running import code_of, running, write_findings
from mockgen_watch.views.diagnostics import diagnostics_json
from mockgen_watch.views.values import counted
from mockgen_watch.workflow.check import check
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.results import Request
from mockgen_watch.workflow.targets import select_suites

if TYPE_CHECKING:
    import argparse
    from typing import Final

EXAMPLES: Final = """examples:
  mockgen-watch check            all specs and outputs; exit code 1 when something is wrong
  mockgen-watch check claims     one suite
  mockgen-watch check --json     for programs

Nothing is written. An output that is not what generate would write is a finding.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    add_suites(parser)
    add_json(parser, "the findings")


def run(options: argparse.Namespace) -> int:
    project = open_project(options.directory, options.profile)
    request = Request(suites=tuple(options.suites), trust_locks=False)
    with running(options) as progress:
        found = check(project, request, begin=progress.begin)
    if options.json:
        sys.stdout.write(diagnostics_json(found))
        return code_of(found)
    write_findings(found, project.suites.text_of, sys.stdout, with_notes=not options.quiet)
    if not found and not options.quiet:
        print(
            f"{counted(len(select_suites(project.suites, request)), 'suite')} checked: all is well"
        )
    return code_of(found)
