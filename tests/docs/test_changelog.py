"""The changelog has a section for this version, in the form that its readers and tools know."""

from __future__ import annotations

import re
from typing import Final

from mockgen_watch import __version__
from tests.docs.pages import ROOT

TEXT: Final = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
# What Keep a Changelog calls the kinds of changes.
KINDS: Final = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_version_of_the_package_has_a_section() -> None:
    assert re.search(rf"^## \[{re.escape(__version__)}\]", TEXT, re.MULTILINE)


def test_sections_name_a_version_and_the_day_it_was_released() -> None:
    for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE):
        assert re.fullmatch(
            r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - (\d{4}-\d\d-\d\d|unreleased)", heading
        ), heading


def test_changes_are_of_the_kinds_that_readers_look_for() -> None:
    kinds = set(re.findall(r"^### (.*)$", TEXT, re.MULTILINE))
    assert kinds
    assert kinds <= KINDS
