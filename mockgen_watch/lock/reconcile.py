"""Reconciliation: the action for every file, from what is wanted, there and ours.

The rules, for a file that is wanted:

===============================  =====================  =================
on disk                          inputs                 action
===============================  =====================  =================
nothing                          any                    create
the bytes wanted                 any                    keep
bytes that this program wrote    changed                update
other bytes, owned path          any                    refuse (MG501)
other bytes, path nobody owns    any                    refuse (MG504)
===============================  =====================  =================

Lockfiles, the journal and the memory of what was made say which bytes this program wrote at a path.

A file that is not wanted is deleted when its bytes are ours, on a run over the whole tree, unless
the project makes it under another profile. Nothing else is ever removed. What is refused is
replaced by force, never an obstacle.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock import model, paths
from mockgen_watch.lock.lockfile import LockedOutput, Lockfile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def wanted_from_lock(
    suite: str, lock: Lockfile, path: str, absent: tuple[str, ...]
) -> paths.WantedSuite:
    """Return what ``suite`` wants, whose lockfile was made from just these inputs.

    ``path`` is its user_input file, where diagnostics about it point; ``absent`` are the paths
    that the lockfile has the digest of.
    """
    outputs = tuple(
        paths.WantedOutput(
            suite=suite,
            model=entry.model,
            scenario=entry.scenario,
            key=entry.key,
            format=entry.format,
            layout=entry.layout,
            suffix=_suffix(entry),
            records=entry.records,
            location=Location(path=path),
            has_labels=f"{entry.name}{paths.LABELS_SUFFIX}" in entry.files,
        )
        for entry in lock.outputs.values()
    )
    return paths.WantedSuite(suite=suite, outputs=outputs, inputs=lock.inputs, absent=absent)


def _suffix(entry: LockedOutput) -> str:
    """Return what the files of ``entry`` end with, without the dot; a scenario may hold dots."""
    for path in entry.files:
        if path == f"{entry.name}{paths.LABELS_SUFFIX}":
            continue
        rest = path.removeprefix(entry.name)
        return rest.removeprefix(".") if rest.startswith(".") else rest.partition(".")[2]
    return ""


def reconcile(snapshot: model.Snapshot) -> model.Reconciliation:
    """Return what has to happen so that the output folder is as it is wanted."""
    return _Reconciler(snapshot).run()


class _Reconciler:
    """The tables that every decision looks at, made once from the snapshot."""

    def __init__(self, snapshot: model.Snapshot) -> None:
        self.snapshot = snapshot
        self.wanted = {suite.suite: suite for suite in snapshot.wanted}
        self.locks = {
            suite: lock for suite, lock in snapshot.locks.items() if isinstance(lock, Lockfile)
        }
        self.owned = {
            suite: {paths.below(suite, path): digest for path, digest in lock.files().items()}
            for suite, lock in self.locks.items()
        }
        self.known = self._known()
        # The digest that an earlier run has noted for a key: (path, key) → digest.
        self.promised = {(entry.path, entry.key): entry.digest for entry in snapshot.journal}
        self.wanted_paths = {
            path for suite in snapshot.wanted for output in suite.outputs for path in output.paths
        }

    def run(self) -> model.Reconciliation:
        blocked = list(self._blocked())
        frozen = {suite.suite for suite in self.snapshot.wanted if suite.has_failed}
        frozen |= {suite for suite, _ in blocked}
        named = set(self.wanted)
        if self.snapshot.is_whole_tree:
            named |= set(self.locks)
        if self.snapshot.acting is not None:
            named &= self.snapshot.acting
        suites = tuple(self._suite(suite) for suite in sorted(named - frozen))
        return model.Reconciliation(
            suites=suites,
            strays=(*self._strays(suites, frozen), *self._left_by_git(frozen)),
            blocked=tuple(diagnostic for _, diagnostic in blocked),
            snapshot=self.snapshot,
        )

    def _known(self) -> dict[str, set[str]]:
        known: dict[str, set[str]] = {}
        for files in self.owned.values():
            for path, digest in files.items():
                known.setdefault(path, set()).add(digest)
        for entry in (*self.snapshot.journal, *self.snapshot.made):
            known.setdefault(entry.path, set()).add(entry.digest)
        return known

    def _blocked(self) -> Iterator[tuple[str, Diagnostic]]:
        if self.snapshot.is_forced:
            return
        for suite, lock in sorted(self.snapshot.locks.items()):
            if suite not in self.wanted and not self.snapshot.is_whole_tree:
                continue
            if isinstance(lock, Diagnostic):
                yield suite, lock
            elif lock.contract > self.snapshot.contract:
                yield suite, _newer_contract(suite, lock, self.snapshot.contract)

    def _suite(self, suite: str) -> model.SuiteAction:
        wanted = self.wanted.get(suite)
        unwanted = sorted(self.owned.get(suite, {}).keys() - self.wanted_paths)
        return model.SuiteAction(
            suite=suite,
            lock=self.locks.get(suite),
            wanted=wanted,
            outputs=() if wanted is None else tuple(self._outputs(wanted)),
            unwanted=tuple(self._unwanted(path) for path in unwanted),
        )

    def _outputs(self, suite: paths.WantedSuite) -> Iterator[model.OutputAction]:
        for output in suite.outputs:
            if output.is_selected:
                files = tuple(self._file(path, output) for path in output.paths)
                yield model.OutputAction(output=output, files=files)

    def _file(self, path: str, output: paths.WantedOutput) -> model.FileAction:
        found = self.snapshot.disk.get(path)
        known = frozenset(self.known.get(path, ()))
        wanted = self._digest_wanted(path, output)
        obstacle = self.snapshot.obstacles.get(path, "")
        action, reason = self._decide(found, known, wanted, obstacle)
        must_produce = action in {model.Action.CREATE, model.Action.UPDATE}
        if action is model.Action.REFUSE and not obstacle:
            must_produce = wanted is None or self.snapshot.needs_offer(
                paths.offer_path(path), wanted
            )
        return model.FileAction(
            path=path,
            action=action,
            reason=reason,
            found=found,
            known=known,
            wanted=wanted,
            must_produce=must_produce,
            obstacle=obstacle,
        )

    def _decide(
        self, found: str | None, known: frozenset[str], wanted: str | None, obstacle: str
    ) -> tuple[model.Action, model.Reason]:
        if obstacle:
            return model.Action.REFUSE, model.Reason.OBSTACLE
        if found is None:
            return model.Action.CREATE, model.Reason.MISSING
        if found == wanted:
            return model.Action.KEEP, model.Reason.FRESH
        if found in known:
            return model.Action.UPDATE, model.Reason.CHANGED
        if self.snapshot.is_forced:
            return model.Action.UPDATE, model.Reason.FORCED
        return model.Action.REFUSE, model.Reason.EDITED if known else model.Reason.UNOWNED

    def _digest_wanted(self, path: str, output: paths.WantedOutput) -> str | None:
        lock = self.locks.get(output.suite)
        locked = lock.outputs.get(output.name) if lock else None
        if locked is not None and locked.key == output.key:
            relative = path.removeprefix(paths.below(output.suite, ""))
            if digest := locked.files.get(relative):
                return digest
        digest = self.promised.get((path, output.key))
        return digest or self.promised.get((paths.offer_path(path), output.key))

    def _unwanted(self, path: str) -> model.FileAction:
        found = self.snapshot.disk.get(path)
        known = frozenset(self.known.get(path, ()))
        obstacle = self.snapshot.obstacles.get(path, "")
        is_ours = found in known or (found is not None and self.snapshot.is_forced)
        if path in self.snapshot.kept and found is not None and not obstacle:
            action, reason = model.Action.KEEP, model.Reason.KEPT
        elif not self.snapshot.is_whole_tree or (found is None and not obstacle):
            action, reason = model.Action.KEEP, model.Reason.UNWANTED
        elif is_ours and not obstacle:
            action = model.Action.DELETE
            reason = model.Reason.UNWANTED if found in known else model.Reason.FORCED
        else:
            action, reason = model.Action.REFUSE, model.Reason.EDITED_UNWANTED
        return model.FileAction(
            path=path, action=action, reason=reason, found=found, known=known, obstacle=obstacle
        )

    def _strays(
        self, suites: Iterable[model.SuiteAction], frozen: set[str]
    ) -> Iterator[model.FileAction]:
        """Give the files that the journal alone owns: spent offers, and what a kill left."""
        owned = self.wanted_paths.union(*self.owned.values())
        settled = {
            paths.offer_path(file.path)
            for suite in suites
            for file in suite.files()
            if file.action is not model.Action.REFUSE
        }
        offers = {paths.offer_path(path) for path in self.wanted_paths}
        for path, suite in sorted({e.path: e.suite for e in self.snapshot.journal}.items()):
            is_spent = path in settled
            is_left = path not in owned | offers | self.snapshot.kept and suite not in frozen
            if is_spent or (is_left and self.snapshot.tells_of_all):
                found, known = self.snapshot.disk.get(path), frozenset(self.known[path])
                if found in known:
                    yield model.FileAction(
                        path=path,
                        action=model.Action.DELETE,
                        reason=model.Reason.SPENT if is_spent else model.Reason.UNWANTED,
                        found=found,
                        known=known,
                    )

    def _left_by_git(self, frozen: set[str]) -> Iterator[model.FileAction]:
        """Give the files that this program made, which no lockfile records and no spec produces."""
        if not self.snapshot.is_whole_tree:
            return
        told = self.wanted_paths.union(*self.owned.values())
        told |= {entry.path for entry in self.snapshot.journal} | self.snapshot.kept
        for path in dict.fromkeys(entry.path for entry in self.snapshot.made):
            found, known = self.snapshot.disk.get(path), frozenset(self.known[path])
            # What a suite wants that has errors is not known.
            is_free = path not in told and not any(_is_in(path, suite) for suite in frozen)
            if is_free and found in known:
                yield model.FileAction(
                    path=path,
                    action=model.Action.DELETE,
                    reason=model.Reason.UNWANTED,
                    found=found,
                    known=known,
                )


def _is_in(path: str, suite: str) -> bool:
    return path.startswith(paths.below(suite, ""))


def _newer_contract(suite: str, lock: Lockfile, contract: int) -> Diagnostic:
    return Diagnostic(
        code="MG506",
        message=f"The lockfile was made under contract {lock.contract}, but this release has "
        f"{contract}, which would change every value",
        hint="update mockgen-watch",
        location=Location(path=paths.lock_path(suite)),
    )


def describe(file: model.FileAction, label: str) -> list[Diagnostic]:
    """Return the finding about ``file``: none if it is kept."""
    if file.action is model.Action.REFUSE:
        return [describe_refusal(file, label, has_offer=False)]
    if file.action is model.Action.KEEP:
        return []
    code, message = {
        model.Action.CREATE: ("MG503", "The output is missing"),
        model.Action.UPDATE: ("MG502", f"The output is out of date: {file.reason}"),
        model.Action.DELETE: ("MG507", f"The file should be removed: {file.reason}"),
    }[file.action]
    return [_finding(code, message, "run mockgen-watch generate", f"{label}/{file.path}")]


def describe_refusal(
    file: model.FileAction, label: str, *, has_offer: bool, is_own: bool = True
) -> Diagnostic:
    """Return why ``file`` was left as it is, whatever had been meant for it.

    ``has_offer``: the bytes that would have replaced it are beside it. ``is_own``: it is in the
    output folder of the project, so that its spec can be made to say what it holds.
    """
    beside = paths.offer_path(file.path).rpartition("/")[2]
    seen = f"; the new content is in {beside}" if has_offer else ""
    force = f"run generate --force, which makes a backup{seen}"
    adopt = ""
    if is_own and not paths.is_labels(file.path):
        command = f"mockgen-watch adopt {shlex.quote(f'{label}/{file.path}')}"
        adopt = f"move the edit into the spec ({command}), "
    code, message = "MG501", "The output was edited by hand"
    hint = f"{adopt}undo it, or {force}"
    if file.reason is model.Reason.OBSTACLE:
        code, hint = "MG504", "move it away"
        message = f"The output cannot be written: {file.obstacle} is in the way"
    elif file.reason is model.Reason.UNOWNED:
        code, hint = "MG504", f"move the file away, or {force}"
        message = "A file that is not recorded in a lockfile is in the place of an output"
    elif file.reason in {model.Reason.UNWANTED, model.Reason.EDITED_UNWANTED}:
        what = f"{file.obstacle} is in its place" if file.obstacle else "it was edited by hand"
        message, hint = (
            f"No spec produces this output any more, but {what}",
            f"move the file away, or {force}",
        )
    return _finding(code, message, hint, f"{label}/{file.path}")


def _finding(code: str, message: str, hint: str, path: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, location=Location(path=path))
