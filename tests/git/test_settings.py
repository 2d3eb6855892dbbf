"""Lines of ours in a file of somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.git.settings import SettingsFile

if TYPE_CHECKING:
    from pathlib import Path

OURS = "[one]\n\tkey = value\n"
OTHERS = "[two]\n\tkey = value\n"


@pytest.mark.parametrize(
    "text", ["", "a\n", "a", "a\n\n\n", "# é\r\n", "\n", "[one]\n\tkey = value\n"]
)
def test_what_was_there_comes_back_byte_for_byte(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_bytes(text.encode())
    assert SettingsFile(str(path)).add(OURS)
    assert not SettingsFile(str(path)).add(OURS)
    assert not SettingsFile(str(path)).add(OURS)
    assert SettingsFile(str(path)).add(OTHERS)
    assert SettingsFile(str(path)).remove(OURS)
    assert SettingsFile(str(path)).has_blocks()
    assert SettingsFile(str(path)).remove(OTHERS)
    assert path.read_bytes() == text.encode()
    assert not SettingsFile(str(path)).remove(OURS)
    assert [found.name for found in tmp_path.iterdir()] == ["config"]


def test_a_file_that_was_not_there_goes_again(tmp_path: Path) -> None:
    path = tmp_path / "info/attributes"
    SettingsFile(str(path)).add(OURS)
    assert path.is_file()
    SettingsFile(str(path)).remove(OURS)
    assert not path.exists()


def test_what_is_written_behind_our_lines_stays(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"a")
    SettingsFile(str(path)).add(OURS)
    with path.open("ab") as file:
        file.write(b"b\n")
    SettingsFile(str(path)).remove(OURS)
    assert path.read_bytes() == b"a\nb\n"


def test_a_link_and_the_mode_of_a_file_stay(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_bytes(b"a\n")
    real.chmod(0o600)
    link = tmp_path / "config"
    link.symlink_to(real)
    SettingsFile(str(link)).add(OURS)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert OURS in real.read_text()


def test_a_file_that_git_is_writing_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"a\n")
    (tmp_path / "config.lock").write_bytes(b"")
    with pytest.raises(StorageError, match="another process is writing"):
        SettingsFile(str(path)).add(OURS)
    assert path.read_bytes() == b"a\n"
