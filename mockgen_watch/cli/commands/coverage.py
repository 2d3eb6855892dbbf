"""Coverage: which values, pairs and odds the records of a scenario show."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json, whole_number
from mockgen_watch.cli.running import open_selected, wants_color
from mockgen_watch.errors import UsageError
from mockgen_watch.spec.model import Coverage
from mockgen_watch.views.coverage import (
    WORDS,
    can_draw,
    coverage_data,
    coverage_picture,
    coverage_text,
)
from mockgen_watch.views.values import counted, json_text
from mockgen_watch.workflow.coverage import CoverageReport, coverage_report, save_cases

if TYPE_CHECKING:
    from mockgen_watch.scenarios.measure import Measured, StrengthCount

EXAMPLES: Final = """examples:
  mockgen-watch coverage                           all outputs
  mockgen-watch coverage claims/Claim/positive -v  with every value and its odds
  mockgen-watch coverage --fail-under 100          exit code 1 when a combination is missing
  mockgen-watch coverage --strength 3-wise --fail-under 90
  mockgen-watch coverage --picture pairs.svg       a picture of the covered pairs
  mockgen-watch coverage claims --keep             keep the cases when pools change later

The report covers the records that the specs produce now; it does not read outputs.
"""

RECORDS: Final = 10_000
"""Records of each output that are counted by default."""

_ALL: Final = 100.0
"""Percent."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        metavar="SUITE[/MODEL[/SCENARIO]]",
        nargs="*",
        help="a suite, model or scenario (default: all)",
    )
    parser.add_argument(
        "--strength",
        choices=[word.value for word in Coverage if word is not Coverage.NONE],
        help="what --fail-under counts (default: what the spec asks for, else pairwise)",
    )
    parser.add_argument(
        "--fail-under",
        metavar="PERCENT",
        type=_percent,
        help="exit with 1 when an output covers less of what is possible",
    )
    parser.add_argument(
        "--records",
        metavar="N",
        type=whole_number,
        default=RECORDS,
        help=f"count the first N records of each output (default: {RECORDS:,})",
    )
    parser.add_argument(
        "--confidence",
        metavar="PERCENT",
        type=_confidence,
        default=99.0,
        help="confidence of the odds' intervals, in percent (default: 99)",
    )
    parser.add_argument(
        "--picture", metavar="FILE", help="write a picture of the covered pairs, as SVG"
    )
    add_flag(
        parser,
        "--keep",
        "write the cases of each $coverage to the file named by its keep",
    )
    add_json(parser, "the report")


def run(options: argparse.Namespace) -> int:
    project = open_selected(options)
    report = coverage_report(
        project, options.names, most=options.records, confidence=options.confidence / 100
    )
    if options.picture:
        _write_picture(report, options.picture)
    if options.keep:
        for path, count in save_cases(project, report).items():
            sys.stderr.write(f"kept {counted(count, 'case')} in {path}\n")
    if options.json:
        print(json_text(coverage_data(report)))
    else:
        width = shutil.get_terminal_size().columns if wants_color(sys.stdout) else None
        sys.stdout.write(coverage_text(report, width=width, is_verbose=options.verbose))
    if options.fail_under is None:
        return ExitCode.DONE
    strength = None if options.strength is None else Coverage(options.strength)
    return _judge(report, options.fail_under, strength)


def _judge(report: CoverageReport, least: float, strength: Coverage | None) -> int:
    """Return the exit code; name on stderr the outputs that cover too little."""
    code = ExitCode.DONE
    for output in report.outputs:
        if output.measured is None or output.is_twins:
            continue
        asked = strength or output.asked
        share = 100 * _closest(output.name, output.measured, asked).share
        if share < least:
            code = ExitCode.FINDINGS
            sys.stderr.write(
                f"{output.name}: {share:.1f} % of the {WORDS[asked]} are covered, "
                f"less than {least:g} %\n"
            )
    return code


def _closest(name: str, measured: Measured, asked: Coverage) -> StrengthCount:
    """Return the count of ``asked``, or of what comes closest where there are fewer fields."""
    count = measured.of(asked)
    if count is not None:
        return count
    if asked is Coverage.THREE_WISE and len(measured.parameters) >= asked.size:
        raise UsageError(f"{name} has too many triples to count")
    return measured.strengths[-1]


def _write_picture(report: CoverageReport, name: str) -> None:
    if not any(map(can_draw, report.outputs)):
        raise UsageError("no picture: it needs an output with two varying fields and few values")
    try:
        Path(name).write_text(coverage_picture(report.outputs), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}") from error


def _percent(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 <= float(text) <= _ALL:
            return float(text)
    raise argparse.ArgumentTypeError(f"must be a percentage from 0 to 100, not {text}")


def _confidence(text: str) -> float:
    value = _percent(text)
    if value in {0, _ALL}:
        raise argparse.ArgumentTypeError(f"must be a percentage between 0 and 100, not {text}")
    return value
