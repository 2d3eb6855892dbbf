"""Takes specs as data; gives them edited in one place, and what the edit may change in records."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import random

Data: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]
"""A field of a record, from the top of its model on; ``[]`` stands for the elements of an array."""

ELEMENT = "[]"
COUNT = 48
PARENTS = 30
MOST_FIELDS = 9
MOST_MODELS = 7

SUITES: dict[str, Data] = {
    "alpha": {
        "$seed": 7,
        "Parent": {
            "$count": PARENTS,
            "no": {"$sequence": 0},
            "name": ["Ann", "Bea", "Cyd", "Dee"],
        },
        "Claim": {
            "$count": COUNT,
            "kind": ["P", "C", "D"],
            "state": {"$weighted": {"TN": 70, "KL": 20, "AP": 10}},
            "amount": {"$number": {"distribution": "lognormal", "median": 180, "sigma": 0.8}},
            "id": {"$pattern": "[A-Z]{2}[0-9]{4}", "$unique": True},
            "person": {
                "first": ["Asha", "Bala", "Chitra", "Devi"],
                "last": {"$weighted": {"Rao": 2, "Iyer": 1, "Nair": 1}},
                "deep": {"mark": ["x", "y"], "day": {"$date": ["2025-01-01", "2025-12-31"]}},
            },
            "label": {"$template": "{kind}/{person.first}"},
            "parent_no": {"$ref": "Parent.no"},
            "parent_name": {"$ref": "Parent.name"},
            "lines": {
                "$array": {"min": 0, "max": 3},
                "$items": {
                    "code": ["A", "B", "C"],
                    "units": {"$integer": [1, 9]},
                    "parts": {"$array": [1, 2], "$items": {"p": ["m", "n", "o"]}},
                },
            },
            "$rows": [
                {"city": "Chennai", "zip": "600001", "$weight": 3},
                {"city": "Kochi", "zip": "682001"},
            ],
            "$scenarios": {
                "positive": {},
                "other": {"kind": ["P", "Q"], "person": {"last": ["Rao", "Das"]}},
                "mixed": {"$mix": {"positive": 3, "other": 1}},
            },
        },
        "Ruled": {
            "$count": COUNT // 2,
            "low": {"$integer": [0, 60]},
            "high": {"$integer": [0, 100]},
            "tag": ["r", "s", "t"],
            "$rules": {"in-order": {"cel": "record.low <= record.high"}},
            "$scenarios": {"positive": {}, "negative": {}},
        },
    },
    "beta": {
        "$seed": 8,
        "Claim": {
            "$count": COUNT,
            "kind": ["P", "C", "D"],
            "extra": {"note": ["n", "o", None], "flag": {"$boolean": 0.3}},
        },
    },
}
"""Specs with every way in which one field can depend on others."""

MASTERS: dict[str, Data] = {
    "beta": {"version": "1.0", "payload": {"kind": "P", "source": ["web", "fax"]}}
}
SLOTS: dict[str, Path] = {"beta": ("payload",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A field: of all scenarios of a model, or of those that ``scenarios`` names."""

    suite: str
    model: str
    path: Path
    scenarios: frozenset[str] | None = None


Cells: TypeAlias = dict[tuple[str | int, ...], Any]
"""The values of a record, by the keys and indexes on the way to them."""

