"""What ``$coverage`` makes the first records of, judged by going through what the specs list."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import FindingsError
from mockgen_watch.executors import Serial
from mockgen_watch.formats.rendering import VectorRecords
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.workflow.changes import decode_records
from mockgen_watch.workflow.coverage import coverage_report, save_cases
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.produce import file_bytes, prepare_production
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json

    Read = Callable[[Json], object]
    Combinations = set[tuple[tuple[str, str], ...]]
    Fields = Mapping[str, tuple[Read, Sequence[object]]]

ABSENT = object()


def plans(folder: Path, spec: str) -> dict[str, OutputPlan]:
    place = folder / "specs/s/user_input.yaml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(spec, encoding="utf-8")
    found, _ = select_plans(open_project(folder), Request())
    return {f"{plan.model}/{plan.scenario}": plan for plan in found}


def refused(folder: Path, spec: str) -> list[str]:
    with pytest.raises(FindingsError) as caught:
        plans(folder, spec)
    return [f"{found.location.line} {found.code} {found}" for found in caught.value.diagnostics]


def records_of(plan: OutputPlan) -> list[Json]:
    production = prepare_production(plan)
    data = b"".join(file_bytes(production, Serial(), no_progress))
    return list(decode_records(plan.output.format, data))


def design_size(plan: OutputPlan) -> int:
    return max(covered.needed for covered in compile_source(plan).parts[0].covered)


def field(*path: str | int) -> Read:
    def read(record: Json) -> object:
        value: object = record
        for key in path:
            if not isinstance(value, dict | list):
                return ABSENT
            if key not in (value if isinstance(value, dict) else range(len(value))):
                return ABSENT
            value = value[key]  # type: ignore[index]
        return value

    return read


def shown(records: Iterable[Json], fields: Fields, strength: int) -> Combinations:
    """Return the combinations in ``records``, of values that ``fields`` list."""
    found: Combinations = set()
    for record in records:
        row = [
            (name, json.dumps(read(record)) if read(record) is not ABSENT else "ABSENT")
            for name, (read, _) in fields.items()
        ]
        found |= set(itertools.combinations(row, strength))
    return found


def wanted(
    fields: Fields, strength: int, can_be: Callable[[dict[str, object]], bool] = lambda _: True
) -> Combinations:
    """Return the combinations that some choice of all fields has which ``can_be``."""
    found: Combinations = set()
    for values in itertools.product(*(values for _, values in fields.values())):
        choice = dict(zip(fields, values, strict=True))
        if can_be(choice):
            row = [
                (name, "ABSENT" if value is ABSENT else json.dumps(value))
                for name, value in choice.items()
            ]
            found |= set(itertools.combinations(row, strength))
    return found


MIXED = """\
M:
  $count: 80
  $coverage: {coverage}
  ID: {{$uuid: {{}}}}
  KIND: [A, B, C, D]
  STATE: {{$weighted: {{TN: 97, KL: 2, AP: 1}}}}
  urgent: {{$boolean: 0.01}}
  PAT: {{sex: [M, F, U], note: {{$choice: [x, y], $null: 0.01, $omit: 0.01}}}}
  lines: [{{code: ["1", "2"], amount: {{$integer: [1, 900]}}}}, {{code: ["1", "2", "3"]}}]
  more: {{$array: [1, 3], $items: {{tag: [p, q, r]}}}}
  $rows:
    - {{city: Chennai, zip: "600001", $weight: 99}}
    - {{city: Hyderabad, zip: "500001"}}
    - {{city: Kochi, zip: "682001"}}
