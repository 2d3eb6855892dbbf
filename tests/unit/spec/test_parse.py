"""A file's bytes: endings, encodings, limits, and that no bytes at all make it raise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockgen_watch.diagnostics import Severity, has_errors
from mockgen_watch.spec import MAX_BYTES
from mockgen_watch.spec.document import plain_data, walk
from mockgen_watch.spec.parse import parse
from tests.unit.spec.parsing import read

HOSTILE = Path(__file__).parent / "hostile.py"
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", ["a.yaml", "a.yml", "specs/a/b.YAML"])
def test_yaml_endings_are_read_as_yaml(path: str) -> None:
    document = parse(path, b"a: 1")
    assert (document.path, document.text) == (path, "a: 1")
    assert document.root is not None
    assert plain_data(document.root) == {"a": 1}


@pytest.mark.parametrize("path", ["a.json", "specs/a.yaml.json", "A.JSON"])
def test_a_json_ending_is_read_as_json_and_not_as_yaml(path: str) -> None:
    assert [found.code for found in parse(path, b"{a: 1}").diagnostics] == ["MG102"]


@pytest.mark.parametrize("path", ["a.txt", "yaml", "a.json5", "a.yaml~", ""])
def test_other_endings_are_refused(path: str) -> None:
    document = parse(path, b"a: 1")
    assert document.root is None
    assert [found.code for found in document.diagnostics] == ["MG113"]


# Bytes, then code, line, column and a word of the message or hint.
UNDECODABLE: list[tuple[bytes, str, str]] = [
    (b"a: caf\xe9\n", "MG101 1:7", "0xE9 at offset 6"),
    (b"a: 1\nb: \xf0\x9f\x98\x80\xff", "MG101 2:5", "0xFF at offset 12"),
    (b"\xef\xbb\xbfa: \x80", "MG101 1:4", "0x80 at offset 6"),
    (b"a: 1\r\nb: \xed\xa0\x80", "MG101 2:4", "0xED"),
    (b"a: \xc0\xaf", "MG101 1:4", "0xC0"),
    (b"a: \xe2\x82", "MG101 1:4", "0xE2"),
    ("a: é".encode("cp1252"), "MG101 1:4", 'Windows-1252 the byte is "é"'),
    ("a: 1".encode("utf-16"), "MG101 1:1", "is UTF-16"),
    ("a: 1".encode("utf-16-le"), "MG101 1:1", "looks like UTF-16"),
    ("a: 1".encode("utf-16-be"), "MG101 1:1", "looks like UTF-16"),
]


@pytest.mark.parametrize("ending", ["json", "yaml"])
@pytest.mark.parametrize(("data", "place", "words"), UNDECODABLE)
def test_what_is_not_utf_8_is_reported_at_the_first_wrong_byte(
    ending: str, data: bytes, place: str, words: str
) -> None:
    document = parse(f"a.{ending}", data)
    assert document.root is None
    [found] = document.diagnostics
    assert f"{found.code} {found.location.line}:{found.location.column}" == place
    assert words in f"{found.message} {found.hint}"


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_a_byte_order_mark_is_no_part_of_the_text(ending: str) -> None:
    document = parse(f"a.{ending}", b'\xef\xbb\xbf{"a": 1}')
    assert document.text == '{"a": 1}'
    assert document.diagnostics == ()
    assert document.root is not None
    assert (document.root.mark.column, document.root.mark.start) == (1, 0)


@pytest.mark.parametrize("ending", ["json", "yaml"])
@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n", b" \r\n\t\n"])
def test_an_empty_file_is_refused(ending: str, data: bytes) -> None:
    document = parse(f"a.{ending}", data)
    assert document.root is None
    assert [str(found.location) for found in document.diagnostics] == [f"a.{ending}:1:1"]
    assert [found.code for found in document.diagnostics] == ["MG112"]


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_a_file_over_the_limit_is_refused_unread(ending: str) -> None:
    document = parse(f"a.{ending}", b"\xff" * (MAX_BYTES + 1))
    assert document.text == ""
    assert [found.code for found in document.diagnostics] == ["MG105"]


def test_the_limit_is_the_callers_to_set() -> None:
    assert parse("a.json", b"[1, 2]", max_bytes=6).diagnostics == ()
    assert has_errors(parse("a.json", b"[1, 2]", max_bytes=5).diagnostics)


CONFLICT = "<<<<<<< ours\n{one}\n=======\n{two}\n>>>>>>> theirs\n"


@pytest.mark.parametrize(
    ("ending", "text", "line"),
    [
        ("json", '{\n"a": 1,\n' + CONFLICT.format(one='"b": 1', two='"b": 2') + "}\n", 3),
        ("yaml", "a: 1\n" + CONFLICT.format(one="b: 1", two="b: 2"), 2),
        ("yaml", "a:\n- 1\n" + CONFLICT.format(one="- b", two="- c"), 3),
        ("yaml", CONFLICT.format(one="a: [", two="a: ]"), 1),
    ],
)
def test_a_merge_conflict_is_one_finding_that_says_so(ending: str, text: str, line: int) -> None:
    document = read(text, ending)
    [found] = document.diagnostics
    assert "merge conflict" in found.message
    assert (found.location.line, found.location.column) == (line, 1)
    assert [other.location.line for other in found.related] == [line + 4]


def test_conflict_markers_inside_a_text_are_text() -> None:
    assert read("a: |\n  <<<<<<< ours\n  x\n", "yaml").diagnostics == ()


def test_json_is_read_without_the_cost_of_importing_the_yaml_parser() -> None:
    program = (
        "import sys; from mockgen_watch.spec.parse import parse; "
        "parse('a.json', b'[1, x]'); sys.exit('ruamel.yaml' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=False, cwd=ROOT)
    assert run.returncode == 0


CASES = [
    ("json", "deep_lists", "MG106"),
    ("json", "deep_mappings", "MG106"),
    ("json", "long_integer", "MG108"),
    ("json", "large_exponent", "MG108"),
    ("json", "many_values", "MG105"),
    ("json", "many_keys", "MG105"),
    ("json", "unclosed_text", "MG102"),
    ("json", "escapes_without_end", "MG102"),
    ("json", "faults_without_end", "MG102"),
    ("json", "words_without_end", "MG102"),
    ("json", "lines_without_end", "MG102"),
    ("json", "large_file", "MG105"),
    ("yaml", "deep_lists", "MG106"),
    ("yaml", "deep_mappings", "MG106"),
    ("yaml", "deep_dashes", "MG106"),
    ("yaml", "deep_questions", "MG106"),
    ("yaml", "deep_indentation", "MG106"),
    ("yaml", "alias_bomb", "MG107"),
    ("yaml", "alias_chain", "MG106"),
    ("yaml", "long_integer", "MG108"),
    ("yaml", "large_exponent", "MG108"),
    ("yaml", "unclosed_text", "MG103"),
    ("yaml", "faults_without_end", "MG103"),
    ("yaml", "duplicates_without_end", "MG104"),
    ("yaml", "stand_ins_used_up", ""),
    ("yaml", "large_file", "MG105"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are of POSIX")
@pytest.mark.parametrize(("ending", "case", "code"), CASES)
def test_hostile_input_is_refused_with_little_memory_and_work(
    ending: str, case: str, code: str
) -> None:
    run = subprocess.run(
        [sys.executable, str(HOSTILE), ending, case],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (run.returncode, run.stdout.strip()) == (0, code), run.stderr


SEED_YAML = """\
# spec
Model_1: &m
  HCID: {$pattern: "[A-Z]{3}[0-9]{6}"}
  POOL: [P, 'it''s', 00501, ~, 1.5e3]   # pool
  TEXT: |
    two
     lines

  LIST:
  - a
  - b: &x !!str 1
    c: *x
  ? q
  : >-
    folded
