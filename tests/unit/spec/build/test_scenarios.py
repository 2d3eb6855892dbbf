"""Models, their scenarios in both forms, and what they inherit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockgen_watch.spec.model import (
    Coverage,
    Layout,
    MasterChoice,
    Model,
    OriginKind,
    OutputOptions,
    RuleKind,
    Scenario,
)
from tests.unit.spec.reading import findings, good_input, good_master, read_input


def model_of(text: str) -> Model:
    return good_input(text).models[0]


def scenario_of(text: str, name: str) -> Scenario:
    return next(item for item in model_of(text).scenarios if item.name == name)


def overlay_names(scenario: Scenario) -> list[str]:
    return [] if scenario.overlay is None else [item.name for item in scenario.overlay.members]


def test_a_model_without_scenarios_has_one() -> None:
    (scenario,) = model_of("M: {$count: 5, a: 1}").scenarios
    assert (scenario.name, scenario.count, scenario.overlay) == ("base", 5, None)


@pytest.mark.parametrize("suffix", ["positive", "Positive", "POSITIVE", "pOsItIvE"])
def test_suffix_sections_are_scenarios_in_any_case(suffix: str) -> None:
    model = model_of(f"Model_1: {{a: 1}}\nModel_1_{suffix}: {{a: 2}}")
    assert model.name == "Model_1"
    assert [scenario.name for scenario in model.scenarios] == ["positive"]
    assert overlay_names(model.scenarios[0]) == ["a"]


def test_a_suffix_section_makes_its_model() -> None:
    spec = good_input("claim_negative: {a: 1}\nClaim_Positive: {b: 1}\nX: {c: 1}")
    assert [model.name for model in spec.models] == ["claim", "X"]
    model = spec.models[0]
    assert model.shape.members == ()
    assert [scenario.name for scenario in model.scenarios] == ["negative", "positive"]


def test_a_suffix_section_may_come_before_its_model() -> None:
    model = model_of("m_negative: {a: 2}\nM: {a: 1}")
    assert (model.name, model.scenarios[0].name) == ("M", "negative")
    assert model.location.line == 2


@pytest.mark.parametrize("name", ["Model_1_base", "positive", "_positive", "Model_1_smoke"])
def test_other_names_are_models(name: str) -> None:
    assert model_of(f"{name}: {{a: 1}}").name == name


def test_listed_scenarios_and_suffix_sections_go_together() -> None:
    text = """\
M:
  a: 1
  $scenarios: {Positive: {$count: 2}, Smoke: {b: 1}}
M_negative: {a: 3}
"""
    assert [item.name for item in model_of(text).scenarios] == ["positive", "Smoke", "negative"]


def test_counts_outputs_and_coverage_are_inherited() -> None:
    text = """\
$count: 7
$output: {format: csv, delimiter: ";", layout: split}
M:
  $coverage: pairwise
  $output: {csv_formulas: escape}
  a: 1
  $scenarios:
    positive: {}
    negative: {$count: 3, $coverage: none, $faults: 2, $output: json}
    exclusion: {$output: {layout: single}}
"""
    positive = scenario_of(text, "positive")
    assert (positive.count, positive.coverage.strength, positive.faults) == (
        7,
        Coverage.PAIRWISE,
        1,
    )
    assert positive.output == OutputOptions(
        format="csv",
        layout=Layout.SPLIT,
        options=(("csv_formulas", "escape"), ("delimiter", ";")),
    )
    negative = scenario_of(text, "negative")
    assert (negative.count, negative.coverage.strength, negative.faults) == (3, Coverage.NONE, 2)
    # The options of CSV mean nothing to JSON.
    assert negative.output == OutputOptions(format="json", layout=Layout.SPLIT)
    assert scenario_of(text, "exclusion").output.layout is Layout.SINGLE


def test_the_project_decides_what_no_file_says() -> None:
    output = OutputOptions(format="yaml", layout=Layout.SINGLE)
    spec = good_input("M: {a: 1}", seed=9, count=4, output=output)
    assert spec.seed == 9
    assert spec.models[0].scenarios[0].count == 4
    assert spec.models[0].scenarios[0].output == output


def test_an_overlay_lends_the_ids_of_the_model() -> None:
    text = """\
