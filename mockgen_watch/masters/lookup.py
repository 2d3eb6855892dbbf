"""Takes a suite's folder and the files that exist; gives the master file that the suite takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location, Related, did_you_mean
from mockgen_watch.spec.model import MasterChoice

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Final

    from mockgen_watch.spec.model import UserInput

MASTER_NAMES: Final = ("master.yaml", "master.yml", "master.json")
"""In the order in which one that stands beside another is taken."""


class MasterLookup(Struct, frozen=True, kw_only=True):
    """Which master a suite takes.

    Attributes:
        path: the file, relative to the project folder; ``""``: none.
        missing: files that do not exist, and would be taken if they did.
    """

    path: str
    missing: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def master_candidates(suite_folder: str, specs_root: str) -> tuple[str, ...]:
    """Return the files that may be a suite's master, the nearest first.

    Both are folders relative to the project folder, with forward slashes; ``""`` is the project
    folder. The search goes up to ``specs_root``; a suite elsewhere looks in its own folder only.
    """
    folder = suite_folder.strip("/") if not suite_folder.startswith("/") else suite_folder
    root = specs_root.strip("/")
    folders = [folder]
    if folder == root or not root or folder.startswith(f"{root}/"):
        while folder not in {root, ""}:
            folder = folder.rpartition("/")[0]
            folders.append(folder)
    return tuple(
        f"{parent.rstrip('/')}/{name}" if parent else name
        for parent in folders
        for name in MASTER_NAMES
    )


def find_master(user_input: UserInput, specs_root: str, existing: Collection[str]) -> MasterLookup:
    """Return the master of the suite of ``user_input``.

    ``existing`` holds the paths of at least all files that could be masters; those that are
    masters by their names are what a misspelt ``$master`` is compared with.
    """
    if user_input.master is MasterChoice.NONE:
        return MasterLookup(path="")
    if user_input.master is MasterChoice.NAMED:
        return _named_master(user_input, existing)
    folder = user_input.path.rpartition("/")[0]
    missing: list[str] = []
    candidates = master_candidates(folder, specs_root)
    for start in range(0, len(candidates), len(MASTER_NAMES)):
        here = candidates[start : start + len(MASTER_NAMES)]
        found = [path for path in here if path in existing]
        missing += [path for path in here if path not in existing]
        if found:
            return MasterLookup(
                path=found[0], missing=tuple(missing), diagnostics=_side_by_side(found)
            )
    return MasterLookup(path="", missing=tuple(missing))


def missing_master(
    path: str, location: Location, existing: Collection[str], directive: str
) -> Diagnostic:
    """Return that ``directive`` at ``location`` names a file that does not exist."""
    masters = [known for known in existing if known.rpartition("/")[2] in MASTER_NAMES]
    hint = did_you_mean(path, masters or existing)
    if not hint:
        listed = ", ".join(sorted(masters)[:4])
        hint = f"there is {listed}" if listed else "no master was found; $master: null takes none"
    return Diagnostic(
        code="MG301",
        message=f'{directive} names "{path}", which does not exist',
        location=location,
        hint=hint,
    )


def _named_master(user_input: UserInput, existing: Collection[str]) -> MasterLookup:
    path = user_input.master_path
    if path in existing:
        return MasterLookup(path=path)
    found = missing_master(path, user_input.master_location, existing, "$master")
    return MasterLookup(path="", missing=(path,), diagnostics=(found,))


def _side_by_side(found: list[str]) -> tuple[Diagnostic, ...]:
    if len(found) == 1:
        return ()
    others = tuple(
        Related(message="so is this one", location=Location(path=path)) for path in found[1:]
    )
    return (
        Diagnostic(
            code="MG310",
            message=f'"{found[0]}" and "{found[1]}" are both masters of this folder',
            location=Location(path=found[0]),
            hint="keep one of them, or name the one that you mean with $master",
            related=others,
        ),
    )
