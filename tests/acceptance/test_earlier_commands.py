"""Command lines of the earlier system: each runs, and its files are read as its users read them.

What is expected is written out from the description of that system; the values are looked up in the
files that the command was given. Nothing of the package takes part in the judgement.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

LEGACY: Final = Path(__file__).parents[1] / "data" / "legacy"
TIME: Final = re.compile(r"_\d{8}T\d{6}\.\d{6}Z(?:_Record_\d+)?\.json$")

MODELS: Final[dict[str, Any]] = {
    "Model_1": {"name": ["Asha", "Bala"], "city": ["Pune", "Kovai"], "only": "own"},
    "Model_1_Positive": {"name": ["Asha"], "city": ["Pune"]},
    "Model_1_Negative": {"name": ["", "123"], "city": ["Atlantis"]},
    "Model_1_Exclusion": {"name": ["Chitra"]},
    "Model_2": {"name": ["Dev"], "items": [{"code": ["1", "2"]}]},
    "Model_2_Positive": {"name": ["Dev", "Esha"]},
    "Model_2_Negative": {"name": ["@@@"]},
}
MASTER: Final = {"user_profile": {"name": "nobody", "city": "nowhere", "country": "India"}}
EDITS: Final[dict[str, Any]] = {
    "Edit_1": {"name": "Asha, Bala,,", "city": "Pune,Kovai,Salem"},
    "Edit_2": {"name": "Chitra", "city": "Erode"},
}
WGS: Final[dict[str, Any]] = {
    "WGS_csbd_medicaid_positive": {"code": ["1", "2"], "kind": "P"},
    "WGS_csbd_medicaid_negative": {"code": ["", "zz"], "kind": "N"},
    "WGS_csbd_medicaid_exclusion": {"code": ["9"], "kind": "E"},
    "GBD_csbd_positive": {"code": ["7"], "kind": "G"},
}
FILES: Final[dict[str, tuple[dict[str, Any], dict[str, Any] | None]]] = {
    "models": (MODELS, MASTER),
    "edits": (EDITS, None),
    "wgs": (WGS, None),
}

P1, N1, E1 = "Model_1_Positive", "Model_1_Negative", "Model_1_Exclusion"
P2, N2 = "Model_2_Positive", "Model_2_Negative"
EACH: Final = (("Model_1", P1, N1, E1), ("Model_2", P2, N2))
EVERY: Final = (*EACH[0], *EACH[1])
ALL_1, ALL_2 = "Model_1_All_Probabilities", "Model_2_All_Probabilities"


def alone(*names: str, count: int = 1) -> list[tuple[str, dict[str, int]]]:
    """Return a file for each section: stem → section → number of its records."""
    return [(name, {name: count}) for name in names]


def split(*names: str, count: int = 1) -> list[tuple[str, dict[str, int]]]:
    return [
        (f"{name}_Record_{number:03d}", {name: 1})
        for name in names
        for number in range(1, count + 1)
    ]


def enhanced(*names: str, count: int = 1) -> list[tuple[str, dict[str, int]]]:
    return [("enhanced_output", dict.fromkeys(names, count))]


def everything(count: int = 1) -> list[tuple[str, dict[str, int]]]:
    one, two = ([name for name in names if "_" in name[6:]] for names in EACH)
    return [(ALL_1, dict.fromkeys(one, count)), (ALL_2, dict.fromkeys(two, count))]


def outputs(section: str, count: int, first: int = 1) -> dict[str, int]:
    return {f"{section}_output_{number}": 1 for number in range(first, first + count)}


ALL_OF_1: Final = [(ALL_1, {P1: 1, N1: 1, E1: 1})]
W: Final = "WGS_csbd_medicaid"
WP, WN, WE = f"{W}_positive", f"{W}_negative", f"{W}_exclusion"

Expected = list[tuple[str, dict[str, int]]]
ROWS: Final[list[tuple[str, str, Expected]]] = [
    ("models", "--enhanced", enhanced(*EVERY)),
    ("models", "--enhanced --count 3", enhanced(*EVERY, count=3)),
    ("models", "--enhanced --split", split(*EVERY)),
    ("models", "--enhanced --split --count 2", split(*EVERY, count=2)),
    ("models", "--enhanced --output-format single --count 3", enhanced(*EVERY)),
    ("models", "--enhanced --output-format multiple --count 2", enhanced(*EVERY, count=2)),
    ("models", "--enhanced --output-format split --count 2", split(*EVERY, count=2)),
    ("models", "--enhanced --model Model_1", enhanced("Model_1")),
    ("models", "--enhanced --models Model_1_Positive Model_2_Positive", enhanced(P1, P2)),
    ("models", "--enhanced --models Model_1,Model_2", enhanced("Model_1", "Model_2")),
    ("models", "--enhanced --positive", enhanced(P1, P2)),
    ("models", "--all", everything()),
    ("models", "--all --count 2", everything(2)),
    ("models", "--all --split", split(P1, N1, E1, P2, N2)),
    ("models", "--all --split --count 2", split(P1, N1, E1, P2, N2, count=2)),
    ("models", "--all --model Model_1", ALL_OF_1),
    ("models", "--all --models Model_1 Model_2", everything()),
    ("models", "--all --models Model_1,Model_2 --count 2", everything(2)),
    ("models", "--all --output-format single --count 4", everything()),
    ("models", "--all --output-format split", split(P1, N1, E1, P2, N2)),
    ("models", "--positive", alone(P1, P2)),
    ("models", "--positive --model Model_1", alone(P1)),
    ("models", "--positive --model Model_1 --count 5", alone(P1, count=5)),
    ("models", "--positive --count 2 --split", split(P1, P2, count=2)),
    ("models", "--positive --output-format multiple --count 2", alone(P1, P2, count=2)),
    ("models", "--negative", alone(N1, N2)),
    ("models", "--negative --model Model_2", alone(N2)),
    ("models", "--negative --model Model_1 --split --count 3", split(N1, count=3)),
    ("models", "--negative --output-format single", alone(N1, N2)),
    ("models", "--exclusion", alone(E1)),
    ("models", "--exclusion --model Model_1 --count 2", alone(E1, count=2)),
    ("models", "--exclusion --split", split(E1)),
    ("models", "--positive --negative", alone(P1, N1, P2, N2)),
    ("models", "--positive --exclusion --count 2", alone(P1, E1, P2, count=2)),
    ("models", "--scenario positive", alone(P1, P2)),
    ("models", "--scenario positive,negative", alone(P1, N1, P2, N2)),
    ("models", "--scenario positive,negative --model Model_1", alone(P1, N1)),
    ("models", "--scenario positive --scenario exclusion", alone(P1, E1, P2)),
    ("models", "--model Model_1", alone("Model_1")),
    ("models", "--model model_1", alone("Model_1")),
    ("models", "--model Model_1 --count 2", alone("Model_1", count=2)),
    ("models", "--model Model_1_Negative", alone(N1)),
    ("models", "--model Model_1_negative --count 2", alone(N1, count=2)),
    ("models", "--model Model_1_Exclusion --split", split(E1)),
    ("models", "--models Model_1 Model_2", alone("Model_1", "Model_2")),
    ("models", "--models Model_1_Positive Model_2_Negative", alone(P1, N2)),
    ("models", "--models Model_1_Positive,Model_2_Negative --count 2", alone(P1, N2, count=2)),
    ("models", "--models Model_1 Model_2 --output-format single", alone("Model_1", "Model_2")),
    ("models", "--models Model_1,Model_2 --split --count 2", split("Model_1", "Model_2", count=2)),
    ("models", "--count 5", alone(*EVERY, count=5)),
    ("models", "--count 1", alone(*EVERY)),
    ("models", "--split", split(*EVERY)),
    ("models", "--split --count 2", split(*EVERY, count=2)),
    ("models", "--output-format single", alone(*EVERY)),
    ("models", "--output-format multiple", alone(*EVERY)),
    ("models", "--output-format split", split(*EVERY)),
    ("models", "--probability --positive --model Model_1", alone(P1)),
    ("models", "--probability --all --count 2", everything(2)),
    ("edits", "--legacy", [(name, outputs(name, 1)) for name in EDITS]),
    ("edits", "--legacy --count 3", [(name, outputs(name, 3)) for name in EDITS]),
    ("edits", "--legacy --model Edit_1", [("Edit_1", outputs("Edit_1", 3))]),
    ("edits", "--legacy --model Edit_1 --count 2", [("Edit_1", outputs("Edit_1", 2))]),
    ("edits", "--model Edit_2", [("Edit_2", outputs("Edit_2", 1))]),
    (
        "edits",
        "--legacy --models Edit_1 Edit_2",
        [("Edit_1", outputs("Edit_1", 3)), ("Edit_2", outputs("Edit_2", 1))],
    ),
    (
        "edits",
        "--legacy --model Edit_1 --split",
        [
            (f"Edit_1_Record_{number:03d}", outputs("Edit_1", 1, first=number))
            for number in (1, 2, 3)
        ],
    ),
    ("edits", "--legacy --output-format single", [(name, outputs(name, 1)) for name in EDITS]),
    (
        "edits",
        "--enhanced --count 2",
        [("enhanced_output", outputs("Edit_1", 2) | outputs("Edit_2", 2))],
    ),
    ("edits", "--count 2", [(name, outputs(name, 2)) for name in EDITS]),
    ("wgs", f"--probability --positive --model {W} --wgs", alone(WP)),
    ("wgs", f"--probability --negative --model {W} --wgs", alone(WN)),
    ("wgs", f"--probability --exclusion --model {W} --wgs", alone(WE)),
    (
        "wgs",
        f"--probability --all --model {W} --wgs",
        [(f"{W}_All_Probabilities", {WP: 1, WN: 1, WE: 1})],
    ),
    ("wgs", "--probability --positive --model csbd_medicaid --wgs", alone(WP)),
    ("wgs", f"--probability --positive --model {W} --wgs --count 3", alone(WP, count=3)),
    ("wgs", f"--probability --negative --model {W} --wgs --split", split(WN)),
    ("wgs", "--probability --positive --wgs", alone(WP)),
    ("wgs", "--probability --all --wgs --output-format single --count 2", [
        (f"{W}_All_Probabilities", {WP: 1, WN: 1, WE: 1})
    ]),
]  # fmt: skip
SHORT: Final = {
    "--all": "-a",
    "--positive": "-p",
    "--negative": "-n",
    "--exclusion": "-e",
    "--model": "-m",
    "--count": "-c",
    "--output-dir": "-o",
}


def cases() -> Iterator[tuple[str, list[str], Expected, str]]:
    """Yield the file, the words, what is expected, and the folder: each row in several ways."""
    for kind, line, expected in ROWS:
        words = line.split()
        yield kind, words, expected, "mock_outputs"
        named = ["--config", "old/user_input.json"]
        if kind == "models":
            named += ["--master", "old/master.json"]
        yield kind, [*words, *named], expected, "mock_outputs"
        if SHORT.keys() & set(words):
            short = [SHORT.get(word, word) for word in words]
            yield kind, [*short, "-o", "results"], expected, "results"
    for words in (
        ["--config", "old/user_input.json"],
        ["-c", "old/user_input.json"],
        ["--master", "master.json"],
        ["--config", "user_input.json", "--master", "old/master.json"],
        ["--as-before"],
    ):
        yield "models", words, alone(*EVERY), "mock_outputs"
    yield "models", ["--output-dir", "x/y"], alone(*EVERY), "x/y"
    yield "models", ["--enhanced", "--master", "old/master.json"], enhanced(*EVERY), "mock_outputs"


CASES: Final = list(cases())


def folder_of(kind: str, place: Path) -> Path:
    """Make a folder of the earlier system: the files in it, and once more in ``old/``."""
    data, master = FILES[kind]
    for folder in (place, place / "old"):
        folder.mkdir(exist_ok=True)
        (folder / "user_input.json").write_text(json.dumps(data, indent=2))
        if master is not None:
            (folder / "master.json").write_text(json.dumps(master))
    return place


def files_below(place: Path) -> dict[str, bytes]:
    return {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file()
    }


def allowed(kind: str, section: str) -> dict[str, Any]:
    """Return what each field of a section can be: its lists over those of its model."""
    data, _ = FILES[kind]
    model = re.sub(r"(?i)_(positive|negative|exclusion)$", "", section)
    own = data.get(model, {}) | data[section]
    return {
        name: [part.strip() for part in value.split(",") if part.strip()]
        if kind == "edits"
        else value
        for name, value in own.items()
    }


def judge(kind: str, section: str, record: dict[str, Any]) -> None:
    """Fail unless each value of a record is one that its section lists, or the master's."""
    _, master = FILES[kind]
    rest: dict[str, Any] = {}
    if master is not None:
        assert list(record) == ["user_profile"]
        record, rest = record["user_profile"], master["user_profile"]
    fields = allowed(kind, section)
    assert set(record) == set(fields) | set(rest)
    for name, value in record.items():
        listed = fields.get(name, rest.get(name))
        if kind == "wgs":
            assert isinstance(value, list)
            assert len(value) == 1
            value = value[0]  # noqa: PLW2901 - the value in its list
        if isinstance(listed, list) and isinstance(listed[0], dict):
            assert len(value) == len(listed)
            assert value[0]["code"] in listed[0]["code"]
        else:
            assert value in (listed if isinstance(listed, list) else [listed])


