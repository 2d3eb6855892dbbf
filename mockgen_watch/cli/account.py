"""Takes the account of a run; gives a log line for each file that moved and for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Severity
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.observe.logs import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.observe.logs import Log
    from mockgen_watch.workflow.results import Report


_EVENTS = {
    Action.CREATE: "output.create",
    Action.UPDATE: "output.update",
    Action.DELETE: "output.delete",
}


def log_report(report: Report, log: Log, *, with_findings: bool) -> None:
    """Tell what became of each file, what was found, and how many of each there are.

    ``with_findings`` is False when people read the findings on stderr already.
    """
    if with_findings:
        log_findings(report.diagnostics, log)
    if not log.shows(Level.INFO):
        return
    for file in report.files:
        fields = {"path": file.path, "records": file.records, "reason": file.reason.value}
        if file.resumed:
            fields["resumed"] = file.resumed
        if file.action is Action.KEEP:
            log.debug("output.keep", **fields)
        elif file.action is Action.REFUSE:
            log.warning("output.refuse", **fields)
        else:
            log.info(_EVENTS[file.action], **fields)
    log.info(
        "run.done",
        written=report.count(Action.CREATE, Action.UPDATE),
        removed=report.count(Action.DELETE),
        refused=report.count(Action.REFUSE),
        kept=report.count(Action.KEEP),
        failed_suites=list(report.failed_suites),
        stopped=report.is_stopped,
    )


def log_findings(diagnostics: Iterable[Diagnostic], log: Log) -> None:
    """Tell each finding by its severity."""
    for found in diagnostics:
        fields = {
            "code": found.code,
            "location": str(found.location),
            "message": found.message,
            "hint": found.hint,
        }
        if found.severity is Severity.ERROR:
            log.error("diagnostic", **fields)
        elif found.severity is Severity.WARNING:
            log.warning("diagnostic", **fields)
        else:
            log.info("diagnostic", **fields)