"""
FIELDS: Fields = {
    "KIND": (field("KIND"), ["A", "B", "C", "D"]),
    "STATE": (field("STATE"), ["TN", "KL", "AP"]),
    "urgent": (field("urgent"), [True, False]),
    "sex": (field("PAT", "sex"), ["M", "F", "U"]),
    "note": (field("PAT", "note"), ["x", "y", None, ABSENT]),
    "code0": (field("lines", 0, "code"), ["1", "2"]),
    "code1": (field("lines", 1, "code"), ["1", "2", "3"]),
    "tag": (field("more", 0, "tag"), ["p", "q", "r"]),
    "city": (field("city"), ["Chennai", "Hyderabad", "Kochi"]),
}


@pytest.mark.parametrize(("word", "strength"), [("each", 1), ("pairwise", 2), ("3-wise", 3)])
def test_the_first_records_have_every_combination(tmp_path: Path, word: str, strength: int) -> None:
    plan = plans(tmp_path, MIXED.format(coverage=word))["M/base"]
    records = records_of(plan)
    size = design_size(plan)

    assert shown(records[:size], FIELDS, strength) == wanted(FIELDS, strength)
    # Rows stay whole.
    zips = {"Chennai": "600001", "Hyderabad": "500001", "Kochi": "682001"}
    assert all(zips[field("city")(record)] == field("zip")(record) for record in records)  # type: ignore[index]


def test_only_parameters_of_the_first_records_differ_from_what_they_are_without(
    tmp_path: Path,
) -> None:
    plain = records_of(plans(tmp_path, MIXED.format(coverage="none"))["M/base"])
    plan = plans(tmp_path, MIXED.format(coverage="pairwise"))["M/base"]
    covered = records_of(plan)
    size = design_size(plan)

    assert covered[size:] == plain[size:]
    for mine, other in zip(covered[:size], plain[:size], strict=True):
        for read in (field("ID"), field("lines", 0, "amount"), field("more", 1, "tag")):
            assert read(mine) == read(other)


def test_both_engines_write_the_same(tmp_path: Path) -> None:
    spec = MIXED.replace("$count: 80", "$count: 3000\n  $output: ndjson")
    plan = plans(tmp_path, spec.format(coverage="pairwise"))["M/base"]
    production = prepare_production(plan)
    records = production.records()

    assert isinstance(records, VectorRecords)
    data = b"".join(records.pieces(0, plan.count))
    assert list(decode_records("ndjson", data)) == [
        production.record_at(n) for n in range(plan.count)
    ]


RULED = """\
M:
  $count: 60
  $coverage: pairwise
  KIND: [A, B, C, D, X]
  STATE: [TN, KL, AP]
  size: [1, 2, 3, 4]
  amount: {$integer: [0, 100]}
  urgent: {$boolean: {}}
  $rules:
    known: {field: KIND, schema: {enum: [A, B, C, D]}}
    small: {cel: "!(record.KIND == 'A' && record.size > 2)"}
    dear: {cel: "record.STATE != 'AP' || record.urgent || record.size != 4"}
    rich: {cel: "record.KIND != 'B' || record.amount >= 60"}
    never: {cel: "!(record.urgent && record.STATE == 'KL') || record.amount > 100"}
  $exclude:
    out: {KIND: [D], STATE: [AP]}
    far: {size: [4], urgent: [true]}
  $scenarios: {positive: {}, exclusion: {}, negative: {$count: 20, $coverage: each}}
