"""Check digits: the digits of a number that its other characters decide.

Each algorithm takes the whole text, whatever stands at the place of the check digits, and gives
the text with the right ones. The digits are computed by python-stdnum, imported where a spec has
some; here is what a text has to look like.
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


def _digits(text: str, *lengths: int) -> None:
    """Raise CheckDigitError unless ``text`` is digits, as many as one of ``lengths``."""
    if not text.isascii() or not text.isdigit():
        raise CheckDigitError(f'"{text}" is not made of digits alone')
    if lengths and len(text) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise CheckDigitError(f'"{text}" has {len(text)} digits, not {wanted}')


def _letters_and_digits(text: str) -> None:
    if not text.isascii() or not text.isalnum():
        raise CheckDigitError(f'"{text}" is not made of letters and digits alone')


def _luhn(text: str) -> str:
    from stdnum import luhn

    _digits(text)
    return text[:-1] + luhn.calc_check_digit(text[:-1])


def _npi(text: str) -> str:
    from stdnum import luhn

    _digits(text, 10)
    return text[:-1] + luhn.calc_check_digit(f"80840{text[:-1]}")


def _iban(text: str) -> str:
    from stdnum.iso7064 import mod_97_10

    country, rest = text[:2], text[4:]
    if len(text) <= len("DE00") or not country.isalpha() or not country.isupper():
        raise CheckDigitError(f'"{text}" is not two letters, two digits and an account number')
    _letters_and_digits(rest)
    return f"{country}{mod_97_10.calc_check_digits(rest + country)}{rest}"


def _mod97(text: str) -> str:
    from stdnum.iso7064 import mod_97_10

    if len(text) <= len("00"):
        raise CheckDigitError(f'"{text}" is too short for two check digits')
    _letters_and_digits(text[:-2])
    return text[:-2] + mod_97_10.calc_check_digits(text[:-2])


def _mod11(text: str) -> str:
    from stdnum.iso7064 import mod_11_2

    _digits(text[:-1] or "-")
    return text[:-1] + mod_11_2.calc_check_digit(text[:-1])


def _verhoeff(text: str) -> str:
    from stdnum import verhoeff

    _digits(text)
    return text[:-1] + verhoeff.calc_check_digit(text[:-1])


def _damm(text: str) -> str:
    from stdnum import damm

    _digits(text)
    return text[:-1] + damm.calc_check_digit(text[:-1])


def _ean(text: str) -> str:
    from stdnum import ean

    _digits(text, 8, 12, 13, 14)
    return text[:-1] + ean.calc_check_digit(text[:-1])


def _isbn(text: str) -> str:
    from stdnum import isbn

    if len(text) == len("0306406152"):
        _digits(text[:-1])
        return isbn.to_isbn10(_ean(f"978{text[:-1]}0"))
    if not text.startswith(("978", "979")):
        raise CheckDigitError(f'"{text}" has neither 10 digits nor 13 from 978 or 979')
    _digits(text, 13)
    return _ean(text)


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
