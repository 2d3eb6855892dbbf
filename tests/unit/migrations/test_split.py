"""Comma-separated text, taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.migrations.forms import split_text
from tests import oldest_engine

TEXTS: dict[str, tuple[str, ...]] = {
    "": ("",),
    "a": ("a",),
    " a ": ("a",),
    "a,b": ("a", "b"),
    " Chitra , Dev ,,": ("Chitra", "Dev", "", ""),
    ",": ("", ""),
    'Asha,"Rao, Bala",Asha': ("Asha", "Rao, Bala", "Asha"),
    ' "a, b" , c': ("a, b", "c"),
    '" kept "': (" kept ",),
    '"say ""hi"""': ('say "hi"',),
    '"open,b': ('"open', "b"),
    '"a"b,c': ('"a"b', "c"),
    'a"b,c': ('a"b', "c"),
    '""': ("",),
    "00501,1.50": ("00501", "1.50"),
}


@pytest.mark.parametrize(("text", "values"), TEXTS.items())
def test_values_are_what_stands_between_commas(text: str, values: tuple[str, ...]) -> None:
    assert split_text(text).values == values


def test_what_is_odd_is_counted() -> None:
    split = split_text('a , "b", "c,,d')
    assert (split.trimmed, split.quoted, split.odd_quotes, split.empty) == (2, 1, 1, 1)


@given(st.text(st.sampled_from('ab," \t')))
def test_the_engine_of_the_tests_agrees(text: str) -> None:
    assert list(split_text(text).values) == oldest_engine.split(text)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1))
def test_any_values_can_be_quoted(values: list[str]) -> None:
    text = ",".join('"' + value.replace('"', '""') + '"' for value in values)
    assert list(split_text(text).values) == values