"""
RULED_FIELDS: Fields = {
    "KIND": (field("KIND"), ["A", "B", "C", "D", "X"]),
    "STATE": (field("STATE"), ["TN", "KL", "AP"]),
    "size": (field("size"), [1, 2, 3, 4]),
    "urgent": (field("urgent"), [True, False]),
}


def keeps_rules(choice: dict[str, object]) -> bool:
    kind, state, size, urgent = (choice[name] for name in RULED_FIELDS)
    return (
        kind != "X"
        and not (kind == "A" and size in {3, 4})
        and (state != "AP" or bool(urgent) or size != 4)
        and not (urgent and state == "KL")
    )


def is_excluded(choice: dict[str, object]) -> bool:
    is_out = choice["KIND"] == "D" and choice["STATE"] == "AP"
    return is_out or (choice["size"] == 4 and choice["urgent"] is True)


def test_what_breaks_a_rule_or_is_excluded_is_left_out_and_counted(tmp_path: Path) -> None:
    plan = plans(tmp_path, RULED)["M/positive"]
    records = records_of(plan)

    can_be = wanted(RULED_FIELDS, 2, lambda each: keeps_rules(each) and not is_excluded(each))
    assert shown(records[: design_size(plan)], RULED_FIELDS, 2) == can_be
    assert shown(records, RULED_FIELDS, 2) == can_be
    design = compile_source(plan).parts[0].covered[0].design
    # X is no value of the settled pool any more.
    assert design.combinations == 4 * 3 + 4 * 4 + 4 * 2 + 3 * 4 + 3 * 2 + 4 * 2
    assert design.combinations - design.impossible == len(can_be)
    assert all(field("KIND")(each) != "B" or field("amount")(each) >= 60 for each in records)  # type: ignore[operator]


def test_the_exclusion_scenario_covers_what_its_clauses_let_be(tmp_path: Path) -> None:
    plan = plans(tmp_path, RULED)["M/exclusion"]
    records = records_of(plan)

    can_be = wanted(RULED_FIELDS, 2, lambda each: keeps_rules(each) and is_excluded(each))
    assert shown(records[: design_size(plan)], RULED_FIELDS, 2) == can_be


@pytest.mark.parametrize("coverage", ["none", "pairwise"])
def test_a_clause_on_a_field_of_an_object_that_may_be_absent_is_matched(
    tmp_path: Path, coverage: str
) -> None:
    spec = f"""\
M:
  $count: 60
  $coverage: {coverage}
  KIND: [A, B]
  PAT: {{sex: [M, F, U], home: {{city: [X, Y], $null: 0.3}}, $omit: 0.3}}
  $exclude:
    sex: {{PAT.sex: [U]}}
    city: {{PAT.home.city: [X], KIND: [A]}}
  $scenarios: {{positive: {{}}, exclusion: {{}}}}
"""
    found = plans(tmp_path, spec)
    sex, city, kind = field("PAT", "sex"), field("PAT", "home", "city"), field("KIND")

    excluded = records_of(found["M/exclusion"])
    assert all(sex(each) == "U" for each in excluded[::2])
    assert all((city(each), kind(each)) == ("X", "A") for each in excluded[1::2])
    positive = records_of(found["M/positive"])
    assert not any(sex(each) == "U" for each in positive)
    assert any("PAT" not in each for each in positive)  # type: ignore[operator]


def test_negative_records_are_the_twins_of_those_that_cover(tmp_path: Path) -> None:
    found = plans(tmp_path, RULED)
    positive, negative = (records_of(found[f"M/{name}"]) for name in ("positive", "negative"))

    for twin, record in zip(positive, negative, strict=False):
        assert isinstance(twin, dict)
        assert isinstance(record, dict)
        assert 1 <= sum(twin[key] != record.get(key, ABSENT) for key in twin) <= 3


def test_a_mix_takes_the_records_that_its_parts_have(tmp_path: Path) -> None:
    spec = RULED.replace(
        "$scenarios: {", "$scenarios: {mixed: {$mix: {positive: 1, negative: 1}}, "
    )
    found = plans(tmp_path, spec)
    positive, mixed = records_of(found["M/positive"]), records_of(found["M/mixed"])
    source = compile_source(found["M/mixed"])

    taken = [n for n in range(60) if source.scenarios[source.part_of(n)] == "positive"]
    assert len(taken) > 20
    assert [mixed[n] for n in taken] == [positive[n] for n in taken]


def test_a_child_sees_the_parent_as_it_is_written(tmp_path: Path) -> None:
    spec = """\
Parent:
  $coverage: pairwise
  $count: 12
  name: [a, b, c]
  kind: [x, y, z]
Child:
  $count: 40
  name: {$ref: Parent.name}
  kind: {$ref: Parent.kind}
