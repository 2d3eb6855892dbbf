"""Log lines: which are shown, what stands in each, and what it costs to show none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.observe import Level, Log, LogFormat, bound, level_of

if TYPE_CHECKING:
    from pathlib import Path


def tell_everything(log: Log) -> None:
    log.debug("a.debug")
    log.info("an.info")
    log.warning("a.warning")
    log.error("an.error")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        (Level.DEBUG, ["a.debug", "an.info", "a.warning", "an.error"]),
        (Level.INFO, ["an.info", "a.warning", "an.error"]),
        (Level.WARNING, ["a.warning", "an.error"]),
        (Level.ERROR, ["an.error"]),
    ],
)
def test_lines_below_the_level_are_not_shown(
    level: Level, events: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log = Log("json", level)
    tell_everything(log)
    assert [line["event"] for line in lines(capsys)] == events
    assert [log.shows(other) for other in Level] == [other >= level for other in Level]


@pytest.mark.parametrize(
    ("form", "is_verbose", "is_quiet", "level"),
    [
        (None, False, False, Level.WARNING),
        ("json", False, False, Level.INFO),
        ("console", False, False, Level.INFO),
        (None, True, False, Level.DEBUG),
        ("json", True, False, Level.DEBUG),
        (None, False, True, Level.ERROR),
        ("json", False, True, Level.ERROR),
    ],
)
def test_the_options_decide_the_level(
    form: LogFormat | None, is_verbose: bool, is_quiet: bool, level: Level
) -> None:
    assert level_of(form, is_verbose=is_verbose, is_quiet=is_quiet) is level


def test_a_line_has_time_level_event_and_fields_in_this_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Log("json", Level.INFO, "r1").info("output.written", path="a.json", records=3)
    (line,) = lines(capsys)
    assert list(line) == ["timestamp", "level", "event", "path", "records", "run_id"]
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "output.written",
        "path": "a.json",
        "records": 3,
        "run_id": "r1",
    }


def test_every_line_of_a_command_has_its_run_id(capsys: pytest.CaptureFixture[str]) -> None:
    logs = [Log("json"), Log("json")]
    for log in logs:
        tell_everything(log)
    ids = [line["run_id"] for line in lines(capsys)]
    assert ids == [logs[0].run_id] * 2 + [logs[1].run_id] * 2
    assert logs[0].run_id != logs[1].run_id


def test_what_is_bound_is_in_the_lines_told_inside(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("json", run_id="r1")
    with bound(batch=1, suite="claims"):
        log.error("outer")
        with bound(batch=2):
            log.error("inner")
    log.error("behind")
    fields = [(line["event"], line.get("batch"), line.get("suite")) for line in lines(capsys)]
    assert fields == [("outer", 1, "claims"), ("inner", 2, "claims"), ("behind", None, None)]


def test_a_thread_in_a_copy_of_the_context_keeps_what_is_bound(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log("json")
    with bound(batch=7):
        thread = threading.Thread(target=copy_context().run, args=(log.error, "threaded"))
        thread.start()
        thread.join()
    (line,) = lines(capsys)
    assert (line["batch"], line["run_id"]) == (7, log.run_id)


def test_a_bound_field_cannot_take_the_place_of_the_run_id(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bound(run_id="forged"):
        Log("json", run_id="r1").error("x", run_id="forged too")
    (line,) = lines(capsys)
    assert line["run_id"] == "r1"


@pytest.mark.parametrize("name", ["exc_info", "stack", "logger", "exception", "stack_info"])
@pytest.mark.parametrize("form", ["console", "json"])
def test_a_field_named_like_a_setting_of_structlog_is_a_field(
    form: LogFormat, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Log(form).error("x", **{name: True})
    captured = capsys.readouterr().err
    assert f"{name}_" in captured
    assert "Traceback" not in captured


def test_values_are_shown_at_debug_only(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log("json", Level.DEBUG)
    log.debug("seen", values={"PAT_LAST_NME": "Canary"})
    log.info("hidden", values={"PAT_LAST_NME": "Canary"})
    log.error("hidden", values={"PAT_LAST_NME": "Canary"})
    assert [line.get("values") for line in lines(capsys)] == [
        {"PAT_LAST_NME": "Canary"},
        None,
        None,
    ]


def test_the_form_for_people_is_one_line_with_the_run_id_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Log("console", run_id="r1").warning(
        "output.kept", path="a b.json", empty="", records=3, inputs=["x", "y"]
    )
    (line,) = capsys.readouterr().err.splitlines()
    time, rest = line.split(" ", 1)
    assert len(time) == len("12:34:56")
    assert rest.split(maxsplit=2) == [
        "[warning]",
        "output.kept",
        "path=\"a b.json\" empty=\"\" records=3 inputs=['x', 'y'] run_id=r1",
    ]


def test_without_a_terminal_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    Log(None).error("x")
    assert [line["event"] for line in lines(capsys)] == ["x"]


SCRIPT = """
import sys
from mockgen_watch.observe import Level, Log
log = Log("json", Level[sys.argv[1]])
log.debug("a.debug"); log.info("an.info")
print("structlog" in sys.modules)
"""


@pytest.mark.parametrize(("level", "is_loaded"), [("WARNING", False), ("INFO", True)])
def test_structlog_is_loaded_only_for_a_line_that_is_shown(
    level: str, is_loaded: bool, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, level],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout == f"{is_loaded}\n"
    assert bool(done.stderr) is is_loaded
