"""Takes an output and a pointer into it; gives where that value comes from, on stdout."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.cli.values import plain_json, shown_value
from mockgen_watch.errors import UsageError
from mockgen_watch.scenarios.labels import label_lines
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import find_output
from mockgen_watch.workflow.why import explain, locate_record, split_pointer

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.why import Explanation

EXAMPLES = """examples:
  mockgen-watch why mock_outputs/claims/Claim/positive.json#/0/CLM_TYPE
  mockgen-watch why 'claims/Claim/positive.json#/3/ClaimDetails/0/proc_cd' --json

The pointer (RFC 6901) begins with the record's index, unless the file holds one record.
"""

SHOWN = 12
"""Values of a pool that are listed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("target", metavar="OUTPUT#POINTER", help="a value of an output")
    parser.add_argument("--json", action="store_true", help="the explanation as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``why`` out."""
    path, mark, pointer = options.target.rpartition("#")
    if not mark:
        raise UsageError("name the value behind a #, as in mock_outputs/claims/C/base.json#/0/ID")
    project = open_project(options.directory, options.profile)
    target = find_output(project, path)
    index, segments = locate_record(target.plan, target.number, split_pointer(pointer))
    source = compile_source(target.plan)
    part = source.part_of(index)
    scenario = source.scenarios[part]
    records = next(
        (mixed.records for mixed in target.plan.mix if mixed.scenario == scenario),
        target.plan.records,
    )
    explanation = explain(records, index, segments, dict(source.record_at(index)))
    labels = list(label_lines(source, index)) if source.is_promised else []
    if options.json:
        print(_json(explanation, scenario, labels))
    else:
        _print(explanation, scenario)
        _print_labels(labels)
    return 0


def _print_labels(labels: Sequence[Mapping[str, Json]]) -> None:
    """Print what the record shows: the clause that it matches, the rules that it breaks."""
    for label in labels:
        if "clause" in label:
            print(f"  matches  exclusion {escape_for_terminal(str(label['clause']))}")
        if "rule" in label:
            sides = [
                shown_value(label[side]) if side in label else "(not there)"
                for side in ("before", "after")
            ]
            place = f"{escape_for_terminal(str(label['pointer']))}: {sides[0]} → {sides[1]}"
            print(
                f"  breaks   rule {escape_for_terminal(str(label['rule']))} ({label['operator']})"
            )
            print(f"           {place}")
            print(f"           {escape_for_terminal(str(label['message']))}")


def _print(why: Explanation, scenario: str) -> None:
    value = shown_value(why.value) if why.is_present else "(not there)"
    print(f"{escape_for_terminal(why.pointer) or 'the record'} = {value}")
    origin = f"{why.origin.location}, {why.origin.kind} {why.origin.name}"
    print(f"  stated   {escape_for_terminal(origin)}")
    print(f"  chosen   {escape_for_terminal(why.choice)}")
    for note in why.notes:
        print(f"           {escape_for_terminal(note)}")
    for odds in why.odds[:SHOWN]:
        mark = "→" if why.is_present and odds.value == why.value else " "
        place = f"{odds.location.line}:{odds.location.column}"
        print(
            f"         {mark} {float(odds.share):6.1%}  {shown_value(odds.value)}  (line {place})"
        )
    if len(why.odds) > SHOWN:
        print(f"           … and {len(why.odds) - SHOWN} more")
    elements = "".join(f", element {element}" for element in why.elements)
    if why.is_stated:
        print(f"  scenario {scenario}")
        return
    path = ".".join(why.address) or "(the record)"
    address = f"seed {why.seed}, model {why.model_id}, {path}, record {why.record}{elements}"
    print(f"  address  {escape_for_terminal(address)}")
    print(f"  scenario {scenario}")


def _json(why: Explanation, scenario: str, labels: Sequence[Mapping[str, Json]]) -> str:
    place = why.origin.location
    data = {
        "pointer": why.pointer,
        "present": why.is_present,
        "value": plain_json(why.value),
        "scenario": scenario,
        "labels": [{key: plain_json(value) for key, value in label.items()} for label in labels],
        "origin": {
            "kind": why.origin.kind.value,
            "name": why.origin.name,
            "path": place.path,
            "line": place.line,
            "column": place.column,
        },
        "choice": why.choice,
        "notes": list(why.notes),
        "odds": [
            {
                "value": plain_json(odds.value),
                "share": float(odds.share),
                "line": odds.location.line,
                "column": odds.location.column,
            }
            for odds in why.odds
        ],
        "address": {
            "seed": why.seed,
            "model": why.model_id,
            "path": list(why.address),
            "record": why.record,
            "elements": list(why.elements),
        },
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