"""
    found = plans(tmp_path, spec)
    parents, children = records_of(found["Parent/base"]), records_of(found["Child/base"])

    assert {json.dumps(each) for each in children} <= {json.dumps(each) for each in parents}
    assert len({json.dumps(each) for each in parents[:9]}) == 9


def test_what_stands_in_an_object_that_may_be_absent_is_covered_where_it_is_there(
    tmp_path: Path,
) -> None:
    spec = """\
M:
  $coverage: pairwise
  $count: 40
  KIND: [A, B, C]
  PAT: {sex: [M, F], home: {city: [X, Y, Z], $null: 0.1}, $omit: 0.1}
"""
    plan = plans(tmp_path, spec)["M/base"]
    pat, home = field("PAT"), field("PAT", "home")
    fields: Fields = {
        "KIND": (field("KIND"), []),
        "PAT": (lambda record: pat(record) is not ABSENT, []),
        "sex": (field("PAT", "sex"), []),
        "home": (lambda record: "there" if isinstance(home(record), dict) else home(record), []),
        "city": (field("PAT", "home", "city"), []),
    }
    found = shown(records_of(plan)[: design_size(plan)], fields, 2)

    pairs = {(left[1], right[1]) for left, right in found if left[0] == "KIND"}
    for kind in ('"A"', '"B"', '"C"'):
        for other in ("true", "false", '"M"', '"F"', '"there"', "null", '"X"', '"Y"', '"Z"'):
            assert (kind, other) in pairs
    cities = {(left[1], right[1]) for left, right in found if left[0] == "sex"}
    assert {(sex, city) for sex in ('"M"', '"F"') for city in ('"X"', '"Y"', '"Z"')} <= cities


def test_boundaries_of_numbers_and_dates_take_part_where_asked(tmp_path: Path) -> None:
    spec = """\
M:
  $coverage: {strength: pairwise, boundaries: true}
  $count: 60
  KIND: [A, B]
  amount: {$number: {min: 0, max: 500, decimals: 2}}
  units: {$integer: [1, 3]}
  day: {$date: {from: 2025-01-01, to: 2025-12-31, format: "%d.%m.%Y"}}
  at: {$datetime: [2025-01-01, 2030-12-31]}
  free: {$number: {distribution: lognormal, median: 10, sigma: 1}}
"""
    plan = plans(tmp_path, spec)["M/base"]
    fields: Fields = {
        "KIND": (field("KIND"), ["A", "B"]),
        "amount": (field("amount"), [0.0, 0.01, 499.99, 500.0]),
        "units": (field("units"), [1, 2, 3]),
        "day": (field("day"), ["01.01.2025", "02.01.2025", "30.12.2025", "31.12.2025"]),
        "at": (
            field("at"),
            [
                "2025-01-01T00:00:00",
                "2025-01-01T00:00:01",
                "2030-12-31T23:59:58",
                "2030-12-31T23:59:59",
            ],
        ),
    }
    records = [json.loads(json.dumps(each, default=float)) for each in records_of(plan)]

    assert wanted(fields, 2) <= shown(records[: design_size(plan)], fields, 2)


@pytest.mark.parametrize("count", [30, 3000])
def test_a_value_inside_is_never_one_at_an_end(tmp_path: Path, count: int) -> None:
    spec = f"""\
M:
  $coverage: {{strength: pairwise, boundaries: true}}
  $count: {count}
  $output: ndjson
  KIND: [A, B, C]
  few: {{$integer: [0, 5]}}
  day: {{$date: [2025-01-01, 2025-01-06]}}
"""
    plan = plans(tmp_path, spec)["M/base"]
    days = [f"2025-01-0{day}" for day in (1, 2, 5, 6)]
    few, day = field("few"), field("day")
    fields: Fields = {
        "KIND": (field("KIND"), ["A", "B", "C"]),
        "few": (lambda each: few(each) if few(each) in {0, 1, 4, 5} else 9, [0, 1, 4, 5, 9]),
        "day": (lambda each: day(each) if day(each) in days else "in", [*days, "in"]),
    }

    assert shown(records_of(plan)[: design_size(plan)], fields, 2) == wanted(fields, 2)


def test_needs_that_read_the_same_drawn_field_are_tried_together(tmp_path: Path) -> None:
    spec = """\
