"""Git: set up its drivers for outputs in this clone, and answer what it asks them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.errors import UsageError
from mockgen_watch.git.history import text_of
from mockgen_watch.git.repository import Repository
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

EXAMPLES: Final = """examples:
  mockgen-watch git install      git diff shows records and fields of outputs, and a merge generates
                                 outputs from the merged specs, in this clone
  mockgen-watch git uninstall    undoes this

Git itself runs textconv FILE and merge BASE OURS THEIRS PATH.
"""

FILES: Final = {"install": 0, "uninstall": 0, "textconv": 1, "merge": 4}
"""How many files each action takes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=tuple(FILES), help="what to do")
    parser.add_argument(
        "files", metavar="FILE", nargs="*", help="the arguments that Git passes to a driver"
    )


def run(options: argparse.Namespace) -> int:
    if len(options.files) != FILES[options.action]:
        raise UsageError(f"git {options.action} takes {FILES[options.action] or 'no'} file names")
    if options.action == "textconv":
        sys.stdout.buffer.write(text_of(Path(options.files[0])))
        return ExitCode.DONE
    if options.action == "merge":
        return _merge(Path(options.directory), options.files)
    return _set_up(options)


def _merge(folder: Path, files: Sequence[str]) -> int:
    """Put what the merged specs make into the second of ``files``; 1 leaves it in conflict."""
    from mockgen_watch.git.merge_driver import merge_file

    *names, path = files
    versions = [(folder / name).resolve() for name in names]
    is_clean, messages = merge_file(folder.resolve(), path, versions)
    for text in messages:
        print(f"mockgen-watch: {escape_for_terminal(text)}", file=sys.stderr)
    return ExitCode.DONE if is_clean else ExitCode.FINDINGS


def _set_up(options: argparse.Namespace) -> int:
    from mockgen_watch.git.settings import install_drivers, remove_drivers

    project = open_project(options.directory, options.profile)
    repository = Repository.of(project.root)
    outputs = project.settings.outputs.strip("/")
    if options.action == "install":
        words = ("set up", "set up already")
        has_changed = install_drivers(repository, outputs)
    else:
        words = ("removed", "not set up")
        has_changed = remove_drivers(repository, outputs)
    if not options.quiet:
        state = words[0] if has_changed else words[1]
        print(f"diff and merge drivers for {outputs}/: {state}")
    return ExitCode.DONE