M:
  PAT: {$id: patient, first: {$const: A, $id: given}}
  list: [{x: {$const: 1, $id: y}}]
M_negative: {PAT: {first: B}, list: [{x: 2}]}
"""
    overlay = scenario_of(text, "negative").overlay
    assert overlay is not None
    patient, array = overlay.members[0].shape, overlay.members[1].shape
    assert patient.address == ("patient",)
    assert patient.members[0].shape.address == ("patient", "given")  # type: ignore[union-attr]
    assert array.elements[0].members[0].shape.address == ("list", "[]", "y")  # type: ignore[union-attr]


def test_origins_name_the_model_or_the_scenario() -> None:
    model = model_of("M: {a: 1}\nM_negative: {a: 2}")
    overlay = model.scenarios[0].overlay
    assert overlay is not None
    assert (model.shape.members[0].shape.origin.kind, overlay.members[0].shape.origin.kind) == (
        OriginKind.MODEL,
        OriginKind.SCENARIO,
    )
    assert overlay.members[0].shape.origin.name == "negative"
    assert overlay.members[0].shape.origin.location.line == 2


def test_a_mix_names_scenarios_with_weights() -> None:
    text = "M: {a: 1, $scenarios: {positive: {}, Mixed: {$mix: {Positive: 70}, $count: 9}}}"
    mixed = scenario_of(text, "mixed")
    assert [(part.scenario, part.weight) for part in mixed.mix] == [("positive", Decimal(70))]
    assert mixed.overlay is None


def test_rules_and_exclusions() -> None:
    text = """\
M:
  HCID: A
  $rules:
    shape: {field: /HCID, schema: {pattern: "^A"}}
    whole: {schema: true}
    order: {cel: "record.a < record.b"}
    file: {conforms: ../schemas/claim.json}
  $conforms: claim.json
  $exclude:
    clause: {PAYER.id: [A, 1], AGE: {min: 1, max: 9, pattern: x, not: B}, STATE: null}
"""
    model = model_of(text)
    assert [
        (rule.name, rule.kind, rule.field, rule.schema, rule.expression) for rule in model.rules
    ] == [
        ("shape", RuleKind.SCHEMA, ("HCID",), {"pattern": "^A"}, ""),
        ("whole", RuleKind.SCHEMA, (), True, ""),
        ("order", RuleKind.CEL, (), None, "record.a < record.b"),
        ("file", RuleKind.CONFORMS, (), None, "specs/schemas/claim.json"),
        ("conforms", RuleKind.CONFORMS, (), None, "specs/claims/claim.json"),
    ]
    (clause,) = model.exclusions
    assert [(condition.field, condition.test) for condition in clause.conditions] == [
        (("PAYER", "id"), ["A", 1]),
        (("AGE",), {"minimum": 1, "maximum": 9, "pattern": "x", "not": ["B"]}),
        (("STATE",), [None]),
    ]
    assert model.rules[0].body_location is not None
    assert model.rules[0].body_location.pointer == "/M/$rules/shape/field"


@pytest.mark.parametrize(
    ("text", "choice", "path"),
    [
        ("M: {a: 1}", MasterChoice.NEAREST, ""),
        ("$master: null\nM: {a: 1}", MasterChoice.NONE, ""),
        ("$master: master.yaml\nM: {a: 1}", MasterChoice.NAMED, "specs/claims/master.yaml"),
        ("$master: ../base/./m.json\nM: {a: 1}", MasterChoice.NAMED, "specs/base/m.json"),
    ],
)
def test_masters_are_named_from_the_file(text: str, choice: MasterChoice, path: str) -> None:
    spec = good_input(text)
    assert (spec.master, spec.master_path) == (choice, path)


def test_a_master_says_where_and_how_records_merge() -> None:
    master = good_master(
        """\
