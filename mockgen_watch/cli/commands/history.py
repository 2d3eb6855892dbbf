"""Diff and verify: how outputs differ from a commit, and which commits can be made again."""

from __future__ import annotations

import contextlib
import itertools
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json
from mockgen_watch.cli.running import executor_of, print_result, progress, wants_color
from mockgen_watch.git.history import FieldDifference, FileDifference, diff_outputs
from mockgen_watch.git.verify import Commit, StaleCommit, Verification, verify
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.views.diagnostics import diagnostics_data
from mockgen_watch.views.runs import difference_data
from mockgen_watch.views.values import counted, plural, shown_value
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.workflow.changes import CellChange

DIFF_EXAMPLES: Final = """examples:
  mockgen-watch diff                     how the outputs differ from the last commit
  mockgen-watch diff main                from the branch main
  mockgen-watch diff main --markdown     a comment for a pull request

The order of keys and records does not matter, so it is not a difference.
"""

VERIFY_EXAMPLES: Final = """examples:
  mockgen-watch verify                     the last commit
  mockgen-watch verify origin/main..       every commit that is not yet in origin/main
  mockgen-watch verify v1.0..v2.0 --json

Every output is generated again from the specs of its own commit, read from Git: nothing is checked
out, and files in the working tree do not matter.
"""

LONGEST_MARKDOWN: Final = 50_000
"""Characters of a comment, about; one of GitHub has 65,536 at most."""

_SHORT: Final = 10
_RED, _GREEN, _BOLD, _RESET = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


def add_diff_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revision", metavar="REV", nargs="?", default="HEAD", help="a commit (default: HEAD)"
    )
    add_flag(parser, "--exit-code", "exit with 1 when they differ")
    form = parser.add_mutually_exclusive_group()
    add_flag(form, "--json", "the differences as JSON")
    add_flag(form, "--markdown", "the differences as Markdown")


def run_diff(options: argparse.Namespace) -> int:
    project = open_project(options.directory, options.profile)
    files = diff_outputs(project, options.revision)
    if options.markdown:
        lines = _markdown(files, options.revision)
    else:
        lines = _text(files, is_short=options.quiet)
    print_result(options, difference_data(files), lines)
    return ExitCode.FINDINGS if options.exit_code and files else ExitCode.DONE


def _summary(field: FieldDifference, records: int) -> str:
    """Return one line such as ``+1 value in pool CLM_TYPE → 20 of 100 records``."""
    name = escape_for_terminal(field.field)
    signs = [f"+{field.added}"] * bool(field.added) + [f"-{field.removed}"] * bool(field.removed)
    if signs:
        values = plural("value", field.added + field.removed)
        name = f"{' '.join(signs)} {values} in pool {name}"
    return f"{name} → {field.records} of {counted(records, 'record')}"


def _total(files: Sequence[FileDifference]) -> str:
    """Return how much differs: ``2 outputs differ, in 14 values``."""
    values = counted(sum(len(file.cells) for file in files), "value")
    verb = "differs" if len(files) == 1 else "differ"
    return f"{counted(len(files), 'output')} {verb}, in {values}"


def _about(file: FileDifference) -> str:
    if not file.is_readable:
        return "changed; cannot be read as records"
    if file.before is None:
        return f"new, {file.after} records"
    return "changed" if file.after is not None else f"removed, {file.before} records"


def _records(file: FileDifference) -> int:
    return max(file.before or 0, file.after or 0)


def _text(files: Sequence[FileDifference], *, is_short: bool) -> Iterator[str]:
    has_color = wants_color(sys.stdout)
    bold, red, green, reset = (_BOLD, _RED, _GREEN, _RESET) if has_color else [""] * 4
    for file in files:
        yield f"{bold}{escape_for_terminal(file.path)}{reset}  {_about(file)}"
        for field in file.fields:
            yield f"  {_summary(field, _records(file))}"
        for cell in () if is_short else file.cells:
            place = f"record {cell.record} {escape_for_terminal(cell.pointer)}"
            before, after = shown_value(cell.before), shown_value(cell.after)
            yield f"    {place}: {red}{before}{reset} → {green}{after}{reset}"
    if files:
        yield _total(files)


