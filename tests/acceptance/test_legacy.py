"""``generate --legacy``: the oldest format, read as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.cli.main import main
from tests import oldest_engine

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "tests" / "data" / "legacy"
SAMPLES = ("edit_x", "edit_flat", "edit_quirks")


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[str, str]]:
    def run_words(*words: str | Path, code: int = 0) -> tuple[str, str]:
        done = main([*map(str, words)])
        out, err = (text.decode() for text in capfdbinary.readouterr())
        assert done == code, err
        return out, err

    return run_words


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_makes_just_the_records_of_the_old_engine(
    sample: str, run: Callable[..., tuple[str, str]]
) -> None:
    path = LEGACY / f"{sample}.json"
    out, _ = run(
        "generate", "--legacy", "--config", path, "--stdout", "--count", "600", "--format", "ndjson"
    )
    made = {oldest_engine.as_record(record) for record in lines(out)}
    sections = oldest_engine.sections(json.loads(path.read_text()))
    possible = {
        record for section in sections.values() for record in oldest_engine.records(section)
    }
    assert made == possible


def test_the_seed_decides(run: Callable[..., tuple[str, str]]) -> None:
    words = ("generate", "--legacy", "--config", LEGACY / "edit_x.json", "--stdout", "--count", "9")
    first, again, other = run(*words), run(*words), run(*words, "--seed", "7")
    assert first == again
    assert first[0] != other[0]


def test_a_record_does_not_change_with_the_count(run: Callable[..., tuple[str, str]]) -> None:
    words = ("generate", "--legacy", "--config", LEGACY / "edit_x.json", "--stdout")
    few = json.loads(run(*words, "--count", "3")[0])
    assert json.loads(run(*words, "--count", "30")[0])[:3] == few


def test_the_master_holds_the_record(run: Callable[..., tuple[str, str]]) -> None:
    out, _ = run(
        "generate", "--legacy", "--stdout", "--config", LEGACY / "edit_x.json",
        "--master", LEGACY / "model_x_master.json",
    )  # fmt: skip
    (record,) = json.loads(out)
    assert record["user_profile"]["first_name"] == "John"
    assert record["user_profile"]["city"] in {
        "Hyderabad",
        "Chennai",
        "Kovai",
        "Dindigul",
        "Madurai",
    }


def test_files_have_the_time_in_their_names_and_nothing_overwrites_them(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    words = ("-C", tmp_path, "generate", "--legacy", "--config", LEGACY / "edit_x.json")
    run(*words, "--out", tmp_path / "out")
    run(*words, "--out", tmp_path / "out")
    names = [path.name for path in (tmp_path / "out").rglob("*.json")]
    assert len(names) == 2
    assert all(name.startswith("Model_1_Mixed_2") for name in names)


def test_of_a_project_the_suites_in_the_oldest_format_are_taken(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    for suite, text in {
        "old": '{"Edit_1": {"a": "1,2"}, "Edit_2": {"a": "3"}}',
        "flat": '{"a": "1,2"}',
        "new": '{"Model_1": {"a": ["1", "2"]}}',
    }.items():
        (tmp_path / "specs" / suite).mkdir(parents=True)
        (tmp_path / "specs" / suite / "user_input.json").write_text(text)
    run("-C", tmp_path, "generate", "--legacy")
    made = sorted(path for path in (tmp_path / "mock_outputs").rglob("*.json"))
    assert [path.parent.name for path in made] == ["flat", "old"]


def test_one_section_can_be_asked_for(run: Callable[..., tuple[str, str]]) -> None:
    out, _ = run(
        "generate", "--legacy", "--config", LEGACY / "edit_x.json", "--stdout",
        "--scenario", "Edit_1", "--count", "50",
    )  # fmt: skip
    assert {record["name"] for record in json.loads(out)} == {"Asha", "Bala"}


def test_what_no_record_can_hold_is_told_with_its_line(
    run: Callable[..., tuple[str, str]],
) -> None:
    _, err = run("generate", "--legacy", "--config", LEGACY / "edit_quirks.json", "--stdout")
    assert 'edit_quirks.json:15:3 MG701 "notes" is passed over' in err
    assert '"notes": "not a section"' in err


REFUSED = {
    "a spec": ('{"Model_1": {"a": ["1"]}}', 2, "is not in the oldest format"),
    "no JSON": ("{", 2, "cannot be read"),
    "too many rows": (
        json.dumps({"a": ["x"] * 999 + ["y"], "b": ["x"] * 1009 + ["y"]}),
        1,
        "MG702",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_what_it_cannot_read_is_refused(
    text: str, code: int, told: str, run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / "old.json"
    path.write_text(text)
    _, err = run("generate", "--legacy", "--config", path, "--stdout", code=code)
    assert told in err


def test_options_without_sense_are_refused(run: Callable[..., tuple[str, str]]) -> None:
    words = ("generate", "--legacy", "--config", LEGACY / "edit_x.json")
    assert "--dry-run" in run(*words, "--dry-run", code=2)[1]
