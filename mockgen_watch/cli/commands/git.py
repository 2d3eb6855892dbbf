"""Takes what to set up in this clone of Git; gives its drivers, or text for one of them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.errors import UsageError

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch git install      git diff shows records and fields of outputs, in this clone
  mockgen-watch git uninstall    undoes just that
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument("action", choices=("install", "uninstall", "textconv"), help="what to do")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="for textconv, which Git calls: an output"
    )


def run(options: argparse.Namespace) -> int:
    """Carry ``git`` out."""
    if (options.action == "textconv") != (options.file is not None):
        raise UsageError("textconv takes a file; install and uninstall take none")
    if options.action == "textconv":
        from mockgen_watch.workflow.textconv import text_of  # noqa: PLC0415 - each its own imports

        sys.stdout.buffer.write(text_of(Path(options.file)))
        return ExitCode.DONE
    from mockgen_watch.storage.git_settings import (  # noqa: PLC0415 - as above
        install_driver,
        remove_driver,
    )
    from mockgen_watch.storage.repository import Repository  # noqa: PLC0415
    from mockgen_watch.workflow.project import open_project  # noqa: PLC0415

    project = open_project(options.directory, options.profile)
    repository = Repository.of(project.root)
    outputs = project.settings.outputs.strip("/")
    if options.action == "install":
        words = ("set up", "set up already")
        has_changed = install_driver(repository, outputs)
    else:
        words = ("taken away", "not set up")
        has_changed = remove_driver(repository, outputs)
    if not options.quiet:
        print(f"the diff driver for {outputs}/ is {words[0] if has_changed else words[1]}")
    return ExitCode.DONE
