"""Takes a folder; gives a repository of Git with specs, outputs and a hook, as a user has it."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")

MASTER = '$slot: ""\nchannel: EDI\nnote: none\n'
SPEC = """\
$seed: 3
Claim:
  $count: 4
  ID: {$sequence: {start: 1}}
  KIND: [A, B, C]
  AMOUNT: {$integer: [1, 900]}
"""
CONFIG = f"""\
repos:
- repo: local
  hooks:
  - id: mockgen-refresh
    name: refresh
    entry: {shlex.quote(str(PROGRAM))} hook
    language: system
    always_run: true
    pass_filenames: false
    require_serial: true
    stages: [pre-commit, pre-merge-commit, manual]
"""
HOOK = f"#!/bin/sh\nexec {shlex.quote(str(PROGRAM))} hook\n"
HOOKS = ("pre-commit", "pre-merge-commit")


def environment() -> dict[str, str]:
    """Return variables that give every run the same author, and nothing of the user's settings."""
    names = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Asha"), ("EMAIL", "asha@example.com"))
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") and name != "PRE_COMMIT"
    }
    return {
        **kept,
        **names,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "LC_ALL": "C.UTF-8",
    }


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a command ended."""

    code: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A work tree with a project at its top."""

    path: Path

    def run(self, *words: str | Path, variables: dict[str, str] | None = None) -> Done:
        done = subprocess.run(
            list(map(str, words)),
            cwd=self.path,
            env={**environment(), **(variables or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        return Done(code=done.returncode, text=done.stdout)

    def git(self, *words: str) -> str:
        done = self.run("git", *words)
        assert done.code == 0, f"git {' '.join(words)}\n{done.text}"
        return done.text

    def commit(self, *words: str) -> Done:
        return self.run("git", "commit", "-q", "-m", "change", *words)

    def mockgen(self, *words: str) -> Done:
        return self.run(PROGRAM, *words)

    def generate(self) -> None:
        done = self.mockgen("generate")
        assert done.code == 0, done.text

    def write(self, path: str, text: str) -> None:
        place = self.path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())

    def edit(self, path: str, old: str, new: str) -> None:
        place = self.path / path
        data = place.read_bytes()
        assert old.encode() in data
        place.write_bytes(data.replace(old.encode(), new.encode()))

    def files(self) -> dict[str, bytes]:
        """Return path → bytes of specs and outputs in the work tree."""
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for folder in ("specs", "mock_outputs")
            for path in sorted((self.path / folder).rglob("*"))
            if path.is_file()
        }

    def index(self) -> str:
        return self.git("ls-files", "-s")

    def begin(self) -> None:
        """Make a first commit."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")
        self.write(".gitattributes", "* text eol=lf\n")
        self.write(".gitignore", "*.mockgen-new\n.pre-commit-config.yaml\n")
        self.write("specs/claims/user_input.yaml", SPEC)
        self.write("specs/claims/master.yaml", MASTER)
        self.write("specs/members/user_input.yaml", SPEC.replace("Claim", "Member"))
        self.generate()
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "Begin")

    def install(self, hook: str) -> None:
        """Put a hook in place: ``plain`` or ``pre-commit``."""
        if hook == "plain":
            for name in HOOKS:
                place = Path(self.git("rev-parse", "--git-path", f"hooks/{name}").strip())
                place = self.path / place
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(HOOK, encoding="utf-8")
                place.chmod(0o755)
            return
        self.write(".pre-commit-config.yaml", CONFIG)
        types = [word for name in HOOKS for word in ("--hook-type", name)]
        done = self.run(PRE_COMMIT, "install", *types)
        assert done.code == 0, done.text

    def type_what_is_told(self, done: Done, which: int = 0) -> None:
        """Type a command that a hook told to type."""
        commands = [line.strip() for line in done.text.splitlines() if line.startswith("  git ")]
        assert done.code == 1, done.text
        assert len(commands) > which, done.text
        typed = self.run("sh", "-c", commands[which])
        assert typed.code == 0, typed.text


def assert_consistent(scene: Scene, revision: str, folder: Path) -> None:
    """Check ``revision`` as a clone of it would be checked."""
    scene.git("clone", "-q", ".", str(folder))
    clone = Scene(path=folder)
    clone.git("checkout", "-q", scene.git("rev-parse", revision).strip())
    done = clone.mockgen("check")
    assert done.code == 0, done.text


def history_options(description: str, *, seeds: int, steps: int) -> argparse.Namespace:
    """Return which random histories a command line asks for: seeds, first, steps."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=steps)
    return parser.parse_args()
