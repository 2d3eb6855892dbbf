"""Keys: what decides the bytes changes them, and nothing else does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.masters.shapes import canonical_form, form_bytes
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext, Selection, records_form
from mockgen_watch.spec.generators import Reference, SequenceNumber
from mockgen_watch.spec.model import Layout, Model, RuleKind, RuleSpec
from tests.unit.masters.shapes import Data, field, master, model, scenario, user_input

IDS = SequenceNumber(start=1, step=1, width=0, prefix="M")
CONTEXT = PlanContext(contract=1)
BASE: Data = {"a": ["x", "y"], "o": {"b": 1}, "l": [{"c": ["p"]}]}


def keys(
    *models: Model,
    lower: Data = None,
    context: PlanContext = CONTEXT,
    path: str = "s/user_input.yaml",
) -> dict[str, str]:
    above = None if lower is None else master(lower)
    plans, _ = compile_suite("s", user_input(*models, path=path), above, context)
    return {f"{plan.model}/{plan.scenario}": plan.key for plan in plans}


def key(data: Data, **others: Data) -> str:
    return keys(model("A", data), **others)["A/base"]


def test_the_same_spec_on_other_lines_has_the_same_key() -> None:
    # The helper numbers its lines on and on, so a second model stands on other lines.
    assert key(BASE) == key(BASE)
    assert key(BASE, lower={"s": {"z": 1}}) == key(BASE, lower={"s": {"z": 1}})


def test_the_same_spec_in_another_file_has_the_same_key() -> None:
    assert key(BASE) == key(BASE, path="t/user_input.json")


def test_a_field_has_one_key_whether_model_or_scenario_states_it() -> None:
    plain = keys(model("A", {"a": 1}, scenario("positive")))
    overlaid = keys(model("A", {"a": 2}, scenario("positive", {"a": 1})))
    assert plain == overlaid


CHANGES: list[Data] = [
    {**BASE, "a": ["x", "z"]},
    {**BASE, "a": ["x", "y", "y"]},
    {**BASE, "new": 1},
    {"o": {"b": 1}, "a": ["x", "y"], "l": [{"c": ["p"]}]},
    {**BASE, "a": field(["x", "y"], id="other")},
    {**BASE, "a": field(["x", "y"], unique=True)},
    {**BASE, "o": {"b": "1"}},
    {**BASE, "o": {"b": True}},
    {**BASE, "l": [{"c": ["q"]}]},
]


@pytest.mark.parametrize("index", range(len(CHANGES)))
def test_a_change_of_the_record_changes_the_key(index: int) -> None:
    assert key(CHANGES[index]) != key(BASE)


@pytest.mark.parametrize(
    "context",
    [
        PlanContext(contract=2),
        PlanContext(contract=1, selection=Selection(seed=8)),
        PlanContext(contract=1, selection=Selection(count=2)),
        PlanContext(contract=1, selection=Selection(format="yaml")),
        PlanContext(contract=1, selection=Selection(layout=Layout.SPLIT)),
    ],
)
def test_contract_seed_count_and_output_change_the_key(context: PlanContext) -> None:
    assert key(BASE, context=context) != key(BASE)


def test_a_change_of_one_scenario_leaves_the_keys_of_the_others() -> None:
    before = keys(model("A", BASE, scenario("positive"), scenario("negative", {"a": "q"})))
    after = keys(model("A", BASE, scenario("positive"), scenario("negative", {"a": "r"})))
    assert before["A/positive"] == after["A/positive"]
    assert before["A/negative"] != after["A/negative"]


def test_a_change_of_the_parent_changes_the_key_where_it_matters() -> None:
    child = model("C", {"p": Reference(suite="", model="P", path=("id",))})

    def of(**fields: Data) -> str:
        return keys(child, model("P", {"id": IDS, **fields}))["C/base"]

    assert of() == of(name="x")
    assert of(id=["x"]) != of()
    fewer = keys(child, model("P", {"id": IDS}, scenario("base", count=5)))["C/base"]
    assert fewer != of()


def test_the_content_of_a_schema_that_a_rule_reads_is_part_of_the_key() -> None:
    rule = RuleSpec(
        name="r",
        kind=RuleKind.CONFORMS,
        field=(),
        schema=None,
        expression="specs/s.json",
        location=Location(path="u.yaml"),
    )
    ruled = replace(model("A", BASE), rules=(rule,))
    first, second, unrelated = (
        keys(ruled, context=PlanContext(contract=1, digests=digests))["A/base"]
        for digests in (
            {"specs/s.json": "1"},
            {"specs/s.json": "2"},
            {"specs/s.json": "1", "specs/t.json": "3"},
        )
    )
    assert first != second
    assert first == unrelated


def test_many_ways_to_one_parent_do_not_multiply_its_form() -> None:
    models = [model("M0", {"id": IDS})]
    for level in range(1, 30):
        target = Reference(suite="", model=f"M{level - 1}", path=("id",))
        models.append(model(f"M{level}", {"id": target, "x": target, "y": target}))
    plans, found = compile_suite("s", user_input(*models), None, CONTEXT)
    assert found == []
    assert len(str(records_form(plans[-1].records))) < 5000


def test_the_parts_of_a_mix_are_part_of_its_key() -> None:
    def of(weight: int, value: str) -> str:
        parts = scenario("positive"), scenario("negative", {"a": value})
        mixed = scenario("mixed", mix={"positive": 1, "negative": weight})
        return keys(model("A", BASE, *parts, mixed))["A/mixed"]

    assert of(1, "q") == of(1, "q")
    assert len({of(1, "q"), of(2, "q"), of(1, "r")}) == 3


def test_data_of_another_type_has_no_form() -> None:
    with pytest.raises(TypeError, match="float"):
        canonical_form(1.5)


@pytest.mark.parametrize(
    ("left", "right"),
    [(1, True), (1, "1"), (Decimal(1), 1), (["a"], {"a": 1}), (["list", []], [[]]), (None, "null")],
)
def test_no_two_values_have_one_form(left: Data, right: Data) -> None:
    assert form_bytes(canonical_form(left)) != form_bytes(canonical_form(right))
