"""After any edit of a spec, no cell has changed that the edit may not change, and none too many."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from mockgen_watch.api import Records
from mockgen_watch.workflow.project import open_project
from tests.properties.construct_edits import CONSTRUCT_EDITS, SHOP_EDITS
from tests.properties.construct_specs import EXACT, SHOP, SUITE, check_shop, follows, reads_of
from tests.properties.engines import bytes_by_engines
from tests.properties.spec_edits import (
    ABSENT,
    EDITS,
    ELEMENT,
    MASTERS,
    OUTSIDE,
    PART,
    SLOTS,
    SUITES,
    World,
    change_output,
    random_edit,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path as Folder

    from tests.properties.spec_edits import Edit, Path, Place

    Cell = tuple[str | int, ...]
    Name = tuple[str, str, str]
    """Suite, model and scenario."""

USUAL = 44
"""Edits of a usual run; the rest of the 500 are long."""
WALK = 22
"""Edits of one walk, each on the result of the one before."""
ALL = 506


@dataclass
class State:
    """The records of all outputs, cell by cell."""

    cells: dict[Name, list[dict[Cell, Any]]]


def state_of(folder: Folder, world: World) -> State:
    """Write the specs, read them as a user would, and make all records."""
    for suite in [*world.suites, *(path.name for path in folder.joinpath("specs").glob("*"))]:
        path = folder / "specs" / suite
        if suite not in world.suites:
            for file in path.iterdir():
                file.unlink()
            path.rmdir()
            continue
        path.mkdir(parents=True, exist_ok=True)
        (path / "user_input.json").write_text(json.dumps(world.suites[suite]), "utf-8")
        if suite in world.masters:
            (path / "master.json").write_text(json.dumps(world.masters[suite]), "utf-8")
    made = records_of_all(folder, world)
    cells = {}
    for name, records in made.items():
        cells[name] = [dict(cells_of(record, SLOTS.get(name[0], ()))) for record in records]
        if name == ("alpha", "Claim", "mixed"):
            cells[name] = mixed_cells(made, records)
        elif name[:2] == ("alpha", "Claim"):
            check_dependents(made["alpha", "Parent", "base"], records)
    if SUITE in world.suites:
        base = {
            model: list(records) for (_, model, name), records in made.items() if name == "base"
        }
        check_shop(base, world.suites[SUITE])
    return State(cells)


def records_of_all(folder: Folder, world: World, *, exact: bool = True) -> dict[Name, Records]:
    """Return the records of every output, each suite compiled once."""
    suites = open_project(folder, None).suites
    found = {}
    for suite in world.suites:
        plans = suites.plans(suite)
        assert plans is not None, [str(item) for item in suites.found()]
        for plan in plans:
            found[suite, plan.model, plan.scenario] = Records(plan, exact=exact)
    return found


def mixed_cells(made: dict[Name, Records], records: Records) -> list[dict[Cell, Any]]:
    """Return the part of each record, after a check that it is that part's own record."""
    parts = [records.scenario_of(index) for index in range(len(records))]
    for index, part in enumerate(parts):
        assert records[index] == made["alpha", "Claim", part].at(index)
    return [{PART: part} for part in parts]


def check_dependents(parents: Records, records: Records) -> None:
    """Check the fields that are made of others by making them of those others."""
    for record in records:
        shown = [record["kind"], record["person"]["first"]]
        assert record["label"] == "/".join(shown)
        assert record["parent_name"] == parents[record["parent_no"]]["name"]


DEPENDENT: frozenset[Path] = frozenset({("label",), ("parent_name",)})
"""Fields of alpha's Claim that ``check_dependents`` knows better."""


def cells_of(record: Any, slot: Path) -> Iterator[tuple[Cell, Any]]:  # noqa: ANN401
    """Yield the cells of a record, seen from its model."""
    for path, value in flat(record, ()):
        inside = path[: len(slot)] == slot
        yield (path[len(slot) :] if inside else (OUTSIDE, *path)), value


def flat(value: Any, path: Cell) -> Iterator[tuple[Cell, Any]]:  # noqa: ANN401
    if isinstance(value, dict):
        for key, below in value.items():
            yield from flat(below, (*path, key))
    elif isinstance(value, list):
        yield (*path, "length"), len(value)
        for index, below in enumerate(value):
            yield from flat(below, (*path, index))
    else:
        # True is 1 to Python, and not to a reader of JSON.
        yield path, (value, "boolean") if isinstance(value, bool) else value


def path_of(cell: Cell) -> Path:
    return tuple(ELEMENT if isinstance(step, int) else step for step in cell)


def is_at(place: Place, name: Name, path: Path) -> bool:
    """Tell whether a cell is at ``place`` or below it."""
    suite, model, scenario = name
    is_meant = place.scenarios is None or scenario in place.scenarios
    begins = path[: len(place.path)] == place.path
    return (suite, model) == (place.suite, place.model) and is_meant and begins


def check(before: State, after: State, edit: Edit) -> Counter[str]:
    """Check that ``edit`` changed no cell that it may not; count the cells that it did change."""
    names = {name: (name[0], edit.models.get(name[:2], name[1]), name[2]) for name in before.cells}
    for name in before.cells:
        if names[name] not in after.cells:
            assert any(is_at(place, name, ()) for place in edit.goes), f"{name} has gone"
    for name in after.cells:
        if name not in names.values():
            assert any(is_at(place, name, ()) for place in edit.comes), f"{name} has come"
    seen: Counter[str] = Counter()
    for old, new in names.items():
        if new in after.cells:
            seen += check_output(new, before.cells[old], after.cells[new], edit)
    return seen


