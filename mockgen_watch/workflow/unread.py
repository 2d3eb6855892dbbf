"""Unread files: files below the specs folder that may have been meant as specs, but nothing reads.

A first spec is easily called ``orders.yaml``. Only ``user_input`` files make a suite, so that
without a word about it such a file would have no effect at all.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Diagnostic, Location, Severity, is_slip
from mockgen_watch.spec import SPECS
from mockgen_watch.workflow.sources import USER_INPUT_NAMES, oddly_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.storage.specs import SpecSnapshot

_SHOWN: Final = 3
"""Names of a folder that a message lists."""

_NAME: Final = re.compile(rb"""[^\s/\\"',:\[\]{}]*\.(?:yaml|yml|json)\b""")
"""What names a spec file in the text of another, without folders."""

_MEANT: Final = USER_INPUT_NAMES[0]


def unread_files(snapshot: SpecSnapshot, used: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield a warning for each folder that has such files.

    A file counts as read where a spec mentions its name at all, so that a suite with errors makes
    no difference. ``used``: files that are known to be read, which need not be looked for.

    Raises:
        StorageError: a spec cannot be read.
    """
    known = frozenset(used)
    odd = [path for path in oddly_named(frozenset(snapshot.files), SPECS) if path not in known]
    mentioned = _names_mentioned(snapshot, odd) if odd else frozenset()
    unread = [path for path in odd if _last_name(path) not in mentioned]
    for folder, paths in groupby(unread, key=_folder_of):
        yield _warning(folder, list(paths), has_spec=_has_spec(snapshot, folder))


def _names_mentioned(snapshot: SpecSnapshot, odd: Iterable[str]) -> frozenset[bytes]:
    """Return the names of spec files in the texts of specs, and in those of files so named."""
    found: set[bytes] = set()
    left = {path: _last_name(path) for path in odd}
    waiting = [path for path in snapshot.files if path not in left]
    while waiting:
        for path in waiting:
            found.update(_NAME.findall(snapshot.load(path)))
        waiting = [path for path, name in left.items() if name in found]
        for path in waiting:
            del left[path]
    return frozenset(found)


def _last_name(path: str) -> bytes:
    """Return the name of a file as a text mentions it: what comes after the last blank in it."""
    names: list[bytes] = _NAME.findall(path.encode("utf-8", "surrogateescape"))
    return names[-1]


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _has_spec(snapshot: SpecSnapshot, folder: str) -> bool:
    return any(f"{folder}/{name}" in snapshot.files for name in USER_INPUT_NAMES)


def _warning(folder: str, paths: list[str], *, has_spec: bool) -> Diagnostic:
    """Return the warning of a folder; those that are nearly a spec by their name come first."""
    slips = [path for path in paths if is_slip(_stem_of(path), _stem_of(_MEANT))]
    first = (slips or paths)[0]
    names = [path.rpartition("/")[2] for path in paths]
    if has_spec:
        message = f"{folder} has a user_input file, and nothing reads {_listed(names)} beside it"
        hint = "delete it, or move it to a folder of its own, as user_input.yaml"
    else:
        message = f"{folder} has {_listed(names)} but no {_MEANT}"
        them, it = ("it", "it") if len(paths) == 1 else ("them", first.rpartition("/")[2])
        hint = f"nothing reads {them}; for a suite, {_move(folder, first, it, is_slip=bool(slips))}"
    return Diagnostic(
        code="MG607",
        severity=Severity.WARNING,
        message=message,
        location=Location(path=first),
        hint=hint,
    )


def _move(folder: str, path: str, it: str, *, is_slip: bool) -> str:
    """Return what makes a suite of ``path``; what is directly in the specs folder gets its own."""
    stem, _, ending = path.rpartition("/")[2].rpartition(".")
    if folder == SPECS and not is_slip:
        return f"move {it} to {folder}/{stem}/user_input.{ending}"
    return f"rename {it} to user_input.{ending}"


def _stem_of(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _listed(names: list[str]) -> str:
    """Return ``a``, ``a and b``, or the first few and how many more there are."""
    shown, more = names[:_SHOWN], len(names) - _SHOWN
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
