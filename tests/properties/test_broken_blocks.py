"""Negative records of random models: blocks give the bytes and labels of one at a time."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from mockgen_watch.errors import FindingsError
from mockgen_watch.formats.rendering import CaseRecords
from mockgen_watch.workflow.produce import label_writer, prepare_production
from tests.properties.test_promises import model
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.plan.model import OutputPlan

SHARE, MANY = 12, 150
COUNT = 90
FORMATS = ("ndjson", "json", "yaml", "csv")


@pytest.fixture(autouse=True)
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have programs made for any number of twins."""
    monkeypatch.setattr("mockgen_watch.scenarios.faults.broken_chunks.FEWEST", 1)


def made(plan: OutputPlan, vector_from: int) -> tuple[bytes, bytes] | str:
    records = prepare_production(plan).records()
    assert isinstance(records, CaseRecords)
    records = replace(records, vector_from=vector_from, block=70, labels=label_writer())
    try:
        pairs = list(records.pairs(0, COUNT))
    except Exception as error:  # noqa: BLE001 - whatever it is, both are to tell of it alike
        return repr(error)
    return b"".join(data for data, _ in pairs), b"".join(lines for _, lines in pairs)


def check(seed: int) -> bool:
    """Compare the records of a random model; tell whether there are any."""
    chance = random.Random(seed)
    fields, _, _ = model(chance)
    negative: dict[str, Any] = {"$faults": chance.choice([1, 1, 1, 2])}
    if chance.random() < 0.4:
        negative |= {"p": ["", "Z"], "i": {"$integer": [-90, 90]}}
    scenarios = {"positive": {}, "negative": negative, "both": {"$mix": {"negative": 3}}}
    output = chance.choice(FORMATS)
    spec = {"$count": COUNT, "M": {**fields, "$scenarios": scenarios, "$output": output}}
    try:
        plans = plans_of(json.dumps(spec))
    except FindingsError:
        return False
    for scenario in ("negative", "both"):
        assert made(plans[scenario], 0) == made(plans[scenario], COUNT + 1), (seed, scenario)
    return True


def test_blocks_of_broken_records_are_those_of_one_at_a_time() -> None:
    assert sum(map(check, range(SHARE))) > SHARE // 4


@pytest.mark.long
def test_many_blocks_of_broken_records_are_those_of_one_at_a_time() -> None:
    assert sum(map(check, range(SHARE, MANY))) > MANY // 4
