"""Comma-separated text, taken apart as the earlier system did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.migrations.forms import split_text
from tests import oldest_engine

TEXTS: dict[str, tuple[str, ...]] = {
    "": (),
    "a": ("a",),
    " a ": ("a",),
    "a,b": ("a", "b"),
    "a,b,,": ("a", "b"),
    " Chitra , Dev ,,": ("Chitra", "Dev"),
    ",": (),
    " , ": (),
    'Asha,"Rao, Bala",Asha': ("Asha", '"Rao', 'Bala"', "Asha"),
    '"Navi, Mumbai",Pune': ('"Navi', 'Mumbai"', "Pune"),
    '" kept "': ('" kept "',),
    '""': ('""',),
    "00501,1.50": ("00501", "1.50"),
}


@pytest.mark.parametrize(("text", "values"), TEXTS.items())
def test_values_are_what_is_between_commas(text: str, values: tuple[str, ...]) -> None:
    assert split_text(text).values == values


def test_empty_values_can_be_kept() -> None:
    assert split_text("a, ,b,", keep_empty=True).values == ("a", "", "b", "")


def test_what_is_odd_is_counted() -> None:
    split = split_text('a , "b", "c,,d')
    assert (split.trimmed, split.quoted, split.empty) == (3, 2, 1)


@given(st.text(st.sampled_from('ab," \t')), st.booleans())
def test_the_engine_of_the_tests_agrees(text: str, keep_empty: bool) -> None:
    split = split_text(text, keep_empty=keep_empty)
    assert list(split.values) == oldest_engine.split(text, keep_empty=keep_empty)
