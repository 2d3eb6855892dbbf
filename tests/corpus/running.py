"""Takes a folder and an interpreter; gives what commands of the program say, wherever they run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

Record: TypeAlias = "None | bool | int | str | list[Record] | dict[str, Record]"

LONGEST = 360
"""Characters of a line that are kept as text; the rest is kept as a digest."""

_SUITE = re.compile(
    r"\b(f\d\d/(?:s\d|deep/er/s4)|f\d\d(?=/)|samples|shared/people|known/\d{3}-[a-z-]+|mutated/\d{3}"
    r"|(?:texts|masters|side|vocabularies)/[A-Za-z0-9-]+)"
)
_TIMES = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z"), "<time>"),
    (re.compile(r"(?<!\d)\d{8}T\d{6}\.\d+Z"), "<time>"),
    (re.compile(r'"run_id": ?"[0-9a-f]+"'), '"run_id": "<run>"'),
    (re.compile(r'("(?:\w+_ms|process)": ?)[0-9.]+'), r"\g<1><number>"),
    (re.compile(r'"batch": ?"\d+-(\d+)"'), r'"batch": "<process>-\1"'),
    (re.compile(r'("(?:version|tool)": ?)"\d[^"]*"'), r'\1"<version>"'),
    (re.compile(r"\b\d+(\.\d+)? ms\b"), "<number> ms"),
)
_WORDS = re.compile(r"[^\s{}\[\]:,]+")
_IDS = re.compile(r"\b[0-9a-f]{7,64}\b")


@dataclass(kw_only=True)
class Runner:
    """Runs commands in one folder, and keeps what they say.

    Attributes:
        python: the interpreter; where None, this one with the code of this work tree.
        has_ids: whether ids of Git are left out, since they follow from lockfiles.
        keep: the folder that gets the whole text of each command; None for none.
    """

    folder: Path
    python: Path | None = None
    has_ids: bool = False
    keep: Path | None = None
    record: dict[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folders."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._home = self.folder.parent / f"{self.folder.name}-home"
        self._home.mkdir(exist_ok=True)

    def environment(self) -> dict[str, str]:
        """Return all variables that a command sees."""
        names = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (
                ("NAME", "Asha"), ("EMAIL", "asha@example.com"), ("DATE", "2025-01-01T12:00:00Z"),
            )
        }  # fmt: skip
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
        own = {} if self.python else {"PYTHONPATH": str(ROOT)}
        # Drivers of Git look for the program there.
        tools = Path(self.python or sys.executable).parent
        return {
            **kept,
            "PATH": f"{tools}{os.pathsep}{kept.get('PATH', os.defpath)}",
            **names,
            **own,
            "HOME": str(self._home),
            "XDG_CONFIG_HOME": str(self._home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
        }

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run the program; return its exit code, stdout and stderr, made the same anywhere."""
        done = subprocess.run(
            [str(self.python or sys.executable), "-m", "mockgen_watch", *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            check=False,
        )
        return done.returncode, self._clean(done.stdout), self._clean(done.stderr)

    def git(self, *words: str) -> tuple[int, str, str]:
        """Run Git; return as :meth:`run` does."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            check=False,
        )
        return done.returncode, self._clean(done.stdout), self._clean(done.stderr)

    def say(self, name: str, *words: str, tool: str = "program") -> None:
        """Record all that a command says."""
        code, out, err = self.git(*words) if tool == "git" else self.run(*words)
        self._keep(name, out, err)
        self.record[name] = {
            "command": " ".join(words),
            "code": code,
            "stdout": [_short(line) for line in lines_of(out)],
            "stderr": [_short(line) for line in lines_of(err)],
        }

    def tell(self, name: str, *words: str, is_brief: bool = False) -> None:
        """Record what a command says of each suite; by a digest alone if ``is_brief``."""
        code, out, err = self.run(*words)
        self._keep(name, out, err)
        self.record[name] = {
            "command": " ".join(words),
            "code": code,
            "stdout": by_suite(lines_of(out), is_brief=is_brief),
            "stderr": by_suite(lines_of(err), is_brief=is_brief),
        }

    def files(self, name: str, below: str = "mock_outputs", *, is_brief: bool = False) -> None:
        """Record the digest of each file below a folder; of lockfiles, that they are there."""
        found = []
        for path in sorted((self.folder / below).rglob("*")):
            if path.is_file():
                where = self._clean(path.relative_to(self.folder).as_posix())
                is_ours = path.name.endswith((".lock", ".plan", ".tar.gz"))
                found.append(f"{where} {'there' if is_ours else digest(path.read_bytes())}")
        self.record[name] = by_suite(found, is_brief=is_brief)

    def _clean(self, data: str | bytes) -> str:
        text = data.decode("utf-8", "backslashreplace") if isinstance(data, bytes) else data
        text = text.replace(str(self.folder), "<project>").replace(str(self._home), "<home>")
        for pattern, new in _TIMES:
            text = pattern.sub(new, text)
        return _IDS.sub("<id>", text) if self.has_ids else text

    def _keep(self, name: str, out: str, err: str) -> None:
        if self.keep is not None:
            place = self.keep / self.folder.name / f"{name}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(f"{out}\n--- stderr\n{err}", encoding="utf-8", newline="")


def digest(data: str | bytes) -> str:
    """Return the start of the SHA-256 of ``data``."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()[:16]


def lines_of(text: str) -> list[str]:
    """Return the lines of ``text``; of JSON, a line for each item, and a digest of its layout."""
    if text[:2] not in {"{\n", "[\n"}:
        return text.splitlines()
    try:
        data = json.loads(text, parse_float=str)
    except ValueError:
        return text.splitlines()
    layout = digest(_WORDS.sub("x", text))
    return [*_items(data, ""), f"layout {layout}"]


def _items(data: object, above: str) -> Iterator[str]:
    if isinstance(data, dict) and data and not above.endswith("]"):
        for key, value in data.items():
            yield from _items(value, f"{above}.{key}" if above else key)
    elif isinstance(data, list) and data and not above.endswith("]"):
        for value in data:
            yield from _items(value, f"{above}[]")
    else:
        yield f"{above}: {json.dumps(data, ensure_ascii=False)}"


def by_suite(lines: list[str], *, is_brief: bool) -> dict[str, Record]:
    """Return suite → its lines, or the digest of them; a line without one follows the last."""
    groups: dict[str, list[str]] = {}
    suite = ""
    for line in lines:
        if found := _SUITE.search(line):
            suite = found[1]
        elif line and not line.startswith((" ", "\t")):
            suite = ""
        groups.setdefault(suite, []).append(line)
    return {
        suite: f"{len(group)} lines {digest(chr(10).join(group))}"
        if is_brief
        else [_short(line) for line in group]
        for suite, group in sorted(groups.items())
    }


def _short(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    return f"{line[:LONGEST]} … {len(line)} characters {digest(line)}"
