"""Which CEL text is a comparison and nothing else; what orders it states."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.expressions.syntax import parse
from mockgen_watch.rules.cel import check_expression, fields_of, read_comparison
from mockgen_watch.rules.values import RecordView

if TYPE_CHECKING:
    from mockgen_watch.rules.values import Path
    from mockgen_watch.spec.document import Json


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("record.a <= record.b", (("a",), "<=", ("b",))),
        ("  record.a.b>record.c  ", (("a", "b"), ">", ("c",))),
        ("record.a < 5", (("a",), "<", 5)),
        ("record.a >= -2.50", (("a",), ">=", Decimal("-2.50"))),
        ("record.a == record.b", None),
        ("5 < record.a", None),
        ("record.a < record.b && true", None),
        ("record['a'] < record.b", (("a",), "<", ("b",))),
        ("!(record.a < record.b)", None),
        ("record.a < 'x'", None),
        ("record.a < 1e3", (("a",), "<", Decimal("1E+3"))),
        ("record.a() < 1", None),
    ],
)
def test_a_comparison_is_told_from_other_expressions(
    text: str, parts: tuple[Path, str, Path | int | Decimal] | None
) -> None:
    found = read_comparison(parse(text))
    assert (found and (found.left, found.order, found.right)) == parts


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("record.a < record.b.c", [("a",), ("b", "c")]),
        ("record['a b'].c == \"record.x\"", [("a b", "c")]),
        ("record.a.startsWith('X') || record.a == ''", [("a",)]),
        ("record.l.exists(x, x.k == record.k)", [("l",), ("k",)]),
        ("size(record) > 3", None),
        ("true // record.c", []),
        ("myrecord.a == 1 && x.record.b == 2", []),
        ("r'record.a' == '''record.b'''", []),
    ],
)
def test_the_fields_that_an_expression_reads(text: str, fields: list[Path] | None) -> None:
    found = fields_of(parse(text))
    assert (None if found is None else list(found)) == fields


@pytest.mark.parametrize(
    ("text", "record", "holds"),
    [
        ("record.a * 2.0 > 3.0", {"a": Decimal("1.6")}, True),
        ("record.a == 9223372036854775807", {"a": (1 << 63) - 1}, True),
        ("record.a > 1.0e18", {"a": 1 << 70}, True),
        ("record.a.size() == 1", {"a": "\ud800"}, True),
        ("record.a.b == 1", {"a": {}}, False),
        ("record.a + 1 == 2", {"a": "1"}, False),
        ("record.a", {"a": 1}, False),
        ("record.l.all(x, x.k > 0)", {"l": [{"k": 1}, {"k": 2}]}, True),
        (
            "timestamp(record.d) > timestamp('2025-01-01T00:00:00Z')",
            {"d": "2025-06-01T00:00:00Z"},
            True,
        ),
        ("timestamp(record.d) > timestamp('2025-01-01T00:00:00Z')", {"d": "soon"}, False),
    ],
)
def test_an_expression_that_cannot_be_evaluated_does_not_hold(
    text: str, record: Json, holds: bool
) -> None:
    view = RecordView(slot=(), moves=(), moments={})
    message = check_expression(parse(text), text, view)(record)
    assert (message == "") is holds
    assert holds or text in message
