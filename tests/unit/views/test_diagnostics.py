"""Diagnostics as people and programs see them."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.diagnostics import CODES, Diagnostic, Location, Related, Severity
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec.parse import parse
from mockgen_watch.views.diagnostics import (
    MAX_CELLS,
    diagnostics_data,
    diagnostics_text,
    excerpt,
    summary_of,
    width_of,
)


def finding(
    line: int = 1,
    column: int = 1,
    length: int = 1,
    *,
    path: str = "specs/a.yaml",
    code: str = "MG203",
    message: str = "what is wrong",
    severity: Severity = Severity.ERROR,
    hint: str = "",
    related: tuple[Related, ...] = (),
) -> Diagnostic:
    location = Location(path=path, line=line, column=column, length=length, pointer="/p")
    return Diagnostic(
        code=code,
        message=message,
        location=location,
        severity=severity,
        hint=hint,
        related=related,
    )


def shown(*diagnostics: Diagnostic, text: str | None = None, color: bool = False) -> str:
    return diagnostics_text(diagnostics, lambda _: text, color=color)


def test_a_finding_shows_place_code_message_line_caret_and_hint() -> None:
    text = "a: 1\nMEMBER: {$ref: Membr.id}\n"
    report = shown(
        finding(2, 16, 5, message='$ref: unknown model "Membr"', hint='did you mean "Member"?'),
        text=text,
    )
    assert report == (
        'specs/a.yaml:2:16 MG203 $ref: unknown model "Membr" [error]\n'
        "  2 | MEMBER: {$ref: Membr.id}\n"
        "    |                ^^^^^\n"
        '    = hint: did you mean "Member"?\n'
        "\n"
        "1 error in 1 file\n"
    )


def test_the_headline_is_the_one_line_form_of_the_diagnostic() -> None:
    found = finding(7, 3)
    assert shown(found).splitlines()[0] == f"{found} [error]"


def test_related_places_are_shown_with_their_lines() -> None:
    text = "k: 1\n" + "\n" * 8 + "k: 2\n"
    document = parse("a.yaml", text.encode())
    assert diagnostics_text(document.diagnostics, {"a.yaml": text}.get, color=False) == (
        'a.yaml:10:1 MG104 the key "k" appears twice in one mapping [error]\n'
        "  10 | k: 2\n"
        "     | ^\n"
        "     a.yaml:1:1 first defined here\n"
        "   1 | k: 1\n"
        "     | -\n"
        "     = hint: remove one, or give it another name\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_without_the_source_the_finding_is_still_told() -> None:
    assert shown(finding(hint="do that")) == (
        "specs/a.yaml:1:1 MG203 what is wrong [error]\n    = hint: do that\n\n1 error in 1 file\n"
    )


def test_a_line_that_the_source_does_not_have_is_left_out() -> None:
    assert "|" not in shown(finding(9, 1), text="a\nb\n")


def test_findings_are_ordered_by_file_line_and_column() -> None:
    found = [
        finding(2, 1, path="b.yaml"),
        finding(1, 9, path="b.yaml"),
        finding(5, 5, path="a.yaml"),
        finding(2, 1, path="b.yaml", code="MG201"),
    ]
    heads = [line for line in shown(*found).splitlines() if line.endswith("[error]")]
    assert [" ".join(head.split()[:2]) for head in heads] == [
        "a.yaml:5:5 MG203",
        "b.yaml:1:9 MG203",
        "b.yaml:2:1 MG201",
        "b.yaml:2:1 MG203",
    ]


@pytest.mark.parametrize(
    ("severities", "summary"),
    [
        ("e", "1 error in 1 file"),
        ("w", "1 warning in 1 file"),
        ("n", "1 note in 1 file"),
        ("eeew", "3 errors, 1 warning in 1 file"),
        ("wwnne", "1 error, 2 warnings, 2 notes in 1 file"),
    ],
)
def test_the_summary_counts_by_severity(severities: str, summary: str) -> None:
    by_letter = {severity.value[0]: severity for severity in Severity}
    found = [finding(severity=by_letter[letter]) for letter in severities]
    assert summary_of(found) == summary
    assert shown(*found).endswith(f"\n\n{summary}\n")


def test_the_summary_counts_files_once() -> None:
    found = [finding(path=path) for path in ("a", "b", "a")]
    assert summary_of(found) == "3 errors in 2 files"


def test_no_findings_give_no_report() -> None:
    assert shown() == ""


ESCAPED = [
    ("a\x1b[31mb", "a\\x1b[31mb"),
    ("\x9b31m", "\\x9b31m"),
    ("a\tb\r\nc", "a\\tb\\r\\nc"),
    ("\x00\x7f\x85", "\\x00\\x7f\\x85"),
    ("\u202eabc\u202c", "\\u202eabc\\u202c"),
    ("\u2066a\u2069\u061c", "\\u2066a\\u2069\\u061c"),
    ("a\u200bb\u200d\ufeff", "a\\u200bb\\u200d\\ufeff"),
    ("\u2028\u2029", "\\u2028\\u2029"),
    ("\xa0\u3000\xad", "\\xa0\\u3000\\xad"),
    ("\U000e0041", "\\U000e0041"),
    ("\ud800", "\\ud800"),
    ("Größe 漢字 😀 \\n", "Größe 漢字 😀 \\n"),
]


@pytest.mark.parametrize(("text", "escaped"), ESCAPED)
def test_what_a_terminal_would_obey_or_hide_is_escaped(text: str, escaped: str) -> None:
    assert escape_for_terminal(text) == escaped


nasty = st.text(st.characters(), max_size=40) | st.text(
    st.sampled_from("a \t\x1b\x9b\r\n\u202e\u2067\u200d\u0301漢😀\x85\ud800"), max_size=40
)


@given(nasty)
def test_escaped_text_is_printable(text: str) -> None:
    assert escape_for_terminal(text).isprintable()


@given(nasty, nasty, nasty, nasty, st.integers(1, 50), st.integers(1, 50))
def test_a_report_holds_nothing_that_a_terminal_obeys(
    path: str, message: str, hint: str, text: str, column: int, length: int
) -> None:
    place = Location(path=path, column=column, length=length)
    found = Diagnostic(
        code="MG101",
        message=message,
        hint=hint,
        location=place,
        related=(Related(message=message, location=place),),
    )
    report = diagnostics_text([found], lambda _: text, color=False)
    assert report.replace("\n", "").isprintable()
    # No line of the report comes from a line end in the user's text.
    assert len(report.splitlines()) <= 9


def test_colors_come_only_when_asked_for() -> None:
    found = finding(1, 1, related=(Related(message="m", location=Location(path="b")),), hint="h")
    plain = shown(found, text="abc")
    colored = shown(found, text="abc", color=True)
    assert "\x1b" not in plain
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == plain


# A line, what is meant in it, and what is shown: the line, then the carets.
EXCERPTS = [
    ("abc", "b", "abc", " ^"),
    ("abc def", "def", "abc def", "    ^^^"),
    ("\tb: 1", "b", "    b: 1", "    ^"),
    ("a\tb", "b", "a   b", "    ^"),
    ("a\tb", "\t", "a   b", " ^^^"),
    ("漢字: x", "x", "漢字: x", "      ^"),
    ("漢字: x", "字", "漢字: x", "  ^^"),
    ("😀😀 x", "x", "😀😀 x", "     ^"),
    ("\uff57\uff49 x", "x", "\uff57\uff49 x", "     ^"),
    ("e\u0301e\u0301 x", "x", "e\u0301e\u0301 x", "   ^"),
    ("a\x1b[0m x", "x", "a\\x1b[0m x", "         ^"),
    ("\u202e x", "x", "\\u202e x", "       ^"),
    ("a\u200bb", "\u200b", "a\\u200bb", " ^^^^^^"),
]


@pytest.mark.parametrize(("line", "meant", "line_shown", "carets"), EXCERPTS)
def test_carets_stand_below_what_is_meant(
    line: str, meant: str, line_shown: str, carets: str
) -> None:
    assert excerpt(line, line.index(meant) + 1, len(meant)) == (line_shown, carets)


@pytest.mark.parametrize(
    ("column", "length", "carets"),
    [(4, 1, "   ^"), (9, 1, "   ^"), (2, 99, " ^^"), (3, 0, "  ^"), (1, 3, "^^^")],
)
def test_carets_never_leave_the_line(column: int, length: int, carets: str) -> None:
    assert excerpt("abc", column, length) == ("abc", carets)


def test_a_long_line_is_cut_around_what_is_meant() -> None:
    line = "<" + "a" * 1000 + "MEANT" + "b" * 1000 + ">"
    line_shown, carets = excerpt(line, 1002, 5)
    assert line_shown == "…" + "a" * 60 + "MEANT" + "b" * 55 + "…"
    assert carets == " " * 61 + "^^^^^"


@pytest.mark.parametrize(("column", "begin", "end"), [(1, "<", "…"), (1002, "…", ">")])
def test_a_long_line_is_not_cut_where_it_begins_or_ends(column: int, begin: str, end: str) -> None:
    line_shown, _ = excerpt("<" + "a" * 1000 + ">", column, 1)
    assert (line_shown[0], line_shown[-1]) == (begin, end)
    assert len(line_shown) == MAX_CELLS + 1


@given(nasty.map(lambda text: text * 9), st.integers(1, 400), st.integers(1, 400))
def test_an_excerpt_is_never_wide(line: str, column: int, length: int) -> None:
    line_shown, carets = excerpt(line, column, length)
    # Both marks of a cut, and the last tab, may go beyond.
    assert width_of(line_shown) <= MAX_CELLS + 6
    assert carets.strip("^").strip(" ") == ""
    assert "^" in carets


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Cn", "Co", "Zs", "Zl", "Zp"])))
def test_widths_are_those_of_unicode(text: str) -> None:
    expected = 0
    for character in text:
        if unicodedata.category(character) not in {"Mn", "Me"}:
            expected += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    assert width_of(text) == expected


def test_the_json_report_has_a_documented_shape() -> None:
    related = Related(message="there", location=Location(path="b.json", line=3))
    found = [
        finding(2, 5, 4, hint="do that", related=(related,)),
        finding(1, 1, path="b.json", code="MG110", severity=Severity.WARNING),
    ]
    report: dict[str, Any] = json.loads(json.dumps(diagnostics_data(found)))
    assert report == {
        "version": 1,
        "summary": {"errors": 1, "warnings": 1, "notes": 0, "files": 2},
        "diagnostics": [
            {
                "code": "MG110",
                "title": CODES["MG110"],
                "severity": "warning",
                "message": "what is wrong",
                "hint": "",
                "location": {
                    "path": "b.json",
                    "line": 1,
                    "column": 1,
                    "length": 1,
                    "pointer": "/p",
                },
                "related": [],
            },
            {
                "code": "MG203",
                "title": CODES["MG203"],
                "severity": "error",
                "message": "what is wrong",
                "hint": "do that",
                "location": {
                    "path": "specs/a.yaml",
                    "line": 2,
                    "column": 5,
                    "length": 4,
                    "pointer": "/p",
                },
                "related": [
                    {
                        "message": "there",
                        "location": {
                            "path": "b.json",
                            "line": 3,
                            "column": 1,
                            "length": 1,
                            "pointer": "",
                        },
                    }
                ],
            },
        ],
    }


def test_the_json_report_of_nothing_has_the_same_keys() -> None:
    assert diagnostics_data([]) == {
        "version": 1,
        "summary": {"errors": 0, "warnings": 0, "notes": 0, "files": 0},
        "diagnostics": [],
    }
