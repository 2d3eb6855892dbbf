"""What ``$records`` states of single records is written, by either engine, and nothing else."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import FindingsError
from mockgen_watch.executors import Serial
from mockgen_watch.formats.rendering import VectorRecords
from mockgen_watch.scenarios.labels import label_lines
from mockgen_watch.workflow.changes import decode_records
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.produce import PatchedRecords, file_bytes, prepare_production
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json

FIELDS = """\
  ID: {$sequence: {start: 1}}
  KIND: [A, B, C]
  AMOUNT: {$integer: [1, 900]}
  PAT: {first: [Asha, Bala], last: [X, Y]}
  LINES: {$array: {min: 1, max: 3}, $items: {code: [p, q]}}
  NAME: {$template: "{PAT.first}!"}
"""
STATED = """\
  $records:
    3: {KIND: Q, PAT: {first: Chitra}, LINES: {0: {code: z}}, NEW: {deep: [1, {$$x: null}]}}
    7: {AMOUNT: {$delete: true}, PAT: {$const: {}}, LINES: []}
"""
COUNT = 30
MANY = 2500
"""Records enough for the vector engine."""


def plans(folder: Path, spec: str) -> dict[str, OutputPlan]:
    place = folder / "specs/s/user_input.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(spec, encoding="utf-8")
    found, _ = select_plans(open_project(folder), Request())
    return {f"{plan.model}/{plan.scenario}": plan for plan in found}


def base(folder: Path, stated: str, form: str = "json", count: int = COUNT) -> OutputPlan:
    head = f"M:\n  $count: {count}\n  $output: {form}\n"
    return plans(folder, head + FIELDS + stated)["M/base"]


def written(plan: OutputPlan) -> bytes:
    production = prepare_production(plan)
    return b"".join(file_bytes(production, Serial(), no_progress))


def refused(folder: Path, spec: str) -> list[str]:
    with pytest.raises(FindingsError) as caught:
        plans(folder, spec)
    return [f"{found.location.line} {found.code} {found}" for found in caught.value.diagnostics]


def expected(record: Json, index: int) -> Json:
    """Lay over what STATED says, by hand."""
    assert isinstance(record, dict)
    if index == 3:
        pat, lines = record["PAT"], record["LINES"]
        assert isinstance(pat, dict)
        assert isinstance(lines, list)
        return {
            **record,
            "KIND": "Q",
            "PAT": {**pat, "first": "Chitra"},
            "LINES": [{"code": "z"}, *lines[1:]],
            "NEW": {"deep": [1, {"$x": None}]},
        }
    if index == 7:
        rest = {key: value for key, value in record.items() if key != "AMOUNT"}
        return {**rest, "PAT": {}, "LINES": []}
    return record


@pytest.mark.parametrize("form", ["json", "ndjson", "yaml"])
def test_only_stated_places_of_stated_records_differ(tmp_path: Path, form: str) -> None:
    before = decode_records(form, written(base(tmp_path, "", form)))
    after = decode_records(form, written(base(tmp_path, STATED, form)))
    assert len(after) == COUNT
    assert after == [expected(record, index) for index, record in enumerate(before)]


def test_both_engines_write_the_same_bytes(tmp_path: Path) -> None:
    plan = base(tmp_path, STATED, "ndjson", MANY)
    records = prepare_production(plan).records()
    assert isinstance(records, PatchedRecords)
    assert isinstance(records.plain, VectorRecords)
    whole = b"".join(records.pieces(0, MANY))
    assert b"".join(records.cases.pieces(0, MANY)) == whole
    # Wherever a chunk begins or ends.
    for cut in (1, 3, 4, 7, 8, 9):
        parts = [*records.pieces(0, cut), *records.pieces(cut, MANY)]
        assert b"".join(parts) == whole


def test_a_row_has_cells_for_what_is_stated(tmp_path: Path) -> None:
    plain = list(csv.reader(written(base(tmp_path, "", "csv")).decode().splitlines()))
    rows = list(csv.reader(written(base(tmp_path, STATED, "csv")).decode().splitlines()))
    heads = [rows[0].index(name) for name in plain[0]]
    # Columns are added, none goes; the rows of other records have nothing there.
    assert set(rows[0]) > set(plain[0])
    for index, (old, new) in enumerate(zip(plain[1:], rows[1:], strict=True)):
        if index not in {3, 7}:
            assert [new[place] for place in heads] == old
            assert not any(cell for place, cell in enumerate(new) if place not in heads)
    three = dict(zip(rows[0], rows[4], strict=True))
    assert (three["KIND"], three["PAT.first"], three["LINES[0].code"]) == ("Q", "Chitra", "z")
    assert three["NEW.deep[0]"] == "1"
    seven = dict(zip(rows[0], rows[8], strict=True))
    assert (seven["AMOUNT"], seven["LINES[0].code"], seven["PAT.first"]) == ("", "", "")


def test_each_record_can_be_had_alone_whatever_the_count(tmp_path: Path) -> None:
    many = decode_records("json", written(base(tmp_path, STATED)))
    one = prepare_production(base(tmp_path, STATED, count=1))
    assert [one.record_at(index) for index in range(9)] == many[:9]


def test_a_statement_moves_the_key_and_its_line_does_not(tmp_path: Path) -> None:
    keys = [
        base(tmp_path, text).key
        for text in ("", STATED, STATED.replace("$records:", "$records:  # why"), STATED + "\n")
    ]
    assert keys[0] != keys[1] == keys[2] == keys[3]
    assert base(tmp_path, STATED.replace("Q", "R")).key != keys[1]


RULED = """\
M:
  ID: {{$sequence: {{start: 1}}}}
  KIND: [A, B, C]
  AMOUNT: {{$integer: [1, 900]}}
  $rules:
    known: {{field: KIND, schema: {{enum: [A, B, C, D]}}}}
    small: {{cel: "record.AMOUNT < 1000"}}
  $exclude: {{dear: {{AMOUNT: {{min: 700}}}}}}
  $scenarios:
    positive: {{$count: 8, $records: {{2: {positive}}}}}
    negative: {{$count: 8}}
    exclusion: {{$count: 8{exclusion}}}
    mixed: {{$mix: {{positive: 1, negative: 1}}, $count: 8}}