M:
  $coverage: pairwise
  $count: 60
  KIND: [A, B, C]
  size: [1, 2, 3]
  drawn: {$integer: [0, 3]}
  $rules: {c-needs-1: {cel: "record.KIND != 'C' || record.drawn == 1"}}
  $exclude: {zero: {drawn: [0], size: [1, 2]}}
  $scenarios: {positive: {}, exclusion: {}}
"""
    plan = plans(tmp_path, spec)["M/exclusion"]
    records = records_of(plan)
    fields: Fields = {
        "KIND": (field("KIND"), ["A", "B", "C"]),
        "size": (field("size"), [1, 2, 3]),
    }

    can_be = wanted(fields, 2, lambda each: each["KIND"] != "C" and each["size"] != 3)
    assert shown(records[: design_size(plan)], fields, 2) == can_be
    (output,) = coverage_report(
        open_project(tmp_path), ["s/M/exclusion"], most=60, confidence=0.99
    ).outputs
    assert output.measured is not None
    assert [(each.covered, each.possible) for each in output.measured.strengths] == [(4, 4), (4, 4)]


def test_only_the_fields_that_are_named_take_part(tmp_path: Path) -> None:
    spec = """\
M:
  $count: 30
  $coverage: {strength: pairwise, fields: [PAT, lines.code, units], without: [PAT.skip]}
  KIND: [A, B, C, D, E]
  PAT: {sex: [M, F], skip: [1, 2, 3, 4, 5, 6, 7]}
  lines: [{code: ["1", "2", "3"]}]
  units: {$integer: [1, 4]}
"""
    plan = plans(tmp_path, spec)["M/base"]

    (covered,) = compile_source(plan).parts[0].covered
    assert {each.label: len(each.values) for each in covered.parameters} == {
        "PAT.sex": 2,
        "lines[0].code": 3,
        "units": 4,
    }
    assert len(covered.design.rows) == 12
    records = records_of(plan)[:12]
    units: Fields = {
        "code": (field("lines", 0, "code"), ["1", "2", "3"]),
        "units": (field("units"), [1, 2, 3, 4]),
    }
    assert shown(records, units, 2) == wanted(units, 2)


LETTERS = "abcdefghijkl"
MIXED_SIZES = [12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2]
FORBIDDEN = [
    ((0, 0), (1, 0)),
    ((0, 1), (9, 1)),
    ((2, 3), (3, 4)),
    ((4, 1), (5, 2)),
    ((6, 0), (7, 0)),
    ((0, 5), (10, 0)),
    ((8, 2), (9, 0), (10, 1)),
]


def flat(sizes: Sequence[int], bad: Sequence[tuple[tuple[int, int], ...]] = ()) -> str:
    """Return a model of pools f0, f1, … whose values are letters, and rules against ``bad``."""
    lines = ["M:", "  $coverage: {strength: pairwise, keep: cases.json}", "  $count: 300"]
    lines += [f"  f{place}: [{', '.join(LETTERS[:size])}]" for place, size in enumerate(sizes)]
    lines += ["  $rules:"] if bad else []
    for number, each in enumerate(bad):
        told = " && ".join(f"record.f{place} == '{LETTERS[value]}'" for place, value in each)
        lines.append(f'    r{number}: {{cel: "!({told})"}}')
    return "\n".join(lines) + "\n"


NESTED = """\
M:
  $coverage: {strength: pairwise, keep: cases.json}
  $count: 300
  PAT:
    sex: [M, F]
    age: [a, b, c, d, e]
    home:
      $rows:
        - {city: Chennai, zip: "600001"}
        - {city: Hyderabad, zip: "500001"}
        - {city: Kochi, zip: "682001"}
        - {city: Mysuru, zip: "570001"}
        - {city: Pune, zip: "411001"}
        - {city: Surat, zip: "395001"}
      kind: [own, rent, other]
  lines: {$array: 2, $items: {code: [a, b, c, d], bill: [OA, OC, OD]}}
  payer: {plan: [a, b, c, d, e], net: [in, out], tier: {level: [1, 2, 3, 4]}}
  f1: {$boolean: 0.1}
  f2: {$boolean: 0.2}
  f3: {$boolean: {}}
  $rules:
    one: {cel: "!(record.PAT.home.city == 'Chennai' && record.payer.plan == 'a')"}
    two: {cel: "!(record.lines[0].code == 'd' && record.lines[0].bill == 'OD')"}
    three: {cel: "!(record.f1 && record.payer.tier.level == 4 && record.f2)"}
