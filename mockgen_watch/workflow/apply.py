"""Saved plans: what a plan relies on, and doing what it says if all of that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import to_builtins

from mockgen_watch.digest import Digester
from mockgen_watch.errors import FindingsError, StorageError, UsageError
from mockgen_watch.lock.model import Action, FileAction, Reconciliation
from mockgen_watch.lock.paths import lock_path
from mockgen_watch.lock.saved_plan import SavedField, SavedFile, SavedPlan, moved, no_longer
from mockgen_watch.lock.settle import settle
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec import CONTRACT
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import OutputTree, read_outputs
from mockgen_watch.storage.project_folder import writer_lock
from mockgen_watch.storage.transaction import apply
from mockgen_watch.workflow.generate import (
    Decision,
    Report,
    decide,
    report_of_run,
)
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.workflow.changes import ChangePlan, PlannedFile
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject


def saved_plan(project: OpenProject, request: Request, plan: ChangePlan, tool: str) -> SavedPlan:
    """Return ``plan`` with all that it relies on.

    ``plan`` has the digest of every file that would be written; ``tool`` is the release of this
    program.

    Raises:
        FindingsError: a suite has errors, so that the plan is not one of all that was asked for.
    """
    if plan.failed_suites:
        raise FindingsError(plan.diagnostics)
    decision = plan.decision
    reconciliation = decision.reconciliation
    label = project.output_root().label
    inputs: dict[str, str | None] = {}
    for suite in reconciliation.snapshot.wanted:
        inputs.update(suite.inputs)
        inputs.update(dict.fromkeys(suite.absent))
    return SavedPlan(
        tool=tool,
        contract=CONTRACT,
        profile=project.profile,
        request={"suites": list(request.suites), **to_builtins(request.selection)},
        suites=dict(decision.suites.files),
        inputs=inputs,
        found={f"{label}/{path}": known for path, known in _relied_on(reconciliation).items()},
        files=tuple(_saved_file(file, plan) for file in plan.files),
    )


def _relied_on(reconciliation: Reconciliation) -> dict[str, str | None]:
    """Return output or lockfile → digest of what is there."""
    found = {file.path: file.found for file in reconciliation.files()}
    for suite in reconciliation.suites:
        path = lock_path(suite.suite)
        found[path] = reconciliation.snapshot.disk.get(path)
    return found


def _saved_file(file: PlannedFile, plan: ChangePlan) -> SavedFile:
    result = file.file
    is_written = result.action in {Action.CREATE, Action.UPDATE}
    return SavedFile(
        path=result.path,
        action=result.action,
        reason=result.reason.value,
        records=result.records,
        records_changed=file.records_changed,
        digest=plan.digests.get(result.path) if is_written else None,
        fields=tuple(
            SavedField(field=one.field, cells=one.cells, location=str(one.location or ""))
            for one in file.fields
        ),
    )


def apply_saved(
    project: OpenProject,
    saved: SavedPlan,
    path: str,
    tool: str,
    *,
    begin: Callable[[int], Advance] | None = None,
) -> Report:
    """Do what ``saved`` says, the plan in the file ``path``, and nothing else.

    ``tool`` is the release of this program; ``begin`` as for ``generate``.

    Raises:
        FindingsError: something that the plan relies on has moved; each is named.
        LockedError: another process writes.
        StorageError: the output folder cannot be read or written at all.
    """
    root = project.output_root()
    with writer_lock(project.state, "apply"):
        tree = read_outputs(root)
        _check([*_tool(saved, path, tool), *_inputs(project, saved), *_outputs(tree, saved)])
        decision = decide(project, request_of(saved), tree)
        expected = {file.path: file for file in saved.files}
        _check(_actions(decision, expected, root.label))
        renderer = decision.renderer(begin)
        # What was not planned stays as it is.
        digests = {**saved.found, **{path: file.digest for path, file in expected.items()}}
        contents = (
            (output, _checked(files, digests, root.label))
            for output, files in renderer.contents(decision.reconciliation)
        )
        outcome = apply(decision.reconciliation, tree, contents)
        tree.cache.save()
    return report_of_run(decision, outcome, root)


def _checked(
    files: Iterable[tuple[str, Iterable[bytes]]], digests: Mapping[str, str | None], label: str
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield ``files``, and stop where one comes out otherwise than was planned."""

    def check(chunks: Iterable[bytes], path: str) -> Iterator[bytes]:
        whole = Digester()
        for chunk in chunks:
            whole.update(chunk)
            yield chunk
        if digests.get(path) not in {None, whole.digest()}:
            raise StorageError(path, "its content differs from the plan")

    for path, chunks in files:
        yield path, check(chunks, f"{label}/{path}")


