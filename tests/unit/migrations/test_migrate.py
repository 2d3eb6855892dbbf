"""What becomes of files that hold more, or less, than sections of fields."""

from __future__ import annotations

import json

import pytest

from mockgen_watch.migrations.forms import Reading, RemarkKind
from mockgen_watch.migrations.migrate import (
    Migration,
    MigrationOptions,
    migrate_master,
    migrate_user_input,
)


def migrated(data: object, **wishes: object) -> Migration:
    text = data if isinstance(data, str) else json.dumps(data)
    path = "old.yaml" if isinstance(data, str) else "old.json"
    return migrate_user_input(path, text.encode(), MigrationOptions(**wishes))  # type: ignore[arg-type]


def test_a_mapping_beside_sections_is_a_model_where_it_looks_like_one() -> None:
    done = migrated(
        {
            "owner": {"team": "claims"},
            "Edit_1": {"a": "1,2"},
            "Member": {"name": ["Asha", "Bala"]},
            "MODEL_7": {"name": "Asha"},
            "Plan": {"code": {"$pattern": "[A-Z]"}},
        }
    )
    assert done.new is not None
    new = json.loads(done.new)
    assert list(new) == ["$comment", "Model_1", "Member", "MODEL_7", "Plan"]
    assert new["$comment"] == 'not carried over (line 1): "owner": {"team": "claims"}'
    told = {remark.pointer: remark.kind for remark in done.remarks}
    assert told == {
        ("owner",): RemarkKind.LOST,
        ("Member",): RemarkKind.KEPT,
        ("MODEL_7",): RemarkKind.KEPT,
        ("Plan",): RemarkKind.KEPT,
    }
    assert [item.code for item in done.diagnostics] == ["MG701"]


def test_objects_with_other_keys_are_said_section_by_section() -> None:
    done = migrated(
        {
            "Edit_1": {"home": {"city": "A,B", "zip": "1"}, "work": {"city": "C"}, "x": "1"},
            "Edit_2": {"home": {"city": "B"}, "work": {"city": "C", "zip": "2"}, "x": "1"},
        }
    )
    assert done.new is not None, done.diagnostics
    model = json.loads(done.new)["Model_1"]
    scenarios = model.pop("$scenarios")
    # An overlay cannot take a key away, so only what all have stands in the model.
    assert model == {"work": {"city": "C"}, "x": "1"}
    assert scenarios["Edit_1"] == {"home": {"city": ["A", "B"], "zip": "1"}}
    assert scenarios["Edit_2"] == {"home": {"city": "B"}, "work": {"city": "C", "zip": "2"}}


def test_a_field_without_a_value_is_an_error_at_its_place() -> None:
    old = {"Edit_1": {"a": "1", "b": " , "}, "Edit_2": {"a": [], "c": {"d": ["", None]}}}
    done = migrated(old)
    assert [(item.code, item.location.pointer) for item in done.diagnostics] == [
        ("MG704", "/Edit_1/b"),
        ("MG704", "/Edit_2/a"),
        ("MG704", "/Edit_2/c/d"),
    ]
    assert done.diagnostics[0].location.column == 23
    assert done.new is None


def test_empty_values_are_kept_where_they_are_wanted() -> None:
    old = {"Edit_1": {"a": "1,,2,", "b": " ", "c": ["", " x "], "d": []}}
    done = migrated(old, reading=Reading(keep_empty=True))
    assert done.new is not None
    new = json.loads(done.new)
    assert new["Model_1"] == {"a": ["1", "", "2", ""], "b": "", "c": ["", "x"]}
    assert new["$comment"] == 'not carried over (line 1): "d": []'


def test_values_are_those_of_the_earlier_system() -> None:
    old = {"Edit_1": {"a": 'x, "p, q",, x', "b": [" y ", "", 7, 1.50, True], "c": 12345}}
    done = migrated(old)
    assert done.new is not None
    assert json.loads(done.new)["Model_1"] == {
        "a": ["x", '"p', 'q"', "x"],
        "b": ["y", "7", "1.5", True],
        "c": "12345",
    }
    assert [f"{remark.pointer[-1]}: {remark.text}" for remark in done.remarks] == [
        "a: 3 values without the blanks around",
        "a: 1 empty value dropped, as the earlier system did",
        "a: 2 values with quotes, which are part of the value",
        "a: a repeated value is drawn more often",
        "b: 2 values written as text, as the earlier system did",
        "b: 1 value without the blanks around",
        "b: 1 empty value dropped, as the earlier system did",
        "c: 1 value written as text, as the earlier system did",
    ]


def test_in_pairs_the_nth_values_go_together_and_a_shorter_list_begins_again() -> None:
    old = {"Edit_1": {"a": "1,2,3", "b": "x,y", "c": "z", "o": {"p": "8,9"}}}
    done = migrated(old, reading=Reading(pairs=True))
    assert done.new is not None, done.diagnostics
    assert json.loads(done.new)["Model_1"] == {
        "$rows": [
            {"a": "1", "b": "x", "o": {"p": "8"}},
            {"a": "2", "b": "y", "o": {"p": "9"}},
            {"a": "3", "b": "x", "o": {"p": "8"}},
        ],
        "c": "z",
    }
    assert done.proofs[0].records == 3


