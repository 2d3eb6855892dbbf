"""A thousand records a scenario of the claims suite, judged by other libraries than the program's.

Rules by schema are judged by jsonschema, those in CEL by Python written for this test.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema
import pytest
import yaml

from mockgen_watch.plan.model import Selection
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.plan.model import OutputPlan

Record: TypeAlias = dict[str, Any]

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("mockgen-watch")
COUNT = 1000
SCENARIOS = ("positive", "negative", "exclusion")
KINDS = {
    "below", "above", "order", "off-step", "one-off", "not-in-pool", "other-value", "too-short",
    "too-long", "too-few", "too-many", "twice", "unexpected", "empty", "null", "missing",
    "wrong-type", "combination",
}  # fmt: skip
OWN_SPEC = (ROOT / "specs/claims/user_input.yaml").read_text(encoding="utf-8")
CLAIM: Any = yaml.load(OWN_SPEC, yaml.SafeLoader)["Claim"]


def day(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y")  # noqa: DTZ007 - a day has no zone


EXPRESSIONS: dict[str, Callable[[Record], bool]] = {
    "copay-within-amount": lambda record: record["COPAY_AMT"] <= record["CLM_AMT"],
    "served-after-birth": lambda record: day(record["SRVC_FROM_DT"]) >= day(record["PAT_BRTH_DT"]),
    "received-after-service": lambda record: day(record["RCVD_DT"]) > day(record["SRVC_FROM_DT"]),
    "denial-has-reason": lambda record: (
        (record["ADJUDICATION"]["status"] == "DENIED")
        == (record["ADJUDICATION"]["denial_code"] is not None)
    ),
}
VALIDATORS = {
    name: jsonschema.Draft202012Validator(rule["schema"])
    for name, rule in CLAIM["$rules"].items()
    if "schema" in rule
}


def claims_plan(outputs: Path, scenario: str) -> OutputPlan:
    project = open_project(outputs.parents[2])
    asked = Selection(models=("Claim",), scenarios=(scenario,))
    plans, _ = select_plans(project, Request(suites=("claims",), selection=asked))
    return next(plan for plan in plans if plan.scenario == scenario)


def broken_rules(record: Record) -> set[str]:
    broken = set()
    for name, rule in CLAIM["$rules"].items():
        try:
            if "cel" in rule:
                holds = EXPRESSIONS[name](record)
            else:
                value: Any = record
                for key in rule["field"].split("."):
                    value = value[key]
                holds = VALIDATORS[name].is_valid(value)
        except (KeyError, TypeError, ValueError):
            holds = False
        if not holds:
            broken.add(name)
    return broken


def matched_clauses(record: Record) -> set[str]:
    return {
        name
        for name, clause in CLAIM["$exclude"].items()
        if all(
            record[field] in test if isinstance(test, list) else record[field] >= test["min"]
            for field, test in clause.items()
        )
    }


def leaves(value: object, pointer: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        items = [(str(key).replace("~", "~0").replace("/", "~1"), v) for key, v in value.items()]
    elif isinstance(value, list):
        items = [(str(number), item) for number, item in enumerate(value)]
    else:
        return {pointer: (type(value), value)}
    found: dict[str, object] = {}
    for key, item in items:
        found.update(leaves(item, f"{pointer}/{key}"))
    return found


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("promises")
    shutil.copytree(ROOT / "specs", home / "specs")
    spec = home / "specs/claims/user_input.yaml"
    text = OWN_SPEC
    for count in ("20,", "10,", "30"):
        text = text.replace(f"$count: {count}", f"$count: {COUNT}{count[2:]}")
    spec.write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=home, check=True)
    subprocess.run([PROGRAM, "-q", "generate", "claims"], cwd=home, check=True)
    return home / "mock_outputs/claims/Claim"


@pytest.fixture(scope="module")
def account(outputs: Path) -> dict[str, Any]:
    """Return what the program says of the rules of a claim."""
    words = [str(PROGRAM), "rules", "claims", "--json"]
    done = subprocess.run(words, cwd=outputs.parents[2], capture_output=True, check=True)
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def records(outputs: Path, scenario: str) -> list[Record]:
    text = (outputs / f"{scenario}.json").read_text(encoding="utf-8")
    found: list[Record] = json.loads(text)
    assert len(found) == COUNT
    return found


def labels(outputs: Path, scenario: str) -> list[Record]:
    text = (outputs / f"{scenario}.labels.ndjson").read_text(encoding="utf-8")
    found = [json.loads(line) for line in text.splitlines()]
    assert [label["record"] for label in found] == list(range(COUNT))
    return found


def test_positive_records_keep_every_rule_and_no_clause_matches(outputs: Path) -> None:
    for record in records(outputs, "positive"):
        assert broken_rules(record["payload"]) == set()
        assert matched_clauses(record["payload"]) == set()


def test_negative_records_break_exactly_the_labelled_rule_and_are_twins(outputs: Path) -> None:
    told = labels(outputs, "negative")
    pairs = zip(records(outputs, "positive"), records(outputs, "negative"), told, strict=True)
    for twin, record, label in pairs:
        assert broken_rules(record["payload"]) == {label["rule"]}, label
        before, after = leaves(twin), leaves(record)
        pointers = [label["pointer"], *(change["pointer"] for change in label.get("also", ()))]
        differing = {
            place for place in before.keys() | after.keys() if before.get(place) != after.get(place)
        }
        assert differing
        for pointer in pointers:
            below = {at for at in differing if at == pointer or at.startswith(f"{pointer}/")}
            assert below, label
            differing -= below
        assert not differing, label


def test_every_rule_has_its_turn_and_faults_are_of_many_kinds(outputs: Path) -> None:
    told = labels(outputs, "negative")
    turns = Counter(label["rule"] for label in told)
    assert set(turns) == set(CLAIM["$rules"])
    assert max(turns.values()) - min(turns.values()) <= 1
    kinds = Counter(label["operator"] for label in told)
    assert kinds["wrong-type"] <= COUNT // 4
    assert {"below", "above", "one-off", "missing", "null", "wrong-type", "empty"} <= set(kinds)
    assert {"too-long", "not-in-pool", "order", "own", "off-step"} <= set(kinds)
    by_rule = defaultdict(set)
    for label in told:
        by_rule[label["rule"]].add(label["operator"])
    # A copay above its amount is all that can be wrong with the two and with nothing else.
    assert {rule for rule, found in by_rule.items() if len(found) == 1} <= {"copay-within-amount"}


def test_every_kind_of_fault_is_there_or_listed_as_impossible(
    outputs: Path, account: dict[str, Any]
) -> None:
    seen = {(label["rule"], label["operator"]) for label in labels(outputs, "negative")}
    possible = {(rule["rule"], kind) for rule in account["rules"] for kind in rule["faults"]}
    assert seen <= possible
    # Some kinds suit few twins, such as those of a rule on claims that are denied: look further.
    lacking = sorted(possible - seen)
    assert len(lacking) <= len(possible) // 20
    negative = compile_source(claims_plan(outputs, "negative"))
    names = list(CLAIM["$rules"])
    for rule, kind in lacking:
        turns = range(names.index(rule), 20 * COUNT, len(names))
        found = (negative.case_at(index).faults[0] for index in turns)
        assert any((fault.rule, fault.operator) == (rule, kind) for fault in found), (rule, kind)
    for rule in account["rules"]:
        assert not set(rule["faults"]) & set(rule["impossible"])
        assert set(rule["faults"]) | set(rule["impossible"]) >= KINDS
        assert all(rule["impossible"].values())
    assert {rule["rule"] for rule in account["rules"]} == set(CLAIM["$rules"])


@pytest.mark.parametrize("kind", ["null", "missing"])
def test_what_is_listed_as_impossible_is_so(
    kind: str, outputs: Path, account: dict[str, Any]
) -> None:
    """Put the fault at each field that a rule reads: never is it the one rule that breaks."""
    twins = [record["payload"] for record in records(outputs, "positive")[:50]]
    listed = {rule["rule"]: rule["impossible"] for rule in account["rules"]}
    for name, rule in CLAIM["$rules"].items():
        if kind not in listed[name]:
            continue
        in_cel = re.findall(r"record\.([\w.]+)", rule.get("cel", ""))
        fields = in_cel or [rule["field"]]
        for twin, field in itertools.product(twins, fields):
            record = json.loads(json.dumps(twin))
            *way, last = field.split(".")
            holder = record
            for key in way:
                holder = holder[key]
            if kind == "null":
                holder[last] = None
            else:
                del holder[last]
            # A schema says nothing of a field that is missing, so the rule holds then.
            broken = broken_rules(record) - ({name} if kind == "missing" else set())
            assert broken != {name}, (name, field)


def test_excluded_records_keep_every_rule_and_match_each_clause_in_turn(outputs: Path) -> None:
    names = list(CLAIM["$exclude"])
    told = labels(outputs, "exclusion")
    for number, (record, label) in enumerate(zip(records(outputs, "exclusion"), told, strict=True)):
        assert broken_rules(record["payload"]) == set()
        assert label["clause"] in matched_clauses(record["payload"])
        assert label["clause"] == names[number % len(names)]


def test_without_a_rule_exactly_its_cases_are_valid(outputs: Path) -> None:
    told = labels(outputs, "negative")
    found = [broken_rules(record["payload"]) for record in records(outputs, "negative")]
    for name in CLAIM["$rules"]:
        valid = {number for number, broken in enumerate(found) if not broken - {name}}
        assert valid == {label["record"] for label in told if label["rule"] == name}


def test_mixed_records_are_labelled_with_what_they_are(outputs: Path) -> None:
    text = (outputs / "mixed.ndjson").read_text(encoding="utf-8")
    told = labels(outputs, "mixed")
    kinds: Counter[str] = Counter()
    for line, label in zip(text.splitlines(), told, strict=True):
        record = json.loads(line)["payload"]
        kinds[label["scenario"]] += 1
        broken = broken_rules(record)
        assert broken == ({label["rule"]} if label["scenario"] == "negative" else set())
        if label["scenario"] == "positive":
            assert not matched_clauses(record)
        if label["scenario"] == "exclusion":
            assert label["clause"] in matched_clauses(record)
    assert kinds["positive"] > kinds["negative"] > kinds["exclusion"] > 0
