"""Random models with rules: an independent judge finds every promise of every scenario kept.

Rules by schema are judged by jsonschema, those in CEL by Python beside them. A model whose promises
cannot be kept is refused; any other is made.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema
import pytest

from mockgen_watch.errors import FindingsError
from mockgen_watch.scenarios.source import compile_source
from tests.unit.scenarios.planning import plans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mockgen_watch.scenarios.source import Source

Record: TypeAlias = dict[str, Any]
Judge: TypeAlias = "Callable[[Record], bool]"

SHARE, MANY = 24, 400
COUNT = 40


def number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def day(value: object, form: str) -> dt.date:
    return dt.datetime.strptime(text(value), form).date()  # noqa: DTZ007 - a day has no zone


def schema(field: str, keywords: dict[str, Any]) -> tuple[Record, Judge]:
    """Return a rule on a field, and jsonschema's verdict on each value that it has."""
    validator = jsonschema.Draft202012Validator(keywords)

    def values(found: object, path: list[str]) -> Iterator[Any]:
        if not path:
            yield found
        elif isinstance(found, dict) and path[0] in found:
            yield from values(found[path[0]], path[1:])
        elif isinstance(found, list):
            for item in found:
                yield from values(item, path)

    def judge(record: Record) -> bool:
        return all(map(validator.is_valid, values(record, field.split("."))))

    return {"field": field, "schema": keywords}, judge


def either(*sides: Callable[[], bool]) -> bool:
    """Return what CEL makes of ``||``: a side that cannot be evaluated does not matter."""
    for side in sides:
        try:
            if side():
                return True
        except (KeyError, TypeError):
            continue
    return False


def model(chance: random.Random) -> tuple[Record, dict[str, Judge], dict[str, Record]]:
    """Return a model's fields and rules, the judges of its rules by name, and its exclusions."""
    form = chance.choice(["%Y-%m-%d", "%d.%m.%Y"])
    fields = {
        "p": {
            "$choice": chance.sample(["A", "B", "C", "DD", ""], chance.randint(2, 4)),
            "$null": chance.choice([0, 0.2]),
        },
        "i": {"$integer": [chance.randint(-5, 3), chance.randint(4, 60)]},
        "n": {"$number": {"min": 0, "max": chance.choice([5, 100]), "decimals": chance.choice([0, 2])}},  # noqa: E501 - as the others
        "t": {"$pattern": chance.choice(["[A-C]{2}[0-9]", "[a-z]{3}", "X[0-9]{2,3}"])},
        "d": {"$date": {"from": "2025-01-01", "to": "2025-03-31", "format": form}},
        "e": {"$date": {"from": "2025-02-01", "to": "2025-06-30"}},
        "l": {
            "$array": {"min": chance.randint(0, 1), "max": 3},
            "$items": {"x": chance.sample([1, 2, 3, 4], 3)},
        },
        "o": {"k": chance.sample(["u", "v", "w"], 2), "m": {"$integer": [0, 9]}},
        "b": {"$boolean": 0.5},
    }  # fmt: skip
    most, least = chance.randint(5, 50), chance.choice([0.5, 1.25, 2])
    known: dict[str, list[tuple[Record, Judge]]] = {
        "p": [
            schema("p", {"enum": chance.sample(["A", "B", "C", "DD", None], 3)}),
            schema("p", {"type": "string", "maxLength": 1}),
        ],
        "i": [
            schema("i", {"minimum": chance.randint(-5, 5), "maximum": chance.randint(6, 60)}),
            ({"cel": f"record.i < {most}"}, lambda r: number(r["i"]) < most),
            ({"cel": "record.i <= record.n"}, lambda r: number(r["i"]) <= number(r["n"])),
            ({"cel": "record.i % 3 != 0"}, lambda r: math.fmod(int(number(r["i"])), 3) != 0),
        ],
        "n": [
            schema("n", {"type": "number", "exclusiveMaximum": chance.choice([4, 50])}),
            ({"cel": f"record.n >= {least}"}, lambda r: number(r["n"]) >= least),
        ],
        "t": [
            schema("t", {"pattern": chance.choice(["^[A-C]{2}[0-9]$", "^[a-z]+$", "[0-9]$"])}),
            (
                {"cel": "record.t.startsWith('X') || record.t.size() == 3"},
                lambda r: text(r["t"]).startswith("X") or len(text(r["t"])) == 3,
            ),
        ],
        "d": [
            (
                {"cel": "record.d < record.e"},
                lambda r: day(r["d"], form) < day(r["e"], "%Y-%m-%d"),
            ),
            ({"cel": "record.d.getMonth() != 1"}, lambda r: day(r["d"], form).month != 2),
        ],
        "l": [
            schema("l", {"minItems": 1}),
            schema("l", {"maxItems": chance.randint(2, 3), "items": {"required": ["x"]}}),
            schema("l.x", {"maximum": 3}),
        ],
        "o": [
            schema("o.k", {"enum": ["u", "v"]}),
            (
                {"cel": "record.o.k != 'u' || record.o.m > 3"},
                lambda r: either(lambda: r["o"]["k"] != "u", lambda: number(r["o"]["m"]) > 3),
            ),
        ],
        "b": [schema("b", {"type": "boolean"})],
    }
    rules = {
        name: chance.choice(known[name])
        for name in chance.sample(list(known), chance.randint(2, 5))
    }
    exclusions: dict[str, Record] = {}
    if chance.random() < 0.7:
        exclusions["letter"] = {"p": chance.sample(["A", "B", "C"], 1)}
    if chance.random() < 0.5:
        exclusions["large"] = {
            "i": {"min": chance.randint(10, 40)},
            "n": {"max": chance.choice([2, 3])},
        }
    made = {**fields, "$rules": {name: rule for name, (rule, _) in rules.items()}}
    if exclusions:
        made["$exclude"] = exclusions
    return made, {name: judge for name, (_, judge) in rules.items()}, exclusions


