"""In which order kinds of faults are tried, and which twins have the same fault."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.scenarios.faults.broken_chunks import FaultCache
from mockgen_watch.scenarios.faults.kinds import (
    ABOVE,
    BELOW,
    EMPTY,
    NULL,
    OWN,
    WRONG_TYPE,
    FaultKinds,
)
from mockgen_watch.scenarios.promised import BrokenRecords
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from mockgen_watch.scenarios.faults.breaker import Breaker
    from mockgen_watch.scenarios.labels import Fault


def fault_kinds(*kinds: str, rare: tuple[str, ...] = (), crude: tuple[str, ...] = ()) -> FaultKinds:
    return FaultKinds(single=kinds, impossible={}, rare=rare, crude=crude)


@pytest.mark.parametrize("number", [0, 1, 5])
def test_kinds_alternate_and_each_is_tried(number: int) -> None:
    known = fault_kinds(BELOW, ABOVE, NULL)
    orders = [known.order(number, rotation, 0) for rotation in range(12)]
    assert all(sorted(order) == sorted(known.single) for order in orders)
    assert Counter(order[0] for order in orders) == {BELOW: 4, ABOVE: 4, NULL: 4}


@pytest.mark.parametrize("rare", [(), (ABOVE,), (NULL, ABOVE)])
@pytest.mark.parametrize("telling", [(BELOW,), (BELOW, ABOVE)])
@pytest.mark.parametrize("crude", [(WRONG_TYPE,), (NULL, EMPTY, WRONG_TYPE)])
def test_at_most_one_in_four_is_crude_and_each_kind_has_a_turn(
    telling: tuple[str, ...], crude: tuple[str, ...], rare: tuple[str, ...]
) -> None:
    kinds = fault_kinds(*telling, *crude, crude=crude, rare=rare)
    for number in range(3):
        orders = [kinds.order(number, rotation, 0) for rotation in range(240)]
        first = [order[0] for order in orders]
        assert set(first) == {*kinds.single, *(kind for kind in rare if kind not in crude)}
        assert sum(kind in crude for kind in first) <= 60
        assert all(set(order) >= set(kinds.single) for order in orders)
        # The crude ones do not come all at once.
        assert not any({*pair} <= {*crude} for pair in itertools.pairwise(first))


def test_stated_values_come_first_and_then_alternate() -> None:
    known = fault_kinds(BELOW, ABOVE, OWN)
    first = [known.order(0, rotation, 2)[0] for rotation in range(8)]
    assert first[:2] == [OWN, OWN]
    assert OWN in first[2:]
    assert BELOW in first


def test_rare_kinds_come_first_every_other_time() -> None:
    known = fault_kinds(BELOW, ABOVE, rare=(EMPTY,))
    first = [known.order(0, rotation, 0)[0] for rotation in range(8)]
    assert first[1::2] == [EMPTY] * 4
    assert EMPTY not in first[::2]


def test_without_kinds_there_is_nothing_to_try() -> None:
    assert fault_kinds().order(0, 3, 0) == ()
    assert fault_kinds(OWN).order(0, 3, 0) == (OWN,)


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
    assert isinstance(part, BrokenRecords)
    return part.breaker


def cache_of(breaker: Breaker, number: int) -> FaultCache:
    return FaultCache(breaker.terms.rules[number], breaker.kinds[number])


def test_twins_that_agree_have_the_same_fault() -> None:
    breaker = breaker_of(SPEC)
    chance = random.Random(4)
    known: dict[object, Fault | None] = {}
    asked = 0
    for _ in range(3000):
        index = chance.randrange(400)
        number = breaker.breakable[index % len(breaker.breakable)]
        twin = breaker.twins.record_at(chance.randrange(60))
        del twin["many"]
        target = breaker.target(number, twin, index, twin)
        key = cache_of(breaker, number).key_of(target)
        if key is None:
            continue
        fault = breaker.single(target)
        assert known.setdefault((number, key), fault) == fault
        asked += 1
    assert len(known) < asked


def test_faults_of_arrays_plugins_and_stated_values_are_not_cached() -> None:
    breaker = breaker_of(SPEC)
    by_name = {rule.name: number for number, rule in enumerate(breaker.terms.rules)}
    twin = breaker.twins.record_at(0)
    number = by_name["many"]
    target = breaker.target(number, {"many": [{"n": 1}, {"n": 2}]}, 0, twin)
    many = cache_of(breaker, number)
    assert many.key_of(replace(target, own=(), rotation=9)) is None
    number = by_name["text"]
    target = breaker.target(number, twin, 0, twin)
    text = cache_of(breaker, number)
    assert len(target.own) == 2
    assert text.key_of(replace(target, rotation=1)) is None
    assert text.key_of(replace(target, rotation=2)) is not None


def test_a_cache_that_hardly_ever_hits_is_given_up() -> None:
    breaker = breaker_of(SPEC)
    number = breaker.breakable[0]
    cache = cache_of(breaker, number)
    target = replace(breaker.target(number, {"text": "A"}, 0, {}), own=())
    for first, stop, is_used in ((0, 1000, True), (1000, 4000, False)):
        for rotation in range(first, stop):
            twin = replace(target, record={"text": f"t{rotation}"}, rotation=rotation)
            cache.get(twin, lambda _: None)
        assert (cache.key_of(target) is not None) is is_used
