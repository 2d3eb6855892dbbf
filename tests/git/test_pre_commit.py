"""A configuration of pre-commit gets the hook, and keeps every line that it has."""

from __future__ import annotations

import re

import pytest
import yaml

from mockgen_watch.git.settings import hook_data, new_config, with_hook
from mockgen_watch.migrations.graft import GraftError

ENTRY = "mockgen-watch hook"
OTHER = """\
# Ours.
default_stages: [pre-commit]
repos:
- repo: https://example.com/tools   # pinned
  rev: 'v1'
  hooks:
  - id: tidy
    args: [--fix, "a: b"]
    # a last remark
"""

GOOD = {
    "dashes at the margin": OTHER,
    "dashes further in": re.sub("^(?=[- ])", "    ", OTHER, flags=re.MULTILINE),
    "no last line end": OTHER.rstrip("\n"),
    "line ends of Windows": OTHER.replace("\n", "\r\n"),
    "keys behind": OTHER + "exclude: ^vendor/\n",
    "no repos": "exclude: ^vendor/\n",
    "an empty list": "repos: []  # none yet\nexclude: x\n",
}


@pytest.mark.parametrize("case", GOOD)
def test_the_hook_is_added_and_no_line_is_lost(case: str) -> None:
    text = GOOD[case]
    new = with_hook(text, ENTRY)
    before, after = yaml.safe_load(text), yaml.safe_load(new)
    assert after["repos"].pop() == {"repo": "local", "hooks": [hook_data(ENTRY)]}
    assert {"repos": [], **before} == after
    rest = iter(new.splitlines())
    kept = text.replace("repos: []  # none yet", "repos:").splitlines()
    assert all(any(line.startswith(old) for line in rest) for old in kept), new
    assert ("\r\n" in new) is ("\r\n" in text)
    assert with_hook(new, ENTRY) == new


def test_a_new_file_is_up_to_date() -> None:
    text = new_config(ENTRY)
    assert with_hook(text, ENTRY) == text
    assert yaml.safe_load(text)["repos"] == [{"repo": "local", "hooks": [hook_data(ENTRY)]}]


@pytest.mark.parametrize(
    "hook",
    [
        "- {repo: https://example.com/mockgen-watch, rev: v1, hooks: [{id: mockgen-refresh}]}",
        "- {repo: local, hooks: [{id: mine, entry: .venv/bin/mockgen-watch hook}]}",
    ],
)
def test_a_hook_of_somebody_s_own_making_stays(hook: str) -> None:
    text = f"repos:\n{hook}\n"
    assert with_hook(text, ENTRY) == text


BAD = ("", "[]", "repos: {a: 1}\n", "repos: [{repo: local, hooks: []}]\n", "a: [\n", "a: 1\na: 2\n")


@pytest.mark.parametrize("text", BAD)
def test_a_file_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(GraftError):
        with_hook(text, ENTRY)
