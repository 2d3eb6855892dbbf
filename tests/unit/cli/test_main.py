"""The command line's frame: options, the table of commands, exit codes."""

from __future__ import annotations

import json

import pytest

from mockgen_watch import __version__
from mockgen_watch.cli.main import COMMANDS, Entry, load_command, main

TABLE = {
    "greet": Entry(module="tests.unit.cli.greet", summary="Say what was asked."),
    "absent": Entry(module="tests.unit.cli.no_such_module", summary="Cannot be loaded."),
}


def stopped(words: list[str]) -> object:
    with pytest.raises(SystemExit) as stop:
        main(words, TABLE)
    return stop.value.code


def test_version_is_told_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(["--version"]) == 0
    assert capsys.readouterr().out == f"mockgen-watch {__version__}\n"


def test_help_lists_the_commands_without_loading_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert stopped(["--help"]) == 0
    out = capsys.readouterr().out
    assert "  greet   Say what was asked.\n" in out
    assert "  absent  Cannot be loaded.\n" in out


def test_help_of_a_command_shows_its_examples_as_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert stopped(["greet", "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: mockgen-watch greet ")
    assert "examples:\n  mockgen-watch greet --code 1\n" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gret"], 'unknown command "gret" (did you mean "greet"?)'),
        (["qqqqq"], 'unknown command "qqqqq" (see mockgen-watch --help)'),
        (["greet", "--cod", "1"], "unrecognized arguments: --cod 1"),
        (["--verb", "greet"], "--verb"),
        (["-v", "-q", "greet"], "not allowed with"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stopped(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["-v"], ["-C", "there"]])
def test_without_a_command_there_is_help_and_no_internal_name(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, TABLE) == 0
    shown = capsys.readouterr()
    assert "commands:\n  greet" in shown.out
    assert "command_words" not in shown.out + shown.err


@pytest.mark.parametrize(
    "words",
    [
        ["-C", "there", "--profile", "ci", "-v", "--log-format", "json", "greet", "--code", "1"],
        ["greet", "--code", "1", "-C", "there", "--profile", "ci", "-v", "--log-format", "json"],
        ["-C", "there", "--profile", "ci", "greet", "--code", "1", "-v", "--log-format=json"],
    ],
)
def test_global_options_stand_before_or_behind_the_command(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words, TABLE) == 1
    options = json.loads(capsys.readouterr().out)
    assert {name: options[name] for name in ("directory", "profile", "verbose", "log_format")} == {
        "directory": "there",
        "profile": "ci",
        "verbose": True,
        "log_format": "json",
    }
    assert options["quiet"] is False


@pytest.mark.parametrize(
    ("end", "code", "message"),
    [
        ("usage", 2, "mockgen-watch: that cannot be\n"),
        ("storage", 1, "mockgen-watch: a.json: no space left [ENOSPC]\n"),
        ("locked", 1, "mockgen-watch: another process holds the lock\n"),
        ("interrupt", 130, "mockgen-watch: interrupted\n"),
        ("findings", 1, "a:1:1 MG206 The pool\\x1b[2J is empty\nmockgen-watch: 1 error\n"),
    ],
)
def test_each_known_end_has_its_exit_code_and_a_message(
    end: str, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["greet", "--end", end], TABLE) == code
    assert capsys.readouterr().err == message


def test_an_unexpected_error_is_one_line_that_says_how_to_report_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["greet", "--end", "defect"], TABLE) == 3
    assert capsys.readouterr().err == (
        "mockgen-watch: unexpected ZeroDivisionError: oh\\nno; this is a bug in mockgen-watch;"
        " run again with -v and report the traceback with the command\n"
    )


@pytest.mark.parametrize(
    "words", [["-v", "greet", "--end", "defect"], ["greet", "--end", "defect", "-v"]]
)
def test_verbose_adds_the_traceback(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words, TABLE) == 3
    err = capsys.readouterr().err
    assert "\nTraceback (most recent call last):\n" in err
    assert "report it with the traceback above" in err


def test_a_command_that_cannot_be_loaded_is_unexpected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["absent"], TABLE) == 3
    assert "ModuleNotFoundError" in capsys.readouterr().err


def test_every_command_of_the_table_has_its_two_functions_and_examples() -> None:
    for entry in COMMANDS.values():
        add_arguments, examples, run = load_command(entry)
        assert callable(add_arguments)
        assert callable(run)
        assert examples.startswith("examples:\n")
