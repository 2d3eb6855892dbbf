"""The samples of the earlier system, read as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.generators import Pool
from mockgen_watch.spec.model import ArrayShape, Leaf, ObjectShape, UserInput
from mockgen_watch.spec.parse import parse
from tests.unit.spec.reading import ROOT, context_of

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ROOT / "tests" / "data" / "legacy"


def sample(name: str) -> UserInput:
    document = parse(f"{name}.json", (SAMPLES / f"{name}.json").read_bytes())
    spec, found = build_user_input(document, context_of())
    assert [str(item) for item in (*document.diagnostics, *found)] == []
    assert spec is not None
    return spec


@pytest.mark.parametrize("name", ["claims_user_input", "model_x_user_input"])
def test_suffix_sections_are_the_scenarios_of_their_model(name: str) -> None:
    (model,) = sample(name).models
    assert model.name == "Model_1"
    assert [item.name for item in model.scenarios] == ["positive", "negative", "exclusion"]
    for scenario in model.scenarios:
        assert scenario.overlay is not None
        assert [item.name for item in scenario.overlay.members] == [
            item.name for item in model.shape.members
        ]


def test_values_that_stand_twice_weigh_twice() -> None:
    leaf = sample("claims_user_input").models[0].shape.get("HCID")
    assert isinstance(leaf, Leaf)
    assert isinstance(leaf.generator, Pool)
    assert [(entry.value, int(entry.weight)) for entry in leaf.generator.entries] == [
        ("ABCDEFGHI", 2),
        ("ABCDE5555", 1),
        ("555DEFGHI", 1),
    ]


def test_the_details_are_an_array() -> None:
    details = sample("claims_user_input").models[0].shape.get("ClaimDetails")
    assert isinstance(details, ArrayShape)
    assert isinstance(details.elements[0], ObjectShape)
    assert [item.name for item in details.elements[0].members] == [
        "SRVC_FROM_DT",
        "proc_cd",
        "BILL_TYPE",
    ]


def test_sections_of_texts_are_models_of_constants() -> None:
    assert [model.name for model in sample("edit_x").models] == ["Edit_1", "Edit_2"]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*_master.json")), ids=lambda path: path.stem)
def test_masters_are_masters(path: Path) -> None:
    document = parse(path.name, path.read_bytes())
    master, found = build_master(document, context_of())
    assert found == []
    assert master is not None


@pytest.mark.parametrize(
    ("name", "line", "hint"),
    [("edit_flat", 2, "mockgen-watch migrate edit_flat.json"), ("edit_quirks", 15, "")],
)
def test_what_has_to_be_migrated_says_so(name: str, line: int, hint: str) -> None:
    document = parse(f"{name}.json", (SAMPLES / f"{name}.json").read_bytes())
    _, found = build_user_input(document, context_of())
    assert [(item.code, item.location.line) for item in found] == [("MG202", line)]
    assert hint in found[0].hint
