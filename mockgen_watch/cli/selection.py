"""Takes an argument parser; gives it the options that choose suites, models and scenarios."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mockgen_watch.errors import UsageError
from mockgen_watch.plan.selection import Selection
from mockgen_watch.spec.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable


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
