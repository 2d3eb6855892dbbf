"""Suggestions: each kind where it helps, none where it would mislead, all of them valid specs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.migrations.forms import Reading
from mockgen_watch.migrations.migrate import MigrationOptions, migrate_user_input
from mockgen_watch.migrations.suggest import ModelPools, shared_pools
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import MappingNode, plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from mockgen_watch.migrations.suggest import Suggestion
    from mockgen_watch.spec.document import Json

LEGACY = Path(__file__).parents[2] / "data" / "legacy"


def suggested(data: object, master: object = None) -> dict[str, list[Suggestion]]:
    document = None if master is None else parse("master.json", json.dumps(master).encode())
    done = migrate_user_input(
        "old.json", json.dumps(data).encode(), MigrationOptions(master=document)
    )
    assert not done.has_failed, done.diagnostics
    found: dict[str, list[Suggestion]] = {}
    for one in done.suggestions:
        found.setdefault(one.kind, []).append(one)
    return found


def rule_of(*values: str) -> str:
    found = suggested({"Model_1": {"f": list(values)}, "Model_1_negative": {"f": ["?"]}})
    return found["rule"][0].lines[1].strip() if "rule" in found else ""


FORMS = {
    "a date, year first": (("2025-01-31", "1999-12-01"), "# a date (%Y-%m-%d)"),
    "a date, month first": (("01/31/2025",), "# a date (%m/%d/%Y)"),
    "a date, day first": (("31/01/2025",), "# a date (%d/%m/%Y)"),
    "a date that may be both": (("01/02/2025",), "# a date (%m/%d/%Y or %d/%m/%Y)"),
    "days and months that contradict": (("31/01/2025", "01/31/2025"), ""),
    "no day of any month": (("2025-02-30", "2025-02-31"), ""),
    "mail": (("a@x.in", "b.c@y.org"), "# an e-mail address"),
    "mail and something else": (("a@x.in", "none"), ""),
    "codes": (("ABC123", "XYZ789", "QQQ000"), "{pattern: '^[A-Z]{3}[0-9]{3}$'}}  # a code"),
    "codes with signs": (("+1.5", "+2.5", "+3.5"), r"{pattern: '^\+[0-9]\.[0-9]$'}}  # a code"),
    "codes with a quote": (("1'2", "3'4", "5'6"), "{pattern: '^[0-9]''[0-9]$'}}  # a code"),
    "two values of one shape": (("123", "456"), ""),
    "codes of two lengths": (("123", "4567", "890"), ""),
    "names of one length": (("asha", "bala", "devi"), ""),
    "an empty value among them": (("123", "", "456", "789"), ""),
}


@pytest.mark.parametrize(("values", "told"), FORMS.values(), ids=FORMS)
def test_a_rule_is_likely_where_all_values_have_one_form(
    values: tuple[str, ...], told: str
) -> None:
    line = rule_of(*values)
    assert told in line
    assert bool(told) == bool(line)


def test_numbers_and_negative_sections_have_no_part_in_a_rule() -> None:
    assert "rule" not in suggested({"Model_1": {"f": ["123", "456", 789]}, "Model_1_positive": {}})
    found = suggested({"Model_1": {"f": ["123", "456", "789"]}, "Model_1_negative": {"f": ["x"]}})
    assert len(found["rule"]) == 1


def test_each_model_has_rules_of_its_own() -> None:
    codes, words = ["123", "456", "789"], ["a", "bb", "ccc"]
    old = {"Model_1": {"f": codes}, "Model_2": {"f": words}, "Model_2_negative": {"f": [""]}}
    (rule,) = suggested(old)["rule"]
    assert "fields of Model_1 " in rule.text


def rows_of(**pools: list[str]) -> list[Json]:
    found = suggested({"Model_1": pools, "Model_1_positive": {}}).get("rows", [])
    listed: list[Json] = []
    for one in found:
        root = parse("rows.yaml", "\n".join(one.lines).encode()).root
        assert isinstance(root, MappingNode)
        data = plain_data(root)
        assert isinstance(data, dict)
        listed.append(data["$rows"])
    return listed


def test_lists_of_an_address_may_be_rows() -> None:
    assert rows_of(City=["Kochi", "NO"], zip=["1", "02"], note=["x", "y"]) == [
        [{"City": "Kochi", "zip": "1"}, {"City": "NO", "zip": "02"}]
    ]
    assert rows_of(city=["Kochi", "Salem"], zip=["1", "2", "3"]) == []


def test_lists_with_words_in_common_may_be_rows() -> None:
    rows = rows_of(
        name=["Asha", "Bala"], mail=["asha@x.com", "bala@x.com"], other=["dev@x.com", "eve@x.com"]
    )
    # That all have one domain makes nothing belong together.
    wanted = [{"name": "Asha", "mail": "asha@x.com"}, {"name": "Bala", "mail": "bala@x.com"}]
    assert rows == [wanted]


def test_long_lists_are_not_written_out() -> None:
    names = [f"name{'abcdefghijklmnopqrst'[n]}" for n in range(20)]
    found = suggested({"Model_1": {"a": names, "b": names[:]}, "Model_1_positive": {}})
    assert found["rows"][0].lines[-1] == "  # and so on, 20 rows"
    assert len(found["rows"][0].lines) == 14


def test_lists_of_the_oldest_format_may_belong_together() -> None:
    assert "rows" in suggested({"Edit_1": {"city": "Kochi,Salem", "state": "KL,TN"}})


def test_pairs_are_rows_already() -> None:
    old = json.dumps({"Edit_1": {"city": "Kochi,Salem", "state": "KL,TN"}}).encode()
    done = migrate_user_input("old.json", old, MigrationOptions(reading=Reading(pairs=True)))
    assert [item for item in done.suggestions if item.kind == "rows"] == []


def test_sections_that_say_the_same_are_told() -> None:
    old = {"Edit_1": {"a": "1,2"}, "Edit_2": {"a": " 2 ,1"}, "Edit_3": {"a": "1"}}
    (equal,) = suggested(old)["equal"]
    assert equal.text == "Edit_1, Edit_2 say the same; one of them is enough"


def shared(data: object) -> list[Suggestion]:
    done = migrate_user_input("old.json", json.dumps(data).encode(), MigrationOptions())
    return list(shared_pools(done.pools))


def test_a_pool_of_two_models_could_be_a_vocabulary() -> None:
    old = {
        "Model_1": {"home city": ["A", "B", "C"]},
        "Model_2": {"town": ["C", "B", "A"]},
        "Model_2_negative": {"town": [""]},
    }
    (one,) = shared(old)
    assert one.text.startswith("Model_1, Model_2 share a pool of 3 values (home city)")
    assert one.lines[-1] == '"home city": {$vocab: home_city}'


def test_scenarios_of_one_model_share_their_pools_as_it_is() -> None:
    oldest = {"Edit_1": {"a": "1,2,3", "b": "x"}, "Edit_2": {"a": "1,2,3", "b": "y"}}
    assert not shared(oldest)
    old = {"Model_1": {"a": ["1", "2", "3"]}, "Model_1_positive": {"b": ["1", "2", "3"]}}
    assert not shared(old)


def test_repeated_values_and_short_pools_are_not_worth_a_file() -> None:
    def models(*values: str) -> list[ModelPools]:
        return [ModelPools(model=name, sections={"": {"a": values}}) for name in ("M", "N")]

    assert not list(shared_pools(models("x", "x", "x")))
    assert not list(shared_pools(models("x", "y")))
    assert list(shared_pools(models("x", "y", "z")))


def test_a_name_that_the_master_spells_otherwise_is_mapped() -> None:
    master = {"template": {"SRVC_FROM_DT": "1", "PAT": {"FRST_NME": "x"}, "city": "y"}}
    old = {
        "Edit_1": {"srvc_from_date": "1,2", "PAT": {"first_name": "a"}, "city": "b", "cite": "c"}
    }
    first, second = suggested(old, master)["mapping"]
    assert "srvc_from_date has no counterpart in the master, but SRVC_FROM_DT is near" in first.text
    assert first.lines == ("srvc_from_date:", '  $choice: ["1", "2"]', "  $to: SRVC_FROM_DT")
    assert "but PAT.FRST_NME is near" in second.text
    assert second.lines == ("first_name:", "  $const: a", "  $to: FRST_NME")


def lines_in_place(data: dict[str, Json], one: Suggestion) -> dict[str, Json]:
    """Return the model ``data`` with what a suggestion says at the top of it."""
    root = parse("lines.yaml", "\n".join(one.lines).encode()).root
    assert isinstance(root, MappingNode)
    stated = plain_data(root)
    assert isinstance(stated, dict)
    rows = stated.get("$rows")
    gone = set(rows[0]) if isinstance(rows, list) and isinstance(rows[0], dict) else set()
    return {**{key: item for key, item in data.items() if key not in gone}, **stated}


@pytest.mark.parametrize("kind", ["rule", "rows"])
@pytest.mark.parametrize("sample", ["claims_user_input", "model_x_user_input", "edit_x"])
def test_what_is_suggested_of_a_sample_is_a_valid_spec(sample: str, kind: str) -> None:
    data = json.loads((LEGACY / f"{sample}.json").read_text())
    done = migrate_user_input("old.json", json.dumps(data).encode(), MigrationOptions())
    assert done.new is not None
    model = json.loads(done.new)["Model_1"]
    model.pop("$scenarios", None)
    for one in done.suggestions:
        if one.kind == kind:
            text = json.dumps({"Model_1": lines_in_place(model, one)})
            spec, found = build_user_input(parse("new.json", text.encode()), BuildContext())
            assert spec is not None, found
            assert not has_errors(found)
