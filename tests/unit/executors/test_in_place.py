"""Processes that write to one file, each in its place, make the file that one process makes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors.processes import (
    Processes,
    WorkerFailedError,
    can_write_in_place,
    write_in_place,
)
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import FormatError, Framing, complete_options
from mockgen_watch.formats.rendering import document, measured, records_of
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.model import Layout
from tests.golden.contract import contract_plan
from tests.programs import pool, program_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.formats.rendering import Records

LIST = Framing(head=b"[", separator=b", ", tail=b"]\n", empty=b"[]\n")
COUNT = 1200


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Records that are their own index; ``before`` is called with each, in the process it is in."""

    count: int
    width: int = 0
    framing: Framing = LIST
    before: Callable[[int], None] = field(default=lambda _: None)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for index in range(start, stop):
            self.before(index)
            yield b"%d%s, " % (index, b"." * self.width)


def whole(records: Records) -> bytes:
    return b"".join(document(records.framing, records.pieces(0, records.count)))


def written(path: Path, records: Records, *, jobs: int = 2, chunk: int = 7) -> list[int]:
    """Write records behind what ``path`` holds, and a word behind them; return the progress."""
    told: list[int] = []
    with path.open("r+b") as file:
        os.lseek(file.fileno(), 0, os.SEEK_END)
        write_in_place(records, file.fileno(), told.append, jobs=jobs, chunk=chunk)
        os.write(file.fileno(), b"behind")
    return told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "file"
    found.write_bytes(b"before")
    return found


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
@pytest.mark.parametrize("chunk", [1, 7, 1000])
@pytest.mark.parametrize("count", [1, 50])
def test_the_file_is_that_of_one_process(path: Path, jobs: int, chunk: int, count: int) -> None:
    records = Numbered(count=count, width=3)
    told = written(path, records, jobs=jobs, chunk=chunk)
    assert path.read_bytes() == b"before" + whole(records) + b"behind"
    assert sum(told) == count


@pytest.mark.parametrize("form", ["json", "ndjson", "csv", "yaml"])
@pytest.mark.parametrize("chunk", [500])
def test_any_format_is_that_of_one_process(path: Path, form: str, chunk: int) -> None:
    if form == "csv":
        program = program_of(("a", pool(*"abcd")), ("b", pool("1", "22", "333")))
    else:
        program = compile_program(contract_plan())
    kind = BUILTIN[form]
    writer = kind.writer((program,), complete_options(kind, ()), Layout.MULTIPLE)
    records = records_of(writer, program, min(COUNT, program.count), vector_from=0)
    written(path, records, chunk=chunk)
    assert path.read_bytes() == b"before" + whole(records) + b"behind"


def test_a_length_is_known_before_the_bytes_are_made() -> None:
    program = program_of(("a", pool("", "1", "22", "é")), ("b", pool(*"xyz")))
    kind = BUILTIN["ndjson"]
    writer = kind.writer((program,), complete_options(kind, ()), Layout.MULTIPLE)
    records = records_of(writer, program, 500, vector_from=0)
    length, pieces = measured(records, 100, 400)
    assert length == len(b"".join(pieces)) == len(b"".join(records.pieces(100, 400)))


def refuse(index: int) -> None:
    if index == 23:
        raise FormatError("it is bad", (index, "a"))


def give_up(index: int) -> None:
    if index == 23:
        place = Location(path="specs/x.yaml")
        raise FindingsError([Diagnostic(code="MG404", message="no", location=place)])


def test_after_an_error_nothing_of_the_document_is_left(path: Path) -> None:
    with pytest.raises(FormatError, match=r"^/23/a: it is bad$"):
        written(path, Numbered(count=100, before=refuse))
    with pytest.raises(FindingsError, match=r"^1 error"):
        written(path, Numbered(count=100, before=give_up))
    assert path.read_bytes() == b"before"
    assert multiprocessing.active_children() == []


PARENT = os.getpid()


@pytest.mark.parametrize("index", [0, 23, 99])
def test_a_worker_that_is_killed_ends_the_run(path: Path, index: int) -> None:
    def die(here: int) -> None:
        if here == index and os.getpid() != PARENT:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(WorkerFailedError, match="code -9"):
        written(path, Numbered(count=100, before=die))
    assert path.read_bytes() == b"before"
    assert multiprocessing.active_children() == []


def test_only_what_has_places_is_written_in_place(path: Path) -> None:
    reading, writing = os.pipe()
    with (
        path.open("r+b") as file,
        path.open("ab") as behind,
        Path(os.devnull).open("wb") as nothing,
    ):
        assert can_write_in_place(file.fileno())
        assert can_write_in_place(nothing.fileno())
        assert not can_write_in_place(behind.fileno())
        assert not can_write_in_place(writing)
        told: list[int] = []
        records = Numbered(count=20)
        assert not Processes(2, chunk=5).write(records, writing, told.append)
        assert not Processes(1, chunk=5).write(records, file.fileno(), told.append)
        assert not Processes(2, chunk=20).write(records, file.fileno(), told.append)
        assert told == []
        assert Processes(2, chunk=5).write(records, nothing.fileno(), told.append)
        assert sum(told) == 20
    os.close(reading)
    os.close(writing)


def test_a_file_that_cannot_be_written_is_told(path: Path) -> None:
    with path.open("rb") as file, pytest.raises(OSError, match="Bad file descriptor"):
        write_in_place(
            Numbered(count=20, framing=Framing(head=b"", separator=b", ", tail=b"", empty=b"")),
            file.fileno(),
            lambda _: None,
            jobs=2,
            chunk=5,
        )
    assert multiprocessing.active_children() == []
