"""Takes a number; gives a suite that means harm by its names, schemas, sizes, loops and so on."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from tests.naughty import NAUGHTY

Spec: TypeAlias = dict[str, Any]
Files: TypeAlias = Mapping[str, bytes]
"""Paths from the specs folder on, and what is in them."""

EVIL = (
    "^(a+)+$", "^([A-Za-z]+ ?)+$", "(x+x+)+y", "^(a|aa)+$", "(.*a){25}$", "^(([a-z])+.)+[A-Z]$",
    "(?=(a+)+$)", r"^(a|aa)+\1$", "(?<=a)(a|a?)+$", "(?!b)(.|..)*c$", "((a{30}){30}){30}", "[",
    "(a{0,99}){0,99}", "a{99999}", "(((((a*)*)*)*)*)*b", r"(\w+\s?)+$", "(?P<n>a)(?P=n)+$",
    "\ud800",
)  # fmt: skip
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2**31, 2**63, 2**64, -(2**63), 10**18, 10**30, 10**300, 1e-300, 1e300, 0.1, -0.0,
    1e-7, 0.30000000000000004, 99999999.99999999, "5", None, True, [], {},
)  # fmt: skip
NAMES = (
    'a"b', "a:b", "CON", "a\x01b", "..", "a/b", "a.", " a", "n" * 201, "é" * 120, "$x", "$$x", "__",
    "a\ud800", ".git", "NUL.txt", "\u202eabc", "a\nb", "mockgen.lock", "", "-rf", "a b", "*", "a|b",
)  # fmt: skip


def any_number(chance: random.Random) -> object:
    if chance.random() < 0.3:
        return chance.randint(-10, 10 ** chance.randint(1, 25))
    return chance.choice(NUMBERS)


def any_text(chance: random.Random) -> str:
    return chance.choice([chance.choice(NAUGHTY)[:2000], chance.choice(EVIL), "a" * 5000])


def any_schema(chance: random.Random, depth: int = 0) -> object:
    """Return a schema, mostly one that is valid and costs much."""
    if depth > chance.randint(1, 6):
        return chance.choice(
            [True, {"type": ["string", "number", "array", "object"]}, {"maxLength": 40}]
        )

    def below() -> object:
        return any_schema(chance, depth + 1)

    width = chance.choice([1, 2, 10 if depth == 0 else 2])
    kinds: dict[str, Callable[[], object]] = {
        "pattern": lambda: chance.choice(EVIL),
        "multipleOf": lambda: chance.choice([1e-300, 1e300, 0.1, 7, 1e-9]),
        "minimum": lambda: chance.choice([-(10**300), 1e-300, 1e300, 0, 50]),
        "exclusiveMaximum": lambda: chance.choice([10**300, 1e300, 99, 2]),
        "minLength": lambda: chance.choice([0, 3, 10**18]),
        "maxItems": lambda: chance.choice([0, 3, 10**18]),
        "enum": lambda: [
            any_text(chance) for _ in range(chance.choice([1, 3, 2000 if depth < 2 else 9]))
        ],
        "const": lambda: any_number(chance),
        "not": below,
        "if": below,
        "allOf": lambda: [below()] * width,
        "anyOf": lambda: [below() for _ in range(width)],
        "oneOf": lambda: [below()] * width,
        "contains": below,
        "items": below,
        "propertyNames": below,
        "properties": lambda: {any_text(chance)[:20]: below() for _ in range(width)},
        "patternProperties": lambda: {chance.choice(EVIL): below()},
        "additionalProperties": below,
        "unevaluatedProperties": below,
        "dependentRequired": lambda: {"a": ["b"]},
        "uniqueItems": lambda: True,
        "$ref": lambda: chance.choice(
            ["#/$defs/a", "#/$defs/b", "#/$defs/c"] * 3 + ["#", "#nope", "http://x/y"]
        ),
        "$schema": lambda: "https://json-schema.org/draft/2020-12/schema",
    }
    names = chance.sample(sorted(kinds), chance.randint(1, 3))
    made: Spec = {name: kinds[name]() for name in names}
    if depth == 0:
        made["$defs"] = {
            "a": {chance.choice(["allOf", "anyOf", "oneOf"]): [{"$ref": "#/$defs/b"}] * width},
            "b": chance.choice([below(), {"allOf": [{"$ref": "#/$defs/c"}] * width}]),
            "c": {"allOf": [{"$ref": chance.choice(["#/$defs/d"] * 9 + ["#/$defs/a"])}] * width},
            "d": {"allOf": [below()] * width},
        }
    return made


def any_pattern(chance: random.Random, depth: int = 0) -> str:
    if depth > chance.randint(1, 8):
        return chance.choice(["a", ".", "[a-z]", r"\w", "[^x]", "é", "[\\u0020-\\u0fff]", "(|b)"])
    inner = any_pattern(chance, depth + 1)
    repeat = chance.choice(["?", "*", "+", "{3}", "{0,9}", "{,64}", "{9}", "{0,3}", "??"])
    return chance.choice([
        f"({inner})", f"({inner}){repeat}", f"{inner}|{any_pattern(chance, depth + 1)}",
        inner * chance.randint(1, 4), f"({inner}|{inner})",
        *(["(" * 60 + inner + ")" * 60, "(" * 3000 + inner] if chance.random() < 0.02 else []),
    ])  # fmt: skip


def any_expression(chance: random.Random, depth: int = 0) -> str:
    """Return an expression of the fields of ``fields``, mostly one with types that fit."""
    if depth > chance.randint(1, 7):
        leaves = ["record.n", "record.x", "size(record.t)", "3", "0.5", "sum(record.l)", "9" * 60]
        return chance.choice([*leaves * 9, "1e99", "x"])
    one, other = (any_expression(chance, depth + 1) for _ in range(2))
    return chance.choice([
        f"({one} * {other})", f"({one} + {other})", f"{one} / {other}", f"{one} - {other}",
        f"({one} > {other} ? {one} : {other})", f"sum(record.l.map(x, {one}))",
        f"size(record.l.filter(x, record.l.all(y, record.l.exists(z, {one} < {other}))))",
        f"min({one}, {other})", f"round({one}, 60)", f"int({one})", f"abs({one})",
        f"(record.d + duration('9999999d')).getFullYear() + {one}",
        f"size(string({one}) + record.t)",
        "sum(record.l.map(x, sum(record.l.map(y, sum(record.l.map(z, x * y * z))))))",
        "(" * 20 + one + ")" * 20, f"(int({one}) % 7)",
    ])  # fmt: skip


def fields(chance: random.Random) -> Spec:
    return {
        "n": {"$integer": [1, 100]},
        "x": {"$number": {"min": 0, "max": 10, "decimals": 2}},
        "t": {"$pattern": chance.choice(["a{30,40}!", "[a-z]{4}", "a{9}"])},
        "d": {"$date": {"from": "2025-01-01", "to": "2025-12-31"}},
        "l": {"$array": [0, chance.choice([3, 30, 300])], "$items": {"$integer": [1, 9]}},
        "o": {"a": ["p", "q"], "b": {"$boolean": 0.5}},
    }


def ruled(chance: random.Random, rules: Spec) -> Spec:
    scenarios: Spec = {
        name: {} for name in ("positive", "negative", "exclusion")[: chance.randint(1, 3)]
    }
    model = {**fields(chance), "$count": 5, "$rules": rules, "$scenarios": scenarios}
    if "exclusion" in scenarios:
        model["$exclude"] = {"e": {"t": {"pattern": chance.choice(EVIL)}}, "f": {"n": [1, 2]}}
    return {"M": model}


def by_schemas(chance: random.Random) -> Spec:
    count = chance.choice([1, 1, 2, 3, 320])
    where = ["n", "x", "t", "l", "o", "d"]
    rules: Spec = {}
    for number in range(count):
        home = {"field": chance.choice(where)} if number % 4 else {}
        rules[f"r{number}"] = {"schema": any_schema(chance, 0 if count < 9 else 4), **home}
    return ruled(chance, rules)


def by_expressions(chance: random.Random) -> Spec:
    texts = [any_expression(chance) for _ in range(chance.randint(1, 4))]
    if chance.random() < 0.5:
        rules = {
            f"r{n}": {"cel": f"{text} < {any_expression(chance)}"} for n, text in enumerate(texts)
        }
        return ruled(chance, rules)
    made = fields(chance)
    for number, text in enumerate(texts):
        made[f"c{number}"] = {"$cel": text, "decimals": chance.choice([0, 2, 15])}
    for number in range(chance.choice([0, 40])):
        former = f"record.k{number - 1}"
        first = chance.choice(["record.t", "record.n", "record.x"])
        text = f"{former} {chance.choice('+*')} {former}" if number else first
        made[f"k{number}"] = {"$cel": text}
    return {"M": made}


def by_patterns(chance: random.Random) -> Spec:
    unique = {"$unique": True} if chance.random() < 0.4 else {}
    return {
        "M": {"p": {"$pattern": any_pattern(chance), **unique}},
        "$count": chance.choice([1, 20, 900]),
    }


def by_templates(chance: random.Random) -> Spec:
    width = chance.choice([1, 2, 10, 500])
    made: Spec = {"t0": chance.choice(["abcdefgh", {"$pattern": "a{4000}"}, any_text(chance)])}
    for number in range(1, chance.choice([3, 12, 40])):
        made[f"t{number}"] = {"$template": f"{{t{number - 1}}}" * width}
    return {"M": made}


def by_sizes(chance: random.Random) -> Spec:
    shape: object = chance.choice(
        [1, {"$integer": [1, 9]}, {"a": {"$pattern": "a{100}"}, "b": [1, 2]}]
    )
    for _ in range(chance.randint(1, 9)):
        high = chance.choice([0, 1, 9, 100, 9999, 10**6, 10**12])
        extra: Spec = {"unique": True} if chance.random() < 0.2 else {}
        shape = {"$array": {"min": chance.choice([0, high]), "max": high, **extra}, "$items": shape}
    return {"M": {"a": shape, "$count": chance.choice([1, 5, 50])}}


def by_pools(chance: random.Random) -> Spec:
    size = chance.choice([3, 300, 30_000, 120_000])
    pool: object = [f"v{n}" for n in range(size)]
    if chance.random() < 0.3:
        pool = {"$weighted": {f"v{n}": any_number(chance) for n in range(min(size, 3000))}}
    model: Spec = {
        "a": pool,
        **{f"f{n}": [f"w{k}" for k in range(40)] for n in range(chance.choice([1, 30]))},
    }
    if chance.random() < 0.5:
        model["$coverage"] = chance.choice(["each", "pairwise", "3-wise"])
    return {"$count": chance.choice([1, 100, 2000]), "M": model}


def by_numbers(chance: random.Random) -> Spec:
    low, high = sorted(chance.choice([each for each in NUMBERS if type(each) in {int, float}])
                       for _ in range(2))  # fmt: skip
    step, places = chance.choice([1, 0.01, 1e-9, 10**6, 1e-300]), chance.choice([0, 2, 15, 16])
    odd = any_number(chance)
    form = chance.choice([any_text(chance), "%d" * 99, "%Y", "%B %j"])
    ends = {"from": "0001-01-01", "to": chance.choice(["0001-01-01", "9999-12-31", "2025-02-30"])}
    leaf = chance.choice([
        {"$integer": [low, high]},
        {"$integer": {"min": low, "max": high, "step": step}, "$unique": True},
        {"$number": {"min": low, "max": high, "step": step, "decimals": places}},
        {"$number": {"min": low, "max": high, "decimals": places, "distribution": "normal",
                     "mean": low, "sd": abs(step)}},
        {"$number": {"distribution": "lognormal", "median": abs(high), "sigma": abs(low)}},
        {"$sequence": {"start": low, "step": high, "width": chance.choice([0, 40, 10**9])}},
        {"$date": {**ends, "step": f"{chance.choice([1, 99999999])}d", "format": form}},
        {"$boolean": odd}, {"$const": odd, "$null": odd}, {"$array": [0, odd], "$items": 1},
        {"$weighted": {"a": low, "b": high, "c": odd}},
    ])  # fmt: skip
    rules = {"r": {"field": "v", "schema": {chance.choice(["multipleOf", "minimum"]): odd}}}
    other = {"$rules": rules, "$scenarios": {"positive": {}, "negative": {}}}
    model = {"v": leaf, **(other if chance.random() < 0.5 else {})}
    return {"$count": chance.choice([1, 20, 3000]), "M": model}


def by_references(chance: random.Random) -> Spec:
    count = chance.choice([2, 5, 40, 300])
    made: Spec = {"M0": {"id": {"$sequence": {"start": 1}}}}
    for number in range(1, count):
        other = chance.choice([number - 1, chance.randrange(count), number])
        reference: Spec = {"$ref": f"M{other}.id"}
        if chance.random() < 0.2:
            reference["$each"] = [1, chance.choice([2, 9999])]
        made[f"M{number}"] = {"id": reference, "x": {"$ref": f"M{other}.id"}}
    return made


def by_names(chance: random.Random) -> Spec:
    """Return a spec with one or two names that are odd."""
    odd = chance.sample(range(8), chance.randint(1, 2))
    one, two, three, four, five, six, seven, eight = (
        chance.choice([*NAMES, *NAUGHTY])[:300] if n in odd else f"n{n}" for n in range(8)
    )
    inner = {two: {"$const": three}, "o": {four: {"$template": f"{{{two}}}"}}}
    return {
        one: {**inner, "$scenarios": {five: {}, six: {two: seven}}, "$id": eight},
        "N": {"a": 1},
    }


def by_depth(chance: random.Random) -> Spec:
    depth = chance.choice([20, 90, 101, 400])
    shape: object = 1
    for _ in range(depth):
        case = {"$given": "record.k", "$cases": {"x": shape}, "$else": 1}
        either = {"$one_of": [{"a": shape}, {"b": 1}]}
        shape = chance.choice([{"a": shape}, [shape], either, case])
    return {"M": {"k": ["x", "y"], "deep": shape}}


KINDS: Mapping[str, Callable[[random.Random], Spec]] = {
    "schemas": by_schemas, "expressions": by_expressions, "patterns": by_patterns,
    "templates": by_templates, "sizes": by_sizes, "pools": by_pools, "numbers": by_numbers,
    "references": by_references, "names": by_names, "depth": by_depth,
}  # fmt: skip


def hostile(number: int) -> tuple[str, Files]:
    """Return the kind of suite ``number``, and its files; no two numbers have the same."""
    chance = random.Random(f"hostile {number}")
    kind = [*KINDS][number % len(KINDS)]
    data = KINDS[kind](chance)
    text = json.dumps(data, ensure_ascii=chance.random() < 0.5)
    folder = chance.choice(NAMES) if kind == "names" and chance.random() < 0.5 else "bad"
    folder = folder if folder and folder not in {"..", "a/b"} else "bad"
    if kind == "names" and chance.random() < 0.2:
        cut = chance.randrange(len(text))
        text = text[:cut] + chance.choice(NAUGHTY)[:100] + text[cut:]
    return kind, {f"{folder}/user_input.json": text.encode("utf-8", "surrogatepass")}