def test_the_table_has_as_many_command_lines_as_the_documents_of_the_earlier_system() -> None:
    lines = {" ".join((kind, *words)) for kind, words, _, _ in CASES}
    assert len(lines) == len(CASES)
    assert len(lines) >= 143


@pytest.mark.parametrize(
    ("kind", "words", "expected", "folder"),
    CASES,
    ids=[f"{kind}: {' '.join(words)}" for kind, words, _, _ in CASES],
)
def test_a_command_line_of_the_earlier_system_means_what_it_meant(
    kind: str,
    words: list[str],
    expected: Expected,
    folder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder_of(kind, tmp_path))
    before = files_below(tmp_path)
    made: dict[str, bytes] = {}
    for _ in range(2):  # a second run writes further files, and touches none
        assert main(words) == 0, capfd.readouterr().err
        made = {path: data for path, data in files_below(tmp_path).items() if path not in before}
        assert files_below(tmp_path) == before | made
        before |= made
        assert all(path.rpartition("/")[0] == folder for path in made)
        stems = Counter(TIME.sub("", path.rpartition("/")[2]) for path in made)
        assert stems == Counter(stem for stem, _ in expected)
        contents = {TIME.sub("", path.rpartition("/")[2]): data for path, data in made.items()}
        for stem, sections in expected:
            document = json.loads(contents[stem])
            assert list(document) == list(sections)
            for key, count in sections.items():
                records = document[key]
                assert isinstance(records, dict if count == 1 else list)
                records = [records] if count == 1 else records
                assert len(records) == count
                for record in records:
                    judge(kind, re.sub(r"_output_\d+$", "", key), record)
    shown = capfd.readouterr().out
    assert all(path in shown for path in made)


