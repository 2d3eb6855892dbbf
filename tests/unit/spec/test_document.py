"""Numbers from their text: exact, finite, and never of more digits than can be written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mockgen_watch.spec.document import UnreadableNumberError, read_decimal, read_integer

NINES = "9" * 4300


@pytest.mark.parametrize(
    ("digits", "base", "value"),
    [
        ("0", 10, 0),
        ("-007", 10, -7),
        ("+7", 10, 7),
        ("ff", 16, 255),
        ("17", 8, 15),
        (NINES, 10, 10**4300 - 1),
        ("-" + NINES, 10, 1 - 10**4300),
        (f"{10**4300 - 1:x}", 16, 10**4300 - 1),
    ],
)
def test_integers_of_up_to_4300_digits_are_exact(digits: str, base: int, value: int) -> None:
    assert read_integer(digits, base) == value


@pytest.mark.parametrize(("digits", "base"), [(NINES + "9", 10), (f"{10**4300:x}", 16)])
def test_longer_integers_are_refused(digits: str, base: int) -> None:
    with pytest.raises(UnreadableNumberError, match="4300 digits"):
        read_integer(digits, base)


@pytest.mark.parametrize(
    "text", ["1.50", "-0.0", ".5", "5.", "1e3", "1E-3", "1e0000000005", "0e400", "1e-400", "1e308"]
)
def test_decimals_keep_what_is_written(text: str) -> None:
    assert read_decimal(text).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1e309", "double"),
        ("-1e400", "double"),
        ("9" * 400 + ".0", "double"),
        ("0e999999999", "double"),
        ("1e-99999", "double"),
        ("1e-4300", "4300 digits"),
        ("0." + "1" * 4300, "4300 digits"),
        ("x", "not a number"),
        ("", "not a number"),
        ("1_0.5", "not a number"),
    ],
)
def test_what_is_not_finite_short_or_a_number_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableNumberError, match=reason):
        read_decimal(text)
