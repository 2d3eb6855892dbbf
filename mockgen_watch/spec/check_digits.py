"""Check digits: the digits of a number that its other characters decide.

Each algorithm takes the whole text, whatever stands at the place of the check digits, and gives
the text with the right ones.

Sources: ISO/IEC 7812-1 (Luhn); the NPI standard of CMS, which is Luhn after 80840; ISO 13616 and
ISO/IEC 7064 MOD 97-10 (IBAN, mod97); ISO/IEC 7064 MOD 11-2 (mod11); J. Verhoeff, "Error detecting
decimal codes", 1969; H. M. Damm, "Totally anti-symmetric quasigroups", 2004; GS1 General
Specifications (EAN); ISO 2108 (ISBN).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class CheckDigitError(ValueError):
    """A text has no place for check digits; the message says why."""


def with_check(kind: str, text: str) -> str:
    """Return ``text`` with the right check digits.

    Raises:
        CheckDigitError: it is not of the form that ``kind`` is for.
    """
    return ALGORITHMS[kind](text)


def is_right(kind: str, text: str) -> bool:
    """Return whether ``text`` has the right check digits."""
    try:
        return with_check(kind, text) == text
    except CheckDigitError:
        return False


def wrong_checks(kind: str, text: str) -> Iterator[str]:
    """Yield texts of the form of ``text``, whose check digits are right, with wrong ones.

    The next digit at the place of each check digit comes first, then one elsewhere.
    """
    right = with_check(kind, text)
    places = [place for place, char in enumerate(right) if char.isdigit()]
    own = (2, 3) if kind == "iban" else (len(right) - 1,)
    for place in (*own, *reversed(places)):
        char = right[place]
        if char.isdigit():
            wrong = f"{right[:place]}{(int(char) + 1) % 10}{right[place + 1 :]}"
            if not is_right(kind, wrong):
                yield wrong


def _digits(text: str, *lengths: int) -> list[int]:
    """Return the digits that ``text`` is made of; ``lengths``: how many there may be."""
    if not text.isascii() or not text.isdigit():
        raise CheckDigitError(f'"{text}" is not made of digits alone')
    if lengths and len(text) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise CheckDigitError(f'"{text}" has {len(text)} digits, not {wanted}')
    return [int(digit) for digit in text]


def _luhn_sum(digits: list[int]) -> int:
    """Return the sum of Luhn, the last digit counted once."""
    doubled = (2 * digit for digit in digits[-2::-2])
    return sum(digits[-1::-2]) + sum(n - 9 if n > _NINE else n for n in doubled)


_NINE: Final = 9
_TEN: Final = 10


def _luhn(text: str) -> str:
    digits = _digits(text)
    return text[:-1] + str(-_luhn_sum([*digits[:-1], 0]) % 10)


def _npi(text: str) -> str:
    digits = _digits(text, 10)
    return text[:-1] + str(-_luhn_sum([8, 0, 8, 4, 0, *digits[:-1], 0]) % 10)


def _number(text: str) -> int:
    """Return the number that letters and digits are, A as 10 to Z as 35."""
    if not text.isascii() or not text.isalnum():
        raise CheckDigitError(f'"{text}" is not made of letters and digits alone')
    return int("".join(str(int(char, 36)) for char in text) or "0")


def _iban(text: str) -> str:
    country, rest = text[:2], text[4:]
    if len(text) <= len("DE00") or not country.isalpha() or not country.isupper():
        raise CheckDigitError(f'"{text}" is not two letters, two digits and an account number')
    return f"{country}{98 - _number(rest + country + '00') % 97:02d}{rest}"


def _mod97(text: str) -> str:
    if len(text) <= len("00"):
        raise CheckDigitError(f'"{text}" is too short for two check digits')
    return f"{text[:-2]}{98 - _number(text[:-2] + '00') % 97:02d}"


def _mod11(text: str) -> str:
    total = 0
    for digit in _digits(text[:-1] or "-"):
        total = (total + digit) * 2 % 11
    return text[:-1] + _or_x((12 - total) % 11)


def _or_x(number: int) -> str:
    return "X" if number == _TEN else str(number)


_HALF: Final = 5
_DIHEDRAL: Final = tuple(
    tuple(
        (a + b) % 5 + b // 5 * 5 if a < _HALF else (a - b) % 5 + (1 - b // 5) * 5 for b in range(10)
    )
    for a in range(10)
)
"""Multiplication in the dihedral group of order 10."""

_PERMUTED: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_INVERSE: Final = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)


def _verhoeff(text: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(_digits(text)[:-1]), start=1):
        number = digit
        for _ in range(place % 8):
            number = _PERMUTED[number]
        total = _DIHEDRAL[total][number]
    return text[:-1] + str(_INVERSE[total])


_DAMM: Final = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def _damm(text: str) -> str:
    total = 0
    for digit in _digits(text)[:-1]:
        total = int(_DAMM[total][digit])
    return text[:-1] + str(total)


def _ean(text: str) -> str:
    digits = _digits(text, 8, 12, 13, 14)[:-1]
    total = 3 * sum(digits[-1::-2]) + sum(digits[-2::-2])
    return text[:-1] + str(-total % 10)


def _isbn(text: str) -> str:
    if len(text) != _TEN:
        if not text.startswith(("978", "979")):
            raise CheckDigitError(f'"{text}" has neither 10 digits nor 13 from 978 or 979')
        _digits(text, 13)
        return _ean(text)
    digits = _digits(text[:-1])
    total = sum(weight * digit for weight, digit in zip(range(10, 1, -1), digits, strict=True))
    return text[:-1] + _or_x(-total % 11)


ALGORITHMS: Final[Mapping[str, Callable[[str], str]]] = {
    "luhn": _luhn,
    "npi": _npi,
    "iban": _iban,
    "mod97": _mod97,
    "mod11": _mod11,
    "verhoeff": _verhoeff,
    "damm": _damm,
    "ean": _ean,
    "isbn": _isbn,
}
"""The algorithms by the names that ``$check`` has for them."""