def test_legacy_makes_no_difference_to_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder_of("models", tmp_path))
    assert main(["--legacy", "--model", P1]) == 0
    assert capsys.readouterr().err == "user_input.json has models; --legacy makes no difference\n"
    [path] = (tmp_path / "mock_outputs").iterdir()
    assert json.loads(path.read_text())[P1]["user_profile"]["name"] == "Asha"


def test_fields_at_the_top_are_read_as_a_section_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "user_input.json").write_text('{"name": "Asha,Bala", "city": "Pune"}')
    monkeypatch.chdir(tmp_path)
    assert main(["--count", "2"]) == 0
    [path] = (tmp_path / "mock_outputs").iterdir()
    records = json.loads(path.read_text())
    assert list(records) == ["Model_1_output_1", "Model_1_output_2"]
    assert all(record["city"] == "Pune" for record in records.values())
    assert {record["name"] for record in records.values()} <= {"Asha", "Bala"}


def test_a_section_of_the_oldest_format_pairs_the_nth_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder_of("edits", tmp_path))
    assert main(["--legacy", "--model", "Edit_1"]) == 0
    [path] = (tmp_path / "mock_outputs").iterdir()
    assert json.loads(path.read_text()) == {
        "Edit_1_output_1": {"name": "Asha", "city": "Pune"},
        "Edit_1_output_2": {"name": "Bala", "city": "Kovai"},
        "Edit_1_output_3": {"name": "Asha", "city": "Salem"},
    }


