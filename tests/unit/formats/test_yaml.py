"""YAML as people see it: what is plain, what is quoted, how it is indented."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
import yaml
from ruamel.yaml import YAML

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError
from mockgen_watch.formats.rendering import alone, document
from mockgen_watch.formats.styles import is_plain, quote
from mockgen_watch.spec.model import Layout
from tests.programs import program_of, text

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

RECORD: dict[str, Json] = {
    "HCID": "ABC123456",
    "city": "New York",
    "amount": Decimal("251.50"),
    "count": 3,
    "paid": True,
    "note": None,
    "PAT": {"first": "Asha", "mail": "asha.rao@example.com"},
    "lines": [{"code": "99213", "tags": ["a", "no"]}, {"code": "x", "tags": []}],
    "grid": [[1, 2], [], [{}]],
    "nothing": {},
}

TEXT = """\
- HCID: "ABC123456"
  city: New York
  amount: 251.50
  count: 3
  paid: true
  note: null
  PAT:
    first: Asha
    mail: asha.rao@example.com
  lines:
    - code: "99213"
      tags:
        - a
        - "no"
    - code: x
      tags: []
  grid:
    - - 1
      - 2
    - []
    - - {}
  nothing: {}
- city: Chennai
"""


def test_a_list_of_mappings_in_block_style() -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.MULTIPLE)
    records: tuple[dict[str, Json], ...] = (RECORD, {"city": "Chennai"})
    pieces = (writer.encode(record) + writer.framing.separator for record in records)
    assert b"".join(document(writer.framing, pieces)).decode() == TEXT


def test_a_record_alone_is_a_mapping() -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.SPLIT)
    assert alone(writer, {"a": {"b": [1]}}, 0) == b"a:\n  b:\n    - 1\n"
    assert alone(writer, {}, 0) == b"{}\n"


def test_no_records_are_an_empty_list() -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.MULTIPLE)
    assert b"".join(document(writer.framing, ())) == b"[]\n"


@pytest.mark.parametrize(
    "word", ["Chennai", "New York", "O'Brien", "a@b.c", "Straße", "हैदराबाद", "東京", "N/A", "a-b"]
)
def test_words_are_plain(word: str) -> None:
    assert is_plain(word)


@pytest.mark.parametrize(
    "word",
    ["", "no", "NULL", "Y", "On", "A1", "12:30", "a: b", "a #b", "- a", " a", "a ", "<<", "=", "~"],
)
def test_what_a_reader_may_take_for_something_else_is_quoted(word: str) -> None:
    assert not is_plain(word)


def test_invisible_characters_are_escaped() -> None:
    assert quote("\x00\x7f\x85\u2028\u202e\ufeff\U000e0041") == (
        '"\\u0000\\u007f\\u0085\\u2028\\u202e\\ufeff\\U000e0041"'
    )


def test_long_text_stays_on_its_line() -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.SPLIT)
    assert alone(writer, {"a": "word " * 1000 + "end"}, 0).count(b"\n") == 1


@pytest.mark.parametrize("length", [999, 1000, 1030, 5000])
@pytest.mark.parametrize("value", [1, {"b": [1]}, [1, [2]], {}])
def test_a_key_longer_than_readers_allow_on_one_line_is_read(length: int, value: Json) -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.MULTIPLE)
    record: dict[str, Json] = {"x": {"k" * length: value, "y": 1}}
    data = b"".join(document(writer.framing, [writer.encode(record) + b"\n- "])).decode()
    assert yaml.load(data, yaml.SafeLoader) == [record]
    assert YAML(typ="safe", pure=True).load(data) == [record]


def test_a_lone_surrogate_is_refused() -> None:
    writer = BUILTIN["yaml"].writer((), {}, Layout.MULTIPLE)
    with pytest.raises(FormatError, match=r"/a: .*U\+DC00"):
        writer.encode({"a": "\udc00"})


MANY = tuple(f"word{n}" for n in range(100))
LETTERS = tuple(a + b for a in "abcdefghij" for b in "klmnopqrst")

SLOW_OR_NOT: tuple[tuple[str, tuple[tuple[str, ...], ...], bool], ...] = (
    ("words that are long enough are never reserved", (LETTERS,) * 5, False),
    ("words with a blank are never reserved", (LETTERS, (" ",), LETTERS, LETTERS), False),
    ("words with a sign are never reserved", (LETTERS, (".", "-"), LETTERS, LETTERS), False),
    ("short words may be reserved", (LETTERS, LETTERS, LETTERS), True),
    ("every text has digits", (MANY, MANY, ("-",), MANY), False),
    ("the first piece is no letter", (("1", "2"), LETTERS, LETTERS, LETTERS), False),
    ("some have digits, some not", ((*LETTERS, "7"), LETTERS, LETTERS), True),
    ("a few combinations are spelt out", (("n", "y", "a"), ("o", "es", "")), False),
)


@pytest.mark.parametrize(("_reason", "tables", "slow"), SLOW_OR_NOT)
def test_parts_are_apart_where_all_texts_are_quoted_alike(
    _reason: str, tables: tuple[tuple[str, ...], ...], slow: bool
) -> None:
    program = program_of(("a", text(*tables)))
    plan = BUILTIN["yaml"].writer((program,), {}, Layout.MULTIPLE).compile(program)
    assert plan is not None
    assert [item.field for item in plan.slow] == (["a"] if slow else [])
