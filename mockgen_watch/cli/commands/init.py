"""Takes the options of ``init``; gives a project that ``generate`` can work on, as new files."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.cli.hook_setup import place_git_hooks, place_pre_commit
from mockgen_watch.errors import UsageError
from mockgen_watch.lock.paths import OFFER_SUFFIX
from mockgen_watch.masters.lookup import MASTER_NAMES
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.placing import place_file, place_lines
from mockgen_watch.storage.project_folder import SPECS, STATE_WITHOUT_GIT, find_project
from mockgen_watch.storage.schemas import read_schema
from mockgen_watch.workflow.sources import PROJECT_NAMES, USER_INPUT_NAMES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.storage.placing import Placed

EXAMPLES: Final = """examples:
  mockgen-watch init                        a small spec to learn from
  mockgen-watch init --example claims       claims and the members who make them
  mockgen-watch init --interactive          a spec of your own, from a few questions
  mockgen-watch init --hooks git            hooks that Git itself calls, without pre-commit
  mockgen-watch -C fixtures init            in the folder fixtures/

What is there already stays as it is, so that init again adds what is missing. With --force it is
replaced, and kept as NAME.bak.
"""

_STARTER: Final = Path(__file__).resolve().parent.parent / "starter"
_SUITES: Final = {"minimal": "people", "claims": "claims"}
_SCHEMAS: Final = ("master.schema.json", "project.schema.json", "user_input.schema.json")
_ATTRIBUTES: Final = (f"/{SPECS}/** text eol=lf", "/mock_outputs/** text eol=lf")
_IGNORED: Final = (f"*{OFFER_SUFFIX}", "/mock_outputs/snapshots/", f"/{STATE_WITHOUT_GIT}/")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--example",
        choices=sorted(_SUITES),
        help="the spec to begin with (default: minimal, or none where there are specs already)",
    )
    what.add_argument("--interactive", action="store_true", help="ask for the first model")
    parser.add_argument(
        "--hooks",
        choices=("pre-commit", "git", "none"),
        default="pre-commit",
        help="what calls the hook: pre-commit (default), Git itself, or nothing",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace files that are there, and keep them as .bak"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Write what is missing, list it, and name the next command.

    Raises:
        UsageError: the folder is inside another project, or the questions were not answered.
        StorageError: a file cannot be written.
    """
    directory = Path(options.directory)
    _check_place(directory)
    if options.interactive:
        suite, files = _asked(directory / SPECS, may_replace=options.force)
    elif options.example or not _has_suite(directory / SPECS):
        suite, files = _example(options.example or "minimal")
    else:
        suite, files = "", {}
    with naming(str(directory)):
        directory.mkdir(parents=True, exist_ok=True)
        with Folder.open(directory) as project:
            placed = list(_place(project, suite, files, replace=options.force))
            told = ""
            if options.hooks == "pre-commit":
                told = place_pre_commit(project, directory, placed)
    if options.hooks == "git":
        told = place_git_hooks(directory, placed)
    steps = [_called("generate", directory)]
    if options.json:
        print(json.dumps(_as_data(placed, steps), indent=2, ensure_ascii=False))
    elif not options.quiet:
        _tell(placed, steps)
    if told:
        print(told, file=sys.stderr)
    return ExitCode.DONE


def _check_place(directory: Path) -> None:
    """Refuse a folder inside another project: a command would find either, by where it starts."""
    try:
        project = Path(find_project(directory))
    except UsageError:
        return
    if project != directory.resolve():
        remedy = f"to add to that, use -C {shlex.quote(str(project))}"
        raise UsageError(f"this folder is in the project {project}; {remedy}")


def _has_suite(specs: Path) -> bool:
    return any(path for name in USER_INPUT_NAMES for path in specs.rglob(name))


def _example(name: str) -> tuple[str, dict[str, bytes]]:
    """Return the suite of an example and its files by name."""
    folder = _STARTER / name
    with naming(str(folder)):
        return _SUITES[name], {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _asked(specs: Path, *, may_replace: bool) -> tuple[str, dict[str, bytes]]:
    """Return the suite that a person describes, and its files by name."""
    # The parser is for this form of the command alone.
    from mockgen_watch.cli.interview import ask_at_terminal, interview, spec_text  # noqa: PLC0415

    def is_taken(suite: str) -> bool:
        return not may_replace and any((specs / suite / name).exists() for name in USER_INPUT_NAMES)

    try:
        answers = interview(ask_at_terminal, is_taken)
    except EOFError:
        print(file=sys.stderr)
        message = "the questions were not answered to the end; nothing was written"
        raise UsageError(message) from None
    return answers.suite, {"user_input.yaml": spec_text(answers).encode()}


def _place(
    project: Folder, suite: str, files: dict[str, bytes], *, replace: bool
) -> Iterator[Placed]:
    own = {"user_input.yaml": USER_INPUT_NAMES, "master.yaml": MASTER_NAMES}
    settings = (_STARTER / PROJECT_NAMES[0]).read_bytes()
    rivals = PROJECT_NAMES[1:]
    yield place_file(project, f"{SPECS}/{PROJECT_NAMES[0]}", settings, rivals, replace=replace)
    for name, data in files.items():
        yield place_file(project, f"{SPECS}/{suite}/{name}", data, own[name][1:], replace=replace)
    for name in _SCHEMAS:
        yield place_file(project, f"schemas/{name}", read_schema(name), replace=replace)
    yield place_lines(project, ".gitattributes", _ATTRIBUTES)
    yield place_lines(project, ".gitignore", _IGNORED)


def _called(command: str, directory: Path) -> str:
    """Return how ``command`` is called for the project at ``directory``."""
    place = "" if directory == Path() else f"-C {shlex.quote(directory.as_posix())} "
    return f"mockgen-watch {place}{command}"


def _tell(placed: list[Placed], steps: list[str]) -> None:
    width = max(len(item.placing) for item in placed)
    for item in placed:
        former = f"  (the former is {item.former})" if item.former else ""
        print(escape_for_terminal(f"{item.placing:<{width}}  {item.path}{former}"))
    print("\nnext:", *(f"  {escape_for_terminal(step)}" for step in steps), sep="\n")


def _as_data(placed: list[Placed], steps: list[str]) -> dict[str, object]:
    files = [
        {"path": item.path, "action": item.placing.value, "former": item.former or None}
        for item in placed
    ]
    return {"files": files, "next": steps}
