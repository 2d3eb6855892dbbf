"""Hostile suites: each is made or refused at its place, and its healthy neighbour is made.

``python -m tests.hostile 2000`` makes as many as it is told, and measures time and memory.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main
from tests.hostile.specs import KINDS, hostile
from tests.sizes import sized

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "M: {$count: 3, id: {$sequence: {start: 1}}, a: [x, y]}\n"


@pytest.mark.parametrize("number", range(sized(20, 400)))
def test_a_hostile_suite_harms_no_other(
    tmp_path: Path, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    kind, files = hostile(number)
    for name, data in {**files, "good/user_input.yaml": GOOD.encode()}.items():
        path = tmp_path / "specs" / os.fsdecode(name.encode("utf-8", "surrogatepass"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    code = main(["-C", str(tmp_path), "generate"])
    said = capfd.readouterr()
    assert code in {0, 1}, said.err
    assert (tmp_path / "mock_outputs/good/M/base.json").is_file(), kind
    # Whatever is refused is so for a reason that has a code and a place.
    assert code == 0 or ("MG" in said.err and "specs/" in said.err), said.err


def test_every_kind_has_its_turn() -> None:
    assert {hostile(number)[0] for number in range(len(KINDS))} == set(KINDS)
    assert hostile(7) == hostile(7)
