"""Expressions: how text is read, what is refused and where, and what values come out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockgen_watch.expressions import types
from mockgen_watch.expressions.checking import check
from mockgen_watch.expressions.evaluating import compile_node
from mockgen_watch.expressions.syntax import ExpressionError, fields_of, parse
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import Duration, EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = Type(
    kind=Kind.OBJECT,
    fields={"qty": types.INTEGER, "price": types.number(2), "tag": types.TEXT},
)
RECORD = Type(
    kind=Kind.OBJECT,
    fields={
        "lines": types.list_of(LINE),
        "total": types.number(2),
        "born": types.DATE,
        "seen": types.DATETIME,
        "at": types.TIME,
        "note": replace(types.TEXT, is_optional=True),
        "rest": replace(types.INTEGER, is_nullable=True),
        "name": types.TEXT,
    },
)
VALUES: dict[str, Any] = {
    "record": {
        "lines": [
            {"qty": 2, "price": Decimal("1.05"), "tag": "a"},
            {"qty": 3, "price": Decimal("9.99"), "tag": "b"},
        ],
        "total": Decimal("32.07"),
        "born": datetime(2024, 1, 31),
        "seen": datetime(2025, 1, 30, 8, 15),
        "rest": None,
        "name": "Ann",
    }
}


def value_of(text: str) -> object:
    node = parse(text)
    check(node, {"record": RECORD})
    return compile_node(node)(VALUES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("record.total == sum(record.lines.map(l, l.qty * l.price))", True),
        ("0.1 + 0.2 == 0.3", True),
        ("2 * 1.50", Decimal("3.00")),
        ("1 == 1.0", True),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7.0 / 2", Decimal("3.5")),
        ("1.0 / 3", Fraction(1, 3)),
        ("1.0 / 3 * 3 == 1", True),
        ("round(1.0 / 3, 2)", Decimal("0.33")),
        ("round(0.125, 2)", Decimal("0.12")),
        ("round(0.375, 2)", Decimal("0.38")),
        ("round(2.5)", 2),
        ("record.born + duration('1mo')", datetime(2024, 2, 29)),
        ("record.born - duration('1y')", datetime(2023, 1, 31)),
        ("record.seen - record.born", Duration(0, 31_565_700)),
        ("days(record.born, record.seen)", 365),
        ("years_between(record.born, record.seen)", 0),
        ("years_between(record.seen, record.born)", 0),
        ("record.born.getMonth() + record.born.getDate()", 31),
        ("record.seen.getDayOfWeek()", 4),
        ("record.seen >= date('2025-01-01')", True),
        ("max(1, 2.5)", Decimal("2.5")),
        ("size(record.lines.filter(l, l.price > 5))", 1),
        ("record.lines.exists_one(l, l.tag == 'b')", True),
        ("record.lines.map(l, l.qty > 2, l.tag)", ["b"]),
        ("record.lines[1].tag + record.name", "bAnn"),
        ("has(record.note) ? record.note : 'none'", "none"),
        ("record.rest == null", True),
        ("record.name.matches('^A') && 'Ann' in [record.name]", True),
        ("has(record.note) || record.note == 'x' || true", True),
        ("record.name.lower() + string(record.born)", "ann2024-01-31"),
        ("'it\\'s \\u0041' + r'\\d'", "it's A\\d"),
        ("round(1250, -2)", 1200),
        ("round(1350.5, -2)", 1400),
        ("round(7, 2)", Decimal("7.00")),
        ("min(1.0 / 3, 0.5)", Fraction(1, 3)),
        ("max([0.25, 1.0 / 3, 0])", Fraction(1, 3)),
        ("min(duration('90m'), duration('1h'))", Duration(0, 3600)),
        ("max(record.born, date('2024-02-01'))", datetime(2024, 2, 1)),
        ("sum([duration('1h'), duration('30m')])", Duration(0, 5400)),
        ("string(1e3) + ' ' + string(1.50)", "1000 1.50"),
        ("string(duration('36h')) + string(duration('1y'))", "129600s12mo"),
        ("int('-12') + int(7.9)", -5),
        ("decimal('1.50') + decimal(1)", Decimal("2.50")),
        ("decimal(7) / 2", Decimal("3.5")),
        ("(1e3 + 1) / 2", Decimal("500.5")),
        ("duration('1.5h') == duration('90m')", True),
        ("(record.seen - record.born).getHours()", 8768),
        ("(record.born - record.seen).getMinutes()", -526095),
        ("timestamp('2025-01-01T00:30:00+02:00')", datetime(2024, 12, 31, 22, 30)),
        ("timestamp('2025-01-01T00:30:00Z')", datetime(2025, 1, 1, 0, 30)),
        ("'qty' in record.lines[0]", True),
        ("record.lines[0].all(k, k in ['qty', 'price', 'tag'])", True),
        ("record.lines[0]['qty']", 2),
    ],
)
def test_values_are_exact(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "wrong", "message", "replacement"),
    [
        ("record.total =< 3", "=<", "not an operator", "<="),
        ("record.total = 3", "=", "not an operator", "=="),
        ("record.rest > 1 and true", "and", "not an operator", "&&"),
        ("(record.total + 1", "(", "not closed", None),
        ("record.totl > 3", "totl", "unknown field", "total"),
        ("record.lines.all(l, l.qtty > 1)", "qtty", "unknown field", "qty"),
        ("totl > 3", "totl", "unknown name", "record.total"),
        ("record.total > 'a'", "record.total > 'a'", "cannot be compared", None),
        ("record.born > '2025-01-01'", "record.born > '2025-01-01'", "cannot be compared", None),
        ("record.born < 3", "record.born < 3", "cannot be compared", None),
        ("record.lines.qty", "record.lines.qty", "a list has no field", None),
        ("fum(1)", "fum", "unknown function", "sum"),
        ("record.name.sise()", "sise", "unknown function", "size"),
        ("record.total + record.name", "record.total + record.name", "does not work with", None),
        ("round('x')", "'x'", "does not take text", None),
        ("duration('5x')", "'5x'", "not a duration", None),
        ("date('soon')", "'soon'", "not a date", None),
        ("record.total / 0", "0", "division by zero", None),
        ("!record.total", "record.total", "true or false", None),
        ("record.name.matches('(')", "'('", "not a regular expression", None),
        ("{'a': 1}", "{", "not supported", None),
        ("'abc", "'abc", "closing quote", None),
        ("record.total + ", "", "but the expression ends", None),
        ("1 2", "2", "expected an operator", None),
        ("record['totl'] > 3", "totl", "unknown field", "total"),
        ("record.lines[0]['tagg']", "tagg", "unknown field", "tag"),
        ("record[r'totl'] > 3", "totl", "unknown field", "total"),
        ("record['tot\\x61k']", "'tot\\x61k'", "unknown field", None),
        ("[1, 2", "[", "not closed", None),
        ("max(1, 2", "(", "not closed", None),
        ("record.name not in ['a']", "not", "expected an operator", None),
        ("not record.rest", "not", "not an operator", "!"),
        ("1e999 + 1", "1e999", "too many digits", None),
        ("0x" + "f" * 200, "0x" + "f" * 200, "too many digits", None),
        ("'\\U00110000'", "\\U00110000", "not an escape", None),
        ("'\\ud800'", "\\ud800", "not an escape", None),
        ("round(record.total, 99999999999)", "99999999999", "at most 60 places", None),
        ("days(record.born)", "days(record.born)", "one duration, or two dates", None),
        ("sum(record.lines.map(l, l.tag))", "sum(record.lines.map(l, l.tag))", "sum adds", None),
        ("min(1, 'a')", "min(1, 'a')", "cannot be compared", None),
        ("max([true, false])", "max([true, false])", "does not take true or false", None),
        ("duration('0.1mo')", "'0.1mo'", "not a duration", None),
        ("'a' in record.total", "record.total", "in takes a list", None),
    ],
)
def test_what_is_wrong_is_told_at_its_characters(
    text: str, wrong: str, message: str, replacement: str | None
) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        check(parse(text), {"record": RECORD})
    assert text[caught.value.start : caught.value.end] == wrong
    assert caught.value.replacement == replacement


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("record.note + 'x'", False),
        ("has(record.note) ? record.note + 'x' : ''", True),
        ("!has(record.note) ? '' : record.note + 'x'", True),
        ("has(record.note) && record.note == 'x'", True),
        ("has(record.note) || record.note == 'x'", False),
        ("!has(record.note) || record.note == 'x'", True),
        ("record.rest + 1", False),
        ("record.rest != null ? record.rest + 1 : 0", True),
        ("record.rest == null ? 0 : record.rest + 1", True),
        ("record.rest == null", True),
        ("record.lines[0].qty + 1", False),
        ("sum([record.rest, 1])", False),
        # The inner variable is another one, though it has the same name.
        ("has(record.note) && [record].all(record, record.note == 'x')", False),
    ],
)
def test_a_value_asks_for_what_may_be_missing(text: str, is_sure: bool) -> None:
    node = parse(text)
    check(node, {"record": RECORD})
    if is_sure:
        check(node, {"record": RECORD}, is_value=True)
        return
    with pytest.raises(ExpressionError, match=r"can be (absent|null)"):
        check(node, {"record": RECORD}, is_value=True)


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("record.a.b + this.c", [("record", "a", "b"), ("this", "c")]),
        ("sum(record.l.map(x, x.a * record.r))", [("record", "l", "[]", "a"), ("record", "r")]),
        ("size(record.l)", [("record", "l")]),
        ("size(record.l.filter(x, x.a > 1))", [("record", "l", "[]", "a")]),
        ("record.l.all(x, true)", [("record", "l")]),
        (
            "record.l.filter(x, x.k).map(y, y.v)",
            [("record", "l", "[]", "k"), ("record", "l", "[]", "v")],
        ),
        ("record.l == [1] && record.l.exists(x, x == 2)", [("record", "l")]),
        ("has(record.o.p)", [("record", "o", "p")]),
    ],
)
def test_the_fields_that_are_read(text: str, paths: list[tuple[str, ...]]) -> None:
    assert sorted(fields_of(parse(text))) == sorted(paths)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("record.note == 'x'", "record.note is absent"),
        ("record.lines[5].qty", "no element 5"),
        ("1.5 / (record.total - 32.07)", "division by zero"),
        ("min(record.lines.filter(l, false).map(l, l.qty))", "empty list"),
        ("days(duration('1mo'))", "a duration with months has no length"),
        ("duration('1mo') < duration('40d')", "a duration with months has no length"),
        ("int('1_0')", "no whole number"),
        ("decimal('NaN')", "no number"),
        ("round(1.5, 1000 * 2)", "60 places at most"),
        ("abs(true)", "abs does not take true"),
        ("min([1, 'a'])", "have no order"),
        ("1e99 * 1e99 * 1e99 + 1", "200 digits at most"),
    ],
)
def test_an_expression_without_a_value_says_why(text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message):
        compile_node(parse(text))(VALUES)


NUMBERS = st.integers(-20, 20)


def _binary(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} > {t[1]} ? {t[1]} : {t[2]})"),
        inner.map(lambda text: f"-({text})"),
    )


WHOLE = st.recursive(
    st.one_of(NUMBERS.map(str), st.sampled_from(["record.a", "record.b", "size(record.s)"])),
    _binary,
    max_leaves=6,
)
TRUTHS = st.tuples(WHOLE, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), WHOLE).map(" ".join)
BOTH = st.tuples(TRUTHS, st.sampled_from(["&&", "||"]), TRUTHS).map(
    lambda t: f"({t[0]}) {t[1]} !({t[2]})"
)
LISTS = st.sampled_from(
    ["record.l.all(x, x > {})", "record.l.exists(x, x == {})", "record.l.exists_one(x, x < {})",
     "record.l.map(x, x * {}).exists(y, y > 3)", "size(record.l.filter(x, x > {})) > 1"]
)  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> Callable[[str, dict[str, Any]], object]:
    """Evaluate by the reference implementation of CEL, in C++; None where it has no value."""
    from cel_expr_python import cel  # type: ignore[import-untyped]  # noqa: PLC0415

    environment = cel.NewEnv(variables={"record": cel.Type.DYN})

    def evaluate(text: str, record: dict[str, Any]) -> object:
        result = environment.compile(text).eval(data={"record": record})
        return None if result.type() == cel.Type.ERROR else result.value()

    return evaluate


@settings(max_examples=300)
@given(
    text=st.one_of(WHOLE, TRUTHS, BOTH, st.tuples(LISTS, NUMBERS).map(lambda t: t[0].format(t[1]))),
    a=NUMBERS,
    b=NUMBERS,
    items=st.lists(NUMBERS, max_size=4),
)
def test_whole_numbers_are_as_in_the_reference(
    reference: Callable[[str, dict[str, Any]], object], text: str, a: int, b: int, items: list[int]
) -> None:
    record = {"a": a, "b": b, "s": "abc", "l": items}
    try:
        mine: object = compile_node(parse(text))({"record": record})
    except EvaluationError:
        mine = None
    assert mine == reference(text, record)


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["1"] * 2000),
        " || ".join(["record.total == 1"] * 2000),
        "record" + ".a" * 50_000,
        "record.lines" + "[0]" * 50_000,
        "(" * 2000 + "1" + ")" * 2000,
        "!" * 2000 + "true",
        "".join(f"l.all(x{n}, " for n in range(90)) + "true" + ")" * 90,
        "(" + " + ".join(["1"] * 90) + ")" + " + 1" * 90,
    ],
)
def test_an_expression_that_is_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError, match="at most"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        " + ".join(["record.total"] * 99) + " == 99 * record.total",
        " && ".join(["record.total == 32.07"] * 90),
        "(" * 60 + "record.total == 32.07" + ")" * 60,
    ],
)
def test_a_long_expression_is_checked_and_evaluated(text: str) -> None:
    assert value_of(text) is True
    assert fields_of(parse(text)) == (("record", "total"),)