"""
NESTED_FIELDS: Fields = {
    "sex": (field("PAT", "sex"), ["M", "F"]),
    "age": (field("PAT", "age"), list("abcde")),
    "city": (
        field("PAT", "home", "city"),
        ["Chennai", "Hyderabad", "Kochi", "Mysuru", "Pune", "Surat"],
    ),
    "kind": (field("PAT", "home", "kind"), ["own", "rent", "other"]),
    "c0": (field("lines", 0, "code"), list("abcd")),
    "b0": (field("lines", 0, "bill"), ["OA", "OC", "OD"]),
    "c1": (field("lines", 1, "code"), list("abcd")),
    "b1": (field("lines", 1, "bill"), ["OA", "OC", "OD"]),
    "plan": (field("payer", "plan"), list("abcde")),
    "net": (field("payer", "net"), ["in", "out"]),
    "level": (field("payer", "tier", "level"), [1, 2, 3, 4]),
    "f1": (field("f1"), [True, False]),
    "f2": (field("f2"), [True, False]),
    "f3": (field("f3"), [True, False]),
}


def pairs_without(fields: Fields, bad: Sequence[tuple[tuple[str, object], ...]]) -> Combinations:
    """Return the pairs that some record without ``bad`` has, tried pair by pair.

    No row is sought: each of ``bad`` that three fields make leaves every pair of theirs possible.
    """
    found: Combinations = set()
    for (left, (_, mine)), (right, (_, others)) in itertools.combinations(fields.items(), 2):
        for value, other in itertools.product(mine, others):
            if not any({(left, value), (right, other)} == set(each) for each in bad):
                found.add(((left, json.dumps(value)), (right, json.dumps(other))))
    return found


MODELS = {
    # Rows of PICT, built from commit c3dad2b of microsoft/pict, for the same parameters.
    "20 pools of 4": (flat([4] * 20), [4] * 20, [], 39),
    "2 to 12 values": (flat(MIXED_SIZES, FORBIDDEN), MIXED_SIZES, FORBIDDEN, 121),
    "nested": (NESTED, [], [], 38),
}


@pytest.mark.parametrize("name", MODELS)
def test_every_pair_that_can_be_takes_hardly_more_records_than_with_pict(
    tmp_path: Path, name: str
) -> None:
    spec, sizes, forbidden, pict = MODELS[name]
    plan = plans(tmp_path, spec)["M/base"]
    size = design_size(plan)
    fields = NESTED_FIELDS
    bad: list[tuple[tuple[str, object], ...]] = [
        (("city", "Chennai"), ("plan", "a")),
        (("c0", "d"), ("b0", "OD")),
    ]
    if sizes:
        fields = {
            f"f{place}": (field(f"f{place}"), list(LETTERS[:count]))
            for place, count in enumerate(sizes)
        }
        bad = [tuple((f"f{place}", LETTERS[value]) for place, value in each) for each in forbidden]

    assert size <= 1.1 * pict
    assert shown(records_of(plan)[:size], fields, 2) == pairs_without(fields, bad)


def cases_of(plan: OutputPlan) -> list[str]:
    """Return the records of a design, each by all that is in it."""
    return [json.dumps(each, sort_keys=True) for each in records_of(plan)[: design_size(plan)]]


def keep(folder: Path) -> None:
    report = coverage_report(open_project(folder), [], most=1, confidence=0.99)
    save_cases(open_project(folder), report)


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("20 pools of 4", ("f7: [a, b, c, d]", "f7: [a, b, NEW, c, d]")),
        ("2 to 12 values", ("f9: [a, b]", "f9: [a, b, NEW]")),
        ("nested", ("net: [in, out]", "net: [in, NEW, out]")),
        ("nested", ("- {city: Kochi,", '- {city: NEW, zip: "1"}\n        - {city: Kochi,')),
    ],
)
def test_cases_that_are_kept_stay_when_a_value_is_added(
    tmp_path: Path, name: str, edit: tuple[str, str]
) -> None:
    spec = MODELS[name][0]
    before = cases_of(plans(tmp_path, spec)["M/base"])
    keep(tmp_path)
    same = cases_of(plans(tmp_path, spec)["M/base"])
    after = cases_of(plans(tmp_path, spec.replace(*edit))["M/base"])

    assert same == before
    assert spec.replace(*edit) != spec
    assert len(set(before) & set(after)) >= 0.9 * len(before)
    assert after[: len(before)] == before
    assert any("NEW" in each for each in after)


def test_models_may_keep_their_cases_in_one_file(tmp_path: Path) -> None:
    spec = flat([3, 3]) + flat([4, 2]).replace("M:", "N:")
    before = {name: cases_of(plan) for name, plan in plans(tmp_path, spec).items()}
    report = coverage_report(open_project(tmp_path), ["s/M"], most=1, confidence=0.99)
    assert save_cases(open_project(tmp_path), report) == {"specs/s/cases.json": 9}
    report = coverage_report(open_project(tmp_path), ["s/N"], most=1, confidence=0.99)
    assert save_cases(open_project(tmp_path), report) == {"specs/s/cases.json": 8}

    data = json.loads((tmp_path / "specs/s/cases.json").read_text(encoding="utf-8"))
    assert {name: len(cases) for name, cases in data.items()} == {"M/base": 9, "N/base": 8}
    spec = spec.replace("[a, b, c]", "[a, b, c, NEW]").replace("[a, b]", "[a, b, NEW]")
    for name, plan in plans(tmp_path, spec).items():
        assert cases_of(plan)[: len(before[name])] == before[name]


def test_a_record_far_behind_the_design_is_made_at_once(tmp_path: Path) -> None:
    plain = plans(tmp_path, MIXED.format(coverage="none"))["M/base"]
    covered = plans(tmp_path, MIXED.format(coverage="pairwise"))["M/base"]
    index = 10**12

    assert compile_source(covered).record_at(index) == compile_source(plain).record_at(index)


def test_cases_that_cannot_be_any_more_are_let_go_and_the_others_stay(tmp_path: Path) -> None:
    spec = flat([4, 4, 4, 3, 3])
    before = cases_of(plans(tmp_path, spec)["M/base"])
    keep(tmp_path)
    after = cases_of(plans(tmp_path, spec.replace("f0: [a, b, c, d]", "f0: [a, b, c]"))["M/base"])

    can_be = [each for each in before if '"f0": "d"' not in each]
    assert 0 < len(can_be) < len(before)
    assert after[: len(can_be)] == can_be


def test_a_new_field_joins_the_cases_that_are_kept(tmp_path: Path) -> None:
    spec = flat([4, 4, 3])
    before = [json.loads(each) for each in cases_of(plans(tmp_path, spec)["M/base"])]
    keep(tmp_path)
    after = [
        json.loads(each) for each in cases_of(plans(tmp_path, spec + "  g: [x, y]\n")["M/base"])
    ]

    assert [
        {key: each[key] for key in ("f0", "f1", "f2")} for each in after[: len(before)]
    ] == before
    assert len({(each["f0"], each["g"]) for each in after}) == 8


def test_the_order_of_a_pool_and_of_fields_changes_no_case(tmp_path: Path) -> None:
    before = cases_of(plans(tmp_path, flat([4, 4, 3, 2]))["M/base"])
    turned = flat([4, 4, 3, 2]).replace("[a, b, c, d]", "[d, b, a, c]").splitlines()
    spec = "\n".join([*turned[:3], *reversed(turned[3:])]) + "\n"

    assert cases_of(plans(tmp_path, spec)["M/base"]) == before


def test_a_file_that_holds_no_cases_is_refused(tmp_path: Path) -> None:
    (tmp_path / "specs/s").mkdir(parents=True)
    (tmp_path / "specs/s/cases.json").write_text('{"M/base": 3}', encoding="utf-8")

    (found,) = refused(tmp_path, flat([2, 2]))
    assert found.startswith("2 MG217")
    (tmp_path / "specs/s/cases.json").write_text("{", encoding="utf-8")
    assert refused(tmp_path, flat([2, 2]))


def test_the_outputs_depend_on_the_file_of_cases(tmp_path: Path) -> None:
    spec = flat([3, 3])
    before = plans(tmp_path, spec)["M/base"]
    keep(tmp_path)
    after = plans(tmp_path, spec)["M/base"]

    assert before.key != after.key
    assert "specs/s/cases.json" in after.inputs


def test_too_few_records_for_a_design_are_refused_with_the_number_needed(tmp_path: Path) -> None:
    spec = "M:\n  $coverage: pairwise\n  $count: 8\n  a: [1, 2, 3]\n  b: [1, 2, 3]\n"

    (found,) = refused(tmp_path, spec)
    assert found.startswith("2 MG408")
    assert "needs 9 records, but there are 8" in found
    assert plans(tmp_path, spec.replace("$count: 8", "$count: 9"))


@pytest.mark.parametrize(
    ("coverage", "code"),
    [
        ("{strength: pairwise, fields: [ID]}", "2 MG407"),
        ("{strength: pairwise, without: [other]}", "2 MG407"),
        ("{strength: pairwise, without: [KIND]}", "2 MG407"),
        ("{boundaries: true}", "2 MG205"),
        ("{strength: all}", "2 MG217"),
        ("{strength: each, bounds: true}", "2 MG227"),
        ("{strength: each, keep: ../../../x.json}", "2 MG218"),
        ("{strength: each, keep: cases.yaml}", "2 MG218"),
        ("{strength: each, fields: KIND}", "2 MG202"),
    ],
)
def test_coverage_of_nothing_and_what_cannot_be_read_is_refused(
    tmp_path: Path, coverage: str, code: str
) -> None:
    spec = f"M:\n  $coverage: {coverage}\n  $count: 9\n  ID: {{$uuid: {{}}}}\n  KIND: [A, B]\n"

    assert [line[: len(code)] for line in refused(tmp_path, spec)] == [code]


def test_more_than_can_be_covered_in_reasonable_time_is_refused(tmp_path: Path) -> None:
    fields = "".join(f"  f{place}: [a, b, c, d]\n" for place in range(47))
    spec = f"M:\n  $coverage: 3-wise\n  $count: 9\n{fields}"

    (found,) = refused(tmp_path, spec)
    assert found.startswith("2 MG407")
    assert "188 values in 1,037,760 combinations" in found
    (few,) = refused(tmp_path, spec.replace("3-wise", "pairwise"))
    assert few.startswith("2 MG408")


def test_coverage_beside_a_mix_is_refused(tmp_path: Path) -> None:
    spec = "M:\n  a: [1, 2]\n  $scenarios:\n    b: {}\n    m: {$mix: {b: 1}, $coverage: each}\n"

    (found,) = refused(tmp_path, spec)
    assert found.startswith("5 MG204")
