"""Vocabulary files in all their forms, and which ones a spec names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.spec.build.pools import build_vocabulary, read_lines, vocabulary_names
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from tests.unit.spec.reading import ROOT, document_of, pool_of

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = sorted((ROOT / "mockgen_watch" / "vocabulary").glob("*.json"))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("[A, B, A]", [("A", 2), ("B", 1)]),
        ("$values: [A, 1]", [("A", 1), (1, 1)]),
        ("{$comment: from a census, $values: [A]}", [("A", 1)]),
        ("$weighted: {A: 3, B: 0.5}", [("A", 3), ("B", 0.5)]),
        ("$weighted: [[501, 3], [null, 1]]", [(501, 3), (None, 1)]),
        ("[{a: 1, $weight: 3}, {a: 2}]", [({"a": 1}, 3), ({"a": 2}, 1)]),
        ("$values: [[1], {a: 1}]", [([1], 1), ({"a": 1}, 1)]),
    ],
)
def test_forms(text: str, pairs: list[tuple[object, float]]) -> None:
    found = [(entry.value, entry.weight) for entry in pool_of(text).entries]
    assert found == [(value, Decimal(str(weight))) for value, weight in pairs]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("text", "MG219"),
        ("{A: 3}", "MG219"),
        ("[]", "MG206"),
        ("{$values: []}", "MG206"),
        ("{}", "MG205"),
        ("{$value: [A]}", "MG201"),
        ("{$values: [A], $weighted: {A: 1}}", "MG204"),
        ("{$weighted: {A: -1}}", "MG207"),
        ("[{a: 1}, {b: 1}]", "MG205"),
    ],
)
def test_what_is_no_vocabulary_is_reported(text: str, code: str) -> None:
    pool, found = build_vocabulary(document_of(text, "specs/_vocab/x.yaml"))
    assert pool is None
    assert code in {item.code for item in found}


def test_a_text_file_has_a_value_a_line() -> None:
    document = read_lines("x.txt", b"\xef\xbb\xbf A \r\n\nB C\n\t#1\n")
    pool, found = build_vocabulary(document)
    assert found == []
    assert pool is not None
    assert [entry.value for entry in pool.entries] == ["A", "B C", "#1"]
    assert [(item.location.line, item.location.column) for item in pool.entries] == [
        (1, 2),
        (3, 1),
        (4, 2),
    ]


def test_a_text_file_that_is_not_utf_8_is_reported() -> None:
    document = read_lines("x.txt", b"a\nb\xff\n")
    assert build_vocabulary(document) == (None, [])
    assert [(item.code, item.location.line) for item in document.diagnostics] == [("MG101", 2)]


def test_an_empty_text_file_is_an_empty_pool() -> None:
    assert [item.code for item in build_vocabulary(read_lines("x.txt", b"\n"))[1]] == ["MG206"]


def test_a_spec_names_its_vocabularies() -> None:
    text = """\
M:
  a: {$vocab: one}
  $rows: {$vocab: two}
  b: {$array: 1, $items: {c: {$vocab: three}}}
  d: {$const: {$vocab: no}}
  e: {$choice: [{deep: {$vocab: no}}, [{deep: {$vocab: no}}], {$vocab: five}]}
  f: {$vocab: 3}
  $rules: {x: {schema: {$vocab: no}}}
  g: {$weighted: [[{deep: {$vocab: no}}, 1], [{$vocab: six}, 1]]}
M_positive: {a: {$vocab: four}}
"""
    names = vocabulary_names(document_of(text))
    assert sorted((name, place.line) for name, place in names) == [
        ("five", 6),
        ("four", 10),
        ("one", 2),
        ("six", 9),
        ("three", 4),
        ("two", 3),
    ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_ships_is_a_vocabulary(path: Path) -> None:
    pool = pool_of(path.read_text(encoding="utf-8"))
    assert len(pool.entries) > 1


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("mail", ["email"]),
        ("color", ["colour"]),
        ("street", ["street_address", "street_name"]),
        ("city", ["in_city", "us_city"]),
        ("frist_name", ["first_name"]),
        ("zzz", []),
    ],
)
def test_an_unknown_name_leads_to_the_nearest_and_to_the_list(name: str, names: list[str]) -> None:
    known = frozenset(path.stem for path in SHIPPED)
    document = document_of(f"M: {{a: {{$vocab: {name}}}}}", "specs/user_input.yaml")
    _, found = build_user_input(document, BuildContext(known_vocabularies=known))
    [error] = found
    assert error.code == "MG219"
    asked = " or ".join(f'"{one}"' for one in names)
    assert error.hint.startswith(f"did you mean {asked}? " if names else "a vocabulary is")
    assert "docs/reference/vocabularies.md" in error.hint
    assert (ROOT / "docs/reference/vocabularies.md").is_file()
    assert [fix.text for fix in error.fix] == (names if len(names) == 1 else [])
