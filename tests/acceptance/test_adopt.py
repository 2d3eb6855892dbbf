"""An edit of an output becomes a line of its spec, and the next run leaves the output as it is."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.adopting import SPEC, STEM, Project, load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.adopting import Records


def added_lines(old: str, new: str) -> list[str]:
    """Return the lines that are new, having checked that every other one is what it was."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    added = []
    for line in after:
        if before and line == before[0]:
            before.pop(0)
        else:
            added.append(line.rstrip("\r\n"))
    assert before == []
    return added


EDITS: dict[str, tuple[Callable[[Records], object], list[str]]] = {
    "a text": (
        lambda records: records[3].update(KIND="yes"),
        ["      $records:", '        3: {KIND: "yes"}'],
    ),
    "values of several records": (
        lambda records: (
            records[0].update(AMOUNT=-5),
            records[3].update(OPEN=None),
            records[5]["PAT"].update(first="Çelik: #1"),
        ),
        [
            "      $records:",
            "        0: {AMOUNT: -5}",
            "        3: {OPEN: null}",
            '        5: {PAT: {first: "Çelik: #1"}}',
        ],
    ),
    "a value of an element": (
        lambda records: records[2]["LINES"][1].update(code="z"),
        ["      $records:", "        2: {LINES: {1: {code: z}}}"],
    ),
    "an element more": (
        lambda records: records[1].update(LINES=[{"code": "z", "tags": []}]),
        ["      $records:", "        1: {LINES: [{code: z, tags: []}]}"],
    ),
    "a list of texts": (
        lambda records: records[1]["LINES"][0].update(tags=["s", "u"]),
        ["      $records:", "        1: {LINES: {0: {tags: [s, u]}}}"],
    ),
    "a key more": (
        lambda records: records[4].update({"NEW": {"deep": 1.5, "void": {}}, "$x": "$y"}),
        [
            "      $records:",
            '        4: {NEW: {deep: 1.5, void: {$const: {}}}, "$$x": "$y"}',
        ],
    ),
    "a key less": (
        lambda records: (records[4].pop("NOTE"), records[4]["PAT"].pop("last")),
        ["      $records:", "        4: {PAT: {last: {$delete: true}}, NOTE: {$delete: true}}"],
    ),
    "an object for a value": (
        lambda records: records[4].update(KIND={"code": "A"}),
        ["      $records:", "        4: {KIND: {$const: {code: A}}}"],
    ),
    "a value for an object": (
        lambda records: records[4].update(PAT="Asha"),
        ["      $records:", "        4: {PAT: Asha}"],
    ),
    "the same value in every record": (
        lambda records: [record.update(AMOUNT=12) for record in records],
        ["      AMOUNT: 12"],
    ),
    "the same list in every record, and one value": (
        lambda records: [
            *(record.update(LINES=[1, 2]) for record in records),
            records[5].update(KIND="D"),
        ],
        ["      LINES: {$const: [1, 2]}", "      $records:", "        5: {KIND: D}"],
    ),
    # The template would follow the field, and it was not edited.
    "a value that another one shows": (
        lambda records: [record.update(KIND="A") for record in records],
        [],
    ),
}


@pytest.mark.parametrize("case", EDITS)
def test_an_edit_becomes_lines_of_the_spec(tmp_path: Path, case: str) -> None:
    project = Project(tmp_path)
    change, lines = EDITS[case]
    meant = project.edit(change)
    assert project.adopt() == 0
    project.assert_kept(meant)
    old, new = SPEC.replace("FORMAT", "json"), project.spec.read_text(encoding="utf-8")
    added = added_lines(old, new)
    assert added == lines or (not lines and added[0] == "      $records:"), new
    # What is added stands in its scenario, in front of the next one.
    assert new.index(added[-1]) < new.index("    second:")


