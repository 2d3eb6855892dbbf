"""What each way to choose a value becomes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from mockgen_watch.canonical import canonical
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Distribution,
    DistributionKind,
    Generator,
    Moment,
    MomentKind,
    Number,
    Pattern,
    Pool,
    RecordIndex,
    Reference,
    RowField,
    SequenceNumber,
    Template,
    TemplatePart,
    Uuid,
)
from mockgen_watch.spec.model import ArrayShape, Leaf, Modifiers, ObjectShape, Shape, Transform
from tests.unit.spec.reading import findings, good_input

UNIFORM = Distribution(kind=DistributionKind.UNIFORM)


def shape_of(text: str) -> Shape:
    """Return the shape of the field x of a model."""
    shape = good_input(f"Other: {{id: [1], a: {{b: 1}}}}\nM:\n  x: {text}\n  y: 1").models[1].shape
    found = shape.get("x")
    assert found is not None
    return found


def leaf_of(text: str) -> Leaf:
    shape = shape_of(text)
    assert isinstance(shape, Leaf)
    return shape


def generator_of(text: str) -> Generator:
    return leaf_of(text).generator


def pairs_of(text: str) -> list[tuple[object, object]]:
    pool = generator_of(text)
    assert isinstance(pool, Pool)
    return [(entry.value, entry.weight) for entry in pool.entries]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.50", Decimal("1.50")),
        ("NO", "NO"),
        ("2025-01-01", "2025-01-01"),
        ("null", None),
        ("true", True),
        ("'$pattern'", "$pattern"),
        ("{$const: {$pattern: 1}}", {"$pattern": 1}),
        ("{$const: []}", []),
    ],
)
def test_constants_are_what_they_look_like(text: str, value: object) -> None:
    assert generator_of(text) == Constant(value=value)  # type: ignore[arg-type]  # JSON


def test_a_value_that_stands_twice_weighs_twice() -> None:
    assert pairs_of("[A, B, A]") == [("A", 2), ("B", 1)]
    assert pairs_of("{$weighted: [[1, 2], [2, 1], [1, 0.5]]}") == [(1, Decimal("2.5")), (2, 1)]


def test_values_of_different_types_stay_apart() -> None:
    assert [value for value, _ in pairs_of("[1, '1', 1.0, true, null]")] == [
        1,
        "1",
        Decimal("1.0"),
        True,
        None,
    ]


def test_a_weight_of_zero_stays_in_the_pool() -> None:
    assert pairs_of("{$weighted: {A: 0, $$b: 1}}") == [("A", 0), ("$b", 1)]


def test_a_number_as_a_key_is_text_and_says_so() -> None:
    found = findings("M: {x: {$weighted: {501: 1, '502': 1, null: 1, NO: 1}}}")
    assert [(item.code, item.severity, item.message) for item in found] == [
        ("MG202", "warning", "as a key, 501 is text"),
        ("MG202", "warning", "as a key, null is text"),
    ]


def test_the_choice_depends_on_the_value_alone() -> None:
    pool = generator_of("[A, 2]")
    assert isinstance(pool, Pool)
    assert [entry.identity for entry in pool.entries] == [canonical("A"), canonical(2)]


def test_a_vocabulary_is_a_pool_that_names_its_source() -> None:
    pool = generator_of("{$vocab: first_name}")
    assert isinstance(pool, Pool)
    assert pool.source == "first_name"
    assert [entry.value for entry in pool.entries] == ["Asha", "Bala"]
    assert pool.entries[0].location.path == "specs/_vocab/x.yaml"


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        ('{$pattern: "[A-Z]{3}"}', Pattern(source="[A-Z]{3}")),
        ("{$boolean: 0.3}", Boolean(true=Decimal("0.3"))),
        ("{$boolean: {}}", Boolean(true=Decimal("0.5"))),
        ("{$boolean: {'true': 1}}", Boolean(true=Decimal(1))),
        ("{$uuid: {}}", Uuid()),
        ("{$sequence: 7}", SequenceNumber(start=7, step=1, width=0, prefix="")),
        ("{$sequence: {}}", SequenceNumber(start=1, step=1, width=0, prefix="")),
        (
            "{$sequence: {start: 5, step: -2, width: 6, prefix: C}}",
            SequenceNumber(start=5, step=-2, width=6, prefix="C"),
        ),
        ("{$index: record}", RecordIndex(element=False)),
        ("{$index: {}}", RecordIndex(element=False)),
        ("{$ref: Other.id}", Reference(suite="", model="Other", path=("id",))),
        ("{$ref: Other.a.b}", Reference(suite="", model="Other", path=("a", "b"))),
        ("{$ref: /Other/a/b}", Reference(suite="", model="Other", path=("a", "b"))),
        ("{$ref: x/y:M.z}", Reference(suite="x/y", model="M", path=("z",))),
        (
            "{$ref: {suite: s, model: M.1, field: a.b, scenario: negative}}",
            Reference(suite="s", model="M.1", path=("a", "b"), scenario="negative"),
        ),
    ],
)
def test_generators(text: str, generator: Generator) -> None:
    assert generator_of(text) == generator


@pytest.mark.parametrize(
    ("text", "low", "high", "decimals", "step"),
    [
        ("{$integer: [1, 9]}", "1", "9", 0, "1"),
        ("{$integer: {min: 0, max: 10, step: 5}}", "0", "10", 0, "5"),
        ("{$number: [0, 1]}", "0", "1", 2, "0.01"),
        ("{$number: {min: 0, max: 1.125}}", "0", "1.125", 3, "0.001"),
        ("{$number: {min: 0, max: 1, decimals: 0}}", "0", "1", 0, "1"),
        ("{$number: {min: 0.5, max: 2, step: 0.5}}", "0.5", "2", 1, "0.5"),
        ("{$number: {min: 0, max: 2, step: 0.50}}", "0", "2", 1, "0.50"),
        ("{$number: {min: 0, max: 2, step: 0.5, decimals: 2}}", "0", "2", 2, "0.5"),
    ],
)
def test_uniform_numbers(text: str, low: str, high: str, decimals: int, step: str) -> None:
    assert generator_of(text) == Number(
        integer="$integer" in text,
        minimum=Decimal(low),
        maximum=Decimal(high),
        decimals=decimals,
        step=Decimal(step),
        distribution=UNIFORM,
    )


@pytest.mark.parametrize(
    ("text", "low", "high", "params"),
    [
        ("normal, mean: 1, sd: 2", None, None, {"mean": 1, "sd": 2}),
        ("lognormal, sigma: 2, median: 1", 0, None, {"median": 1, "sigma": 2}),
        ("exponential, mean: 1, min: 2", 2, None, {"mean": 1}),
        ("poisson, mean: 1", 0, None, {"mean": 1}),
        ("zipf, exponent: 2, max: 9", 1, 9, {"exponent": 2}),
        ("triangular, mode: 2, min: 1, max: 9", 1, 9, {"mode": 2}),
    ],
)
def test_distributions(
    text: str, low: int | None, high: int | None, params: dict[str, int]
) -> None:
    number = generator_of(f"{{$integer: {{distribution: {text}}}}}")
    assert isinstance(number, Number)
    assert (number.minimum, number.maximum) == (low, high)
    assert dict(number.distribution.params) == params
    assert list(params) == sorted(params)


def test_a_bound_off_the_grid_is_said_and_moved_to_the_last_value() -> None:
    found = findings("M: {x: {$number: {min: 0, max: 1, step: 0.3}}}")
    assert [(item.code, item.severity, item.hint) for item in found] == [
        ("MG225", "warning", "write max: 0.9")
    ]
    found = findings("M: {x: {$date: {from: 2025-01-01, to: 2025-01-31, step: 7}}}")
    assert [(item.code, item.severity, item.hint) for item in found] == [
        ("MG225", "warning", "write to: 2025-01-29")
    ]


def test_long_decimals_are_never_rounded() -> None:
    number = generator_of("{$number: {min: 0.000000000000001, max: 0.1}}")
    assert isinstance(number, Number)
    assert number.step == Decimal("1e-15")
    assert number.maximum == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "kind", "first", "last", "step", "form"),
    [
        (
            "{$date: [2025-01-01, 2025-12-31]}",
            "date",
            day("2025-01-01"),
            day("2025-12-31"),
            1,
            "%Y-%m-%d",
        ),
        (
            "{$date: {from: 01/02/2025, to: 2025-01-16, step: 7, format: '%m/%d/%Y'}}",
            "date",
            day("2025-01-02"),
            day("2025-01-16"),
            7,
            "%m/%d/%Y",
        ),
        ("{$time: ['08:00', '08:01']}", "time", 28800, 28860, 1, "%H:%M:%S"),
        (
            "{$datetime: [2025-01-01, 2025-01-01]}",
            "datetime",
            day("2025-01-01") * 86400,
            day("2025-01-02") * 86400 - 1,
            1,
            "%Y-%m-%dT%H:%M:%S",
        ),
    ],
)
def test_moments(text: str, kind: str, first: int, last: int, step: int, form: str) -> None:
    assert generator_of(text) == Moment(
        kind=MomentKind(kind), first=first, last=last, step=step, format=form
    )


def test_a_day_as_the_end_of_date_times_is_the_whole_day() -> None:
    moment = generator_of("{$datetime: {from: 2025-01-01, to: 2025-01-01, step: 3600}}")
    assert isinstance(moment, Moment)
    assert moment.last - moment.first == 23 * 3600


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("plain", [TemplatePart(text="plain")]),
        ("", []),
        ("{{{y}}}", [TemplatePart(text="{"), TemplatePart(path=("y",)), TemplatePart(text="}")]),
        (
            "a{y}b{.y}",
            [
                TemplatePart(text="a"),
                TemplatePart(path=("y",)),
                TemplatePart(text="b"),
                TemplatePart(path=("y",)),
            ],
        ),
        ("{ y }", [TemplatePart(path=("y",))]),
    ],
)
def test_templates(template: str, parts: list[TemplatePart]) -> None:
    assert generator_of(f"{{$template: '{template}'}}") == Template(parts=tuple(parts))


def test_a_relative_path_begins_at_the_object_around() -> None:
    text = """\