"""


def test_a_negative_record_is_the_twin_of_a_stated_one(tmp_path: Path) -> None:
    plain = plans(tmp_path, RULED.format(positive="{ID: 3}", exclusion=""))
    stated = plans(tmp_path, RULED.format(positive="{KIND: D, AMOUNT: 5}", exclusion=""))
    for name in ("M/positive", "M/negative", "M/mixed"):
        before, after = (prepare_production(every[name]).source for every in (plain, stated))
        told = list(label_lines(after.label_at(2), 2))
        twin = {**before.record_at(2), "KIND": "D", "AMOUNT": 5}
        for label in told:
            if "rule" in label:
                key = str(label["pointer"]).removeprefix("/")
                assert label["before"] == twin[key]
                twin[key] = label["after"]
        assert after.record_at(2) == twin
        others = [index for index in range(8) if index != 2]
        assert [after.record_at(i) for i in others] == [before.record_at(i) for i in others]
        assert [list(label_lines(after.label_at(i), i)) for i in others] == [
            list(label_lines(before.label_at(i), i)) for i in others
        ]


def test_a_stated_record_keeps_what_its_scenario_promises(tmp_path: Path) -> None:
    told = refused(tmp_path, RULED.format(positive="{KIND: ZZ}", exclusion=""))
    assert any("10 MG406 " in line and 'does not satisfy rule "known"' in line for line in told)
    told = refused(tmp_path, RULED.format(positive="{AMOUNT: 800}", exclusion=""))
    assert any('as stated matches exclusion "dear"' in line for line in told), told
    within = ", $records: {1: {AMOUNT: 3}}"
    told = refused(tmp_path, RULED.format(positive="{KIND: A}", exclusion=within))
    assert any("record 1 as stated does not match" in line for line in told), told
    within = ", $records: {1: {AMOUNT: 703}}"
    made = plans(tmp_path, RULED.format(positive="{KIND: A}", exclusion=within))
    source = prepare_production(made["M/exclusion"]).source
    assert source.record_at(1)["AMOUNT"] == 703
    assert next(label_lines(source.label_at(1), 1))["clause"] == "dear"


FAULTS = {
    "a path through a value": ("{3: {KIND: {a: 1}}}", "MG406", "/KIND is a single value"),
    "an element that is not there": ("{3: {LINES: {9: {code: z}}}}", "MG406", "has no '9'"),
    "an element that is to go": (
        "{3: {LINES: {0: {$delete: true}}}}",
        "MG406",
        "be removed",
    ),
    "a typing slip": ("{3: {AMUONT: 5}}", "MG224", "unknown field"),
    "a slip below": ("{3: {PAT: {frist: X}}}", "MG224", "unknown field"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_cannot_be_stated_is_told_with_its_line(tmp_path: Path, case: str) -> None:
    records, code, words = FAULTS[case]
    told = refused(tmp_path, f"M:\n  $count: 9\n{FIELDS}  $records: {records}\n")
    assert [line for line in told if line.startswith(f"9 {code} ") and words in line], told


def test_a_unique_field_stays_unique(tmp_path: Path) -> None:
    spec = "M:\n  $count: 5\n  a: {$choice: [1, 2, 3, 4, 5, 6], $unique: true}\n  $records: "
    drawn = {record["a"] for record in _all(plans(tmp_path, spec + "{0: {b: 1}}"))}
    (free,) = {1, 2, 3, 4, 5, 6} - drawn
    records = _all(plans(tmp_path, f"{spec}{{2: {{a: {free}}}}}"))
    assert records[2]["a"] == free
    taken = records[4]["a"]
    told = refused(tmp_path, f"{spec}{{2: {{a: {taken}}}}}")
    assert any("MG406" in line and "record 4 has the same value" in line for line in told), told
    records = _all(plans(tmp_path, f"{spec}{{1: {{a: null}}, 3: {{a: null}}}}"))
    assert [record["a"] for record in records].count(None) == 2
    told = refused(tmp_path, f"{spec}{{1: {{a: 99}}, 3: {{a: 99}}}}")
    assert any("record 1 has the same value" in line for line in told), told


def _all(made: dict[str, OutputPlan]) -> list[dict[str, Json]]:
    (plan,) = made.values()
    production = prepare_production(plan)
    return [production.record_at(index) for index in range(plan.count)]


def test_a_stated_key_is_what_references_take(tmp_path: Path) -> None:
    spec = (
        "P: {$count: 3, key: {$sequence: {start: 1}}, b: [x, y], $records: {1: {%s}}}\n"
        "C: {$count: 9, up: {$ref: P.key}, b: {$ref: P.b}}\n"
    )
    free = plans(tmp_path, spec % "b: z")
    unstated = prepare_production(free["C/base"])
    before = [unstated.record_at(index) for index in range(9)]
    assert {record["up"] for record in before} == {1, 2, 3}
    assert all((record["b"] == "z") == (record["up"] == 2) for record in before)
    stated = plans(tmp_path, spec % "key: nine, b: {$delete: true}")
    production = prepare_production(stated["C/base"])
    after = [production.record_at(index) for index in range(9)]
    for old, new in zip(before, after, strict=True):
        assert new == ({"up": "nine"} if old["up"] == 2 else old)


def test_a_record_beyond_the_count_gets_a_warning(tmp_path: Path) -> None:
    place = tmp_path / "specs/s/user_input.yaml"
    place.parent.mkdir(parents=True)
    place.write_text("M:\n  $count: 3\n  a: [x]\n  $records: {3: {a: z}}\n", encoding="utf-8")
    found_plans, found = select_plans(open_project(tmp_path), Request())
    assert [(item.code, item.severity.value, item.location.line) for item in found] == [
        ("MG406", "warning", 4)
    ]
    production = prepare_production(found_plans[0])
    assert [json.dumps(production.record_at(index)) for index in (2, 3)] == [
        '{"a": "x"}',
        '{"a": "z"}',
    ]
