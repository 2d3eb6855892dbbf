"""No positive record is excluded, among as many as one likes; judged from the bytes alone.

``pytest -n0 -m long tests/acceptance/test_millions.py`` looks at 10,000,000.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("mockgen-watch"))
SPEC = (ROOT / "specs/claims/user_input.yaml").read_text(encoding="utf-8")
CLAUSES: dict[str, Any] = yaml.load(SPEC, yaml.SafeLoader)["Claim"]["$exclude"]
LOOSE = {
    'CLM_FREQ_CD: "1"': 'CLM_FREQ_CD: ["1", "7", "8"]',
    "distribution: lognormal, median: 180, sigma: 0.8, min: 20, max: 5000": "min: 20, max: 5000",
    "{start: 1, width: 6, prefix: CLM}": "{start: 1, width: 8, prefix: CLM}",
    '"^CLM[0-9]{6}$"': '"^CLM[0-9]{8}$"',
    "positive: {$count: 20, CLM_TYPE: [P, C]}": "positive: {$count: 20}",
}
"""With these changes each clause meets many records, as a control without the clauses shows, and
numbers of claims are long enough for all of them."""

SHARE = 10_000

MANY = 10_000_000


def project(folder: Path, *, has_clauses: bool) -> Path:
    shutil.copytree(ROOT / "specs", folder / "specs")
    text = SPEC
    for said, meant in LOOSE.items():
        assert said in text
        text = text.replace(said, meant)
    if not has_clauses:
        start, end = text.index("  $exclude:"), text.index("  $scenarios:")
        # The scenario of what is excluded goes too, and its part of the mix.
        rest = re.sub(r"    exclusion: .*\n", "", text[end:]).replace(", exclusion: 10}", "}")
        text = text[:start] + rest
    (folder / "specs/claims/user_input.yaml").write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    return folder


def excluded(folder: Path, count: int, jobs: int = 1) -> dict[str, int]:
    """Return how many of the first positive records each clause matches, as Python reads them."""
    words = ["generate", "claims", "--model", "Claim", "--scenario", "positive", "--stdout"]
    words += ["--count", str(count), "--format", "ndjson", "--jobs", str(jobs)]
    found = dict.fromkeys(CLAUSES, 0)
    lines = 0
    with subprocess.Popen([PROGRAM, "-q", *words], cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:
            record = json.loads(line)["payload"]
            lines += 1
            if record["PRICNG_ZIP_STATE"] == "AP" and record["CLM_TYPE"] == "D":
                found["dental-from-andhra"] += 1
            if record["CLM_FREQ_CD"] in {"7", "8"}:
                found["replaced-or-void"] += 1
            if record["CLM_AMT"] >= 4000:
                found["large-amount"] += 1
    assert process.returncode == 0
    assert lines == count
    return found


def test_the_judge_speaks_of_the_clauses_of_the_spec() -> None:
    assert CLAUSES == {
        "dental-from-andhra": {"PRICNG_ZIP_STATE": ["AP"], "CLM_TYPE": ["D"]},
        "replaced-or-void": {"CLM_FREQ_CD": ["7", "8"]},
        "large-amount": {"CLM_AMT": {"min": 4000}},
    }


def test_no_positive_record_is_excluded(tmp_path: Path) -> None:
    without = excluded(project(tmp_path / "without", has_clauses=False), SHARE)
    assert all(number > 250 for number in without.values()), without
    assert set(excluded(project(tmp_path / "with", has_clauses=True), SHARE).values()) == {0}


@pytest.mark.long
def test_no_positive_record_of_millions_is_excluded(tmp_path: Path) -> None:
    found = excluded(project(tmp_path / "with", has_clauses=True), MANY, jobs=2)
    assert set(found.values()) == {0}
