"""Init: a project that ``generate`` can work on, from an example or from a few questions.

Files that are there stay as they are, unless they are to be replaced and kept as ``.bak``.
"""

from __future__ import annotations

import functools
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.interview import interview, schema_of, spec_text, suite_problem
from mockgen_watch.cli.options import add_flag, add_json
from mockgen_watch.cli.running import print_result, write_findings
from mockgen_watch.errors import UsageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.settings import PRE_COMMIT_CONFIG, hook_lines, new_config, with_hook
from mockgen_watch.importing.record import names_of, read_sample, spec_of_sample
from mockgen_watch.lock.paths import OFFER_SUFFIX
from mockgen_watch.masters.chain import MASTER_NAMES
from mockgen_watch.migrations.graft import GraftError
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec import SPECS
from mockgen_watch.spec.build.pools import VOCABULARY_ENDINGS
from mockgen_watch.storage.atomic import read_file
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.multi import UserFile, WriteResult, add_lines, write_user_file
from mockgen_watch.storage.package_data import read_schema, shipped_vocabularies
from mockgen_watch.storage.project_folder import STATE_WITHOUT_GIT, find_project, find_work_tree
from mockgen_watch.workflow.sources import PROJECT_NAMES, USER_INPUT_NAMES, VOCABULARY_FOLDER

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

EXAMPLES: Final = """examples:
  mockgen-watch init                        a small spec to learn from
  mockgen-watch init --example claims       claims, and the members who make them
  mockgen-watch init --from order.json      a spec that makes the record, or records, of a file
  mockgen-watch init --interactive          a spec of your own, from a few questions
  mockgen-watch init --hooks git            hooks that Git itself runs, without pre-commit
  mockgen-watch -C fixtures init            in the folder fixtures/

Existing files stay as they are: running init again only adds what is missing. With --force they are
replaced, and the old ones kept as NAME.bak.
"""

_HOOKS: Final = ("pre-commit", "pre-merge-commit")
_STARTER: Final = Path(__file__).resolve().parent.parent / "starter"
_SUITES: Final = {"minimal": "people", "claims": "claims"}
_SCHEMAS: Final = ("master.schema.json", "project.schema.json", "user_input.schema.json")
_ATTRIBUTES: Final = (f"/{SPECS}/** text eol=lf", "/mock_outputs/** text eol=lf")
_IGNORED: Final = (f"*{OFFER_SUFFIX}", "/mock_outputs/snapshots/", f"/{STATE_WITHOUT_GIT}/")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--example",
        choices=sorted(_SUITES),
        help="the spec to start with (default: minimal, or none if there are specs already)",
    )
    what.add_argument(
        "--from",
        dest="sample",
        metavar="FILE",
        help="a spec that makes the record in FILE, or such records: JSON or NDJSON",
    )
    add_flag(what, "--interactive", "ask for the first model")
    parser.add_argument(
        "--suite",
        metavar="NAME",
        help="the suite of the spec that --from makes (default: the name of FILE)",
    )
    parser.add_argument(
        "--hooks",
        choices=("pre-commit", "git", "none"),
        default="pre-commit",
        help="what runs the hook: pre-commit (default), Git itself, or nothing",
    )
    add_flag(parser, "--force", "replace existing files, and keep them as .bak")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    directory = Path(options.directory)
    _check_place(directory)
    if options.suite is not None and options.sample is None:
        raise UsageError("--suite needs --from FILE")
    if options.sample is not None:
        suite, files = _suite_of_sample(directory / SPECS, options)
    elif options.interactive:
        suite, files = _suite_of_answers(directory / SPECS, may_replace=options.force)
    elif options.example or not _has_suite(directory / SPECS):
        suite, files = _example(options.example or "minimal")
    else:
        suite, files = "", {}
    with naming(str(directory)):
        directory.mkdir(parents=True, exist_ok=True)
        with Folder.open(directory) as project:
            placed = list(_place(project, suite, files, replace=options.force))
            instructions = ""
            if options.hooks == "pre-commit":
                instructions = _place_pre_commit(project, directory, placed)
    if options.hooks == "git":
        instructions = _place_git_hooks(directory, placed)
    step = f"mockgen-watch {_option(directory)}generate"
    print_result(options, _data(placed, step), () if options.quiet else _lines(placed, step))
    if instructions:
        print(instructions, file=sys.stderr)
    return ExitCode.DONE


