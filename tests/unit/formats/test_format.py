"""Options know what they take, and errors tell where a value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError, complete_options

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

BAD_OPTIONS: tuple[tuple[str, str, Json, str], ...] = (
    ("json", "indent", -1, "null or a whole number from 0 to 16"),
    ("json", "indent", True, "null or a whole number from 0 to 16"),
    ("json", "indent", "2", "null or a whole number from 0 to 16"),
    ("json", "ascii", 1, "true or false"),
    ("csv", "csv_formulas", "drop", "'keep' or 'escape' or 'error'"),
    ("csv", "delimiter", "ab", "',' or ';' or '\\t' or '|'"),
)


@pytest.mark.parametrize(("form", "name", "value", "expected"), BAD_OPTIONS)
def test_an_option_says_what_it_takes(form: str, name: str, value: Json, expected: str) -> None:
    (option,) = (option for option in BUILTIN[form].options if option.name == name)
    assert not option.takes(value)
    assert option.expected == expected


@pytest.mark.parametrize("form", BUILTIN)
def test_every_default_is_a_value_that_the_option_takes(form: str) -> None:
    for option in BUILTIN[form].options:
        assert option.takes(option.default)
        assert option.summary.endswith(".")


@pytest.mark.parametrize("indent", [None, 0, 4, 16])
def test_json_takes_a_width_or_none(indent: Json) -> None:
    (option,) = (option for option in BUILTIN["json"].options if option.name == "indent")
    assert option.takes(indent)


def test_what_is_not_given_has_its_default() -> None:
    given = complete_options(BUILTIN["json"], [("ascii", True)])
    assert given == {"indent": 2, "ascii": True}


def test_the_table_names_each_format_as_it_names_itself() -> None:
    assert {name: form.name for name, form in BUILTIN.items()} == {
        name: name for name in ("json", "ndjson", "yaml", "csv")
    }
    assert all(form.suffix == f".{name}" for name, form in BUILTIN.items())


def test_an_error_grows_its_path_on_the_way_up() -> None:
    error = FormatError("it is wrong").below(2).below("a/b")
    assert error.path == ("a/b", 2)
    assert str(error) == "/a~1b/2: it is wrong"
    assert str(FormatError("it is wrong")) == "the record: it is wrong"
