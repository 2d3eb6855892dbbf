"""Takes an argument parser; gives it the options that every command understands."""

from __future__ import annotations

import argparse
import os
import sys

from mockgen_watch.storage.folders import plain_path

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
