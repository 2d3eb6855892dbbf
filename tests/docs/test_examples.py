"""Every block of every page is run by some test, or has a reason why none can run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from mockgen_watch.api import Records
from mockgen_watch.workflow.project import open_project
from tests.docs.pages import ROOT, examples, pages
from tests.properties.engines import bytes_by_engines

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.pages import Example

PAGES: Final = {
    path.relative_to(ROOT).as_posix(): examples(path.read_text(encoding="utf-8"))
    for path in pages()
}
FORMAT: Final = "docs/reference/spec-format.md"
RUN_ELSEWHERE: Final = {
    FORMAT: "here",
    "docs/how-to/ci.md": "tests/docs/test_recipes.py",
    "docs/how-to/pre-commit.md": "tests/docs/test_recipes.py",
    "docs/how-to/write-a-rule.md": "tests/unit/plugins/test_check_rule.py",
    "docs/reference/command-line.md": "tests/docs/test_docs.py: generated",
    "docs/reference/diagnostics.md": "tests/unit/spec/test_diagnostics_page.py",
    "docs/reference/masters.md": "tests/unit/masters/test_docs.py",
    "docs/reference/python-api.md": "tests/docs/test_python_api_page.py",
}
NOT_RUN: Final = {
    ("README.md", ""): "commands for Windows, which the tests of one system cannot run",
    ("docs/how-to/run-the-daemon.md", ""): "what a terminal of a running daemon shows",
    ("docs/how-to/run-the-daemon.md", "ini"): "a unit of systemd",
    ("docs/how-to/use-plugins.md", "text"): "needs a package that only its authors have",
    ("docs/how-to/write-a-rule.md", "toml"): "part of the package of a plugin",
    ("docs/reference/lockfile.md", "text"): "digests are left out",
    ("docs/tutorial/first-fixtures.md", "diff"): "the commands of the page make these changes",
}
NOTES: Final = ("file: ", "written: ", "spec", "vocabulary")


def test_every_block_is_run_or_has_a_reason() -> None:
    blocks = {
        (page, example.language)
        for page, found in PAGES.items()
        for example in found
        if page not in RUN_ELSEWHERE and not any(note.startswith(NOTES) for note in example.notes)
    }
    reasons = {key for key in NOT_RUN if key[0] not in RUN_ELSEWHERE}
    assert blocks == reasons


SPECS: Final = [
    (page, number, example)
    for page, found in PAGES.items()
    for number, example in enumerate(found)
    if page == FORMAT or any(note.startswith(("spec", "vocabulary")) for note in example.notes)
]
IDS: Final = [f"{page.rpartition('/')[2]}-{number}" for page, number, _ in SPECS]
SCHEMA: Final = '{"type": "object"}'
USING_MASTER: Final = "Model_1:\n  PAYER: {name: Care}\n  ClaimDetails: {$const: [{n: 1}]}\n"


@pytest.mark.parametrize(("page", "number", "example"), SPECS, ids=IDS)
def test_an_example_makes_records(page: str, number: int, example: Example, tmp_path: Path) -> None:
    made = bytes_of(example, tmp_path)
    assert all(made.values())
    if "spec as before" in example.notes:
        before = PAGES[page][number - 1]
        assert bytes_of(before, tmp_path / "before") == made


def bytes_of(example: Example, folder: Path) -> dict[str, bytes]:
    """Return the bytes of each output of an example, in a project of its own, by all engines."""
    for path, text in files_of(example).items():
        place = folder / "specs" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    suites = open_project(folder, None).suites
    plans = suites.plans("suite")
    assert plans, [str(item) for item in suites.found()]
    made: dict[str, bytes] = {}
    for plan in plans:
        records = Records(plan, exact=True)
        assert records.at(0) is not None
        (made[f"{plan.model}/{plan.scenario}"],) = bytes_by_engines(records)
    return made


def files_of(example: Example) -> dict[str, str]:
    """Return the files of a project that an example needs, itself among them."""
    kind = "vocabulary" if "vocabulary" in example.notes else example.title or "spec"
    spec = "suite/user_input.yaml"
    if kind == "vocabulary":
        is_rows = example.text.startswith("- {")
        leaf = "{$rows: {$vocab: own}}" if is_rows else "{$vocab: own}"
        return {f"_vocab/own.{example.language}": example.text, spec: f"M:\n  x: {leaf}\n"}
    if kind == "project":
        return {"mockgen.yaml": example.text, spec: "M:\n  x: [1, 2]\n"}
    if kind == "master":
        return {"suite/master.yaml": example.text, "base/master.yaml": "{}\n", spec: USING_MASTER}
    if "$delete" in example.text and "$records" not in example.text:
        return {spec: example.text, "suite/master.yaml": "record: {legacy_flag: true}\n"}
    return {spec: example.text, "suite/claim.schema.json": SCHEMA}
