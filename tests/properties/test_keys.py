"""Keys hold everything: each input of a plan moves its key."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest
from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.formats import BUILTIN
from mockgen_watch.plan.family import Family
from mockgen_watch.plan.model import MixedPart, OutputPlan, RecordPlan, Selection, output_key
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.workflow.sources import Sources
from mockgen_watch.workflow.suites import Suites, SuiteSettings
from tests.properties.spec_edits import SUITES

if TYPE_CHECKING:
    from collections.abc import Iterator


EVERYTHING = """
$seed: 5
Base: {$count: 7, id: {$sequence: {start: 1, width: 4, prefix: B}}, name: [Ann, Bea, Cyd]}
Kind:
  $count: 9
  $output: {format: json, indent: 2}
  $unique: [[a, b]]
  a: [x, y, z]
  kind: [k, l, m]
  b: {$integer: [0, 99]}
  base: {$ref: Base.id}
  each: {name: {$ref: Base.name, $null: 0.25}}
  day: {$date: {from: 2025-01-01, to: 2025-12-31, format: "%d.%m.%Y"}}
  later: {$date: {from: {$field: record.day, plus: 1d}, to: {$field: record.day, plus: 2w}}}
  at: {$sequence: {start: 2025-01-01, step: 2d, jitter: 1d}}
  price: {$number: {min: 1, max: 90, decimals: 2, distribution: lognormal, median: 20, sigma: 0.5}}
  code: {$pattern: "[A-Z]{3}[0-9]{2,4}", $transform: lower}
  uid: {$uuid: {}}
  flag: {$boolean: 0.3, $omit: 0.5}
  no: {$index: {start: 3}}
  sum: {$cel: "record.price * 2.0", decimals: 3}
  same: {$field: record.code}
  card: {$pattern: "4[0-9]{5}", $check: luhn}
  text: {$template: "{a}-{code}"}
  by: {$given: record.a, $cases: {x: [1, 2], y: {$integer: [5, 9]}}, $else: null}
  some: {$one_of: [{$weight: 2, kind: card, number: {$pattern: "4[0-9]{5}"}}, {kind: cash}]}
  list: {$array: [1, 3], $items: {p: [m, n], q: {$weighted: {u: 3, v: 1}}}}
  $rows: [{city: Akron, zip: "1", $weight: 2}, {city: Reno, zip: "2"}]
  $rules:
    cheap: {cel: "record.price <= 80.0"}
    known: {field: a, schema: {enum: [x, y]}}
  $exclude: {late: {b: {min: 90}}}
  $coverage: {strength: pairwise, fields: [kind, flag], boundaries: true}
  $scenarios:
    positive: {$records: {2: {code: abc12}}}
    other: {a: [x, y]}
    negative: {}
    wrong: {$negative_of: other}
    mixed: {$mix: {positive: 3, negative: 1}}
