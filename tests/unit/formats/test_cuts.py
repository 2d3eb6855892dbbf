"""However the work on an output is cut, and on whatever processor: the same bytes."""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mockgen_watch.api import Specs
from mockgen_watch.executors import Serial
from mockgen_watch.executors.processes import Processes
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.rendering import ScalarRecords, VectorRecords, records_of
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.produce import prepare_production
from tests.golden.contract import contract_plan

if TYPE_CHECKING:
    from mockgen_watch.executors import Executor

TOP = Path(__file__).resolve().parents[3]
COUNT = 1200
SCRIPT = "from tests.unit.formats.test_cuts import digest, whole; print(digest(whole()))"


def records_by(vector_from: int) -> ScalarRecords | VectorRecords:
    """Return records of every kind of leaf, by either engine."""
    program = compile_program(contract_plan())
    form = BUILTIN["ndjson"]
    writer = form.writer((program,), complete_options(form, ()), Layout.MULTIPLE)
    return records_of(writer, program, COUNT, vector_from=vector_from)


def whole() -> bytes:
    return b"".join(records_by(0).pieces(0, COUNT))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def expected() -> bytes:
    assert isinstance(records_by(0), VectorRecords)
    return whole()


def test_one_record_after_the_other_gives_the_bytes_of_blocks(expected: bytes) -> None:
    records = records_by(COUNT + 1)
    assert isinstance(records, ScalarRecords)
    assert b"".join(records.pieces(0, COUNT)) == expected


@pytest.mark.parametrize("seed", range(2))
def test_seven_shards_in_any_order_are_one_run(expected: bytes, seed: int) -> None:
    chance = random.Random(seed)
    ends = [0, *sorted(chance.sample(range(1, COUNT), 6)), COUNT]
    order = chance.sample(range(7), 7)
    records = records_by(0)
    made = {n: b"".join(records.pieces(ends[n], ends[n + 1])) for n in order}
    assert b"".join(made[n] for n in range(7)) == expected


@pytest.mark.parametrize("chunk", [97, COUNT])
def test_chunks_of_any_length_are_one_run(expected: bytes, chunk: int) -> None:
    records = records_by(0)
    pieces = [
        piece
        for start in range(0, COUNT, chunk)
        for piece in records.pieces(start, min(start + chunk, COUNT))
    ]
    assert b"".join(pieces) == expected


@pytest.mark.parametrize("executor", [Serial(), Processes(2, chunk=301), Processes(3, chunk=177)])
def test_processes_are_one_run(expected: bytes, executor: Executor) -> None:
    assert digest(b"".join(executor.run(records_by(0), lambda _: None))) == digest(expected)


def test_a_plan_can_be_sent_to_another_machine() -> None:
    model: dict[str, object] = {"kind": ["a", "b"], "rank": {"$integer": [0, 99]}, "$count": 50}
    model["$rules"] = {"odd": {"cel": "record.rank % 2 == 1"}}
    model["$scenarios"] = {"positive": {}, "mixed": {"$mix": {"positive": 1}}}
    for scenario in ("positive", "mixed"):
        plan = Specs.of({"M": model}).records(f"M/{scenario}")._plan
        here, there = (
            prepare_production(one).records()
            for one in (plan, pickle.loads(pickle.dumps(plan)))  # noqa: S301
        )
        shards = [b"".join(there.pieces(start, start + 10)) for start in range(0, 50, 10)]
        assert b"".join(shards) == b"".join(here.pieces(0, 50))


def test_optional_features_of_the_processor_change_no_byte(expected: bytes) -> None:
    features = np.show_config(mode="dicts")["SIMD Extensions"]["found"]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=TOP,
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(features)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert features
    assert done.stdout.strip() == digest(expected)
