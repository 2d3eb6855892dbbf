"""Runs the program on a random spec, and judges what it has written or refused."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import z3

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

    from tests.properties.random_rules.domain import Json
    from tests.properties.random_rules.maker import RandomSpec

REFUSED = 1
"""The exit code of a spec that is refused."""


@dataclass
class Verdict:
    """What became of a spec.

    Attributes:
        satisfiable: whether any record keeps all rules; None where the solver does not know.
        breakable: names of the rules that some record breaks alone, all fields being what they can.
        is_made, is_broken: whether positive and negative records were written.
        is_late: whether ``check`` let pass what ``generate`` refused, or refusing left files.
        wrong_positives, wrong_negatives: what the judge says of records, each with its index.
        unbroken: breakable rules that no negative record breaks, though there were enough.
        words: what the program said where it refused.
    """

    seed: int
    satisfiable: bool | None = None
    breakable: set[str] = field(default_factory=set)
    is_made: bool = False
    is_broken: bool = False
    is_late: bool = False
    wrong_positives: list[str] = field(default_factory=list)
    wrong_negatives: list[str] = field(default_factory=list)
    unbroken: set[str] = field(default_factory=set)
    words: str = ""


def try_spec(spec: RandomSpec, folder: Path) -> Verdict:
    """Run the program on a spec in an empty folder."""
    verdict = Verdict(spec.seed)
    _ask(spec, verdict)
    if _generate(spec, folder / "both", verdict, "positive", "negative"):
        verdict.is_made = verdict.is_broken = True
        _judge_positives(spec, verdict, folder / "both")
        _judge_negatives(spec, verdict, folder / "both")
    elif _generate(spec, folder / "one", verdict, "positive"):
        verdict.is_made = True
        _judge_positives(spec, verdict, folder / "one")
    return verdict


def _ask(spec: RandomSpec, verdict: Verdict) -> None:
    """Ask the solver for a record that keeps all rules, and for those that break one alone."""
    solver = z3.Solver()
    solver.set("timeout", 5000)
    solver.add(*spec.unknowns.constraints)
    terms = [rule.term for rule in spec.rules]
    found = solver.check(*terms)
    verdict.satisfiable = None if found == z3.unknown else found == z3.sat
    if not verdict.satisfiable:
        return
    for place, rule in enumerate(spec.rules):
        others = [term for number, term in enumerate(terms) if number != place]
        if solver.check(*others, z3.Not(rule.term)) == z3.sat:
            verdict.breakable.add(rule.name)


def _generate(spec: RandomSpec, folder: Path, verdict: Verdict, *scenarios: str) -> bool:
    suite = folder / "specs" / "s"
    suite.mkdir(parents=True)
    text = json.dumps(spec.data(*scenarios), indent=1)
    (suite / "user_input.json").write_text(text, encoding="utf-8")
    code, words = _run(folder, "generate")
    if code == 0:
        return True
    verdict.words += words
    assert code == REFUSED, (spec.seed, words)
    checked, _ = _run(folder, "check")
    outputs = folder / "mock_outputs"
    is_written = outputs.exists() and any(path.is_file() for path in outputs.rglob("*"))
    verdict.is_late |= checked == 0 or is_written
    return False


def _run(folder: Path, command: str) -> tuple[int, str]:
    out = io.StringIO()
    before = os.getcwd()  # noqa: PTH109 - the command runs in the folder, as a user would
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = int(main([command]))
    finally:
        os.chdir(before)
    return code, out.getvalue()


def _lines(folder: Path, name: str) -> list[Any]:
    path = folder / "mock_outputs" / "s" / "M" / name
    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=Decimal) for line in lines]


def _broken(spec: RandomSpec, record: Json) -> set[str]:
    return {rule.name for rule in spec.rules if not rule.holds(record)}


def _judge_positives(spec: RandomSpec, verdict: Verdict, folder: Path) -> None:
    records = _lines(folder, "positive.ndjson")
    if len(records) != spec.count:
        verdict.wrong_positives.append(f"there are {len(records)}")
    for index, record in enumerate(records):
        broken = _broken(spec, record)
        if broken:
            verdict.wrong_positives.append(f"{index} breaks {sorted(broken)}: {record}")
        elif not spec.shape.can_be(record):
            verdict.wrong_positives.append(f"{index} is none of the model: {record}")


def _judge_negatives(spec: RandomSpec, verdict: Verdict, folder: Path) -> None:
    records = _lines(folder, "negative.ndjson")
    labels = _lines(folder, "negative.labels.ndjson")
    twins = _lines(folder, "positive.ndjson")
    if not len(records) == len(labels) == spec.count:
        verdict.wrong_negatives.append(f"there are {len(records)} and {len(labels)} labels")
    told = set()
    for index, (record, label, twin) in enumerate(zip(records, labels, twins, strict=True)):
        told.add(label["rule"])
        broken = _broken(spec, record)
        if broken != {label["rule"]}:
            verdict.wrong_negatives.append(f"{index} breaks {sorted(broken)}: {label} {record}")
        places = [label, *label.get("also", ())]
        if _without(record, places) != _without(twin, places):
            verdict.wrong_negatives.append(f"{index} is no twin: {label} {record} {twin}")
    if spec.count >= 3 * len(spec.rules):
        verdict.unbroken = verdict.breakable - told


def _without(record: Json, places: list[Json]) -> Json:
    """Return a record without what stands at the places of a label."""
    left = json.loads(json.dumps(record, default=str))
    for place in places:
        if not place["pointer"]:
            # The whole record.
            return None
        *above, last = place["pointer"].split("/")[1:]
        found: Any = left
        for name in above:
            found = found[int(name)] if isinstance(found, list) else found.get(name, {})
        if isinstance(found, dict):
            found.pop(last, None)
        elif isinstance(found, list) and last.isdigit() and int(last) < len(found):
            found[int(last)] = None
    return left
