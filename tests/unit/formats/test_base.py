"""Options are checked with a reason and a remedy, and errors tell where a value stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats.base import FormatError, check_options, complete_options
from mockgen_watch.formats.registry import BUILTIN
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

BAD_OPTIONS: tuple[tuple[str, str, Json, str, str], ...] = (
    ("json", "indnt", 2, "the format json has no option indnt", 'did you mean "indent"?'),
    ("json", "indent", -1, "indent cannot be -1", "use null or a whole number from 0 to 16"),
    ("json", "indent", True, "indent cannot be true", "use null or a whole number from 0 to 16"),
    ("json", "indent", "2", "indent cannot be '2'", "use null or a whole number from 0 to 16"),
    ("json", "ascii", 1, "ascii cannot be 1", "use true or false"),
    ("ndjson", "xyz", None, "the format ndjson has no option xyz", "ndjson takes ascii"),
    ("yaml", "indent", 2, "the format yaml has no option indent", "yaml takes no options"),
    (
        "csv",
        "csv_formulas",
        "drop",
        "csv_formulas cannot be 'drop'",
        "use 'keep' or 'escape' or 'error'",
    ),
    ("csv", "delimiter", "ab", "delimiter cannot be 'ab'", "use ',' or ';' or '\\t' or '|'"),
)


@pytest.mark.parametrize(("form", "option", "value", "message", "hint"), BAD_OPTIONS)
def test_a_bad_option_is_told_with_a_remedy(
    form: str, option: str, value: Json, message: str, hint: str
) -> None:
    (problem,) = check_options(BUILTIN[form], [(option, value)])
    assert (problem.option, problem.message, problem.hint) == (option, message, hint)


@pytest.mark.parametrize("form", BUILTIN)
def test_every_default_is_a_value_that_the_option_takes(form: str) -> None:
    options = BUILTIN[form].options
    assert check_options(BUILTIN[form], [(item.name, item.default) for item in options]) == ()
    assert all(item.summary.endswith(".") for item in options)


@pytest.mark.parametrize("indent", [None, 0, 4, 16])
def test_json_takes_a_width_or_none(indent: Json) -> None:
    assert check_options(BUILTIN["json"], [("indent", indent)]) == ()


def test_what_is_not_given_has_its_default() -> None:
    given = complete_options(BUILTIN["json"], [("ascii", True)])
    assert given == {"indent": 2, "ascii": True}


def test_the_table_names_each_format_as_it_names_itself() -> None:
    assert {name: form.name for name, form in BUILTIN.items()} == {
        name: name for name in ("json", "ndjson", "yaml", "csv")
    }
    assert all(form.suffix == f".{name}" for name, form in BUILTIN.items())
    assert all(set(form.layouts) == set(Layout) for form in BUILTIN.values())


def test_an_error_grows_its_path_on_the_way_up() -> None:
    error = FormatError("it is wrong").below(2).below("a/b")
    assert error.path == ("a/b", 2)
    assert str(error) == "/a~1b/2: it is wrong"
    assert str(FormatError("it is wrong")) == "the record: it is wrong"
