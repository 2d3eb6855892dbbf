"""Names that become files, and paths."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import is_slip
from mockgen_watch.spec.build.reader import PathError, join_path, parse_path
from mockgen_watch.spec.build.user_input import file_name_problem
from mockgen_watch.spec.model import fold


@pytest.mark.parametrize(
    "name", ["Model_1", "Claims 2025", "naïve", "a.b", "CONSOLE", "日本", "x" * 200]
)
def test_names_that_are_files(name: str) -> None:
    assert file_name_problem(name) == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("..", "begins with a dot"),
        (".hidden", "begins with a dot"),
        ("../x", 'contains "/"'),
        ("a\\b", 'contains "\\"'),
        ("a:b", 'contains ":"'),
        ("a?", 'contains "?"'),
        ("a\0b", "U+0000"),
        ("a\nb", "U+000A"),
        ("a\u202eb", "U+202E"),
        ("a\u2028b", "U+2028"),
        ("a.", "ends with a space, or"),
        ("a ", "ends with a space,"),
        (" a", "begins or ends with a space,"),
        ("CON", "reserved by Windows"),
        ("nul.json", "reserved by Windows"),
        ("Com1", "reserved by Windows"),
        ("lpt\u00b9", "reserved by Windows"),
        ("MOCKGEN.LOCK", "a file of mockgen-watch"),
        ("é" * 101, "longer than 200 bytes"),
    ],
)
def test_names_that_are_no_files_on_some_system(name: str, problem: str) -> None:
    assert problem in file_name_problem(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Model", "MODEL"), ("\u00e9", "e\u0301"), ("\u00c9", "e\u0301"), ("ß", "SS")],
)
def test_names_that_a_file_system_may_take_for_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b.0", ("a", "b", "0")),
        ("/a.b/c", ("a.b", "c")),
        ("/", ("",)),
        ("/a~1b/~0", ("a/b", "~")),
    ],
)
def test_paths_are_dotted_or_pointers(text: str, keys: tuple[str, ...]) -> None:
    assert parse_path(text) == keys


@pytest.mark.parametrize("text", ["a..b", ".a", "a.", "/~", "/~2"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(PathError):
        parse_path(text)


@pytest.mark.parametrize(
    ("file", "relative", "path"),
    [
        ("specs/a/user_input.yaml", "master.yaml", "specs/a/master.yaml"),
        ("specs/a/user_input.yaml", "../../m.yaml", "m.yaml"),
        ("specs/a/user_input.yaml", "./b//m.yaml", "specs/a/b/m.yaml"),
        ("specs/a/user_input.yaml", "../../../m.yaml", None),
        ("user_input.yaml", "../m.yaml", None),
        ("/data/in.yaml", "../m.yaml", "/m.yaml"),
        ("/data/in.yaml", "../../m.yaml", None),
    ],
)
def test_files_are_named_from_the_file_that_names_them(
    file: str, relative: str, path: str | None
) -> None:
    assert join_path(file, relative) == path


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("CLM_TYP", "CLM_TYPE"),
        ("CLM_TYPEE", "CLM_TYPE"),
        ("CLM_TYEP", "CLM_TYPE"),
        ("CLN_TYPE", "CLM_TYPE"),
        ("clm_type", "CLM_TYPE"),
        ("clmType", "CLM_TYPE"),
    ],
)
def test_slips(word: str, meant: str) -> None:
    assert is_slip(word, meant)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("CLM_TYPE", "CLM_TYPE"),
        ("addr_1", "addr_2"),
        ("addr1", "addr"),
        ("first_name", "last_name"),
        ("PAT_FRST_NME", "PAT_LAST_NME"),
        ("ip", "id"),
        ("city", "state"),
    ],
)
def test_other_names_are_no_slips(word: str, other: str) -> None:
    assert not is_slip(word, other)
