"""Takes an output that was edited by hand; gives a spec that makes it so, at the right line."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.text import json_value, shown_value
from mockgen_watch.git.stored import committed_outputs
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.workflow.adopt import carry_out, plan_adoption
from mockgen_watch.workflow.migrate import finish_earlier
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.storage.multi import Replaced
    from mockgen_watch.workflow.adopt import Adoption

EXAMPLES = """examples:
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json          all edits of the file
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json#/3/KIND  one of them
  mockgen-watch adopt mock_outputs/claims/Claim/positive.json --diff   show; write nothing

What one record holds becomes a line below $records; what all records of a scenario hold becomes a
field of the scenario. Nothing is written unless it is proved that the new spec makes the output as
it was edited. The former spec is kept as a backup.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "target", metavar="OUTPUT[#POINTER]", help="a file that was edited, or a value of it"
    )
    parser.add_argument("--diff", action="store_true", help="show what would change; write nothing")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``adopt`` out."""
    if not options.diff:
        _tell_finished(finish_earlier(options.directory))
    project = open_project(options.directory, options.profile)
    path, mark, pointer = options.target.partition("#")
    adoption = plan_adoption(project, path, pointer if mark else None, committed=committed_outputs)
    replaced = None if options.diff else carry_out(project, adoption)
    if options.json:
        print(_json(adoption, replaced))
    else:
        if options.diff:
            sys.stdout.writelines(_diff(adoption))
        if not options.quiet:
            _tell(adoption, is_done=replaced is not None)
    for backup in replaced.backups if replaced else ():
        shown = escape_for_terminal(backup.path)
        print(f"saved the former {shown} as backup {backup.number}", file=sys.stderr)
    for refused in replaced.refused if replaced else ():
        shown = escape_for_terminal(refused)
        print(f"{shown} was changed meanwhile and is left as it is", file=sys.stderr)
    return ExitCode.FINDINGS if replaced is not None and replaced.refused else ExitCode.DONE


def _tell_finished(finished: Replaced | None) -> None:
    for path in finished.paths if finished is not None else ():
        print(
            f"finished what an earlier run was cut short in: {escape_for_terminal(path)}",
            file=sys.stderr,
        )


def _diff(adoption: Adoption) -> list[str]:
    old, new = (side.decode("utf-8-sig", "replace") for side in (adoption.old, adoption.new))
    lines = difflib.unified_diff(
        old.splitlines(),
        new.splitlines(),
        f"a/{adoption.spec}",
        f"b/{adoption.spec}",
        lineterm="",
    )
    return [f"{escape_for_terminal(line)}\n" for line in lines]


def _tell(adoption: Adoption, *, is_done: bool) -> None:
    count = f"{len(adoption.values)} value{'' if len(adoption.values) == 1 else 's'}"
    verb = "adopted" if is_done else "would adopt"
    print(f"{verb}  {escape_for_terminal(adoption.output)}  ({count})")
    for value in adoption.values:
        who = "all records" if value.record is None else f"record {value.record}"
        place = f"{who} {escape_for_terminal(value.pointer)}"
        sides = f"{shown_value(value.before)} → {shown_value(value.after)}"
        print(f"  {place}: {sides}  {escape_for_terminal(str(value.location))}")
    for path in adoption.layouts:
        print(f"  {escape_for_terminal(path)} is written as the spec makes it")
    if adoption.left:
        print(f"  {adoption.left} more edited value{'' if adoption.left == 1 else 's'} not adopted")
    for other in adoption.others:
        print(f"also changes  {escape_for_terminal(other)}")
    if is_done:
        print("next: mockgen-watch generate")


def _json(adoption: Adoption, replaced: Replaced | None) -> str:
    import json  # noqa: PLC0415 - only where it is asked for

    values = [
        {
            "record": value.record,
            "pointer": value.pointer,
            **json_value("before", value.before),
            **json_value("after", value.after),
            "path": value.location.path,
            "line": value.location.line,
            "column": value.location.column,
        }
        for value in adoption.values
    ]
    data = {
        "output": adoption.output,
        "spec": adoption.spec,
        "written": replaced is not None and not replaced.refused,
        "values": values,
        "layouts": list(adoption.layouts),
        "left": adoption.left,
        "others": list(adoption.others),
        "backups": [
            {"number": backup.number, "path": backup.path}
            for backup in (replaced.backups if replaced else ())
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
