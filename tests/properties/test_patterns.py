"""A pattern's strings are matched by Python's own engine, and differ when it says so."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockgen_watch.spec.pattern import CompiledPattern, PatternError, compile_pattern
from tests.sizes import sized

LISTED = sized(800, 3000)
"""Strings of a pattern that are compared."""

_CLASSES = st.sampled_from(
    [
        "a",
        "B",
        "7",
        "-",
        r"\.",
        r"\d",
        r"\w",
        r"\s",
        r"\D",
        r"\W",
        r"\S",
        ".",
        "[a-f]",
        "[^a-z]",
        r"[\]\-x]",
        "[é-ü]",
        r"\x41",
        r"\u00e9",
        "(?:)",
        "[]a]",
        "[a-]",
    ]
)
_QUANTIFIERS = st.sampled_from(["", "", "", "?", "*", "+", "{2}", "{1,3}", "{,2}", "{2,}", "??"])


def _extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = inner.map("({})".format) | inner.map("(?:{})".format)
    # Few repeats around groups: nested open ones make Python's engine, not ours, run for ever.
    repeated_group = st.tuples(groups, st.sampled_from(["", "?", "{2}"])).map("".join)
    quantified = repeated_group | st.tuples(_CLASSES, _QUANTIFIERS).map("".join)
    cat = st.lists(quantified, min_size=1, max_size=4).map("".join)
    return cat | st.lists(cat, min_size=2, max_size=3).map("|".join)


PATTERNS = st.recursive(_CLASSES, _extend, max_leaves=8)


def _draw(compiled: CompiledPattern, rng: random.Random) -> str:
    outcomes = [rng.randrange(each.count) for each in compiled.decisions]
    return "".join(
        rng.choice(run.table)
        for run in compiled.runs
        if all(guard.first <= outcomes[guard.decision] <= guard.last for guard in run.guards)
    )


@given(source=PATTERNS, seed=st.integers(0, 2**32))
@settings(max_examples=sized(200, 8000))
def test_every_string_is_matched_from_end_to_end(source: str, seed: int) -> None:
    rng = random.Random(seed)
    compiled = compile_pattern(source)
    expression = re.compile(source)
    for _ in range(10):
        assert expression.fullmatch(_draw(compiled, rng))
        assert expression.fullmatch(compiled.text_at(rng.randrange(compiled.size)))


@given(source=PATTERNS)
@settings(max_examples=sized(150, 6000))
def test_a_distinct_pattern_never_makes_a_string_twice(source: str) -> None:
    compiled = compile_pattern(source)
    numbers = range(min(compiled.size, LISTED))
    texts = {compiled.text_at(number) for number in numbers}
    if compiled.distinct:
        assert len(texts) == len(numbers)
    elif compiled.size <= LISTED:
        assert len(texts) < compiled.size


@pytest.mark.parametrize(
    ("source", "offset", "words"),
    [
        ("(?=a)", 0, "look-ahead"),
        ("a(?<=b)", 1, "look-behind"),
        (r"(a)\1", 3, "back-references"),
        ("(?i)a", 0, "flags"),
        ("(?>a)", 0, "atomic"),
        ("(?(1)a|b)", 0, "conditionals"),
        ("a++", 2, "possessive"),
        ("a{2}{3}", 4, "to repeat a repeat"),
        ("(a", 0, 'unmatched "("'),
        ("a)", 1, 'unmatched ")"'),
        ("[a", 0, 'unmatched "["'),
        ("[z-a]", 0, "reversed"),
        ("a{3,2}", 1, "reversed"),
        ("*a", 0, "nothing to repeat"),
        (r"\bfoo", 0, "not supported"),
        ("a$b", 1, "anchors"),
        ("x|^y", 2, "anchors"),
        ("\\", 0, "backslash"),
        (r"\x4", 0, "hexadecimal"),
        (r"\ud800", 0, "not a Unicode character"),
        (r"\d{99999}", 2, "not supported"),
        ("((a{64}){64}){64}", 13, "not supported"),
        ("a" * 4097, 0, "not supported"),
        (r"[^ -~]", 0, "printable"),
        ("(?P<1a>b)", 0, "named group"),
    ],
)
def test_what_is_not_supported_is_refused_at_its_place(
    source: str, offset: int, words: str
) -> None:
    with pytest.raises(PatternError, match=re.escape(words)) as caught:
        compile_pattern(source)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("[A-Z]{3}[0-9]{6}", 26**3 * 10**6),
        ("^(foo|bar)$", 2),
        (r"\A[ab]?\Z", 3),
        (r"\d{1,3}", 1110),
        ("", 1),
        ("{a}", 1),
        ("(yes|no){2}", 4),
        (r"\w+@[a-z]+\.com", sum(63**n for n in range(1, 10)) * sum(26**n for n in range(1, 10))),
    ],
)
def test_the_size_counts_the_strings(source: str, size: int) -> None:
    compiled = compile_pattern(source)
    assert (compiled.size, compiled.distinct) == (size, True)


def test_a_table_of_many_parts_has_all_their_texts() -> None:
    compiled = compile_pattern("[a-c][x-z][0-9]" + r"\." * 2000)
    (table,) = (run.table for run in compiled.runs)

    assert len(table) == compiled.size == 90
    texts = [f"{a}{x}{n}" + "." * 2000 for a in "abc" for x in "xyz" for n in range(10)]
    assert [*table] == [*table[:]] == [table[place] for place in range(90)] == texts
    assert (table[-1], table[5:70:3]) == (texts[-1], tuple(texts[5:70:3]))
    with pytest.raises(IndexError):
        table[90]


def test_lengths_and_branches_are_equally_likely() -> None:
    compiled = compile_pattern("(a|[b-z]{1,4})")
    rng = random.Random(7)
    lengths = [len(_draw(compiled, rng)) for _ in range(8000)]
    assert 0.6 < lengths.count(1) / len(lengths) < 0.65
    assert all(0.10 < lengths.count(size) / len(lengths) < 0.15 for size in (2, 3, 4))
