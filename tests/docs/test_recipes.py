"""The recipes for hooks and CI can be read by what they are for, and their commands work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.docs.test_snippets import clone, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGES = ("docs/how-to/ci.md", "docs/how-to/pre-commit.md")
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")


def blocks(language: str) -> list[tuple[str, str]]:
    """Return page and text of each block of code in ``language``."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [
        (page, found[1])
        for page in PAGES
        for found in pattern.finditer((ROOT / page).read_text(encoding="utf-8"))
    ]


def commands(recipe: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the recipe holds
    """Yield each command that a recipe has run, wherever it stands."""
    if isinstance(recipe, dict):
        for key, value in recipe.items():
            if key in {"run", "entry", "script"}:
                yield from [value] if isinstance(value, str) else value
            else:
                yield from commands(value)
    elif isinstance(recipe, list):
        for item in recipe:
            yield from commands(item)


def test_the_commands_of_all_recipes_pass_in_a_fresh_clone(tmp_path: Path) -> None:
    found = {
        command
        for _, text in blocks("yaml")
        for command in commands(yaml.safe_load(text))
        if command.startswith("mockgen-watch")
    }
    scripts = [text for _, text in blocks("sh") if text.startswith("#!/bin/sh")]
    assert found == {"mockgen-watch check", "mockgen-watch hook"}
    assert len(scripts) == 1
    clone(tmp_path)
    for command in [*sorted(map(shlex.split, found)), ["sh", "-c", *scripts]]:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (command, done.stderr)


def test_the_recipes_for_ci_have_the_parts_that_their_readers_ask_for() -> None:
    texts = dict.fromkeys(PAGES, "")
    recipes = [yaml.safe_load(text) for page, text in blocks("yaml") if page == PAGES[0]]
    assert texts.keys() == set(PAGES)
    github = next(recipe for recipe in recipes if "jobs" in recipe)
    # YAML 1.1 takes the key "on" for true; GitHub does not.
    assert {"name", "jobs"} < set(map(str, github))
    (job,) = github["jobs"].values()
    assert job["runs-on"]
    assert all(("uses" in step) is not ("run" in step) for step in job["steps"])
    gitlab = next(recipe for recipe in recipes if "fixtures" in recipe)
    assert gitlab["fixtures"]["script"] == ["mockgen-watch check"]


@pytest.mark.parametrize("number", range(3))
def test_pre_commit_reads_its_configurations(tmp_path: Path, number: int) -> None:
    texts = [text for _, text in blocks("yaml") if "\nrepos:" in f"\n{text}"]
    assert len(texts) == 3
    (tmp_path / ".pre-commit-config.yaml").write_text(texts[number], encoding="utf-8")
    variables = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [PRE_COMMIT, "validate-config"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_recipe_for_lefthook_runs_the_hook_at_commits_and_merges() -> None:
    recipes = [yaml.safe_load(text) for _, text in blocks("yaml")]
    (recipe,) = (
        recipe for recipe in recipes if isinstance(recipe, dict) and "pre-commit" in recipe
    )
    command = {"commands": {"mockgen": {"run": "mockgen-watch hook"}}}
    assert recipe == {"pre-commit": command, "pre-merge-commit": command}
