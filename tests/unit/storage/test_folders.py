"""What is done with paths as text, against what pathlib does."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.storage.folders import (
    is_file,
    is_folder,
    is_there,
    make_folders,
    path_below,
    plain_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable

LINKS = ("folder", "file", "nothing", "loop")
NAMES = (
    *("folder", "file", "nothing", "to-folder", "to-file", "to-nothing", "to-loop"),
    *("folder/below", "file/below", "nothing/below", "to-nothing/below", "loop/below"),
    *("nothing/../folder", "nothing/below/it", "a\0b"),
)


@given(st.text("ab./ ", max_size=12))
def test_a_plain_path_is_what_pathlib_writes(text: str) -> None:
    assert plain_path(text) == str(Path(text))
    assert plain_path(Path(text)) == str(Path(text))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_there_is_what_pathlib_sees(tmp_path: Path, name: str) -> None:
    place = furnished(tmp_path)

    assert is_folder(f"{place}/{name}") == (place / name).is_dir()
    assert is_file(f"{place}/{name}") == (place / name).is_file()
    assert is_there(f"{place}/{name}") == (place / name).exists()


@pytest.mark.parametrize("name", NAMES)
def test_folders_are_made_as_pathlib_makes_them(tmp_path: Path, name: str) -> None:
    ours, theirs = furnished(tmp_path / "ours"), furnished(tmp_path / "theirs")

    told = outcome(lambda: make_folders(f"{ours}/{name}"))
    expected = outcome(lambda: Path(f"{theirs}/{name}").mkdir(parents=True, exist_ok=True))

    assert told == expected
    assert names(ours) == names(theirs)


def test_what_cannot_be_told_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long") as told:
        is_folder(str(tmp_path / ("x" * 300)))
    assert told.value.errno == errno.ENAMETOOLONG


def test_a_path_from_a_folder_on_goes_down_alone(tmp_path: Path) -> None:
    assert path_below(str(tmp_path), str(tmp_path / "a" / "b")) == "a/b"
    assert path_below(str(tmp_path), str(tmp_path)) == "."
    assert path_below("/", "/a") == "a"


def furnished(place: Path) -> Path:
    """Return ``place`` with a folder, a file, and links to these, to nothing and in a circle."""
    (place / "folder").mkdir(parents=True)
    (place / "file").write_bytes(b"")
    for name in LINKS:
        (place / f"to-{name}").symlink_to(name)
    (place / "loop").symlink_to("to-loop")
    return place


def outcome(act: Callable[[], object]) -> object:
    """Return what ``act`` returns, or the errno of what it raises."""
    try:
        return act()
    except OSError as error:
        return error.errno
    except ValueError as error:
        return str(error)


def names(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*"))
