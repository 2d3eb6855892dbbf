"""Words that read like a translation stay out of messages, help, docstrings, schemas and pages.

Each list maps a pattern to what to write instead. Write as the documentation of ruff, uv or Django
does: what is wrong first, then what to do.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "mockgen_watch"

EVERYWHERE: Final = {
    r"anew": "again",
    r"mend(s|ed|ing)?": "fix",
    r"else than": "other than, or: differs from",
    r"by chance": "at random",
    r"unless said": "by default",
    r"fares": "the state of …",
    r"(is|was|were|are|has|have) taken in": "processed, read",
    r"which there (is|are)": "list …",
    r"lies? in": "is in",
    r"no longer wanted": "no spec produces it any more",
    r"there is no directive": "unknown directive …",
    r"(?<!there )is no (directive|file|list|mapping|name|number|object|whole number)": "is not a …",
    r"finding\(s\)": "count: 1 error, 2 errors",
    r"all is well": "no problems",
    r"(may|can|cannot|will|must) stand(?! for)": "is allowed, can be, cannot be combined with",
    r"stands? (as|at|there|twice|beside|behind|under|on)": "is; appears",
    r"(what|where \w+) stands(?! for)": "what is there; its place",
    r"tells? of": "records, reports, names",
}
"""Of every text: string literals and docstrings of the package, schemas, README and pages."""

IN_PAGES: Final = EVERYWHERE | {
    r"told": "reported, shown, named",
    r"tells?": "shows, lists, says",
    r"stands?(?! for)": "is, appears; cannot be combined with; is not allowed here",
    r"behind": "after",
    r"(is|are|was|were) meant": "name the thing itself, or: if this is intended",
    r"looked at": "checked, evaluated, read",
    r"meanwhile": "in the meantime",
    r"the former": "the previous, the old",
    r"outside of": "outside",
}
"""Of README and all pages but the decisions."""

IN_MESSAGES: Final = IN_PAGES | {
    r"has no meaning": "is not allowed",
    r"of text": "text …",
    r"(?<!there )(is|are) no(?! (longer|more|such)\b) \w+": "is not a …, are not …",
    r"differ in case (alone|at most)": "differ only in case",
}
"""Of what commands print, of descriptions in schemas, and of the docstrings of the API."""

PUBLIC: Final = ("__init__.py", "api.py", "testing/__init__.py", "testing/rules.py")
"""Modules whose docstrings are part of the API."""

LOOKS_LIKE: Final = (r"look-behind", r"stand-alone", r"standalone")
"""Terms that contain a word of the lists."""

IN_LABELS: Final = {
    "rules/rule.py",
    "rules/schema.py",
    "expressions/evaluating.py",
    "expressions/functions.py",
    "expressions/values.py",
}
"""Their messages are written into labels: another wording would change committed outputs."""

LABEL_WORDS: Final = {word: to for word, to in EVERYWHERE.items() if "is no" not in word}


def uses(text: str, words: Mapping[str, str]) -> Iterator[str]:
    """Yield for each use of a word in ``text`` where it is, and what to write instead."""
    plain = " ".join(re.sub("|".join(LOOKS_LIKE), "…", text).split())
    for pattern, instead in words.items():
        for found in re.finditer(rf"(?<![\w-])(?:{pattern})(?![\w-])", plain):
            around = plain[max(0, found.start() - 30) : found.end() + 30]
            yield f'"{found[0]}" in "{around}"; write: {instead}'


def literals(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield line, text and whether it is a docstring of each text with a blank in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(line.value)
        for node in ast.walk(tree)
        if isinstance(body := getattr(node, "body", None), list)
        for line in body
        if isinstance(line, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value, id(node) in docs


def modules() -> list[str]:
    return sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def reported(name: str, found: Iterable[str]) -> str:
    return "\n".join(("", *(f"{name}{line}" for line in found)))


@pytest.mark.parametrize("folder", sorted({name.partition("/")[0] for name in modules()}))
def test_the_package_speaks_plain_english(folder: str) -> None:
    found = []
    for name in modules():
        if name != folder and not name.startswith(f"{folder}/"):
            continue
        for line, text, is_docstring in literals(PACKAGE / name):
            if is_docstring:
                words = IN_MESSAGES if name in PUBLIC else EVERYWHERE
            else:
                words = LABEL_WORDS if name in IN_LABELS else IN_MESSAGES
            found += [f"{name}:{line}: {use}" for use in uses(text, words)]
    assert not found, reported("", found)


def described(schema: object) -> Iterator[str]:
    """Yield the descriptions in a schema, at any depth."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "description" and isinstance(value, str):
                yield value
            else:
                yield from described(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from described(value)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "schemas").glob("*.json")), ids=lambda path: path.name
)
def test_schemas_speak_plain_english(path: Path) -> None:
    texts = list(described(json.loads(path.read_text(encoding="utf-8"))))
    assert texts
    found = [use for text in texts for use in uses(text, IN_MESSAGES)]
    assert not found, reported(f"{path.name}: ", found)


def pages() -> list[str]:
    """Return all pages but the decisions, which are kept as they were written."""
    found = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
    return [*top, *sorted(name for name in found if "decisions/" not in name)]


@pytest.mark.parametrize("name", pages())
def test_pages_speak_plain_english(name: str) -> None:
    found = list(uses((ROOT / name).read_text(encoding="utf-8"), IN_PAGES))
    assert not found, reported(f"{name}: ", found)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("make it anew", 1),
        ("names that may stand for others", 0),
        ("the key stands twice", 2),
        ("a look-behind and a stand-alone file", 0),
        ("nope.json is no file", 2),
        ("it is no longer needed, and there is no record 5", 0),
        ("values that\n    are meant", 1),
    ],
)
def test_a_word_is_found_where_it_is_used(text: str, count: int) -> None:
    assert len(list(uses(text, IN_MESSAGES))) == count
