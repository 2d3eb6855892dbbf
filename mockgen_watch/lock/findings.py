"""Takes what should become of a file; gives the diagnostic that tells people, and a remedy."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.lock.paths import is_labels, lock_path, offer_path
from mockgen_watch.lock.settle import stale_locks

if TYPE_CHECKING:
    from mockgen_watch.lock.model import FileAction, Reconciliation


_GENERATE = "run mockgen-watch generate"


def find_stale(reconciliation: Reconciliation, label: str) -> list[Diagnostic]:
    """Return what keeps the output folder from being as it is wanted, in order of report.

    ``label`` is the output folder as people know it. An empty list means that a run over the
    same specs has nothing to write.
    """
    found = list(reconciliation.blocked)
    for suite in stale_locks(reconciliation):
        message = "The lockfile is out of date: what it tells of changed, though no output did"
        found.append(_finding("MG502", message, _GENERATE, f"{label}/{lock_path(suite)}"))
    for file in reconciliation.files():
        found += describe(file, label)
    return sorted(found, key=lambda finding: finding.sort_key)


def describe(file: FileAction, label: str) -> list[Diagnostic]:
    """Return the finding that ``file`` stands for: none where it is kept."""
    if file.action is Action.REFUSE:
        return [describe_refusal(file, label, has_offer=False)]
    words = {
        Action.CREATE: ("MG503", "The output is missing"),
        Action.UPDATE: ("MG502", f"The output is out of date: {file.reason}"),
        Action.DELETE: ("MG507", f"The file is to be removed: {file.reason}"),
    }.get(file.action)
    if words is None:
        return []
    return [_finding(words[0], words[1], _GENERATE, f"{label}/{file.path}")]


def describe_refusal(
    file: FileAction, label: str, *, has_offer: bool, is_own: bool = True
) -> Diagnostic:
    """Return why ``file`` was left as it is, whatever had been meant for it.

    ``has_offer``: the bytes that would have replaced it stand beside it. ``is_own``: it is in the
    output folder of the project, so that its spec can be made to say what it holds.
    """
    beside = offer_path(file.path).rpartition("/")[2]
    seen = f"; the new content is in {beside}" if has_offer else ""
    force = f"generate --force, which makes a backup{seen}"
    adopt = ""
    if is_own and not is_labels(file.path):
        command = f"mockgen-watch adopt {shlex.quote(f'{label}/{file.path}')}"
        adopt = f"take it into the spec ({command}), "
    code, message, hint = (
        "MG501",
        "The output was edited by hand",
        f"{adopt}take it back, or {force}",
    )
    if file.reason is Reason.OBSTACLE:
        code, hint = "MG504", "move it away"
        message = f"The output cannot be written: {file.obstacle} is in the way"
    elif file.reason is Reason.UNOWNED:
        code, hint = "MG504", f"move it away, or {force}"
        message = "A file that no lockfile owns stands where an output belongs"
    elif file.reason in {Reason.UNWANTED, Reason.EDITED_UNWANTED}:
        what = f"{file.obstacle} is in its place" if file.obstacle else "was edited by hand"
        message, hint = f"The output is no longer wanted, but {what}", f"move it away, or {force}"
    return _finding(code, message, hint, f"{label}/{file.path}")


def _finding(code: str, message: str, hint: str, path: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint, location=Location(path=path))
