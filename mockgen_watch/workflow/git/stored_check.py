"""Takes specs and outputs as Git holds them; gives what is wrong, with every byte made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.executors.serial import Serial
from mockgen_watch.lock.snapshot import Action, Reason
from mockgen_watch.workflow.check import MadeDigests, check_suite
from mockgen_watch.workflow.decide import decide
from mockgen_watch.workflow.generate import OutputProducer, no_progress
from mockgen_watch.workflow.request import Request
from mockgen_watch.workflow.structure import check_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.executors.base import Executor
    from mockgen_watch.lock.snapshot import FileAction, SuiteAction
    from mockgen_watch.workflow.check import KnownDigests
    from mockgen_watch.workflow.decide import Decision
    from mockgen_watch.workflow.git.stored import Stored
    from mockgen_watch.workflow.project import OpenProject


def validate_stored(stored: Stored) -> tuple[Diagnostic, ...]:
    """Return what is wrong with specs as Git holds them; outputs are not looked at.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    found = dict.fromkeys((*stored.project.diagnostics, *decision.preparer.found()))
    found.update(dict.fromkeys(_structure(stored.project, decision)))
    return in_order(found)


def verify_stored(stored: Stored) -> tuple[Diagnostic, ...]:
    """Return what is wrong with specs and outputs as Git holds them.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    produce = OutputProducer(decision.preparer, Serial(), no_progress)
    found = dict.fromkeys(_stale(stored, decision, MadeDigests(produce)))
    found.update(dict.fromkeys(_structure(stored.project, decision)))
    return in_order(found)


def find_stale_outputs(
    stored: Stored, executor: Executor, known: KnownDigests
) -> tuple[Diagnostic, ...]:
    """Return what keeps the outputs from being what the specs beside them make.

    Bytes are made again, but for those that ``known`` tells; what is made is added to it.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
    """
    decision = decide(stored.project, Request(trust_locks=False), stored.outputs)
    produce = OutputProducer(decision.preparer, executor, no_progress)
    found = dict.fromkeys(_stale(stored, decision, MadeDigests(produce, known)))
    return in_order(item for item in found if has_errors((item,)))


def _stale(stored: Stored, decision: Decision, made: MadeDigests) -> Iterator[Diagnostic]:
    yield from decision.diagnostics
    label = stored.project.output_root().label
    for suite in decision.reconciliation.suites:
        yield from check_suite(_doubted(suite), decision, label, made)
    yield from decision.preparer.found()


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return ``found`` in the order of report."""
    return tuple(sorted(found, key=lambda item: item.sort_key))


def _doubted(suite: SuiteAction) -> SuiteAction:
    """Return ``suite`` with nothing believed of its lockfile: all bytes are to be made again."""

    def doubt(file: FileAction) -> FileAction:
        if file.action is not Action.KEEP:
            return file
        reason = Reason.CHANGED
        return replace(file, action=Action.UPDATE, reason=reason, must_produce=True)

    outputs = (replace(output, files=tuple(map(doubt, output.files))) for output in suite.outputs)
    return replace(suite, outputs=tuple(outputs))


def _structure(project: OpenProject, decision: Decision) -> Iterable[Diagnostic]:
    loader = project.loader
    return check_documents(loader.documents(), loader.masters(), decision.preparer.found())