def request_of(saved: SavedPlan) -> Request:
    """Return what was asked when ``saved`` was made.

    Raises:
        UsageError: somebody changed it to what no command line can ask.
    """
    asked = saved.request
    try:
        layout = asked["layout"]
        selection = Selection(
            models=tuple(asked["models"]),
            scenarios=tuple(asked["scenarios"]),
            count=asked["count"],
            seed=asked["seed"],
            format=asked["format"],
            layout=None if layout is None else Layout(layout),
        )
        return Request(suites=tuple(asked["suites"]), selection=selection)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the request of the saved plan cannot be read: {error}") from error


def _check(found: Iterable[Diagnostic]) -> None:
    found = tuple(found)
    if found:
        raise FindingsError(found)


def _tool(saved: SavedPlan, path: str, tool: str) -> Iterator[Diagnostic]:
    if saved.tool != tool:
        yield no_longer(f"it was made by release {saved.tool}, but this is {tool}", path)
    elif saved.contract != CONTRACT:
        yield no_longer(f"it was made for contract {saved.contract}, but this is {CONTRACT}", path)


def _inputs(project: OpenProject, saved: SavedPlan) -> Iterator[Diagnostic]:
    now = {path: project.suites.sources.get(path) for path in saved.inputs}
    yield from moved(saved.inputs, now, "input")
    if not saved.request.get("suites"):
        for suite, path in sorted(project.suites.files.items()):
            if suite not in saved.suites:
                yield no_longer("the suite was added", path)


def _outputs(tree: OutputTree, saved: SavedPlan) -> Iterator[Diagnostic]:
    prefix = f"{tree.root.label}/"
    paths = {path: path.removeprefix(prefix) for path in saved.found}
    there, _ = tree.digests(path for path in paths.values() if path in tree.stamps)
    now = {path: there.get(inner, tree.lock_digests.get(inner)) for path, inner in paths.items()}
    yield from moved(saved.found, now, "output")


def _actions(
    decision: Decision, expected: Mapping[str, SavedFile], label: str
) -> Iterator[Diagnostic]:
    """Yield where another thing would be done than was planned, whatever the reason."""
    seen = set()
    for file in decision.reconciliation.files():
        path = f"{label}/{file.path}"
        seen.add(path)
        planned = expected.get(path)
        if planned is None:
            # A file whose new bytes turned out to be those that are there.
            may_be_kept = file.found is not None and file.must_produce
            if file.action is not Action.KEEP and not may_be_kept:
                yield no_longer(f"it would be {_DONE[file.action]}, which was not planned", path)
        elif _settled(file, planned) is not planned.action:
            yield no_longer(
                f"it would be {_DONE[file.action]}, not {_DONE[planned.action]} as planned", path
            )
    for path in sorted(expected.keys() - seen):
        yield no_longer("it would no longer be written or removed", path)


def _settled(file: FileAction, planned: SavedFile) -> Action:
    if planned.digest is None or not file.must_produce:
        return file.action
    return settle(file, planned.digest, is_forced=False)


_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DELETE: "removed",
    Action.KEEP: "kept",
    Action.REFUSE: "left",
}
