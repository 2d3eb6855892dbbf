"""Check digits: the digits of a number that its other characters decide.

Each algorithm takes the whole text, whatever is at the place of the check digits, and gives
the text with the right ones. The digits are computed by python-stdnum, imported where a spec has
some; what a text has to look like is in ``check_forms``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.spec.check_forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class CheckDigitError(ValueError):
    """A text has no place for check digits; the message says why."""


def with_check(kind: str, text: str) -> str:
    """Return ``text`` with the right check digits.

    Raises:
        CheckDigitError: it is not of the form that ``kind`` is for.
    """
    form = FORMS[kind]
    if not form.fits(text):
        raise CheckDigitError(f'"{text}" is not {form.words}')
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


def _luhn(text: str) -> str:
    from stdnum import luhn

    return text[:-1] + luhn.calc_check_digit(text[:-1])


def _npi(text: str) -> str:
    from stdnum import luhn

    return text[:-1] + luhn.calc_check_digit(f"80840{text[:-1]}")


def _iban(text: str) -> str:
    from stdnum.iso7064 import mod_97_10

    country, rest = text[:2], text[4:]
    return f"{country}{mod_97_10.calc_check_digits(rest + country)}{rest}"


def _mod97(text: str) -> str:
    from stdnum.iso7064 import mod_97_10

    return text[:-2] + mod_97_10.calc_check_digits(text[:-2])


def _mod11(text: str) -> str:
    from stdnum.iso7064 import mod_11_2

    return text[:-1] + mod_11_2.calc_check_digit(text[:-1])


def _verhoeff(text: str) -> str:
    from stdnum import verhoeff

    return text[:-1] + verhoeff.calc_check_digit(text[:-1])


def _damm(text: str) -> str:
    from stdnum import damm

    return text[:-1] + damm.calc_check_digit(text[:-1])


def _ean(text: str) -> str:
    from stdnum import ean

    return text[:-1] + ean.calc_check_digit(text[:-1])


def _isbn(text: str) -> str:
    from stdnum import isbn

    if len(text) == len("0306406152"):
        return isbn.to_isbn10(_ean(f"978{text[:-1]}0"))
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
