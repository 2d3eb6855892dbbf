"""``coverage`` as a user calls it: its numbers against what stands in the outputs."""

from __future__ import annotations

import itertools
import json
import shutil
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]

SPEC = """\
Claim:
  $count: 400
  KIND: {$weighted: {A: 70, B: 20, C: 10}}
  STATE: [TN, KL, AP]
  urgent: {$boolean: 0.1}
  note: {$choice: [x, y], $null: 0.3, $omit: 0.2}
  PAT: {sex: [M, F], $omit: 0.25}
  $rows:
    - {city: Chennai, zip: "1", $weight: 3}
    - {city: Kochi, zip: "2"}
  $rules:
    no-c: {cel: "!(record.KIND == 'C' && record.STATE == 'AP')"}
  $scenarios:
    positive: {}
    few: {$count: 6, $coverage: each}
    mixed: {$mix: {positive: 80, few: 20}, $count: 500}
"""
READ: dict[str, Any] = {
    "KIND": lambda record: record["KIND"],
    "STATE": lambda record: record["STATE"],
    "urgent": lambda record: record["urgent"],
    "note": lambda record: record.get("note", "$absent") or "$null",
    "PAT is there": lambda record: "$present" if "PAT" in record else "$absent",
    "PAT.sex": lambda record: record["PAT"]["sex"] if "PAT" in record else None,
    "$rows": lambda record: json.dumps({key: record[key] for key in ("city", "zip")}),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "specs/claims").mkdir(parents=True)
    (folder / "specs/claims/user_input.yaml").write_text(SPEC, encoding="utf-8")
    assert main(["-C", str(folder), "-q", "generate"]) == 0
    return folder


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["-C", str(folder), "coverage", "--json", *words]) == 0
    data: dict[str, Any] = json.loads(capsys.readouterr().out)
    return data