@pytest.mark.parametrize(
    ("input_name", "master_name", "model"),
    [("model_x_user_input", "model_x_master", "Model_1"), ("claims_user_input", "", "Model_1")],
)
def test_the_shape_is_that_of_the_file_itself(
    input_name: str, master_name: str, model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads((LEGACY / f"{input_name}.json").read_text())
    (tmp_path / "user_input.json").write_text(json.dumps(data))
    (tmp_path / "master.json").write_text("")
    if master_name:
        (tmp_path / "master.json").write_bytes((LEGACY / f"{master_name}.json").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["--enhanced", "--count", "2"]) == 0
    [path] = (tmp_path / "mock_outputs").iterdir()
    document = json.loads(path.read_text())
    assert list(document) == list(data)
    for section, records in document.items():
        for record in records:
            inner = record["user_profile"] if master_name else record
            for name, pool in data[section].items():
                if not isinstance(pool[0], dict):
                    assert inner[name] in pool
    assert model in document


def test_list_and_init_write_no_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--init"]) == 0
    assert sorted(files_below(tmp_path)) == ["master.json", "user_input.json"]
    (tmp_path / "user_input.json").write_text('{"Mine_Positive": {"a": ["1"]}}')
    before = files_below(tmp_path)
    assert main(["--init"]) == 0
    assert main(["--list"]) == main(["-l"]) == main(["generate", "--list"]) == 0
    assert "Mine_Positive" in capsys.readouterr().out
    assert files_below(tmp_path) == before
    assert main(["--all"]) == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--modell Model_1", "unrecognized arguments: --modell Model_1 (did you mean --model?)"),
        ("--positiv", "(did you mean --positive?)"),
        ("--enhanced --cuont 5", "unrecognized arguments: --cuont 5 (did you mean --count?)"),
        ("--count many", "must be a whole number, 0 or more, not 'many'"),
        ("-c many", "must be a whole number, 0 or more, not 'many'"),
        ("--output-format both", "invalid choice: 'both'"),
        ("--model Model_9", 'no model is named "Model_9" (did you mean "Model_'),
        ("--scenario positve", "no section has the scenario positve (known: positive, negative"),
        ("--config nope.json", "no such file: nope.json"),
        ("--split --output-format single", "contradict each other"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error_that_helps(
    words: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder_of("models", tmp_path))
    try:
        code: object = main(words.split())
    except SystemExit as stop:
        code = stop.code
    err = capsys.readouterr().err
    assert code == 2
    assert message in err
    assert "command_words" not in err
    assert "short" not in err
    assert not (tmp_path / "mock_outputs").exists()


def test_in_a_folder_without_files_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--enhanced"]) == 2
    assert "user_input.json" in capsys.readouterr().err
    assert main(["--master", "master.json"]) == 2
    assert "--config" in capsys.readouterr().err


def test_in_a_project_fixtures_stay_and_the_files_are_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = tmp_path / "specs" / "old"
    suite.mkdir(parents=True)
    (suite / "user_input.json").write_text(json.dumps(MODELS))
    (suite / "master.json").write_text(json.dumps(MASTER))
    monkeypatch.chdir(tmp_path)
    assert main(["generate"]) == 0
    before = files_below(tmp_path)
    lines = (
        ["--positive", "--count", "2"],
        ["--enhanced"],
        ["generate", "old", "--as-before", "--scenario", "negative,exclusion", "--count", "1"],
        ["scenarios", "-a", "-m", "Model_1", "--as-before"],
    )
    for words in lines:
        assert main(words) == 0
    after = files_below(tmp_path)
    assert {path: after[path] for path in before} == before
    made = Counter(
        TIME.sub("", path) for path in after if path not in before and path.endswith("Z.json")
    )
    stems = (P1, P2, "enhanced_output", N1, N2, E1, ALL_1)
    assert made == Counter(f"mock_outputs/{stem}" for stem in stems)
    assert main(["check"]) == 0
    assert main(["generate"]) == 0
    outputs_now = files_below(tmp_path / "mock_outputs")
    assert {f"mock_outputs/{path}" for path in outputs_now} <= after.keys()


@pytest.mark.parametrize(
    ("words", "stems"),
    [
        ("generate --models Model_1_Positive,Model_2_Negative", (P1, N2)),
        ("generate --model Model_1 --scenario positive,negative", (P1, N1)),
        ("generate --enhanced -m Model_2 -c 2", (P2, N2)),
        ("generate --master old/master.json --model Model_1_Negative", (N1,)),
        ("scenarios -n --master old/master.json", (N1, N2)),
        ("generate --positive --negative", (P1, N1, P2, N2)),
        ("generate -a -e -m Model_1 --split", (P1, N1, E1)),
        ("generate --config user_input.json --model Model_1_exclusion", (E1,)),
        ("scenarios -p -n --models Model_1 Model_2", (P1, N1, P2, N2)),
        ("scenarios --scenario positive,exclusion -c 2", (P1, E1, P2)),
        ("scenarios -a -m Model_1_Negative", (N1,)),
    ],
)
def test_the_same_options_work_after_a_command(
    words: str, stems: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder_of("models", tmp_path))
    assert main(words.split()) == 0
    made = (tmp_path / "mock_outputs" / "snapshots").rglob("*.json")
    assert sorted(TIME.sub("", path.name) for path in made) == sorted(stems)