def test_a_second_edit_goes_where_the_first_one_is(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.edit(lambda records: records[3].update(KIND="Q", LINES=[]))
    assert project.adopt() == 0
    project.assert_kept()
    meant = project.edit(
        lambda records: (
            records[3].update(KIND="R", AMOUNT=1, LINES=[{"code": "p"}]),
            records[4].update(KIND="S"),
        )
    )
    assert project.adopt() == 0
    project.assert_kept(meant)
    text = project.spec.read_text(encoding="utf-8")
    assert "        3: {KIND: R, LINES: [{code: p}], AMOUNT: 1}\n        4: {KIND: S}\n" in text


@pytest.mark.parametrize("form", ["ndjson", "yaml", "csv"])
def test_every_format_can_be_edited_in_its_own_text(tmp_path: Path, form: str) -> None:
    project = Project(tmp_path, form=form)
    records = project.records()
    lines = project.output.read_text(encoding="utf-8").split("\n")
    amount = str(records[2]["AMOUNT"])
    number = 2 + (form == "csv")
    if form == "yaml":
        number = [at for at, line in enumerate(lines) if line.lstrip("- ").startswith("AMOUNT")][2]
    assert amount in lines[number]
    lines[number] = lines[number].replace(amount, "1234")
    project.output.write_text("\n".join(lines), encoding="utf-8")
    assert project.adopt() == 0
    project.assert_kept()
    assert "        2: {AMOUNT: 1234}\n" in project.spec.read_text(encoding="utf-8")
    value = project.records()[2]["AMOUNT"]
    assert value == ("1234" if form == "csv" else 1234)


def test_cells_of_csv_keep_their_kind(tmp_path: Path) -> None:
    project = Project(tmp_path, form="csv")
    rows = [line.split(",") for line in project.output.read_text(encoding="utf-8").splitlines()]
    head = rows[0]
    wanted = {
        (1, "AMOUNT"): "",
        (1, "KIND"): '"a, ""b"""',
        (2, "RATE"): "0.50",
        (3, "OPEN"): "true" if rows[3][head.index("OPEN")] == "false" else "false",
        (4, "PAT.first"): "007",
        (5, "LINES[0].code"): '""',
        (6, "ID"): "77",
    }
    for (row, name), cell in wanted.items():
        rows[row][head.index(name)] = cell
    project.output.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    assert project.adopt() == 0
    project.assert_kept()
    spec = load_yaml(project.spec.read_text(encoding="utf-8"))
    stated = spec["Claim"]["$scenarios"]["first"]["$records"]
    assert [stated[index] for index in range(6)] == [
        {"KIND": 'a, "b"', "AMOUNT": None},
        {"RATE": 0.5},
        {"OPEN": wanted[3, "OPEN"] == "true"},
        {"PAT": {"first": "007"}},
        {"LINES": {0: {"code": ""}}},
        {"ID": 77},
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_a_mark_and_a_missing_last_line_end_stay(tmp_path: Path, ends: str) -> None:
    text = "\ufeff" + "Claim:\n  $count: 4\n  KIND: [A, B]   # x\n  # y\n  N: 1".replace("\n", ends)
    project = Project(tmp_path, text)
    project.output = tmp_path / "mock_outputs/claims/Claim/base.json"
    project.edit(lambda records: records[3].update(KIND="Z"))
    assert project.adopt() == 0
    project.assert_kept()
    added = f"{ends}  $records:{ends}    3: {{KIND: Z}}"
    assert project.spec.read_bytes() == (text + added).encode()


def test_a_field_of_a_model_without_scenarios_becomes_a_constant(tmp_path: Path) -> None:
    text = "Claim:\n  $count: 4\n  KIND: ['A', \"B\"]   # kinds\n  N: {$integer: [1, 9]}\n"
    project = Project(tmp_path, text)
    project.output = tmp_path / "mock_outputs/claims/Claim/base.json"
    meant = project.edit(lambda records: [record.update(KIND="Z z", NEW=0) for record in records])
    assert project.adopt() == 0
    project.assert_kept(meant)
    assert (
        project.spec.read_text(encoding="utf-8")
        == text.replace("['A', \"B\"]", "Z z") + "  NEW: 0\n"
    )


def test_a_spec_in_json_stays_json(tmp_path: Path) -> None:
    text = (
        '{\n    "Claim": {\n        "KIND": ["A", "B"],\n        "$scenarios": {\n'
        '            "first": {"$count": 4},\n            "b": {\n                "$count": 1\n'
        "            }\n        }\n    }\n}\n"
    )
    project = Project(tmp_path, text)
    project.edit(lambda records: records[3].update(KIND="Z"))
    assert project.adopt() == 0
    project.assert_kept()
    line = '            "first": {"$count": 4, "$records": {"3": {"KIND": "Z"}}},\n'
    assert project.spec.read_text(encoding="utf-8") == text.replace(
        '            "first": {"$count": 4},\n', line
    )
    project.output = tmp_path / "mock_outputs/claims/Claim/b.json"
    project.edit(lambda records: records[0].update(KIND="Y"))
    assert project.adopt() == 0
    project.assert_kept()
    block = (
        '                "$count": 1,\n                "$records": {\n'
        '                    "0": {"KIND": "Y"}\n                }\n'
    )
    assert block in project.spec.read_text(encoding="utf-8")


MASTER = "$slot: body\nhead: {source: EDI, version: 1}\nbody: {country: India, KIND: none}\n"


def test_values_of_the_master_and_of_its_slot_can_be_adopted(tmp_path: Path) -> None:
    (tmp_path / "specs/claims").mkdir(parents=True)
    (tmp_path / "specs/claims/master.yaml").write_text(MASTER, encoding="utf-8")
    (tmp_path / "specs/claims/user_input.yaml").write_text(
        "Claim: {$scenarios: {first: {$count: 4}}, KIND: [A, B], CODE: {$const: 1, $to: code}}\n",
        encoding="utf-8",
    )
    project = Project.__new__(Project)
    project.folder, project.form = tmp_path, "json"
    project.spec = tmp_path / "specs/claims/user_input.yaml"
    project.output = tmp_path / f"{STEM}.json"
    assert project.run("-q", "generate") == 0

    def change(records: Records) -> None:
        records[1]["head"]["source"] = "FAX"
        records[2]["body"]["KIND"] = "Q"
        for record in records:
            record["body"]["country"] = "Nepal"
            record["body"]["code"] = 2

    meant = project.edit(change)
    assert project.adopt() == 0
    project.assert_kept(meant)
    first = load_yaml(project.spec.read_text(encoding="utf-8"))["Claim"]["$scenarios"]["first"]
    # What is alike in all records is said of all, where the model has a name for the place.
    assert (first["country"], first["CODE"]) == ("Nepal", 2)
    assert first["$records"] == {1: {"head": {"source": "FAX"}}, 2: {"body": {"KIND": "Q"}}}
    assert (tmp_path / "specs/claims/master.yaml").read_text(encoding="utf-8") == MASTER


@pytest.mark.parametrize("layout", ["single", "split"])
def test_files_of_one_record_can_be_adopted(tmp_path: Path, layout: str) -> None:
    text = SPEC.replace("FORMAT", f"{{format: json, layout: {layout}}}")
    project = Project(tmp_path, text)
    names = {"single": f"{STEM}.json", "split": f"{STEM}/000003.json"}
    project.output = tmp_path / names[layout]
    index = 0 if layout == "single" else 2
    record = json.loads(project.output.read_text(encoding="utf-8"))
    record["KIND"] = "Z"
    project.output.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    assert project.adopt() == 0
    project.assert_kept()
    assert f"        {index}: {{KIND: Z}}\n" in project.spec.read_text(encoding="utf-8")


def test_one_value_can_be_adopted_and_the_others_stay_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    project.edit(lambda records: (records[3].update(KIND="Z", AMOUNT=1), records[4].pop("NOTE")))
    edited = project.output.read_bytes()
    assert project.adopt("#/3/KIND") == 0
    assert "2 more edited values not adopted" in capsys.readouterr().out
    assert "        3: {KIND: Z}\n" in project.spec.read_text(encoding="utf-8")
    assert project.run("-q", "generate") == 1
    assert project.output.read_bytes() == edited
    # The spec is another one than it was made from, so the rest has to be named.
    assert project.adopt() == 1
    assert project.adopt("#/3") == 0
    assert project.adopt("#/4/NOTE") == 0
    project.assert_kept()
    assert project.adopt("#/4/NOTE") == 2
    assert project.adopt("#/4/KIND") == 1


def test_another_layout_of_the_same_values_is_brought_back_with_a_backup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    records = project.records()
    records[3]["KIND"] = "Z"
    mine = json.dumps(records)
    project.output.write_text(mine, encoding="utf-8")
    assert project.adopt() == 0
    assert "is rewritten in the layout of the spec" in capsys.readouterr().out
    project.assert_kept(records)
    assert project.run("restore", "000002") == 0
    assert project.output.read_text(encoding="utf-8") == mine


def test_diff_shows_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project(tmp_path)
    project.edit(lambda records: records[3].update(KIND="Z"))
    before = project.files()
    assert project.run("adopt", f"{STEM}.json", "--diff") == 0
    shown = capsys.readouterr().out.splitlines()
    assert "+        3: {KIND: Z}" in shown
    assert [line for line in shown if line.startswith("-") and not line.startswith("---")] == []
    assert project.files() == before
    assert project.run("adopt", f"{STEM}.json", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    (value,) = told["values"]
    assert (value["record"], value["pointer"], value["after"]) == (3, "/KIND", "Z")
    line = project.spec.read_text(encoding="utf-8").splitlines()[value["line"] - 1]
    assert line[value["column"] - 1 :] == "KIND: Z}"
    assert project.run("restore", told["backups"][0]["number"]) == 0
    assert project.spec.read_text(encoding="utf-8") == SPEC.replace("FORMAT", "json")


RULED = """\
Claim:
  KIND: [A, B]
  N: {$integer: [1, 9]}
  $rules: {known: {field: KIND, schema: {enum: [A, B, C]}}}
  $scenarios:
    positive: {$count: 4}
    negative: {$count: 4}
    mixed: {$mix: {positive: 1, negative: 1}, $count: 4}
"""


def test_a_twin_follows_the_record_that_was_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path, RULED)
    project.output = tmp_path / "mock_outputs/claims/Claim/positive.json"
    project.edit(lambda records: records[2].update(KIND="C"))
    assert project.adopt() == 0
    told = capsys.readouterr().out
    assert "also changes  claims/Claim/negative\nalso changes  claims/Claim/mixed\n" in told
    project.assert_kept()
    labels = tmp_path / "mock_outputs/claims/Claim/negative.labels.ndjson"
    assert json.loads(labels.read_text(encoding="utf-8").splitlines()[2])["before"] == "C"


def refused(project: Project, capsys: pytest.CaptureFixture[str], output: str, words: str) -> None:
    before = project.files()
    capsys.readouterr()
    assert project.adopt(output=output) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert f"{output}:1:1 MG512 The edit cannot be adopted: " in told
    assert words in told
    assert project.files() == before


def test_what_no_spec_can_say_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path, RULED)
    folder = "mock_outputs/claims/Claim"
    project.output = tmp_path / folder / "positive.json"
    fresh = project.output.read_bytes()
    output = f"{folder}/positive.json"
    refused(project, capsys, output, "no value differs")
    project.edit(lambda records: records[2].update(KIND="Z"))
    refused(project, capsys, output, 'does not satisfy rule "known"')
    project.output.write_bytes(fresh)
    project.edit(lambda records: records.pop())
    refused(project, capsys, output, "it has 3 records, but the spec produces 4; change $count")
    project.output.write_bytes(fresh[:-9])
    refused(project, capsys, output, "it cannot be read as json")
    project.output.unlink()
    refused(project, capsys, output, "does not exist")
    project.output.write_bytes(fresh)
    refused(project, capsys, f"{folder}/negative.json", "are twins of positive, each with a fault")
    refused(project, capsys, f"{folder}/mixed.json", "its records come from positive, negative")
    refused(project, capsys, f"{folder}/positive.labels.ndjson", "labels describe records")
    project.edit(lambda records: records[2].update(KIND="C"))
    project.spec.write_text(RULED.replace("[1, 9]", "[1, 99]"), encoding="utf-8")
    refused(project, capsys, output, "the spec changed after this output was generated")
    assert project.adopt("#/2/KIND", output=output) == 0
    assert project.adopt("#/9/KIND", output=output) == 2
    assert project.adopt("#/2/NOTHING", output=output) == 2


def commit(folder: Path) -> None:
    author = ("-c", "user.name=Asha", "-c", "user.email=asha@example.com")
    for words in (["init", "-q"], ["add", "--all"], [*author, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_an_edit_is_told_from_what_an_edited_spec_changes(tmp_path: Path, form: str) -> None:
    project = Project(tmp_path, form=form)
    commit(tmp_path)
    old = project.records()
    text = project.output.read_text(encoding="utf-8")
    amount = str(old[2]["AMOUNT"])
    assert text.count(amount) == 1
    project.output.write_text(text.replace(amount, "1234"), encoding="utf-8")
    spec = project.spec.read_text(encoding="utf-8")
    project.spec.write_text(spec.replace("[Asha, Bala]", "[Chitra, Devi]"), encoding="utf-8")
    assert project.run("-q", "generate") == 1
    assert project.adopt() == 0
    project.assert_kept()
    # The edit is kept, and so is what the edited spec makes.
    after = project.records()
    assert int(after[2]["AMOUNT"]) == 1234
    names = {row["PAT.first"] if form == "csv" else row["PAT"]["first"] for row in after}
    assert names <= {"Chitra", "Devi"}
    others = [row["AMOUNT"] for index, row in enumerate(after) if index != 2]
    assert others == [row["AMOUNT"] for index, row in enumerate(old) if index != 2]
    stated = load_yaml(project.spec.read_text(encoding="utf-8"))["Claim"]["$scenarios"]["first"]
    assert stated["$records"] == {2: {"AMOUNT": 1234}}


def test_a_place_that_an_alias_shares_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Claim: {KIND: [A, B], $scenarios: {first: &few {$count: 3}, second: *few}}\n"
    project = Project(tmp_path, text)
    project.edit(lambda records: records[2].update(KIND="Z"))
    refused(project, capsys, f"{STEM}.json", "by an anchor or alias")


def test_the_hint_of_a_hand_edit_is_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path)
    project.edit(lambda records: records[3].update(KIND="Z"))
    capsys.readouterr()
    assert project.run("check") == 1
    told = " ".join(capsys.readouterr().out.split())
    assert f"mockgen-watch adopt {STEM}.json" in told
    assert project.run("adopt", f"{STEM}.json") == 0


DEPENDENT = """\
Member: {$count: 4, id: {$sequence: {start: 1, prefix: M}}, boss: {$ref: Member.id, $tree: 1}}
Claim:
  patient: {$ref: Member.id, $each: 2}
  no: {$index: {of: sibling, start: 1}}
  course: [algebra, botany, chemistry]
  term: {$integer: [1, 8]}
  $unique: [[course, term]]
  status: [paid, open]
  due: {$given: record.status, $cases: {open: {$integer: [1, 99]}}, $else: 0}
  pay:
    $one_of:
      - {kind: card, number: {$pattern: "4[0-9]{15}", $check: luhn}}
      - {kind: iban, iban: {$pattern: "DE[0-9]{20}", $check: iban}}
  $rows:
    - {city: Chennai, zip: {$pattern: "6000[0-9]{2}"}, $weight: 3}
    - {city: Kochi, zip: 1}
"""


@pytest.fixture
def dependent(tmp_path: Path) -> Project:
    project = Project(tmp_path, DEPENDENT)
    project.output = tmp_path / "mock_outputs/claims/Claim/base.json"
    return project


def test_values_that_depend_on_others_can_be_adopted(dependent: Project) -> None:
    project = dependent

    def change(records: Records) -> None:
        records[0].update(patient="M9", no=7)
        records[1].update(course="drama")
        records[2].update(due=500, pay={"kind": "cash"})
        records[3]["pay"]["kind"] = "cheque"
        records[4].update(zip="9")
        records[5].update(city="Goa")

    meant = project.edit(change)
    assert project.adopt() == 0
    project.assert_kept(meant)
    stated = load_yaml(project.spec.read_text(encoding="utf-8"))["Claim"]["$records"]
    assert stated[0] == {"patient": "M9", "no": 7}
    assert stated[1] == {"course": "drama"}
    assert stated[2]["due"] == 500
    assert stated[2]["pay"]["kind"] == "cash"
    assert stated[3] == {"pay": {"kind": "cheque"}}
    assert (stated[4], stated[5]) == ({"zip": "9"}, {"city": "Goa"})


def test_a_parent_in_a_tree_can_be_adopted(dependent: Project) -> None:
    dependent.output = dependent.folder / "mock_outputs/claims/Member/base.json"
    meant = dependent.edit(lambda records: (records[0].update(boss="M3"), records[3].pop("boss")))
    assert dependent.adopt() == 0
    dependent.assert_kept(meant)


def test_edits_that_break_what_depends_are_refused(
    dependent: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    output = "mock_outputs/claims/Claim/base.json"
    fresh = dependent.output.read_bytes()

    def repeat(records: Records) -> None:
        records[2].update(course=records[3]["course"], term=records[3]["term"])

    dependent.edit(repeat)
    refused(dependent, capsys, output, "course and term must be unique together, but record 3 has")
    dependent.output.write_bytes(fresh)
    dependent.edit(lambda records: records.pop())
    refused(dependent, capsys, output, "change $each instead")