def outputs(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {output["scenario"]: output for output in data["outputs"]}


def records_of(folder: Path, scenario: str) -> list[dict[str, Any]]:
    path = folder / f"mock_outputs/claims/Claim/{scenario}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def combinations(records: Iterable[dict[str, Any]], strength: int) -> set[object]:
    found: set[object] = set()
    for record in records:
        row = [(name, read(record)) for name, read in READ.items()]
        shown = [(name, value) for name, value in row if value is not None]
        found |= set(itertools.combinations(shown, strength))
    return found


def test_what_is_covered_is_what_stands_in_the_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    positive = outputs(told(project, capsys))["positive"]
    records = records_of(project, "positive")

    counts = {each["strength"]: each for each in positive["coverage"]}
    for strength, word in ((1, "each"), (2, "pairwise"), (3, "3-wise")):
        assert counts[word]["covered"] == len(combinations(records, strength))
    # All values but for what the rule keeps apart, and where PAT is not there.
    sizes = {"KIND": 3, "STATE": 3, "urgent": 2, "note": 4, "PAT": 2, "sex": 2, "rows": 2}
    pairs = sum(a * b for a, b in itertools.combinations(sizes.values(), 2))
    assert counts["pairwise"]["combinations"] == pairs
    assert counts["pairwise"]["possible"] == pairs - 1 - 2
    # Of 9 kinds and states one cannot be; PAT is absent, or there with one of two values.
    assert positive["cases"] == 8 * 2 * 4 * 3 * 2


def test_values_are_counted_as_they_stand_in_the_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    positive = outputs(told(project, capsys))["positive"]
    records = records_of(project, "positive")

    for parameter in positive["parameters"]:
        expected = Counter(READ[parameter["field"]](record) for record in records)
        for value in parameter["values"]:
            name = value["name"]
            key = json.dumps(name) if isinstance(name, dict) else name
            assert value["records"] == expected[key]


def test_odds_are_counted_as_they_stand_in_the_output(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = outputs(told(project, capsys))
    records = records_of(project, "positive")
    odds = {(each["field"], str(each["of"])): each for each in found["positive"]["odds"]}

    there = [each for each in records if "note" in each]
    expected = {
        ("KIND", "A"): (0.7, sum(each["KIND"] == "A" for each in records), 400),
        ("urgent", "True"): (0.1, sum(each["urgent"] for each in records), 400),
        ("note", "absent"): (0.2, 400 - len(there), 400),
        ("note", "null"): (0.3, sum(each["note"] is None for each in there), len(there)),
        ("PAT", "absent"): (0.25, sum("PAT" not in each for each in records), 400),
        ("city", "Kochi"): (0.25, sum(each["city"] == "Kochi" for each in records), 400),
    }
    for key, (declared, hits, trials) in expected.items():
        assert (odds[key]["declared"], odds[key]["hits"], odds[key]["trials"]) == (
            pytest.approx(declared), hits, trials,
        )  # fmt: skip
    # The rule takes some of C away, so that its odds are no longer the declared ones.
    assert ("STATE", "TN") not in odds
    assert odds["KIND", "C"]["settled"] is None
    mixed = {each["of"]: each for each in found["mixed"]["odds"]}
    assert mixed["positive"]["declared"] == pytest.approx(0.8)
    assert mixed["positive"]["hits"] + mixed["few"]["hits"] == mixed["few"]["trials"] == 500


def test_odds_leave_out_the_records_that_a_design_chose(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = outputs(told(project, capsys))["few"]

    (design,) = few["designs"]
    kind = next(each for each in few["odds"] if each["field"] == "KIND")
    assert 0 < design["records"] <= 6
    assert kind["trials"] == 6 - design["records"]


def test_fail_under_judges_what_is_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-C", str(project), "coverage", "claims/Claim/few"]

    assert main([*words, "--fail-under", "100"]) == 0
    capsys.readouterr()
    assert main([*words, "--fail-under", "100", "--strength", "pairwise"]) == 1
    assert "claims/Claim/few: " in capsys.readouterr().err
    assert main([*words, "--fail-under", "10", "--strength", "pairwise"]) == 0
    with pytest.raises(SystemExit):
        main([*words, "--fail-under", "101"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["claims/Clam"], 'did you mean "claims/Claim"'),
        (["--keep"], "names a file of cases"),
        (
            ["claims/Claim/mixed", "--picture", "x.svg"],
            "it needs an output with two varying fields",
        ),
    ],
)
def test_what_cannot_be_done_is_told(
    project: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-C", str(project), "coverage", *words]) == 2
    assert message in capsys.readouterr().err


def test_the_text_tells_what_the_data_does(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = outputs(told(project, capsys))["few"]
    triples = next(each for each in few["coverage"] if each["strength"] == "3-wise")
    assert main(["-C", str(project), "coverage", "claims/Claim", "-v"]) == 0
    out = capsys.readouterr().out
    assert "claims/Claim/few  6 records" in out
    assert "$coverage: each of Claim/few needs 4 records" in out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "values 18 18 0 100.0 %" in lines
    lost = triples["combinations"] - triples["possible"]
    start = f"triples {triples['covered']} {triples['possible']} {lost} "
    assert any(line.startswith(start) for line in lines)
    assert any(line.startswith('KIND "A" ') for line in lines)
    assert "scenarios that can produce the same record" in lines
    assert any(line.startswith("claims/Claim: positive and few: for example {") for line in lines)


def test_the_picture_has_a_cell_for_each_pair(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.svg"
    assert main(["-C", str(project), "coverage", "claims/Claim/few", "--picture", str(path)]) == 0
    capsys.readouterr()
    few = outputs(told(project, capsys))["few"]
    pairwise = next(each for each in few["coverage"] if each["strength"] == "pairwise")

    picture = ET.parse(path)  # noqa: S314 - the program's own
    cells = Counter(
        rect.attrib["fill"]
        for rect in picture.iter("{http://www.w3.org/2000/svg}rect")
        if rect.attrib["width"] == "15"
    )
    assert cells["#2b6ca3"] == pairwise["covered"] + 18
    assert cells["url(#missing)"] == pairwise["possible"] - pairwise["covered"]
    assert cells["#e3e6ea"] == pairwise["combinations"] - pairwise["possible"]


def test_scenarios_of_the_earlier_system_overlap_with_an_example(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs/old").mkdir(parents=True)
    shutil.copy(
        ROOT / "tests/data/legacy/model_x_user_input.json", tmp_path / "specs/old/user_input.json"
    )
    data = told(tmp_path, capsys)

    found = [
        each for each in data["overlaps"] if set(each["scenarios"]) == {"positive", "exclusion"}
    ]
    assert found
    assert any(isinstance(each["example"], dict) for each in found)
    assert not any(each["promised_apart"] for each in data["overlaps"])


def test_why_names_the_coverage_that_chose_a_value(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = outputs(told(project, capsys))["few"]

    def why(pointer: str) -> str:
        name = f"mock_outputs/claims/Claim/{pointer}"
        assert main(["-C", str(project), "why", name]) == 0
        return capsys.readouterr().out

    last = few["designs"][0]["records"] - 1
    line = f", $coverage: each sets it for the first {last + 1} records"
    for field in ("KIND", "city", "note"):
        assert line in why(f"few.json#/{last}/{field}")
        assert "$coverage" not in why(f"few.json#/{last + 1}/{field}")
    assert "$coverage" not in why(f"positive.json#/{last}/KIND")


def test_check_warns_of_coverage_that_twins_do_not_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs/s").mkdir(parents=True)
    (tmp_path / "specs/s/user_input.yaml").write_text(
        "M:\n  a: [x, y]\n  $rules: {r: {field: a, schema: {enum: [x, y]}}}\n"
        "  $scenarios:\n    positive: {}\n    negative: {$coverage: each}\n",
        encoding="utf-8",
    )
    assert main(["-C", str(tmp_path), "-q", "generate"]) == 0
    capsys.readouterr()
    assert main(["-C", str(tmp_path), "check"]) == 0
    out = "".join(capsys.readouterr())
    assert "user_input.yaml:6:16 MG409" in out


def test_a_share_that_a_rule_changes_names_the_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "specs/s").mkdir(parents=True)
    (tmp_path / "specs/s/user_input.yaml").write_text(
        "Order:\n  $count: 600\n  status: {$weighted: {a: 90, b: 10}}\n  free: {$boolean: 0.1}\n"
        "  n: {$integer: [1, 100]}\n  m: {$integer: [1, 100]}\n"
        "  $rules:\n"
        "    rare: {cel: \"record.status == 'b' || record.n * 7 % 13 == record.m % 11\"}\n"
    )
    (output,) = told(tmp_path, capsys)["outputs"]
    odds = {(each["field"], str(each["of"])): each for each in output["odds"]}
    for name in ("a", "b"):
        share = odds["status", name]
        assert (share["outside"], share["ruled"], share["rules"]) == (True, True, ['rule "rare"'])
    assert (odds["free", "True"]["outside"], odds["free", "True"]["rules"]) == (False, [])
    assert main(["-C", str(tmp_path), "coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-4] == "  odds: 4 shares, 0 outside the interval, 2 changed by rules"
    assert [line.rpartition("  ")[2] for line in lines[-2:]] == ['changed by rule "rare"'] * 2


def words_of(picture: Path) -> list[str]:
    tree = ET.parse(picture)  # noqa: S314 - the program's own
    return [text.text or "" for text in tree.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        (["{s: PAID, code: null}", "{s: SENT, code: null}"], ["PAID", "SENT"]),
        (["{x: 1, s: PAID}", "{x: 1, s: SENT}"], ["PAID", "SENT"]),
        (
            ["{s: PAID, n: 1}", "{s: PAID, n: 2}", "{s: DUE, n: 2}"],
            ["PAID 1", "PAID 2", "DUE 2"],
        ),
        (
            [f"{{s: {'a' * 30}{letter}, t: {letter}}}" for letter in "bc"],
            [f"{'a' * 17}…", f"{'a' * 14}… #2"],
        ),
    ],
)
def test_a_picture_tells_rows_apart(rows: list[str], names: list[str], tmp_path: Path) -> None:
    (tmp_path / "specs/s").mkdir(parents=True)
    lines = "".join(f"    - {row}\n" for row in rows)
    (tmp_path / "specs/s/user_input.yaml").write_text(f"M:\n  $rows:\n{lines}  k: [p, q]\n")
    picture = tmp_path / "c.svg"
    assert main(["-C", str(tmp_path), "-q", "coverage", "--picture", str(picture)]) == 0
    # Once beside the grid and once below it.
    words = words_of(picture)
    assert [words.count(name) for name in names] == [2] * len(names)
    # What is missing is striped, so that nobody needs to tell two colours apart.
    assert picture.read_text().count("url(#missing)") > 1
