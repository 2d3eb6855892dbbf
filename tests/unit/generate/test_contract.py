"""The seed contract: what it says records are, and that nothing else takes part."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mockgen_watch.generate.address import record_cells
from mockgen_watch.generate.column import record_at, values_over
from mockgen_watch.generate.compile import compile_program
from tests.draws import assert_engines_agree, chunk, streams_of
from tests.golden.contract import FILE, INDEXES, contract_plan, contract_values

TOP = Path(__file__).resolve().parents[3]
COUNT = 20_000
SCRIPT = "from tests.unit.generate.test_contract import drawn_digest; print(drawn_digest())"


def drawn_digest() -> str:
    """Return the digest of all that the contract's plan draws for a chunk."""
    program = compile_program(contract_plan())
    total = hashlib.sha256()
    for path, stream, cells in streams_of(program.root, chunk(program, COUNT, start=10**9)):
        total.update(path.encode() + np.ascontiguousarray(stream.over(cells), "<i8").tobytes())
    return total.hexdigest()


def test_values_are_those_of_contract_2() -> None:
    assert contract_values() == json.loads(FILE.read_text("utf-8"))


def test_chunks_keep_the_contract() -> None:
    program = compile_program(contract_plan())
    assert_engines_agree(program, INDEXES)
    cells = record_cells(program.base_key, np, np.array(INDEXES))
    rows = list(values_over(program.root, cells, np.arange(len(INDEXES))))
    assert rows == [record_at(program, index) for index in INDEXES]


def test_optional_features_of_the_processor_play_no_part() -> None:
    features = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    assert run(NPY_DISABLE_CPU_FEATURES=" ".join(features)) == drawn_digest()


def test_hash_seed_and_locale_play_no_part() -> None:
    assert run(PYTHONHASHSEED="12345", LC_ALL="tr_TR.UTF-8", TZ="Asia/Kolkata") == drawn_digest()


def test_small_jobs_do_not_load_numpy() -> None:
    script = (
        "import sys\n"
        "from tests.golden.contract import contract_values\n"
        "contract_values()\n"
        "print('numpy' in sys.modules)"
    )
    assert run(script) == "False"


def test_records_far_out_are_read_as_fast_as_the_first() -> None:
    # The work is the same: calls are counted, as no test is bounded by the clock.
    program = compile_program(contract_plan())
    record_at(program, 5)
    assert calls(lambda: record_at(program, 99_999_998)) < 1.2 * calls(
        lambda: record_at(program, 6)
    )


def calls(action: object) -> int:
    count = 0

    def seen(*_: object) -> None:
        nonlocal count
        count += 1

    previous = sys.getprofile()
    sys.setprofile(seen)
    try:
        action()  # type: ignore[operator]
    finally:
        sys.setprofile(previous)
    return count


def run(script: str = SCRIPT, **variables: str) -> str:
    """Return what a script prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=TOP,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(done.stderr)
    return done.stdout.strip()
