"""``mockgen-watch generate`` and its neighbours, in real processes over real folders."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from mockgen_watch.digest import digest

ROOT = Path(__file__).parents[2]
LEGACY = ROOT / "tests" / "data" / "legacy"
PROGRAM = Path(sys.executable).with_name("mockgen-watch")
SAMPLES = {"claims": "claims", "model_x": "model_x"}

SPEC = """\
$seed: 42
Claim:
  ID: {$pattern: "[A-Z]{3}[0-9]{6}"}
  TYPE: [P, C, D, X]
  AMT: {$number: {min: 1, max: 900, decimals: 2}}
  DAY: {$date: {from: 2025-01-01, to: 2025-12-31}}
  LINES:
    $array: {min: 1, max: 3}
    $items: {CODE: [A, B, C], UNITS: {$integer: [1, 9]}}
  $scenarios: {positive: {$count: 400}}
"""


def run(folder: Path, *words: str | Path, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Run the program in ``folder``; return stdout."""
    done = subprocess.run(
        [PROGRAM, *words],
        cwd=folder,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def stamps(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in folder.rglob("*")}
    return {path: (at.st_mtime_ns, at.st_ctime_ns, at.st_ino) for path, at in found.items()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(tmp_path, {"specs/claims/user_input.yaml": SPEC})
    return tmp_path


def records(project: Path) -> list[dict[str, Any]]:
    text = (project / "mock_outputs/claims/Claim/positive.json").read_text(encoding="utf-8")
    loaded: list[dict[str, Any]] = json.loads(text)
    return loaded


def edit(project: Path, old: str, new: str) -> None:
    spec = project / "specs/claims/user_input.yaml"
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new, 1), encoding="utf-8")


def pool_of(shape: object) -> list[object]:
    return shape if isinstance(shape, list) else [shape]


def sample_record_holds(
    record: dict[str, Any], section: dict[str, Any], master: dict[str, Any]
) -> None:
    """Assert that every leaf is of its section's pool, or the master's where that is silent."""
    assert set(record) == {*section, *master}
    for key, value in record.items():
        shape = section.get(key, master.get(key))
        if isinstance(shape, list) and shape and isinstance(shape[0], dict):
            assert [set(item) for item in value] == [set(item) for item in shape]
            for item, pools in zip(value, shape, strict=True):
                assert all(item[name] in pool_of(pools[name]) for name in item)
        elif isinstance(shape, dict):
            assert value == shape
        else:
            assert value in pool_of(shape), key


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("way", ["suite", "config"])
def test_the_earlier_systems_samples_generate_as_they_stand(
    tmp_path: Path, sample: str, way: str
) -> None:
    config, master = LEGACY / f"{sample}_user_input.json", LEGACY / f"{sample}_master.json"
    if way == "suite":
        suite = tmp_path / "specs" / "s"
        suite.mkdir(parents=True)
        shutil.copy(config, suite / "user_input.json")
        shutil.copy(master, suite / "master.json")
        run(tmp_path, "generate", "--count", "25")
        folder = tmp_path / "mock_outputs/s/Model_1"
    else:
        run(tmp_path, "generate", "--config", config, "--master", master, "--count", "25",
            "--out", "out")  # fmt: skip
        (folder,) = (tmp_path / "out").glob("*/Model_1")
    spec = json.loads(config.read_text())
    ((slot, template),) = json.loads(master.read_text()).items()
    sections = {
        name.lower().removeprefix("model_1").lstrip("_"): body for name, body in spec.items()
    }
    for scenario in ("positive", "negative", "exclusion"):
        made = json.loads((folder / f"{scenario}.json").read_text(encoding="utf-8"))
        assert len(made) == 25
        for record in made:
            assert set(record) == {slot}
            sample_record_holds(record[slot], {**sections[""], **sections[scenario]}, template)


def test_a_second_run_writes_nothing(project: Path) -> None:
    run(project, "generate")
    before = stamps(project / "mock_outputs")
    assert run(project, "generate") == "1 output up to date\n"
    assert stamps(project / "mock_outputs") == before
    run(project, "check")


