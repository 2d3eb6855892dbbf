"""Takes an argument parser; gives it the options that every command understands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.errors import UsageError
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.folders import plain_path
from mockgen_watch.storage.project_folder import StateFolder, find_project

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


PROFILE = "MOCKGEN_PROFILE"
"""The environment variable that names a profile, where no option does."""
_COLUMNS = 80
"""Where there is no terminal."""


def help_formatter(prog: str) -> argparse.HelpFormatter:
    """Return what lays out help, as wide as the terminal; a parser's ``formatter_class``.

    Parsers make one for each option, to try it. Left to find the width itself, it imports shutil
    for that, with all the ways to pack an archive.
    """
    return argparse.RawDescriptionHelpFormatter(prog, width=_terminal_columns() - 2)


def _terminal_columns() -> int:
    """Return what ``shutil.get_terminal_size`` returns."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _COLUMNS  # type: ignore[union-attr]  # None is an AttributeError
    except (AttributeError, ValueError, OSError):
        return _COLUMNS


def add_global_options(parser: argparse.ArgumentParser, *, is_repeat: bool = False) -> None:
    """Declare ``-C``, ``--profile``, ``-v``, ``-q`` and ``--log-format``.

    They may stand before or behind the command: with ``is_repeat`` an absent option leaves alone
    what stood before the command.
    """

    def default(value: object) -> object:
        return argparse.SUPPRESS if is_repeat else value

    group = parser.add_argument_group("options of every command")
    group.add_argument(
        "-C",
        dest="directory",
        metavar="DIR",
        type=plain_path,
        default=default("."),
        help="work in the project at DIR (default: the current folder)",
    )
    group.add_argument(
        "--profile",
        metavar="NAME",
        default=default(os.environ.get(PROFILE) or None),
        help=f"take the project's profile NAME (default: ${PROFILE})",
    )
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v", "--verbose", action="store_true", default=default(value=False), help="say more"
    )
    loudness.add_argument(
        "-q", "--quiet", action="store_true", default=default(value=False), help="errors only"
    )
    group.add_argument(
        "--log-format",
        choices=("console", "json"),
        default=default(None),
        help="logs for people or for programs (default: console on a terminal, else json)",
    )


def add_suites(parser: argparse.ArgumentParser) -> None:
    """Declare the suites that a command works on."""
    parser.add_argument(
        "suites",
        metavar="SUITE",
        nargs="*",
        help="a suite, or a folder of suites, below specs/ (default: all)",
    )


def add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare ``--model``, ``--models``, ``--scenario``, ``--count``, ``--seed`` and the format."""
    group = parser.add_argument_group("what is generated")
    group.add_argument(
        "--model", metavar="M", action="append", default=[], help="this model only; may be repeated"
    )
    group.add_argument("--models", metavar="M", nargs="+", default=[], help="these models only")
    group.add_argument(
        "--scenario",
        metavar="S",
        action="append",
        default=[],
        help="this scenario only (positive, negative, …); may be repeated",
    )
    group.add_argument(
        "--count", metavar="N", type=whole_number, help="records of each output, not the spec's"
    )
    group.add_argument("--seed", metavar="N", type=int, help="another seed than the spec's")
    add_format(group)


def add_format(group: argparse._ArgumentGroup) -> None:
    """Declare the format and the layout."""
    group.add_argument(
        "--format", metavar="F", help="json, ndjson, yaml or csv, not the spec's format"
    )
    group.add_argument(
        "--output-format",
        choices=[layout.value for layout in Layout],
        help="single: the first record; multiple: all in one file; split: a file a record",
    )
    group.add_argument("--split", action="store_true", help="the same as --output-format split")


def selection_of(options: argparse.Namespace, scenarios: Iterable[str] = ()) -> Selection:
    """Return the selection that the options of ``add_selection`` ask for.

    Raises:
        UsageError: two of them contradict each other.
    """
    layout = options.output_format
    if options.split:
        if layout not in {None, Layout.SPLIT.value}:
            raise UsageError(f"--split and --output-format {layout} contradict each other")
        layout = Layout.SPLIT.value
    return Selection(
        models=(*options.model, *options.models),
        scenarios=(*getattr(options, "scenario", ()), *scenarios),
        count=options.count,
        seed=getattr(options, "seed", None),
        format=options.format,
        layout=None if layout is None else Layout(layout),
    )


def whole_number(text: str) -> int:
    """Return the number in ``text``: digits, with ``_`` between them if one likes.

    Raises:
        argparse.ArgumentTypeError: it is none, or less than 0.
    """
    digits = text.replace("_", "")
    if not digits.isascii() or not digits.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(digits)


def state_of(options: argparse.Namespace) -> StateFolder:
    """Return the state folder of the project that the options mean.

    Raises:
        UsageError: there is none.
    """
    return StateFolder.of(find_project(options.directory))


def tell_outcome(answer: Mapping[str, object], options: argparse.Namespace, done: str) -> int:
    """Tell how the batch ended that a question asked for; ``done``: what is said when all is right.

    Returns:
        The exit code.
    """
    is_right = bool(answer["converged"]) and not answer["errors"]
    if options.json:
        print(json.dumps(answer, indent=2))
    else:
        found = answer["diagnostics"]
        told = [*found] if isinstance(found, list) else []
        for text in [answer["error"], *told]:
            if text:
                print(escape_for_terminal(str(text)), file=sys.stderr)
        if is_right and not options.quiet:
            print(done)
    return ExitCode.DONE if is_right else ExitCode.FINDINGS
