"""The examples of the page on masters are what the tool makes of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.masters.chain import find_master, resolve_chain
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from tests.unit.masters.shapes import Data

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "masters.md"
BLOCK = re.compile(r"^```(yaml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[dict[str, str], Data]]:
    """Return each example: its files by path, and the record."""
    found: list[tuple[dict[str, str], Data]] = []
    files: dict[str, str] = {}
    for language, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if language == "json":
            found.append((files, json.loads(text)))
            files = {}
        else:
            files[text.partition("\n")[0].removeprefix("# ")] = text
    return found


EXAMPLES = examples()


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_gives_the_record_that_the_page_shows(number: int) -> None:
    files, expected = EXAMPLES[number]
    context = BuildContext()
    masters = {}
    specs = []
    for path, text in files.items():
        document = parse(path, text.encode())
        assert document.diagnostics == ()
        if path.endswith("user_input.yaml"):
            spec, found = build_user_input(document, context)
            specs.append(spec)
        else:
            masters[path], found = build_master(document, context)
        assert found == []
    (spec,) = specs
    assert spec is not None
    chain = resolve_chain(find_master(spec, "specs", masters).path, masters)
    plans, found = compile_suite("docs", spec, chain.master, PlanContext(contract=1))
    assert [*chain.diagnostics, *found] == []
    record = record_at(compile_program(plans[0].records), 0)
    assert record == expected
    assert json.dumps(record) == json.dumps(expected)
