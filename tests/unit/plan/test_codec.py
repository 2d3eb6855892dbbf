"""Plans that went through the cache are the plans that were put there."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.dataclass import replace
from mockgen_watch.plan.codec import decode_plans, encode_plans, plan_classes
from mockgen_watch.plan.model import Draw, FirstChoices, OutputPlan
from mockgen_watch.plan.selection import Selection
from mockgen_watch.workflow.prepare import Preparer
from mockgen_watch.workflow.project import open_project
from tests.golden.contract import contract_plan

if TYPE_CHECKING:
    from mockgen_watch.rules.plugin import Checker
    from mockgen_watch.spec.document import Json

ROOT = Path(__file__).parents[3]
SUITES = ("claims", "eligibility", "members_legacy", "profiles_legacy")


def plans_of(suite: str, selection: Selection | None = None) -> tuple[OutputPlan, ...]:
    plans = Preparer(open_project(ROOT).loader, selection or Selection()).plans(suite)
    assert plans
    return plans


@pytest.mark.parametrize("suite", SUITES)
def test_the_plans_of_a_suite_come_back(suite: str) -> None:
    plans = plans_of(suite)
    found = decode_plans(encode_plans(plans))
    assert found == plans
    # True equals 1, and a tuple differs from a list, so the types are looked at too.
    assert repr(found) == repr(plans)


def test_every_kind_of_leaf_comes_back() -> None:
    first = FirstChoices(draw=Draw.ROWS, path=("a",), elements=(0,), choices=(b"\x00\xff", None))
    records = replace(contract_plan(), first=(first,))
    (plan, *_) = plans_of("claims")
    plan = replace(plan, records=records)
    (found,) = decode_plans(encode_plans([plan])) or ()
    assert found == plan
    assert repr(found) == repr(plan)


def test_values_keep_their_types() -> None:
    (plan, *_) = plans_of("eligibility")
    values: Json = [
        1,
        True,
        "1",
        None,
        Decimal("1.0"),
        Decimal("1.00"),
        10**30,
        "é\u2028\0",
        [1, [True]],
    ]
    nested: Json = {"a": [1, {}], "b": Decimal("-0")}
    plan = replace(plan, output=replace(plan.output, options=(("all", values), ("nested", nested))))
    (found,) = decode_plans(encode_plans([plan])) or ()
    assert repr(found.output.options) == repr(plan.output.options)


def test_equal_plans_have_equal_bytes() -> None:
    assert encode_plans(plans_of("claims")) == encode_plans(plans_of("claims"))


def _odd(params: object, /) -> Checker:
    raise NotImplementedError(params)


def test_what_no_plan_has_is_refused() -> None:
    (plan, *_) = plans_of("claims")
    odd = replace(plan, records=replace(plan.records, rule_types={"p/n": _odd}))
    with pytest.raises(TypeError, match="a plan has no"):
        encode_plans([odd])


def test_damage_is_nothing_at_all() -> None:
    data = encode_plans(plans_of("profiles_legacy"))
    chance = random.Random(7)
    for length in chance.sample(range(len(data)), 200):
        assert decode_plans(data[:length]) is None
    unharmed = 0
    for place in chance.sample(range(len(data)), 400):
        harmed = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
        found = decode_plans(harmed)
        unharmed += found is not None
        assert found is None or all(isinstance(plan, OutputPlan) for plan in found)
    # A letter of a text may be another one; the cache's checksum is for that.
    assert unharmed < 400


@pytest.mark.parametrize(
    "text", ["null", "[]", "[1,[],[],[1]]", "[1,[],[[9]],[[0]]]", "[0,[],[],[]]"]
)
def test_other_data_are_nothing_at_all(text: str) -> None:
    assert decode_plans(text.encode()) is None


def test_classes_with_other_fields_are_not_taken() -> None:
    version, classes, *rest = json.loads(encode_plans(plans_of("claims")))
    assert decode_plans(json.dumps([version, classes, *rest]).encode()) is not None
    for at, (name, fields) in enumerate(classes):
        changed = [*classes]
        changed[at] = [name, [*fields, "more"]]
        assert decode_plans(json.dumps([version, changed, *rest]).encode()) is None
    assert {name for name, _ in classes} <= plan_classes().keys()
