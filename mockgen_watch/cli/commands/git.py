"""Takes what to set up in this clone of Git; gives its drivers, or what one of them answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.errors import UsageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.settings import install_drivers, remove_drivers
from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

EXAMPLES = """examples:
  mockgen-watch git install      git diff shows records and fields of outputs, and a merge makes
                                 outputs from the merged specs, in this clone
  mockgen-watch git uninstall    undoes just that

Git itself calls textconv FILE, and merge BASE OURS THEIRS PATH.
"""

FILES = {"install": 0, "uninstall": 0, "textconv": 1, "merge": 4}
"""How many files each action takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("action", choices=tuple(FILES), help="what to do")
    parser.add_argument("files", metavar="FILE", nargs="*", help="what Git gives a driver")


def run(options: argparse.Namespace) -> int:
    """Carry ``git`` out."""
    if len(options.files) != FILES[options.action]:
        raise UsageError(f"git {options.action} takes {FILES[options.action] or 'no'} files")
    if options.action == "textconv":
        from mockgen_watch.git.difference import text_of  # noqa: PLC0415 - each its own imports

        sys.stdout.buffer.write(text_of(Path(options.files[0])))
        return ExitCode.DONE
    if options.action == "merge":
        return _merge(Path(options.directory), options.files)
    return _set_up(options)


def _merge(folder: Path, files: Sequence[str]) -> int:
    """Put what the merged specs make into the second of ``files``; 1 leaves it in conflict."""
    from mockgen_watch.git.merged_suite import answer, hear_question, merge_as_text  # noqa: PLC0415

    *names, path = files
    places = [(folder / name).resolve() for name in names]
    question = hear_question(folder.resolve(), path, places)
    if question is None:
        raise UsageError(f"{path} is below no project")
    told: tuple[str, ...] = ()
    if not question.is_settled:
        # Git asks for each file; the first question of a merge answers the others.
        from mockgen_watch.git.merge import settle_question  # noqa: PLC0415

        told = settle_question(question)
    if question.is_text:
        return ExitCode.DONE if merge_as_text(question, places) else ExitCode.FINDINGS
    data, news = answer(question, told)
    for line in news:
        print(f"mockgen-watch: {escape_for_terminal(line)}", file=sys.stderr)
    if data is None:
        # Our side stays there, without marks of a conflict: generate knows these bytes.
        return ExitCode.FINDINGS
    places[1].write_bytes(data)
    return ExitCode.DONE


def _set_up(options: argparse.Namespace) -> int:
    from mockgen_watch.workflow.project import open_project  # noqa: PLC0415

    project = open_project(options.directory, options.profile)
    repository = Repository.of(project.root)
    outputs = project.settings.outputs.strip("/")
    if options.action == "install":
        words = ("set up", "set up already")
        has_changed = install_drivers(repository, outputs)
    else:
        words = ("taken away", "not set up")
        has_changed = remove_drivers(repository, outputs)
    if not options.quiet:
        state = words[0] if has_changed else words[1]
        print(f"the drivers for differences and merges of {outputs}/ are {state}")
    return ExitCode.DONE
