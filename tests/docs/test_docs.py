"""The pages hang together: links lead somewhere, and every command and word has its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from mockgen_watch.cli.main import COMMANDS
from tests.docs.generated import PART, made
from tests.docs.pages import ROOT, pages

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [path.relative_to(ROOT).as_posix() for path in pages()]
FENCE = re.compile(r"^(```+).*?^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\])*\]\(<?([^)\s>]+)>?\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)

# Commands that pages and messages may speak of before they are there.
PLANNED: set[str] = set()


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """Return a page without its blocks and its code spans."""
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", path.read_text(encoding="utf-8")))


def headings(path: Path) -> list[str]:
    return HEADING.findall(FENCE.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """Return what a link to a page may name: its headings, and what it names itself."""
    named = re.findall(r'<a id="([^"]+)"></a>', prose(path))
    return {*named, *(anchor(heading) for heading in headings(path))}


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)|<[^>]+>", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_exist(page: str) -> None:
    source = ROOT / page
    broken = []
    for link in LINK.findall(prose(source)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (source.parent / unquote(path)).resolve() if path else source
        is_there = target.exists() and target.is_relative_to(ROOT)
        if is_there and fragment and target.suffix == ".md":
            is_there = fragment in anchors(target)
        if not is_there:
            broken.append(link)
    assert broken == []


def test_every_page_is_reached_from_the_first_ones() -> None:
    reached = {ROOT / "README.md", ROOT / "docs/README.md"}
    while True:
        found = {
            (page.parent / unquote(link.partition("#")[0])).resolve()
            for page in reached
            for link in LINK.findall(prose(page))
            if link.partition("#")[0].endswith(".md") and ":" not in link
        }
        if found <= reached:
            break
        reached |= found
    # A new page is linked from the README of its folder, or from docs/README.md.
    assert [page for page in PAGES if ROOT / page not in reached] == []


def test_every_command_has_a_section_in_the_reference() -> None:
    sections = headings(ROOT / "docs/reference/command-line.md")
    assert [name for name in COMMANDS if name not in sections] == []


@pytest.mark.parametrize("page", [name for name in PAGES if "<!-- generated: " in text_of(name)])
def test_generated_parts_are_what_the_program_has(page: str) -> None:
    text = text_of(page)
    assert made(text) == text, f"run: python -m tests.docs.refresh {page}"


def test_commands_and_codes_have_a_generated_part_each() -> None:
    parts = {name: PART.findall(text_of(name)) for name in PAGES}
    commands = [what for _, what, _ in parts["docs/reference/command-line.md"]]
    assert set(commands) == {
        "commands",
        "global options",
        *(f"command {name}" for name in COMMANDS),
    }
    assert [what for _, what, _ in parts["docs/reference/diagnostics.md"]] == ["diagnostics"]


def test_every_command_is_one_of_the_table() -> None:
    """No page shows a command that the program does not have."""
    called = {
        word
        for page in PAGES
        for word in re.findall(
            r"(?:^\$ |`|entry: )mockgen-watch (?:-[\w-]+ (?:[^\s`-][^\s`]* )?)*?([a-z]+)\b",
            (ROOT / page).read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    }
    assert called <= set(COMMANDS) | PLANNED


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([a-z][a-z -]*) \|", text, re.MULTILINE)[1:]
    assert words == sorted(set(words))
    assert len(words) > 30


def test_the_words_that_a_reader_meets_are_in_the_glossary() -> None:
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    words = set(re.findall(r"^\| ([a-z][a-z -]*) \|", text, re.MULTILINE))
    met = {
        *("suite", "model", "field", "record", "pool", "master", "slot", "overlay", "scenario"),
        *("rule", "fault", "twin", "label", "exclusion", "generator", "params", "address", "seed"),
        *("plan", "action", "output", "lockfile", "digest", "diagnostic", "contract", "chunk"),
        *("batch", "executor", "change", "debounce", "affected"),
    }
    assert met <= words