Judge: TypeAlias = Callable[[list[tuple[Any, Any]]], str]
"""Takes the values of one field, before and after; gives what is wrong with the changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """An edit, made, and all that it may change.

    Attributes:
        told: in words.
        suites, masters: as they are after it.
        comes, goes: where cells may come and go; ``path`` is the beginning of theirs.
        moves: a field's place before → its path after.
        models: suite and model before → the model's name after.
        judged: the field whose cells may change, and who says whether they did it rightly.
        where: in which records they may change, by the index and the cells before and after.
    """

    told: str
    suites: dict[str, Data]
    masters: dict[str, Data]
    comes: tuple[Place, ...] = ()
    goes: tuple[Place, ...] = ()
    moves: tuple[tuple[Place, Path], ...] = ()
    models: dict[tuple[str, str], str] = field(default_factory=dict)
    judged: tuple[tuple[Place, Judge], ...] = ()
    where: Callable[[int, Cells, Cells], bool] | None = None


@dataclass(slots=True)
class World:
    """Specs that are being edited."""

    suites: dict[str, Data]
    masters: dict[str, Data]
    names: int = 0

    def edited(self, told: str, **others: Any) -> Edit:  # noqa: ANN401
        """Return the edit that led here."""
        return Edit(told=told, suites=self.suites, masters=self.masters, **others)

    def name(self, prefix: str) -> str:
        """Return a name that was never used."""
        self.names += 1
        return f"{prefix}{self.names}"

    def models(self) -> Iterator[tuple[str, str, Data]]:
        """Yield suite, name and mapping of each model."""
        for suite, data in self.suites.items():
            for name, model in data.items():
                if not name.startswith("$"):
                    yield suite, name, model

    def objects(self) -> list[tuple[str, str, Path, Data]]:
        """Return suite, model, path and mapping of everything that holds fields."""
        return [
            (suite, name, path, found)
            for suite, name, model in self.models()
            for path, found in _objects(model, ())
        ]

    def fields(self) -> list[tuple[Place, Data, str]]:
        """Return each field with the mapping that it stands in, and its key."""
        return [
            (Place(suite=suite, model=model, path=(*path, key)), found, key)
            for suite, model, path, found in self.objects()
            for key in found
            if not key.startswith("$")
        ]


def _objects(found: Data, path: Path) -> Iterator[tuple[Path, Data]]:
    yield path, found
    for key, value in found.items():
        if key.startswith("$") or not isinstance(value, dict):
            continue
        items = value.get("$items")
        if isinstance(items, dict) and not _is_chosen(items):
            yield from _objects(items, (*path, key, ELEMENT))
        elif not _is_chosen(value):
            yield from _objects(value, (*path, key))


BESIDE_FIELDS = {"$id", "$null", "$omit", "$rows", "$unique"}
"""What may stand beside the fields of an object."""


def _is_chosen(value: Data) -> bool:
    return any(key.startswith("$") and key not in BESIDE_FIELDS for key in value)


def _is_free(key: str) -> bool:
    """Tell whether a field was added by an edit, so that nothing reads it."""
    return key[0] == "f" and key[1:].isdigit()


# What a pool is, in either of its forms.


def _pool(value: object) -> list[Any] | None:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and isinstance(value.get("$choice"), list):
        return list(value["$choice"])
    return None


def _with_pool(value: object, pool: list[Any]) -> object:
    return pool if isinstance(value, list) else {**value, "$choice": pool}  # type: ignore[dict-item]


def _pools(world: World, least: int) -> list[tuple[Place, Data, str]]:
    return [
        (_stated(world, place), found, key)
        for place, found, key in world.fields()
        if len(_pool(found[key]) or ()) >= least and not _is_drawn_together(found, key)
    ]


def _is_drawn_together(found: Data, key: str) -> bool:
    """Tell whether a field is unique with others, or has entries that are drawn themselves."""
    together = any(key in fields for fields in found.get("$unique", ()))
    return together or any(isinstance(entry, dict) for entry in _pool(found[key]) or ())


def _weighted(world: World) -> list[tuple[Place, Data, str]]:
    return [
        (_stated(world, place), found, key)
        for place, found, key in world.fields()
        if isinstance(found[key], dict) and isinstance(found[key].get("$weighted"), dict)
    ]


def _stated(world: World, place: Place) -> Place:
    """Return ``place`` without the scenarios that state the field themselves."""
    listed = world.suites[place.suite][place.model].get("$scenarios")
    if not listed:
        return place
    stating = {name for name, overlay in listed.items() if _states(overlay, place.path)}
    return replace(
        place,
        scenarios=frozenset(
            name
            for name, overlay in listed.items()
            if "$mix" not in overlay and not stating & {name, overlay.get("$negative_of")}
        ),
    )


def _states(overlay: Data, path: Path) -> bool:
    found: object = overlay
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return False
        found = found[key]
    return True


# What the changed cells of a field have to be.


def share(moved: int, total: int, odds: float) -> str:
    """Return what is wrong when ``moved`` of ``total`` cells changed, each with ``odds``."""
    # Six sigma and the roundness of small numbers: 500 edits see nothing of the kind by chance.
    most = total * odds + 6 * (total * odds * (1 - odds)) ** 0.5 + 3
    return "" if moved <= most else f"{moved} of {total} changed, {most:.0f} are the most"


def _moved(cells: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [cell for cell in cells if cell[0] != cell[1]]


def _only_to(value: object, odds: float) -> Judge:
    def judge(cells: list[tuple[Any, Any]]) -> str:
        moved = _moved(cells)
        others = [cell for cell in moved if cell[1] != value]
        return (
            f"{others[0]} is not to the new value"
            if others
            else share(len(moved), len(cells), odds)
        )

    return judge


def _only_from(value: object, odds: float | None = None) -> Judge:
    def judge(cells: list[tuple[Any, Any]]) -> str:
        moved = _moved(cells)
        others = [cell for cell in moved if cell[0] != value]
        if others:
            return f"{others[0]} was another value"
        if odds is None:
            left = [cell for cell in cells if cell[1] == value]
            return f"{left[0]} is still there" if left else ""
        return share(len(moved), len(cells), odds)

    return judge


def _only_gaps(change: float) -> Judge:
    def judge(cells: list[tuple[Any, Any]]) -> str:
        for before, after in _moved(cells):
            # More gaps leave the old ones where they are, and fewer make no new ones.
            if (after if change > 0 else before) not in GAPS:
                return f"{before} became {after}"
        return ""

    return judge


ABSENT = "<absent>"
GAPS = (None, ABSENT)


# The edits. Each takes a world of its own to change, and gives None where it has no place.


def add_field(world: World, chance: random.Random) -> Edit | None:
    suite, model, path, found = chance.choice(world.objects())
    if len([key for key in found if _is_free(key)]) >= MOST_FIELDS:
        return None
    key = world.name("f")
    _insert(found, key, _new_value(chance, world), chance)
    place = Place(suite=suite, model=model, path=(*path, key))
    return world.edited(f"add {place}", comes=(place,))


def _new_value(chance: random.Random, world: World) -> object:
    values: list[object] = [
        ["u", "v", "w"],
        ["1", "2", "3", "4", "5", "6", "7"],
        {"$weighted": {"a": 5, "b": 1, "c": 0.5}},
        {"$choice": [10, 20, None, True], "$null": 0.2},
        {"$integer": [1, 10**6]},
        {"$boolean": 0.4, "$omit": 0.3},
        {"$uuid": {}},
        {"$pattern": "[a-f]{3}(-[0-9]{2})?", "$omit": 0.1},
        {"$date": {"from": "2020-01-01", "to": "2024-12-31", "format": "%d.%m.%Y"}},
        {"$array": {"max": 2}, "$items": {"e": ["k", "l"], world.name("f"): ["q", "r", "s"]}},
        {world.name("f"): ["g", "h"], "inner": {"z": {"$integer": [0, 5]}}, "$omit": 0.2},
        {"$choice": ["plain", {"$pattern": "[a-c]{2}"}, {"$integer": [1, 9]}], "$null": 0.1},
        {"$weighted": [["plain", 3], [{"$date": ["2025-01-01", "2025-03-31"]}, 1]]},
        {"$one_of": [{"$weight": 2, "o": ["k", "l"]}, {"$id": "other", "o": 1, "p": [1, 2]}, None]},
        {"$sequence": {"start": "2025-01-31", "step": "1mo"}},
        {"$sequence": {"start": "2025-01-01T08:00", "step": "15m", "jitter": "5m"}},
        {"$pattern": "4[0-9]{11}", "$check": "luhn", "$omit": 0.2},
        {"$array": {"max": 3, "unique": True}, "$items": ["k", "l", "m", "n"]},
        "constant",
    ]
    return copy.deepcopy(chance.choice(values))


def _insert(found: Data, key: str, value: object, chance: random.Random) -> None:
    items = list(found.items())
    items.insert(chance.randint(0, len(items)), (key, value))
    found.clear()
    found.update(items)


def remove_field(world: World, chance: random.Random) -> Edit | None:
    free = [field for field in world.fields() if _is_free(field[2])]
    if not free:
        return None
    place, found, key = chance.choice(free)
    if not [other for other in found if not other.startswith("$") and other != key]:
        return None
    del found[key]
    return world.edited(f"remove {place}", goes=(place,))


def reorder_fields(world: World, chance: random.Random) -> Edit | None:
    suite, model, path, found = chance.choice(world.objects())
    _shuffle(found, chance)
    return world.edited(f"reorder the fields of {suite}:{model} {path}")


def _shuffle(found: Data, chance: random.Random) -> None:
    items = list(found.items())
    chance.shuffle(items)
    found.clear()
    found.update(items)


def rename_field(world: World, chance: random.Random) -> Edit | None:
    free = [field for field in world.fields() if _is_free(field[2])]
    if not free:
        return None
    place, found, key = chance.choice(free)
    value, name = found[key], world.name("f")
    if isinstance(value, list):
        value = {"$choice": value}
    elif not isinstance(value, dict):
        value = {"$const": value}
    renamed = {"$id": key, **value}
    items = [(name, renamed) if old == key else (old, kept) for old, kept in found.items()]
    found.clear()
    found.update(items)
    path = (*place.path[:-1], name)
    return world.edited(f"rename {place} to {name}", moves=((place, path),))


def add_model(world: World, chance: random.Random) -> Edit | None:
    suite = chance.choice(list(world.suites))
    if len(list(world.models())) >= MOST_MODELS:
        return None
    name = world.name("M")
    model: Data = {"$count": COUNT // 2, "a": ["x", "y"], world.name("f"): ["u", "v", "w"]}
    if suite == "alpha":
        model["of"] = {"$ref": "Parent.no"}
    _insert(world.suites[suite], name, model, chance)
    return world.edited(f"add {suite}:{name}", comes=(Place(suite=suite, model=name, path=()),))


def remove_model(world: World, chance: random.Random) -> Edit | None:
    added = [item for item in world.models() if item[1][1:].isdigit()]
    if not added:
        return None
    suite, name, _ = chance.choice(added)
    del world.suites[suite][name]
    return world.edited(f"remove {suite}:{name}", goes=(Place(suite=suite, model=name, path=()),))


def reorder_models(world: World, chance: random.Random) -> Edit | None:
    suite = chance.choice(list(world.suites))
    _shuffle(world.suites[suite], chance)
    return world.edited(f"reorder the models of {suite}")


def rename_model(world: World, chance: random.Random) -> Edit | None:
    added = [item for item in world.models() if item[1][1:].isdigit()]
    if not added:
        return None
    suite, old, model = chance.choice(added)
    name = world.name("M")
    items = [
        (name, {"$id": old, **model}) if key == old else (key, value)
        for key, value in world.suites[suite].items()
    ]
    world.suites[suite] = dict(items)
    return world.edited(f"rename {suite}:{old} to {name}", models={(suite, old): name})


def add_scenario(world: World, chance: random.Random) -> Edit | None:
    scenarios = world.suites["alpha"]["Claim"]["$scenarios"]
    if len(scenarios) > 5:
        return None
    name = world.name("s")
    overlay: Data = chance.choice(
        [{}, {"kind": ["P", "Z"]}, {"$count": 20, "person": {"deep": {"mark": "!"}}}]
    )
    _insert(scenarios, name, overlay, chance)
    gone = Place(suite="alpha", model="Claim", path=(), scenarios=frozenset({name}))
    return world.edited(f"add scenario {name}", comes=(gone,))


def remove_scenario(world: World, chance: random.Random) -> Edit | None:
    scenarios = world.suites["alpha"]["Claim"]["$scenarios"]
    added = [name for name in scenarios if name[1:].isdigit()]
    if not added:
        return None
    name = chance.choice(added)
    del scenarios[name]
    gone = Place(suite="alpha", model="Claim", path=(), scenarios=frozenset({name}))
    return world.edited(f"remove scenario {name}", goes=(gone,))


def reorder_scenarios(world: World, chance: random.Random) -> Edit | None:
    scenarios = world.suites["alpha"]["Claim"]["$scenarios"]
    _shuffle(scenarios, chance)
    return world.edited("reorder the scenarios")


def add_suite(world: World, chance: random.Random) -> Edit | None:
    if len(world.suites) > 3:
        return None
    name = world.name("suite")
    world.suites[name] = {"$seed": chance.randint(0, 9), "Claim": {"$count": 5, "kind": ["P", "C"]}}
    return world.edited(f"add {name}", comes=(Place(suite=name, model="Claim", path=()),))


def remove_suite(world: World, chance: random.Random) -> Edit | None:
    added = [name for name in world.suites if name.startswith("suite")]
    if not added:
        return None
    name = chance.choice(added)
    gone = tuple(
        Place(suite=suite, model=model, path=())
        for suite, model, _ in world.models()
        if suite == name
    )
    del world.suites[name]
    return world.edited(f"remove {name}", goes=gone)


def change_count(world: World, chance: random.Random) -> Edit | None:
    """Records come or go at the end; a parent more or less moves the fewest references."""
    suite, name, model = chance.choice([item for item in world.models() if "$count" in item[2]])
    before = model["$count"]
    model["$count"] = max(10, min(2 * COUNT, before + chance.choice([-9, -1, 1, 2, 15])))
    told = f"{suite}:{name} from {before} to {model['$count']} records"
    if (suite, name) != ("alpha", "Parent"):
        return world.edited(told)
    after = model["$count"]

    def judge(cells: list[tuple[Any, Any]]) -> str:
        moved = _moved(cells)
        if after > before:
            wrong = [cell for cell in moved if cell[1] < before]
        else:
            wrong = [cell for cell in moved if cell[0] < after]
        if wrong:
            return f"{wrong[0]} moved for nothing"
        return share(len(moved), len(cells), abs(after - before) / max(after, before))

    judged = tuple(
        (place, judge)
        for place, found, key in world.fields()
        if isinstance(found[key], dict) and found[key].get("$ref") == "Parent.no"
    )
    return world.edited(told, judged=judged)


def reorder_pool(world: World, chance: random.Random) -> Edit | None:
    place, found, key = chance.choice(_pools(world, 2) + _weighted(world))
    value = found[key]
    pool = _pool(value)
    if pool is None:
        odds = list(value["$weighted"].items())
        chance.shuffle(odds)
        found[key] = {**value, "$weighted": dict(odds)}
    else:
        found[key] = _with_pool(value, chance.sample(pool, len(pool)))
    return world.edited(f"reorder the pool of {place}")


def add_value(world: World, chance: random.Random) -> Edit | None:
    place, found, key = chance.choice(_pools(world, 1))
    pool = list(_pool(found[key]) or ())
    if len(pool) > 12:
        return None
    new = world.name("v")
    pool.insert(chance.randint(0, len(pool)), new)
    found[key] = _with_pool(found[key], pool)
    judged = ((place, _only_to(new, 1 / len(pool))),)
    return world.edited(f"add {new} to the pool of {place}", judged=judged)


def remove_value(world: World, chance: random.Random) -> Edit | None:
    place, found, key = chance.choice(_pools(world, 2))
    pool = list(_pool(found[key]) or ())
    # None is what a gap shows, too, so it would not be told apart.
    old = chance.choice([value for value in pool if value is not None])
    pool.remove(old)
    found[key] = _with_pool(found[key], pool)
    return world.edited(
        f"remove {old} from the pool of {place}", judged=((place, _only_from(old)),)
    )


def change_weight(world: World, chance: random.Random) -> Edit | None:
    place, found, key = chance.choice(_weighted(world))
    weights = dict(found[key]["$weighted"])
    value = chance.choice(list(weights))
    old, new = weights[value], chance.choice([0.5, 1, 3, 20, 75])
    rest = sum(weights.values()) - old
    weights[value] = new
    found[key] = {**found[key], "$weighted": weights}
    odds = abs(new / (new + rest) - old / (old + rest))
    judge = _only_to(value, odds) if new > old else _only_from(value, odds)
    return world.edited(f"weigh {value} of {place} {new}, not {old}", judged=((place, judge),))


def change_gaps(world: World, chance: random.Random) -> Edit | None:
    free = [item for item in world.fields() if _is_free(item[2])]
    if not free:
        return None
    place, found, key = chance.choice(free)
    value = found[key]
    if not isinstance(value, dict):
        value = {"$choice": value} if isinstance(value, list) else {"$const": value}
    name = chance.choice(["$null", "$omit"])
    odds = chance.choice([0, 0.1, 0.5, 0.9])
    kept = {given: item for given, item in value.items() if given != name}
    found[key] = {**kept, name: odds} if odds else kept
    judge = _only_gaps(odds - value.get(name, 0))
    return world.edited(f"{name} {odds} for {place}", judged=((place, judge),))


def change_mix(world: World, chance: random.Random) -> Edit | None:
    """Add a scenario to a mix, or take one out; judged by which part each record is of."""
    scenarios = world.suites["alpha"]["Claim"]["$scenarios"]
    mix = dict(scenarios["mixed"]["$mix"])
    old = mix["other"]
    mix["other"] = chance.choice([1, 2, 5])
    _shuffle(mix, chance)
    scenarios["mixed"] = {**scenarios["mixed"], "$mix": mix}
    rest = mix["positive"]
    odds = abs(mix["other"] / (mix["other"] + rest) - old / (old + rest))
    judge = (_only_to if mix["other"] > old else _only_from)("other", odds)
    if mix["other"] == old:
        judge = _only_to("other", 0.0)
    place = Place(suite="alpha", model="Claim", path=PART, scenarios=frozenset({"mixed"}))
    return world.edited(f"mix {mix}", judged=((place, judge),))


PART: Path = ("<part>",)
"""In place of a mixed record: the scenario that it is of."""


def edit_master(world: World, chance: random.Random) -> Edit | None:
    """Add a field to a master, or take one away; the record's own stand as they are."""
    master = world.masters["beta"]
    inside = chance.choice([master, master["payload"]])
    added = [key for key in inside if _is_free(key)]
    within = (OUTSIDE,) if inside is master else ()
    models = [model for suite, model, _ in world.models() if suite == "beta"]
    if added and chance.random() < 0.5:
        key = chance.choice(added)
        del inside[key]
    else:
        key = world.name("f")
        _insert(inside, key, chance.choice([1, "two", ["three", "four"]]), chance)
    places = tuple(Place(suite="beta", model=model, path=(*within, key)) for model in models)
    return world.edited(f"{key} of the master", comes=places, goes=places)


