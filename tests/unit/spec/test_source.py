"""Offsets, lines and columns of a text, whatever ends its lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.spec.document import Document, Source

texts = st.text(st.sampled_from("ab \r\n\x85\u2028é😀"), max_size=30)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("\r\n\r\r\n\n", ["", "", "", "", ""]),
        ("a\x85b\u2028c\x0bd\x0c", ["a\x85b\u2028c\x0bd\x0c"]),
    ],
)
def test_three_kinds_of_line_end_and_no_other(text: str, lines: list[str]) -> None:
    source = Source.of("f", text)
    assert [source.line(number) for number in range(1, len(source.starts) + 1)] == lines


def test_a_line_that_does_not_exist_is_empty() -> None:
    source = Source.of("f", "a\nb")
    assert (source.line(0), source.line(3)) == ("", "")


@given(texts)
def test_every_offset_has_the_position_of_its_line(text: str) -> None:
    source = Source.of("f", text)
    lines = re.split(r"\r\n|\r|\n", text)
    assert len(source.starts) == len(lines)
    for offset, character in enumerate(text):
        mark = source.mark(offset, offset)
        line, column = mark.line, mark.column
        if character not in "\r\n":
            assert lines[line - 1][column - 1] == character
            assert text[source.line_start(offset) : source.line_end(offset)] == lines[line - 1]


@given(texts, st.integers(0, 30), st.integers(0, 30))
def test_a_location_stays_on_its_line(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    source = Source.of("f", text)
    place = source.location(start, min(start + length, len(text)))
    assert place.length == max(1, min(start + length, source.line_end(start)) - start)


def test_a_location_is_that_of_the_document() -> None:
    text = "a\n  b: [1,\n 2]"
    source = Source.of("f", text)
    document = Document(path="f", text=text, root=None)
    assert source.location(4, 14, "/b") == document.locate(source.mark(4, 14), "/b")


def test_indentation_counts_spaces_and_tabs() -> None:
    source = Source.of("f", "a\n  b\n \t\tc\n\n")
    assert [source.indent(offset) for offset in (0, 3, 9, 11)] == [0, 2, 3, 0]
