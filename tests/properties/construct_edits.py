"""Edits of the constructs by which values depend on others, and what each may change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.churn import uniform
from tests.properties.construct_specs import AMOUNTS, SUITE, TOTALS
from tests.properties.spec_edits import (
    ELEMENT,
    Cells,
    Data,
    Edit,
    Judge,
    MakeEdit,
    Path,
    Place,
    World,
    add_field,
    add_value,
    change_count,
    change_gaps,
    change_output,
    change_weight,
    remove_field,
    remove_value,
    rename_field,
    reorder_fields,
    reorder_models,
    reorder_pool,
    share,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

Test: TypeAlias = Callable[[Any], bool]
"""Tells whether a value is of the alternative that an edit is about."""

# What the changed cells of a field have to be.


def anything(cells: list[tuple[Any, Any]]) -> str:
    """Judge the values of a field that an edit may change in any way."""
    del cells
    return ""


def at_most(odds: float) -> Judge:
    """Return who sees that no more than a share of the cells changes."""
    return lambda cells: share(sum(old != new for old, new in cells), len(cells), min(odds, 1))


def among(test: Test, judge: Judge = anything) -> Judge:
    """Return who sees that values stay in the alternative of ``test``, and judges those in it."""

    def judged(cells: list[tuple[Any, Any]]) -> str:
        for old, new in cells:
            if old != new and not (test(old) and test(new)):
                return f"{old} became {new}, which is not of the edited alternative"
        return judge([cell for cell in cells if test(cell[0]) and test(cell[1])])

    return judged


def only_to(test: Test, odds: float) -> Judge:
    """Return who sees that values change to those of ``test`` alone, and not too many."""

    def judged(cells: list[tuple[Any, Any]]) -> str:
        moved = [cell for cell in cells if cell[0] != cell[1]]
        wrong = [cell for cell in moved if not test(cell[1]) or test(cell[0])]
        return f"{wrong[0]} changed" if wrong else share(len(moved), len(cells), odds)

    return judged


def only_from(test: Test, odds: float) -> Judge:
    """Return who sees that values of ``test`` alone change, to others, and not too many."""
    judge = only_to(test, odds)
    return lambda cells: judge([(new, old) for old, new in cells])


def like(pattern: str) -> Test:
    """Return what tells texts by a regular expression."""
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def between(low: float, high: float) -> Test:
    """Return what tells numbers by their ends."""
    return lambda value: (
        isinstance(value, int | Decimal) and not isinstance(value, bool) and low <= value <= high
    )


def equals(wanted: object) -> Test:
    """Return what tells one value."""
    return lambda value: bool(value == wanted)


def _at(world: World, model: str, *path: str) -> tuple[Any, Place]:
    """Return the mapping of a field, and its place; the elements of an array are ``[]``."""
    found: Any = world.suites[SUITE][model]
    for step in path:
        found = found["$items" if step == ELEMENT else step]
    return found, Place(suite=SUITE, model=model, path=path)


# The edits. Each takes a world of its own to change, and gives None where it has no place.

RANGES: Final = (
    ("Order", ("age",), 0, 140),
    ("Order", ("lines", ELEMENT, "qty"), 1, 12),
    ("Ruled", ("low",), 0, 70),
    ("Ruled", ("high",), 0, 120),
)


def move_bound(world: World, chance: random.Random) -> Edit | None:
    """Move an end of a range; what depends on the field follows."""
    model, path, least, most = chance.choice(RANGES)
    field, place = _at(world, model, *path)
    old = field["$integer"]
    by = chance.choice([-9, -2, -1, 1, 2, 9])
    low, high = (old[0] + by, old[1]) if chance.random() < 0.4 else (old[0], old[1] + by)
    if not least <= low < high <= most:
        return None
    field["$integer"] = [low, high]
    odds = 3 * uniform((old[0], old[1]), (low, high))
    judge = at_most(1 if model == "Ruled" else odds)
    return world.edited(f"move {place} from {old} to {[low, high]}", judged=((place, judge),))


def move_day(world: World, chance: random.Random) -> Edit:
    field, place = _at(world, "Order", "placed")
    new = {
        "from": chance.choice(["2025-01-01", "2025-01-02", "2025-02-01"]),
        "to": chance.choice(["2025-06-30", "2025-07-01", "2025-08-31"]),
    }
    old, field["$datetime"] = field["$datetime"], new
    odds = 3 * uniform(_days(old), _days(new))
    return world.edited(f"move {place} to {new}", judged=((place, at_most(odds)),))


def _days(ends: Mapping[str, str]) -> tuple[int, int]:
    first, last = (date.fromisoformat(ends[name]).toordinal() for name in ("from", "to"))
    return first, last


def move_plus(world: World, chance: random.Random) -> Edit:
    """Change how far a date is from the one that it follows."""
    if chance.random() < 0.3:
        reminder, place = _at(world, "Order", "reminder")
        reminder["plus"] = chance.choice(["5d", "6d", "40d"])
        return world.edited(f"move {place} to {reminder['plus']}")
    field, place = _at(world, "Order", "due")
    bounds = field["$date"]
    old = [int(bounds[end]["plus"][:-1]) * (7 if end == "to" else 1) for end in ("from", "to")]
    bounds["from"] = {**bounds["from"], "plus": chance.choice(["1d", "2d", "5d"])}
    bounds["to"] = {**bounds["to"], "plus": chance.choice(["2w", "3w", "4w"])}
    new = [int(bounds[end]["plus"][:-1]) * (7 if end == "to" else 1) for end in ("from", "to")]
    odds = 3 * uniform((old[0], old[1]), (new[0], new[1]))
    return world.edited(f"move {place} from {old} to {new}", judged=((place, at_most(odds)),))


def change_length(world: World, chance: random.Random) -> Edit:
    field, place = _at(world, "Order", "lines")
    old = (field["$array"]["min"], field["$array"]["max"])
    new = (chance.choice([0, 1, 2]) or 1, chance.choice([3, 4]))
    field["$array"] = {**field["$array"], "min": new[0], "max": new[1]}
    length = Place(suite=SUITE, model="Order", path=(*place.path, "length"))
    judge = at_most(3 * uniform(old, new))
    return world.edited(f"lengthen {place} to {new}", judged=((length, judge),))


ALTERNATIVES: Final[tuple[tuple[Path, Test, tuple[str, ...], Callable[[Data], Data]], ...]] = (
    (
        ("refund",),
        like("S[0-9A-F]{3,4}"),
        ("S[0-9]{3}", "S[0-9]{4}", "S[A-F][0-9]{2}"),
        lambda order: order["refund"]["$cases"]["shipped"],
    ),
    (
        ("fare",),
        like("[A-G]{4}"),
        ("[A-F]{4}", "[A-G]{4}"),
        lambda order: order["fare"]["$else"],
    ),
    (
        ("pay", "number"),
        like("[45][0-9]{15}"),
        ("4[0-9]{15}", "5[0-9]{15}"),
        lambda order: next(shape for shape in order["pay"]["$one_of"] if "number" in shape)[
            "number"
        ],
    ),
    (
        ("code",),
        like("[A-Z]{4}"),
        ("[A-Z]{4}", "[A-Y]{4}"),
        lambda order: next(
            entry
            for entry in order["code"]["$choice"]
            if str(entry).startswith("{'$pattern': '[A-")
        ),
    ),
    (
        ("grade",),
        like("g[0-9]{2,3}"),
        ("g[0-9]{2}", "g[0-9]{2,3}"),
        lambda order: _leaf_with([entry for entry, _ in order["grade"]["$weighted"]], "$pattern"),
    ),
    (
        ("zip",),
        like("6000[0-9]{2,3}"),
        ("6000[0-9]{2}", "6000[0-8]{2}"),
        lambda order: next(row for row in order["$rows"] if row["city"] == "Chennai")["zip"],
    ),
)


def _leaf_with(entries: list[Any], directive: str) -> Data:
    return next(entry for entry in entries if isinstance(entry, dict) and directive in entry)


def edit_alternative(world: World, chance: random.Random) -> Edit:
    """Edit a pattern in a case, a shape, a pool or a row: its values alone may change."""
    path, test, patterns, find = chance.choice(ALTERNATIVES)
    leaf = find(world.suites[SUITE]["Order"])
    leaf["$pattern"] = chance.choice(patterns)
    place = Place(suite=SUITE, model="Order", path=path)
    return world.edited(f"draw {place} by {leaf['$pattern']}", judged=((place, among(test)),))


def edit_row_price(world: World, chance: random.Random) -> Edit:
    """Edit a leaf in the rows of elements: the prices of that row alone may change."""
    rows = _at(world, "Order", "lines", ELEMENT, "$rows")[0]
    place = Place(suite=SUITE, model="Order", path=("lines", ELEMENT, "price"))
    if chance.random() < 0.5:
        row = next(row for row in rows if row["sku"] == "A")
        row["price"] = {"$number": chance.choice([[20, 90], [20, 91], [25, 90]])}
        return world.edited(f"price A at {row}", judged=((place, among(between(20, 91))),))
    row = next(row for row in rows if row["sku"] == "C")
    leaf = _leaf_with(row["price"]["$choice"], "$number")
    leaf["$number"] = chance.choice([[5, 9], [5, 9.5], [4, 9]])
    return world.edited(f"price C at {leaf}", judged=((place, among(between(4, 9.5))),))


def edit_case_pool(world: World, chance: random.Random) -> Edit:
    """Add a value to the pool of a case, or take one out of it."""
    field, place = _at(world, "Order", "fare")
    (case,) = (key for key in field["$cases"] if key.startswith(".."))
    pool = field["$cases"][case]
    if len(pool) > 3:
        old = chance.choice(pool)
        pool.remove(old)
        judge = among(like("child|cub|v[0-9]+"), only_from(equals(old), 1))
        return world.edited(f"remove {old} from {case} of {place}", judged=((place, judge),))
    new = world.name("v")
    pool.insert(chance.randint(0, len(pool)), new)
    judge = among(like("child|cub|v[0-9]+"), only_to(equals(new), 1 / len(pool)))
    return world.edited(f"add {new} to {case} of {place}", judged=((place, judge),))


def move_case(world: World, chance: random.Random) -> Edit:
    """Move the limit between two ranges of cases; those in between go to the other one."""
    field, place = _at(world, "Order", "fare")
    young, grown = field["$cases"].items()
    old, new = int(young[0][2:]), chance.choice([15, 17, 20, 25])
    field["$cases"] = {f"..{new}": young[1], f"{new + 1}..64": grown[1]}
    low, high = sorted((old, new))
    return world.edited(
        f"limit the first case of {place} to {new}",
        judged=((place, anything),),
        where=lambda _, before, after: any(
            low < cells["age",] <= high for cells in (before, after)
        ),
    )


def change_cases(world: World, chance: random.Random) -> Edit:
    """Give a value of the named field a case of its own, or take that away."""
    field, place = _at(world, "Order", "refund")
    if "paid" in field["$cases"]:
        del field["$cases"]["paid"]
    else:
        _insert(field["$cases"], "paid", {"$pattern": "P[0-9]"}, chance)
    test = like("none|P[0-9]")
    return world.edited(
        f"change the case paid of {place}",
        judged=((place, among(test)),),
        where=lambda _, before, after: before["status",] == after["status",] == "paid",
    )


def change_shape(world: World, chance: random.Random) -> Edit:
    """Change the weight of a shape, add one, take one out, change its keys, or their order."""
    field, place = _at(world, "Order", "pay")
    shapes = field["$one_of"]
    kind = Place(suite=SUITE, model="Order", path=("pay", "kind"))
    total = sum(shape.get("$weight", 1) for shape in shapes)
    added = [shape for shape in shapes if shape["kind"].startswith("v")]
    what = chance.choice(["weigh", "add", "remove", "key", "reorder"])
    if what == "add" and len(shapes) < 5:
        name = world.name("v")
        shapes.insert(chance.randint(0, len(shapes)), {"$id": name, "kind": name, name: [1, 2]})
        judge = only_to(equals(name), 1 / (total + 1))
        return world.edited(f"add shape {name} to {place}", judged=((kind, judge),))
    if what == "remove" and added:
        shape = chance.choice(added)
        shapes.remove(shape)
        odds = shape.get("$weight", 1) / total
        judge = only_from(equals(shape["kind"]), odds)
        return world.edited(f"remove shape {shape['kind']}", judged=((kind, judge),))
    if what == "weigh":
        shape = chance.choice(shapes)
        old, new = shape.get("$weight", 1), chance.choice([1, 2, 3, 7])
        shape["$weight"] = new
        odds = abs(new / (total - old + new) - old / total)
        judge = (only_to if new > old else only_from)(equals(shape["kind"]), odds)
        return world.edited(f"weigh shape {shape['kind']} {new}", judged=((kind, judge),))
    if what == "key":
        shape = chance.choice(shapes)
        name = "since"
        inside = Place(suite=SUITE, model="Order", path=("pay", name))
        if shape.pop(name, None) is None:
            _insert(shape, name, {"$integer": [1990, 2025]}, chance)
        return world.edited(f"change {inside} of {shape['$id']}", comes=(inside,), goes=(inside,))
    chance.shuffle(shapes)
    return world.edited(f"reorder the shapes of {place}")


def _insert(found: Data, key: str, value: object, chance: random.Random) -> None:
    items = list(found.items())
    items.insert(chance.randint(0, len(items)), (key, value))
    found.clear()
    found.update(items)


def change_entries(world: World, chance: random.Random) -> Edit:
    """Add a leaf to a pool, take it out, correct a value, or reorder a pool with leaves."""
    field, place = _at(world, "Order", "code")
    pool = field["$choice"]
    test = like("k[0-9]{2}")
    extra = [entry for entry in pool if "k[0-9]{2}" in json.dumps(entry)]
    what = chance.choice(["leaf", "correct", "reorder"])
    if what == "leaf" and extra:
        pool.remove(extra[0])
        judge = only_from(test, 1 / (len(pool) + 1))
        return world.edited(f"remove a leaf of {place}", judged=((place, judge),))
    if what == "leaf":
        leaf = {"$pattern": "k[0-9]{2}", "$id": "k"}
        pool.insert(chance.randint(0, len(pool)), leaf)
        return world.edited(
            f"add a leaf to {place}", judged=((place, only_to(test, 1 / len(pool))),)
        )
    if what == "correct":
        (number,) = (n for n, entry in enumerate(pool) if _shown(entry) in NONES)
        pool[number] = {"$const": chance.choice(NONES), "$id": "none"}
        return world.edited(
            f"correct a value of {place}", judged=((place, among(NONES.__contains__)),)
        )
    chance.shuffle(pool)
    return world.edited(f"reorder the pool of {place}")


NONES: Final = ("none", "nil", "nought")


def _shown(entry: object) -> object:
    return entry.get("$const") if isinstance(entry, dict) else entry


GRADES: Final[tuple[Test, ...]] = (equals("none"), like("g[0-9]{2,3}"), equals(7))


def weigh_entry(world: World, chance: random.Random) -> Edit:
    field, place = _at(world, "Order", "grade")
    pairs = field["$weighted"]
    number = chance.randrange(len(pairs))
    total, old, new = sum(pair[1] for pair in pairs), pairs[number][1], chance.choice([1, 2, 5])
    pairs[number][1] = new
    odds = abs(new / (total - old + new) - old / total)
    judge = (only_to if new > old else only_from)(GRADES[number], odds)
    return world.edited(f"weigh entry {number} of {place} {new}", judged=((place, judge),))


def change_rows(world: World, chance: random.Random) -> Edit:
    """Change the weight of a row, add one, take one out, correct one, or their order."""
    rows = world.suites[SUITE]["Order"]["$rows"]
    city, code = (Place(suite=SUITE, model="Order", path=(key,)) for key in ("city", "zip"))
    total = sum(row.get("$weight", 1) for row in rows)
    added = [row for row in rows if row["city"].startswith("v")]
    what = chance.choice(["weigh", "add", "remove", "correct", "reorder"])
    if what == "add" and len(rows) < 6:
        name = world.name("v")
        rows.insert(chance.randint(0, len(rows)), {"city": name, "zip": name})
        judge = only_to(equals(name), 1 / (total + 1))
        return world.edited(f"add row {name}", judged=((city, judge),))
    if what == "remove" and added:
        row = chance.choice(added)
        rows.remove(row)
        judge = only_from(equals(row["city"]), row.get("$weight", 1) / total)
        return world.edited(f"remove row {row['city']}", judged=((city, judge),))
    if what == "weigh":
        row = chance.choice(rows)
        old, new = row.get("$weight", 1), chance.choice([1, 2, 3, 7])
        row["$weight"] = new
        odds = abs(new / (total - old + new) - old / total)
        judge = (only_to if new > old else only_from)(equals(row["city"]), odds)
        return world.edited(f"weigh row {row['city']} {new}", judged=((city, judge),))
    if what == "correct":
        row = next(row for row in rows if row.get("$id") == "kochi")
        row["city"], row["zip"] = chance.choice([("Kochi", "682001"), ("Cochin", "682002")])
        judges = among(like("Kochi|Cochin")), among(like("68200[12]"))
        return world.edited(
            f"correct the row of {row['city']}",
            judged=tuple(zip((city, code), judges, strict=True)),
        )
    chance.shuffle(rows)
    return world.edited("reorder the rows")


def change_expression(world: World, chance: random.Random) -> Edit:
    """Change what is computed, which ``check_shop`` follows."""
    name, texts = chance.choice(
        [(("lines", ELEMENT, "amount"), list(AMOUNTS)), (("total",), list(TOTALS))]
    )
    field, place = _at(world, "Order", *name)
    field["$cel"] = chance.choice(texts)
    return world.edited(f"compute {place} as {field['$cel']}")


def change_tree(world: World, chance: random.Random) -> Edit:
    field, place = _at(world, "Staff", "boss")
    old, new = field["$tree"], chance.choice([False, 1, 2, {"roots": 3}])
    field["$tree"] = new
    return world.edited(
        f"{place} has roots: {new}, not {old}",
        judged=((place, anything),),
        where=lambda index, before, after: any(
            cells["boss",] is None or int(cells["boss",][1:]) >= index for cells in (before, after)
        ),
    )


def change_each(world: World, chance: random.Random) -> Edit:
    field, place = _at(world, "Visit", "order")
    field["$each"] = chance.choice([{"min": 0, "max": 3}, 2, [1, 3], {"max": 2}])
    return world.edited(f"{field['$each']} for each of {place}", judged=((place, anything),))


def change_unique(world: World, chance: random.Random) -> Edit:
    """Edit fields that are unique: all their values may change, and what refers to them."""
    if chance.random() < 0.5:
        field, place = _at(world, "Order", "npi")
        if field.pop("$check", None) is None:
            field["$check"] = "npi"
        order = _at(world, "Visit", "order")[1]
        return world.edited(
            f"change the check of {place}", judged=((place, anything), (order, anything))
        )
    field, place = _at(world, "Class")
    if chance.random() < 0.5:
        field["term"]["$integer"] = [1, chance.choice([40, 41, 60])]
    elif len(field["course"]) > 5:
        field["course"].remove(chance.choice(field["course"]))
    else:
        field["course"].append(world.name("v"))
    together = tuple(Place(suite=SUITE, model="Class", path=(key,)) for key in ("course", "term"))
    return world.edited("change what is unique", judged=tuple((at, anything) for at in together))


PROGRESSIONS: Final[tuple[tuple[str, Path, str, str, list[Any]], ...]] = (
    ("Order", ("seen",), "$sequence", "start", ["2025-01-01T08:00", "2025-02-01T00:00"]),
    ("Order", ("seen",), "$sequence", "step", ["15m", "1d"]),
    ("Order", ("seen",), "$sequence", "jitter", ["5m", "10m"]),
    ("Order", ("turn",), "$sequence", "start", ["08:00:00", "07:30:00"]),
    ("Order", ("turn",), "$sequence", "step", ["5m", "8m"]),
    ("Order", ("lines", ELEMENT, "no"), "$index", "start", [0, 1]),
    ("Visit", ("no",), "$index", "start", [0, 1]),
)


def change_progression(world: World, chance: random.Random) -> Edit:
    """Change where a sequence or an index starts, or how it goes on."""
    model, path, directive, name, values = chance.choice(PROGRESSIONS)
    field, place = _at(world, model, *path)
    field[directive] = {**field[directive], name: chance.choice(values)}
    return world.edited(f"{name} of {place}: {field[directive]}", judged=((place, anything),))


RULES: Final = {"record.low <= record.high": 0, "record.low + 5 <= record.high": 5}


def change_rule(world: World, chance: random.Random) -> Edit:
    """Change a rule: of records that keep both, nothing changes."""
    rule = world.suites[SUITE]["Ruled"]["$rules"]["in-order"]
    rule["cel"] = chance.choice(list(RULES))
    scenarios = world.suites[SUITE]["Ruled"]["$scenarios"]
    broken = {"negative"} | {name for name in scenarios if "$negative_of" in scenarios[name]}
    free = {name for name in scenarios if "$keeps" in scenarios[name]}
    places = tuple(
        Place(suite=SUITE, model="Ruled", path=(key,), scenarios=names)
        for key in ("low", "high")
        for names in (frozenset({*scenarios} - broken - free), frozenset(broken))
    )

    def where(_: int, before: Cells, after: Cells) -> bool:
        return any(
            not isinstance(cells.get(key), int)
            for cells in (before, after)
            for key in (("low",), ("high",))
        ) or any(cells["low",] + 5 > cells["high",] for cells in (before, after))

    return world.edited(
        f"rule {rule['cel']}", judged=tuple((place, anything) for place in places), where=where
    )


def change_shop_count(world: World, chance: random.Random) -> Edit | None:
    """Change a count; where records refer to any of their model, the fewest references move."""
    before = world.suites[SUITE]["Staff"]["$count"]
    edit = change_count(world, chance)
    after = world.suites[SUITE]["Staff"]["$count"]
    field, place = _at(world, "Staff", "boss")
    if edit is None or after == before or field["$tree"] is not False:
        return edit
    limit = min(before, after)
    odds = abs(after - before) / max(after, before)
    judge = (only_to if after > before else only_from)(lambda boss: int(boss[1:]) >= limit, odds)
    return replace(edit, judged=((place, judge),))


def reorder_ruled_fields(world: World, chance: random.Random) -> Edit | None:
    """Reorder fields: of those that a rule compares, the first one keeps its draws."""
    edit = reorder_fields(world, chance)
    if edit is None or f"{SUITE}:Ruled" not in edit.told:
        return edit
    places = (Place(suite=SUITE, model="Ruled", path=(key,)) for key in ("low", "high"))
    return replace(edit, judged=tuple((place, anything) for place in places))


def change_scenarios(world: World, chance: random.Random) -> Edit:
    """Add a scenario that keeps, breaks or ignores rules, take one away, or reorder them."""
    scenarios = world.suites[SUITE]["Ruled"]["$scenarios"]
    added = [name for name in scenarios if name[1:].isdigit()]
    if added and chance.random() < 0.4:
        name = chance.choice(added)
        del scenarios[name]
        gone = Place(suite=SUITE, model="Ruled", path=(), scenarios=frozenset({name}))
        return world.edited(f"remove scenario {name}", goes=(gone,))
    if len(scenarios) > 7:
        items = list(scenarios.items())
        chance.shuffle(items)
        scenarios.clear()
        scenarios.update(items)
        return world.edited("reorder the scenarios of Ruled")
    name = world.name("s")
    overlay: Data = chance.choice(
        [
            {"$keeps": "nothing", "low": 99},
            {"$negative_of": "late"},
            {"high": {"$integer": [50, 60]}},
        ]
    )
    _insert(scenarios, name, overlay, chance)
    new = Place(suite=SUITE, model="Ruled", path=(), scenarios=frozenset({name}))
    return world.edited(f"add scenario {name}", comes=(new,))


CONSTRUCT_EDITS: Final[tuple[MakeEdit, ...]] = (
    move_bound,
    move_day,
    move_plus,
    change_length,
    edit_alternative,
    edit_row_price,
    edit_case_pool,
    move_case,
    change_cases,
    change_shape,
    change_entries,
    weigh_entry,
    change_rows,
    change_expression,
    change_tree,
    change_each,
    change_unique,
    change_progression,
    change_rule,
    change_scenarios,
)
SHOP_EDITS: Final[tuple[MakeEdit, ...]] = (
    *CONSTRUCT_EDITS,
    *CONSTRUCT_EDITS,
    add_field,
    remove_field,
    reorder_ruled_fields,
    rename_field,
    reorder_models,
    change_shop_count,
    reorder_pool,
    add_value,
    remove_value,
    change_weight,
    change_gaps,
    change_output,
    change_output,
)
