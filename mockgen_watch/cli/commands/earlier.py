"""Commands of the earlier system: options without a command, and outputs in its shapes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode, running
from mockgen_watch.cli.options import (
    add_flag,
    add_models,
    add_scenario,
    add_scenario_flags,
    names_in,
    whole_number,
)
from mockgen_watch.errors import UsageError
from mockgen_watch.migrations.forms import Form
from mockgen_watch.observe import escape_for_terminal, utc_stamp
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.project_folder import OutputRoot, find_project
from mockgen_watch.views.values import aligned
from mockgen_watch.workflow.direct import form_of_file
from mockgen_watch.workflow.earlier import (
    EarlierRequest,
    Grouping,
    Section,
    begin_files,
    select_sections,
    with_base_sections,
    write_sections,
)
from mockgen_watch.workflow.generate import Report
from mockgen_watch.workflow.project import user_input_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import Selection
    from mockgen_watch.workflow.project import OpenProject

EXAMPLES: Final = """examples:
  mockgen-watch --enhanced                       all sections in one file
  mockgen-watch --positive --model Model_1 --count 5
  mockgen-watch --all --config user_input.json --master master.json
  mockgen-watch --legacy --model Edit_1
  mockgen-watch --probability --negative --model WGS_csbd_medicaid --wgs

These write new files to mock_outputs/ and touch no other.
mockgen-watch --help lists the commands.
"""

_COLUMNS: Final = ("section", "model", "scenario", "file")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument_group("which sections")
    add_flag(which, "--enhanced", "all sections, in one file")
    add_scenario_flags(which)
    add_scenario(which)
    add_models(which)
    add_flag(which, "--list", "list the sections and write nothing", short="-l")
    what = parser.add_argument_group("what to generate")
    what.add_argument(
        "--count", metavar="N", type=whole_number, help="records of each section (default: 1)"
    )
    what.add_argument("-c", metavar="N", dest="short", action="append", default=[], help=_SHORT)
    what.add_argument("--seed", metavar="N", type=int, help="use this seed instead of the spec's")
    what.add_argument(
        "--output-format",
        choices=("single", "multiple", "split"),
        help="single: the first record; multiple: all in one file; split: one file per record",
    )
    add_flag(what, "--split", "the same as --output-format split")
    add_flag(what, "--probability", "accepted; each value is drawn by its probability anyway")
    add_flag(what, "--wgs", "models named WGS_…, with each value in a list")
    where = parser.add_argument_group("input and output")
    where.add_argument("--config", metavar="FILE", help="the file (default: user_input.json)")
    where.add_argument("--master", metavar="FILE", help="its master (default: the one beside it)")
    add_flag(where, "--legacy", "files in the oldest format alone (Edit_1, Edit_2, …)")
    add_flag(where, "--keep-empty", "with --legacy: keep the empty values of such files")
    where.add_argument(
        *("-o", "--output-dir"), metavar="DIR", help="the folder (default: mock_outputs)"
    )
    add_flag(where, "--init", "write a user_input.json and a master.json to begin with")
    add_flag(where, "--as-before", "accepted; this is the default of these commands")
    where.add_argument("--json", action="store_true", help="the result as JSON")


_SHORT: Final = "the same as --count N; -c FILE is the same as --config FILE"


def run(options: argparse.Namespace) -> int:
    _read_short(options)
    if options.init:
        return _begin(options)
    if options.config is None:
        options.config = user_input_in(options.directory, is_preferred=True)
    if options.config is None:
        _check_project(options)
    if options.keep_empty and not options.legacy:
        raise UsageError("--keep-empty needs --legacy")
    if options.config is not None:
        _choose_reading(options)
    options.format, options.suites = None, []
    options.is_earlier = True
    project, selection = running.open_selection(options, running.selection_of(options))
    return write_as_before(project, request_of(options, selection), options, options.output_dir)


def _choose_reading(options: argparse.Namespace) -> None:
    """Set ``--legacy`` for fields without a section, and drop it for models, as it was there."""
    form = form_of_file(options.directory, options.config)
    if form is Form.FLAT:
        options.legacy = True
    elif options.legacy and form not in {Form.SECTIONS, Form.BROKEN}:
        name = escape_for_terminal(options.config)
        print(f"{name} has models; --legacy makes no difference", file=sys.stderr)
        options.legacy = False


def _check_project(options: argparse.Namespace) -> None:
    """Refuse to go on where no file is meant, and no project."""
    if options.master:
        raise UsageError("--master needs --config, or a user_input.json in this folder")
    try:
        find_project(options.directory)
    except UsageError as error:
        raise UsageError(
            "this folder has no user_input.json; name another file with --config FILE, "
            "or write one to begin with: mockgen-watch --init"
        ) from error


def _read_short(options: argparse.Namespace) -> None:
    for word in options.short:
        try:
            options.count = whole_number(word)
        except argparse.ArgumentTypeError as error:
            if "." not in word:
                raise UsageError(f"argument -c: {error}") from error
            options.config = word


def _begin(options: argparse.Namespace) -> int:
    for path, is_new in begin_files(options.directory):
        print(f"{'created' if is_new else 'exists '}  {escape_for_terminal(path)}")
    return ExitCode.DONE


def request_of(options: argparse.Namespace, selection: Selection) -> EarlierRequest:
    """Return what the options ask for; ``selection`` is theirs, as the project has read it."""
    names = names_in((*options.model, *options.models))
    scenarios = selection.scenarios if options.scenario else ()
    # Sections of the oldest format that are named list their values, as many as there are.
    is_listed = bool(names) and not selection.models
    count = selection.count
    if getattr(options, "is_earlier", False) and count is None and not is_listed:
        count = 1
    grouping = Grouping.SECTION
    if getattr(options, "enhanced", False):
        grouping = Grouping.SUITE
    elif getattr(options, "all", False):
        grouping = Grouping.MODEL
    return EarlierRequest(
        suites=tuple(getattr(options, "suites", ())),
        names=selection.scenarios if is_listed else names,
        scenarios=() if is_listed else scenarios,
        is_all=getattr(options, "all", False),
        count=count,
        seed=selection.seed,
        layout=selection.layout or Layout.MULTIPLE,
        grouping=grouping,
        is_wgs=getattr(options, "wgs", False),
    )


def write_as_before(
    project: OpenProject,
    request: EarlierRequest,
    options: argparse.Namespace,
    folder: str | None,
) -> int:
    """Write the files that the earlier system would write, or list the sections.

    Raises:
        UsageError: the request names what is not there, or another format than JSON.
        FindingsError: a suite that is asked for has errors.
    """
    if options.format not in {None, "json"}:
        raise UsageError("--as-before writes JSON; leave out --format")
    project = with_base_sections(project)
    sections, found = select_sections(project, request)
    if options.list:
        return _list(project, sections, found, options)
    root = project.output_root()
    if folder is not None:
        root = OutputRoot.at(Path(folder), project.state)
    with running.running(options) as begin:
        advance = begin(sum(section.count for section in sections))
        files = tuple(write_sections(sections, request, root, utc_stamp, advance))
    return running.finish(project, Report(files=files, diagnostics=found), options)


def _list(
    project: OpenProject,
    sections: Sequence[Section],
    found: Sequence[Diagnostic],
    options: argparse.Namespace,
) -> int:
    rows = [
        (one.name, one.plan.model, one.plan.scenario, project.suites.files[one.plan.suite])
        for one in sections
    ]
    running.print_findings(project, found, options)
    data = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    running.print_result(options, data, aligned([_COLUMNS, *rows]))
    return ExitCode.DONE