$extends: ../base/master.yaml
$slot: a.b
$merge: {list: "by-key( id )", "/x.y/z": append}
$on_conflict: keep
a: {b: {c: [1, 2]}}
"""
    )
    assert master.extends == "specs/base/master.yaml"
    assert master.slot == ("a", "b")
    assert [(item.path, item.kind, item.key) for item in master.policies] == [
        (("list",), "by-key", "id"),
        (("x.y", "z"), "append", ""),
    ]
    assert master.on_conflict == "keep"
    assert master.shape.members[0].shape.origin.kind is OriginKind.MASTER
    assert good_master("$slot: ''\na: {}").slot == ()
    assert good_master("a: {}").slot is None


def test_a_file_with_errors_gives_no_spec_and_all_its_errors() -> None:
    text = """\
$sed: 1
$master: null
M:
  a: {$patern: x, $nul: 2}
  b: {$integer: {min: 9, max: 1}}
  c: {$template: "{a} {b} {nothing}"}
  d: {$ref: N.x}
  $scenarios: {positive: {$count: 0}}
"""
    spec, found = read_input(text)
    assert spec is None
    assert [(item.code, item.location.line) for item in found] == [
        ("MG201", 1),
        ("MG201", 4),
        ("MG201", 4),
        ("MG208", 5),
        ("MG203", 6),
        ("MG203", 7),
        ("MG208", 8),
    ]


def test_warnings_do_not_stop_a_spec() -> None:
    spec, found = read_input("M: {x: {$number: {min: 0, max: 1, step: 0.3}}}")
    assert spec is not None
    assert [item.severity for item in found] == ["warning"]


@pytest.mark.parametrize(
    "text",
    [
        # The field that is named failed itself.
        "M:\n  a: {$template: '{b}'}\n  b: {$patern: x}",
        # What the rows would have is not known.
        "M:\n  a: {$template: '{city}'}\n  $rows: {$vocab: us_cty}",
        "M:\n  a: {$template: '{city}'}\n  $rowz: [{city: A}]",
        "A: text\nM: {a: {$ref: A.x}}",
        # The scenario that the mix names is misspelt where it is stated.
        "M: {a: 1, $scenarios: {positve: {}, mixed: {$mix: {positive: 1}}}}",
        "M: {a: {$choice: [], $unique: true}, $count: 5}",
        "M: {a: {$array: 1, $item: {$const: 1}}}",
        "M: {$output: {format: csvv, delimiter: ';'}, a: 1}",
    ],
)
def test_one_fault_has_no_followers(text: str) -> None:
    assert len(findings(text)) == 1


def test_a_vocabulary_that_could_not_be_read_is_not_reported_again() -> None:
    spec, found = read_input(
        "M: {a: {$vocab: broken}, $rows: {$vocab: broken}}",
        known_vocabularies=frozenset({"broken"}),
        vocabularies={},
    )
    assert found == []
    assert spec is not None


def test_a_chain_of_templates_ends_somewhere() -> None:
    fields = "".join(f"  f{n}: {{$template: '{{f{n + 1}}}'}}\n" for n in range(100))
    assert findings(f"M:\n{fields}  f100: 1\n") == []
    longer = f"M:\n{fields}  f100: {{$template: '{{f101}}'}}\n  f101: 1\n"
    assert [(item.code, item.location.line) for item in findings(longer)] == [("MG106", 2)]


def test_two_circles_are_two_faults() -> None:
    text = """\
M:
  a: {$template: "{b}{a}"}
  b: {$template: "{a}"}
  c: {$template: "{b}"}
"""
    assert [(item.code, item.location.line) for item in findings(text)] == [
        ("MG215", 2),
        ("MG215", 2),
    ]


def test_second_places_are_named() -> None:
    (found,) = findings("M:\n  abc: 1\n  ABC: 2")
    assert [(item.message, item.location.line) for item in found.related] == [("the first one", 2)]