def test_another_profile_is_another_output(tmp_path: Path) -> None:
    profiles = "profiles: {many: {count: 5}, few: {count: 3}}\n"
    write(tmp_path, {"specs/mockgen.yaml": profiles, "specs/a/user_input.yaml": "M: {x: 1}\n"})
    made = tmp_path / "mock_outputs" / "a" / "M" / "base.json"
    counts = []
    for profile in ("many", "few", "", "few"):
        run(tmp_path, "generate", env={"MOCKGEN_PROFILE": profile})
        counts.append(len(json.loads(made.read_text())))
        run(tmp_path, *(["--profile", profile] if profile else []), "check")
    assert counts == [5, 3, 1, 3]
    run(tmp_path, "--profile", "many", "check", code=1, env={"MOCKGEN_PROFILE": "few"})


OWN_FOLDERS = """\
profiles:
  ci: {format: ndjson}
  load: {count: 30, output: csv, outputs: made_for_load}
"""


def test_profiles_remove_nothing_of_each_other(tmp_path: Path) -> None:
    spec = "M: {x: [1, 2, 3], y: {$sequence: 1}}\n"
    write(tmp_path, {"specs/mockgen.yaml": OWN_FOLDERS, "specs/a/user_input.yaml": spec})
    outputs = tmp_path / "mock_outputs"
    run(tmp_path, "generate")
    assert list(tree(outputs)) == ["a/M/base.json", "a/mockgen.lock"]
    base = tree(outputs)
    assert "2 outputs: 1 to create, 1 kept\n" in run(
        tmp_path, "--profile", "ci", "generate", "--dry-run"
    )
    run(tmp_path, "--profile", "ci", "generate")
    assert "1 output: 1 created\n" in run(tmp_path, "--profile", "load", "generate")
    assert list(tree(tmp_path / "made_for_load")) == ["a/M/base.csv", "a/mockgen.lock"]
    every = ["a/M/base.json", "a/M/base.ndjson", "a/mockgen.lock"]
    for profile in ("", "ci", "load", "ci", ""):
        words = ["--profile", profile] if profile else []
        run(tmp_path, *words, "generate")
        run(tmp_path, *words, "check")
        assert list(tree(outputs)) == every
        assert tree(outputs)[every[0]] == base[every[0]]
    # What neither makes any more goes, whoever runs.
    write(tmp_path, {"specs/a/user_input.yaml": spec.replace("M:", "N:")})
    run(tmp_path, "--profile", "ci", "generate")
    assert list(tree(outputs)) == ["a/N/base.ndjson", "a/mockgen.lock"]


def test_a_file_of_another_profile_stays_where_its_lockfile_is_lost(tmp_path: Path) -> None:
    spec = {"specs/mockgen.yaml": OWN_FOLDERS, "specs/a/user_input.yaml": "M: {x: [1, 2, 3]}\n"}
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(tmp_path, spec)
    run(tmp_path, "--profile", "ci", "generate")
    made = tree(tmp_path / "mock_outputs")
    (tmp_path / "mock_outputs/a/mockgen.lock").unlink()
    run(tmp_path, "generate")
    assert tree(tmp_path / "mock_outputs")["a/M/base.ndjson"] == made["a/M/base.ndjson"]