def test_a_file_that_would_be_too_large_a_spec_is_to_be_divided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mockgen_watch.spec.document.MAX_NODES", 60)
    text = {f"Edit_{number}": {"a": f"1,2,{number}", "b": "4,5,6"} for number in range(8)}
    done = migrated(text)
    (told,) = done.diagnostics
    assert (told.code, told.hint) == ("MG702", "divide the sections among several files")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (
            "m.json",
            '{"p": {"tags": [],  "l": [{"n": []}]}}',
            '{"$schema": "s", "p": {"tags": {"$const": []},  "l": [{"n": {"$const": []}}]}}',
        ),
        (
            "m.yaml",
            "# ours\np:\n    a: []  # none\n    b: &e []\n    c: *e\n    d:   [ 'x' ]\n",
            (
                "$schema: s\n# ours\np:\n    a: {$const: []}  # none\n    b: {$const: []}\n"
                "    c: {$const: []}\n    d:   [ 'x' ]\n"
            ),
        ),
    ],
)
def test_an_empty_list_of_a_master_is_a_constant(path: str, old: str, new: str) -> None:
    done = migrate_master(path, old.encode(), MigrationOptions(schema="s", is_thorough=False))
    assert done.new == new
    assert {remark.kind for remark in done.remarks} == {RemarkKind.EMPTY_LIST}
    again = migrate_master(path, new.encode(), MigrationOptions(schema="s"))
    assert (again.new, again.diagnostics) == (None, ())


def test_a_master_may_hold_lists_scalars_and_nothing_else() -> None:
    old = '{"a": ["x", "y"], "b": 5, "c": null}'
    done = migrate_master("m.json", old.encode(), MigrationOptions())
    assert done.new == '{"$slot": "", "a": ["x", "y"], "b": 5, "c": null}'


def test_what_is_wrong_with_a_master_is_reported_at_its_place() -> None:
    done = migrate_master("m.json", b'{"p": {"a": 1,\n "$x": 2}}', MigrationOptions(schema="s"))
    (told,) = done.diagnostics
    assert (told.location.line, told.location.column) == (2, 2)
    assert done.new is None


def test_the_pools_and_records_of_suffix_sections_are_counted() -> None:
    done = migrated(
        {"Model_1": {"a": ["1", "2", "2"], "b": {"c": ["x", "y"]}, "d": [{"e": ["p", "q"]}]},
         "Model_1_negative": {"a": [""]}}
    )  # fmt: skip
    assert [(one.section, len(one.fields), one.records) for one in done.proofs] == [
        ("Model_1/negative", 3, 4),
    ]


REFUSED = {
    "a list": ("[1]", "it is not a mapping of sections, models or fields"),
    "no YAML": ("a: [1", "is not closed"),
    "two sections of one scenario": (
        "Model_1_Positive: {a: [1]}\nModel_1_POSITIVE: {a: [2]}\n",
        "positive",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_migrated_stays_and_is_told(text: str, told: str) -> None:
    done = migrated(text)
    assert (done.new, done.has_failed) == (None, True)
    assert told in str(done.diagnostics[-1])


@pytest.mark.parametrize("text", ["[1]", "p: {a: [1", "p: {a: 1}\nb: {$x: 1}\n"])
def test_a_master_that_cannot_be_migrated_stays(text: str) -> None:
    done = migrate_master("m.yaml", text.encode(), MigrationOptions(schema="s"))
    assert (done.new, done.has_failed) == (None, True)


def test_what_is_valid_as_it_stands_is_rewritten_only_when_asked() -> None:
    suffixes = {"Model_1": {"a": ["1"]}, "Model_1_positive": {"a": ["2"]}}
    assert migrated(suffixes, is_thorough=False).new is None
    assert migrated(suffixes).new is not None
    master = b'{"p": {"a": 1}}'
    assert (
        migrate_master("m.json", master, MigrationOptions(is_thorough=False, schema="s")).new
        is None
    )
    new = b'{"$slot": "p", "p": {"a": 1}}'
    done = migrate_master("m.json", new, MigrationOptions(schema="s"))
    assert (done.new, done.versions) == (None, (1,))


def test_sections_whose_names_are_no_file_names_or_twins_are_renamed() -> None:
    sections = ["Edit_1", "edit_1", "Edit_a/b", "EDIT_1"]
    done = migrated({name: {"a": str(n)} for n, name in enumerate(sections)})
    assert done.new is not None
    scenarios = json.loads(done.new)["Model_1"]["$scenarios"]
    assert list(scenarios) == ["Edit_1", "edit_1_2", "Edit_a_b", "EDIT_1_3", "mixed"]
    renamed = [one.pointer for one in done.remarks if one.kind is RemarkKind.RENAMED]
    assert renamed == [("edit_1",), ("Edit_a/b",), ("EDIT_1",)]
    assert [proof.scenario for proof in done.proofs][1] == "Model_1/edit_1_2"


def test_the_model_gets_another_name_where_one_has_it() -> None:
    done = migrated({"Edit_1": {"a": "1,2"}, "model_1": {"b": ["x"]}})
    assert done.new is not None
    assert list(json.loads(done.new)) == ["Model_1_2", "model_1"]


def test_values_that_look_like_directives_stay_values() -> None:
    leaf = {"$integer": 5}
    done = migrated({"Edit_1": {"a": [leaf, "x"], "b": "1,2", "c": [leaf, leaf, "y"]}})
    assert done.new is not None, done.diagnostics
    model = json.loads(done.new)["Model_1"]
    assert model == {
        "a": {"$choice": [{"$const": leaf}, "x"]},
        "b": ["1", "2"],
        "c": {"$choice": [{"$const": leaf}, {"$const": leaf}, "y"]},
    }