def check_output(
    name: Name, before: list[dict[Cell, Any]], after: list[dict[Cell, Any]], edit: Edit
) -> Counter[str]:
    seen: Counter[str] = Counter()
    judged: list[list[tuple[Any, Any]]] = [[] for _ in edit.judged]
    exact = exact_fields(name)
    reads = reads_of(name[1], edit.suites[name[0]][name[1]])
    # Records that only one of the counts has are no change.
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        moved = {moved_cell(cell, name, edit): value for cell, value in old.items()}
        all_cells = moved.keys() | new.keys()
        changed = {cell for cell in all_cells if moved.get(cell, ABSENT) != new.get(cell, ABSENT)}
        is_one = edit.where is None or (bool(changed) and edit.where(index, moved, new))
        for cell in all_cells:
            path = path_of(cell)
            pair = moved.get(cell, ABSENT), new.get(cell, ABSENT)
            meant = [n for n, (place, _) in enumerate(edit.judged) if is_at(place, name, path)]
            for number in meant:
                judged[number].append(pair)
            seen["cells"] += 1
            if cell not in changed:
                continue
            seen["changed"] += 1
            if (meant and is_one) or path in exact or follows(cell, changed, reads):
                continue
            is_new = pair[0] == ABSENT and any(is_at(place, name, path) for place in edit.comes)
            is_gone = pair[1] == ABSENT and any(is_at(place, name, path) for place in edit.goes)
            assert is_new or is_gone, f"{name} {cell}: {pair[0]!r} became {pair[1]!r}"
    for (place, judge), cells in zip(edit.judged, judged, strict=True):
        assert judge(cells) == "", f"{name}, {place}"
    return seen


def exact_fields(name: Name) -> frozenset[Path]:
    """Return the fields that are computed again elsewhere, so that they may change."""
    if name[:2] == ("alpha", "Claim"):
        return DEPENDENT
    return EXACT.get(name[1], frozenset()) if name[0] == SUITE else frozenset()


def moved_cell(cell: Cell, name: Name, edit: Edit) -> Cell:
    """Return where a cell stands after the edit."""
    for place, path in edit.moves:
        if is_at(place, name, path_of(cell)):
            last = len(path) - 1
            return (*cell[:last], path[last], *cell[last + 1 :])
    return cell


def check_written(folder: Folder, world: World, edit: Edit, chance: random.Random) -> None:
    """Check that what is written, by any engine and cut, reads back as the records."""
    for (suite, model, _), records in records_of_all(folder, world, exact=False).items():
        if f"{suite}:{model} " not in edit.told:
            continue
        form = world.suites[suite][model]["$output"]
        is_alone = form["layout"] != "multiple"
        text = written(records, chance).decode()
        if form["format"] in READERS:
            read = READERS[form["format"]](text)
            assert ([read] if is_alone else list(read)) == list(records)[: 1 if is_alone else None]


def written(records: Records, chance: random.Random) -> bytes:
    """Return the bytes of an output, which all engines have to agree on."""
    processes = 2 if chance.random() < 0.2 else 1
    (text,) = bytes_by_engines(records, processes=processes, chunk=chance.randint(1, 30))
    return text


def read_lines(text: str) -> Any:  # noqa: ANN401
    read = [json.loads(line) for line in text.splitlines()]
    return read if len(read) > 1 else read[0]


def read_yaml(text: str) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(StringIO(text))


READERS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "yaml": read_yaml,
    "ndjson": read_lines,
}
"""CSV is flat, so other tests read it; here its engines have to agree."""


WORLDS = {
    "edits": (World({**SUITES}, {**MASTERS}), EDITS),
    "constructs": (World({**SHOP}, {}), SHOP_EDITS),
}


def walk(folder: Folder, number: int, kind: str) -> Counter[str]:
    """Edit the specs ``WALK`` times and check each edit; count what was seen."""
    chance = random.Random(f"{kind} {number}")
    world, edits = WORLDS[kind]
    state = state_of(folder, world)
    seen: Counter[str] = Counter()
    for _ in range(WALK):
        world, edit = random_edit(world, chance, edits)
        after = state_of(folder, world)
        try:
            seen += check(state, after, edit)
            if edit.told.startswith("write"):
                check_written(folder, world, edit, chance)
        except AssertionError as error:
            raise AssertionError(f"{edit.told}: {error}") from error
        state = after
        seen[edit.told.split()[0]] += 1
    return seen


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("number", range(USUAL // WALK))
def test_a_random_edit_changes_only_what_it_may(tmp_path: Folder, number: int, kind: str) -> None:
    assert walk(tmp_path, number, kind)["changed"] > WALK


@pytest.mark.long
@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("number", range(USUAL // WALK, ALL // WALK))
def test_any_of_500_edits_changes_only_what_it_may(
    tmp_path: Folder, number: int, kind: str
) -> None:
    assert walk(tmp_path, number, kind)["changed"] > WALK


def test_each_kind_of_edit_is_made() -> None:
    for world, edits in WORLDS.values():
        chance = random.Random(0)
        kinds: Counter[str] = Counter()
        for _ in range(ALL):
            world, edit = random_edit(world, chance, edits)  # noqa: PLW2901 - the next world
            kinds[edit.told.split()[0]] += 1
        assert change_output in edits
        assert len(kinds) >= 9


def test_each_edit_of_a_construct_has_a_place() -> None:
    chance = random.Random(0)
    for make in CONSTRUCT_EDITS:
        random_edit(WORLDS["constructs"][0], chance, (make,))
