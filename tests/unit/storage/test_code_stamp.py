"""The stamp of the code that makes plans."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.storage.code_stamp import code_stamp, stamp_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_stamp_moves_with_each_module(tmp_path: Path) -> None:
    inner = tmp_path / "spec" / "build"
    inner.mkdir(parents=True)
    for name in ("plan", "masters", "workflow"):
        (tmp_path / name).mkdir()
    for name in ("compiling", "reading"):
        (tmp_path / "workflow" / f"{name}.py").write_text("")
    module = inner / "leaves.py"
    module.write_text("a = 1\n")
    seen = {stamp_of(str(tmp_path))}
    assert stamp_of(str(tmp_path)) in seen
    module.write_text("a = 12\n")
    seen.add(stamp_of(str(tmp_path)))
    os.utime(module, ns=(0, 0))
    seen.add(stamp_of(str(tmp_path)))
    (tmp_path / "plan" / "new.py").write_text("")
    seen.add(stamp_of(str(tmp_path)))
    (tmp_path / "workflow" / "reading.py").write_text("b = 2\n")
    seen.add(stamp_of(str(tmp_path)))
    assert len(seen) == 5
    (inner / "__pycache__").mkdir()
    (inner / "__pycache__" / "leaves.pyc").write_bytes(b"x")
    assert stamp_of(str(tmp_path)) in seen


def test_the_stamp_of_a_process_stays() -> None:
    assert code_stamp() == code_stamp()
