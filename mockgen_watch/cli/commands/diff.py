"""Diff: in which records and fields outputs differ from a commit."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.running import wants_color
from mockgen_watch.git.history import FieldDifference, FileDifference, diff_outputs
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.views.runs import difference_data
from mockgen_watch.views.values import counted, json_text, plural, shown_value
from mockgen_watch.workflow.project import open_project

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from mockgen_watch.workflow.changes import CellChange

EXAMPLES: Final = """examples:
  mockgen-watch diff                     what the outputs tell else than in the last commit
  mockgen-watch diff main                … than in the branch main
  mockgen-watch diff main --markdown     a comment for a pull request

The order of keys and of records tells nothing, so it is no difference.
"""

LONGEST_MARKDOWN: Final = 50_000
"""Characters of a comment, about; one of GitHub has 65,536 at most."""

_RED, _GREEN, _BOLD, _RESET = "\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[0m"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument(
        "revision", metavar="REV", nargs="?", default="HEAD", help="a commit (default: HEAD)"
    )
    parser.add_argument("--exit-code", action="store_true", help="exit with 1 when they differ")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="the difference as JSON")
    form.add_argument("--markdown", action="store_true", help="the difference as Markdown")


def run(options: argparse.Namespace) -> int:
    project = open_project(options.directory, options.profile)
    files = diff_outputs(project, options.revision)
    if options.json:
        print(json_text(difference_data(files)))
    elif options.markdown:
        print("\n".join(_markdown(files, options.revision)))
    else:
        for line in _text(files, is_short=options.quiet):
            print(line)
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
        return "changed, and cannot be read as records"
    if file.before is None:
        return f"new, {file.after} records"
    return "changed" if file.after is not None else f"gone, {file.before} records"


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
        yield f"The fixtures tell the same as in {_code(escape_for_terminal(revision))}."
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