M:
  PAT: {first: A, full: {$template: "{.first} {PAT.first}"}}
  list: [{x: {deep: 1}, y: {$template: "{.x.deep} {list.x.deep}"}}]
"""
    shape = good_input(text).models[0].shape
    patient, array = shape.get("PAT"), shape.get("list")
    assert isinstance(patient, ObjectShape)
    assert isinstance(array, ArrayShape)
    element = array.elements[0]
    assert isinstance(element, ObjectShape)
    for home, name, path in (
        (patient, "full", ("PAT", "first")),
        (element, "y", ("list", "x", "deep")),
    ):
        leaf = home.get(name)
        assert isinstance(leaf, Leaf)
        assert isinstance(leaf.generator, Template)
        assert [part.path for part in leaf.generator.parts] == [path, (), path]


def test_modifiers() -> None:
    text = "{$const: x, $null: 0.1, $omit: 0.05, $transform: [strip, title], $to: PAYER.id}"
    assert leaf_of(text).modifiers == Modifiers(
        null=Decimal("0.1"),
        omit=Decimal("0.05"),
        transforms=(Transform.STRIP, Transform.TITLE),
        to=("PAYER", "id"),
    )
    assert leaf_of("{$uuid: {}, $unique: true, $to: /a.b/c~1d}").modifiers == Modifiers(
        null=Decimal(0), omit=Decimal(0), unique=True, to=("a.b", "c/d")
    )


def test_objects_and_arrays_take_modifiers() -> None:
    assert shape_of("{a: 1, $omit: 0.5}").modifiers.omit == Decimal("0.5")
    array = shape_of("{$array: {max: 2}, $items: [A], $null: 0.5}")
    assert isinstance(array, ArrayShape)
    assert (array.minimum, array.maximum, array.modifiers.null) == (0, 2, Decimal("0.5"))


@pytest.mark.parametrize("text", ["{$delete: true}", "{$const: null, $delete: true}"])
def test_delete_is_a_leaf_that_is_never_written(text: str) -> None:
    leaf = leaf_of(text)
    assert leaf.modifiers.delete
    assert leaf.generator == Constant(value=None)


def test_a_list_of_mappings_has_an_element_of_each() -> None:
    array = shape_of("[{a: 1}, {$pattern: x}]")
    assert isinstance(array, ArrayShape)
    assert array.items is None
    assert (array.minimum, array.maximum) == (2, 2)
    assert [element.address for element in array.elements] == [("x", "[]"), ("x", "[]")]
    assert isinstance(array.elements[1], Leaf)


def test_addresses_are_ids_and_names_are_written() -> None:
    text = "M: {a: {$id: was_a, $$b: {$const: 1, $id: was_b}, c: {$array: 1, $items: {d: 1}}}}"
    outer = good_input(text).models[0].shape.get("a")
    assert isinstance(outer, ObjectShape)
    assert outer.address == ("was_a",)
    assert [member.name for member in outer.members] == ["$b", "c"]
    assert outer.members[0].shape.address == ("was_a", "was_b")
    array = outer.members[1].shape
    assert isinstance(array, ArrayShape)
    assert isinstance(array.items, ObjectShape)
    assert array.items.address == ("was_a", "c", "[]")
    assert array.items.members[0].shape.address == ("was_a", "c", "[]", "d")


def test_rows_are_fields_that_share_a_draw() -> None:
    text = """\