def _check_place(directory: Path) -> None:
    """Refuse a folder inside another project: a command would find either, by where it starts."""
    try:
        project = Path(find_project(directory))
    except UsageError:
        return
    if project != directory.resolve():
        remedy = f"to add to that project, use -C {shlex.quote(str(project))}"
        raise UsageError(f"this folder is inside the project {project}; {remedy}")


def _has_suite(specs: Path) -> bool:
    return any(path for name in USER_INPUT_NAMES for path in specs.rglob(name))


def _example(name: str) -> tuple[str, dict[str, bytes]]:
    """Return the suite of an example and its files by name."""
    folder = _STARTER / name
    with naming(str(folder)):
        return _SUITES[name], {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _suite_of_sample(specs: Path, options: argparse.Namespace) -> tuple[str, dict[str, bytes]]:
    """Return the suite for the sample that ``options`` name, and its files by name."""
    data = read_file(options.sample)
    path = Path(options.sample)
    suite, model = names_of(path.stem)
    suite = suite if options.suite is None else options.suite
    problem = suite_problem(suite)
    if problem:
        remedy = "" if options.suite is not None else "; name it with --suite"
        raise UsageError(f'"{suite}" cannot be a suite: {problem}{remedy}')
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    options.show_findings = functools.partial(
        write_findings, source_of=lambda _: text, stream=sys.stderr
    )
    sample = read_sample(options.sample, data)
    folder = specs / suite
    above = (folder, *folder.parents[: len(Path(suite).parts)])
    has_master = any((place / name).exists() for place in above for name in MASTER_NAMES)
    spec = spec_of_sample(sample, model, schema_of(suite), has_master=has_master).encode()
    old = _kept_spec(folder, may_replace=options.force)
    if old is not None and read_file(str(old)) != spec:
        remedy = "name another suite with --suite"
        if old.name == USER_INPUT_NAMES[0]:
            remedy += ", or replace it with --force"
        raise UsageError(f"{old} exists already; {remedy}")
    return suite, {USER_INPUT_NAMES[0]: spec}


def _kept_spec(folder: Path, *, may_replace: bool) -> Path | None:
    """Return the spec in ``folder`` that a new one cannot replace, which has the first name."""
    names = USER_INPUT_NAMES[1:] if may_replace else USER_INPUT_NAMES
    return next((folder / name for name in names if (folder / name).exists()), None)


def _suite_of_answers(specs: Path, *, may_replace: bool) -> tuple[str, dict[str, bytes]]:
    """Return the suite that a person describes, and its files by name."""

    def ask(question: str) -> str:
        print(question, end="", file=sys.stderr, flush=True)
        return input()

    def is_taken(suite: str) -> bool:
        return _kept_spec(specs / suite, may_replace=may_replace) is not None

    try:
        answers = interview(ask, is_taken, _vocabularies(specs))
    except EOFError:
        print(file=sys.stderr)
        message = "not all questions were answered; nothing was written"
        raise UsageError(message) from None
    return answers.suite, {"user_input.yaml": spec_text(answers).encode()}


def _vocabularies(specs: Path) -> set[str]:
    """Return the names of the vocabularies that a spec can use: the program's and the project's."""
    folder = specs / VOCABULARY_FOLDER
    own = (path for path in folder.rglob("*") if path.suffix in VOCABULARY_ENDINGS)
    names = {path.relative_to(folder).with_suffix("").as_posix() for path in own}
    return names | {Path(name).stem for name in shipped_vocabularies()}


def _place(
    project: Folder, suite: str, files: dict[str, bytes], *, replace: bool
) -> Iterator[UserFile]:
    others = {"user_input.yaml": USER_INPUT_NAMES[1:], "master.yaml": MASTER_NAMES[1:]}
    name, *rivals = PROJECT_NAMES
    write = functools.partial(write_user_file, project, replace=replace)
    yield write(f"{SPECS}/{name}", (_STARTER / name).read_bytes(), rivals)
    for name, data in files.items():
        yield write(f"{SPECS}/{suite}/{name}", data, others[name])
    for name in _SCHEMAS:
        yield write(f"schemas/{name}", read_schema(name))
    yield add_lines(project, ".gitattributes", _ATTRIBUTES)
    yield add_lines(project, ".gitignore", _IGNORED)


def _option(directory: Path) -> str:
    return "" if directory == Path() else f"-C {shlex.quote(directory.as_posix())} "


def _lines(placed: Sequence[UserFile], step: str) -> Iterator[str]:
    width = max(len(item.result) for item in placed)
    for item in placed:
        former = f"  (the old file is {item.kept_as})" if item.kept_as else ""
        yield escape_for_terminal(f"{item.result:<{width}}  {item.path}{former}")
    yield f"\nnext:\n  {escape_for_terminal(step)}"


def _data(placed: Sequence[UserFile], step: str) -> dict[str, object]:
    files = [
        {"path": item.path, "action": item.result.value, "former": item.kept_as or None}
        for item in placed
    ]
    return {"files": files, "next": [step]}


def _below_work_tree(directory: Path) -> Path:
    """Return ``directory`` relative to the work tree of Git that it is in, if any."""
    found = find_work_tree(directory)
    return Path() if found is None else directory.resolve().relative_to(found[0])


def _hook_command(directory: Path) -> str:
    """Return how the hook calls the program, from the top of the work tree."""
    return f"mockgen-watch {_option(_below_work_tree(directory))}hook"


def _place_pre_commit(project: Folder, directory: Path, placed: list[UserFile]) -> str:
    """Write the hook into pre-commit's configuration; return what a person has to do, or ""."""
    command, name = _hook_command(directory), PRE_COMMIT_CONFIG
    lines = "\n".join(hook_lines(command, 2))
    instructions = f"to check each commit, add this to {name}:\n\nrepos:\n{lines}"
    if _below_work_tree(directory) != Path():
        # It belongs to the top of the repository, which is not ours to write.
        return instructions
    if project.status(name) is None:
        placed.append(write_user_file(project, name, new_config(command).encode()))
        return ""
    text = read_file(str(directory / name)).decode("utf-8", "surrogateescape")
    try:
        new = with_hook(text, command)
    except (GraftError, UnicodeError):
        placed.append(UserFile(path=name, result=WriteResult.KEPT))
        return instructions
    file = UserFile(path=name, result=WriteResult.SAME)
    if new != text:
        data = new.encode("utf-8", "surrogateescape")
        kept_as = write_user_file(project, name, data, replace=True).kept_as
        file = UserFile(path=name, result=WriteResult.EXTENDED, kept_as=kept_as)
    placed.append(file)
    return ""


def _place_git_hooks(directory: Path, placed: list[UserFile]) -> str:
    """Write the hooks that Git itself calls; return what a person has to do, or ""."""
    command = f"exec {_hook_command(directory)}"
    repository = Repository.of(directory.resolve())
    hooks = repository.read(["rev-parse", "--git-path", "hooks"]).decode("utf-8", "surrogateescape")
    folder = Path(repository.work_tree) / hooks.rstrip("\n")
    instructions = []
    for name in _HOOKS:
        result = _place_git_hook(folder, name, f"#!/bin/sh\n{command}\n")
        placed.append(UserFile(path=f"{folder.name}/{name}", result=result))
        if result is WriteResult.KEPT:
            instructions.append(f"to check each commit, add this to {folder / name}:\n\n{command}")
    return "\n".join(instructions)


def _place_git_hook(folder: Path, name: str, script: str) -> WriteResult:
    with naming(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        with Folder.open(folder) as hooks:
            result = write_user_file(hooks, name, script.encode()).result
        if result is WriteResult.CREATED:
            (folder / name).chmod(0o755)
        text = (folder / name).read_bytes()
    is_ours = b"mockgen-watch" in text and b" hook" in text
    return WriteResult.SAME if result is WriteResult.KEPT and is_ours else result
