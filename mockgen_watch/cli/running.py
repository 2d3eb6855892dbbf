"""Running a command: what is selected, who does the work, and what a person sees of it."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import sys
import time
from typing import TYPE_CHECKING, Final, TextIO

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import names_in
from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.errors import UsageError
from mockgen_watch.executors import Executor, Serial
from mockgen_watch.lock.model import Action
from mockgen_watch.observe import Level, Log, escape_for_terminal
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec.model import Layout
from mockgen_watch.views.diagnostics import diagnostics_text
from mockgen_watch.views.runs import report_data, report_lines
from mockgen_watch.views.values import json_text
from mockgen_watch.workflow.project import OpenProject, open_file, open_project, user_input_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mockgen_watch.storage.multi import Replaced
    from mockgen_watch.workflow.generate import Report
    from mockgen_watch.workflow.produce import Advance

PATIENCE: Final = 0.5
"""Seconds of work before a bar appears."""

PAUSE: Final = 0.1
"""Seconds between two pictures of the bar."""

_EVENTS: Final = {
    Action.CREATE: (Level.INFO, "output.create"),
    Action.UPDATE: (Level.INFO, "output.update"),
    Action.DELETE: (Level.INFO, "output.delete"),
    Action.KEEP: (Level.DEBUG, "output.keep"),
    Action.REFUSE: (Level.WARNING, "output.refuse"),
}
_LEVELS: Final = {
    Severity.ERROR: Level.ERROR,
    Severity.WARNING: Level.WARNING,
    Severity.NOTE: Level.INFO,
}


def selection_of(options: argparse.Namespace) -> Selection:
    """Return the selection that the options of ``add_selection`` ask for.

    Raises:
        UsageError: two of them contradict each other.
    """
    layout = options.output_format
    if options.split:
        if layout not in {None, Layout.SPLIT.value}:
            raise UsageError(
                f"--split and --output-format {layout} contradict each other; leave one out"
            )
        layout = Layout.SPLIT.value
    return Selection(
        models=names_in((*options.model, *options.models)),
        scenarios=names_in(options.scenario),
        count=options.count,
        seed=getattr(options, "seed", None),
        format=options.format,
        layout=None if layout is None else Layout(layout),
    )


def open_selected(options: argparse.Namespace) -> OpenProject:
    """Return the project that the options name: that of a folder, or of ``--config``.

    What ends the command early is shown with its source lines from here on; see ``main``.

    Raises:
        UsageError: there is none.
    """
    if getattr(options, "config", None) is None:
        project = open_project(options.directory, options.profile)
    else:
        project = open_file(options.directory, options.config, options.master)
    _show_findings_of(project, options)
    return project


def use_files_in_place(options: argparse.Namespace) -> None:
    """Outside of projects, let ``--config`` be the user_input file of the folder, if it has one."""
    if options.config is None and not getattr(options, "suites", ()):
        options.config = user_input_in(options.directory)


def open_selection(
    options: argparse.Namespace, selection: Selection
) -> tuple[OpenProject, Selection]:
    """Return the project that the options name, and what is selected of it.

    A file in the oldest format that ``--config`` names is read as it is, and so are those of the
    folder with ``--legacy``; without such files the selection is the one given.

    Raises:
        UsageError: there is none.
    """
    is_asked = getattr(options, "legacy", False)
    if not is_asked and options.config is None:
        return open_selected(options), selection
    from mockgen_watch.migrations.direct import DirectReading
    from mockgen_watch.migrations.forms import Form
    from mockgen_watch.workflow.direct import form_of_file, open_legacy

    if not is_asked and form_of_file(options.directory, options.config) is not Form.SECTIONS:
        return open_selected(options), selection
    reading = DirectReading(
        is_asked=is_asked,
        keep_empty=getattr(options, "keep_empty", False),
        command=f"mockgen-watch migrate {options.config} --out specs",
    )
    project, selection = open_legacy(
        options.directory,
        selection,
        reading,
        profile=options.profile,
        config=options.config,
        master=options.master,
    )
    _show_findings_of(project, options)
    return project, selection


def _show_findings_of(project: OpenProject, options: argparse.Namespace) -> None:
    options.show_findings = functools.partial(
        write_findings, source_of=project.suites.text_of, stream=sys.stderr
    )


def executor_of(options: argparse.Namespace) -> Executor:
    """Return what runs the work: this process, or as many as ``--jobs`` says.

    Raises:
        UsageError: the number makes no sense.
    """
    if options.jobs < 1:
        raise UsageError("--jobs must be at least 1")
    if options.jobs == 1:
        return Serial()
    from mockgen_watch.executors.processes import Processes

    return Processes(options.jobs)


class Bar:
    """A bar on stderr with share, rate and time left; log lines appear above it."""

    def __init__(self, unit: str, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        counts = "{task.completed:,.0f} of {task.total:,.0f} {task.fields[unit]}{task.fields[rate]}"
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn(counts, style="none", markup=False),
            TimeRemainingColumn(compact=True),
            console=Console(file=sys.stderr, no_color=bool(os.environ.get("NO_COLOR"))),
            transient=True,
            # It would send stdout to this console, also when stdout is a file.
            redirect_stdout=False,
            # ``show`` draws: a thread that draws is one that a fork would copy.
            auto_refresh=False,
        )
        self._task = self._progress.add_task("", total=total, unit=unit, rate="")
        self._progress.start()

    def show(self, name: str, done: int) -> None:
        """Draw that ``done`` units are done, the present one being part of ``name``."""
        self._progress.update(self._task, completed=done, description=escape_for_terminal(name))
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, rate="" if speed is None else f", {speed:,.0f}/s")
        self._progress.refresh()

    def close(self) -> None:
        """Take the bar away; what comes next is written where it was."""
        self._progress.stop()


class Progress:
    """Counts what is done; draws a bar once the work has shown that it takes long.

    There is no thread that keeps the bar moving: it moves when something is done.
    """

    def __init__(
        self, total: int, draw: Callable[[int], Bar] | None, clock: Callable[[], float]
    ) -> None:
        self.total = total
        self.done = 0
        self._draw = draw
        self._clock = clock
        self._next = clock() + PATIENCE
        self._bar: Bar | None = None

    def advance(self, name: str, number: int) -> None:
        """Note that ``number`` more units of ``name`` are done."""
        self.done += number
        if self._draw is None or self._clock() < self._next:
            return
        if self._bar is None:
            if self.done >= self.total:
                return
            self._bar = self._draw(self.total)
        self._bar.show(name, self.done)
        self._next = self._clock() + PAUSE

    def close(self) -> None:
        """Take the bar away, if one was drawn."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextlib.contextmanager
