"""Suites become plans: which outputs, with what records, and the findings that stop them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext, Selection, SuiteSource
from mockgen_watch.spec.generators import Reference, SequenceNumber, Template
from mockgen_watch.spec.model import (
    ConditionSpec,
    Coverage,
    CoverageSpec,
    ExclusionSpec,
    Layout,
    Leaf,
    Model,
    OutputOptions,
    RuleKind,
    RuleSpec,
    find_shape,
    walk_leaves,
)
from tests.unit.masters.shapes import (
    DELETED,
    Data,
    field,
    master,
    model,
    plain,
    record,
    scenario,
    template,
    user_input,
)

if TYPE_CHECKING:
    from mockgen_watch.plan.model import OutputPlan, RecordPlan

IDS = SequenceNumber(start=1, step=1, width=0, prefix="M")
PLACE = record({}).origin.location


def ref(model_name: str, *path: str, suite: str = "", scenario: str = "") -> Reference:
    return Reference(suite=suite, model=model_name, path=path, scenario=scenario)


def compiled(
    *models: Model,
    lower: Data = None,
    context: PlanContext | None = None,
    selection: Selection | None = None,
) -> tuple[dict[str, OutputPlan], list[str]]:
    """Return the plans by ``model/scenario``, and the findings as ``code message``."""
    context = context or PlanContext(contract=1)
    if selection is not None:
        context = replace(context, selection=selection)
    above = None if lower is None else master(lower)
    plans, found = compile_suite("claims", user_input(*models), above, context)
    outputs = {f"{plan.model}/{plan.scenario}": plan for plan in plans}
    return outputs, [f"{item.code} {item.message}" for item in found]


def parent_of(records: RecordPlan, field_name: str) -> tuple[Reference, RecordPlan]:
    leaf = find_shape(records.shape, (field_name,))
    assert isinstance(leaf, Leaf)
    assert isinstance(leaf.generator, Reference)
    return leaf.generator, dict(records.parents)[leaf.generator]


def test_each_scenario_of_each_model_is_an_output() -> None:
    plans, found = compiled(
        model("A", {"a": 1}, scenario("positive", count=3), scenario("negative", {"a": 2})),
        model("B", {"b": 1}, id="old"),
    )
    assert found == []
    assert list(plans) == ["A/positive", "A/negative", "B/base"]
    assert [plan.count for plan in plans.values()] == [3, 1, 1]
    assert [plain(plan.records.shape) for plan in plans.values()] == [{"a": 1}, {"a": 2}, {"b": 1}]
    assert [plan.records.model_id for plan in plans.values()] == ["A", "A", "old"]
    assert {plan.records.seed for plan in plans.values()} == {7}
    assert {plan.suite for plan in plans.values()} == {"claims"}


def test_overlay_and_master_meet() -> None:
    plans, found = compiled(
        model("A", {"a": 1, "b": 2}, scenario("positive", {"b": 3})),
        lower={"v": 1, "slot": {"c": 4, "a": 0}},
    )
    assert found == []
    records = plans["A/positive"].records
    assert plain(records.shape) == {"v": 1, "slot": {"c": 4, "a": 1, "b": 3}}
    assert records.slot == ("slot",)
    assert records.path_of(("b",)) == ("slot", "b")


def test_a_plan_tells_where_a_moved_field_is() -> None:
    plans, _ = compiled(model("A", {"a": field(1, to=("o", "x"))}), lower={"slot": {"o": {}}})
    assert plans["A/base"].records.path_of(("a",)) == ("slot", "o", "x")


def test_inputs_are_all_files_that_an_output_depends_on() -> None:
    context = PlanContext(contract=1, inputs=("specs/mockgen.yaml", "specs/_vocab/v.yaml"))
    plans, _ = compiled(model("A", {"a": 1}), lower={"slot": {}}, context=context)
    assert plans["A/base"].inputs == (
        "specs/_vocab/v.yaml",
        "specs/claims/user_input.yaml",
        "specs/master.yaml",
        "specs/mockgen.yaml",
    )


def test_one_finding_of_all_scenarios_is_told_once() -> None:
    _, found = compiled(
        model("A", {"a": "x"}, scenario("positive"), scenario("exclusion")),
        lower={"slot": {"a": 1}},
    )
    assert found == ['MG304 "a" can be text, but the master has a number there']


# references


def test_a_reference_leads_to_the_records_of_its_parent() -> None:
    plans, found = compiled(
        model("Claim", {"member": ref("Member", "id")}, scenario("base", count=9)),
        model("Member", {"id": IDS, "name": "x"}, scenario("base", count=4)),
    )
    assert found == []
    reference, parent = parent_of(plans["Claim/base"].records, "member")
    assert reference == ref("Member", "id", suite="claims", scenario="base")
    assert parent.count == 4
    assert parent.model_id == "Member"
    assert plain(parent.shape) == {"id": IDS}


@pytest.mark.parametrize(
    ("scenarios", "asked", "expected"),
    [
        (["negative", "positive", "base"], "", "base"),
        (["negative", "positive"], "", "positive"),
        (["negative", "odd"], "", "negative"),
        (["negative", "positive"], "negative", "negative"),
        (["Odd"], "odd", "Odd"),
    ],
)
def test_the_scenario_of_the_parent_is_chosen(
    scenarios: list[str], asked: str, expected: str
) -> None:
    parent = model("P", {"id": IDS}, *(scenario(name) for name in scenarios))
    plans, found = compiled(model("A", {"p": ref("P", "id", scenario=asked)}), parent)
    assert found == []
    assert parent_of(plans["A/base"].records, "p")[0].scenario == expected


def test_a_reference_leads_through_slot_and_move() -> None:
    plans, found = compiled(
        model("A", {"p": ref("P", "id"), "q": ref("P", "o", "x")}),
        model("P", {"id": field(IDS, to=("key",)), "o": {"x": 1}}),
        lower={"slot": {}},
    )
    assert found == []
    paths = [reference.path for reference, _ in plans["A/base"].records.parents]
    assert paths == [("slot", "key"), ("slot", "o", "x")]


def test_references_chain() -> None:
    plans, found = compiled(
        model("A", {"b": ref("B", "c")}),
        model("B", {"c": ref("C", "id"), "other": 1}),
        model("C", {"id": IDS}),
    )
    assert found == []
    _, second = parent_of(plans["A/base"].records, "b")
    _, third = parent_of(second, "c")
    assert plain(third.shape) == {"id": IDS}
    assert plans["A/base"].records.parents[0][1].parents == second.parents


def test_a_parent_is_planned_with_what_its_templates_name() -> None:
    made = template("x", ("name", "first"), ("id",))
    parent = {"id": IDS, "name": {"first": "a", "last": "b"}, "mail": made, "z": 1}
    plans, found = compiled(model("A", {"m": ref("P", "mail")}), model("P", parent))
    assert found == []
    assert plain(parent_of(plans["A/base"].records, "m")[1].shape) == {
        "id": IDS,
        "name": {"first": "a"},
        "mail": made,
    }


RULE = RuleSpec(
    name="r", kind=RuleKind.SCHEMA, field=("id",), schema={}, expression="", location=PLACE
)


@pytest.mark.parametrize("what", ["rules", "coverage"])
def test_a_parent_whose_records_are_chosen_as_a_whole_is_planned_whole(what: str) -> None:
    parent = model("P", {"id": IDS, "z": 1})
    if what == "rules":
        parent = replace(parent, rules=(RULE,))
    else:
        covered = replace(parent.scenarios[0], coverage=CoverageSpec(strength=Coverage.EACH))
        parent = replace(parent, scenarios=(covered,))
    plans, found = compiled(model("A", {"p": ref("P", "z"), "q": ref("P", "id")}), parent)
    assert found == []
    assert plain(parent_of(plans["A/base"].records, "p")[1].shape) == {"id": IDS, "z": 1}
    # Nothing changes what counts, so that the other fields play no part in it.
    alone = parent_of(plans["A/base"].records, "q")[1]
    assert plain(alone.shape) == {"id": IDS}
    assert not alone.rules
    assert not alone.coverage.is_asked


def test_models_may_refer_to_each_other_and_to_themselves() -> None:
    plans, found = compiled(
        model("Employee", {"id": IDS, "dept": ref("Dept", "id"), "boss": ref("Employee", "id")}),
        model("Dept", {"id": IDS, "head": ref("Employee", "id")}),
    )
    assert found == ["MG411 records of Employee can refer to each other in a circle"]
    assert len(plans) == 2


CIRCLES = [
    ([("A", {"x": ref("A", "x")})], "A.x → A.x"),
    ([("A", {"x": ref("B", "y")}), ("B", {"y": ref("A", "x")})], "A.x → B.y → A.x"),
    (
        [("B", {"x": ref("C", "x")}), ("C", {"x": ref("A", "x")}), ("A", {"x": ref("B", "x")})],
        "A.x → B.x → C.x → A.x",
    ),
    (
        [("A", {"x": template(("y",)), "y": ref("B", "y")}), ("B", {"y": ref("A", "x")})],
        "A.y → B.y → A.y",
    ),
]


@pytest.mark.parametrize(("models", "circle"), CIRCLES)
def test_a_circle_is_named_in_full_once(models: list[tuple[str, Data]], circle: str) -> None:
    plans, found = compiled(*(model(name, data) for name, data in models))
    assert plans == {}
    assert found == [f"MG215 circular references: {circle}"]


def test_a_model_that_leads_into_a_circle_has_no_plan_either() -> None:
    plans, found = compiled(
        model("In", {"x": ref("A", "x")}), model("A", {"x": ref("A", "x")}), model("C", {"a": 1})
    )
    assert list(plans) == ["C/base"]
    assert found == ["MG215 circular references: A.x → A.x"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (ref("Membr", "id"), 'MG203 $ref: unknown model "Membr"'),
        (ref("Q", "id", suite="base"), 'MG203 $ref: unknown model "Q" in suite "base"'),
        (ref("Member", "idd"), 'MG203 $ref Member.idd: unknown field "idd"'),
        (ref("Member", "oo", "a"), 'MG203 $ref Member.oo.a: unknown field "oo"'),
        (ref("Member", "o"), "MG218 $ref Member.o: this is an object or inside an array"),
        (ref("Member", "l", "a"), "MG218 $ref Member.l.a: this is an object or inside an array"),
        (
            ref("Member", "id", scenario="positve"),
            'MG216 $ref: Member has no scenario "posi',
        ),
        (
            ref("Member", "id", scenario="mixed"),
            'MG216 $ref: Member has no scenario "mixed" that is not a mix',
        ),
        (ref("X", "id", suite="other"), 'MG203 $ref: unknown suite "other"'),
        (ref("X", "id", suite="broken"), 'MG203 $ref: suite "broken" has errors'),
    ],
)
def test_a_reference_to_nothing_is_an_error(reference: Reference, message: str) -> None:
    member = model(
        "Member",
        {"id": IDS, "o": {"a": 1}, "l": [{"a": 1}]},
        scenario("positive"),
        scenario("mixed", mix={"positive": 1}),
    )
    context = replace(other_suite(model("P", {})), suites=("base", "broken", "claims"))
    plans, found = compiled(model("Claim", {"m": reference}), member, context=context)
    assert "Claim/base" not in plans
    assert len(found) == 1
    assert found[0].startswith(message)


def test_a_reference_to_a_model_of_mixes_alone_is_an_error() -> None:
    parent = model("P", {"id": IDS}, scenario("mixed", mix={"x": 1}))
    _, found = compiled(
        model("A", {"p": ref("P", "id")}), parent, selection=Selection(models=("A",))
    )
    assert found == ["MG216 $ref: every scenario of P is a mix"]


def test_a_reference_to_a_field_that_only_the_master_has() -> None:
    plans, found = compiled(
        model("A", {"s": ref("A", "state")}), lower={"v": 1, "slot": {"state": "NY"}}
    )
    assert found == ["MG411 records of A can refer to each other in a circle"]
    assert plans["A/base"].records.parents[0][0].path == ("slot", "state")


def other_suite(*models: Model) -> PlanContext:
    spec = user_input(*models, path="specs/base/user_input.yaml")
    source = SuiteSource(
        suite="base", user_input=spec, master=master({"s": {}}), inputs=("specs/_vocab/v.yaml",)
    )
    return PlanContext(contract=1, lookup={"base": source}.get, suites=("base", "claims"))


def test_a_reference_leads_to_another_suite_and_its_files_are_inputs() -> None:
    context = other_suite(
        model("P", {"id": ref("Q", "id")}, scenario("base", count=5)), model("Q", {"id": IDS})
    )
    plans, found = compiled(model("A", {"p": ref("P", "id", suite="base")}), context=context)
    assert found == []
    plan = plans["A/base"]
    assert plan.records.parents[0][0] == ref("P", "s", "id", suite="base", scenario="base")
    assert plan.records.parents[0][1].count == 5
    assert plan.inputs == (
        "specs/_vocab/v.yaml",
        "specs/base/user_input.yaml",
        "specs/claims/user_input.yaml",
        "specs/master.yaml",
    )


def test_what_is_wrong_with_a_parent_in_another_suite_stops_this_one() -> None:
    context = other_suite(model("P", {"id": ref("Nobody", "id")}))
    plans, found = compiled(model("A", {"p": ref("P", "id", suite="base")}), context=context)
    assert plans == {}
    assert found == ['MG203 $ref: unknown model "Nobody"']


# mixes


def test_a_mix_has_a_plan_for_each_part_with_the_count_of_the_mix() -> None:
    plans, found = compiled(
        model(
            "A",
            {"a": 1, "b": 1},
            scenario("positive", count=2),
            scenario("negative", {"a": 2}, count=3),
            scenario("mixed", {"b": 9}, count=50, mix={"positive": 70, "negative": 30}),
        )
    )
    assert found == []
    mixed = plans["A/mixed"]
    assert [(part.scenario, part.weight, part.records.count) for part in mixed.mix] == [
        ("positive", Decimal(70), 50),
        ("negative", Decimal(30), 50),
    ]
    assert [plain(part.records.shape) for part in mixed.mix] == [{"a": 1, "b": 9}, {"a": 2, "b": 9}]
    assert mixed.records == mixed.mix[0].records
    assert mixed.count == 50
    assert [part.records.scenario for part in mixed.mix] == ["positive", "negative"]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("positiv", 'MG216 A has no scenario "positiv" that can be mixed'),
        ("mixed", 'MG216 "mixed" of A is itself a mix'),
    ],
)
def test_a_mix_of_something_else_is_an_error(part: str, message: str) -> None:
    plans, found = compiled(
        model("A", {"a": 1}, scenario("positive"), scenario("mixed", mix={part: 1}))
    )
    assert list(plans) == ["A/positive"]
    assert found == [message]


# what a command line asks


SELECTED = (
    model("A", {"p": ref("P", "id")}, scenario("positive", count=2), scenario("negative", count=3)),
    model("P", {"id": IDS}, scenario("base", count=4)),
)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), {"A/positive": 2, "A/negative": 3, "P/base": 4}),
        (Selection(models=("a",)), {"A/positive": 2, "A/negative": 3}),
        (Selection(scenarios=("POSITIVE", "base")), {"A/positive": 2, "P/base": 4}),
        (Selection(models=("A",), scenarios=("base",)), {}),
        (Selection(count=9), {"A/positive": 9, "A/negative": 9, "P/base": 9}),
    ],
)
def test_a_selection_narrows_the_outputs(selection: Selection, expected: dict[str, int]) -> None:
    plans, found = compiled(*SELECTED, selection=selection)
    assert found == []
    assert {name: plan.count for name, plan in plans.items()} == expected


@pytest.mark.parametrize(("selection", "count"), [(("A",), 4), ((), 9)])
def test_a_parent_that_is_not_selected_keeps_its_count(
    selection: tuple[str, ...], count: int
) -> None:
    plans, _ = compiled(*SELECTED, selection=Selection(models=selection, count=9))
    assert plans["A/positive"].count == 9
    assert plans["A/positive"].records.parents[0][1].count == count


def test_a_seed_holds_for_parents_too() -> None:
    plans, _ = compiled(*SELECTED, selection=Selection(seed=99))
    records = plans["A/positive"].records
    assert (records.seed, records.parents[0][1].seed) == (99, 99)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), OutputOptions(format="csv", options=(("header", True),))),
        (Selection(format="csv"), OutputOptions(format="csv", options=(("header", True),))),
        (Selection(format="json"), OutputOptions(format="json")),
        (
            Selection(layout=Layout.SPLIT),
            OutputOptions(format="csv", layout=Layout.SPLIT, options=(("header", True),)),
        ),
    ],
)
def test_format_and_layout_can_be_asked_for(selection: Selection, expected: OutputOptions) -> None:
    options = OutputOptions(format="csv", options=(("header", True),))
    plans, _ = compiled(
        model("A", {"a": 1}, replace(scenario("base"), output=options)), selection=selection
    )
    assert plans["A/base"].output == expected


# what only shows when all is put together


@pytest.mark.parametrize(
    ("data", "overlay", "lower", "message"),
    [
        ({"a": DELETED}, None, None, 'MG218 $delete removes nothing at "a": there is no master'),
        ({"a": DELETED}, None, {"s": {"b": 1}}, 'MG218 $delete removes nothing at "a": the master'),
        ({"a": DELETED}, None, {"s": {"a": 1}}, ""),
        ({"a": 1}, {"a": DELETED}, None, ""),
        ({"a": 1}, {"b": DELETED}, {"s": {"b": 1}}, ""),
        (
            {"a": 1},
            {"b": DELETED},
            {"s": {"c": 1}},
            'MG218 $delete removes nothing at "b": the master',
        ),
        ({"o": {"a": DELETED}}, None, {"s": {"o": {"a": 1}}}, ""),
    ],
)
def test_a_delete_that_drops_nothing_is_an_error(
    data: Data, overlay: Data, lower: Data, message: str
) -> None:
    _, found = compiled(model("A", data, scenario("positive", overlay)), lower=lower)
    assert [item[: len(message)] for item in found] == ([message] if message else [])


def with_rules(subject: Model, *fields: str) -> Model:
    rules = tuple(replace(RULE, name=name, field=tuple(name.split("."))) for name in fields)
    return replace(subject, rules=rules)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a", []),
        ("o.b", []),
        ("state", []),
        ("moved", []),
        ("extra", []),
        ("aa", ['MG218 "aa" is not a field of A: unknown field "aa"']),
        ("o.c", ['MG218 "o.c" is not a field of A: unknown field "c"']),
    ],
)
def test_a_rule_names_a_field_of_the_record(name: str, found: list[str]) -> None:
    subject = model(
        "A",
        {"a": 1, "o": {"b": 1}, "moved": field(1, to=("q", "r"))},
        scenario("positive"),
        scenario("negative", {"extra": 1}),
    )
    assert compiled(with_rules(subject, name), lower={"s": {"state": "x"}})[1] == found


def test_an_exclusion_names_a_field_of_the_record() -> None:
    condition = ConditionSpec(field=("stat",), test=["NY"], location=PLACE)
    clause = ExclusionSpec(name="x", conditions=(condition,), location=PLACE)
    subject = replace(model("A", {"state": "NY"}), exclusions=(clause,))
    assert compiled(subject)[1] == ['MG218 "stat" is not a field of A: unknown field "stat"']


def test_templates_lead_to_fields_of_the_whole() -> None:
    plans, found = compiled(
        model("A", {"t": template("x", ("state",))}), lower={"s": {"state": "x"}}
    )
    assert found == []
    templates = [
        leaf.generator
        for _, leaf in walk_leaves(plans["A/base"].records.shape)
        if isinstance(leaf.generator, Template)
    ]
    assert templates == [template("x", ("s", "state"))]
