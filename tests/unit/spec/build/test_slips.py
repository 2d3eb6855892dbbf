"""Slips that are told: what is accepted elsewhere, and would be silently something else here."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.schemas import KEYWORDS, check_contract
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.pattern import PatternError, compile_pattern
from mockgen_watch.workflow.project import open_project
from tests.unit.spec.reading import findings

if TYPE_CHECKING:
    from pathlib import Path


def found_in(spec: dict[str, object]) -> list[tuple[str, str, str, str]]:
    """Return code, severity, message and hint of what is found in the model ``spec``."""
    found = findings(json.dumps({"M": spec}), "user_input")
    return [(each.code, str(each.severity), each.message, each.hint) for each in found]


def schema_of(schema: object) -> dict[str, object]:
    rule = {"field": "s", "schema": schema}
    return {"s": {"$pattern": "[a-z]{1,5}"}, "$rules": {"a": rule}}


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("[[:alpha:]]{3}", "[:alpha:]"),
        ("[^[:digit:]]", "[:digit:]"),
        ("[a-z[:digit:]]", "[:digit:]"),
        ("[a-z&&[^b]]", "&&"),
        ("x[^a&&b]", "&&"),
    ],
)
def test_classes_of_other_kinds_are_refused(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match="write the characters out") as caught:
        compile_pattern(pattern)
    assert words in str(caught.value)


@pytest.mark.parametrize("pattern", ["[a&b]", r"[\[:a]", "[:&]", "a&&b", "[a]&&[b]", "[:alpha:]"])
def test_classes_like_them_are_not(pattern: str) -> None:
    assert compile_pattern(pattern).tree is not None


@pytest.mark.parametrize("kind", ["$date", "$datetime", "$time"])
@pytest.mark.parametrize("form", ["YYYY-MM-DD", "iso", "100%%"])
def test_a_format_without_a_part_is_refused(kind: str, form: str) -> None:
    ends = {"$time": ("08:00:00", "09:00:00")}.get(kind, ("2025-01-01", "2025-12-31"))
    ((code, severity, message, _),) = found_in(
        {"d": {kind: {"from": ends[0], "to": ends[1], "format": form}}}
    )
    assert (code, severity) == ("MG212", "error")
    assert "%H" in message or "%Y" in message


@pytest.mark.parametrize(
    ("schema", "message", "hint"),
    [
        ({"minLenght": 0}, 'unknown keyword "minLenght"', 'did you mean "minLength"?'),
        ({"allOf": [{"patern": "a"}]}, 'unknown keyword "patern"', 'did you mean "pattern"?'),
        ({"not": {"cnst": "a"}}, 'unknown keyword "cnst"', 'did you mean "const"?'),
        (
            {"properties": {"minLenght": {"maxLenght": 3}}},
            'unknown keyword "maxLenght"',
            "maxLength",
        ),
        ({"format": "email"}, "checks nothing", "use a pattern"),
        ({"definitions": {}}, "earlier draft", "$defs"),
    ],
)
def test_keywords_that_check_nothing_are_warnings(schema: object, message: str, hint: str) -> None:
    found = [each for each in found_in(schema_of(schema)) if each[0] == "MG217"]
    ((_, severity, said, advised),) = found
    assert severity == "warning"
    assert message in said
    assert hint in advised


@pytest.mark.parametrize(
    "schema",
    [{"enum": ["minLenght"]}, {"const": {"patern": 1}}, {"default": {"x": 1}, "title": "t"}],
)
def test_what_is_no_keyword_is_not_told(schema: object) -> None:
    assert not [each for each in found_in(schema_of(schema)) if each[0] == "MG217"]


def test_a_schema_of_another_draft_is_refused() -> None:
    seventh = {"$schema": "http://json-schema.org/draft-07/schema#", "minLength": 1}
    ((code, severity, message, _),) = found_in(schema_of(seventh))
    assert (code, severity) == ("MG217", "error")
    assert "than 2020-12" in message
    own = {"$schema": "https://json-schema.org/draft/2020-12/schema", "minLength": 1}
    assert not found_in(schema_of(own))


@pytest.mark.parametrize(
    "field",
    [
        {"a": {"$choice": [{"$patern": "[0-9]"}, "x"]}},
        {"a": {"$choice": [{"$patern": "[0-9]"}, {"$integer": [1, 2]}]}},
        {"a": {"$weighted": [[{"$patern": "[0-9]"}, 1], ["x", 1]]}},
        {"$rows": [{"a": {"$patern": "[0-9]"}}, {"a": "x"}]},
    ],
)
def test_an_entry_that_is_nearly_a_leaf_is_a_warning(field: dict[str, object]) -> None:
    (found,) = found_in(field)
    assert found[:3] == ("MG201", "warning", "unknown directive $patern")
    assert 'did you mean "$pattern"?' in found[3]
    stated = json.loads(
        json.dumps(field).replace('{"$patern": "[0-9]"}', '{"$const": {"$patern": 1}}')
    )
    assert found_in(stated) == []


def test_an_entry_with_other_keys_is_a_value() -> None:
    assert found_in({"a": {"$choice": [{"$x": 1}, {"$$pattern": 2}, {"pattern": 3}]}}) == []


@pytest.mark.parametrize(
    ("path", "spec", "message"),
    [
        ("a.yaml", {"M": {"a": ["x"], "b": [1, 2], "c": 1}}, 'the list "a" is a pool'),
        (
            "a.json",
            {"M": {"a": [1, 2], "b": {"c": [1], "d": {"e": 1, "f": 2}}}},
            "; 1 more list in",
        ),
        (
            "a.json",
            {"M": {"a": [1, 2], "b": [1], "c": [3], "d": [{"e": 1, "f": "", "g": 0}]}},
            "; 2 more lists",
        ),
    ],
)
def test_lists_of_a_master_that_look_pasted_are_noted_once(
    path: str, spec: object, message: str
) -> None:
    (found,) = build_master(parse(path, json.dumps(spec).encode()), BuildContext())[1]
    assert (found.code, str(found.severity)) == ("MG229", "note")
    assert message in found.message


@pytest.mark.parametrize(
    "spec",
    [
        {"types": {"$const": ["claim"]}},
        {"lines": [{"a": 1}]},
        {"a": {"$choice": ["x"]}},
    ],
)
def test_lists_that_are_meant_are_not_noted(spec: dict[str, object]) -> None:
    text = json.dumps({"M": spec}).encode()
    assert build_master(parse("master.json", text), BuildContext())[1] == []
    assert found_in({"a": ["x"]}) == []


def test_a_master_of_pools_is_not_noted() -> None:
    text = b'{"M": {"a": [1, 2], "b": ["x"], "c": 1}}'
    assert build_master(parse("master.json", text), BuildContext())[1] == []


@pytest.mark.parametrize(
    "spec",
    [
        {"a": {"$choice": ["x", "!!"], "$transform": "slug"}},
        {"a": {"$choice": ["\u592a\u90ce"], "$transform": ["lower", "ascii"]}},
        {"n": ["Anna", "\u592a\u90ce"], "a": {"$template": "{n}@x.com", "$transform": "ascii"}},
        {"a": {"$weighted": [["\u0410\u043d\u043d\u0430", 1], ["b", 2]], "$transform": "slug"}},
    ],
)
def test_a_transform_that_leaves_nothing_is_a_warning(spec: dict[str, object]) -> None:
    codes = {(code, severity) for code, severity, _, _ in found_in(spec)}
    assert codes == {("MG230", "warning")}


@pytest.mark.parametrize(
    "spec",
    [
        {"a": {"$choice": ["Ørsted", "", "B 2"], "$transform": "slug"}},
        {"n": ["Łódź"], "a": {"$template": "{n}@x.com", "$transform": "ascii"}},
        {"n": ["\u592a\u90ce", "b"], "a": {"$template": "{n}", "$transform": "upper"}},
    ],
)
def test_a_transform_that_leaves_something_is_right(spec: dict[str, object]) -> None:
    assert "MG230" not in {code for code, *_ in found_in(spec)}


def test_the_keywords_are_those_of_the_meta_schema() -> None:
    registry = importlib.import_module("jsonschema_specifications").REGISTRY
    vocabularies = [uri for uri in registry if "draft/2020-12/meta/" in uri]
    names = {name for uri in vocabularies for name in registry.contents(uri)["properties"]}
    assert names == KEYWORDS


CONTRACTS = {
    "a misspelt keyword": ({"properties": {"a": {"minLenght": 1}}}, ['no "minLenght"']),
    "an earlier keyword": ({"dependencies": {"a": ["b"]}}, ["of an earlier draft"]),
    "formats": (
        {"properties": {"format": {"format": "date"}, "b": {"items": {"format": "email"}}}},
        ["checks nothing, here and in 1 more place"],
    ),
    "what is right": (
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "definitions": {"a": {"type": "string"}},
            "properties": {"minLenght": {"$ref": "#/definitions/a"}},
            "x-owner": "billing",
        },
        [],
    ),
}


@pytest.mark.parametrize(("schema", "messages"), CONTRACTS.values(), ids=CONTRACTS)
def test_a_schema_in_a_file_is_looked_at_as_well(schema: object, messages: list[str]) -> None:
    found = check_contract(parse("specs/claim.schema.json", json.dumps(schema).encode()))
    assert {(each.code, str(each.severity)) for each in found} <= {("MG217", "warning")}
    for each, words in zip(found, messages, strict=True):
        assert words in each.message


def test_a_contract_is_looked_at_where_it_is_used(tmp_path: Path) -> None:
    suite = tmp_path / "specs" / "a"
    suite.mkdir(parents=True)
    (suite / "user_input.yaml").write_text("M: {s: [abc], $conforms: s.schema.json}\n")
    (suite / "s.schema.json").write_text('{"properties": {"s": {"minLenght": 1}}}')
    suites = open_project(tmp_path).suites
    suites.plans("a")
    (found,) = suites.found()
    assert str(found.location) == "specs/a/s.schema.json:1:23"
    assert "minLength" in found.hint


@pytest.mark.parametrize(
    ("spec", "message", "hint"),
    [
        (
            {"s": ["a", "b"], "r": {"$given": "s", "$cases": {"a": "x", "$else": None}}},
            "$else is not a case",
            "write $else beside $cases",
        ),
        ({"$each": 3, "a": 1}, "$each is not allowed here", "such as {$ref: Parent.id, $each: 3}"),
        (
            {"n": {"$index": "record", "start": 1}},
            '"start" cannot be combined with $index',
            "write $index: {of: sibling, start: 1}",
        ),
    ],
)
def test_what_is_in_the_wrong_place_is_shown_its_place(
    spec: dict[str, object], message: str, hint: str
) -> None:
    ((code, _, found, told),) = found_in(spec)
    assert (code, found) == ("MG204", message)
    assert told.endswith(hint)
