"""Whatever is stated of whichever records, they hold it, and no other cell of any record moves."""

from __future__ import annotations

import copy
import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.executors import Serial
from mockgen_watch.formats.rendering import VECTOR_FROM
from mockgen_watch.workflow.generate import no_progress
from mockgen_watch.workflow.produce import PatchedRecords, file_bytes, prepare_production
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request, select_plans
from tests.properties.spec_edits import MASTERS, SUITES, World, random_edit

if TYPE_CHECKING:
    from pathlib import Path

    Name = tuple[str, str, str]
    """Suite, model and scenario."""

COUNT = VECTOR_FROM + 40
"""Records enough for the vector engine."""
STATED = 12
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -3,
    2.5,
    "",
    "no",
    "$x",
    "a, b",
    [],
    [1, {"$y": []}],
    {},
    {"k": {"$z": 1}},
)


def save(folder: Path, world: World) -> None:
    for path in folder.glob("specs/*/*.json"):
        path.unlink()
    for suite, data in world.suites.items():
        place = folder / "specs" / suite
        place.mkdir(parents=True, exist_ok=True)
        (place / "user_input.json").write_text(json.dumps(data), encoding="utf-8")
        if suite in world.masters:
            (place / "master.json").write_text(json.dumps(world.masters[suite]), encoding="utf-8")


def made(folder: Path) -> dict[Name, tuple[list[Any], bool]]:
    """Return the records of each output as its file holds them, and whether they are patched."""
    plans, _ = select_plans(open_project(folder), Request())
    found = {}
    for plan in plans:
        production = prepare_production(plan)
        data = b"".join(file_bytes(production, Serial(), no_progress))
        records = [json.loads(line, parse_float=Decimal) for line in data.split(b"\n") if line]
        alone = [production.record_at(index) for index in (0, 7, COUNT - 1)]
        assert alone == [records[index] for index in (0, 7, COUNT - 1)]
        is_patched = isinstance(production.records(), PatchedRecords)
        found[plan.suite, plan.model, plan.scenario] = records, is_patched
    return found


def pick(chance: random.Random, here: Any) -> tuple[Any, str]:  # noqa: ANN401
    """Return a key of an object or an index of an array, and how a spec writes it."""
    key = chance.choice(list(here) if isinstance(here, dict) else list(range(len(here))))
    return key, f"${key}" if str(key).startswith("$") else str(key)


def state(chance: random.Random, record: dict[str, Any], stated: dict[str, Any]) -> None:
    """Change a record at a random place, and say so in ``stated``."""
    here: Any = record
    said = stated
    key, written = pick(chance, here)
    while here[key] and isinstance(here[key], dict | list) and chance.random() < 0.7:
        if "$const" in said.get(written, {}):
            return
        here, said = here[key], said.setdefault(written, {})
        key, written = pick(chance, here)
    if written in said:
        return
    if isinstance(here, dict) and chance.random() < 0.2:
        del here[key]
        said[written] = {"$delete": True}
        return
    if isinstance(here, dict) and chance.random() < 0.2:
        key = written = "new"
    value = copy.deepcopy(chance.choice(VALUES))
    here[key] = value
    said[written] = {"$const": value} if isinstance(value, dict) else doubled(value)


def doubled(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {f"${key}" if key[0] == "$" else key: doubled(item) for key, item in value.items()}
    return [doubled(item) for item in value] if isinstance(value, list) else value


def exact(value: Any) -> Any:  # noqa: ANN401
    return json.loads(json.dumps(value, default=float), parse_float=Decimal)


def begin(chance: random.Random, edits: int) -> World:
    """Return specs whose outputs have lines, and as many records as the vector engine needs."""
    world = World(suites=copy.deepcopy(SUITES), masters=copy.deepcopy(MASTERS))
    # Records that rules look at have tests of their own.
    del world.suites["alpha"]["Ruled"]
    for _ in range(edits):
        world, _ = random_edit(world, chance)
    for place, found, key in world.fields():
        if isinstance(found[key], dict) and place.model != "Parent":
            # Two records may be stated to have the same value.
            found[key].pop("$unique", None)
    for _, _, model in world.models():
        model.update({"$count": COUNT, "$output": "ndjson"})
        for scenario in model.get("$scenarios", {}).values():
            scenario.pop("$count", None)
            scenario.pop("$output", None)
    return world


def state_some(chance: random.Random, section: dict[str, Any], records: list[Any]) -> None:
    """State values of some records of a scenario, the first and the last one among them."""
    stated: dict[str, Any] = {}
    for index in [chance.randrange(COUNT) for _ in range(STATED)] + [0, COUNT - 1]:
        state(chance, records[index], stated.setdefault(str(index), {}))
    section["$records"] = {index: said for index, said in stated.items() if said}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 40))]
)
def test_only_what_is_stated_changes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    world = begin(chance, seed % 8)
    save(tmp_path, world)
    meant = {name: copy.deepcopy(records) for name, (records, _) in made(tmp_path).items()}
    sections = {
        (suite, name, scenario): section
        for suite, name, model in world.models()
        for scenario, section in model.get("$scenarios", {"base": model}).items()
    }
    for key, section in sections.items():
        # Others refer to parents.
        if "$mix" not in section and key[1] != "Parent":
            state_some(chance, section, meant[key])
    save(tmp_path, world)
    after = made(tmp_path)
    assert any(is_patched for _, is_patched in after.values())
    for key, (records, _) in after.items():
        mix = sections[key].get("$mix")
        if mix is None:
            assert exact(records) == exact(meant[key])
            continue
        # A record of a mix is that of one of its parts, as it is stated.
        parts = [after[key[0], key[1], part][0] for part in mix]
        for index, record in enumerate(records):
            assert record in [part[index] for part in parts]