OUTSIDE = "<master>"
"""Begins the path of a field that stands beside the slot of the model's fields."""


def change_output(world: World, chance: random.Random) -> Edit | None:
    suite, name, model = chance.choice(list(world.models()))
    form = chance.choice(["json", "ndjson", "yaml", "csv"])
    layout = chance.choice(["multiple", "split", "single"])
    model["$output"] = {"format": form, "layout": layout}
    return world.edited(f"write {suite}:{name} as {form}, {layout}")


MakeEdit: TypeAlias = "Callable[[World, random.Random], Edit | None]"
EDITS: tuple[MakeEdit, ...] = (
    add_field,
    remove_field,
    reorder_fields,
    rename_field,
    add_model,
    remove_model,
    reorder_models,
    rename_model,
    add_scenario,
    remove_scenario,
    reorder_scenarios,
    add_suite,
    remove_suite,
    change_count,
    reorder_pool,
    add_value,
    remove_value,
    change_weight,
    change_gaps,
    change_mix,
    edit_master,
    change_output,
)


def random_edit(
    before: World, chance: random.Random, edits: tuple[MakeEdit, ...] = EDITS
) -> tuple[World, Edit]:
    """Return the world after an edit of a kind picked by ``chance``, and the edit."""
    while True:
        world = World(copy.deepcopy(before.suites), copy.deepcopy(before.masters), before.names)
        edit = chance.choice(edits)(world, chance)
        if edit is not None:
            return world, edit
