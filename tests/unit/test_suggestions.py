"""What is suggested for a misspelt word."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import did_you_mean

KNOWN = ["from", "to", "format", "step", "CLM_TYPE", "$pattern", "$transform"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ot", "to"),
        ("t", "to"),
        ("too", "to"),
        ("form", "from"),
        ("fromat", "format"),
        ("clm_type", "CLM_TYPE"),
        ("CLM_TPYE", "CLM_TYPE"),
        ("$patern", "$pattern"),
        ("$transfrom", "$transform"),
        ("$trnsfm", "$transform"),
    ],
)
def test_the_word_that_is_meant(word: str, meant: str) -> None:
    assert did_you_mean(word, KNOWN) == f'did you mean "{meant}"?'


@pytest.mark.parametrize("word", ["", "xy", "city", "$"])
def test_nothing_where_nothing_is_near(word: str) -> None:
    assert did_you_mean(word, KNOWN) == ""


def test_in_short_words_one_wrong_letter_is_too_much() -> None:
    assert did_you_mean("b", ["a", "c"]) == ""
    assert did_you_mean("ip", ["id"]) == ""


def test_among_many_names_only_slips_are_looked_for() -> None:
    many = [f"field{number:04}" for number in range(2000)] + ["CLM_TYPE"]
    assert did_you_mean("CLM_TYP", many) == 'did you mean "CLM_TYPE"?'
    assert did_you_mean("CLMTYP", many) == ""
