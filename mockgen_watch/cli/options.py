"""Takes an argument parser; gives it the options that every command understands."""

from __future__ import annotations

import argparse
from pathlib import Path


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
        type=Path,
        default=default(Path()),
        help="work in the project at DIR (default: the current folder)",
    )
    group.add_argument(
        "--profile", metavar="NAME", default=default(None), help="take the project's profile NAME"
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
