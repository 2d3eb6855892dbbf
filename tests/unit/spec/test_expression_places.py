"""Errors in expressions point to their characters, however the file has the text."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import apply_fixes, choose_fixes
from tests.unit.spec.reading import findings

RULE = "M:\n  a: [1, 2]\n  $rules:\n    r:\n      cel: "

WAYS = {
    "plain": "record.a =< 1 && true",
    "plain on two lines": "true &&\n        record.a =< 1",
    "double quotes": '"record.a =< 1 && true"',
    "double quotes with escapes": r'"\"x\" != \"\u0041\" && record.a =< 1"',
    "double quotes on two lines": '"true \\\n        && record.a =< 1"',
    "single quotes": "'record.a =< 1'",
    "doubled single quotes": "'''x'' != ''y'' && record.a =< 1'",
    "folded": ">-\n        true &&\n        record.a =< 1\n",
    "folded with an empty line": ">\n        true &&\n\n        record.a =< 1\n",
    "literal": "|\n        true &&\n          record.a =< 1\n",
    "with a comment": "|\n        true && // so =\n        record.a =< 1\n",
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("way", WAYS)
def test_an_error_is_at_its_characters_and_its_fix_mends_it(way: str, ending: str) -> None:
    text = (RULE + WAYS[way] + "\n").replace("\n", ending)
    (found,) = findings(text)
    line = text.split(ending)[found.location.line - 1]
    start = found.location.column - 1
    assert found.code == "MG402"
    assert line[start : start + found.location.length] == "=<"
    mended = apply_fixes({found.location.path: text.encode()}, choose_fixes([found]))
    right = text.replace("=<", "<=")
    assert mended == {found.location.path: right.encode()}
    assert findings(right) == []
