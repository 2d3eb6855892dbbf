"""Verdicts on whole columns agree with those on each record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.scenarios.promise.chunks import ChunkVerdicts
from mockgen_watch.scenarios.promise.facts import view_of
from mockgen_watch.scenarios.promise.requirements import (
    avoid_clause,
    compile_terms,
    keep_rule,
    match_condition,
)
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json

FIELDS = """\
  A: {$integer: [1, 90]}
  B: {$integer: [-40000, 120000]}
  C: {$number: {min: 0, max: 90, decimals: 2}}
  D: {$number: {min: -5, max: 9000, decimals: 3}, $null: 0.3}
  E: [1, 2.5, "3", null, true, 40]
  F: {$choice: [3, 17, 80], $omit: 0.3}
  G: {$date: {from: 2025-01-01, to: 2025-12-31, format: "%m/%d/%Y"}}
  H: {$date: {from: 1990-01-01, to: 2025-12-31, format: "%d.%m.%Y"}}
  I: {$datetime: {from: "2025-01-01T00:00:00", to: "2025-12-31T23:59:59"}}
  J: {$datetime: {from: "2025-01-01T00:00:00", to: "2026-12-31T23:59:59", format: "%Y-%m-%d %H:%M"}}
  K: {$date: {from: 2025-01-01, to: 2025-03-31}, $null: 0.2}
  L: [P, Q, R]
  N: {$weighted: {P: 3, Q: 1}, $null: 0.2, $omit: 0.2}
  O: {x: {y: [1, 50]}, z: [P, X]}
  S: {$array: {min: 0, max: 2}, $items: {q: [1, 9]}}
  T: {$pattern: "[A-Z]{2}[0-9]{3}"}
  U: {$number: {min: 100000000000, max: 4000000000000000, decimals: 1}}
  X: {$number: {min: 90000000000, max: 4200000000000000, decimals: 3}}
  Y: {$choice: [1, 5, null, false]}
  V: {$template: "{L}-{T}"}
  W:
    $rows: [{a: 1, b: 2}, {a: 5, b: 4}]
"""
RULES = {
    "order of numbers": 'cel: "record.A <= record.B"',
    "order of decimals": 'cel: "record.C > record.A"',
    "order with nulls": 'cel: "record.A < record.D"',
    "order with other values": 'cel: "record.E < record.A"',
    "order of fields that may be absent": 'cel: "record.F >= record.A"',
    "order with a number": 'cel: "record.C < 45.125"',
    "order of texts": 'cel: "record.L < record.N"',
    "order of dates": 'cel: "record.G > record.H"',
    "order of a day and a moment": 'cel: "record.G <= record.I"',
    "order of moments without seconds": 'cel: "record.I < record.J"',
    "order of dates with nulls": 'cel: "record.G > record.K"',
    "order of long numbers": 'cel: "record.U > record.X"',
    "bounds": "field: B, schema: {minimum: 7, exclusiveMaximum: 60000}",
    "bounds of decimals": "field: C, schema: {type: number, exclusiveMinimum: 3.125}",
    "bounds where values are missing": "field: D, schema: {maximum: 4000}",
    "bounds of other values": "field: E, schema: {minimum: 2}",
    "bounds of a pool with gaps": "field: F, schema: {minimum: 17}",
    "bounds of long numbers": "field: U, schema: {maximum: 2000000000000000}",
    "bounds with a type, of other values": "field: Y, schema: {type: number, minimum: 2}",
    "bounds without one, of other values": "field: Y, schema: {minimum: 2}",
    "listed": "field: N, schema: {enum: [P]}",
    "pools together": 'cel: "record.L != record.O.z"',
    "pools with gaps together": 'cel: "!has(record.N) || record.N != record.L"',
    "nested": 'cel: "record.O.x.y < record.A"',
    "rows": 'cel: "record.W.a < record.W.b"',
    "in an array": "field: S.q, schema: {maximum: 5}",
    "a pattern": 'field: T, schema: {pattern: "^[A-M]"}',
    "a template": 'field: V, schema: {pattern: "^[PQ]-[A-M]"}',
    "arithmetic": 'cel: "record.A + record.B > 50000"',
    "the whole record": "schema: {required: [N, F]}",
}
CLAUSES = {
    "a range": "{A: {min: 20, max: 60}}",
    "a range with gaps": "{D: {min: 100}}",
    "a range of dates": "{G: {min: 03/01/2025}}",
    "dates in iso": "{H: {max: 1950-06-01}}",
    "a value and a range": "{L: P, C: {max: 50}}",
    "a pattern and a range": '{T: {pattern: "^[A-M]"}, B: {min: 60000}}',
    "not": "{N: {not: [P]}}",
    "elements": "{S.q: 9, L: Q}",
    "odd values": "{E: [true, 2.5], F: 3}",
    "text in order": '{L: {min: "Q"}}',
}


CASES = {
    **{f"rule: {name}": f"$rules: {{r: {{{text}}}}}" for name, text in RULES.items()},
    **{f"clause: {name}": f"$exclude: {{c: {text}}}" for name, text in CLAUSES.items()},
}
COUNT = 600
FREE = "  $scenarios: {free: {}}\n"


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_program(plans_of(f"M:\n{FIELDS}{FREE}")["free"].records)


@pytest.fixture(scope="module")
def records(program: Program) -> list[dict[str, Json]]:
    return [record_at(program, index) for index in range(COUNT)]


@pytest.mark.parametrize("name", CASES)
def test_columns_and_records_agree(
    name: str, program: Program, records: list[dict[str, Json]]
) -> None:
    plan = plans_of(f"M:\n{FIELDS}  {CASES[name]}\n{FREE}")["free"].records
    terms, problems = compile_terms(plan)
    assert not problems
    requirements = [keep_rule(rule) for rule in terms.rules]
    for clause in terms.clauses:
        matched = [match_condition(clause, condition) for condition in clause.conditions]
        requirements += [avoid_clause(clause), *matched]
    verdicts = ChunkVerdicts(requirements, program, view_of(plan))
    seen = set()
    for part in (slice(0, 200), slice(200, COUNT)):
        indexes = np.arange(part.start, part.stop, dtype=np.int64)
        failed = verdicts.failures(np, indexes)
        for bit, requirement in enumerate(requirements):
            by_record = [requirement.holds(record) for record in records[part]]
            assert (failed >> bit & 1 == 0).tolist() == by_record, requirement.name
            seen |= set(by_record)
    assert seen == {True, False}
