"""The examples of the page on the Python API run as they stand, in the repository's own project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "python-api.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_has_examples_of_both_kinds() -> None:
    assert sum("def test_" in block for block in BLOCKS) == 2
    assert len(BLOCKS) == 4


def test_the_plain_examples_run_one_after_the_other() -> None:
    plain = "\n".join(block for block in BLOCKS if "def test_" not in block)
    subprocess.run([sys.executable, "-c", plain], cwd=ROOT, check=True)


@pytest.mark.parametrize("block", [block for block in BLOCKS if "def test_" in block])
def test_the_examples_for_pytest_pass(block: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_page.py").write_text(block)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_page.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
