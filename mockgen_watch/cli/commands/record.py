"""Record: one record of a scenario, whatever its count."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import whole_number
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.plan.model import Selection
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import find_plan, with_record

if TYPE_CHECKING:
    import argparse

EXAMPLES: Final = """examples:
  mockgen-watch record claims/Claim 0
  mockgen-watch record claims/Claim/negative 999_998        without those before it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("name", metavar="SUITE/MODEL[/SCENARIO]", help="whose record")
    parser.add_argument("index", metavar="I", type=whole_number, help="its index, from 0")
    parser.add_argument("--seed", metavar="N", type=int, help="another seed than the spec's")
    parser.add_argument(
        "--format", metavar="F", default="json", choices=sorted(BUILTIN), help="default: json"
    )


def run(options: argparse.Namespace) -> int:
    project = open_project(options.directory, options.profile)
    plan = find_plan(project, options.name, Selection(seed=options.seed))
    source = compile_source(with_record(plan, options.index))
    form = BUILTIN[options.format]
    given = plan.output.options if plan.output.format == options.format else ()
    layout = Layout.SPLIT if Layout.SPLIT in form.layouts else form.layouts[0]
    writer = form.writer(source.programs, complete_options(form, given), layout)
    data = writer.encode(source.record_at(options.index))
    sys.stdout.write((writer.framing.head + data + writer.framing.tail).decode("utf-8"))
    return ExitCode.DONE
