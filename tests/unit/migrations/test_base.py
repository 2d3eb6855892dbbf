"""Format versions: a chain of steps, here with versions that were invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.migrations.base import FileKind, Step, upgrade
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Document


def renames(old: str, new: str, source: int) -> Step:
    def apply(document: Document) -> str:
        return document.text.replace(old, new)

    return Step(kind=FileKind.USER_INPUT, source=source, apply=apply)


STEPS = (renames("$pattern", "$regex", 1), renames("$regex", "$matches", 2))

CHAINS = {
    "from the first": ("M: {a: {$pattern: x}}  # c\n", "$version: 3\nM: {a: {$matches: x}}  # c\n"),
    "from the second": (
        "$version: 2   # two\nM: {a: {$regex: x}}\n",
        "$version: 3   # two\nM: {a: {$matches: x}}\n",
    ),
    "of the newest": ("$version: 3\nM:  {a: {$pattern: x}}\n",) * 2,
}


@pytest.mark.parametrize(("old", "new"), CHAINS.values(), ids=CHAINS)
def test_a_file_goes_through_the_steps_from_its_version_on(old: str, new: str) -> None:
    done = upgrade(parse("a.yaml", old.encode()), FileKind.USER_INPUT, STEPS, newest=3)
    assert (done.text, done.diagnostics) == (new, ())
    again = upgrade(parse("a.yaml", new.encode()), FileKind.USER_INPUT, STEPS, newest=3)
    assert again.text == new


def test_json_keeps_its_layout() -> None:
    old = '{\n    "M": {"a": {"$pattern": "x"}}\n}\n'
    done = upgrade(parse("a.json", old.encode()), FileKind.USER_INPUT, STEPS, newest=3)
    assert done.text == '{\n    "$version": 3,\n    "M": {"a": {"$matches": "x"}}\n}\n'
    assert done.versions == (1, 2, 3)


def test_a_kind_that_a_version_did_not_change_gets_its_number() -> None:
    done = upgrade(parse("a.yaml", b"user_profile: {}\n"), FileKind.MASTER, STEPS, newest=3)
    assert done.text == "$version: 3\nuser_profile: {}\n"


@pytest.mark.parametrize("version", ["4", "x", "0", "true"])
def test_a_version_that_is_not_known_stays_and_is_told(version: str) -> None:
    text = f"$version: {version}\nM: {{}}\n"
    done = upgrade(parse("a.yaml", text.encode()), FileKind.USER_INPUT, STEPS, newest=3)
    assert done.text == text
    assert [item.code for item in done.diagnostics] == ["MG226"]


def test_the_first_version_has_no_step() -> None:
    text = "M: {}\n"
    assert upgrade(parse("a.yaml", text.encode()), FileKind.USER_INPUT).text == text