Child: {up: {$ref: Base.id, $each: [1, 3]}, place: {$index: sibling}}
"""


NO_PART: dict[tuple[type, str], str] = {
    (OutputPlan, "suite"): "a suite may be moved",
    (OutputPlan, "inputs"): "files are told by what was read of them",
    (OutputPlan, "key"): "it is what is computed",
    (RecordPlan, "first"): "it follows from the coverage, which is there",
    (RecordPlan, "rule_types"): "a plugin is there by its digest",
    (RecordPlan, "made"): "it is what makes the records of a parent that is there",
    (RecordPlan, "is_counted"): "the count is there",
    (spec.CoverageSpec, "keep"): "the cases are there, whatever their file is called",
    (generators.Pool, "source"): "the entries are there",
}
"""Fields that the key leaves out, and why that is right."""


def plans_of(text: str, name: str = "spec") -> tuple[OutputPlan, ...]:
    return compiled({f"specs/{name}/user_input.yaml": text}).get(name, ())


def compiled(
    files: dict[str, str], selection: Selection | None = None
) -> dict[str, tuple[OutputPlan, ...]]:
    """Return suite → plans of those without errors."""
    data = {path: text.encode() for path, text in files.items()}
    settings = SuiteSettings(specs="specs", context=BuildContext(formats=BUILTIN))
    suites = Suites(Sources(data=data), settings)
    found = {}
    for suite in suites.files:
        plans = suites.plans(suite, selection or Selection())
        if plans is not None:
            found[suite] = plans
        else:
            assert suite != "spec", [str(item) for item in suites.found()]
    return found


def changed(value: object) -> Iterator[tuple[str, object]]:
    """Yield values that differ from ``value`` in one place, with what was done."""
    if isinstance(value, Location | spec.Origin) or value is None:
        return
    if isinstance(value, Struct):
        yield from changed_struct(value)
    elif isinstance(value, list | tuple):
        for number in range(min(len(value), 3)):
            before, item, behind = value[:number], value[number], value[number + 1 :]
            for how, other in changed(item):
                yield f"[{number}]{how}", type(value)((*before, other, *behind))
        if value:
            yield "shorter", value[:-1]
    elif isinstance(value, dict):
        for key, item in value.items():
            for how, other in changed(item):
                yield f"[{key}]{how}", {**value, key: other}
        yield "more", {**value, "another": 1}
    else:
        yield "other", other_than(value)


def other_than(value: object) -> object:
    match value:
        case bool():
            return not value
        case StrEnum():
            return next(each for each in type(value) if each is not value)
        case int() | Decimal():
            return value + 1
        case str():
            return value + "x"
        case bytes():
            return value + b"x"
    raise TypeError(f"a plan holds {type(value)}")


def changed_struct(value: Struct) -> Iterator[tuple[str, object]]:
    for name in value.__struct_fields__:
        if (type(value), name) in NO_PART or name.endswith("location") or name == "reset":
            continue
        if is_idle(value, name):
            continue
        # A reference means its parent's plan, which is changed as such.
        if isinstance(value, generators.Reference | Family) and name not in {"path", "low"}:
            continue
        if isinstance(value, RecordPlan) and name == "parents":
            for number, (reference, parent) in enumerate(value.parents):
                for how, other in changed(parent):
                    pairs = [*value.parents]
                    pairs[number] = (reference, other)  # type: ignore[assignment]
                    yield f".parents[{number}]{how}", replace(value, parents=tuple(pairs))
            continue
        for how, other in changed(getattr(value, name)):
            yield f".{name}{how}", replace(value, **{name: other})


def is_idle(value: Struct, name: str) -> bool:
    """Return whether a field plays no part beside what else ``value`` says."""
    if isinstance(value, spec.CoverageSpec):
        return not value.is_asked and name != "strength"
    if not isinstance(value, RecordPlan):
        return False
    # Without coverage nothing is designed, and twins are drawn as any record; without rules
    # nothing is broken.
    is_ruled = bool(value.rules or value.exclusions)
    return (name == "twin" and not value.coverage.is_asked) or (
        name in {"faulty", "own_faults"} and not is_ruled
    )


@pytest.mark.parametrize("text", [EVERYTHING, json.dumps(SUITES["alpha"])], ids=["all", "alpha"])
def test_a_change_of_any_input_of_a_plan_moves_its_key(text: str) -> None:
    plans = plans_of(text)
    assert plans
    tried: dict[str, int] = defaultdict(int)
    for plan in plans:
        known = output_key(plan, 1, {})
        for how, other in changed(plan):
            assert isinstance(other, OutputPlan)
            records = plan.records
            # Labels tell of rules; of what is designed, the records know more.
            if how.startswith(".output.labels") and not (records.rules or records.exclusions):
                continue
            if how.startswith(".coverage") and ".strength" not in how:
                continue
            tried[how.split(".")[-1]] += 1
            assert output_key(other, 1, {}) != known, f"{plan.model}/{plan.scenario}{how}"
    assert sum(tried.values()) > 300


def test_the_spec_has_every_kind_of_part() -> None:
    """What no plan of the test has is not tried."""
    kinds: set[type] = set()

    def walk(value: object) -> None:
        if isinstance(value, Struct):
            kinds.add(type(value))
            for name in value.__struct_fields__:
                walk(getattr(value, name))
        elif isinstance(value, list | tuple):
            for item in value:
                walk(item)

    for plan in plans_of(EVERYTHING):
        walk(plan)
    wanted = {each for each in vars(generators).values() if isinstance(each, type)}
    wanted = {each for each in wanted if each.__module__ == generators.__name__}
    wanted = {each for each in wanted if issubclass(each, Struct)}
    assert {each.__name__ for each in wanted - kinds} <= {"Limit"}
    assert {OutputPlan, RecordPlan, MixedPart, Family} <= kinds
