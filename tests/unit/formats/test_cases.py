"""Records that rules are looked at for, and those of a mix: made in blocks, the same bytes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec.structs import replace

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.formats.format import FormatError
from mockgen_watch.formats.rendering import BLOCK, CaseRecords
from mockgen_watch.workflow.produce import prepare_production, slow_fields

if TYPE_CHECKING:
    from mockgen_watch.workflow.produce import Production

COUNT = 700
SPEC: dict[str, Any] = {
    "$count": COUNT,
    "M": {
        "low": {"$integer": [0, 100_000]},
        "high": {"$integer": [0, 100_000]},
        "day": {"$date": {"from": "2025-01-01", "to": "2025-12-31", "format": "%d.%m.%Y"}},
        "kind": {"$weighted": {"a": 5, "b": 3, "c": 1}},
        "inner": {"mark": {"$integer": [0, 20_000]}, "$omit": 0.1, "$null": 0.1},
        "lines": {"$array": {"max": 3}, "$items": {"n": {"$integer": [0, 9000]}}},
        "tail": ["x", "y", "z"],
        "$rules": {
            "in-order": {"cel": "record.low <= record.high"},
            "marked": {"field": "inner.mark", "schema": {"not": {"multipleOf": 7}}},
            "lines": {"field": "lines.n", "schema": {"not": {"multipleOf": 11}}},
        },
        "$exclude": {
            "late": {"day": {"min": "01.12.2025"}, "kind": ["a", "b"]},
            "both": {"low": {"min": 50_000}, "kind": "c"},
        },
        "$scenarios": {
            "positive": {"$records": {"5": {"tail": "T"}, "601": {"tail": "U"}}},
            "negative": {},
            "exclusion": {},
            "free": {"tail": ["w"]},
            "mixed": {"$mix": {"positive": 5, "exclusion": 3, "free": 3, "negative": 1}},
        },
    },
}
SCENARIOS = ("positive", "negative", "mixed")


def production_of(scenario: str, spec: dict[str, Any] = SPEC) -> Production:
    return prepare_production(Specs.of(spec).records(f"M/{scenario}")._plan)


def cases_of(scenario: str, spec: dict[str, Any] = SPEC, *, vector_from: int = 0) -> CaseRecords:
    records = production_of(scenario, spec).records()
    assert isinstance(records, CaseRecords)
    return replace(records, vector_from=vector_from, block=500)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_blocks_give_the_bytes_of_one_by_one(scenario: str) -> None:
    blocks, alone = cases_of(scenario), cases_of(scenario, vector_from=COUNT + 1)
    expected = b"".join(alone.pieces(0, COUNT))
    assert b"".join(blocks.pieces(0, COUNT)) == expected
    cuts = (0, 1, 450, COUNT)
    made = [b"".join(blocks.pieces(*cut)) for cut in itertools.pairwise(cuts)]
    assert b"".join(made) == expected


def test_most_records_are_made_by_programs_and_few_one_by_one() -> None:
    source = production_of("positive").source
    batches = list(source.batches(np, np.arange(BLOCK)))
    rows = np.concatenate([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(BLOCK))
    first = next(batch for batch in batches if batch.program is source.programs[0])
    # Half of the records have low and high in order, and most of these are fit otherwise.
    assert 0.2 < len(first.rows) / BLOCK < 0.75
    others = [batch for batch in batches if batch.program not in {None, source.programs[0]}]
    assert len(others) > 1
    assert sum(len(batch.rows) for batch in batches if batch.program is None) < BLOCK / 3


def test_negative_records_are_made_by_a_program_for_each_rule_and_few_one_by_one() -> None:
    source = production_of("negative").source
    batches = list(source.batches(np, np.arange(BLOCK)))
    rows = np.concatenate([batch.rows for batch in batches])
    assert sorted(rows.tolist()) == list(range(BLOCK))
    # Half of the twins are drawn again, and many of these are like few others.
    assert sum(len(batch.rows) for batch in batches if batch.program is None) < BLOCK / 2
    for batch in batches:
        if batch.program is None:
            assert batch.labels is None
            continue
        assert batch.labels is not None
        rules = {fault.rule for label in batch.labels for fault in label.faults}
        assert len(rules) == 1
        for row, told in list(zip(batch.rows.tolist(), batch.labels, strict=True))[:3]:
            assert told.faults == source.case_at(row).faults


def test_a_value_that_cannot_be_written_is_told_as_one_by_one() -> None:
    output = {"format": "csv", "csv_formulas": "error"}
    model = {**SPEC["M"], "tail": {"$choice": ["x", "=1+1"]}, "$output": output}
    spec = {"$count": COUNT, "M": model}
    told = []
    for vector_from in (0, COUNT + 1):
        made: list[bytes] = []
        with pytest.raises(FormatError) as error:
            made.extend(cases_of("positive", spec, vector_from=vector_from).pieces(0, COUNT))
        told.append((str(error.value), b"".join(made)))
    assert told[0] == told[1]


def test_a_promise_that_no_attempt_keeps_ends_the_output() -> None:
    spec = {
        "$count": COUNT,
        "M": {
            "n": {"$integer": [0, 10**6]},
            "i": {"$index": {}},
            # The last record is tried before anything is made, so it is a good one.
            "$rules": {"few": {"cel": f"record.i < 400 || record.i == {COUNT - 1}"}},
            "$scenarios": {"positive": {}},
        },
    }
    records = cases_of("positive", spec)
    with pytest.raises(FindingsError) as error:
        list(records.pieces(0, COUNT))
    assert "record 400 " in str(error.value.diagnostics[0])


def test_plan_tells_what_is_still_looked_at() -> None:
    (positive,) = slow_fields(production_of("positive"))
    assert positive.field == "(record)"
    # That the two are in order is kept by their bounds, so that no record is looked at for it.
    assert 'rule "in-order"' not in positive.reason
    assert 'rule "lines"' in positive.reason
    (negative,) = slow_fields(production_of("negative"))
    assert negative.reason == "a fault is sought for each record"
    assert len(slow_fields(production_of("mixed"))) == 3


@pytest.mark.parametrize("scenario", ["positive", "exclusion", "negative", "mixed"])
def test_what_is_told_of_a_record_is_what_its_case_shows(scenario: str) -> None:
    source = production_of(scenario).source
    for index in range(40):
        case, told = source.case_at(index), source.label_at(index)
        assert (told.scenario, told.clause, told.faults) == (
            case.scenario,
            case.clause,
            case.faults,
        )
