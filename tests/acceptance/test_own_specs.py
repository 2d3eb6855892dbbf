"""The repository's own specs: they are valid, their outputs are committed and say what they should.

The claims suite is read here with other libraries than the program's own, from its files alone.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema
import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("mockgen-watch")
OUTPUTS = ROOT / "mock_outputs"
CLAIMS: Any = yaml.load(
    (ROOT / "specs/claims/user_input.yaml").read_text(encoding="utf-8"), yaml.SafeLoader
)["Claim"]


Record: TypeAlias = dict[str, Any]


def claims(scenario: str) -> list[Record]:
    text = (OUTPUTS / f"claims/Claim/{scenario}.json").read_text(encoding="utf-8")
    return [record["payload"] for record in json.loads(text)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def field_at(record: Record, path: str) -> object:
    value: Any = record
    for key in path.split("."):
        value = value[key]
    return value


def day(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y")  # noqa: DTZ007 - a day has no zone


# What the rules of the spec that are written in CEL say, in Python.
EXPRESSIONS: dict[str, Callable[[Record], bool]] = {
    "copay-within-amount": lambda record: record["COPAY_AMT"] <= record["CLM_AMT"],
    "served-after-birth": lambda record: day(record["SRVC_FROM_DT"]) >= day(record["PAT_BRTH_DT"]),
    "received-after-service": lambda record: day(record["RCVD_DT"]) > day(record["SRVC_FROM_DT"]),
    "denial-has-reason": lambda record: (
        (record["ADJUDICATION"]["status"] == "DENIED")
        == (record["ADJUDICATION"]["denial_code"] is not None)
    ),
}


def broken_rules(record: Record) -> set[str]:
    broken = set()
    for name, rule in CLAIMS["$rules"].items():
        if "cel" in rule:
            try:
                holds = EXPRESSIONS[name](record)
            except (KeyError, TypeError, ValueError):
                holds = False
        else:
            validator = jsonschema.Draft202012Validator(rule["schema"])
            holds = validator.is_valid(field_at(record, rule["field"]))
        if not holds:
            broken.add(name)
    return broken


def matched_clauses(record: Record) -> set[str]:
    return {
        name
        for name, clause in CLAIMS["$exclude"].items()
        if all(
            record[field] in test if isinstance(test, list) else record[field] >= test["min"]
            for field, test in clause.items()
        )
    }


def test_specs_are_valid_and_outputs_are_up_to_date() -> None:
    done = subprocess.run([PROGRAM, "check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_committed_outputs_are_what_this_code_makes(tmp_path: Path) -> None:
    subprocess.run([PROGRAM, "-q", "generate", "--out", tmp_path], cwd=ROOT, check=True)
    assert files(tmp_path) == files(OUTPUTS)


def test_the_claims_suite_has_rules_and_exclusions_enough_to_try_scenarios_with() -> None:
    rules = CLAIMS["$rules"].values()
    assert len(rules) >= 12
    assert {kind for rule in rules for kind in rule} == {"field", "schema", "cel"}
    assert len(CLAIMS["$exclude"]) >= 3
    assert set(EXPRESSIONS) == {name for name, rule in CLAIMS["$rules"].items() if "cel" in rule}


def test_positive_claims_keep_every_rule_and_match_no_exclusion() -> None:
    records = claims("positive")
    assert len(records) == 20
    assert [(broken_rules(record), matched_clauses(record)) for record in records] == [
        (set(), set())
    ] * 20


def test_negative_claims_are_the_positive_ones_but_for_one_broken_rule() -> None:
    text = (OUTPUTS / "claims/Claim/negative.labels.ndjson").read_text(encoding="utf-8")
    labels = [json.loads(line) for line in text.splitlines()]
    pairs = zip(claims("positive"), claims("negative"), labels, strict=True)
    for number, (positive, negative, label) in enumerate(pairs):
        assert (label["record"], label["scenario"]) == (number, "negative")
        assert broken_rules(negative) == {label["rule"]}
        changed = {
            key
            for key in positive.keys() | negative.keys()
            if positive.get(key, ...) != negative.get(key, ...)
        }
        assert changed == {label["pointer"].split("/")[2]}
    assert {label["rule"] for label in labels} == set(CLAIMS["$rules"])
    # The pool that the scenario states itself comes first.
    assert [label["operator"] for label in labels if label["rule"] == "claim-type-known"] == [
        "own",
        "own",
    ]


def test_excluded_claims_keep_every_rule_and_match_an_exclusion() -> None:
    for record in claims("exclusion"):
        assert broken_rules(record) == set()
        assert matched_clauses(record)


def test_mixed_claims_are_each_a_claim_of_one_scenario() -> None:
    lines = (OUTPUTS / "claims/Claim/mixed.ndjson").read_text(encoding="utf-8").splitlines()
    # A fault may bring a record into an exclusion as well; broken it is all the same.
    records = [json.loads(line)["payload"] for line in lines]
    kinds = Counter(
        (len(broken_rules(record)), not broken_rules(record) and bool(matched_clauses(record)))
        for record in records
    )
    assert kinds.total() == 30
    assert set(kinds) == {(0, False), (1, False), (0, True)}
    assert kinds[0, False] > kinds[1, False]


def test_every_claim_is_of_a_member_that_exists() -> None:
    text = (OUTPUTS / "claims/Member/base.json").read_text(encoding="utf-8")
    members = {
        member["HCID"]: member for member in (record["payload"] for record in json.loads(text))
    }
    assert len(members) == 12
    for scenario in ("positive", "exclusion"):
        for record in claims(scenario):
            member = members[record["HCID"]]
            assert record["PAT_FRST_NME"] == member["PAT_FRST_NME"]
            assert record["PAT_BRTH_DT"] == member["PAT_BRTH_DT"]
            assert record["PAYER"]["id"] == "P-001"


@pytest.mark.parametrize("key", ["REMARK", "CLM_TYPE", "PRICNG_ZIP_STATE"])
def test_every_way_to_choose_shows_in_the_claims(key: str) -> None:
    absent = object()
    values = {record.get(key, absent) for record in claims("positive")}
    wanted = {
        "REMARK": {absent, None, "second opinion", "sent by mail"},
        "CLM_TYPE": {"P", "C"},
        "PRICNG_ZIP_STATE": {"TN", "KL", "AP"},
    }
    assert values == wanted[key]


def test_the_eligibility_suite_extends_the_shared_master_in_four_formats() -> None:
    folder = OUTPUTS / "eligibility"
    with (folder / "Enrolment/base.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = (folder / "Change/base.ndjson").read_text(encoding="utf-8").splitlines()
    changes = [json.loads(line) for line in lines]
    dependants = yaml.safe_load((folder / "Dependant/base.yaml").read_bytes())
    cards = [json.loads(path.read_bytes()) for path in sorted(folder.glob("Card/*/*.json"))]

    assert (len(rows), len(changes), len(dependants), len(cards)) == (15, 20, 6, 6)
    for record in (*changes, *dependants, *cards):
        assert record["feed"] == {
            "sender": "Graniteplume Health Plan",
            "version": 3,
            "name": "eligibility",
        }
    # keep: the master's channel; a number stays one; append; by-key.
    assert {row["member.contact.channel"] for row in rows} == {"MAIL"}
    assert {row["member.pin_code"] for row in rows} == {"600001", "600002", "600003"}
    assert {type(record["member"]["pin_code"]) for record in changes} == {int}
    assert [note["by"] for note in dependants[0]["member"]["notes"]] == ["system", "desk"]
    codes = [coverage["code"] for coverage in changes[0]["member"]["coverages"]]
    assert codes == ["MED", "DEN", "VIS"]