def plain(value: object) -> Any:  # noqa: ANN401 - what json.loads gives
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def broken(record: Record, judges: dict[str, Judge]) -> set[str]:
    found = set()
    for name, judge in judges.items():
        try:
            holds = judge(record)
        except (KeyError, TypeError, ValueError):
            holds = False
        if not holds:
            found.add(name)
    return found


def matches(record: Record, clause: Record) -> bool:
    for field, test in clause.items():
        value = record[field]
        if isinstance(test, list):
            if value not in test:
                return False
        elif not test.get("min", -math.inf) <= value <= test.get("max", math.inf):
            return False
    return True


def check_negative(source: Source, twins: list[Record], judges: dict[str, Judge]) -> None:
    for index, twin in enumerate(twins):
        case = source.case_at(index)
        record = plain(case.record)
        assert broken(record, judges) == {fault.rule for fault in case.faults}, case.faults
        changed = {
            key
            for key in twin.keys() | record.keys()
            if repr(twin.get(key, ...)) != repr(record.get(key, ...))
        }
        places = [place for fault in case.faults for place in fault.places]
        assert changed == {place[0] for place in places}, case.faults


def check(seed: int) -> bool:
    """Look at every record of a random model; tell whether there is one."""
    chance = random.Random(seed)
    made, judges, exclusions = model(chance)
    scenarios: Record = {"positive": {}, "negative": {"$faults": chance.choice([1, 1, 2])}}
    if exclusions:
        scenarios["exclusion"] = {}
    spec = {"$count": COUNT, "M": {**made, "$scenarios": scenarios}}
    try:
        plans = plans_of(json.dumps(spec))
    except FindingsError as error:
        codes = {found.code for found in error.diagnostics}
        assert codes <= {"MG403", "MG404"}, codes
        return False
    positive = compile_source(plans["positive"])
    twins = [plain(positive.record_at(index)) for index in range(COUNT)]
    for twin in twins:
        assert broken(twin, judges) == set()
        assert not any(matches(twin, clause) for clause in exclusions.values())
    try:
        check_negative(compile_source(plans["negative"]), twins, judges)
    except FindingsError as error:
        # Not every twin can break two rules at once, and only trying tells.
        told = [found.message for found in error.diagnostics]
        assert scenarios["negative"]["$faults"] > 1, told
        return False
    if exclusions:
        source = compile_source(plans["exclusion"])
        for index in range(COUNT):
            case = source.case_at(index)
            record = plain(case.record)
            assert broken(record, judges) == set()
            assert case.clause == list(exclusions)[index % len(exclusions)]
            assert matches(record, exclusions[case.clause])
    return True


def test_promises_of_random_models_are_kept_or_refused() -> None:
    made = sum(map(check, range(SHARE)))
    assert SHARE // 4 < made < SHARE


@pytest.mark.long
def test_promises_of_many_random_models_are_kept_or_refused() -> None:
    for seed in range(SHARE, MANY):
        check(seed)