def _markdown(files: Sequence[FileDifference], revision: str) -> Iterator[str]:
    if not files:
        yield f"No fixture differs from {_code(escape_for_terminal(revision))}."
        return
    yield f"**{_total(files)}** from {_code(escape_for_terminal(revision))}."
    left = LONGEST_MARKDOWN
    for number, file in enumerate(files):
        if left <= 0:
            yield from ("", f"… and {len(files) - number} more outputs")
            return
        lines = list(_in_markdown(file, left))
        left -= sum(map(len, lines))
        yield from lines


def _in_markdown(file: FileDifference, longest: int) -> Iterator[str]:
    """Yield what differs in ``file``; of its values no more than ``longest`` characters."""
    yield from ("", f"#### {_code(file.path)} {_about(file)}", "")
    for field in file.fields:
        yield f"- {_code(_summary(field, _records(file)))}"
    if not file.cells:
        return
    lengths = itertools.accumulate(len(row) for row in map(_row, file.cells))
    shown = sum(1 for length in lengths if length <= longest)
    yield from ("", "<details><summary>values</summary>", "")
    yield from ("| record | value | before | after |", "|---|---|---|---|")
    yield from map(_row, file.cells[:shown])
    if shown < len(file.cells):
        yield from ("", f"… and {len(file.cells) - shown} more values")
    yield from ("", "</details>")


def _row(cell: CellChange) -> str:
    shown = (escape_for_terminal(cell.pointer), shown_value(cell.before), shown_value(cell.after))
    return f"| {cell.record} | " + " | ".join(map(_code, shown)) + " |"


def _code(text: str) -> str:
    """Return ``text`` as code that neither ends early nor breaks a table."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "revisions", metavar="REV..REV", nargs="*", default=["HEAD"], help="default: HEAD"
    )
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="number of processes")
    add_flag(parser, "--again", "check commits again that were already verified")
    add_json(parser)


def run_verify(options: argparse.Namespace) -> int:
    project = open_project(options.directory)
    with contextlib.ExitStack() as stack:

        def begin(commits: int) -> Callable[[Commit], None]:
            bar = stack.enter_context(progress(commits, unit="commits", is_quiet=options.quiet))
            return lambda commit: bar.advance(commit.id[:_SHORT], 1)

        found = verify(
            project,
            options.revisions,
            executor=executor_of(options),
            begin=begin,
            trust_memory=not options.again,
        )
    print_result(options, _verify_data(found), _verify_lines(found, is_quiet=options.quiet))
    return ExitCode.FINDINGS if found.stale else ExitCode.DONE


def _verify_lines(found: Verification, *, is_quiet: bool) -> Iterator[str]:
    for stale in found.stale:
        yield from _stale_lines(stale)
    if not is_quiet:
        right = found.commits - len(found.stale) - found.without
        without = f", {found.without} without specs and outputs" if found.without else ""
        commits = plural("commit", found.commits)
        yield f"{right} of {found.commits} {commits} can be reproduced{without}"


def _stale_lines(stale: StaleCommit) -> Iterator[str]:
    commit = stale.commit
    bold, reset = (_BOLD, _RESET) if wants_color(sys.stdout) else ("", "")
    subject = escape_for_terminal(commit.subject)
    yield f"{bold}{commit.id[:_SHORT]}{reset}  {commit.date[:10]}  {subject}"
    for item in stale.diagnostics:
        yield f"  {escape_for_terminal(f'{item.location} {item.code} {item.message}')}"


def _verify_data(found: Verification) -> dict[str, object]:
    return {
        "commits": found.commits,
        "remembered": found.remembered,
        "without": found.without,
        "stale": [
            {
                "commit": stale.commit.id,
                "date": stale.commit.date,
                "subject": stale.commit.subject,
                **diagnostics_data(stale.diagnostics),
            }
            for stale in found.stale
        ],
    }
