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
LIMITS = ("--stdout", "--count", "600", "--format", "ndjson")


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
    keep_empty = sample == "edit_quirks"
    more = ["--keep-empty"] * keep_empty
    out, _ = run("generate", "--legacy", "--config", path, *LIMITS, *more)
    made = {oldest_engine.as_record(record) for record in lines(out)}
    assert made == oldest_engine.possible(json.loads(path.read_text()), keep_empty=keep_empty)


def test_a_field_left_empty_is_an_error_at_its_place(run: Callable[..., tuple[str, str]]) -> None:
    words = ("generate", "--legacy", "--config", LEGACY / "edit_quirks.json", "--stdout")
    _, err = run(*words, code=1)
    assert 'edit_quirks.json:10:5 MG704 "mail_id" has no value' in err
    assert "missing required non-empty fields" in err


@pytest.mark.parametrize("option", ["--model", "--scenario"])
@pytest.mark.parametrize("is_asked", [True, False])
def test_a_section_by_name_lists_the_nth_values_once(
    option: str, *, is_asked: bool, run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    data = {"Edit_1": {"a": "1,2,3,", "b": "x,y", "c": "z"}, "Edit_2": {"a": "9"}}
    path = tmp_path / "edit.json"
    path.write_text(json.dumps(data))
    (tmp_path / "master.json").write_text('{"slot": {"a": "5", "k": true}, "other": 1}')
    asked = ["--legacy"] * is_asked
    words = ("generate", *asked, "--config", path, option, "edit_1", "--stdout")
    out, _ = run(*words, "--format", "ndjson")
    wanted = [{**record, "k": True} for record in oldest_engine.listed(data["Edit_1"])]  # type: ignore[arg-type, dict-item]
    assert lines(out) == [{"slot": record, "other": 1} for record in wanted]
    assert [record["slot"]["a"] for record in lines(out)] == ["1", "2", "3"]
    (tmp_path / "master.json").write_text('{"slot": {"a": 5, "b": "q"}}')
    out, _ = run(*words, "--format", "ndjson")
    assert [record["slot"] for record in lines(out)] == [
        {"a": 1, "b": "x", "c": "z"},
        {"a": 2, "b": "y", "c": "z"},
        {"a": 3, "b": "x", "c": "z"},
    ]
    (tmp_path / "master.json").write_text('{"slot": {"a": "5"}}')
    for count in (1, 7):
        out, _ = run(*words, "--format", "ndjson", "--count", str(count))
        assert [record["slot"]["a"] for record in lines(out)] == [*"1231231"][:count]


def test_sections_are_recognised_by_themselves(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "edit.json").write_text('{"Edit_1": {"name": "Vishnu,Priyan", "city": "Pune, "}}')
    words = ("-C", tmp_path, "generate", "--config", "edit.json", *LIMITS)
    out, err = run(*words)
    assert {record["name"] for record in lines(out)} == {"Vishnu", "Priyan"}
    assert {record["city"] for record in lines(out)} == {"Pune"}
    assert "edit.json:1:2 MG703 Edit_1: read as the earlier system did" in err
    assert "mockgen-watch migrate edit.json --out specs" in err
    assert run(*words, "--legacy") == (out, "")


def test_a_suite_of_sections_makes_what_its_migration_makes(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "specs" / "old").mkdir(parents=True)
    spec = tmp_path / "specs" / "old" / "user_input.json"
    spec.write_text('{"Edit_1": {"a": "1,2,,", "b": "x,y"}, "Edit_2": {"a": "3"}}')
    out, err = run("-C", tmp_path, "generate")
    assert "specs/old/user_input.json:1:2 MG703 Edit_1, Edit_2: read as" in err
    assert "mockgen-watch migrate specs/old/user_input.json" in err
    out, _ = run("-C", tmp_path, "check")
    assert "MG703" in out
    out, _ = run("-C", tmp_path, "why", "mock_outputs/old/Model_1/Edit_1.json#/0/a")
    assert "specs/old/user_input.json:1:18" in out
    made = tmp_path / "mock_outputs" / "old" / "Model_1" / "Edit_2.json"
    text = made.read_text()
    made.write_text(text.replace("3", "4"))
    _, err = run("-C", tmp_path, "adopt", "mock_outputs/old/Model_1/Edit_2.json", code=1)
    assert "run mockgen-watch migrate specs/old/user_input.json first" in err
    made.write_text(text)
    run("-C", tmp_path, "migrate")
    out, err = run("-C", tmp_path, "generate")
    assert (out, err) == ("3 outputs up to date\n", "")


def test_models_beside_sections_make_their_scenarios(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    data = {
        "Edit_1": {"a": "1,2"},
        "Model_1": {"n": ["p"]},
        "Model_1_Negative": {"n": ["q"]},
        "Edit_2": {"a": "3"},
        "Model_7": {"n": ["r"]},
    }
    (tmp_path / "mix.json").write_text(json.dumps(data))
    run("-C", tmp_path, "generate", "--config", "mix.json", "--out", tmp_path / "out")
    made = {path.relative_to(tmp_path / "out" / "mix") for path in tmp_path.rglob("out/**/*.json")}
    assert sorted(map(Path.as_posix, made)) == [
        "Model_1/negative.json",
        "Model_1_2/mixed.json",
        "Model_7/base.json",
    ]


def test_a_spec_may_have_a_model_of_such_a_name(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "new.yaml").write_text("$version: 1\nEdit_1: {a: 'x, y'}\n")
    out, err = run("-C", tmp_path, "generate", "--config", "new.yaml", "--stdout")
    assert (json.loads(out), err) == ([{"a": "x, y"}], "")


def test_text_with_commas_in_a_model_of_the_earlier_system_is_noted(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "specs" / "m").mkdir(parents=True)
    spec = tmp_path / "specs" / "m" / "user_input.json"
    spec.write_text('{"Model_1": {"a": "b, c,,", "d": ["x, y"]}, "Model_1_Negative": {"a": "1,2"}}')
    run("-C", tmp_path, "generate")
    out, _ = run("-C", tmp_path, "check")
    assert 'user_input.json:1:19 MG705 the text of "a" is one value, commas included' in out
    assert "(1 more field of this file)" in out
    spec.write_text('{"Model_1": {"a": ["b, c,,"]}}')
    run("-C", tmp_path, "generate")
    assert "MG705" not in run("-C", tmp_path, "check")[0]


def test_an_empty_master_is_ignored_with_a_warning(
    run: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "user_input.json").write_text('{"Model_1": {"a": "1"}}')
    (tmp_path / "master.json").write_bytes(b"")
    out, err = run("-C", tmp_path, "generate", "--config", "user_input.json", "--stdout")
    assert json.loads(out) == [{"a": "1"}]
    assert "master.json:1:1 MG112 the master is empty, and is ignored [warning]" in err


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


def test_what_no_record_can_hold_is_told_with_its_line(
    run: Callable[..., tuple[str, str]],
) -> None:
    words = ("generate", "--legacy", "--config", LEGACY / "edit_quirks.json", "--stdout")
    _, err = run(*words, "--keep-empty")
    assert 'edit_quirks.json:15:3 MG701 "notes" is left out' in err
    assert '"notes": "not a section"' in err


REFUSED = {
    "a spec": ('{"Model_1": {"a": ["1"]}}', 2, "is not in the oldest format"),
    "no JSON": ("{", 2, "cannot be read"),
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
