"""The bytes of a large file can be begun wherever they were whole, in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.executors.base import Serial
from mockgen_watch.executors.processes import Processes
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.produce import LargeFile, file_bytes, prepare_production

if TYPE_CHECKING:
    from mockgen_watch.executors.base import Executor
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.produce import Production

COUNT = 70_000
"""More than two chunks of one process."""


def production_of(form: str) -> Production:
    model = {"n": {"$index": {}}, "kind": ["a", "b"], "$output": form, "$count": COUNT}
    return prepare_production(Specs.of({"M": model}).records("M")._plan)


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "yaml"])
@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_bytes_go_on_from_any_progress(form: str, executor: Executor) -> None:
    production = production_of(form)
    told: list[int] = []

    def advance(_: OutputPlan, records: int) -> None:
        told.append(records)

    whole = b"".join(file_bytes(production, Serial(), no_progress))
    large = LargeFile(production, executor, advance)
    size, marks = 0, {}
    for data in large:
        size += len(data)
        if large.progress is not None and large.progress.size == size:
            marks[size] = large.progress.records
    assert size == len(whole)
    assert marks
    assert sum(told) == COUNT
    for at, records in marks.items():
        assert 0 < records < COUNT
        told.clear()
        assert b"".join(large.begin(records)) == whole[at:]
        assert sum(told) == COUNT