@pytest.mark.parametrize(
    ("spec", "profile", "stated"),
    [
        ("$seed: 1\nM: {x: [1, 2], $scenarios: {positive: {$count: 4}}}\n",
         "{seed: 9, count: 50}", "$seed and $count"),
        ("M: {x: [1, 2], $output: csv}\n", "{output: ndjson}", "$output"),
    ],
)  # fmt: skip
def test_a_profile_that_changes_no_output_is_told(
    tmp_path: Path, spec: str, profile: str, stated: str
) -> None:
    write(
        tmp_path,
        {
            "specs/mockgen.yaml": f"profiles:\n  load: {profile}\n",
            "specs/a/user_input.yaml": spec,
        },
    )
    run(tmp_path, "generate")
    for command in ("generate", "plan", "check"):
        done = subprocess.run(
            [PROGRAM, "--profile", "load", command],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert f'the profile "load" changes nothing: the specs state {stated} th' in (
            done.stdout + done.stderr
        )
    other = {"specs/a/user_input.yaml": "M: {x: [1, 2, 3]}\n"}
    write(tmp_path, other)
    done = subprocess.run(
        [PROGRAM, "--profile", "load", "generate"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "changes nothing" not in done.stderr


def test_deleted_outputs_come_back_byte_for_byte(project: Path) -> None:
    run(project, "generate")
    first = tree(project / "mock_outputs")
    assert "claims/mockgen.lock" in first
    shutil.rmtree(project / "mock_outputs")
    run(project, "generate")
    assert tree(project / "mock_outputs") == first


@pytest.mark.parametrize(
    "env",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kolkata"},
        {"TZ": "America/St_Johns", "LC_ALL": "C"},
        {"LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
    ],
    ids=str,
)
def test_the_environment_changes_no_byte(project: Path, env: dict[str, str]) -> None:
    run(project, "generate", "--out", "here")
    run(project, "generate", "--out", "there", env=env)
    assert tree(project / "here") == tree(project / "there")


OTHER_PYTHONS = ("3.12", "3.13")
# What generate imports for a small suite.
PACKAGES = ("blake3", "msgspec", "ruamel.yaml", "ruamel.yaml.clib")


def interpreter_of(minor: str) -> Path | None:
    """Return an interpreter of that version on this machine, the newest patch of it."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    inside = sorted(pyenv.glob(f"{minor}.*/bin/python{minor}"))
    on_path = shutil.which(f"python{minor}")
    if inside:
        return inside[-1]
    return Path(on_path) if on_path and "shims" not in on_path else None


def environment_of(interpreter: Path, cache: Path) -> Path:
    """Return the Python of a virtual environment with ``PACKAGES``; it is made once."""
    wanted = [f"{name}=={version(name)}" for name in PACKAGES]
    folder = cache / "-".join(wanted).replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        commands: list[list[str | Path]] = [
            [interpreter, "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "-q", *wanted],
        ]
        for words in commands:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"no environment of {interpreter}: {done.stderr.strip()[-300:]}")
        (folder / "complete").touch()
    return python


@pytest.mark.parametrize("minor", OTHER_PYTHONS)
def test_other_python_versions_change_no_byte(
    project: Path, minor: str, pytestconfig: pytest.Config
) -> None:
    interpreter = interpreter_of(minor)
    if interpreter is None:
        pytest.skip(f"there is no Python {minor}")
    python = environment_of(interpreter, pytestconfig.cache.mkdir(f"python{minor}"))
    run(project, "generate", "--out", "here")
    env = {name: value for name, value in os.environ.items() if "COV" not in name}
    subprocess.run(
        [python, "-m", "mockgen_watch", "generate", "--out", "there"],
        cwd=project,
        env=env | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    assert tree(project / "here") == tree(project / "there")


def test_adding_a_field_leaves_the_others_unchanged(project: Path) -> None:
    run(project, "generate")
    before = records(project)
    edit(project, "  AMT:", "  NEW: [1, 2, 3]\n  AMT:")
    run(project, "generate")
    after = records(project)
    assert {record.pop("NEW") for record in after} == {1, 2, 3}
    assert after == before


def test_a_value_more_in_a_pool_changes_a_fifth_each_to_the_new_value(project: Path) -> None:
    run(project, "generate")
    before = records(project)
    edit(project, "[P, C, D, X]", "[N, P, C, D, X]")
    run(project, "generate")
    after = records(project)
    moved = [new for old, new in zip(before, after, strict=True) if old != new]
    assert {record["TYPE"] for record in moved} == {"N"}
    # 400 draws at 0.2: three standard deviations are 24.
    assert 80 - 24 <= len(moved) <= 80 + 24
    for old, new in zip(before, after, strict=True):
        assert {**old, "TYPE": ""} == {**new, "TYPE": ""}


def test_reordering_a_pool_changes_no_output(project: Path) -> None:
    run(project, "generate")
    before = records(project)
    edit(project, "[P, C, D, X]", "[X, D, C, P]")
    assert "no changes" in run(project, "plan")
    run(project, "generate")
    assert records(project) == before


def test_raising_the_count_adds_records_at_the_end(project: Path) -> None:
    run(project, "generate")
    before = records(project)
    edit(project, "$count: 400", "$count: 450")
    run(project, "generate")
    assert records(project)[:400] == before


def test_a_hand_edit_is_kept_and_told(project: Path) -> None:
    run(project, "generate")
    output = project / "mock_outputs/claims/Claim/positive.json"
    output.write_text("[]\n")
    edit(project, "[P, C, D, X]", "[P]")
    run(project, "generate", code=1)
    assert output.read_text() == "[]\n"
    beside = output.with_name("positive.json.mockgen-new")
    assert {record["TYPE"] for record in json.loads(beside.read_text())} == {"P"}
    run(project, "generate", "--force")
    assert {record["TYPE"] for record in records(project)} == {"P"}
    assert not beside.exists()
    run(project, "check")


def test_an_output_that_is_wanted_no_longer_is_removed(project: Path) -> None:
    run(project, "generate")
    mine = project / "mock_outputs/claims/mine.txt"
    mine.write_text("mine")
    edit(project, "Claim:", "Bill:")
    run(project, "generate")
    assert sorted(tree(project / "mock_outputs")) == [
        "claims/Bill/positive.json", "claims/mine.txt", "claims/mockgen.lock",
    ]  # fmt: skip


def test_a_broken_spec_keeps_its_outputs_and_stops_no_other(project: Path) -> None:
    write(project, {"specs/other/user_input.yaml": "M:\n  A: [x]\n"})
    run(project, "generate")
    before = tree(project / "mock_outputs/claims")
    edit(project, "$pattern", "$patern")
    write(project, {"specs/other/user_input.yaml": "M:\n  A: [y]\n"})
    run(project, "generate", code=1)
    assert tree(project / "mock_outputs/claims") == before
    assert b"y" in tree(project / "mock_outputs/other")["M/base.json"]
    edit(project, "$patern", "$pattern")
    run(project, "generate")
    run(project, "check")


def test_check_finds_what_is_stale_missing_and_edited(project: Path) -> None:
    run(project, "generate")
    run(project, "check")
    output = project / "mock_outputs/claims/Claim/positive.json"
    good = output.read_bytes()
    output.unlink()
    assert "MG503" in run(project, "check", code=1)
    output.write_bytes(good.replace(b"{", b"{ ", 1))
    assert "MG501" in run(project, "check", code=1)
    output.write_bytes(good)
    edit(project, "$count: 400", "$count: 401")
    assert "MG502" in run(project, "check", code=1)
    assert output.read_bytes() == good


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_what_an_earlier_release_made_in_another_way_is_made_again(
    project: Path, options: tuple[str, ...]
) -> None:
    run(project, "generate")
    output = project / "mock_outputs/claims/Claim/positive.json"
    lockfile = project / "mock_outputs/claims/mockgen.lock"
    good, lock = output.read_bytes(), json.loads(lockfile.read_bytes())
    other = good.replace(b'"TYPE": "P"', b'"TYPE": "C"', 1)
    entry = lock["outputs"]["Claim/positive"]
    entry |= {"key": digest(b"earlier"), "files": {"Claim/positive.json": digest(other)}}
    output.write_bytes(other)
    lockfile.write_text(json.dumps(lock | {"methods": "0"}, indent=2) + "\n", encoding="utf-8")

    assert "MG502" in run(project, "check", code=1)
    run(project, "generate", *options)

    assert output.read_bytes() == good
    run(project, "check")


def test_plan_tells_exactly_the_cells_that_generate_changes(project: Path) -> None:
    run(project, "generate")
    before = records(project)
    edit(project, "[A, B, C]", "[A, B, C, E]")
    (planned,) = json.loads(run(project, "plan", "--json"))["files"]
    run(project, "generate")
    changed = {
        (index, f"/LINES/{place}/CODE")
        for index, (old, new) in enumerate(zip(before, records(project), strict=True))
        for place, (was, now) in enumerate(zip(old["LINES"], new["LINES"], strict=True))
        if was != now
    }
    assert {(cell["record"], cell["pointer"]) for cell in planned["cells"]} == changed
    (field,) = planned["fields"]
    assert field["field"] == "LINES[].CODE"
    assert field["location"].startswith("specs/claims/user_input.yaml:9:")


def test_record_prints_one_beyond_the_count_as_a_larger_output_holds_it(project: Path) -> None:
    # Transforms make a table of the texts of the records that there are.
    numbers = (
        "  NUMBER: {$sequence: {start: 5, step: 3, prefix: S, width: 4}, $transform: [lower]}\n"
    )
    edit(project, "  TYPE:", f"{numbers}  TYPE:")
    alone = json.loads(run(project, "record", "claims/Claim", "1332"))
    run(project, "generate", "--count", "1333")
    assert alone == records(project)[1332]


def test_record_prints_what_the_output_holds(project: Path) -> None:
    run(project, "generate")
    assert json.loads(run(project, "record", "claims/Claim", "7")) == records(project)[7]
    far = run(project, "record", "claims/Claim/positive", "99_999_999")
    assert set(json.loads(far)) == set(records(project)[0])


def test_why_names_the_line_and_the_odds(project: Path) -> None:
    run(project, "generate")
    told = json.loads(
        run(project, "why", "mock_outputs/claims/Claim/positive.json#/3/TYPE", "--json")
    )
    assert told["value"] == records(project)[3]["TYPE"]
    assert (told["origin"]["path"], told["origin"]["line"]) == ("specs/claims/user_input.yaml", 4)
    assert sorted(odds["share"] for odds in told["odds"]) == [0.25] * 4
    run(project, "why", "claims/Claim/positive.json#/3/NONE", code=2)


@pytest.mark.parametrize("layout", ["single", "multiple", "split"])
@pytest.mark.parametrize("form", ["json", "ndjson", "yaml", "csv"])
def test_every_format_and_layout_is_written(project: Path, form: str, layout: str) -> None:
    run(project, "generate", "--format", form, "--output-format", layout, "--count", "3",
        "--out", "out")  # fmt: skip
    files = [name for name in tree(project / "out") if not name.endswith(".lock")]
    stem = "claims/Claim/positive"
    expected = [f"{stem}.{form}"]
    if layout == "split":
        expected = [f"{stem}/{number:06d}.{form}" for number in (1, 2, 3)]
    assert files == expected


def test_large_jobs_give_the_bytes_of_small_ones(project: Path) -> None:
    small = run(project, "generate", "--count", "4000", "--format", "ndjson", "--stdout")
    large = run(project, "generate", "--count", "6000", "--format", "ndjson", "--stdout")
    assert large.splitlines()[:4000] == small.splitlines()


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["generate", "--enhanced"], 3),
        (["generate", "--enhanced", "--model", "Model_1", "--count", "4"], 3),
        (["generate", "--enhanced", "--models", "Model_1", "Model_1", "--split"], 3),
        (["generate", "--enhanced", "--output-format", "single"], 3),
        (["generate", "--enhanced", "--output-format", "split", "--count", "2"], 6),
        (["scenarios", "--all"], 3),
        (["scenarios", "--positive", "--negative"], 2),
        (["scenarios", "--exclusion", "--model", "Model_1", "--count", "3", "--split"], 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_earlier_systems_commands_never_overwrite(
    tmp_path: Path, words: list[str], files: int
) -> None:
    suite = tmp_path / "specs" / "s"
    suite.mkdir(parents=True)
    shutil.copy(LEGACY / "claims_user_input.json", suite / "user_input.json")
    shutil.copy(LEGACY / "claims_master.json", suite / "master.json")
    run(tmp_path, *words)
    first = tree(tmp_path / "mock_outputs")
    assert len(first) == files
    assert all("Model_1_" in name for name in first)
    run(tmp_path, *words)
    assert len(tree(tmp_path / "mock_outputs")) == 2 * files
    assert first.items() <= tree(tmp_path / "mock_outputs").items()


def test_scenarios_of_a_config_go_to_the_folder_that_is_named(tmp_path: Path) -> None:
    config, master = LEGACY / "model_x_user_input.json", LEGACY / "model_x_master.json"
    run(tmp_path, "scenarios", "--negative", "--config", config, "--master", master,
        "--output-dir", "out", "--count", "2")  # fmt: skip
    (name,) = tree(tmp_path / "out")
    assert "Model_1_Negative_" in name
    listed = run(tmp_path, "scenarios", "--list", "--config", config)
    assert [line.split()[2] for line in listed.splitlines()[1:]] == [
        "positive", "negative", "exclusion",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["generate", "nosuch"], "no suite"),
        (["generate", "--model", "Clam"], 'did you mean "Claim"'),
        (["generate", "--scenario", "positve"], 'did you mean "positive"'),
        (["generate", "--split", "--output-format", "single"], "contradict"),
        (["generate", "--master", "m.json"], "--config"),
        (["record", "claims/Clam", "0"], 'did you mean "claims/Claim"'),
        (["scenarios"], "--all"),
        (["generate", "--config", "nothing.json"], "no such file: nothing.json"),
        (["--profile", "x", "generate"], "no profile"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_says_what_is_meant(
    project: Path, words: list[str], says: str
) -> None:
    done = subprocess.run(
        [PROGRAM, *words], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr


def test_a_pool_in_a_text_file_is_found(project: Path) -> None:
    write(project, {"specs/_vocab/ward.txt": "north\nsouth\n\n east \n"})
    edit(project, "  AMT:", "  WARD: {$vocab: ward}\n  AMT:")
    run(project, "generate")
    assert {record["WARD"] for record in records(project)} == {"north", "south", "east"}


def test_check_counts_the_suites_that_it_checked(project: Path) -> None:
    write(project, {"specs/other/user_input.yaml": "M:\n  A: [x]\n"})
    run(project, "generate")
    assert run(project, "check") == "2 suites checked: no problems\n"
    assert run(project, "check", "other") == "1 suite checked: no problems\n"


def test_a_large_run_that_is_killed_goes_on_where_it_came_to(project: Path) -> None:
    edit(project, "  TYPE:", f'  FILL: "{"x" * 1000}"\n  TYPE:')
    words = ["generate", "--count", "100_000", "--format", "ndjson"]
    mark = project / ".git/mockgen/partial/mark.json"
    stopped = subprocess.Popen([PROGRAM, *words], cwd=project, stdout=subprocess.DEVNULL)
    while not mark.exists() and stopped.poll() is None:
        time.sleep(0.005)
    stopped.kill()
    assert stopped.wait() == -signal.SIGKILL
    assert json.loads(mark.read_text())["records"] > 50_000
    assert not (project / "mock_outputs").exists() or not [
        path for path in (project / "mock_outputs").rglob("*") if path.is_file()
    ]
    assert "of them made before)" in run(project, *words)
    made = tree(project / "mock_outputs")
    assert list(made) == ["claims/Claim/positive.ndjson", "claims/mockgen.lock"]
    assert not mark.parent.exists()
    whole = run(project, *words, "--stdout").encode()
    assert made["claims/Claim/positive.ndjson"] == whole


def test_the_debug_log_tells_which_field_is_slow(project: Path) -> None:
    edit(project, "  TYPE:", '  NOTE: {$template: "{ID}-{AMT}", $transform: slug}\n  TYPE:')
    words = ["-v", "--log-format", "json", "generate", "--count", "3"]
    done = subprocess.run(
        [PROGRAM, *words], cwd=project, capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (slow,) = [line for line in lines if line["event"] == "output.slow"]
    assert (slow["output"], slow["field"]) == ("claims/Claim/positive", "NOTE")
    assert slow["reason"]


@pytest.mark.parametrize(
    "words",
    [
        ("generate", "--format", "xml"),
        ("generate", "--format", "jsn", "--stdout"),
        ("generate", "--dry-run", "--format", "xml"),
        ("scenarios", "--all", "--format", "xml"),
        ("snapshot", "--format", "xml"),
        ("generate", "--config", "specs/claims/user_input.yaml", "--format", "xml"),
    ],
)
def test_an_unknown_format_is_a_usage_error(words: tuple[str, ...], project: Path) -> None:
    done = subprocess.run(
        [PROGRAM, *words], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f'unknown format "{words[words.index("--format") + 1]}" (' in done.stderr
