"""Keys hold everything: outputs of equal keys have equal bytes, wherever their suites are."""

from __future__ import annotations

import copy
import json
import random
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.digest import digest
from mockgen_watch.executors import Serial
from mockgen_watch.formats import BUILTIN
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec import model as spec
from mockgen_watch.workflow.produce import output_files, prepare_production
from tests.properties.spec_edits import MASTERS, SUITES, World, random_edit
from tests.properties.test_keys import compiled
from tests.sizes import sized

if TYPE_CHECKING:
    from mockgen_watch.executors import Executor
    from mockgen_watch.plan.model import OutputPlan

GAMMA = {
    "$seed": 7,
    "Guest": {
        "$count": 12,
        "no": {"$ref": "alpha/Parent.no"},
        "name": {"$ref": "alpha/Parent.name"},
        "town": {"$vocab": "town"},
        "room": {"$integer": [1, 9]},
        "$conforms": "room.json",
        "$coverage": "each",
        "$scenarios": {
            "positive": {},
            "quiet": {},
            "negative": {},
        },
    },
    "Stay": {"guest": {"$ref": "Guest.no", "$each": [1, 2]}, "day": {"$index": "sibling"}},
}
ROOM = {"properties": {"room": {"maximum": 7}}}


def files_of(world: World, chance: random.Random) -> dict[str, str]:
    """Return a project: the suites of ``world``, some of them copied, moved or left out."""
    gamma = copy.deepcopy(GAMMA)
    if chance.random() < 0.3:
        gamma["Guest"]["$scenarios"]["negative"]["$negative_of"] = "quiet"  # type: ignore[index]
    if chance.random() < 0.3:
        gamma["Guest"]["$count"] = 20  # type: ignore[index]
    suites = {**world.suites, "gamma": gamma}
    masters = dict(world.masters)
    for name in [*world.suites]:
        if name != "alpha" and chance.random() < 0.2:
            del suites[name]
        elif chance.random() < 0.5:
            suites[f"{name}-copy"] = suites[name]
            masters |= {f"{name}-copy": masters[name]} if name in masters else {}
    if chance.random() < 0.3:
        suites["delta"] = suites.pop("gamma")
    files = {f"specs/{name}/user_input.json": json.dumps(data) for name, data in suites.items()}
    files |= {
        f"specs/{name}/master.json": json.dumps(masters[name]) for name in suites if name in masters
    }
    town = ["Akron", "Reno", *(["Waco"] if chance.random() < 0.3 else [])]
    room = {"properties": {"room": {"maximum": chance.choice([7, 8])}}}
    for name in ("gamma", "delta"):
        files[f"specs/{name}/room.json"] = json.dumps(room)
    return {**files, "specs/_vocab/town.json": json.dumps(town)}


def asked(chance: random.Random) -> Selection:
    """Return what may be asked on the command line, mostly nothing."""
    if chance.random() < 0.6:
        return Selection()
    return chance.choice([
        Selection(count=5),
        Selection(count=40, models=("Claim",)),
        Selection(count=60, models=("parent", "guest")),
        Selection(seed=11),
        Selection(format="ndjson"),
        Selection(layout=spec.Layout.SPLIT, count=3),
    ])  # fmt: skip


def bytes_of(plan: OutputPlan, executor: Executor) -> str:
    """Return the digest of all that the files of an output hold, in their order."""
    production = prepare_production(plan)
    stem = f"{plan.suite}/{plan.model}/{plan.scenario}"
    numbers = [f"{stem}/{number:06d}" for number in range(1, plan.count + 1)]
    suffix = BUILTIN[plan.output.format].suffix
    names = [stem] if plan.output.layout is not spec.Layout.SPLIT else numbers
    paths = [*[name + suffix for name in names], f"{stem}.labels.ndjson"]
    found = output_files(production, paths, executor, lambda *_: None)
    return digest(b"\0".join(b"".join(pieces) for _, pieces in found))


@pytest.mark.parametrize("number", range(sized(4, 60)))
def test_outputs_of_equal_keys_have_equal_bytes(number: int) -> None:
    chance = random.Random(number)
    world = World(suites=copy.deepcopy(SUITES), masters=copy.deepcopy(MASTERS))
    plans: dict[str, list[OutputPlan]] = defaultdict(list)
    for _ in range(10):
        for made in compiled(files_of(world, chance), asked(chance)).values():
            for plan in made:
                plans[plan.key].append(plan)
        world, _ = random_edit(world, chance)
    shared = {key: each for key, each in plans.items() if len({one.suite for one in each}) > 1}
    assert len(shared) > 5
    for each in shared.values():
        first, *others = {one.suite: one for one in each}.values()
        told = [f"{one.suite}/{one.model}/{one.scenario}" for one in each]
        known = bytes_of(first, Serial())
        assert [bytes_of(other, Serial()) for other in others] == [known] * len(others), told
    for each in plans.values():
        # Of one suite at two times, or of two requests.
        first, last = each[0], each[-1]
        if first is not last and chance.random() < 0.2:
            assert bytes_of(first, Serial()) == bytes_of(last, Serial()), first.scenario
