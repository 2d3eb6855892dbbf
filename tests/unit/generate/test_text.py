"""Templates, transforms and text that becomes a number."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.column import Column, ColumnKind, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.text import text_of
from mockgen_watch.spec.generators import Boolean, Constant, Pattern, SequenceNumber
from mockgen_watch.spec.model import Transform
from mockgen_watch.spec.transforms import transformed, works_by_piece
from tests.draws import assert_engines_agree
from tests.shapes import array, below, decimal, leaf, number, obj, plan, pool, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Shape

SIGMA = "\u039f\u03a3"
PIECES = st.lists(
    st.text(st.sampled_from("aZéß\u03a3\u03c3 ŁıﬁǅÅ\u0301-_.0")), min_size=1, max_size=4
)


def made(members: Mapping[str, Shape], count: int = 100) -> tuple[Program, list[dict[str, Json]]]:
    program = compile_program(plan(members))
    assert_engines_agree(program, range(count))
    return program, [record_at(program, index) for index in range(count)]


def column_at(program: Program, name: str) -> Column:
    column = dict(program.root.members)[name]
    assert isinstance(column, Column)
    return column


@pytest.mark.parametrize(
    ("transform", "text", "expected"),
    [
        (Transform.LOWER, "ÀB", "àb"),
        (Transform.UPPER, "straße", "STRASSE"),
        (Transform.TITLE, "mary-ann o'neil", "Mary-Ann O'Neil"),
        (Transform.STRIP, "  a b\n", "a b"),
        (Transform.SLUG, " Zoë's  Café & Bar! ", "zoe-s-cafe-bar"),
        (Transform.SLUG, "日本", ""),
        (Transform.ASCII, "Łódź Ærø Þór Straße", "Lodz AEro Thor Strasse"),
    ],
)
def test_transforms(transform: Transform, text: str, expected: str) -> None:
    assert transformed(text, (transform,)) == expected


@given(st.sampled_from([*Transform]), PIECES)
def test_what_works_by_piece_gives_what_the_whole_text_does(
    transform: Transform, pieces: list[str]
) -> None:
    if works_by_piece(transform, pieces):
        apart = "".join(transformed(piece, (transform,)) for piece in pieces)
        assert apart == transformed("".join(pieces), (transform,))


def test_a_final_sigma_needs_its_neighbours() -> None:
    assert not works_by_piece(Transform.LOWER, (SIGMA, "a"))
    assert SIGMA.lower() + "a" != f"{SIGMA}a".lower()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("1E+5"), "1E+5"),
        ("x", "x"),
    ],
)
def test_values_have_the_text_that_is_written(value: Json, text: str) -> None:
    assert text_of(value) == text


def test_objects_have_no_text() -> None:
    with pytest.raises(TypeError):
        text_of({"a": 1})


def test_a_template_shows_other_fields() -> None:
    program, records = made(
        {
            "first": leaf(pool("Ann", "Bo"), "first"),
            "n": leaf(number(0, 10**6, 2), "n"),
            "yes": leaf(Boolean(true=decimal("0.5")), "yes"),
            "none": leaf(Constant(value=None), "none"),
            "T": leaf(template("{", ("first",), "|", ("n",), "|", ("yes",), ("none",), "}"), "T"),
            "TT": leaf(template(("T",), ("T",)), "TT"),
            "E": leaf(template(), "E"),
        }
    )
    for record in records:
        yes = "true" if record["yes"] else "false"
        assert record["T"] == f"{{{record['first']}|{record['n']}|{yes}}}"
        assert record["TT"] == f"{record['T']}{record['T']}"
        assert record["E"] == ""
    assert not column_at(program, "TT").slow


def test_what_is_null_or_absent_is_empty_in_a_template() -> None:
    _, records = made(
        {
            "a": leaf(pool("x", "y"), "a", null=0.3, omit=0.3),
            "c": leaf(Constant(value="k"), "c", omit=0.5),
            "o": obj({"n": leaf(number(1, 9), "o", "n", null=0.3)}, "o", null=0.3, omit=0.3),
            "T": leaf(template(("a",), "-", ("c",), "-", ("o", "n")), "T"),
        },
        300,
    )
    seen = set()
    for record in records:
        inner = record.get("o")
        shown = [
            record.get("a"),
            record.get("c"),
            inner.get("n") if isinstance(inner, dict) else None,
        ]
        assert record["T"] == "-".join("" if value is None else str(value) for value in shown)
        seen.add(tuple(value is None for value in shown))
    assert len(seen) == 8


def test_a_template_in_an_array_sees_its_element_and_what_is_around() -> None:
    line = obj(
        {
            "n": leaf(number(1, 99), *below("L"), "n"),
            "T": leaf(template(("top",), "/", ("L", "n"), "/", ("o", "z")), *below("L"), "T"),
            "deep": array(
                leaf(template(("L", "n"), "+", ("top",)), *below(*below("L"), "deep")),
                1,
                2,
                *below("L"),
                "deep",
            ),
        },
        *below("L"),
    )
    _, records = made(
        {
            "top": leaf(pool("p", "q"), "top"),
            "o": obj({"z": leaf(pool("r", "s"), "o", "z")}, "o", omit=0.5),
            "L": array(line, 0, 3, "L", elements=[line]),
        }
    )
    for record in records:
        inner = record.get("o", {"z": ""})
        assert isinstance(inner, dict)
        lines = record["L"]
        assert isinstance(lines, list)
        assert lines
        for item in lines:
            assert isinstance(item, dict)
            assert item["T"] == f"{record['top']}/{item['n']}/{inner['z']}"
            assert isinstance(item["deep"], list)
            assert set(map(str, item["deep"])) == {f"{item['n']}+{record['top']}"}


def test_transforms_change_tables_where_they_can() -> None:
    program, records = made(
        {
            "p": leaf(Pattern(source="[A-Z]{3}[0-9]{6}"), "p"),
            "low": leaf(
                template(("p",), "É"), "low", transforms=(Transform.LOWER, Transform.ASCII)
            ),
            "one": leaf(pool("b a", 7, None), "one", transforms=(Transform.SLUG, Transform.UPPER)),
            "few": leaf(template(("one",), " ", ("one",)), "few", transforms=(Transform.TITLE,)),
            "n": leaf(number(0, 10**6), "n", transforms=(Transform.UPPER,)),
            "s": leaf(
                SequenceNumber(start=1, step=1, width=3, prefix="ID"),
                "s",
                transforms=(Transform.LOWER,),
            ),
        }
    )
    assert not any(column_at(program, name).slow for name in ("low", "one", "few", "n", "s"))
    for index, record in enumerate(records):
        assert record["s"] == f"id{index + 1:03d}"
        assert record["low"] == str(record["p"]).lower() + "e"
        assert record["one"] in ("B-A", 7, None)
        shown = text_of(record["one"])
        assert record["few"] == f"{shown} {shown}".title()
        assert isinstance(record["n"], int)


def test_transforms_of_the_whole_text_say_that_they_are_slow() -> None:
    program, records = made(
        {
            "p": leaf(Pattern(source="[A-Z]{3} [0-9]{6}"), "p"),
            "slug": leaf(
                template(("p",), " X"), "slug", transforms=(Transform.UPPER, Transform.SLUG)
            ),
            "T": leaf(template("<", ("slug",), ">"), "T"),
            "U": leaf(template(("T",)), "U", transforms=(Transform.UPPER,)),
            "gone": leaf(template(("p",), " "), "gone", transforms=(Transform.STRIP,), null=0.5),
            "G": leaf(template("[", ("gone",), "]"), "G"),
        }
    )
    for name in ("slug", "T", "U", "gone", "G"):
        assert column_at(program, name).slow
    for record in records:
        slug = str(record["p"]).lower().replace(" ", "-") + "-x"
        assert record["slug"] == slug
        assert record["T"] == f"<{slug}>"
        assert record["U"] == f"<{slug.upper()}>"
        assert record["G"] == f"[{record['gone'] or ''}]"


def test_text_becomes_the_masters_number_where_it_is_one() -> None:
    program, records = made(
        {
            "few": leaf(Pattern(source="[0-9]{3}"), "few", coerce_number=True),
            "many": leaf(Pattern(source="[0-9]{7}"), "many", coerce_number=True),
            "pool": leaf(pool("1", "01", "1.50", "x", 2), "pool", coerce_number=True),
            "n": leaf(number(1, 9), "n"),
            "T": leaf(template(("n",), ".", ("n",)), "T", coerce_number=True),
            "N": leaf(number(1, 10**6), "N", coerce_number=True),
        },
        300,
    )
    assert column_at(program, "many").slow
    assert column_at(program, "few").kind is ColumnKind.VALUE
    for record in records:
        few, many = record["few"], record["many"]
        assert few == int(str(few)) if isinstance(few, int) else str(few).startswith("0")
        assert isinstance(many, int) or str(many).startswith("0")
        assert record["pool"] in (1, "01", Decimal("1.50"), "x", 2)
        assert record["T"] == Decimal(f"{record['n']}.{record['n']}")
        assert isinstance(record["N"], int)
    assert {type(record["many"]) for record in records} == {int, str}
