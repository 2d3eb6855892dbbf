"""Record and why: one record of a scenario, and where a value of an output comes from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_json, whole_number
from mockgen_watch.cli.running import open_selected, print_result
from mockgen_watch.errors import UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.git.history import Blame, last_touched
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.plan.model import Selection
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.spec.model import Layout, Origin, OriginKind
from mockgen_watch.views.values import explanation_data, shown_value
from mockgen_watch.workflow.origins import split_pointer
from mockgen_watch.workflow.targets import find_output, find_plan, with_record
from mockgen_watch.workflow.why import Explanation, explain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json

RECORD_EXAMPLES: Final = """examples:
  mockgen-watch record claims/Claim 0
  mockgen-watch record claims/Claim/negative 999_998        without making the records before it
  mockgen-watch record claims/Claim 0 --scenario negative
"""

EXAMPLES: Final = """examples:
  mockgen-watch why mock_outputs/claims/Claim/positive.json#/0/payload/CLM_TYPE
  mockgen-watch why 'claims/Claim/positive.json#/3/payload/ClaimDetails/0/proc_cd' --json

The pointer (RFC 6901) begins with the record's index, unless the file holds a single record.
"""

SHORT: Final = 10
"""Digits of a commit's id that are shown."""

SHOWN: Final = 12
"""Values of a pool that are listed."""


def add_record_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="SUITE/MODEL[/SCENARIO]", help="the model, or its scenario")
    parser.add_argument("index", metavar="I", type=whole_number, help="the record's index, from 0")
    parser.add_argument(
        "--scenario", metavar="S", help="the scenario, where SUITE/MODEL does not name it"
    )
    parser.add_argument("--seed", metavar="N", type=int, help="use this seed instead of the spec's")
    parser.add_argument(
        "--format", metavar="F", default="json", choices=sorted(BUILTIN), help="default: json"
    )


def run_record(options: argparse.Namespace) -> int:
    project = open_selected(options)
    selection = Selection(seed=options.seed)
    plan = find_plan(project, options.name, selection, scenario=options.scenario or "")
    source = compile_source(with_record(plan, options.index))
    form = BUILTIN[options.format]
    given = plan.output.options if plan.output.format == options.format else ()
    writer = form.writer(source.programs, complete_options(form, given), Layout.SPLIT)
    data = writer.encode(source.record_at(options.index))
    sys.stdout.write((writer.framing.head + data + writer.framing.tail).decode("utf-8"))
    return ExitCode.DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", metavar="OUTPUT#POINTER", help="a value of an output")
    add_json(parser, "the explanation")


def run(options: argparse.Namespace) -> int:
    path, mark, pointer = options.target.rpartition("#")
    if not mark:
        raise UsageError("name the value after a #, as in mock_outputs/claims/C/base.json#/0/ID")
    project = open_selected(options)
    why = explain(find_output(project, path), split_pointer(pointer))
    blame = last_touched(project, why)
    print_result(options, explanation_data(why, blame), _lines(why, blame))
    return ExitCode.DONE


def _lines(why: Explanation, blame: Blame | None) -> Iterator[str]:
    choice = why.choice
    value = shown_value(why.value) if why.is_present else "(absent)"
    yield f"{escape_for_terminal(why.pointer) or 'the record'} = {value}"
    yield f"  stated   {_shown(choice.origin.location)}, {_owner(choice.origin)}"
    if blame is not None:
        yield f"  since    {_since(blame)}"
    yield f"  chosen   {escape_for_terminal(choice.text)}"
    yield from (f"           {escape_for_terminal(note)}" for note in choice.notes)
    yield from _odds(why)
    for step in why.steps:
        text = f": {escape_for_terminal(step.text)}" if step.text else ""
        name = escape_for_terminal(step.name)
        yield f"  {step.role:<9}{_shown(step.location)}, {name}{text}"
    for label in why.labels:
        yield from _label(label)
    if choice.address:
        model = f"seed {why.plan.seed}, model {why.plan.model_id}, {'.'.join(choice.address)}"
        elements = "".join(f", element {element}" for element in choice.elements)
        yield f"  address  {escape_for_terminal(f'{model}, record {why.record}{elements}')}"
    yield f"  scenario {why.scenario}"


def _odds(why: Explanation) -> Iterator[str]:
    """Yield the values of a pool, the one that was chosen always among them."""
    every = why.choice.odds
    shown = every[:SHOWN]
    rest = [odds for odds in every[SHOWN:] if why.is_present and odds.value == why.value]
    for odds in (*shown, *rest):
        mark = "→" if why.is_present and odds.value == why.value else " "
        place = f"({_place(odds.location, why.choice.origin.location)})"
        yield f"         {mark} {float(odds.share):6.1%}  {shown_value(odds.value)}  {place}"
    more = len(every) - len(shown) - len(rest)
    if more:
        yield f"           … and {more} more"


def _shown(location: Location) -> str:
    return escape_for_terminal(str(location))


def _owner(origin: Origin) -> str:
    # A master is named by its file, which is shown already.
    name = "" if origin.kind is OriginKind.MASTER else f" {escape_for_terminal(origin.name)}"
    return f"{origin.kind}{name}"


def _place(location: Location, origin: Location) -> str:
    place = f"{location.line}:{location.column}"
    return f"line {place}" if location.path == origin.path else _shown(location)


def _since(blame: Blame) -> str:
    if not blame.commit:
        return "not committed yet"
    text = f"{blame.commit[:SHORT]}, {blame.date[:10]}, {blame.author}: {blame.subject}"
    return escape_for_terminal(text)


def _label(label: Mapping[str, Json]) -> Iterator[str]:
    """Yield what the record shows: the clause that it matches, the rule that it breaks."""
    if "clause" in label:
        yield f"  matches  exclusion {escape_for_terminal(str(label['clause']))}"
    if "rule" in label:
        also = label.get("also", ())
        further = also if isinstance(also, list) else ()
        yield f"  breaks   rule {escape_for_terminal(str(label['rule']))} ({label['operator']})"
        for change in (label, *(item for item in further if isinstance(item, dict))):
            sides = [
                shown_value(change[side]) if side in change else "(absent)"
                for side in ("before", "after")
            ]
            pointer = escape_for_terminal(str(change["pointer"]))
            yield f"           {pointer}: {sides[0]} → {sides[1]}"
        yield f"           {escape_for_terminal(str(label['message']))}"
