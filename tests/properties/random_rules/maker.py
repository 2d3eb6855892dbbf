"""Makes random specs: fields of every kind, and one to six rules on them; a seed says which.

Each rule comes in three forms that are written from one thing: its text in the spec, its verdict
on a record in Python, and what it asks in terms of z3.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import jsonschema
import z3

from tests.properties.random_rules import expressions as cel
from tests.properties.random_rules.domain import (
    UNIT,
    Group,
    Json,
    Leaf,
    Node,
    Part,
    Row,
    Unknowns,
    words_of,
)
from tests.properties.random_rules.schemas import schema_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

POOLS = (
    ("A", "B", "C"),
    ("red", "green", "blue", "grey"),
    ("", "x", "xx", "yyy"),
    ("A", "C", "red", "n/a"),
)
PATTERNS = {
    "[A-C][0-4]": [f"{a}{b}" for a in "ABC" for b in "01234"],
    "[xy]{1,3}": ["".join(word) for size in (1, 2, 3) for word in product("xy", repeat=size)],
    "K-[0-9]": [f"K-{a}" for a in "0123456789"],
}  # fmt: skip
FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d %b %Y")
FIRST_DAY = dt.date(2024, 1, 1).toordinal()
WIDTHS = (2, 5, 9, 9, 30, 100, 1000, 1_000_000)
COUNTS = (30, 30, 30, 30, 300)


@dataclass(frozen=True)
class Rule:
    """A rule of a random spec.

    Attributes:
        spec: as it stands under ``$rules``.
        holds: whether a record keeps it.
        term: the same of what a record can be, in terms of z3.
    """

    name: str
    kind: str
    spec: dict[str, Json]
    holds: Callable[[dict[str, Json]], bool]
    term: Any


@dataclass(frozen=True)
class RandomSpec:
    """A model with rules; ``shape`` and ``unknowns`` are what its records can be."""

    seed: int
    count: int
    shape: Group
    unknowns: Unknowns
    root: Node
    rules: tuple[Rule, ...]

    def data(self, *scenarios: str) -> dict[str, Json]:
        """Return the user_input, with these scenarios."""
        fields = self.shape.spec()
        rules = {rule.name: rule.spec for rule in self.rules}
        model = {**fields, "$rules": rules, "$scenarios": {name: {} for name in scenarios}}
        return {"$seed": self.seed, "$count": self.count, "$output": "ndjson", "M": model}

    def lines(self) -> list[str]:
        """Return the fields and rules in a short form for people."""
        fields = [
            f"    {name}: {json.dumps(part.spec())}" for name, part in self.shape.members.items()
        ]
        return [
            *fields,
            *(f"    {rule.name} [{rule.kind}] {json.dumps(rule.spec)}" for rule in self.rules),
        ]


def make_spec(seed: int) -> RandomSpec:
    """Return the spec of a seed."""
    chance = random.Random(f"spec {seed}")
    shape = Group(dict(_fields(chance)))
    unknowns = Unknowns(tuple(dict.fromkeys(words_of(shape))))
    root = unknowns.node("r", shape)
    maker = _Rules(chance, shape, unknowns.words, root)
    rules: list[Rule] = []
    wanted = chance.randint(1, 6)
    while len(rules) < wanted:
        made = maker.rule(f"r{len(rules)}")
        if made is not None:
            rules.append(made)
    return RandomSpec(seed, chance.choice(COUNTS), shape, unknowns, root, tuple(rules))


def _fields(chance: random.Random) -> Iterator[tuple[str, Part]]:
    letters = iter("abcdefghijklmnop")
    for kind in chance.sample(["int", "decimal", "date", "text"], chance.randint(2, 4)):
        for _ in range(chance.randint(1, 3)):
            yield next(letters), _leaf(chance, kind)
    if chance.random() < 0.3:
        yield next(letters), _leaf(chance, "boolean")
    if chance.random() < 0.5:
        yield "obj", _group(chance, "uvw")
    if chance.random() < 0.4:
        element = _leaf(chance, chance.choice(["int", "int", "text", "decimal"]), is_plain=True)
        yield "nums", _row(chance, element)
    if chance.random() < 0.5:
        yield "rows", _row(chance, _group(chance, "xyz", is_element=True))


def _group(chance: random.Random, names: str, *, is_element: bool = False) -> Group:
    kinds = ["int", "int", "decimal", "date", "date", "text"]
    members: dict[str, Part] = {
        name: _leaf(chance, chance.choice(kinds)) for name in names[: chance.randint(1, 3)]
    }
    if not is_element and chance.random() < 0.2:
        members["in"] = Group({"k": _leaf(chance, "int"), "t": _leaf(chance, "text")})
    return Group(members, omit=not is_element and chance.random() < 0.2)


def _row(chance: random.Random, element: Leaf | Group) -> Row:
    low = chance.randint(0, 2)
    return Row(element, low, low + chance.randint(0, 3) or 1, omit=chance.random() < 0.15)


def _leaf(chance: random.Random, kind: str, *, is_plain: bool = False) -> Leaf:
    omit = not is_plain and chance.random() < 0.2
    null = not is_plain and chance.random() < 0.08
    width = chance.choice(WIDTHS)
    if kind == "int":
        low = chance.choice([0, 0, 1, -5, 10])
        return Leaf(kind, low * UNIT, (low + width) * UNIT, UNIT, omit=omit, null=null)
    if kind == "decimal":
        step = chance.choice([1, 10])
        low = chance.choice([0, 0, 1, -5, 10]) * UNIT
        return Leaf(kind, low, low + min(width, 1000) * UNIT, step, omit=omit, null=null)
    if kind == "date":
        low = FIRST_DAY + chance.choice([0, 0, 31, 200])
        form = chance.choice(FORMATS)
        return Leaf(kind, low, low + min(width, 700), form=form, omit=omit, null=null)
    if kind == "boolean":
        return Leaf(kind, omit=omit, null=null)
    if chance.random() < 0.4:
        pattern = chance.choice(list(PATTERNS))
        return Leaf(kind, words=tuple(PATTERNS[pattern]), pattern=pattern, omit=omit, null=null)
    return Leaf(kind, words=chance.choice(POOLS), omit=omit, null=null)


Names: TypeAlias = "tuple[str, ...]"
Made: TypeAlias = "tuple[dict[str, Json], Callable[[dict[str, Json]], bool], Any] | None"


class _Rules:
    """Makes rules on the fields of one shape; a kind of rule that nothing suits gives None."""

    def __init__(
        self, chance: random.Random, shape: Group, words: tuple[str, ...], root: Node
    ) -> None:
        self.chance = chance
        self.shape = shape
        self.words = words
        self.root = root
        self.paths = [path for path in _walk("record", (), shape) if path.names]
        self.kinds: dict[str, Callable[[], Made]] = {
            "order": lambda: self.whole(self.order(self.leaves())),
            "chain": lambda: self.whole(self.chain()),
            "equal": lambda: self.whole(self.equal(self.leaves())),
            "window": lambda: self.whole(self.window(self.leaves())),
            "difference": lambda: self.whole(self.difference(self.leaves())),
            "sum": lambda: self.whole(self.sum()),
            "sum of elements": lambda: self.whole(self.sum_of_elements()),
            "size": lambda: self.whole(self.size()),
            "has": lambda: self.whole(self.has()),
            "elements": lambda: self.whole(self.elements()),
            "element": self.element,
            "inside": self.inside,
            "this": self.this,
            "implication": lambda: self.whole(self.implication()),
            "choice": lambda: self.whole(self.choice()),
            "text": lambda: self.whole(self.text(self.leaves())),
            "bound": lambda: self.whole(self.bound(self.leaves())),
            "remainder": lambda: self.whole(self.remainder()),
            "not": lambda: self.whole(self.contrary()),
            "schema of a leaf": self.leaf_schema,
            "schema of two": self.combined_schema,
            "schema of an array": self.array_schema,
            "required": self.required,
            "dependent": self.dependent,
            "if": self.conditional,
        }

    def rule(self, name: str) -> Rule | None:
        kind = self.chance.choice(list(self.kinds))
        made = self.kinds[kind]()
        return None if made is None else Rule(name, kind, *made)

    # -- Whole rules

    def whole(self, condition: cel.Condition | None) -> Made:
        if condition is None:
            return None
        return (
            {"cel": condition.cel()},
            lambda record: condition.truth({"record": record}) is True,
            condition.terms({"record": self.root})[0],
        )

    def on_field(self, path: Names, condition: cel.Condition) -> Made:
        """A rule on each value at ``path``, which is ``this``; the elements of an array there."""

        def holds(record: dict[str, Json]) -> bool:
            values = list(values_at(record, path))
            each = [
                item for value in values for item in (value if isinstance(value, list) else [value])
            ]
            return all(condition.truth({"record": record, "this": this}) is True for this in each)

        nodes = list(_nodes_at(self.root, path, z3.BoolVal(True)))
        pairs = [pair for node, there in nodes for pair in _elements_of(node, there)]
        terms = [
            z3.Implies(there, condition.terms({"record": self.root, "this": node})[0])
            for node, there in pairs
        ]
        return {"field": ".".join(path), "cel": condition.cel()}, holds, z3.And(terms)

    def by_schema(self, path: Names, schema: Json) -> Made:
        validator = jsonschema.Draft202012Validator(schema)
        nodes = _nodes_at(self.root, path, z3.BoolVal(True))
        terms = [z3.Implies(there, schema_term(schema, node, self.words)) for node, there in nodes]
        field = {"field": ".".join(path)} if path else {}
        return (
            {**field, "schema": schema},
            lambda record: all(map(validator.is_valid, values_at(record, path))),
            z3.And(terms),
        )

    # -- Fields

    def leaves(self, *kinds: str) -> list[cel.Path]:
        found = [path for path in self.paths if isinstance(path.leaf, Leaf)]
        return [path for path in found if not kinds or _kind(path) in kinds]

    def rows(self, *, plain: bool | None = None) -> list[cel.Path]:
        found = [path for path in self.paths if isinstance(path.leaf, Row)]
        return [path for path in found if plain in (None, isinstance(_element(path), Leaf))]

    def pair(self, among: list[cel.Path]) -> tuple[cel.Path, cel.Path] | None:
        pairs = [
            (one, other)
            for one in among
            for other in among
            if one != other and _sort(one) == _sort(other) and _sort(one) in {"number", "date"}
        ]
        return self.chance.choice(pairs) if pairs else None

    def shift(self, path: cel.Path) -> cel.Term:
        """A distance that is small beside what the field can be."""
        leaf = path.leaf
        assert isinstance(leaf, Leaf)
        most = max(1, (leaf.high - leaf.low) // (UNIT if leaf.kind != "date" else 1) // 2)
        distance = self.chance.randint(0, min(most, 400))
        return cel.span_of(distance) if leaf.kind == "date" else cel.number_of(distance * UNIT)

    def constant(self, leaf: Leaf) -> cel.Term:
        """A value near those of a number or date, mostly among them."""
        spread = max(1, (leaf.high - leaf.low) // 10)
        value = self.chance.randint(leaf.low - spread, leaf.high + spread)
        if leaf.kind == "date":
            return cel.day_of(value)
        return cel.number_of(value // leaf.step * leaf.step)

    # -- Conditions in CEL

    def bound(self, among: list[cel.Path]) -> cel.Condition | None:
        fit = [path for path in among if _sort(path) in {"number", "date"}]
        if not fit:
            return None
        path = self.chance.choice(fit)
        assert isinstance(path.leaf, Leaf)
        sign = self.chance.choice(["<", "<=", ">", ">="])
        return cel.Compare(sign, path, self.constant(path.leaf))

    def order(self, among: list[cel.Path]) -> cel.Condition | None:
        pair = self.pair(among)
        if pair is None:
            return None
        left, right = pair
        other: cel.Term = right
        if self.chance.random() < 0.3:
            other = cel.Math("+", right, self.shift(right))
        return cel.Compare(self.chance.choice(["<", "<=", ">", ">="]), left, other)

    def chain(self) -> cel.Condition | None:
        pairs = [pair for pair in (self.pair(self.leaves()) for _ in range(3)) if pair is not None]
        made: cel.Condition | None = None
        for left, right in pairs:
            each = cel.Compare(self.chance.choice(["<", "<="]), left, right)
            made = each if made is None else cel.Both(True, made, each)
        return made

    def equal(self, among: list[cel.Path]) -> cel.Condition | None:
        pair = self.pair(among)
        if pair is None:
            return None
        left, right = pair
        if self.chance.random() < 0.4:
            return cel.Compare("==", left, cel.Math("+", right, self.shift(right)))
        if self.chance.random() < 0.2 and _sort(right) == "number":
            return cel.Compare("==", left, cel.Math("*", cel.number_of(2 * UNIT), right))
        return cel.Compare("==", left, right)

    def window(self, among: list[cel.Path]) -> cel.Condition | None:
        pair = self.pair(among)
        if pair is None:
            return None
        low, high = pair
        least = cel.Compare("<=", low, high)
        return cel.Both(True, least, cel.Compare("<=", high, cel.Math("+", low, self.shift(low))))

    def difference(self, among: list[cel.Path]) -> cel.Condition | None:
        pair = self.pair(among)
        if pair is None:
            return None
        sign = self.chance.choice(["<", "<=", ">=", "=="])
        return cel.Compare(sign, cel.Math("-", pair[0], pair[1]), self.shift(pair[0]))

    def sum(self) -> cel.Condition | None:
        numbers = self.leaves("int", "decimal")
        if len(numbers) < 2:
            return None
        left, right, *others = self.chance.sample(numbers, min(3, len(numbers)))
        total = cel.Math("+", left, right)
        if others and self.chance.random() < 0.6:
            return cel.Compare(self.chance.choice(["<=", "==", ">="]), total, others[0])
        assert isinstance(left.leaf, Leaf)
        return cel.Compare(self.chance.choice(["<=", ">="]), total, self.constant(left.leaf))

    def summed(self) -> tuple[cel.Sum, Leaf] | None:
        found: list[tuple[cel.Sum, Leaf]] = []
        for path in self.rows():
            element = _element(path)
            inner = _walk("x", (), element)
            found += [
                (cel.Sum(path, each.names), each.leaf)
                for each in inner
                if isinstance(each.leaf, Leaf) and _sort(each) == "number"
            ]
        return self.chance.choice(found) if found else None

    def sum_of_elements(self) -> cel.Condition | None:
        found = self.summed()
        if found is None:
            return None
        total, leaf = found
        numbers = self.leaves("int", "decimal")
        sign = self.chance.choice(["<=", ">=", "=="])
        if numbers and self.chance.random() < 0.6:
            return cel.Compare(sign, total, self.chance.choice(numbers))
        return cel.Compare(self.chance.choice(["<=", ">="]), total, self.constant(leaf))

    def size(self) -> cel.Condition | None:
        fit = self.rows() + self.leaves("text")
        if not fit:
            return None
        path = self.chance.choice(fit)
        length = cel.Size(path, self.words)
        sign = self.chance.choice(["<=", ">=", "=="])
        whole = self.leaves("int")
        if whole and self.chance.random() < 0.4:
            return cel.Compare(sign, length, self.chance.choice(whole))
        return cel.Compare(sign, length, cel.number_of(self.chance.randint(1, 3) * UNIT))

    def has(self) -> cel.Condition | None:
        fit = [path for path in self.paths if path.leaf is not None and path.leaf.omit]
        if not fit:
            return None
        path = self.chance.choice(fit)
        among = [each for each in self.leaves() if each != path]
        further = self.bound([path]) or self.order(among)
        ways: list[cel.Condition] = [cel.Has(path), cel.Not(cel.Has(path))]
        if further is not None:
            ways += [cel.Both(False, cel.Not(cel.Has(path)), further)] * 3
        if len(fit) > 1:
            other = self.chance.choice(fit)
            ways += [cel.Both(False, cel.Has(path), cel.Has(other))]
            ways += [cel.Both(False, cel.Not(cel.Has(path)), cel.Has(other))]
        return self.chance.choice(ways)

    def text(self, among: list[cel.Path]) -> cel.Condition | None:
        fit = [path for path in among if _kind(path) == "text"]
        if not fit:
            return None
        path = self.chance.choice(fit)
        assert isinstance(path.leaf, Leaf)
        word = self.chance.choice(path.leaf.words)
        start = word[:1]
        some = self.chance.sample(path.leaf.words, 2)
        quoted = ", ".join(f"'{each}'" for each in some)
        sign = self.chance.choice(["==", "!="])
        ways: list[cel.Condition] = [
            cel.Compare(sign, path, cel.text_of(word, self.words.index(word))),
            cel.Tested(path, f".startsWith('{start}')", lambda t: t.startswith(start), self.words),
            cel.Tested(path, f".contains('{word[-1:]}')", lambda t: word[-1:] in t, self.words),
            cel.Tested(path, f".matches('^{start}')", lambda t: t.startswith(start), self.words),
            cel.Tested(path, f" in [{quoted}]", lambda t: t in some, self.words, True),
        ]
        return self.chance.choice(ways)

    def single(self, among: list[cel.Path]) -> cel.Condition | None:
        """A condition on one field or two."""
        ways = [self.bound, self.order, self.text, self.equal, self.window, self.bound]
        return self.chance.choice(ways)(among)

    def elements(self) -> cel.Condition | None:
        rows = self.rows()
        if not rows:
            return None
        path = self.chance.choice(rows)
        inner = list(_walk("x", (), _element(path)))
        outer = self.leaves() if self.chance.random() < 0.4 else []
        condition = self.single([*inner, *outer])
        if condition is None or "x" not in re.findall(r"\w+", condition.cel()):
            return None
        return cel.Elements(path, self.chance.random() < 0.8, condition)

    def implication(self) -> cel.Condition | None:
        reason, then = self.text(self.leaves()), self.single(self.leaves())
        if reason is None or then is None:
            return None
        return cel.Both(False, cel.Not(reason), then)

    def choice(self) -> cel.Condition | None:
        reason = self.text(self.leaves()) or self.bound(self.leaves())
        then, other = self.single(self.leaves()), self.single(self.leaves())
        if reason is None or then is None or other is None:
            return None
        return cel.Choice(reason, then, other)

    def remainder(self) -> cel.Condition | None:
        fit = [
            path
            for path in self.leaves("int")
            if isinstance(path.leaf, Leaf) and path.leaf.low >= 0
        ]
        if not fit:
            return None
        by = self.chance.randint(2, 5)
        left = cel.Remainder(self.chance.choice(fit), by)
        return cel.Compare(
            self.chance.choice(["==", "!="]), left, cel.number_of(self.chance.randrange(by) * UNIT)
        )

    def contrary(self) -> cel.Condition | None:
        one, other = self.single(self.leaves()), self.single(self.leaves())
        if one is None or other is None:
            return None
        return cel.Not(cel.Both(self.chance.random() < 0.7, one, other))

    # -- Rules on a field, in CEL

    def element(self) -> Made:
        rows = self.rows()
        if not rows:
            return None
        path = self.chance.choice(rows)
        outer = self.leaves() if self.chance.random() < 0.3 else []
        condition = self.single([*_walk("this", (), _element(path)), *outer])
        return None if condition is None else self.on_field(path.names, condition)

    def inside(self) -> Made:
        groups = [path for path in self.paths if path.leaf is None]
        if not groups:
            return None
        path = self.chance.choice(groups)
        part: Part = self.shape
        for name in path.names:
            assert isinstance(part, Group)
            part = part.members[name]
        outer = self.leaves() if self.chance.random() < 0.3 else []
        among = [each for each in _walk("this", (), part) if each.names]
        condition = self.single([*among, *outer])
        return None if condition is None else self.on_field(path.names, condition)

    def this(self) -> Made:
        path = self.chance.choice(self.leaves())
        condition = self.single([cel.Path("this", (), path.leaf)])
        return None if condition is None else self.on_field(path.names, condition)

    # -- Rules in JSON Schema

    def schema_of(self, leaf: Leaf) -> dict[str, Json]:
        """Some keywords on a value."""
        if leaf.kind in {"int", "decimal"}:
            return self._number_schema(leaf)
        if leaf.kind == "text":
            return self._text_schema(leaf)
        return (
            {"type": self.chance.choice(["string", ["string", "null"]])}
            if leaf.kind == "date"
            else {"type": "boolean"}
        )

    def _number_schema(self, leaf: Leaf) -> dict[str, Json]:
        low = self.constant(leaf)
        assert isinstance(low, cel.Known)
        bound = low.number // UNIT
        ways: list[dict[str, Json]] = [
            {self.chance.choice(["minimum", "exclusiveMinimum"]): bound},
            {self.chance.choice(["maximum", "exclusiveMaximum"]): bound},
            {"minimum": bound, "maximum": bound + self.chance.randint(0, 50)},
            {"type": "number"},
        ]
        if leaf.kind == "int":
            ways += [{"multipleOf": self.chance.randint(2, 6)}]
            ways += [
                {"enum": [self.chance.randint(leaf.low // UNIT, leaf.high // UNIT) for _ in "123"]}
            ]
        return self.chance.choice(ways)

    def _text_schema(self, leaf: Leaf) -> dict[str, Json]:
        word = self.chance.choice(leaf.words)
        return self.chance.choice(
            [
                {"enum": self.chance.sample(leaf.words, 2)},
                {"enum": [*self.chance.sample(leaf.words, 2), None]},
                {"const": word},
                {"minLength": self.chance.randint(1, 2)},
                {"maxLength": self.chance.randint(1, 3)},
                {"pattern": f"^{re.escape(word[:1])}"},
                {"pattern": self.chance.choice(["^[A-C]", "[0-9]$", "^[a-z]+$", "^.{2,}$"])},
                {"type": "string", "minLength": 1},
            ]
        )

    def leaf_schema(self) -> Made:
        inner = [
            cel.Path("record", (*path.names, *each.names), each.leaf)
            for path in self.rows()
            for each in _walk("x", (), _element(path))
            if each.names
        ]
        path = self.chance.choice(self.leaves() + inner)
        if not isinstance(path.leaf, Leaf):
            return None
        return self.by_schema(path.names, self.schema_of(path.leaf))

    def combined_schema(self) -> Made:
        path = self.chance.choice(self.leaves())
        assert isinstance(path.leaf, Leaf)
        one, other = self.schema_of(path.leaf), self.schema_of(path.leaf)
        way = self.chance.choice(["not", "oneOf", "anyOf", "allOf"])
        return self.by_schema(path.names, {"not": one} if way == "not" else {way: [one, other]})

    def array_schema(self) -> Made:
        rows = self.rows()
        if not rows:
            return None
        path = self.chance.choice(rows)
        element = _element(path)
        ways: list[dict[str, Json]] = [
            {"minItems": self.chance.randint(1, 3)},
            {"maxItems": self.chance.randint(1, 3)},
            {"minItems": 1, "maxItems": 2},
        ]
        if isinstance(element, Leaf):
            each = self.schema_of(element)
            ways += [{"uniqueItems": True}, {"contains": each}, {"items": each}]
            ways += [{"contains": each, "minContains": 2}]
        else:
            name = self.chance.choice(list(element.members))
            member = element.members[name]
            if isinstance(member, Leaf):
                each = {"properties": {name: self.schema_of(member)}, "required": [name]}
                ways += [{"items": each}, {"contains": each}, {"items": {"required": [name]}}]
        return self.by_schema(path.names, self.chance.choice(ways))

    def around(self) -> tuple[Names, Group]:
        """An object of the record, and where it is."""
        found: list[tuple[Names, Group]] = [((), self.shape)] * 2
        obj = self.shape.members.get("obj")
        if isinstance(obj, Group):
            found.append((("obj",), obj))
        return self.chance.choice(found)

    def required(self) -> Made:
        path, group = self.around()
        optional = [name for name, part in group.members.items() if part.omit]
        names = optional or list(group.members)
        some = self.chance.sample(names, self.chance.randint(1, min(2, len(names))))
        return self.by_schema(path, {"required": some})

    def dependent(self) -> Made:
        path, group = self.around()
        optional = [name for name, part in group.members.items() if part.omit]
        if not optional or len(group.members) < 2:
            return None
        name = self.chance.choice(optional)
        other = self.chance.choice([each for each in group.members if each != name])
        return self.by_schema(path, {"dependentRequired": {name: [other]}})

    def conditional(self) -> Made:
        path, group = self.around()
        leaves = [name for name, part in group.members.items() if isinstance(part, Leaf)]
        if len(leaves) < 2:
            return None
        one, other, *_ = self.chance.sample(leaves, 2)
        schemas = []
        for name in (one, other, other):
            leaf = group.members[name]
            assert isinstance(leaf, Leaf)
            made = {"properties": {name: self.schema_of(leaf)}}
            schemas.append({**made, "required": [name]} if self.chance.random() < 0.6 else made)
        schema = {"if": schemas[0], "then": schemas[1]}
        if self.chance.random() < 0.3:
            schema["else"] = schemas[2]
        return self.by_schema(path, schema)


def _walk(root: str, names: Names, part: Part) -> Iterator[cel.Path]:
    """Yield the paths of objects, leaves and arrays; none that lies in an array."""
    if isinstance(part, Group):
        yield cel.Path(root, names)
        for name, each in part.members.items():
            yield from _walk(root, (*names, name), each)
    else:
        yield cel.Path(root, names, part)


def _kind(path: cel.Path) -> str:
    return path.leaf.kind if isinstance(path.leaf, Leaf) else ""


def _sort(path: cel.Path) -> str:
    kind = _kind(path)
    return "number" if kind in {"int", "decimal"} else kind


def _element(path: cel.Path) -> Leaf | Group:
    assert isinstance(path.leaf, Row)
    return path.leaf.element


def values_at(found: Json, path: Names) -> Iterator[Json]:
    """Yield each value at a path, which leads through the elements of arrays."""
    if not path:
        yield found
    elif isinstance(found, dict) and path[0] in found:
        yield from values_at(found[path[0]], path[1:])
    elif isinstance(found, list):
        for item in found:
            yield from values_at(item, path)


def _nodes_at(node: Node, path: Names, there: Any) -> Iterator[tuple[Node, Any]]:  # noqa: ANN401 - z3
    there = z3.And(there, node.present)
    if not path:
        yield node, there
    elif node.elements:
        for element, is_in in _elements_of(node, there):
            yield from _nodes_at(element, path, is_in)
    else:
        yield from _nodes_at(node.members[path[0]], path[1:], there)


def _elements_of(node: Node, there: Any) -> Iterator[tuple[Node, Any]]:  # noqa: ANN401 - z3
    if not isinstance(node.part, Row):
        yield node, there
        return
    for place, element in enumerate(node.elements):
        yield element, z3.And(there, place < node.value)
