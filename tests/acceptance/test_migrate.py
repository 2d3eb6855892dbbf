"""``mockgen-watch migrate`` over real folders."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[str, str]]

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "tests" / "data" / "legacy"
REPORTS = ROOT / "tests" / "data" / "legacy_reports"
SAMPLES = sorted(path.stem for path in LEGACY.glob("*.json"))
OLD = '{"Edit_1": {"a": "1,2", "b": "x,y"}, "Edit_2": {"a": "3"}}\n'
NEW = '{"$schema": "x", "Model_1": {"a":   ["1"]}}\n'


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    def run_words(*words: str | Path, code: int = 0) -> tuple[str, str]:
        done = main([*map(str, words)])
        out, err = (text.decode() for text in capfdbinary.readouterr())
        assert done == code, out + err
        return out, err

    return run_words


def project(path: Path, **suites: str) -> Path:
    for name, text in suites.items():
        (path / "specs" / name).mkdir(parents=True)
        (path / "specs" / name / "user_input.json").write_text(text)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_report_of_each_sample_is_known(sample: str, run: Run, tmp_path: Path) -> None:
    """Golden files: ``migrate SAMPLE.json --diff --report markdown`` beside all samples."""
    shutil.copytree(LEGACY, tmp_path / "old")
    words = ("-C", tmp_path / "old", "migrate", f"{sample}.json", "--diff", "--report", "markdown")
    more = ["--keep-empty"] * (sample == "edit_quirks")
    out, _ = run(*words, *more)
    assert out == (REPORTS / f"{sample}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["json", "yaml"])
def test_every_sample_is_migrated_and_generated(language: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    files = sorted(LEGACY.glob("*.json"))
    wishes = ("--out", "specs", "--to", language, "--count", "3", "--keep-empty")
    run("-C", tmp_path, "migrate", *files, *wishes)
    suites = ["claims", "edit_flat", "edit_quirks", "edit_x", "model_x"]
    assert sorted(path.name for path in (tmp_path / "specs").iterdir()) == suites
    assert (tmp_path / "specs" / "claims" / f"master.{language}").is_file()
    run("-C", tmp_path, "generate")
    run("-C", tmp_path, "check", "-q")
    made = json.loads((tmp_path / "mock_outputs" / "edit_x" / "Model_1" / "mixed.json").read_text())
    assert len(made) == 3


def test_suffix_files_give_the_same_bytes_after_migration(run: Run, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    run("-C", tmp_path, "generate")
    before = {k: v for k, v in tree(tmp_path / "mock_outputs").items() if "lock" not in k}
    out, _ = run("-C", tmp_path, "migrate", "--suffixes")
    assert "migrated  specs/members_legacy/user_input.json" in out
    run("-C", tmp_path, "generate")
    after = {k: v for k, v in tree(tmp_path / "mock_outputs").items() if "lock" not in k}
    assert after == before


def test_a_second_run_changes_nothing(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD, new=NEW)
    run("-C", tmp_path, "migrate")
    before = tree(tmp_path / "specs")
    assert before["new/user_input.json"] == NEW.encode()
    out, err = run("-C", tmp_path, "migrate")
    assert (tree(tmp_path / "specs"), err) == (before, "")
    assert out.endswith("2 files: 0 migrated, 2 unchanged, 0 failed\n")


def test_diff_and_check_write_nothing(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    before = tree(tmp_path)
    out, _ = run("-C", tmp_path, "migrate", "--diff")
    assert '-{"Edit_1"' in out
    assert '+  "Model_1": {' in out
    _, err = run("-C", tmp_path, "migrate", "--check", "-q", code=1)
    assert "specs/old/user_input.json:1:1 MG703 the file is in an older format" in err
    assert tree(tmp_path) == before
    run("-C", tmp_path, "migrate")
    run("-C", tmp_path, "migrate", "--check")


def test_one_file_that_cannot_be_migrated_keeps_all_as_they_are(run: Run, tmp_path: Path) -> None:
    project(tmp_path, a=OLD, b='{"Edit_1": {"a": "x", "b": ""}}')
    before = tree(tmp_path / "specs")
    out, err = run("-C", tmp_path, "migrate", code=1)
    assert tree(tmp_path / "specs") == before
    assert 'specs/b/user_input.json:1:23 MG704 "b" has no value' in err
    assert "nothing was written" in err
    assert "1 failed" in out


def test_the_originals_are_backups_that_come_back(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    _, err = run("-C", tmp_path, "migrate")
    assert "saved the previous specs/old/user_input.json as backup 000001" in err
    run("-C", tmp_path, "restore", "000001")
    assert (tmp_path / "specs" / "old" / "user_input.json").read_text() == OLD


def test_another_language_takes_the_place_of_the_file(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    run("-C", tmp_path, "migrate", "--to", "yaml")
    assert list(tree(tmp_path / "specs")) == ["old/user_input.yaml"]


def test_the_report_is_data(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    out, _ = run("-C", tmp_path, "migrate", "--json")
    data = json.loads(out)
    (file,) = data["files"]
    assert data["written"]
    assert [section["scenario"] for section in file["sections"]] == [
        "Model_1/Edit_1",
        "Model_1/Edit_2",
    ]
    assert all(section["proved"] for section in file["sections"])
    assert file["sections"][0]["fields"][0] == {"name": "a", "values": 2, "together": []}
    out, _ = run("-C", tmp_path, "restore", "000001")
    out, _ = run("-C", tmp_path, "migrate", "--json", "--pairs")
    (file,) = json.loads(out)["files"]
    assert file["sections"][0]["fields"][0] == {"name": "a", "values": 2, "together": ["b"]}


def test_the_schema_line_leads_to_the_project_s_schemas(run: Run, tmp_path: Path) -> None:
    project(tmp_path, **{"deep/er": OLD})
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "user_input.schema.json").write_text("{}")
    run("-C", tmp_path, "migrate")
    data = json.loads((tmp_path / "specs" / "deep" / "er" / "user_input.json").read_text())
    assert data["$schema"] == "../../../schemas/user_input.schema.json"


def test_there_is_no_schema_line_without_schemas(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    (tmp_path / "specs" / "old" / "master.json").write_text('{"p": {"a": "1"}}')
    run("-C", tmp_path, "migrate", "--suffixes")
    assert all(b"$schema" not in data for data in tree(tmp_path / "specs").values())
    assert "unchanged" in run("-C", tmp_path, "migrate", "--suffixes", "--check")[0]


def test_the_master_beside_a_file_goes_with_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "user_input.json").write_text('{"Model_1_Positive": {"a": ["1"]}}')
    (tmp_path / "edit.json").write_text(OLD)
    (tmp_path / "master.json").write_text('{"p": {"a": "0", "k": true}}')
    run("-C", tmp_path, "migrate", "user_input.json", "--out", "specs", "--suite", "old")
    run("-C", tmp_path, "migrate", "edit.json", "--out", "specs", "--to", "yaml")
    assert sorted(tree(tmp_path / "specs")) == [
        "edit/master.yaml",
        "edit/user_input.yaml",
        "old/master.json",
        "old/user_input.json",
    ]
    run("-C", tmp_path, "generate")
    made = json.loads((tmp_path / "mock_outputs/old/Model_1/positive.json").read_text())
    assert made == [{"p": {"a": "1", "k": True}}]


def test_a_master_that_is_named_goes_with_the_files_beside_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    for name, text in {"a.json": OLD, "b.json": OLD, "master.json": "{}"}.items():
        (tmp_path / "old" / name).write_text(text)
    names = ("old/a.json", "old/master.json", "old/b.json")
    run("-C", tmp_path, "migrate", *names, "--out", "specs")
    assert sorted(tree(tmp_path / "specs")) == [
        "a/master.json",
        "a/user_input.json",
        "b/master.json",
        "b/user_input.json",
    ]


def test_the_master_that_is_named_is_the_one(run: Run, tmp_path: Path) -> None:
    for name, text in {"user_input.json": OLD, "master.json": "{}", "master.yaml": "p: {}"}.items():
        (tmp_path / name).write_text(text)
    words = ("user_input.json", "master.json", "--out", "specs", "--suite", "old")
    run("-C", tmp_path, "migrate", *words)
    assert sorted(tree(tmp_path / "specs")) == ["old/master.json", "old/user_input.json"]


@pytest.mark.parametrize("words", [(), ("--out", "specs", "--suite", "new")])
def test_an_empty_master_is_ignored_with_a_warning(
    words: tuple[str, ...], run: Run, tmp_path: Path
) -> None:
    project(tmp_path, old=OLD)
    (tmp_path / "specs" / "old" / "master.json").write_bytes(b"")
    files = ("specs/old/user_input.json",) * bool(words)
    _, err = run("-C", tmp_path, "migrate", *files, *words)
    assert "specs/old/master.json:1:1 MG112 the master is empty, and is ignored [warning]" in err
    assert not (tmp_path / "specs" / "new" / "master.json").exists()
    run("-C", tmp_path, "generate")


def test_suggestions_are_shown_when_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    same = '{"Edit_1": {"n": "a,b,c"}, "Edit_2": {"n": "c,b,a"}}'
    project(tmp_path, old=same)
    out, _ = run("-C", tmp_path, "migrate", "--check", code=1)
    assert "1 suggestion; --suggestions shows them\n" in out
    out, _ = run("-C", tmp_path, "migrate", "--check", "--suggestions", code=1)
    assert "suggestion  Edit_1, Edit_2 say the same; one of them is enough" in out


def test_no_vocabulary_is_suggested_with_two_contents(run: Run, tmp_path: Path) -> None:
    pools = {"Positive": ["A", "B", "C"], "Negative": ["1", "2", "3"]}
    models = json.dumps({f"Model_1_{name}": {"n": values} for name, values in pools.items()})
    project(tmp_path, a=models, b=models)
    (tmp_path / "specs" / "_vocab").mkdir()
    (tmp_path / "specs" / "_vocab" / "n.txt").write_text("x\n")
    out, _ = run("-C", tmp_path, "migrate", "--suffixes", "--check", "--json", code=1)
    lines = [item["lines"] for item in json.loads(out)["suggestions"]]
    assert [item[0] for item in lines] == ["# specs/_vocab/n_2.yaml", "# specs/_vocab/n_3.yaml"]
    assert [item[-1] for item in lines] == ['"n": {$vocab: n_2}', '"n": {$vocab: n_3}']


REFUSED = {
    "a model that is a section": (("migrate", "--model", "Edit_7"), "--model"),
    "a file that is not there": (("migrate", "nowhere.json"), "no such file: nowhere.json"),
    "a suite without a folder": (("migrate", "--suite", "x"), "--out"),
    "a model that is no name": (("migrate", "--model", "a/b"), "--model"),
    "no records": (("migrate", "--count", "0"), "--count"),
}


@pytest.mark.parametrize(("words", "told"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...], told: str, run: Run, tmp_path: Path
) -> None:
    project(tmp_path, old=OLD)
    assert told in run("-C", tmp_path, *words, code=2)[1]


def test_out_never_replaces_a_file(run: Run, tmp_path: Path) -> None:
    project(tmp_path, old=OLD)
    (tmp_path / "out" / "old").mkdir(parents=True)
    (tmp_path / "out" / "old" / "user_input.json").write_text("{}")
    _, err = run("-C", tmp_path, "migrate", "--out", "out", code=2)
    assert "is there already" in err
    assert (tmp_path / "out" / "old" / "user_input.json").read_text() == "{}"


def test_pools_that_files_share_are_told_once(run: Run, tmp_path: Path) -> None:
    cities = '{"Edit_1": {"city": "A,B,C", "n": "1"}}'
    towns = '{"Model_1": {"town": ["C", "B", "A"]}, "Model_1_negative": {"town": [""]}, "x": 1}'
    project(tmp_path, a=cities, b=towns)
    out, _ = run("-C", tmp_path, "migrate", "--check", "--suggestions", code=1)
    models = "specs/a/user_input.json Model_1, specs/b/user_input.json Model_1"
    told = f"suggestion  {models} share a pool"
    assert out.count("share a pool") == out.count(told) == 1
    out, _ = run("-C", tmp_path, "migrate", "--check", "--report", "markdown", code=1)
    assert "## All files" in out
    data = json.loads(run("-C", tmp_path, "migrate", "--check", "--json", code=1)[0])
    assert [item["kind"] for item in data["suggestions"]] == ["vocab"]


def test_more_records_than_anyone_counts_are_told_in_short(run: Run, tmp_path: Path) -> None:
    many = {f"f{n}": ["a", "b", "c"] for n in range(60)}
    project(tmp_path, old=json.dumps({"Model_1": many, "Model_1_positive": {}, "x": 1}))
    out, _ = run("-C", tmp_path, "migrate", "--check", code=1)
    assert "60 pools with equal weights, over 10^28 possible records before and after" in out
    data = json.loads(run("-C", tmp_path, "migrate", "--check", "--json", code=1)[0])
    assert data["files"][0]["sections"][0]["records"] is None
