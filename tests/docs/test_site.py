"""The site of the documentation builds strictly, its links work, and it asks no other host."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Elements that load what they name, and the attribute that names it.
LOADING: Final = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
# What a <link> may name without a browser loading it.
NOT_LOADED: Final = {"canonical", "prev", "next", "edit"}
IN_CSS: Final = re.compile(r"(?:url\(|@import )[\"']?(https?:)?//")


class Page(HTMLParser):
    """A page of the site: ids, links, what it loads, and the links of its navigation."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.navigation: list[str] = []
        self._navs = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._navs += tag == "nav"
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
            if self._navs:
                self.navigation.append(values["href"])
        elif tag in LOADING and not NOT_LOADED & set(values.get("rel", "").split()):
            self.loaded.append(values.get(LOADING[tag], ""))

    def handle_endtag(self, tag: str) -> None:
        self._navs -= tag == "nav"


def build(site: Path, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", site],
        cwd=project,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def read(site: Path) -> dict[str, Page]:
    """Return every page but that of errors, whose links begin at the root of a server."""
    return {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
        if path.name != "404.html"
    }


def test_every_page_of_docs_is_built_and_in_the_navigation(read: dict[str, Page]) -> None:
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    expected = {
        f"{'' if source.stem == 'README' else source.stem}/".lstrip("/")
        if source.parent.name == ""
        else f"{source.parent.as_posix()}/{'' if source.stem == 'README' else f'{source.stem}/'}"
        for source in sources
    }
    assert len(read) == len(sources)
    links = {link if link != "." else "" for link in read["index.html"].navigation}
    assert expected <= links


def test_every_link_leads_to_a_page_and_an_anchor_that_exist(
    site: Path, read: dict[str, Page]
) -> None:
    broken = []
    for name, page in read.items():
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = target.resolve()
            if target.is_dir():
                target /= "index.html"
            found = target.is_file() and target.is_relative_to(site.resolve())
            if found and parts.fragment and target.suffix == ".html":
                other = read[target.relative_to(site.resolve()).as_posix()]
                found = unquote(parts.fragment) in other.ids
            if not found:
                broken.append(f"{name}: {link}")
    assert broken == []


def test_no_page_and_no_style_loads_from_another_host(site: Path, read: dict[str, Page]) -> None:
    loaded = {link for page in read.values() for link in page.loaded}
    assert any(link.endswith(".js") for link in loaded)
    assert [link for link in loaded if urlsplit(link).netloc] == []
    styles = list(site.rglob("*.css"))
    assert styles
    assert [path.name for path in styles if IN_CSS.search(path.read_text("utf-8"))] == []


def test_no_code_in_a_table_shows_the_backslash_before_a_bar(site: Path) -> None:
    """GitHub reads the two as a bar, also in code; the site shows both characters."""
    shown = [
        path.parent.name
        for path in site.rglob("*.html")
        if re.search(r"<td>[^\n]*<code>[^<\n]*\\\|", path.read_text(encoding="utf-8"))
    ]
    assert shown == []


def test_the_search_knows_words_of_pages(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    for word, page in (
        ("MG404", "reference/diagnostics/"),
        ("--confidence", "reference/command-line/"),
        ("lefthook", "how-to/pre-commit/"),
    ):
        found = {
            entry["location"].partition("#")[0]
            for entry in index["docs"]
            if word.lower() in (entry["title"] + entry["text"]).lower()
        }
        assert page in found


def test_a_dead_link_a_missing_anchor_and_a_page_outside_the_navigation_stop_the_build(
    tmp_path: Path,
) -> None:
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    (tmp_path / "docs" / "lost.md").write_text(
        "[page](nowhere.md) [anchor](glossary.md#nothing) [absolute](/README.md)\n"
    )
    done = build(tmp_path / "site", tmp_path)
    assert done.returncode != 0
    for part in ("lost.md", "'nowhere.md'", "'glossary.md#nothing'", "absolute link '/README.md'"):
        assert part in done.stderr
    assert 'not included in the "nav" configuration' in done.stderr
