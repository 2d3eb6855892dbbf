"""Takes the text of a page; gives its fenced blocks with what stands in comments before them.

A comment of a page tells what the test does with it; a reader does not see it:

- ``<!-- file: PATH -->`` before a block: its lines stand in that file of the repository, in this
  order; a line ``…`` stands for any lines left out.
- ``<!-- written: PATH -->`` before a block: at this point of the page, that file has its lines.
- ``<!-- spec -->`` before a block: it is a spec, whose records can be made; ``<!-- spec as before
  -->``: they have the same bytes as those of the spec before; ``<!-- vocabulary -->``: it is one.
- ``<!-- do: COMMAND -->``: run at this point of the page, silently; it must succeed.
- ``<!-- not run -->`` before a console block: for reading only.
- ``<!-- empty -->``: the page begins in an empty folder, not in a clone of the repository.

All other console blocks are run: each line that begins with ``$ `` is a command, and what follows
is what it writes, stdout and stderr as a terminal shows them. ``…`` stands for any text in a line,
and for any lines when it is alone on one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).parents[2]
GAP = "…"

_PART = re.compile(
    r"^<!-- (?P<comment>.*?) -->$"
    r'|^```(?P<language>[\w-]*)(?: title="(?P<title>\w+)")?\n(?P<body>.*?)^```$',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Excerpt:
    """Lines that stand in a file."""

    path: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command, and what it writes; None when nobody is shown it.

    ``lines`` are some of those that it writes.
    """

    command: str
    output: tuple[str, ...] | None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Example:
    """A block that is no console, and what the comments before it say.

    Attributes:
        language: what it is written in; ``""`` for plain text.
        title: what kind of file it is, where the block says so.
        notes: the comments.
        text: its lines.
    """

    language: str
    title: str
    notes: tuple[str, ...]
    text: str


Part: TypeAlias = Excerpt | Step


def pages() -> list[Path]:
    """Return every page of documentation."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def begins_empty(text: str) -> bool:
    """Tell whether a page begins in an empty folder."""
    return "<!-- empty -->" in text


def parts(text: str) -> list[Part]:
    """Return what is to be tested of a page, in order."""
    found: list[Part] = []
    notes: list[str] = []
    for match in _PART.finditer(text):
        comment = match["comment"]
        if comment is None:
            found += _block(match["language"], match["body"], notes)
            notes = []
        elif comment.startswith("do: "):
            found.append(Step(command=comment.removeprefix("do: "), output=None))
        else:
            notes.append(comment)
    return found


def examples(text: str) -> list[Example]:
    """Return the blocks of a page that are no consoles."""
    found: list[Example] = []
    notes: list[str] = []
    for match in _PART.finditer(text):
        if match["comment"] is not None:
            notes.append(match["comment"])
            continue
        if match["language"] != "console":
            language, title = match["language"], match["title"] or ""
            found.append(
                Example(language=language, title=title, notes=tuple(notes), text=match["body"])
            )
        notes = []
    return found


def _block(language: str, body: str, notes: list[str]) -> list[Part]:
    found: list[Part] = [
        Excerpt(path=note.removeprefix("file: "), lines=tuple(body.splitlines()))
        for note in notes
        if note.startswith("file: ")
    ]
    for note in notes:
        if note.startswith("written: "):
            command = f"cat {note.removeprefix('written: ')}"
            found.append(Step(command=command, output=None, lines=tuple(body.splitlines())))
    if language == "console" and "not run" not in notes:
        found += _steps(body)
    return found


def _steps(body: str) -> list[Step]:
    steps: list[Step] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            steps.append(Step(command=line[2:], output=()))
        else:
            assert steps, f"a console block begins with a command, not with {line!r}"
            last = steps[-1]
            steps[-1] = Step(command=last.command, output=(*(last.output or ()), line))
    return steps


def has_lines(text: str, lines: tuple[str, ...]) -> bool:
    """Tell whether ``lines`` stand in ``text``, in order, each piece between gaps without one.

    A piece may be indented less than in the text, by the same number of blanks in all its lines.
    """
    wanted: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == GAP:
            wanted.append([])
        else:
            wanted[-1].append(line)
    have = text.splitlines()
    start = 0
    for piece in filter(None, wanted):
        place = next(
            (
                place
                for place in range(start, len(have) - len(piece) + 1)
                if _is_piece(have[place : place + len(piece)], piece)
            ),
            None,
        )
        if place is None:
            return False
        start = place + len(piece)
    return True


def _is_piece(have: list[str], piece: list[str]) -> bool:
    shift = len(have[0]) - len(piece[0])
    return shift >= 0 and all(
        line == (" " * shift + shown if shown else "")
        for line, shown in zip(have, piece, strict=True)
    )


def matches(output: str, lines: tuple[str, ...]) -> bool:
    """Tell whether ``output`` is what ``lines`` show."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == GAP else f"{_loose(line)} *\n" for line in lines
    )
    return re.fullmatch(pattern, output) is not None


def _loose(line: str) -> str:
    return ".*".join(re.escape(piece) for piece in line.rstrip().split(GAP))
