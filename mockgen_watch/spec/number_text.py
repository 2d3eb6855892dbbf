"""Text of numbers: the int or Decimal that digits stand for."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


MAX_DIGITS: Final = 4300
"""Python's own limit for turning digits into an int, which is quadratic work."""

_BOUND: Final = 10**MAX_DIGITS
_DECIMAL: Final = re.compile(r"([-+]?)([0-9]*)\.?([0-9]*)(?:[eE]([-+]?[0-9]+))?")


class UnreadableNumberError(ValueError):
    """A number that is not finite or has too many digits; the message says which."""


def read_integer(digits: str, base: int = 10) -> int:
    """Return the integer that ``digits`` (with an optional sign, without prefix) stands for.

    Raises:
        UnreadableNumberError: it has more than ``MAX_DIGITS`` decimal digits.
    """
    if len(digits.lstrip("+-")) <= MAX_DIGITS:
        value = int(digits, base)
        # A hexadecimal digit holds more than a decimal one.
        if -_BOUND < value < _BOUND:
            return value
    raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")


def read_decimal(text: str) -> Decimal:
    """Return the exact value of ``text``: digits with a point, an exponent, or both.

    Raises:
        UnreadableNumberError: as a float it would be infinite, or its digits are too many.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None or not match[2] + match[3]:
        raise UnreadableNumberError("the text is not a number")
    digits = len(match[2]) + len(match[3])
    exponent = (match[4] or "0").lstrip("+-").lstrip("0")
    # An exponent of millions would be a few characters here and gigabytes when written out.
    if len(exponent) > len(str(MAX_DIGITS)) or math.isinf(float(text)):
        raise UnreadableNumberError("the number is beyond what a double can hold")
    if digits + int(exponent or "0") > MAX_DIGITS:
        raise UnreadableNumberError(f"the number has more than {MAX_DIGITS} digits")
    return Decimal(text)
