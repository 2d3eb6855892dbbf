"""Adopt: an output's edit taken into its spec, at the right line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json
from mockgen_watch.cli.running import diff_lines, open_selected, print_replaced, print_result
from mockgen_watch.git.stored import committed_outputs
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.storage.multi import replace_files
from mockgen_watch.views.values import (
    backup_data,
    counted,
    json_sides,
    location_data,
    plural,
    shown_value,
)
from mockgen_watch.workflow.adopt import Adoption, plan_adoption
from mockgen_watch.workflow.migrate import finish_earlier

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mockgen_watch.storage.multi import Replaced

EXAMPLES: Final = """examples:
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json          all edits in the file
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json#/3/KIND  one edit
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json --diff   show; write nothing

A value in one record becomes a line under $records; a value in all records of a scenario becomes a
field of the scenario. Nothing is written unless the new spec is proved to produce the output as
edited. The previous spec is kept as a backup.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target", metavar="OUTPUT[#POINTER]", help="an edited file, or one value in it"
    )
    add_flag(parser, "--diff", "show what would change; write nothing")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    finished = None if options.diff else finish_earlier(options.directory)
    for path in finished.paths if finished else ():
        shown = escape_for_terminal(path)
        print(f"finished what an earlier run was cut short in: {shown}", file=sys.stderr)
    project = open_selected(options)
    path, mark, pointer = options.target.partition("#")
    adoption = plan_adoption(project, path, pointer if mark else None, committed=committed_outputs)
    replaced = (
        None
        if options.diff
        else replace_files(project.folder_root(), adoption.replacements, "adopt")
    )
    if options.diff and not options.json:
        old, new = (side.decode("utf-8-sig", "replace") for side in (adoption.old, adoption.new))
        sys.stdout.writelines(diff_lines(adoption.spec, old, adoption.spec, new))
    lines = () if options.quiet else _lines(adoption, is_done=replaced is not None)
    print_result(options, _data(adoption, replaced), lines)
    if replaced is None:
        return ExitCode.DONE
    print_replaced(replaced)
    return ExitCode.FINDINGS if replaced.refused else ExitCode.DONE


def _lines(adoption: Adoption, *, is_done: bool) -> Iterator[str]:
    verb = "adopted" if is_done else "would adopt"
    count = counted(len(adoption.values), "value")
    yield f"{verb}  {escape_for_terminal(adoption.output)}  ({count})"
    for value in adoption.values:
        who = "all records" if value.record is None else f"record {value.record}"
        place = f"{who} {escape_for_terminal(value.pointer)}"
        sides = f"{shown_value(value.before)} → {shown_value(value.after)}"
        yield f"  {place}: {sides}  {escape_for_terminal(str(value.location))}"
    for path in adoption.layouts:
        yield f"  {escape_for_terminal(path)} is rewritten in the layout of the spec"
    if adoption.left:
        yield f"  {adoption.left} more edited {plural('value', adoption.left)} not adopted"
    for other in adoption.others:
        yield f"also changes  {escape_for_terminal(other)}"
    if is_done:
        yield "next: mockgen-watch generate"


def _data(adoption: Adoption, replaced: Replaced | None) -> dict[str, object]:
    return {
        "output": adoption.output,
        "spec": adoption.spec,
        "written": replaced is not None and not replaced.refused,
        "values": [
            {
                "record": value.record,
                "pointer": value.pointer,
                **json_sides(value.before, value.after),
                **location_data(value.location),
            }
            for value in adoption.values
        ],
        "layouts": list(adoption.layouts),
        "left": adoption.left,
        "others": list(adoption.others),
        "backups": list(map(backup_data, replaced.backups if replaced else ())),
    }
