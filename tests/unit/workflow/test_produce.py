"""Files of outputs: labels are made with their records, and large files begin anywhere."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.executors import Serial
from mockgen_watch.executors.processes import Processes
from mockgen_watch.scenarios.source import Source
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.produce import (
    LARGE,
    RecordsFile,
    file_bytes,
    label_document,
    output_files,
    prepare_production,
)

if TYPE_CHECKING:
    from mockgen_watch.executors import Executor
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.produce import Production


MANY, FEW = 2300, 30
"""By either engine; see ``document.VECTOR_FROM``."""
MODEL: dict[str, Any] = {
    "code": {"$pattern": "[A-Z]{3}[0-9]"},
    "kind": ["a", "b", "c"],
    "size": {"$integer": [1, 90]},
    "lines": {"$array": {"min": 1, "max": 3}, "$items": {"n": [1, 2, 3]}},
    "$rules": {
        "code": {"field": "code", "schema": {"pattern": "^[A-Z]{3}[0-9]$"}},
        "kind": {"field": "kind", "schema": {"enum": ["a", "b", "c"]}},
        "lines": {"field": "lines", "schema": {"minItems": 1}},
        "large": {"cel": "record.kind != 'a' || record.size <= 60"},
    },
    "$exclude": {"small": {"size": {"max": 9}}},
    "$scenarios": {
        "positive": {"$records": {"7": {"size": 55}}},
        "negative": {},
        "mixed": {"$mix": {"positive": 2, "negative": 1, "exclusion": 1}},
        "exclusion": {},
    },
}


def plan_of(scenario: str, count: int, **output: str) -> OutputPlan:
    model = {**MODEL, "$count": count, "$output": {"format": "ndjson", **output}}
    return Specs.of({"M": model}).records(f"M/{scenario}")._plan


def names_of(plan: OutputPlan) -> tuple[str, str]:
    labels = next(
        name for name, _ in output_files(prepare_production(plan), ["M"], Serial(), no_progress)
    )
    return labels, labels.replace(".ndjson", ".labels.ndjson")


def made(plan: OutputPlan, executor: Executor) -> dict[str, bytes]:
    files = output_files(prepare_production(plan), names_of(plan), executor, no_progress)
    return {name: b"".join(chunks) for name, chunks in files}


def digest(files: dict[str, bytes]) -> str:
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()


@pytest.mark.parametrize("count", [FEW, MANY])
@pytest.mark.parametrize("scenario", ["negative", "mixed"])
def test_outputs_and_labels_are_those_of_one_record_at_a_time(scenario: str, count: int) -> None:
    plan = plan_of(scenario, count)
    production = prepare_production(plan)
    source, encode = production.source, production.writer.encode
    name, labels = names_of(plan)
    expected = {
        name: b"".join(encode(source.record_at(index)) + b"\n" for index in range(count)),
        labels: b"".join(label_document(plan, source, Serial())),
    }
    executors: list[Executor] = [
        Serial(),
        *(Processes(jobs, chunk=chunk) for jobs in (1, 2, 3) for chunk in (450, 100_000)),
    ]
    assert {digest(made(plan, executor)) for executor in executors} == {digest(expected)}
    assert expected[labels].count(b"\n") == count


@pytest.mark.parametrize("executor", [Serial(), Processes(2, chunk=450)])
def test_no_record_is_made_a_second_time_for_its_label(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of("negative", MANY)
    expected = made(plan, Serial())

    def refuse(_source: Source, index: int) -> None:
        raise AssertionError(index)

    monkeypatch.setattr(Source, "label_at", refuse)
    assert made(plan, executor) == expected


def test_labels_alone_are_the_same() -> None:
    plan = plan_of("negative", MANY)
    name, labels = names_of(plan)
    files = output_files(prepare_production(plan), [labels], Processes(2, chunk=450), no_progress)
    assert {path: b"".join(chunks) for path, chunks in files} == {
        labels: made(plan, Serial())[labels]
    }
    assert name != labels


def test_labels_are_whole_where_the_records_were_not_asked_for_to_their_end() -> None:
    plan = plan_of("negative", MANY)
    _, labels = names_of(plan)
    expected = made(plan, Serial())[labels]
    files = output_files(prepare_production(plan), names_of(plan), Serial(), no_progress)
    next(iter(next(files)[1]))
    assert b"".join(next(files)[1]) == expected


def test_a_file_a_record_has_the_same_labels() -> None:
    plan = plan_of("negative", FEW, layout="split")
    expected = b"".join(label_document(plan, prepare_production(plan).source, Serial()))
    stem = names_of(plan_of("negative", FEW))[0].removesuffix(".ndjson")
    every = [f"{stem}/{number:06}.ndjson" for number in range(1, FEW + 1)]
    for wanted in (every, every[:4], [*every[:4], *every[9:]]):
        asked = [*wanted, f"{stem}.labels.ndjson"]
        made_files = output_files(prepare_production(plan), asked, Serial(), no_progress)
        files = {name: b"".join(chunks) for name, chunks in made_files}
        assert set(files) == set(asked)
        assert files[asked[-1]] == expected


@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_after_a_stop_labels_are_whole_and_the_same(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockgen_watch.workflow.produce.LARGE", MANY)
    plan = plan_of("negative", MANY)
    name, labels = names_of(plan)
    expected = made(plan, Serial())
    rows = expected[name].splitlines(keepends=True)
    for first in (0, 1, 2048, MANY - 1):
        files = output_files(prepare_production(plan), [name, labels], executor, no_progress)
        _, large = next(files)
        assert isinstance(large, RecordsFile)
        assert b"".join(large.begin(first)) == b"".join(rows[first:])
        assert b"".join(next(files)[1]) == expected[labels]
    assert LARGE > MANY


LARGE_COUNT = 70_000
"""More than two chunks of one process."""


def production_of(form: str) -> Production:
    model = {"n": {"$index": {}}, "kind": ["a", "b"], "$output": form, "$count": LARGE_COUNT}
    return prepare_production(Specs.of({"M": model}).records("M")._plan)


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "yaml"])
@pytest.mark.parametrize("executor", [Serial(), Processes(2)])
def test_bytes_go_on_from_any_progress(form: str, executor: Executor) -> None:
    production = production_of(form)
    told: list[int] = []

    def advance(_: OutputPlan, records: int) -> None:
        told.append(records)

    whole = b"".join(file_bytes(production, Serial(), no_progress))
    large = RecordsFile(production, executor, advance)
    size, marks = 0, {}
    for data in large:
        size += len(data)
        if large.progress is not None and large.progress.size == size:
            marks[size] = large.progress.records
    assert size == len(whole)
    assert marks
    assert sum(told) == LARGE_COUNT
    for at, records in marks.items():
        assert 0 < records < LARGE_COUNT
        told.clear()
        assert b"".join(large.begin(records)) == whole[at:]
        assert sum(told) == LARGE_COUNT