M:
  before: 1
  $rows:
    - {city: Chennai, state: TN, $weight: 3, $id: first}
    - {city: Kochi, state: KL}
  after: 1
"""
    shape = good_input(text).models[0].shape
    assert [member.name for member in shape.members] == ["before", "city", "state", "after"]
    city, state = shape.get("city"), shape.get("state")
    assert isinstance(city, Leaf)
    assert isinstance(state, Leaf)
    assert isinstance(city.generator, RowField)
    assert isinstance(state.generator, RowField)
    assert city.generator.rows == state.generator.rows
    assert (city.generator.address, city.address, city.generator.key) == ((), ("city",), "city")
    rows = city.generator.rows.entries
    assert [entry.weight for entry in rows] == [3, 1]
    assert rows[0].value == {"city": "Chennai", "state": "TN"}
    assert rows[0].identity == canonical(["first"])
    assert rows[1].identity == canonical({"city": "Kochi", "state": "KL"})


def test_rows_of_a_vocabulary_can_take_other_names() -> None:
    text = "M: {home: {$rows: {$vocab: us_city, $fields: {TOWN: city}}}}"
    home = good_input(text).models[0].shape.get("home")
    assert isinstance(home, ObjectShape)
    assert [member.name for member in home.members] == ["TOWN"]
    leaf = home.members[0].shape
    assert isinstance(leaf, Leaf)
    assert isinstance(leaf.generator, RowField)
    assert leaf.generator.key == "city"
    assert leaf.generator.address == ("home",)
    assert leaf.generator.rows.source == "us_city"


@pytest.mark.parametrize(
    "text",
    ["{$choice: [{$const: A, $id: a}, b]}", "{$weighted: [[{$const: A, $id: a}, 1], [b, 1]]}"],
)
def test_a_value_of_a_pool_may_have_an_id(text: str) -> None:
    pool = generator_of(text)
    assert isinstance(pool, Pool)
    assert [(entry.value, entry.identity) for entry in pool.entries] == [
        ("A", canonical("a")),
        ("b", canonical("b")),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{$choice: [{$const: A, $id: a}, a]}",
        "{$choice: [a, {$const: A, $id: a}]}",
        "{$choice: [{$const: A, $id: x}, {$const: B, $id: x}]}",
        "{$weighted: [[{$const: A, $id: x}, 1], [{$const: B, $id: x}, 2]]}",
    ],
)
def test_an_id_of_a_value_is_its_own(text: str) -> None:
    assert [item.code for item in findings(f"M:\n  x: {text}\n")] == ["MG222"]
