"""Two readers of YAML, libyaml's and the explaining one: what both read, they read alike."""

from __future__ import annotations

import ast
import random
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.spec import yaml, yaml_events
from mockgen_watch.spec.document import Source
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.spec.document import Document

ROOT = Path(__file__).resolve().parents[2]
MUTANTS = 400
"""Mutants of one seed."""

YAML = re.compile(r":[ \n]|^- ")
"""What a literal of a test has that may be YAML."""

LONGEST = 600
"""Characters of a text that is mutated; of a longer one, a stretch is."""

# Texts that libyaml is not trusted with: it accepts more than YAML 1.2 does, reads something else,
# or puts an absent value at another place. The explaining reader reads them alone.
NOT_READ_QUICKLY = {
    "a question mark that begins a text in a list": "[?a, b]",
    "a question mark that begins a key": "{?a: 1}",
    "an absent key in brackets": "{? : 1}",
    "an absent value in brackets": "{a: , b: 1}",
    "a directive": "%YAML 1.2\n---\na: 1\n",
    "a next line of Unicode": "a: b\x85c\n",
    "a line separator of Unicode": "a: b\u2028c\n",
    "a paragraph separator of Unicode": "a: b\u2029c\n",
    "a byte order mark inside": "a: \ufeffb\n",
    "a tab as a blank": "a:\tb\n",
    "a tab inside a text": "a: b\tc\n",
    "a tab before a comment that begins a line": "a: b\n\t# c\n",
    "an anchor with a colon": "&a: b\n",
    "an alias with a colon": "*a: b\n",
    "a tag before an anchor": "!!str &a b\n",
    "a tag with a handle of its own": "!x!y b\n",
    "a colon after a tag": "{!!str :a, b: c}\n",
    "a quoted text whose further line is not indented": 'a: "b\nc"\n',
    "a quoted text over lines in brackets": 'a: {b: "c\n  d"}\n',
    "a comment at the sign of a block text": "a: |# b\n  c\n",
    "a block text that begins like a comment": "|\n# a\n",
    "a block text that begins like a document": "|\n---\na: 1\n",
    "a line of blanks before a block text": "a: |\n \n   b\n",
}
READ_QUICKLY = [
    "a: b\t# c\n",
    "a:\t# b\n  c: 1\n",
    'a: "b"\t # c\n',
    "a: [1, 2]\t# c\n",
    "a: &b 1\nc: *b  # d\ne: &f !!str 1\ng: [*b, *f]\n",
    'a: "b\n  c"\n',
    "- a: 'b\n     c'\n",
    "a: |\n  b\n\n  c\n\nd: >-\n  e\n",
    "r: {cel: \"record.a != 'X' && record.b ? 1 : 2 * 3\"}\n",
    "😀é: [😀, 'é']\r\nb: \"\\U0001F600\"\rc: 1\n",
    "a:\n- \n-\n  b:\n",
    "---\na: 1\n...\n",
]


def read_slowly(text: str) -> Document:
    return yaml.read_with_reasons(Source.of("a.yaml", text))


def read_quickly(text: str) -> Document | None:
    return yaml.read_quickly(Source.of("a.yaml", text))


def assert_alike(text: str) -> None:
    quick = read_quickly(text)
    # Their repr tells 1 from True and from 1.0.
    assert quick is None or repr(quick) == repr(read_slowly(text)), text


@pytest.mark.parametrize("text", NOT_READ_QUICKLY.values(), ids=NOT_READ_QUICKLY)
def test_what_libyaml_might_misread_is_left_to_the_explaining_reader(text: str) -> None:
    assert read_quickly(text) is None
    document = parse("a.yaml", text.encode())
    assert repr(document) == repr(read_slowly(text))


@pytest.mark.parametrize("text", READ_QUICKLY)
def test_usual_yaml_is_read_by_libyaml_alone(text: str) -> None:
    assert read_quickly(text) is not None
    assert_alike(text)


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [repr(parse("a.yaml", text.encode())) for text in READ_QUICKLY]
    monkeypatch.setattr(yaml_events, "CParser", None)
    assert [repr(parse("a.yaml", text.encode())) for text in READ_QUICKLY] == expected


def test_all_texts_of_the_repository_are_read_alike() -> None:
    texts = own_texts()
    assert len(texts) > 1000
    for text in texts:
        assert_alike(text)


def test_the_specs_of_the_repository_are_read_by_libyaml_alone() -> None:
    specs = sorted((ROOT / "specs").rglob("*.yaml"))
    assert specs
    for spec in specs:
        assert read_quickly(spec.read_text(encoding="utf-8")) is not None, spec


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 25))]
)
def test_mutants_of_these_texts_are_read_alike(seed: int) -> None:
    for text in mutants(own_texts(), MUTANTS, seed):
        assert_alike(text)


@cache
def own_texts() -> tuple[str, ...]:
    """Return every YAML text here: of files, of fences of pages, of literals in tests."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "*.yaml", "*.yml", "*.md", "tests/*.py"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    texts = [text for path in sorted(paths) for text in texts_of(path)]
    return tuple(dict.fromkeys(text for text in texts if text.isascii() or writable(text)))


def texts_of(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):  # broken on purpose, or being removed
        return
    if path.suffix == ".md":
        yield from re.findall(r"^```ya?ml[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    elif path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and YAML.search(node.value)
            ):
                yield node.value
    else:
        yield text


def writable(text: str) -> bool:
    return not re.search("[\ud800-\udfff]", text)


PIECES = (
    *" \n\t\r:-[]{},#&*!|>'\"%@`?~\\01ae.$<=\x00\x85\u2028\ufeffé😀",
    *("- ", ": ", "? ", "---\n", "...\n", "<<: ", "\n  ", "\r\n", "&a ", "*a", "!!str ", "|\n"),
    *('"x\n y"', "[a, b]", "{a: b}", "\t# c", "# c"),
)


def mutants(texts: tuple[str, ...], number: int, seed: int) -> Iterator[str]:
    """Yield ``number`` texts that differ from one of ``texts`` in one to three places."""
    chance = random.Random(seed)
    for _ in range(number):
        text = chance.choice(texts)
        if len(text) > LONGEST:
            start = text.rfind("\n", 0, chance.randrange(len(text) - LONGEST)) + 1
            text = text[start : start + LONGEST]
        for _ in range(chance.randint(1, 3)):
            at = chance.randint(0, len(text))
            piece = chance.choice(["", chance.choice(PIECES)])
            text = text[:at] + piece + text[at + chance.choice([0, 0, 1, 1, 2, 8]) :]
        yield text
