"""New text is put into a spec where it belongs, and every other character stays."""

from __future__ import annotations

import pytest

from mockgen_watch.migrations.graft import Graft, GraftError, Value, apply_graft
from mockgen_watch.spec.parse import parse


def value(data: object) -> Value:
    return Value(data=data)  # type: ignore[arg-type]  # the tests write plain data


def below(*keys: str, graft: Graft) -> dict[str, Graft]:
    for key in reversed(keys):
        graft = {key: graft}
    assert isinstance(graft, dict)
    return graft


TWO: Graft = {
    "$records": {"3": {"K": value("X y"), "L": {"0": {"c": value("007")}}}, "5": {"K": value(True)}}
}
FLOW = '$records: {3: {K: X y, L: {0: {c: "007"}}}, 5: {K: true}}'
JSON = '"$records": {"3": {"K": "X y", "L": {"0": {"c": "007"}}}, "5": {"K": true}}'

DEEP = '3: {K: X y, L: {0: {c: "007"}}}'


def lines(*texts: str, end: str = "\n") -> str:
    return "".join(text + end for text in texts)


GOOD: dict[str, tuple[str, str]] = {
    "behind the last field, comment and all": (
        lines("M:", "  s:", "    $count: 5   # five", "    # more", "  n: {}", "# end"),
        lines(
            *("M:", "  s:", "    $count: 5   # five"),
            *("    $records:", f"      {DEEP}", "      5: {K: true}"),
            *("    # more", "  n: {}", "# end"),
        ),
    ),
    "into braces": (
        lines("M:", "  s: {a: 1}  # x"),
        lines("M:", f"  s: {{a: 1, {FLOW}}}  # x"),
    ),
    "into empty braces": (
        lines("M:", "  s: { }", "  t: 1"),
        lines("M:", f"  s: {{{FLOW}}}", "  t: 1"),
    ),
    "into braces that grow too long": (
        lines("M:", f"  s: {{a: {'a' * 60}}}  # x"),
        lines(
            *("M:", f"  s: {{a: {'a' * 60},"),
            *("    $records: {", f"      {DEEP},", "      5: {K: true}", "    }}  # x"),
        ),
    ),
    "below a key without a value": (
        lines("M:", "  s:   # none", "  t: 1"),
        lines(
            *("M:", "  s:   # none", "    $records:", f"      {DEEP}", "      5: {K: true}"),
            "  t: 1",
        ),
    ),
    "in the place of null": (lines("M:", "  s: ~  # x"), lines("M:", f"  s: {{{FLOW}}}  # x")),
    "at another indentation": (
        lines("M:", "    s:", "        a: 1").rstrip(),
        lines(
            *("M:", "    s:", "        a: 1", "        $records:"),
            *(f"            {DEEP}", "            5: {K: true}"),
        ).rstrip(),
    ),
    "with the line ends of Windows": (
        lines("M:", "  s:", "    a: 1", end="\r\n"),
        lines(
            *("M:", "  s:", "    a: 1", "    $records:", f"      {DEEP}", "      5: {K: true}"),
            end="\r\n",
        ),
    ),
    "behind a block of text": (
        lines("M:", "  s:", "    a: |", "      one", "      two", "  t: 1"),
        lines(
            *("M:", "  s:", "    a: |", "      one", "      two"),
            *("    $records:", f"      {DEEP}", "      5: {K: true}", "  t: 1"),
        ),
    ),
    "beside what is there, in its quotes": (
        lines("M:", "  s:", "    $records:", "      3: {K: 'o'}  # keep"),
        lines(
            *("M:", "  s:", "    $records:"),
            "      " + DEEP.replace("X y", "'X y'") + "  # keep",
            "      5: {K: true}",
        ),
    ),
    "in the place of a block of text": (
        lines(
            *("M:", "  s:", "    $records:", "      3:"),
            *("        K: |", "          a", "        L: {}"),
        ),
        lines(
            *("M:", "  s:", "    $records:", "      3:", "        K: X y"),
            *('        L: {0: {c: "007"}}', "      5: {K: true}"),
        ),
    ),
    "into braces on several lines": (
        lines("M: {", "  s: {", "    a: 1,  # one", "  }", "}"),
        lines(
            *("M: {", "  s: {", "    a: 1,  # one", "    $records: {"),
            *(f"      {DEEP},", "      5: {K: true}", "    },", "  }", "}"),
        ),
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_new_text_stands_where_it_belongs(case: str) -> None:
    old, new = GOOD[case]
    assert apply_graft(parse("s.yaml", old.encode()), below("M", "s", graft=TWO)) == new


def test_json_stays_json() -> None:
    one = '{"M": {"s": {"a": 1}, "t": 2}}'
    text = apply_graft(parse("s.json", one.encode()), below("M", "s", graft=TWO))
    assert text == one.replace('"a": 1', f'"a": 1, {JSON}')
    lines = '{\n\t"M": {\n\t\t"s": {\n\t\t\t"a": 1\n\t\t}\n\t}\n}\n'
    text = apply_graft(parse("s.json", lines.encode()), below("M", "s", graft=TWO))
    assert text.startswith(lines[: lines.index("1") + 1] + ",\n")
    assert text.endswith(lines[lines.index("1") + 1 :])


def test_a_value_takes_the_place_of_a_list_of_lines() -> None:
    old = "M:\n  a:\n  - x\n  - y\n  b: 1  # one\n"
    graft = below("M", graft={"a": value({"$const": [1]}), "b": value(None)})
    assert apply_graft(parse("s.yaml", old.encode()), graft) == (
        "M:\n  a: {$const: [1]}\n  b: null  # one\n"
    )


BAD: dict[str, tuple[str, str]] = {
    "an alias": ("M:\n  o: &a {x: 1}\n  s: *a\n", "alias"),
    "an anchor that is used": ("M:\n  s: &a\n    x: 1\n  o: *a\n", "alias"),
    "a value": ("M:\n  s: 3\n", "is not a mapping"),
    "a list": ("M:\n  s: [1]\n", "is not a mapping"),
    "no room in braces": ("M: {s, t: 1}\n", "no room"),
    "comments in what goes": (
        lines(
            *("M:", "  s:", "    $records:", "      3:"),
            *("        K:", "          # why", "          - 1"),
        ),
        "comments",
    ),
    "no mapping at all": ("[1]\n", "no mapping"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_done_alone_is_refused(case: str) -> None:
    old, words = BAD[case]
    with pytest.raises(GraftError, match=words):
        apply_graft(parse("s.yaml", old.encode()), below("M", "s", graft=TWO))
