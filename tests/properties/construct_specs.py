"""A spec with every construct by which values depend on others, and what follows what in it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tests.properties.spec_edits import COUNT, ELEMENT, Data, Path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Cell: TypeAlias = tuple[str | int, ...]

SUITE: Final = "gamma"
SHOP: Final[dict[str, Data]] = {
    SUITE: {
        "$seed": 11,
        "Staff": {
            "$count": 24,
            "id": {"$sequence": {"start": 0, "prefix": "E"}},
            "mood": ["calm", "brisk", "dour"],
            "boss": {"$ref": "Staff.id", "$tree": 2},
            "boss_mood": {"$ref": "Staff.mood"},
        },
        "Class": {
            "$count": 24,
            "course": ["algebra", "botany", "chemistry", "drawing"],
            "term": {"$integer": [1, 40]},
            "room": ["north", "south", "east"],
            "$unique": [["course", "term"]],
        },
        "Order": {
            "$count": COUNT,
            "status": {"$weighted": {"paid": 50, "shipped": 30, "refunded": 20}},
            "age": {"$integer": [0, 99]},
            "placed": {"$datetime": {"from": "2025-01-01", "to": "2025-06-30"}},
            "due": {
                "$date": {
                    "from": {"$field": "record.placed", "plus": "1d"},
                    "to": {"$field": "record.placed", "plus": "2w"},
                }
            },
            "reminder": {"$field": "record.due", "plus": "5d"},
            "seen": {"$sequence": {"start": "2025-01-01T08:00", "step": "15m", "jitter": "5m"}},
            "turn": {"$sequence": {"start": "08:00:00", "step": "5m"}},
            "rank": {"$index": "record"},
            "lines": {
                "$array": {"min": 1, "max": 3, "unique_by": "sku"},
                "$items": {
                    "$rows": [
                        {"sku": "A", "price": {"$number": [20, 90]}},
                        {"sku": "B", "price": 12.5},
                        {"sku": "C", "price": {"$choice": [1.0, {"$number": [5, 9]}]}, "$id": "c"},
                        {"sku": "D", "price": 3},
                        {"sku": "E", "price": 2},
                    ],
                    "no": {"$index": {"of": "element", "start": 1}},
                    "qty": {"$integer": [1, 5]},
                    "amount": {"$cel": "this.qty * this.price"},
                    "note": ["n", "o"],
                },
            },
            "total": {"$cel": "sum(record.lines.map(l, l.amount))"},
            "refund": {
                "$given": "record.status",
                "$cases": {
                    "refunded": {
                        "$number": {"min": 0, "max": {"$field": "record.total"}, "decimals": 2}
                    },
                    "shipped": {"$pattern": "S[0-9]{3}"},
                },
                "$else": "none",
            },
            "fare": {
                "$given": "record.age",
                "$cases": {
                    "..17": ["child", "cub"],
                    "18..64": {"$weighted": {"full": 3, "half": 1}},
                },
                "$else": {"$pattern": "[A-F]{4}"},
            },
            "pay": {
                "$one_of": [
                    {
                        "$weight": 3,
                        "$id": "card",
                        "kind": "card",
                        "number": {"$pattern": "4[0-9]{15}", "$check": "luhn"},
                    },
                    {
                        "$id": "bank",
                        "kind": "bank",
                        "iban": {"$pattern": "DE[0-9]{20}", "$check": "iban"},
                    },
                    {"$id": "cash", "kind": "cash"},
                ]
            },
            "code": {"$choice": ["none", {"$pattern": "[A-Z]{4}"}, {"$integer": [1, 9]}]},
            "grade": {"$weighted": [["none", 3], [{"$pattern": "g[0-9]{2}"}, 2], [7, 1]]},
            "npi": {"$pattern": "1[0-9]{9}", "$check": "npi", "$unique": True},
            "$rows": [
                {"city": "Chennai", "zip": {"$pattern": "6000[0-9]{2}"}, "$weight": 3},
                {"city": "Kochi", "zip": "682001", "$id": "kochi"},
                {"city": "Salem", "zip": "636001"},
            ],
        },
        "Visit": {
            "order": {"$ref": "Order.npi", "$each": {"min": 0, "max": 3}},
            "total": {"$ref": "Order.total"},
            "no": {"$index": {"of": "sibling", "start": 1}},
            "mark": ["x", "y", "z"],
        },
        "Ruled": {
            "$count": COUNT // 2,
            "low": {"$integer": [0, 60]},
            "high": {"$integer": [0, 100]},
            "tag": ["r", "s", "t"],
            "$rules": {"in-order": {"cel": "record.low <= record.high"}},
            "$scenarios": {
                "positive": {},
                "negative": {},
                "late": {"tag": ["u", "v", "w"]},
                "wrong": {"$negative_of": "late"},
                "junk": {"$keeps": "nothing"},
            },
        },
    }
}

READS: Final[dict[str, dict[Path, tuple[Path, ...]]]] = {
    "Order": {
        ("pay",): (("pay", "kind"),),
        ("zip",): (("city",),),
        ("lines", ELEMENT): (("lines", "length"),),
        ("lines", ELEMENT, "price"): (("lines", ELEMENT, "sku"),),
    },
    "Ruled": {("low",): (("high",),), ("high",): (("low",),)},
}
"""What values follow without naming it: their shape, row, array, or a rule that both keep."""

EXACT: Final[dict[str, frozenset[Path]]] = {
    "Staff": frozenset({("boss_mood",)}),
    "Order": frozenset({("lines", ELEMENT, "amount"), ("total",), ("reminder",)}),
    "Visit": frozenset({("total",), ("no",)}),
}
"""Fields whose values ``check_shop`` computes itself."""


def reads_of(name: str, model: Data) -> dict[Path, tuple[Path, ...]]:
    """Return the fields of a model that read others, with the paths of those."""
    found: dict[Path, tuple[Path, ...]] = dict(READS.get(name, {}))
    for path, value in _leaves(model, ()):
        text = json.dumps(value)
        record = re.findall(r"record\.(\w+)", text)
        this = re.findall(r"this\.(\w+)", text)
        read = (*((key,) for key in record), *((*path[:-1], key) for key in this))
        if read:
            found[path] = (*found.get(path, ()), *read)
    return found


def _leaves(found: Data, path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in found.items():
        if key.startswith("$"):
            continue
        items = value.get("$items") if isinstance(value, dict) else None
        if isinstance(items, dict):
            yield from _leaves(items, (*path, key, ELEMENT))
        else:
            yield (*path, key), value


def follows(cell: Cell, changed: set[Cell], reads: Mapping[Path, tuple[Path, ...]]) -> bool:
    """Tell whether a cell reads another one that has changed, in the same elements as itself."""
    path = tuple(ELEMENT if isinstance(step, int) else step for step in cell)
    return any(
        _is_within(other, _placed(read, cell))
        for length in range(1, len(path) + 1)
        for read in reads.get(path[:length], ())
        for other in changed
        if other != cell
    )


def _placed(read: Path, cell: Cell) -> Cell:
    """Return a path with the indexes of ``cell``, as far as both go the same way."""
    placed: list[str | int] = []
    is_shared = True
    for place, step in enumerate(read):
        own = cell[place] if is_shared and place < len(cell) else None
        is_shared = own == step or (step == ELEMENT and isinstance(own, int))
        placed.append(own if is_shared and own is not None else step)
    return tuple(placed)


def _is_within(cell: Cell, place: Cell) -> bool:
    return len(cell) >= len(place) and all(
        step in (have, ELEMENT) for have, step in zip(cell, place, strict=False)
    )


AMOUNTS: Final[dict[str, Callable[[Data], Any]]] = {
    "this.qty * this.price": lambda line: line["qty"] * line["price"],
    "this.qty * this.price + 1": lambda line: line["qty"] * line["price"] + 1,
}
TOTALS: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "sum(record.lines.map(l, l.amount))": sum,
    "max(record.lines.map(l, l.amount))": max,
    "sum(record.lines.map(l, l.amount)) * 2": lambda amounts: 2 * sum(amounts),
}


def check_shop(made: Mapping[str, list[Data]], suite: Data) -> None:
    """Check the values that others give by computing them again.

    Args:
        made: the records of each model without scenarios, exact.
        suite: the spec.
    """
    moods = {record["id"]: record["mood"] for record in made["Staff"]}
    for record in made["Staff"]:
        assert record["boss_mood"] == moods.get(record["boss"])
    combinations = [(record["course"], record["term"]) for record in made["Class"]]
    assert len(set(combinations)) == len(combinations)
    orders = {record["npi"]: record for record in made["Order"]}
    assert len(orders) == len(made["Order"])
    amount = AMOUNTS[suite["Order"]["lines"]["$items"]["amount"]["$cel"]]
    total = TOTALS[suite["Order"]["total"]["$cel"]]
    for record in made["Order"]:
        lines = record["lines"]
        assert [line["amount"] for line in lines] == [amount(line) for line in lines]
        assert record["total"] == total([line["amount"] for line in lines])
        assert len({line["sku"] for line in lines}) == len(lines)
        assert record["reminder"] == _later(record["due"], suite["Order"]["reminder"]["plus"])
    start = suite["Visit"]["no"]["$index"]["start"]
    before: str | None = None
    number = start
    for record in made["Visit"]:
        number = number + 1 if record["order"] == before else start
        before = record["order"]
        assert (record["total"], record["no"]) == (orders[before]["total"], number)


def _later(day: str, plus: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=int(plus.removesuffix("d")))).isoformat()
