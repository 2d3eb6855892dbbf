"""Options that commands share; declaring them imports nothing of what they select."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

PROFILE: Final = "MOCKGEN_PROFILE"
"""The environment variable that names a profile, where no option does."""

SCENARIOS: Final = ("positive", "negative", "exclusion")
"""Those that have an option of their own."""

_COLUMNS: Final = 80
"""Width of help where there is no terminal."""


def help_formatter(prog: str) -> argparse.HelpFormatter:
    """Return what lays out help, as wide as the terminal; a parser's ``formatter_class``.

    A parser makes one for each option, and would import shutil to ask for the width.
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

    They may come before or after the command: with ``is_repeat`` an absent option leaves alone
    what stood before the command.
    """

    def default(value: object) -> object:
        return argparse.SUPPRESS if is_repeat else value

    group = parser.add_argument_group("options of every command")
    group.add_argument(
        "-C",
        dest="directory",
        metavar="DIR",
        default=default("."),
        help="work in the project at DIR (default: the current folder)",
    )
    group.add_argument(
        "--profile",
        metavar="NAME",
        default=default(os.environ.get(PROFILE) or None),
        help=f"use the project's profile NAME (default: ${PROFILE})",
    )
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument(
        "-v", "--verbose", action="store_true", default=default(value=False), help="show more"
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


def add_flag(parser: argparse._ActionsContainer, name: str, text: str, *, short: str = "") -> None:
    """Declare an option without a value; ``text`` is its help."""
    parser.add_argument(*filter(None, (short, name)), action="store_true", help=text)


def add_scenario_flags(parser: argparse._ActionsContainer) -> None:
    """Declare ``--all`` and a flag for each of ``SCENARIOS``, beside ``--scenario``."""
    add_flag(parser, "--all", "every scenario", short="-a")
    for name in SCENARIOS:
        parser.add_argument(
            *(f"-{name[0]}", f"--{name}"),
            dest="scenario",
            action="append_const",
            const=name,
            default=[],
            help=f"the scenario {name}",
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
    group = parser.add_argument_group("what to generate")
    add_models(group)
    add_scenario(group)
    group.add_argument(
        *("-c", "--count"),
        metavar="N",
        type=whole_number,
        help="records in each output, instead of the spec's count",
    )
    group.add_argument("--seed", metavar="N", type=int, help="use this seed instead of the spec's")
    add_format(group)


def add_scenario(group: argparse._ActionsContainer) -> None:
    """Declare ``--scenario``."""
    group.add_argument(
        "--scenario",
        metavar="S",
        action="append",
        default=[],
        help="this scenario only (positive, negative, …); may be repeated, or S,S",
    )


def add_models(group: argparse._ArgumentGroup) -> None:
    """Declare ``--model`` and ``--models``."""
    group.add_argument(
        *("-m", "--model"),
        metavar="M",
        action="append",
        default=[],
        help="this model only, or a section: Model_1_Negative; may be repeated, or M,M",
    )
    group.add_argument("--models", metavar="M", nargs="+", default=[], help="these models only")


def add_format(group: argparse._ArgumentGroup) -> None:
    """Declare the format and the layout."""
    group.add_argument(
        "--format", metavar="F", help="json, ndjson, yaml or csv, instead of the spec's format"
    )
    group.add_argument(
        "--output-format",
        choices=("single", "multiple", "split"),
        help="single: the first record; multiple: all in one file; split: one file per record",
    )
    add_flag(group, "--split", "the same as --output-format split")


def add_jobs(group: argparse._ActionsContainer) -> None:
    """Declare ``--jobs``."""
    group.add_argument(
        "--jobs", metavar="N", type=whole_number, default=1, help="number of processes"
    )


def add_as_before(parser: argparse._ActionsContainer) -> None:
    """Declare ``--as-before``."""
    add_flag(parser, "--as-before", "write files as the earlier system did: names, places, shapes")


def add_json(parser: argparse._ActionsContainer, what: str = "the result") -> None:
    """Declare ``--json``."""
    add_flag(parser, "--json", f"{what} as JSON")


def names_in(words: Iterable[str]) -> tuple[str, ...]:
    """Return the names in ``words``, several of which may be in one, with commas between them."""
    return tuple(name.strip() for word in words for name in word.split(",") if name.strip())


def whole_number(text: str) -> int:
    """Return the number in ``text``: digits, with ``_`` between them if one likes.

    Raises:
        argparse.ArgumentTypeError: it is none, or less than 0.
    """
    digits = text.replace("_", "")
    if not digits.isascii() or not digits.isdigit():
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or more, not {text!r}")
    return int(digits)
