"""Takes chance; gives leaves of specs: every way to choose a value, with every modifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.naughty import NAUGHTY

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.oldest_engine import Plain

    Leaf = Callable[[random.Random], dict[str, Plain]]

WORDS = (
    "Asha", "Bala", "P", "C", "D", "TN", "KL", "AP", "New York", "Chennai", "", "00501", "1.50",
    "true", "no", "null", "~", "12:30:45", "2025-01-01", "=1+1", "a: b", "# c", "it's", 'say "hi"',
    "é", "चेन्नई", "\U0001f600", "a\\b", "{x}", "line\nbreak", " lead", "a,b", "x;y",
)  # fmt: skip
SHORT_NAUGHTY = tuple(text for text in NAUGHTY if len(text) < 40)
PATTERNS = (
    "[A-Z]{3}[0-9]{6}", r"\+1-555-(010[0-9]|011[0-9])", "P-[0-9]{3}", "(a|bc|[d-f]{2,4})x?",
    r"\d{2}\.\d{2}", r"\w+@\w{3,5}\.(com|org)", "[^a-z]{4}", "^.{5}$", r"a\s?b*", "(x{2,}|y+)?z",
)  # fmt: skip
DATE_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%d.%m.%y", "%a %d %B %Y", "%b %d, day %j, 100%%", "%Y%m%d")
VOCABULARIES = (
    "first_name", "last_name", "us_state", "in_state", "claim_type", "job_title", "plans", "places",
    "words",
)  # fmt: skip
ROWS = ("us_city", "in_city", "towns")


def scalar(chance: random.Random) -> Plain:
    """Return a text, a number, true, false or null."""
    others: tuple[Plain, ...] = (None, True, False, 0, -7, 42, 10**20, 1.5, -0.25, 1e-7)
    if chance.random() < 0.3:
        return chance.choice(others)
    return chance.choice(SHORT_NAUGHTY if chance.random() < 0.15 else WORDS)


def pool(chance: random.Random) -> list[Plain]:
    """Return a list of scalars, some of which may stand twice."""
    return [scalar(chance) for _ in range(chance.randrange(1, 6))]


def _data(chance: random.Random) -> Plain:
    shapes: tuple[Plain, ...] = (
        [], {}, [1, "a"], {"$$ref": "x"}, [{"x": None}], [[1], [2, [3]]], {"a": {"b": ["$c"]}},
    )  # fmt: skip
    return chance.choice((scalar(chance), chance.choice(shapes)))


def _const(chance: random.Random) -> dict[str, Plain]:
    return {"$const": _data(chance)}


def _choice(chance: random.Random) -> dict[str, Plain]:
    return {"$choice": [_data(chance) for _ in range(chance.randrange(1, 5))]}


def _weighted(chance: random.Random) -> dict[str, Plain]:
    weights = (70, 20, 10, 0.5, 1, 0, 33.25)
    if chance.random() < 0.5:
        return {"$weighted": {"TN": 5, "$$x": chance.choice(weights), "": chance.choice(weights)}}
    pairs: list[Plain] = [[_data(chance), chance.choice(weights)] for _ in range(3)]
    return {"$weighted": [[None, 2], *pairs]}


def _pattern(chance: random.Random) -> dict[str, Plain]:
    return {"$pattern": chance.choice(PATTERNS)}


def _integer(chance: random.Random) -> dict[str, Plain]:
    low = chance.randrange(-1000, 1000)
    high = low + chance.choice((0, 1, 9, 100, 10**6, 10**15))
    forms: tuple[Plain, ...] = (
        [low, high],
        {"min": low, "max": low + 100, "step": chance.choice((1, 5, 25))},
        {"distribution": "uniform", "min": low, "max": high},
        {"distribution": "normal", "mean": 600, "sd": 80, "min": 300, "max": 850},
        {"distribution": "poisson", "mean": chance.choice((0.5, 3, 40))},
        {"distribution": "zipf", "exponent": chance.choice((1.1, 2)), "max": 1000},
        {"distribution": "triangular", "min": 0, "mode": 5, "max": 60},
        {"distribution": "exponential", "mean": 7},
        {"distribution": "lognormal", "median": 20, "sigma": 1.1},
    )
    return {"$integer": chance.choice(forms)}


def _number(chance: random.Random) -> dict[str, Plain]:
    low = chance.randrange(-50, 50)
    forms: tuple[Plain, ...] = (
        [low, low + chance.choice((1, 10, 1000))],
        {"min": low, "max": low + 75.5, "step": 0.5, "decimals": 2},
        {"min": low, "max": low + 1, "decimals": chance.choice((0, 1, 3, 6, 12))},
        {"min": 0.125, "max": 2.625, "step": 0.25},
        {"distribution": "normal", "mean": 10, "sd": 2.5},
        {"distribution": "lognormal", "median": 180, "sigma": 0.8, "decimals": 2, "max": 5000},
        {"distribution": "exponential", "mean": 3, "max": 100},
        {"distribution": "triangular", "min": 0, "mode": 5, "max": 60, "decimals": 4},
    )
    return {"$number": chance.choice(forms)}


def _boolean(chance: random.Random) -> dict[str, Plain]:
    forms: tuple[Plain, ...] = ({}, 0.9, 0, 1, {"true": 0.3}, 0.123456789)
    return {"$boolean": chance.choice(forms)}


def _date(chance: random.Random) -> dict[str, Plain]:
    year = chance.randrange(1950, 2060)
    ends = (f"{year}-0{chance.randrange(1, 10)}-{chance.randrange(10, 29)}", f"{year + 1}-12-31")
    if chance.random() < 0.3:
        return {"$date": list(ends)}
    full: dict[str, Plain] = {"from": ends[0], "to": ends[1], "format": chance.choice(DATE_FORMATS)}
    return {"$date": {**full, **({"step": 7} if chance.random() < 0.3 else {})}}


def _datetime(chance: random.Random) -> dict[str, Plain]:
    forms: tuple[Plain, ...] = (
        ["2025-01-01", "2025-06-30"],
        ["2025-01-01 08:00", "2025-01-02T17:30:15"],
        {"from": "2024-02-28", "to": "2024-03-01", "format": "%Y-%m-%dT%H:%M:%SZ", "step": 60},
        {"from": "1999-12-31T23:59:58", "to": "2000-01-01", "format": "%d %b %y %I:%M:%S %p"},
    )
    return {"$datetime": chance.choice(forms)}


def _time(chance: random.Random) -> dict[str, Plain]:
    forms: tuple[Plain, ...] = (
        ["08:00", "18:00"],
        {"from": "00:00", "to": "23:59:59", "step": 900, "format": "%I:%M %p"},
    )
    return {"$time": chance.choice(forms)}


def _uuid(chance: random.Random) -> dict[str, Plain]:
    return {"$uuid": chance.choice(({}, None))}


def _sequence(chance: random.Random) -> dict[str, Plain]:
    forms: tuple[Plain, ...] = (
        1,
        {},
        {"start": 1000, "step": 10, "width": 8, "prefix": "CLM-"},
        {"start": 5, "step": -3},
        {"width": 4},
    )
    return {"$sequence": chance.choice(forms)}


def _index(chance: random.Random) -> dict[str, Plain]:
    return {"$index": chance.choice(({}, "record"))}


def _vocab(chance: random.Random) -> dict[str, Plain]:
    return {"$vocab": chance.choice(VOCABULARIES)}


LEAVES: tuple[Leaf, ...] = (
    _const, _choice, _weighted, _pattern, _integer, _number, _boolean, _date, _datetime, _time,
    _uuid, _sequence, _index, _vocab,
)  # fmt: skip
_UNIQUE: tuple[dict[str, Plain], ...] = (
    {"$pattern": "[A-Z]{3}[0-9]{6}"},
    {"$integer": [1, 100_000]},
    {"$number": {"min": 0, "max": 90, "decimals": 3}},
    {"$date": ["2020-01-01", "2024-12-31"]},
    {"$uuid": {}},
    {"$sequence": {"start": 7, "prefix": "S"}},
    {"$choice": [*range(90)]},
)


def leaf(chance: random.Random, which: int | None = None) -> dict[str, Plain]:
    """Return a leaf, ``which`` of all ways to choose a value, and modifiers now and then."""
    if which is None and chance.random() < 0.08:
        return {**chance.choice(_UNIQUE), "$unique": True}
    make = chance.choice(LEAVES) if which is None else LEAVES[which % len(LEAVES)]
    made = make(chance)
    if chance.random() < 0.2:
        made["$null"] = chance.choice((0, 0.1, 0.5, 1))
    if chance.random() < 0.15:
        made["$omit"] = chance.choice((0.05, 0.25, 1))
    if chance.random() < 0.15:
        transforms = ("lower", "upper", "title", "strip", "slug", "ascii")
        two: list[Plain] = [*chance.sample(transforms, 2)]
        made["$transform"] = chance.choice(transforms) if chance.random() < 0.5 else two
    if chance.random() < 0.05:
        made["$id"] = f"was-{chance.randrange(1000)}"
    if chance.random() < 0.04:
        made["$comment"] = "any text: [it, is, data]"
    return made


def rows(chance: random.Random) -> Plain:
    """Return what ``$rows`` takes; fields of it are ``city`` and ``state``, or capital ones."""
    if chance.random() < 0.3:
        forms: tuple[Plain, ...] = (["city", "state"], {"TOWN": "city", "ST": "state"})
        return {"$vocab": chance.choice(ROWS), "$fields": chance.choice(forms)}
    made: list[Plain] = [
        {"city": "Chennai", "state": "TN", "zip_code": "600001", "$weight": 3, "$id": "chennai"},
        {"city": "Hyderabad", "state": "TS", "zip_code": "500001"},
        {"city": scalar(chance), "state": None, "zip_code": 1, "$id": 7},
    ]
    return made[: chance.randrange(1, 4)]


def array(chance: random.Random, depth: int = 0) -> dict[str, Plain]:
    """Return an array with elements of any kind, arrays included."""
    lengths: tuple[Plain, ...] = (2, [1, 3], {"min": 1, "max": 4}, {"max": 2}, 0, [0, 5])
    items: Plain
    kind = chance.randrange(5 if depth < 2 else 4)
    if kind == 0:
        items = pool(chance)
    elif kind == 1:
        items = leaf(chance, chance.randrange(len(LEAVES)))
    elif kind == 2:
        items = {"no": {"$index": "element"}, "code": ["A", "B"], "units": {"$integer": [1, 4]}}
    elif kind == 3:
        which = chance.randrange(len(LEAVES))
        items = {"code": ["99213"], "label": {"$template": "{.code}!"}, "x": leaf(chance, which)}
    else:
        items = array(chance, depth + 1)
    made: dict[str, Plain] = {"$array": chance.choice(lengths), "$items": items}
    if chance.random() < 0.15:
        made[chance.choice(("$null", "$omit"))] = 0.2
    return made
