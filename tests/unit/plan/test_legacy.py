"""The earlier system's samples compile as they stand, with nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Severity
from mockgen_watch.masters.chain import resolve_chain
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.model import OriginKind, find_shape, walk_leaves
from mockgen_watch.spec.parse import parse
from tests.unit.masters.shapes import Data, plain

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Document

FOLDER = Path(__file__).parents[2] / "data" / "legacy"
SAMPLES = {"claims": "template", "model_x": "user_profile"}
SCENARIOS = ("positive", "negative", "exclusion")


def document(name: str) -> Document:
    return parse(f"specs/{name}", (FOLDER / name).read_bytes())


def sample(name: str) -> tuple[tuple[OutputPlan, ...], list[Diagnostic]]:
    file, found = build_master(document(f"{name}_master.json"), BuildContext())
    assert file is not None
    spec, more = build_user_input(document(f"{name}_user_input.json"), BuildContext())
    assert spec is not None
    chain = resolve_chain(file.path, {file.path: file})
    assert [*found, *more, *chain.diagnostics] == []
    return compile_suite(name, spec, chain.master, PlanContext(contract=1))


def raw(name: str) -> Data:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def section(name: str, scenario: str) -> Data:
    """Return what the model's section and the scenario's say together."""
    sections = {key.casefold(): value for key, value in raw(f"{name}_user_input.json").items()}
    return {**sections["model_1"], **sections[f"model_1_{scenario}"]}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_compiles_without_warnings(name: str) -> None:
    plans, found = sample(name)
    assert [plan.scenario for plan in plans] == list(SCENARIOS)
    assert [item for item in found if item.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_leaf_is_the_records_or_the_masters(name: str) -> None:
    slot = SAMPLES[name]
    for plan in sample(name)[0]:
        expected = {**raw(f"{name}_master.json")[slot], **section(name, plan.scenario)}
        assert plain(plan.records.shape) == {slot: expected}
        assert list(plain(plan.records.shape)[slot]) == list(expected)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_leaf_that_no_section_touches_is_the_masters(name: str) -> None:
    slot = SAMPLES[name]
    for plan in sample(name)[0]:
        touched = section(name, plan.scenario)
        for path, leaf in walk_leaves(plan.records.shape):
            is_masters = leaf.origin.kind is OriginKind.MASTER
            assert is_masters == (path[:1] == (slot,) and path[1] not in touched)


def test_the_claims_keep_payer_state_and_details() -> None:
    for plan in sample("claims")[0]:
        record = plain(plan.records.shape)["template"]
        assert record["PAYER"] == {"id": "P-001", "line": "MEDICAID"}
        assert record["state"] == section("claims", plan.scenario)["state"]
        assert record["ClaimDetails"] == section("claims", plan.scenario)["ClaimDetails"]


def test_the_one_note_maps_the_date_of_the_details() -> None:
    found = sample("claims")[1]
    assert [(item.code, item.hint) for item in found] == [
        ("MG307", "if it is the same field, map it with $to: srvc_from_date")
    ]
    assert sample("model_x")[1] == []


def test_addresses_are_those_of_a_suite_without_a_master() -> None:
    with_master = sample("claims")[0][0].records.shape
    spec, _ = build_user_input(document("claims_user_input.json"), BuildContext())
    assert spec is not None
    alone = compile_suite("claims", spec, None, PlanContext(contract=1))[0][0].records.shape
    for path, leaf in walk_leaves(alone):
        merged = find_shape(with_master, ("template", *path))
        assert merged is not None
        assert merged.address == leaf.address
