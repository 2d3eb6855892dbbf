"""Holds patterns that are compiled late against those that are compiled at once."""

from __future__ import annotations

import re

import pytest

from mockgen_watch.regex import regex


@pytest.mark.parametrize(
    ("source", "flags"), [("a(b)c", 0), ("^X", re.MULTILINE | re.IGNORECASE), ("", 0)]
)
@pytest.mark.parametrize("text", ["abc", "zabcz", "\nx", ""])
def test_it_finds_what_a_compiled_pattern_finds(source: str, flags: int, text: str) -> None:
    ours, theirs = regex(source, flags), re.compile(source, flags)

    for _ in range(2):
        for name in ("match", "search", "fullmatch", "findall", "split"):
            found, wanted = getattr(ours, name)(text), getattr(theirs, name)(text)
            if isinstance(wanted, re.Match):
                assert (found.span(), found.groups()) == (wanted.span(), wanted.groups())
            else:
                assert found == wanted
        assert ours.sub("-", text) == theirs.sub("-", text)
    assert (ours.pattern, ours.flags) == (theirs.pattern, theirs.flags)


def test_bytes_stay_bytes() -> None:
    assert regex(rb"b+").findall(b"abba") == [b"bb"]


def test_it_is_compiled_only_when_it_is_used() -> None:
    broken = regex("(")

    with pytest.raises(re.error):
        broken.match("x")
