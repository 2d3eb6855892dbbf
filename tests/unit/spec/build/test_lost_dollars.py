"""Slips that are told: a directive without its $, dates that are written alike, idle profiles."""

from __future__ import annotations

import pytest

from mockgen_watch.spec.build.project import build_project
from tests.unit.spec.reading import document_of, findings


@pytest.mark.parametrize(
    "field",
    [
        "{integer: [1, 5]}",
        "{number: {min: 1, max: 9}}",
        '{pattern: "[A-Z]{3}", unique: true}',
        "{date: [2025-01-01, 2025-12-31]}",
        "{datetime: {from: 2025-01-01, to: 2025-12-31}, 'null': 0.1}",
        "{time: ['08:00', '09:00']}",
        "{weighted: {a: 1, b: 2}}",
        "{sequence: {start: 1}}",
        "{ref: Patient.id}",
        '{cel: "record.y + 1"}',
        '{template: "{y}-{y}"}',
    ],
)
def test_a_directive_without_its_dollar_is_told(field: str) -> None:
    (found,) = findings(f"M:\n  x: {field}\n  y: 1\n")
    assert (found.code, str(found.severity)) == ("MG201", "warning")
    assert "did you mean $" in found.hint
    assert found.location.line == 2


@pytest.mark.parametrize(
    "field",
    [
        "{number: 12, street: High Street}",
        "{integer: [1, 5], other: 2}",
        "{date: 2025-01-01}",
        "{date: [spring, autumn]}",
        "{pattern: striped}",
        "{ref: order}",
        "{time: {zone: UTC}}",
        "{weighted: {a: yes, b: no}}",
        "{sequence: 7}",
        "{cel: prison}",
        "{$const: {integer: [1, 5]}}",
    ],
)
def test_data_of_the_same_name_is_left_alone(field: str) -> None:
    assert findings(f"M:\n  x: {field}\n  y: 1\n") == []


@pytest.mark.parametrize(
    "field",
    [
        '{$date: {from: 2025-01-01, to: 2025-12-31, format: "%Y-%m"}, $unique: true}',
        '{$date: {from: 2025-01-01, to: 2029-12-31, format: "%d/%m"}, $unique: true}',
        '{$time: {from: "08:00:00", to: "09:00:00", format: "%H:%M"}, $unique: true}',
        '{$datetime: {from: 2025-01-01, to: 2025-02-01, format: "%Y-%m-%d"}, $unique: true}',
    ],
)
def test_dates_that_are_written_alike_are_not_unique(field: str) -> None:
    (found,) = findings(f"M:\n  x: {field}\n")
    inside = field.replace(", $unique: true", "")
    array = f"{{$array: {{max: 3, unique: true}}, $items: {inside}}}"
    assert [item.code for item in findings(f"M:\n  x: {array}\n")] == ["MG204"]
    assert found.code == "MG204"
    assert "can both be written as" in found.message


@pytest.mark.parametrize(
    "field",
    [
        '{$date: {from: 2025-01-01, to: 2025-12-31, format: "%d.%m.%y"}, $unique: true}',
        '{$date: {from: 2025-03-01, to: 2025-03-31, format: "%d"}, $unique: true}',
        '{$date: {from: 1940-01-01, to: 2005-12-31, format: "%d %b %Y"}, $unique: true}',
        '{$date: {from: 1940-01-01, to: 2005-12-31, format: "%Y-%j"}, $unique: true}',
        '{$time: {from: "00:00:00", to: "23:59:00", step: 60, format: "%I:%M %p"}, $unique: true}',
        '{$time: {from: "08:00:00", to: "09:00:00", step: 60, format: "%H:%M"}, $unique: true}',
    ],
)
def test_dates_that_are_written_apart_are_unique(field: str) -> None:
    assert findings(f"M:\n  x: {field}\n") == []


@pytest.mark.parametrize(("profile", "count"), [("{}", 1), ("{count: 5}", 1), ("{count: 6}", 0)])
def test_a_profile_that_changes_nothing_is_told(profile: str, count: int) -> None:
    _, found = build_project(document_of(f"{{count: 5, profiles: {{ci: {profile}}}}}"))
    assert [(item.code, str(item.severity)) for item in found] == [("MG601", "warning")] * count
