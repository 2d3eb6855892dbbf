"""The page on diagnostics: every code, under its own title, with an example that gives it."""

from __future__ import annotations

import re

import pytest

from mockgen_watch.diagnostics import CODES, Diagnostic
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext
from tests.unit.spec.reading import ROOT, findings, good_input

PAGE = (ROOT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
SECTIONS = dict(
    re.findall(
        r"^### <a id=\"mg\d+\"></a>(MG\d+) · (.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
)
EXAMPLES = [
    (code, language, kind or "user_input", text)
    for code, section in SECTIONS.items()
    for language, kind, text in re.findall(
        r'^```(yaml|json)(?: title="(\w+)")?\n(.*?)^```', section, re.MULTILINE | re.DOTALL
    )
]


def test_the_page_has_every_code_and_no_other() -> None:
    assert list(SECTIONS) == list(CODES) == sorted(CODES)


def test_each_code_has_its_anchor_and_a_line_in_the_table() -> None:
    anchors = re.findall(r'^### <a id="(\w+)"></a>(\w+) ', PAGE, re.MULTILINE)
    assert anchors == [(code.lower(), code) for code in CODES]
    lines = re.findall(r"^\| \[(MG\d+)\]\(#(mg\d+)\) \|", PAGE, re.MULTILINE)
    assert lines == [(code, code.lower()) for code in CODES]


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_its_title_and_a_remedy(code: str) -> None:
    title, _, rest = SECTIONS[code].partition("\n")
    assert title == CODES[code]
    assert "**Do:** " in rest


def planned(text: str) -> list[Diagnostic]:
    """Return what shows once the parts of a good spec are put together."""
    return compile_suite("claims", good_input(text), None, PlanContext(contract=1))[1]


@pytest.mark.parametrize(
    ("code", "language", "kind", "text"), EXAMPLES, ids=[example[0] for example in EXAMPLES]
)
def test_each_example_gives_its_code(code: str, language: str, kind: str, text: str) -> None:
    found = findings(text, kind, f"specs/claims/{kind}.{language}") or planned(text)
    assert {item.code for item in found} == {code}, [str(item) for item in found]


def test_codes_of_specs_have_examples() -> None:
    shown = {example[0] for example in EXAMPLES}
    # MG220 is what nothing else has a word for.
    assert {code for code in CODES if code.startswith("MG2")} - shown == {"MG220"}
