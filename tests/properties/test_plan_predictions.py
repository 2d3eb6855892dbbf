"""A plan names exactly the files and cells that the next run changes, after any edit of a spec."""

from __future__ import annotations

import copy
import csv
import io
import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.lock.model import Action
from mockgen_watch.rules.values import Missing
from mockgen_watch.workflow.changes import plan_changes
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request
from tests.properties.spec_edits import MASTERS, SUITES, World, random_edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockgen_watch.workflow.changes import ChangePlan

    Place = tuple[str, int, str]
    """File, record and JSON Pointer of a cell."""

EDITS = 20
"""Edits of one walk, each on the result of the one before; five walks are the hundred."""

FORMS: dict[tuple[str, str], Any] = {
    ("alpha", "Parent"): "ndjson",
    ("alpha", "Ruled"): {"format": "json", "layout": "split"},
    ("beta", "Claim"): "csv",
}
GONE = "(absent)"


def begin() -> World:
    """Return specs whose outputs have every format and layout."""
    world = World(suites=copy.deepcopy(SUITES), masters=copy.deepcopy(MASTERS))
    for (suite, model), form in FORMS.items():
        world.suites[suite][model]["$output"] = form
    for _, _, each in world.models():
        each["$count"] = 12
    world.suites["alpha"]["Claim"]["$scenarios"]["other"]["$output"] = "yaml"
    return world


def save(folder: Path, world: World) -> None:
    for path in folder.glob("specs/*/*.json"):
        path.unlink()
    for suite, data in world.suites.items():
        place = folder / "specs" / suite
        place.mkdir(parents=True, exist_ok=True)
        (place / "user_input.json").write_text(json.dumps(data), encoding="utf-8")
        if suite in world.masters:
            (place / "master.json").write_text(json.dumps(world.masters[suite]), encoding="utf-8")


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted((folder / "mock_outputs").rglob("*"))
        if path.is_file() and path.name != "mockgen.lock"
    }


def records(path: str, data: bytes) -> list[Any]:
    """Decode a file with other readers than the program's own."""
    text = data.decode()
    if path.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(text, newline="")))
    if path.endswith(".ndjson"):
        return [json.loads(line, parse_float=Decimal) for line in text.split("\n") if line]
    if path.endswith(".yaml"):
        reader: Any = YAML(typ="safe", pure=True)
        whole = reader.load(text)
    else:
        whole = json.loads(text, parse_float=Decimal)
    return whole if isinstance(whole, list) else [whole]


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Yield pointer and text of each leaf; the text tells 1, 1.0 and "1" apart."""
    if value and isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            yield from leaves(item, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    else:
        # A float of YAML has lost its zeros.
        plain = float(value) if isinstance(value, Decimal) else value
        yield pointer, f"{type(plain).__name__} {plain}"


def cells(files: dict[str, bytes]) -> dict[Place, str]:
    found = {}
    for path, data in files.items():
        stem = path.rpartition("/")[2].partition(".")[0]
        first = int(stem) - 1 if len(stem) == 6 and stem.isdigit() else 0
        for index, record in enumerate(records(path, data)):
            for pointer, text in leaves(record):
                found[path, first + index, pointer] = text
    return found


def expected(before: dict[str, bytes], after: dict[str, bytes]) -> dict[Place, tuple[str, str]]:
    """Return the cells that differ in files that are there before and after."""
    common = [path for path in before if path in after and before[path] != after[path]]
    old, new = (cells({path: side[path] for path in common}) for side in (before, after))
    inner = {(*place[:2], above) for place in old | new for above in holders(place[2])}
    return {
        place: (old.get(place, GONE), new.get(place, GONE))
        for place in old.keys() | new.keys()
        if old.get(place, GONE) != new.get(place, GONE)
        # What was empty and is not any more has its cells below.
        and place not in inner
    }


def holders(pointer: str) -> Iterator[str]:
    """Yield the pointer of each object and array around a cell."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def predicted(plan: ChangePlan) -> dict[Place, tuple[str, str]]:
    found = {}
    for file in plan.files:
        if file.file.action is not Action.UPDATE:
            assert file.cells == ()
            continue
        assert len({cell.record for cell in file.cells}) == file.records_changed
        for cell in file.cells:
            sides = (
                GONE if isinstance(side, Missing) else next(leaves(side))[1]
                for side in (cell.before, cell.after)
            )
            before, after = sides
            found[file.file.path, cell.record, cell.pointer] = (before, after)
    return found


@pytest.mark.parametrize(
    ("seed", "edits"),
    [
        (0, 6),
        *(pytest.param(seed, EDITS, marks=pytest.mark.long) for seed in range(1, 6)),
    ],
)
def test_a_plan_names_the_cells_that_change(tmp_path: Path, seed: int, edits: int) -> None:
    chance = random.Random(seed)
    world = begin()
    save(tmp_path, world)
    assert not has_errors(generate(open_project(tmp_path), Request()).diagnostics)
    total = 0
    for _ in range(edits):
        world, edit = random_edit(world, chance)
        save(tmp_path, world)
        before = outputs(tmp_path)
        plan = plan_changes(open_project(tmp_path), Request())
        assert outputs(tmp_path) == before
        report = generate(open_project(tmp_path), Request())
        assert not has_errors(report.diagnostics), edit.told
        after = outputs(tmp_path)
        actions = {file.file.path: file.file.action for file in plan.files}
        assert actions == {
            **dict.fromkeys(after.keys() - before.keys(), Action.CREATE),
            **dict.fromkeys(before.keys() - after.keys(), Action.DELETE),
            **{
                path: Action.UPDATE
                for path in before.keys() & after.keys()
                if before[path] != after[path]
            },
        }, edit.told
        meant = expected(before, after)
        assert predicted(plan) == meant, edit.told
        total += len(meant)
    # The edits are no empty ones.
    assert total >= 4 * edits