def progress(
    total: int,
    *,
    unit: str = "records",
    is_quiet: bool = False,
    stream: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Give what counts the units of a command, and shows them to a person at a terminal.

    A bar is drawn where ``stream``, by default stderr, is a terminal that can move its cursor.
    """
    target = stream or sys.stderr
    can_draw = not is_quiet and target.isatty() and os.environ.get("TERM") != "dumb"
    counter = Progress(total, functools.partial(Bar, unit) if can_draw else None, clock)
    try:
        yield counter
    finally:
        counter.close()


@contextlib.contextmanager
def running(options: argparse.Namespace) -> Iterator[Callable[[int], Advance]]:
    """Yield a function that takes the number of records and starts to show progress."""
    with contextlib.ExitStack() as stack:

        def begin(records: int) -> Advance:
            bar = stack.enter_context(progress(records, is_quiet=options.quiet))
            return lambda plan, made: bar.advance(f"{plan.model}/{plan.scenario}", made)

        yield begin


def wants_color(stream: TextIO) -> bool:
    """Return whether ``stream`` is a terminal that may show colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_findings(
    project: OpenProject, diagnostics: Sequence[Diagnostic], options: argparse.Namespace
) -> None:
    """Write diagnostics with excerpts of their source to stderr; notes only when verbose."""
    write_findings(diagnostics, project.suites.text_of, sys.stderr, with_notes=options.verbose)


def write_findings(
    diagnostics: Iterable[Diagnostic],
    source_of: Callable[[str], str | None],
    stream: TextIO,
    *,
    with_notes: bool = False,
) -> None:
    """Write diagnostics with excerpts of their source to ``stream``; see ``diagnostics_text``."""
    shown = [item for item in diagnostics if with_notes or item.severity is not Severity.NOTE]
    stream.write(diagnostics_text(shown, source_of, color=wants_color(stream)))


def print_result(options: argparse.Namespace, data: object, lines: Iterable[str]) -> None:
    """Write the result of a command to stdout: ``data`` with ``--json``, else ``lines``."""
    if options.json:
        print(json_text(data))
    else:
        for line in lines:
            print(line)


def finish(
    project: OpenProject, report: Report, options: argparse.Namespace, *, is_plan: bool = False
) -> int:
    """Write what was done to stdout, findings to stderr, both to the log; return the exit code."""
    _log_report(report, options.log, with_findings=options.log_format is not None)
    if options.json:
        print(json_text(report_data(report)))
        return code_of(report.diagnostics)
    if options.log_format is None:
        print_findings(project, report.diagnostics, options)
    if not options.quiet:
        for line in report_lines(report, is_plan=is_plan, is_verbose=options.verbose):
            print(line)
    for backup in report.backups:
        path = escape_for_terminal(f"{backup.folder}/{backup.path}")
        print(f"saved the previous {path} as backup {backup.number}", file=sys.stderr)
    if report.is_stopped:
        print("stopped early; the next run continues from here", file=sys.stderr)
    return code_of(report.diagnostics)


def code_of(diagnostics: Iterable[Diagnostic]) -> ExitCode:
    """Return the exit code that ``diagnostics`` make."""
    return ExitCode.FINDINGS if has_errors(diagnostics) else ExitCode.DONE


def _log_report(report: Report, log: Log, *, with_findings: bool) -> None:
    """Log each file, each finding and the counts of both.

    ``with_findings`` is False when people read the findings on stderr already.
    """
    for found in report.diagnostics if with_findings else ():
        log.write(
            _LEVELS[found.severity],
            "diagnostic",
            code=found.code,
            location=str(found.location),
            message=found.message,
            hint=found.hint,
        )
    if not log.shows(Level.INFO):
        return
    for file in report.files:
        fields = {"path": file.path, "records": file.records, "reason": file.reason.value}
        if file.resumed:
            fields["resumed"] = file.resumed
        log.write(*_EVENTS[file.action], **fields)
    log.info(
        "run.done",
        written=report.count(Action.CREATE, Action.UPDATE),
        removed=report.count(Action.DELETE),
        refused=report.count(Action.REFUSE),
        kept=report.count(Action.KEEP),
        failed_suites=list(report.failed_suites),
        stopped=report.is_stopped,
    )


def diff_lines(old_path: str, old: str, new_path: str, new: str) -> list[str]:
    """Return a unified diff of two texts, escaped, each line with its line end."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"a/{old_path}", f"b/{new_path}", lineterm=""
    )
    return [f"{escape_for_terminal(line)}\n" for line in lines]


def print_replaced(replaced: Replaced) -> None:
    """Write to stderr which backups were made of files, and which changed meanwhile and stay."""
    for backup in replaced.backups:
        path = escape_for_terminal(backup.path)
        print(f"saved the previous {path} as backup {backup.number}", file=sys.stderr)
    for path in replaced.refused:
        shown = escape_for_terminal(path)
        print(f"{shown} was changed in the meantime and is left as it is", file=sys.stderr)