"""
SEED_JSON = '{\n  "M": ["a", 1.5, {"b": null, "c": "\\u00e9\\n"}],\n  "N": {"d": [true, -0]}\n}\n'
PIECES = st.sampled_from(
    [*" \n\t\r:-[]{},#&*!|>'\"%@`?~\\01ae.$<=\x00\x85\u2028\ufeff", "- ", ": ", "---\n", "<<: "]
)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str]:
    ending = draw(st.sampled_from(["json", "yaml"]))
    text = draw(st.sampled_from([SEED_JSON, SEED_JSON if ending == "json" else SEED_YAML]))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        removed = draw(st.sampled_from([0, 0, 1, 1, 2, 8]))
        text = text[:at] + draw(st.just("") | PIECES) + text[at + removed :]
    return ending, text


@given(damaged())
@example(("yaml", "a: 1e"))
def test_damaged_text_gives_findings_at_places_that_exist(case: tuple[str, str]) -> None:
    document = read(case[1], case[0])
    lines = document.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for found in document.diagnostics:
        for place in [found.location, *(other.location for other in found.related)]:
            assert 1 <= place.line <= len(lines)
            width = len(lines[place.line - 1])
            assert 1 <= place.column <= width + 1
            assert 1 <= place.length <= max(1, width + 1 - place.column)
    if document.root is None:
        assert has_errors(document.diagnostics)
    else:
        for _, node in walk(document.root):
            assert 0 <= node.mark.start <= node.mark.end <= len(document.text)


@given(st.sampled_from(["json", "yaml"]), st.binary(max_size=60))
def test_no_bytes_make_it_raise(ending: str, data: bytes) -> None:
    document = parse(f"a.{ending}", data)
    errors = [found for found in document.diagnostics if found.severity is Severity.ERROR]
    assert bool(errors) or document.root is not None
