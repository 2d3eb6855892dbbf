"""Takes two keys; tells whether they name the same thing in other words."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

_TOKEN: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_LONG_ENOUGH: Final = 5
"""Shorter words differ by one letter too often: line and lane, city and cite."""

_SAME_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        short: word
        for word, shorts in {
            "account": "acct acc",
            "address": "addr adr",
            "amount": "amt",
            "birth": "brth",
            "claim": "clm",
            "code": "cd cde",
            "count": "cnt",
            "country": "ctry cntry",
            "date": "dt dte",
            "description": "desc descr",
            "diagnosis": "diag dx",
            "email": "mail",
            "first": "frst fst",
            "group": "grp",
            "identifier": "id ident",
            "last": "lst",
            "location": "loc",
            "member": "mbr membr",
            "middle": "mid mdl",
            "name": "nme nm",
            "number": "num nbr no nr",
            "patient": "pat ptnt",
            "percent": "pct",
            "phone": "ph phn tel telephone",
            "postal": "pstl",
            "pricing": "prcng pricng",
            "procedure": "proc prcdr",
            "provider": "prov prvdr",
            "quantity": "qty",
            "reference": "ref",
            "service": "srvc svc serv",
            "state": "st",
            "status": "sts stat",
            "street": "str strt",
            "type": "typ",
        }.items()
        for short in shorts.split()
    }
)


def words_of(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case, abbreviations written out.

    ``SRVC_FROM_DT``, ``srvcFromDate`` and ``service-from-date`` all give
    ``("service", "from", "date")``.
    """
    tokens = [token.lower() for token in _TOKEN.findall(key)]
    return tuple(_SAME_WORD.get(token, token) for token in tokens)


def is_near(left: str, right: str) -> bool:
    """Tell whether two keys that are not equal have the same words.

    Their order does not count, nor how they are joined; in one word one letter may be wrong,
    missing or doubled, or two exchanged, when it is long enough.
    """
    if left == right:
        return False
    ours, theirs = sorted(words_of(left)), sorted(words_of(right))
    if not ours or not theirs:
        return False
    if ours == theirs or "".join(words_of(left)) == "".join(words_of(right)):
        return True
    odd_ours = _without(ours, theirs)
    odd_theirs = _without(theirs, ours)
    return len(odd_ours) == len(odd_theirs) == 1 and _one_slip(odd_ours[0], odd_theirs[0])


def _without(words: list[str], others: list[str]) -> list[str]:
    left = list(others)
    odd = []
    for word in words:
        if word in left:
            left.remove(word)
        else:
            odd.append(word)
    return odd


def _one_slip(left: str, right: str) -> bool:
    if min(len(left), len(right)) < _LONG_ENOUGH or left.isdigit() or right.isdigit():
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    ours, theirs = left[start:], right[start:]
    exchanged = ours[:2] == theirs[:2][::-1] and ours[2:] == theirs[2:]
    return ours[1:] == theirs[1:] or ours[1:] == theirs or ours == theirs[1:] or exchanged
