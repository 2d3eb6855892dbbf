"""Records for Python code, without going through files."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

SPEC: dict[str, Any] = {
    "$seed": 7,
    "Claim": {
        "ID": {"$pattern": "[A-Z]{2}[0-9]{4}"},
        "TYPE": ["P", "C", "D"],
        "AMT": {"$number": {"min": 1, "max": 9, "decimals": 2}},
        "LINES": {"$array": {"min": 1, "max": 3}, "$items": {"CODE": ["A", "B"]}},
        "$scenarios": {"positive": {"$count": 20}, "negative": {"$count": 5, "TYPE": ["ZZ"]}},
    },
}


def test_a_record_does_not_depend_on_what_was_asked_before() -> None:
    records = Specs.of(SPEC).records("Claim")
    late = records[17]
    assert records[3] == list(records)[3]
    assert list(records)[17] == late
    assert len(records) == 20


def test_a_scenario_is_named_behind_its_model() -> None:
    specs = Specs.of(SPEC)
    positive, negative = specs.records("Claim/positive"), specs.records("spec/Claim/negative")
    assert {record["TYPE"] for record in negative} == {"ZZ"}
    assert len(negative) == 5
    twin = {**positive[2], "TYPE": "ZZ"}
    assert negative[2] == twin


def test_batches_are_all_records_in_order() -> None:
    records = Specs.of(SPEC).records("Claim", count=25)
    batches = list(records.batches(10))
    assert [len(batch) for batch in batches] == [10, 10, 5]
    assert [record for batch in batches for record in batch] == records[:]


def test_records_beyond_the_count_are_made_by_at_alone() -> None:
    records = Specs.of(SPEC).records("Claim")
    with pytest.raises(IndexError):
        records[20]
    assert records.at(99_999_999) == Specs.of(SPEC).records("Claim", count=10**9)[99_999_999]
    assert records[-1] == records[19]


def test_exact_numbers_keep_their_places() -> None:
    specs = Specs.of(SPEC)
    plain, exact = specs.records("Claim")[0]["AMT"], specs.records("Claim", exact=True)[0]["AMT"]
    assert isinstance(plain, float)
    assert isinstance(exact, Decimal)
    assert exact.as_tuple().exponent == -2
    assert plain == float(exact)


def test_another_seed_gives_other_records() -> None:
    specs = Specs.of(SPEC)
    assert specs.records("Claim", seed=8)[:] != specs.records("Claim")[:]
    assert specs.records("Claim", seed=7)[:] == specs.records("Claim")[:]


def test_a_master_is_merged_in() -> None:
    specs = Specs.of(SPEC, master={"body": {"PAYER": {"id": "P-1"}, "TYPE": "X"}})
    record = specs.records("Claim")[0]
    assert record["body"]["PAYER"] == {"id": "P-1"}
    assert record["body"]["TYPE"] in {"P", "C", "D"}


def test_yaml_text_is_a_spec_too() -> None:
    records = Specs.of("M:\n  A: [1, 2]\n  $scenarios: {base: {$count: 3}}\n").records("M")
    assert {record["A"] for record in records} <= {1, 2}


def test_errors_of_a_spec_name_their_place() -> None:
    specs = Specs.of("M:\n  A: {$patern: x}\n")
    with pytest.raises(FindingsError) as caught:
        specs.records("M")
    (finding,) = caught.value.diagnostics
    assert (finding.location.line, finding.code) == (2, "MG201")
    assert "$pattern" in finding.hint


def test_an_unknown_model_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match='did you mean "spec/Claim"'):
        Specs.of(SPEC).records("spec/Clam")


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="a set"):
        Specs.of({"M": {"A": {1, 2}}})


def test_a_project_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    suite = tmp_path / "specs" / "claims"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text("M:\n  A: [x]\n")
    assert Specs.open(suite).records("claims/M")[0] == {"A": "x"}
