"""In which order kinds of faults are tried, and which twins break alike."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.scenarios.faults.mutations import ABOVE, BELOW, EMPTY, NULL, OWN, WRONG_TYPE
from mockgen_watch.scenarios.faults.turns import Alike, Breakage
from mockgen_watch.scenarios.promise.keep import Broken
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.scenarios.faults.breaker import Breaker
    from mockgen_watch.scenarios.source import Fault


def breakage(*kinds: str, rare: tuple[str, ...] = ()) -> Breakage:
    return Breakage(kinds=kinds, impossible={}, rare=rare)


@pytest.mark.parametrize("number", [0, 1, 5])
def test_kinds_take_turns_and_each_is_tried(number: int) -> None:
    known = breakage(BELOW, ABOVE, NULL)
    orders = [known.order(number, turn, 0) for turn in range(12)]
    assert all(sorted(order) == sorted(known.kinds) for order in orders)
    assert Counter(order[0] for order in orders) == {BELOW: 4, ABOVE: 4, NULL: 4}


def test_at_most_one_in_four_is_of_the_wrong_type() -> None:
    for kinds in ((BELOW, WRONG_TYPE), (BELOW, ABOVE, NULL, EMPTY, WRONG_TYPE)):
        first = [breakage(*kinds).order(0, turn, 0)[0] for turn in range(40)]
        assert 0 < first.count(WRONG_TYPE) <= 10


def test_stated_values_come_first_and_then_take_turns() -> None:
    known = breakage(BELOW, ABOVE, OWN)
    first = [known.order(0, turn, 2)[0] for turn in range(8)]
    assert first[:2] == [OWN, OWN]
    assert OWN in first[2:]
    assert BELOW in first


def test_rare_kinds_come_first_every_other_time() -> None:
    known = breakage(BELOW, ABOVE, rare=(EMPTY,))
    first = [known.order(0, turn, 0)[0] for turn in range(8)]
    assert first[1::2] == [EMPTY] * 4
    assert EMPTY not in first[::2]


def test_without_kinds_there_is_nothing_to_try() -> None:
    assert breakage().order(0, 3, 0) == ()
    assert breakage(OWN).order(0, 3, 0) == (OWN,)


SPEC = {
    "text": ["A", "BB", "CCC"],
    "size": {"$integer": [1, 4]},
    "day": {"$date": {"from": "2025-01-01", "to": "2025-01-05"}},
    "end": {"$date": {"from": "2025-01-03", "to": "2025-01-09"}},
    "many": {"$array": {"min": 1, "max": 2}, "$items": {"n": [1, 2]}},
    "$rules": {
        "text": {"field": "text", "schema": {"enum": ["A", "BB", "CCC"]}},
        "size": {"field": "size", "schema": {"maximum": 4}},
        "days": {"cel": "record.day <= record.end"},
        "both": {"cel": "record.text != 'A' || record.size < 4"},
        "many": {"field": "many.n", "schema": {"maximum": 2}},
    },
    "$scenarios": {"positive": {}, "negative": {"text": ["", "x"]}},
    "$count": 40,
}


def breaker_of(spec: object) -> Breaker:
    (part,) = compile_source(plans_of(json.dumps({"M": spec}))["negative"]).parts
    assert isinstance(part, Broken)
    return part.breaker


def test_twins_that_are_alike_break_alike() -> None:
    breaker = breaker_of(SPEC)
    chance = random.Random(4)
    known: dict[object, Fault | None] = {}
    asked = 0
    for _ in range(3000):
        index = chance.randrange(400)
        number = breaker.turns[index % len(breaker.turns)]
        rule = breaker.terms.rules[number]
        twin = breaker.twins.record_at(chance.randrange(60))
        del twin["many"]
        alike = Alike(rule, breaker.breakages[number], number)
        turn = index // len(breaker.turns)
        own = breaker.own(rule, index, twin)
        key = alike.key_of(twin, turn, own)
        if key is None:
            continue
        fault = breaker._single(twin, number, turn, own, ())
        assert known.setdefault((number, key), fault) == fault
        asked += 1
    assert len(known) < asked


def test_of_arrays_plugins_and_stated_turns_nothing_is_kept() -> None:
    breaker = breaker_of(SPEC)
    by_name = {rule.name: number for number, rule in enumerate(breaker.terms.rules)}
    twin = breaker.twins.record_at(0)
    number = by_name["many"]
    many = Alike(breaker.terms.rules[number], breaker.breakages[number], number)
    assert many.key_of({"many": [{"n": 1}, {"n": 2}]}, 9, ()) is None
    number = by_name["text"]
    text = Alike(breaker.terms.rules[number], breaker.breakages[number], number)
    own = breaker.own(breaker.terms.rules[number], 0, twin)
    assert len(own) == 2
    assert text.key_of(twin, 1, own) is None
    assert text.key_of(twin, 2, own) is not None


def test_what_is_hardly_ever_alike_is_not_kept_for_long() -> None:
    breaker = breaker_of(SPEC)
    number = breaker.turns[0]
    alike = Alike(breaker.terms.rules[number], breaker.breakages[number], number)
    kept = 0
    for turn in range(9000):
        key = alike.key_of({"text": f"t{turn}"}, turn, ())
        if key is not None:
            alike.keep(key, None)
            kept += 1
    assert 1000 < kept < 4000
