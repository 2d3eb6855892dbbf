"""What the live view tells of an output that was updated: fields and records that moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli import live
from mockgen_watch.cli.live import Moved, OutputMemory

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = [{"a": 1, "b": {"c": "x"}}, {"a": 2, "b": {"c": "x"}}, {"a": 3, "b": {"c": "x"}}]
AFTER = [{"a": 1, "b": {"c": "x"}}, {"a": 5, "b": {"c": "y"}}, {"a": 3, "b": {"c": "y"}}]


def put(root: Path, path: str, value: object) -> str:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def filled(root: Path) -> OutputMemory:
    memory = OutputMemory(root)
    memory.fill("out")
    return memory


def test_records_and_fields_that_differ_are_counted(tmp_path: Path) -> None:
    one, two = put(tmp_path, "out/m/one.json", BEFORE), put(tmp_path, "out/two.json", BEFORE)
    memory = filled(tmp_path)
    put(tmp_path, one, AFTER)
    put(tmp_path, two, AFTER[:2])
    assert memory.compare([one]) == Moved(records=2, fields=("a", "b.c"))
    # What has been told of is the past from now on.
    assert memory.compare([one]) == Moved(records=0, fields=())
    assert memory.compare([one, two]) == Moved(records=2, fields=("a", "b.c"))


def test_what_nobody_has_seen_or_can_read_is_not_told_of(tmp_path: Path) -> None:
    memory = filled(tmp_path)
    new = put(tmp_path, "out/new.json", BEFORE)
    assert memory.compare([new]) is None
    put(tmp_path, new, "[{")
    assert memory.compare([new]) is None
    (tmp_path / new).unlink()
    assert memory.compare([new]) is None
    other = put(tmp_path, "out/other.txt", "x")
    memory.compare([other])
    assert memory.compare([other]) is None


def test_large_outputs_and_many_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LARGEST", 200)
    monkeypatch.setattr(live, "MOST_FILES", 2)
    paths = [put(tmp_path, f"out/{number}.json", BEFORE) for number in range(3)]
    large = put(tmp_path, "out/large.json", BEFORE * 9)
    memory = filled(tmp_path)
    assert memory.compare([large]) is None
    assert memory.compare(paths) is None
    put(tmp_path, paths[0], AFTER)
    assert memory.compare(paths[:2]) == Moved(records=2, fields=("a", "b.c"))


def test_what_is_remembered_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_BYTES", 150)
    paths = [put(tmp_path, f"out/{number}.json", BEFORE) for number in range(4)]
    memory = filled(tmp_path)
    assert memory.compare(paths[:1]) == Moved(records=0, fields=())
    assert memory.compare(paths[3:]) is None


@pytest.mark.parametrize("name", ["mockgen.lock", "none.json"])
def test_only_outputs_are_remembered(name: str, tmp_path: Path) -> None:
    path = put(tmp_path, f"out/{name}", BEFORE)
    memory = filled(tmp_path)
    expected = None if name == "mockgen.lock" else Moved(records=0, fields=())
    assert memory.compare([path]) == expected
