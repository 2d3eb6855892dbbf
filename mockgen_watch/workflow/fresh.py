"""Takes a project; tells, with few imports and without its specs, whether there is nothing to do.

Most runs have nothing to do: the daemon's first, the hook's at every commit. What they need is
digests and lockfiles. All that could make another answer than "nothing" is left to a whole run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.lock.lockfile import Lockfile, inputs_match
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.reconcile import reconcile, wanted_from_lock
from mockgen_watch.storage.containment import OutputRoot
from mockgen_watch.storage.memo import CONTRACT, remember_stamps
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.project_folder import SPECS
from mockgen_watch.storage.specs import SPECS_CACHE, read_specs
from mockgen_watch.storage.stat_cache import StatCache
from mockgen_watch.workflow.project import read_settings
from mockgen_watch.workflow.suites import Sources, suite_files

if TYPE_CHECKING:
    from mockgen_watch.storage.memo import Stamps


def count_if_fresh(stamps: Stamps) -> int | None:
    """Return how many output files there are, when every one is up to date; else None.

    None also when anything is out of the ordinary: then a whole run finds out.

    Args:
        stamps: of the project; they were taken before.

    Raises:
        StorageError: the project's folders cannot be read.
    """
    root, state = stamps.root, stamps.state
    known = StatCache(state, SPECS_CACHE)
    specs = read_specs(root, SPECS, known)
    settings, _, found = read_settings(specs, None)
    outputs = settings.outputs
    if specs.problems or found:
        return None
    known.save()
    files = specs.digests()
    digests = Sources(files)
    tree = read_outputs(OutputRoot.in_project(root, outputs, state))
    suites = suite_files(files, SPECS)
    wanted = []
    for suite, paths in suites.items():
        lock = tree.locks.get(suite)
        if len(paths) > 1 or not isinstance(lock, Lockfile):
            return None
        if not inputs_match(lock, digests, CONTRACT):
            return None
        wanted.append(wanted_from_lock(suite, lock, paths[0]))
    if not wanted or tree.journal or tree.leftovers:
        return None
    reconciliation = reconcile(tree.snapshot(wanted, contract=CONTRACT))
    tree.cache.save()
    files_there = reconciliation.files()
    is_idle = not reconciliation.blocked and all(file.action is Action.KEEP for file in files_there)
    if not is_idle:
        return None
    remember_stamps(stamps, outputs, len(files_there))
    return len(files_there)
