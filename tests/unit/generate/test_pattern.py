"""Strings that match a pattern."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.generators import Pattern
from tests.draws import assert_engines_agree, chi_square_tail, column_of, values_of
from tests.shapes import leaf, plan

SOURCES = [
    "[A-Z]{3}[0-9]{6}",
    "const",
    "",
    "(a|bc|d[0-9]{1,3})?x[A-Z]{0,4}",
    "((a|b)c?){0,3}",
    r"\d{3}-\d{2}-\d{4}",
    "[a-z]{1,40}",
    "(x|y){2}[0-9a-f]{8}",
    "[a-z0-9]{20}",
]


@pytest.mark.parametrize("source", SOURCES)
def test_strings_match_and_engines_agree(source: str) -> None:
    program, column = column_of(Pattern(source=source))
    assert not column.slow
    assert_engines_agree(program, range(200))
    for text in values_of(Pattern(source=source), 200):
        assert re.fullmatch(source, str(text))


@pytest.mark.parametrize("source", [*SOURCES[:4], *SOURCES[5:]])
def test_unique_strings_match_and_engines_agree(source: str) -> None:
    program = compile_program(plan({"F": leaf(Pattern(source=source), "F", unique=True)}))
    assert_engines_agree(program, range(200))
    for text in values_of(Pattern(source=source), 200, unique=True):
        assert re.fullmatch(source, str(text))


def test_every_decision_is_taken_with_equal_odds() -> None:
    counts = Counter(map(str, values_of(Pattern(source="(a|b[01]{1,2})"), 8000)))
    expected = {"a": 4000.0, "b0": 1000.0, "b1": 1000.0, "b00": 500.0, "b01": 500.0}
    expected |= {"b10": 500.0, "b11": 500.0}
    assert set(counts) == set(expected)
    assert chi_square_tail([counts[text] for text in expected], list(expected.values())) > 1e-3
