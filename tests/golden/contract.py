"""Takes nothing; gives a plan with every kind of leaf, and what contract 2 says its records are.

``python -m tests.golden.contract`` from the top folder writes ``contract_2.json`` again. A value in
it never changes: a change of one byte would be another contract.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.generate.address import (
    Address,
    base_key,
    lanes_of_element,
    lanes_of_record,
    word,
)
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.pools import rate
from mockgen_watch.plan.family import Family
from mockgen_watch.spec.generators import (
    Boolean,
    Constant,
    Pattern,
    RecordIndex,
    RowField,
    SequenceNumber,
    Uuid,
)
from mockgen_watch.spec.model import Transform
from tests.golden.constructs import construct_values
from tests.shapes import (
    array,
    below,
    leaf,
    moment,
    number,
    obj,
    plan,
    pool,
    reference,
    template,
)

if TYPE_CHECKING:
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.generators import Generator
    from mockgen_watch.spec.model import Shape

FILE: Final = Path(__file__).with_name("contract_2.json")
INDEXES: Final = (0, 1, 2, 3, 4, 5, 6, 7, 1000, 99_999_999)
ROWS: Final = pool(
    {"city": "Chennai", "zip": "600001"},
    {"city": "Hyderabad", "zip": "500001"},
    {"city": "Salem"},
    weights=(3, 2, 1),
)


def contract_plan() -> RecordPlan:
    """Return the plan."""
    identity, region = reference("Member", "id"), reference("Member", "region")
    up = reference("Region", "name")
    earlier = replace(identity, roots=3)
    regions = plan({"name": leaf(pool("north", "south"), "name")}, model="Region", count=4)
    members = plan(
        {
            "id": leaf(Pattern(source="[A-Z]{2}[0-9]{4}"), "id", unique=True),
            "region": leaf(up, "region"),
        },
        model="Member",
        count=25,
        parents={up: regions},
    )
    fields: dict[str, Shape] = {
        **_pools(),
        **_numbers(),
        **_texts(),
        **_moments(),
        **_unique(),
        **_together(),
        "member": leaf(identity, "member"),
        "member_region": leaf(region, "member_region"),
        "nested": obj({"x": leaf(pool("x", "y"), "nested", "x")}, "nested", null=0.2, omit=0.2),
        "lines": _lines(),
        "tree": obj({"member": leaf(earlier, "tree", "member")}, "tree"),
        "child": obj(
            {
                "member": leaf(identity, "child", "member"),
                "no": leaf(RecordIndex(sibling=True, start=1), "child", "no"),
            },
            "child",
        ),
    }
    unit = ("parent", ("child",), identity.suite, identity.model, identity.scenario)
    family = Family(unit=unit, low=0, high=7, parents=25, key=2**63 + 5)
    made = plan(
        fields,
        seed=42,
        model="Claim",
        count=100_000_000,
        parents={identity: members, region: members, earlier: members},
    )
    return replace(made, family=family)


def _pools() -> dict[str, Shape]:
    large = pool(*(f"name {n}" for n in range(1000)), weights=[1 + n % 3 for n in range(1000)])
    return {
        "constant": leaf(Constant(value={"a": [1, None, Decimal("1.50")]}), "constant"),
        "pool": leaf(pool("P", "C", "D"), "pool"),
        "pool_mixed": leaf(pool("1", 1, Decimal("1.0"), None, True, {"a": 1}), "pool_mixed"),
        "weighted": leaf(pool("TN", "KL", "AP", weights=(70, 20, 10)), "weighted"),
        "large_pool": leaf(pool(*(f"name {n}" for n in range(1000))), "large_pool"),
        "large_weighted": leaf(large, "large_weighted"),
        "row_city": leaf(RowField(rows=ROWS, key="city", address=()), "row_city"),
        "row_zip": leaf(RowField(rows=ROWS, key="zip", address=()), "row_zip"),
        "boolean": leaf(Boolean(true=Decimal("0.3")), "boolean"),
        "sometimes": leaf(pool("a", "b"), "sometimes", null="0.3", omit="0.3"),
    }


def _numbers() -> dict[str, Shape]:
    kinds = {
        "integer": number(1, 6),
        "integer_wide": number(-(10**15), 10**15),
        "step": number(0, 1000, step=25),
        "number": number(0, 1000, 2),
        "normal": number(None, None, 2, kind="normal", mean=100, sd=15),
        "normal_bounded": number(90, 130, 1, kind="normal", mean=100, sd=15),
        "lognormal": number(0, None, 2, kind="lognormal", median=180, sigma="0.8"),
        "exponential": number(0, None, 3, kind="exponential", mean=20),
        "poisson": number(0, None, kind="poisson", mean="3.5"),
        "poisson_large": number(0, None, kind="poisson", mean=50_000),
        "zipf": number(1, 20, kind="zipf", exponent="1.1"),
        "zipf_long": number(1, 10**9, kind="zipf", exponent=1),
        "triangular": number(0, 100, 1, kind="triangular", mode=20),
    }
    return {name: leaf(kind, name) for name, kind in kinds.items()}


def _texts() -> dict[str, Shape]:
    sequence = SequenceNumber(start=7, step=2, width=6, prefix="S-")
    shown = template(("pool",), ".", ("number",), "@", ("nested", "x"), ".É")
    return {
        "pattern": leaf(Pattern(source="[A-Z]{3}[0-9]{6}"), "pattern"),
        "pattern_forms": leaf(Pattern(source="(a|b[0-9]{1,3})?-[x-z]{0,2}"), "pattern_forms"),
        "uuid": leaf(Uuid(), "uuid"),
        "sequence": leaf(sequence, "sequence"),
        "index": leaf(RecordIndex(), "index"),
        "template": leaf(shown, "template"),
        "lower_ascii": leaf(shown, "lower_ascii", transforms=(Transform.LOWER, Transform.ASCII)),
        "slug": leaf(shown, "slug", transforms=(Transform.SLUG,)),
        "coerced": leaf(Pattern(source="[0-9]{2}"), "coerced", coerce_number=True),
    }


def _moments() -> dict[str, Shape]:
    kinds = {
        "date": moment("date", "2025-01-01", "2025-12-31", "%m/%d/%Y"),
        "date_long": moment("date", "0001-01-01", "9999-12-31", "%a %d %b %Y"),
        "datetime": moment("datetime", "2020-01-01", "2025-12-31"),
        "time": moment("time", "08:00", "18:00", "%I:%M %p", 900),
    }
    return {name: leaf(kind, name) for name, kind in kinds.items()}


def _unique() -> dict[str, Shape]:
    kinds: dict[str, Generator] = {
        "unique_pool": pool(*range(50)),
        "unique_small": number(1, 1000),
        "unique_number": number(0, 10**12),
        "unique_pattern": Pattern(source="[A-Z]{3}[0-9]{6}"),
        "unique_forms": Pattern(source="[A-Z]{2,3}[0-9]{6}"),
        "unique_long": Pattern(source="[a-z0-9]{20}"),
    }
    return {name: leaf(kind, name, unique=True) for name, kind in kinds.items()}


def _together() -> dict[str, Shape]:
    kinds: dict[str, Generator] = {
        "together_pool": pool("a", "b", "c", weights=(7, 2, 1)),
        "together_number": number(1, 500),
        "together_pattern": Pattern(source="[A-Z]{2}[0-9]?"),
    }
    group = tuple((name,) for name in kinds)
    return {name: leaf(kind, name, together=group) for name, kind in kinds.items()}


def _lines() -> Shape:
    line = obj(
        {
            "code": leaf(pool("99213", "99214"), *below("lines"), "code"),
            "amount": leaf(number(1, 500, 2), *below("lines"), "amount"),
            "text": leaf(template(("lines", "code"), "/", ("pool",)), *below("lines"), "text"),
            "deep": array(
                leaf(number(0, 9), *below(*below("lines"), "deep")), 0, 2, *below("lines"), "deep"
            ),
        },
        *below("lines"),
    )
    return array(line, 1, 3, "lines")


def contract_values() -> dict[str, list[str]]:
    """Return what the reference draws: for each field its values at ``INDEXES``, as text."""
    program = compile_program(contract_plan())
    records = [record_at(program, index) for index in INDEXES]
    names = [name for name, _ in program.root.members]
    fields = {
        name: [
            canonical(record[name]).decode() if name in record else "absent" for record in records
        ]
        for name in names
    }
    return {**_lowest(), **fields, **construct_values()}


def _lowest() -> dict[str, list[str]]:
    """Return keys, lanes and words, which all values rest on."""
    key = base_key(42, "Claim")
    constants = Address.of(42, "Claim", ("lines", "[]", "code")).constants("value", b'"99213"')
    records = [lanes_of_record(key, index) for index in INDEXES]
    elements = [lanes_of_element(a, b, 2) for a, b in records]
    return {
        "(base key)": [f"{key:016x}"],
        "(constants)": [f"{each:08x}" for each in constants],
        "(lanes of records)": [f"{a:08x} {b:08x}" for a, b in records],
        "(lanes of elements)": [f"{a:08x} {b:08x}" for a, b in elements],
        "(words)": [f"{word(a, b, constants):08x}" for a, b in records],
        "(rates)": [rate(segment).hex() for segment in (0, 1, 2047, 4094, 4095)],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(contract_values(), indent=1, ensure_ascii=False) + "\n", "utf-8")
