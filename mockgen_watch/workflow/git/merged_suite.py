"""Takes the merged specs of a suite; gives its outputs and lockfile as a clean run makes them.

Git takes an output that one side alone changed from that side, without asking. Where that is not
what the merged specs make, this is told here: the lockfile then has to stay in conflict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.digest import digest
from mockgen_watch.executors.serial import Serial
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.model import Lockfile, write_lockfile
from mockgen_watch.lock.paths import below, lock_path, output_paths
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_lockfile
from mockgen_watch.lock.snapshot import Action, Snapshot
from mockgen_watch.workflow.generate import OutputProducer, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockgen_watch.lock.snapshot import OutputAction
    from mockgen_watch.lock.wanted import WantedSuite
    from mockgen_watch.workflow.prepare import Preparer

    Locks = Mapping[str, Lockfile]


class MergedSuite(Struct, frozen=True, kw_only=True):
    """What the merged specs make of one suite. Paths are relative to the output folder.

    Attributes:
        suite: its name.
        digests: every file but the lockfile → digest of its bytes.
        made: the bytes of those that were asked for.
        lock: the bytes of the lockfile.
        keys: path → the key of its output.
    """

    suite: str
    digests: Mapping[str, str]
    made: Mapping[str, bytes]
    lock: bytes
    keys: Mapping[str, str]


def make_suite(
    preparer: Preparer, suite: str, locks: Iterable[Lockfile], needs: Callable[[str], bool]
) -> MergedSuite | None:
    """Return the outputs of ``suite``; None when its specs have errors.

    Args:
        preparer: of the merged specs.
        suite: its name.
        locks: what the sides have made of it; of equal keys the digests are known.
        needs: tells whether the bytes of a path are wanted.

    Raises:
        FindingsError: a record cannot be written.
    """
    (wanted,) = preparer.wanted((suite,), {}, trust_locks=False)
    if wanted.has_failed:
        return None
    making = _Making(wanted=wanted, known=_known(locks))
    (action,) = reconcile(Snapshot(wanted=(wanted,), contract=CONTRACT)).suites
    produce = OutputProducer(preparer, Serial(), no_progress)
    for output in action.outputs:
        making.take(output, produce, needs)
    settled = {
        path: Settled(action=Action.CREATE, digest=found) for path, found in making.digests.items()
    }
    lock = next_lockfile(action, CONTRACT, settled)
    if lock is None:
        raise AssertionError("a suite that is wanted has a lockfile")
    return MergedSuite(
        suite=suite,
        digests=making.digests,
        made=making.made,
        lock=write_lockfile(lock),
        keys=making.keys,
    )


def suite_of_path(preparer: Preparer, path: str) -> str | None:
    """Return the suite whose output or lockfile ``path`` is; None when nobody wants it."""
    for suite in preparer.suites:
        if path == lock_path(suite):
            return suite
    near = [suite for suite in preparer.suites if not suite or path.startswith(f"{suite}/")]
    for suite in sorted(near, key=len, reverse=True):
        (wanted,) = preparer.wanted((suite,), {}, trust_locks=False)
        # A suite with errors may want the path: whoever asks hears of the errors.
        paths = {below(suite, name) for output in wanted.outputs for name in output_paths(output)}
        if wanted.has_failed or path in paths:
            return suite
    return None


class _Making(Struct, kw_only=True):
    wanted: WantedSuite
    known: Mapping[tuple[str, str], Mapping[str, str]]
    digests: dict[str, str] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def take(
        self, output: OutputAction, produce: OutputProducer, needs: Callable[[str], bool]
    ) -> None:
        paths = [file.path for file in output.files]
        self.keys.update(dict.fromkeys(paths, output.output.key))
        known = {
            below(output.output.suite, path): found
            for path, found in self.known.get((output.output.name, output.output.key), {}).items()
        }
        if known.keys() == set(paths) and not any(map(needs, paths)):
            self.digests.update(known)
            return
        for path, chunks in produce(output):
            data = b"".join(chunks)
            self.digests[path] = digest(data)
            if needs(path):
                self.made[path] = data


def _known(locks: Iterable[Lockfile]) -> dict[tuple[str, str], Mapping[str, str]]:
    return {
        (output.name, output.key): output.files
        for lock in locks
        for output in lock.outputs.values()
        if output.key != MIXED_KEY
    }
