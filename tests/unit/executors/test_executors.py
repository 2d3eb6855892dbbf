"""Every executor gives the bytes of one process, in order, and leaves nothing behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors import Serial
from mockgen_watch.executors.processes import Processes, WorkerFailedError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError, Framing, complete_options
from mockgen_watch.formats.rendering import document, records_of
from mockgen_watch.spec.model import Layout
from tests.programs import pool, program_of, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.executors import Executor

LINES = Framing(head=b"", separator=b"\n", tail=b"\n", empty=b"")


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Records that are their own index; ``before`` is called with each, in the process it is in."""

    count: int
    width: int = 0
    framing: Framing = LINES
    before: Callable[[int], None] = field(default=lambda _: None)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for index in range(start, stop):
            self.before(index)
            yield b"%d%s\n" % (index, b"." * self.width)


def run(executor: Executor, records: Numbered) -> tuple[bytes, int]:
    made: list[int] = []
    data = b"".join(executor.run(records, made.append))
    return data, sum(made)


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
@pytest.mark.parametrize("chunk", [1, 7, 1000])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_processes_give_the_bytes_of_one(jobs: int, chunk: int, count: int) -> None:
    records = Numbered(count=count)
    assert run(Processes(jobs, chunk=chunk), records) == run(Serial(), records)


@pytest.mark.parametrize("width", [0, 500, 70_000, 1_000_000])
def test_pieces_of_any_length_fit_through_a_small_ring(width: int) -> None:
    records = Numbered(count=30, width=width)
    expected = run(Serial(), records)
    assert run(Processes(2, chunk=4, ring=1 << 18), records) == expected


def test_a_whole_output_is_the_same_whoever_makes_it() -> None:
    many = tuple(map(str, range(100)))
    program = program_of(("a", pool(*"abcd")), ("b", text(many, many, slow="on purpose")))
    form = BUILTIN["json"]
    writer = form.writer((program,), complete_options(form, ()), Layout.MULTIPLE)
    digests = set()
    for executor in (Serial(), Processes(2, chunk=100), Processes(3, chunk=999)):
        for vector_from in (0, 10**9):
            records = records_of(writer, program, 2500, vector_from=vector_from)
            pieces = executor.run(records, lambda _: None)
            digests.add(b"".join(document(writer.framing, pieces)))
    assert len(digests) == 1


def refuse(index: int) -> None:
    if index == 23:
        raise FormatError("it is bad", (index, "a"))


@pytest.mark.parametrize("executor", [Serial(), Processes(2, chunk=5)])
def test_a_value_that_cannot_be_written_is_told_as_by_one_process(executor: Executor) -> None:
    with pytest.raises(FormatError, match=r"^/23/a: it is bad$"):
        run(executor, Numbered(count=100, before=refuse))
    assert multiprocessing.active_children() == []


def break_promise(index: int) -> None:
    if index == 23:
        place = Location(path="specs/s/user_input.yaml", line=3)
        raise FindingsError((Diagnostic(code="MG404", message="there is none", location=place),))


@pytest.mark.parametrize("executor", [Serial(), Processes(2, chunk=5)])
def test_a_promise_that_cannot_be_kept_is_told_with_its_place(executor: Executor) -> None:
    with pytest.raises(FindingsError) as caught:
        run(executor, Numbered(count=100, before=break_promise))
    (found,) = caught.value.diagnostics
    assert (found.code, found.location.line) == ("MG404", 3)
    assert multiprocessing.active_children() == []


PARENT = os.getpid()


def die(index: int) -> None:
    if index == 23 and os.getpid() != PARENT:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_is_killed_ends_the_run() -> None:
    with pytest.raises(WorkerFailedError, match="code -9"):
        run(Processes(2, chunk=5), Numbered(count=100, before=die))
    assert multiprocessing.active_children() == []


def test_a_run_that_is_given_up_leaves_no_process_behind() -> None:
    pieces = Processes(3, chunk=100, ring=1 << 18).run(
        Numbered(count=1_000_000, width=1000), lambda _: None
    )
    assert next(pieces).startswith(b"0")
    pieces.close()  # type: ignore[attr-defined]  # it is a generator
    assert multiprocessing.active_children() == []


def test_few_records_are_shared_evenly() -> None:
    told: list[int] = []
    for _ in Processes(2).run(Numbered(count=5001), told.append):
        pass
    assert told == [2501, 2500]
    told.clear()
    for _ in Processes(4).run(Numbered(count=1500), told.append, 100):
        pass
    assert told == [1024, 376]


def test_progress_is_told_chunk_by_chunk() -> None:
    told: list[int] = []
    for _ in Processes(2, chunk=4).run(Numbered(count=10), told.append):
        pass
    assert told == [4, 4, 2]
