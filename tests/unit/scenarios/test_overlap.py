"""Scenarios without rules that can make the same record are told, with such a record."""

from __future__ import annotations

import itertools
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from mockgen_watch.scenarios.overlap import check_scenarios, common_record
from tests.unit.scenarios.planning import plans_of

LEGACY = Path(__file__).parents[2] / "data/legacy"
SECTIONS = ("positive", "negative", "exclusion")


def pools(section: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: value for name, value in section.items() if isinstance(value[0], str)}


def legacy(name: str) -> tuple[dict[str, dict[str, Any]], list[Any]]:
    """Return the sections of a sample by scenario, and the warnings of overlaps."""
    text = (LEGACY / f"{name}_user_input.json").read_text(encoding="utf-8")
    master = (LEGACY / f"{name}_master.json").read_text(encoding="utf-8")
    plans = plans_of(text, master)
    told = [item for item in check_scenarios(list(plans.values())) if item.code == "MG401"]
    sections = {
        key.rpartition("_")[2].lower(): value
        for key, value in json.loads(text).items()
        if key.lower().endswith(SECTIONS)
    }
    assert set(sections) == set(SECTIONS)
    return sections, told


@pytest.mark.parametrize("name", ["claims", "model_x"])
def test_samples_of_the_earlier_system_are_told_where_they_overlap(name: str) -> None:
    sections, told = legacy(name)
    # Two sections overlap just when no field keeps them apart.
    expected = {
        (first, second)
        for first, second in itertools.combinations(SECTIONS, 2)
        if all(
            set(values) & set(sections[second][field])
            for field, values in pools(sections[first]).items()
        )
    }
    words = [re.search(r"(\w+) of Model_1 .* as (\w+): (.*)", one.message) for one in told]
    assert {(found[2], found[1]) for found in words if found} == expected
    for found in words:
        assert found
        (record,) = json.loads(found[3]).values()
        for scenario in (found[1], found[2]):
            assert record.keys() == sections[scenario].keys()
            assert all(record[field] in pool for field, pool in pools(sections[scenario]).items())


def test_only_the_sample_with_equal_sections_overlaps() -> None:
    assert legacy("claims")[1] == []
    (found,) = legacy("model_x")[1]
    assert (found.location.line, found.related[0].location.line) == (74, 27)


def test_pools_overlap_just_when_each_field_has_a_common_value() -> None:
    chance = random.Random(5)
    seen = set()
    for _ in range(60):
        sides = [
            {name: chance.sample("abcd", chance.randint(1, 3)) for name in "xyz"} for _ in range(2)
        ]
        spec = {"M": {"x": ["a"]}, "M_positive": sides[0], "M_negative": sides[1]}
        plans = plans_of(json.dumps(spec))
        record = common_record(plans["positive"].records, plans["negative"].records)
        products = [set(itertools.product(*side.values())) for side in sides]
        both = products[0] & products[1]
        seen.add(bool(both))
        assert (record is not None) is bool(both)
        assert record is None or tuple(record[name] for name in "xyz") in both
    assert seen == {True, False}


PAIRS = {
    "a null in both": ("{$choice: [1], $null: 0.5}", "{$choice: [2], $null: 0.5}", True),
    "a null in one": ("{$choice: [1], $null: 0.5}", "{$choice: [2]}", False),
    "absent in both": ("{$choice: [1], $omit: 0.5}", "{$choice: [2], $omit: 0.5}", True),
    "a number of the range": ("[1, 7]", "{$integer: {min: 5, max: 9}}", True),
    "no number of the range": ("[1, 4]", "{$integer: {min: 5, max: 9}}", False),
    "between two steps": ("[6]", "{$integer: {min: 5, max: 9, step: 2}}", False),
    "a text of the pattern": ("[x, AB1]", '{$pattern: "[A-Z]{2}[0-9]"}', True),
    "no text of the pattern": ("[x, AB]", '{$pattern: "[A-Z]{2}[0-9]"}', False),
    "the same pattern": ('{$pattern: "[A-Z]{2}"}', '{$pattern: "[A-Z]{2}"}', True),
    "1 and true": ("[1]", "[true]", False),
    "1 and 1.0": ("[1]", "[1.0]", True),
    "arrays of one length": (
        "{$array: 2, $items: {c: [1, 2]}}", "{$array: 2, $items: {c: [2, 3]}}", True,
    ),
    "arrays of other lengths": (
        "{$array: 1, $items: {c: [1]}}", "{$array: 2, $items: {c: [1]}}", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_fields_have_a_common_value_or_none(name: str) -> None:
    left, right, is_common = PAIRS[name]
    field = "f: [9]\n  $scenarios:\n    positive: {{f: {}}}\n    negative: {{f: {}}}\n"
    plans = plans_of("M:\n  " + field.format(left, right))
    record = common_record(plans["positive"].records, plans["negative"].records)
    assert (record is not None) is is_common, record


def test_rows_overlap_as_a_whole() -> None:
    spec = "M:\n  $rows: [{a: 1, b: 1}]\n"
    spec += "  $scenarios:\n    positive: {$rows: [{a: 1, b: 2}, {a: 2, b: 1}]}\n"
    apart = plans_of(spec + "    negative: {$rows: [{a: 1, b: 1}, {a: 2, b: 2}]}\n")
    assert common_record(apart["positive"].records, apart["negative"].records) is None
    alike = plans_of(spec + "    negative: {$rows: [{a: 1, b: 1}, {a: 2, b: 1}]}\n")
    record = common_record(alike["positive"].records, alike["negative"].records)
    assert record == {"a": 2, "b": 1}
