"""The daemon's parts: bell, problems, requests, log, metrics, endpoint, storms."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
import warnings
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.observe import KEPT, Level, Log, LogFile
from mockgen_watch.storage.project_folder import DAEMON, ProjectLock, StateFolder
from mockgen_watch.storage.scan import Scan
from mockgen_watch.watch.events import (
    BatchEnded,
    BatchFailed,
    DiagnosticCleared,
    DiagnosticRaised,
    EventLogger,
    EventsMissed,
    OutputWritten,
    Problems,
    Stream,
    WatchChanged,
)
from mockgen_watch.watch.metrics import Endpoint, Metrics, prometheus
from mockgen_watch.watch.requests import (
    STATUS,
    Inbox,
    NoAnswerError,
    NotRunningError,
    ask,
    is_running,
)
from mockgen_watch.watch.resident import Pass
from mockgen_watch.watch.schedule import Waker
from mockgen_watch.watch.watching import STORM_FILES, EventObserver, is_storm
from mockgen_watch.workflow.generate import FileResult, Report
from tests.watch.world import until

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.watch.events import DaemonEvent

ENDED = BatchEnded(
    batch="1-1",
    causes=("event",),
    hints=("specs/a",),
    changed=("specs/a",),
    suites=None,
    counts={"create": 1},
    failed_suites=(),
    errors=0,
    passes=2,
    has_converged=True,
    stages={"scan": 0.5},
)


def finding(line: int) -> Diagnostic:
    return Diagnostic(code="MG201", message="x", location=Location(path="specs/a", line=line))


def passed(*found: Diagnostic) -> Pass:
    return Pass(report=Report(files=(), diagnostics=found))


def written(action: Action) -> OutputWritten:
    file = FileResult(path="o", action=action, reason=Reason.CHANGED, records=3)
    return OutputWritten(batch="1-1", file=file)


def test_a_bell_that_was_rung_before_ends_the_wait_at_once() -> None:
    waker = Waker()
    for _ in range(100_000):
        waker.ring()
    waker.wait(1e6)
    waker.wait(0.0)
    waker.close()


def test_another_thread_ends_the_wait() -> None:
    waker = Waker()
    thread = threading.Thread(target=waker.ring)
    thread.start()
    waker.wait(1e6)
    thread.join()
    waker.close()
    waker.ring()


def test_a_finding_is_told_once_and_told_again_when_it_is_mended() -> None:
    known = Problems()
    first, second = finding(1), finding(2)
    assert list(known.update("1", passed(first))) == [DiagnosticRaised(batch="1", diagnostic=first)]
    assert list(known.update("2", passed(first))) == []
    assert list(known.update("3", passed(second))) == [
        DiagnosticCleared(batch="3", diagnostic=first),
        DiagnosticRaised(batch="3", diagnostic=second),
    ]
    assert known.errors == 1


def test_a_failure_is_told_once_and_forgets_no_finding() -> None:
    known = Problems()
    list(known.update("1", passed(finding(1))))
    failed = Pass(error="disk full", must_retry=True)
    assert list(known.update("2", failed)) == [BatchFailed(batch="2", error="disk full")]
    assert list(known.update("3", failed)) == []
    assert known.errors == 2
    assert list(known.update("4", passed(finding(1)))) == []
    assert known.errors == 1


@pytest.mark.parametrize(
    "done",
    [
        Pass(report=Report(files=(), diagnostics=(), has_moved=True)),
        Pass(report=Report(files=(), diagnostics=(), is_stopped=True)),
    ],
)
def test_a_pass_that_did_not_end_says_nothing_of_what_is_wrong(done: Pass) -> None:
    known = Problems()
    list(known.update("1", passed(finding(1))))
    assert list(known.update("2", done)) == []
    assert known.errors == 1


def test_nobody_answers_where_no_daemon_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunningError):
        ask(StateFolder(tmp_path / "s"), STATUS, timeout=1e6)


def test_a_question_is_answered_and_leaves_nothing_behind(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "s")
    desk = Inbox(state)
    desk.open()

    def serve() -> None:
        while not (questions := desk.take()):
            pass
        desk.answer(questions[0], {"kind": questions[0].kind, **questions[0].details})

    with ProjectLock(state, DAEMON):
        assert is_running(state)
        thread = threading.Thread(target=serve)
        thread.start()
        assert ask(state, STATUS, {"n": 1}, timeout=1e6) == {"kind": STATUS, "n": 1}
        thread.join()
    assert not [name for _, _, names in os.walk(tmp_path / "s" / "daemon") for name in names]
    assert not is_running(state)


def test_a_daemon_that_says_nothing_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "s")
    with ProjectLock(state, DAEMON), pytest.raises(NoAnswerError):
        ask(state, STATUS, timeout=0.0)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"kind": 1}', b"\xff"])
def test_a_torn_question_is_thrown_away(tmp_path: Path, data: bytes) -> None:
    desk = Inbox(StateFolder(tmp_path))
    desk.open()
    (desk.folder / "x.json").write_bytes(data)
    assert desk.take() == []
    assert not list(desk.folder.iterdir())


def test_answers_that_nobody_took_go_when_the_next_daemon_starts(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    Inbox(state).open()
    old, new = tmp_path / "daemon/answers/old.json", tmp_path / "daemon/answers/new.json"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    Inbox(state).open()
    assert new.exists()
    assert not old.exists()


def test_a_log_rotates_by_size_and_keeps_a_few_files(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "l" / "w.log", most_bytes=25, clock=lambda: 0.0)
    for number in range(20):
        log.write(f"line {number:03}")
    assert (tmp_path / "l/w.log").read_text() == "line 018\nline 019\n"
    assert (tmp_path / "l/w.log.1").read_text() == "line 016\nline 017\n"
    names = {path.name for path in (tmp_path / "l").iterdir()} - {"w.log.began"}
    assert names == {"w.log", *(f"w.log.{number}" for number in range(1, KEPT + 1))}


def test_a_log_rotates_by_age(tmp_path: Path) -> None:
    now = 1000.0
    log = LogFile(tmp_path / "w.log", most_seconds=60.0, clock=lambda: now)
    for step in (0.0, 30.0, 59.0, 61.0, 62.0, 200.0):
        now = 1000.0 + step
        log.write(f"at {step:g}")
    assert (tmp_path / "w.log").read_text() == "at 200\n"
    assert (tmp_path / "w.log.1").read_text().splitlines()[-1] == "at 62"


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    log = LogFile(tmp_path / "file" / "w.log")
    log.write("x")
    assert log.lost == 1


def test_a_batch_is_one_line_with_its_id_and_times() -> None:
    lines: list[str] = []
    teller = EventLogger(Log("json", Level.INFO, output=lines.append))
    for event in (written(Action.CREATE), ENDED):
        teller(event)
    (line,) = map(json.loads, lines)
    assert (line["event"], line["batch"], line["create"]) == ("batch", "1-1", 1)
    assert line["scan_ms"] == 500.0
    assert line["run_id"]


def test_every_failure_is_a_line_of_its_level() -> None:
    lines: list[str] = []
    teller = EventLogger(Log("json", Level.INFO, output=lines.append))
    events: list[DaemonEvent] = [
        DiagnosticRaised(batch="1-1", diagnostic=finding(3)),
        BatchFailed(batch="1-1", error="disk full"),
        EventsMissed(paths=("specs/a",), count=1),
        WatchChanged(mode="polling", reason="watch limit", fields={"limit": 3}),
        written(Action.REFUSE),
    ]
    for event in events:
        teller(event)
    told = [(line["level"], line["event"]) for line in map(json.loads, lines)]
    assert told == [
        ("error", "diagnostic"),
        ("error", "batch.failed"),
        ("warning", "watch.missed_event"),
        ("warning", "watch.polling"),
        ("warning", "output.refuse"),
    ]


def test_details_are_told_once_debugging_is_switched_on() -> None:
    lines: list[str] = []
    teller = EventLogger(Log("json", Level.INFO, output=lines.append))
    teller(written(Action.UPDATE))
    assert lines == []
    teller.log.show_from(Level.DEBUG)
    teller(written(Action.UPDATE))
    assert json.loads(lines[0])["records"] == 3


def test_metrics_count_what_happens() -> None:
    metrics, stream = Metrics(clock=lambda: 5.0), Stream()
    stream.subscribe(metrics)
    for event in (
        written(Action.CREATE),
        written(Action.UPDATE),
        written(Action.DELETE),
        written(Action.REFUSE),
        ENDED,
        ENDED,
        BatchFailed(batch="1-2", error="x"),
        EventsMissed(paths=(), count=2),
    ):
        stream.publish(event)
    counts = {"batches": 2, "passes": 4, "failures": 1, "missed_events": 2}
    assert {name: number for name, number in metrics.counts.items() if number} == counts
    assert metrics.outputs == {"written": 2, "removed": 1, "refused": 1}
    assert metrics.total_ms == {"scan": 1000.0}


def test_prometheus_gets_a_line_a_number() -> None:
    text = prometheus({"batches": 3, "mode": "polling", "total_ms": {"scan": 1500.0}})
    assert "mockgen_batches_total 3\n" in text
    assert "mockgen_polling 1\n" in text
    assert 'mockgen_stage_seconds_total{stage="scan"} 1.5\n' in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("path", "is_healthy", "code"),
    [("/healthz", True, 200), ("/healthz", False, 503), ("/metrics", True, 200), ("/x", True, 404)],
)
def test_the_endpoint_answers_on_loopback(path: str, is_healthy: bool, code: int) -> None:
    with Endpoint(lambda: {"is_healthy": is_healthy, "batches": 1}, 0) as endpoint:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{endpoint.port}{path}") as answer:
                found = answer.status
        except urllib.error.HTTPError as error:
            with error:
                found = error.code
    assert found == code


def scan(moved: int, *, is_racy: bool) -> Scan:
    marks = {f"specs/s{number:02}/user_input.yaml": (int(number < moved),) for number in range(40)}
    return Scan(specs=marks, is_racy=is_racy)


@pytest.mark.parametrize(
    ("moved", "is_racy", "is_recent", "expected"),
    [
        (STORM_FILES, True, False, True),
        (STORM_FILES, False, True, True),
        (STORM_FILES, False, False, False),
        (STORM_FILES - 1, True, True, False),
        (0, True, True, False),
    ],
)
def test_many_specs_that_go_on_moving(
    moved: int, is_racy: bool, is_recent: bool, expected: bool
) -> None:
    found = is_storm(scan(0, is_racy=False), scan(moved, is_racy=is_racy), is_recent=is_recent)
    assert found is expected


def test_folders_that_move_while_they_are_watched_give_no_warnings(tmp_path: Path) -> None:
    (tmp_path / "specs/moving").mkdir(parents=True)
    (tmp_path / "state").mkdir()
    observer = EventObserver(tmp_path, tmp_path / "state", ring=threading.Event().set)
    seen: set[str] = set()

    def has_seen_the_end() -> bool:
        seen.update(path for path, _ in observer.take())
        return any(path.endswith("/end.yaml") for path in seen)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        observer.start()
        try:
            for number in range(20):
                # What is in a new folder is watched once more, by another name.
                new = tmp_path / f"specs/new{number}"
                new.mkdir()
                (tmp_path / "specs/moving").rename(new / "moving")
                (new / "moving").rename(tmp_path / "specs/moving")
            (tmp_path / "specs/end.yaml").touch()
            until(has_seen_the_end)
        finally:
            observer.stop()
    assert [str(one.message) for one in told] == []
