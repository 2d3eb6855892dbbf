"""What the program makes and says of many specs is what it was when the corpus was made.

``make corpus`` compares the whole of it; see ``python -m tests.corpus --help``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.corpus import behaviour, golden

if TYPE_CHECKING:
    from pathlib import Path

    from tests.corpus.running import Record


@pytest.fixture(autouse=True)
def processes_without_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave coverage out: the commands run over hundreds of suites, which others do not need."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def of_share(record: Record) -> Record:
    """Return what ``record`` tells of the suites that a usual run takes."""
    families = tuple(f"f{number:02}" for number in behaviour.SHARE)
    if isinstance(record, dict) and record.keys() >= {"code", "stdout", "stderr"}:
        return {name: of_share(record[name]) for name in ("stdout", "stderr")}
    if isinstance(record, dict):
        return {name: told for name, told in record.items() if name.startswith(families)}
    return record


def test_a_tenth_of_the_suites_makes_the_same_outputs_and_texts(tmp_path: Path) -> None:
    found = behaviour.share(tmp_path, None)
    kept = golden.read("good")
    assert isinstance(kept, dict)
    told = [
        text
        for name, record in found.items()
        for text in golden.differences(of_share(kept[name]), of_share(record), name)
    ]
    assert not told, "\n".join(told)


def test_faults_are_told_in_the_same_words(tmp_path: Path) -> None:
    assert_same("faulty", tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("part", [name for name in golden.PARTS if name != "faulty"])
def test_everything_is_the_same(part: str, tmp_path: Path) -> None:
    assert_same(part, tmp_path)


def assert_same(part: str, folder: Path) -> None:
    found = golden.PARTS[part](folder, None, None)
    told = list(golden.differences(golden.read(part), found, part))
    assert not told, "\n".join(told)
