"""What the pages show is so: files hold the lines, and commands write the text."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Excerpt, Step, begins_empty, has_lines, matches, pages, parts

# What a clone has that commands of a page may need.
CLONED = ("specs", "mock_outputs", "schemas", ".gitattributes", ".gitignore")
MARK = "\x1e"

PAGES = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in pages()}
WITH_EXCERPTS = [
    name for name, text in PAGES.items() if any(isinstance(part, Excerpt) for part in parts(text))
]
WITH_STEPS = [
    name for name, text in PAGES.items() if any(isinstance(part, Step) for part in parts(text))
]


def clone(folder: Path) -> None:
    for name in CLONED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    for words in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env=environment())


def environment() -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        # Text to stdout and to stderr comes in the order in which a terminal shows it.
        "PYTHONUNBUFFERED": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Asha",
        "GIT_AUTHOR_EMAIL": "asha@example.com",
        "GIT_COMMITTER_NAME": "Asha",
        "GIT_COMMITTER_EMAIL": "asha@example.com",
        "GIT_PAGER": "cat",
        "LC_ALL": "C.UTF-8",
    }


def run_steps(steps: list[Step], folder: Path) -> list[str]:
    """Return what each command writes; they share one shell, and so its folder and variables."""
    script = [
        f"{step.command}\nstatus=$?\nprintf '{MARK}%s\\n' $status\n(exit $status)\n"
        for step in steps
    ]
    done = subprocess.run(
        ["bash", "-c", "".join(script)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    *pieces, rest = done.stdout.decode().split(MARK)
    assert len(pieces) == len(steps), done.stdout.decode()
    codes = [text.partition("\n")[0] for text in (*pieces[1:], rest)]
    outputs = [pieces[0], *(piece.partition("\n")[2] for piece in pieces[1:])]
    for step, code, output in zip(steps, codes, outputs, strict=True):
        assert step.output is not None or code == "0", f"{step.command}\n{output}"
    return outputs


def test_some_pages_have_excerpts_and_commands() -> None:
    assert "README.md" in WITH_EXCERPTS
    assert {"README.md", "docs/tutorial/first-fixtures.md"} <= set(WITH_STEPS)


@pytest.mark.parametrize("page", WITH_EXCERPTS)
def test_excerpts_stand_in_their_files(page: str) -> None:
    for part in parts(PAGES[page]):
        if isinstance(part, Excerpt):
            text = (ROOT / part.path).read_text(encoding="utf-8")
            assert has_lines(text, part.lines), f"{part.path} does not hold\n" + "\n".join(
                part.lines
            )


@pytest.mark.skipif(shutil.which("bash") is None, reason="the pages' commands are for a shell")
@pytest.mark.parametrize("page", WITH_STEPS)
def test_commands_write_what_the_page_shows(page: str, tmp_path: Path) -> None:
    if not begins_empty(PAGES[page]):
        clone(tmp_path)
    steps = [part for part in parts(PAGES[page]) if isinstance(part, Step)]
    outputs = run_steps(steps, tmp_path)
    for step, output in zip(steps, outputs, strict=True):
        assert has_lines(output, step.lines), f"$ {step.command}\n{output}"
        if step.output is not None:
            shown = "\n".join(step.output)
            assert matches(output, step.output), f"$ {step.command}\n{output}\nis not\n{shown}"
