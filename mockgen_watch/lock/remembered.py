"""Takes a lockfile whose inputs have not moved; gives what its suite still wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Location
from mockgen_watch.lock.paths import LABELS_SUFFIX
from mockgen_watch.lock.wanted import WantedOutput, WantedSuite

if TYPE_CHECKING:
    from mockgen_watch.lock.model import LockedOutput, Lockfile


def wanted_from_lock(suite: str, lock: Lockfile, path: str) -> WantedSuite:
    """Return what ``suite`` wants, whose lockfile was made from just these inputs.

    ``path`` is its user_input file, where diagnostics about it point.
    """
    outputs = tuple(
        WantedOutput(
            suite=suite,
            model=entry.model,
            scenario=entry.scenario,
            key=entry.key,
            format=entry.format,
            layout=entry.layout,
            suffix=_suffix(entry),
            records=entry.records,
            location=Location(path=path),
            has_labels=f"{entry.name}{LABELS_SUFFIX}" in entry.files,
        )
        for entry in lock.outputs.values()
    )
    return WantedSuite(suite=suite, outputs=outputs, inputs=lock.inputs)


def _suffix(entry: LockedOutput) -> str:
    """Return what the files of ``entry`` end with, without the dot; a scenario may hold dots."""
    for path in entry.files:
        if path == f"{entry.name}{LABELS_SUFFIX}":
            continue
        rest = path.removeprefix(entry.name)
        return rest.removeprefix(".") if rest.startswith(".") else rest.partition(".")[2]
    return ""
