"""Whole processes are measured, in an order that rotates, and a failure stops no other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.measure import Invocation, ProcessFailedError, measure_floor, run, run_rounds

if TYPE_CHECKING:
    from pathlib import Path

BUSY = "for number in range(2_000_000): pass"


def python(program: str, *, out: Path | None = None, stdout: Path | None = None) -> Invocation:
    return Invocation(argv=(sys.executable, "-c", program), out=out, stdout=stdout)


def test_the_output_and_the_time_of_a_process_are_measured(tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = run(python(f"{BUSY}\nprint('x' * 99)", out=out, stdout=out), tmp_path)
    assert found.output_bytes == 100
    assert found.cpu_seconds > 0
    assert found.wall_seconds > 0


def test_a_process_that_takes_more_memory_has_a_higher_peak(tmp_path: Path) -> None:
    # A process starts with the peak of its parent, and other tests may have needed much.
    size = measure_floor(tmp_path) + 100_000_000
    low, high = (run(python(f"b'x' * {size}"), tmp_path) for size in (1, size))
    assert low.peak_bytes < size < high.peak_bytes


def test_a_process_runs_in_the_folder(tmp_path: Path) -> None:
    run(python("open('here', 'w').close()"), tmp_path)
    assert (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        ((sys.executable, "-c", "raise SystemExit('too bad')"), "exit code 1: too bad"),
        (("./there-is-no-such-program",), "there-is-no-such-program"),
    ],
)
def test_a_failure_gives_its_reason(argv: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    with pytest.raises(ProcessFailedError, match=reason):
        run(Invocation(argv=argv), tmp_path)


def test_the_order_rotates_and_the_warm_up_is_not_counted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    jobs = [(key, python(f"open({str(log)!r}, 'a').write({key!r})")) for key in "abc"]
    found = run_rounds(jobs, rounds=3, folder=tmp_path, report=lambda _: None)
    assert log.read_text("utf-8") == "abc" + "bca" + "cab" + "abc"
    assert {key: medians.rounds for key, medians in found.measured.items()} == dict.fromkeys(
        "abc", 3
    )


def test_a_failing_process_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    jobs = [("bad", python("raise SystemExit('no')")), ("good", python("pass"))]
    found = run_rounds(jobs, rounds=2, folder=tmp_path, report=lambda _: None)
    assert list(found.measured) == ["good"]
    assert found.failed == {"bad": "exit code 1: no"}


def test_the_file_of_a_measured_process_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    jobs = [("writer", python("print('record')", out=out, stdout=out))]
    found = run_rounds(jobs, rounds=1, folder=tmp_path, report=lambda _: None)
    assert found.measured["writer"].output_bytes == 7
    assert not out.exists()
