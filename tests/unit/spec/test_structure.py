"""Checking a document against its JSON Schema: places, words, and what is left out."""

from __future__ import annotations

import pytest
from referencing.exceptions import Unresolvable

from mockgen_watch.diagnostics import Diagnostic, Location, Severity
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.structure import check_structure, validator_of
from tests.unit.spec.reading import SCHEMAS, document_of, misfits

BROKEN = """\
M:
  a:
    $integer:
      mn: 1
      max: x
"""


def said(pointer: str, severity: Severity = Severity.ERROR) -> Diagnostic:
    place = Location(path="specs/claims/user_input.yaml", pointer=pointer)
    return Diagnostic(code="MG202", message="said", location=place, severity=severity)


def test_errors_stand_at_the_key_or_the_value() -> None:
    found = misfits(BROKEN)
    assert {(str(item.location), item.location.pointer) for item in found} == {
        ("specs/claims/user_input.yaml:4:7", "/M/a/$integer"),
        ("specs/claims/user_input.yaml:4:7", "/M/a/$integer/mn"),
        ("specs/claims/user_input.yaml:5:12", "/M/a/$integer/max"),
    }
    assert {item.code for item in found} == {"MG220"}
    assert 'did you mean "min"?' in {item.hint for item in found}


@pytest.mark.parametrize(
    ("pointer", "left"),
    [
        ("/M/a/$integer/mn", {"/M/a/$integer/max"}),
        ("/M/a/$integer", set()),
        ("/M/a", set()),
        ("", set()),
        ("/M/b", {"/M/a/$integer", "/M/a/$integer/mn", "/M/a/$integer/max"}),
        ("/M/a/$integer/m", {"/M/a/$integer/mn", "/M/a/$integer/max"}),
    ],
)
def test_what_was_reported_near_by_is_not_said_again(pointer: str, left: set[str]) -> None:
    found = check_structure(document_of(BROKEN), SCHEMAS["user_input"], [said(pointer)])
    assert {item.location.pointer for item in found} == left


def test_warnings_hide_nothing() -> None:
    warned = [said("", Severity.WARNING)]
    assert len(check_structure(document_of(BROKEN), SCHEMAS["user_input"], warned)) == 3


def test_values_stay_out_of_messages() -> None:
    found = misfits("M: {a: {$integer: {min: 'a secret', max: 3}}}\nM_positive: a secret")
    assert found
    assert not any("secret" in item.message + item.hint for item in found)


def test_a_document_that_could_not_be_parsed_has_no_misfits() -> None:
    assert check_structure(parse("a.json", b"{"), SCHEMAS["user_input"]) == []


@pytest.mark.parametrize("text", ["1.0", "1e3", "100000000000000000000000000"])
def test_whole_numbers_are_whole_however_they_are_written(text: str) -> None:
    assert misfits(f"$seed: {text}\nM: {{a: 1}}") == []


@pytest.mark.parametrize("reference", ["https://example.com/x.json", "file:///etc/hosts"])
def test_nothing_is_fetched(reference: str) -> None:
    with pytest.raises(Unresolvable):
        list(validator_of({"$ref": reference}).iter_errors({}))
