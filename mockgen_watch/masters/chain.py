"""Takes master files by path; gives the one that a chain of ``$extends`` makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Related, Severity, did_you_mean, has_errors
from mockgen_watch.masters.addresses import address_master
from mockgen_watch.masters.deep import finish_object, merge_objects
from mockgen_watch.masters.lookup import missing_master
from mockgen_watch.masters.model import ResolvedMaster
from mockgen_watch.masters.policies import Merge, key_path, policies_by_path
from mockgen_watch.masters.slot import find_slot
from mockgen_watch.masters.trees import missing_key
from mockgen_watch.spec.model import ConflictPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import MasterFile, ObjectShape


class ChainResult(Struct, frozen=True, kw_only=True):
    """What became of a chain.

    Attributes:
        master: None when there is an error, here or in one of the files.
        files: the files that were read, the one asked for first.
        missing: files that were named and do not exist.
        diagnostics: of the chain; those of a file itself are not repeated.
    """

    master: ResolvedMaster | None
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def resolve_chain(
    path: str,
    files: Mapping[str, MasterFile | None],
    on_conflict: ConflictPolicy = ConflictPolicy.ERROR,
) -> ChainResult:
    """Return the master at ``path`` with all that it extends merged below it.

    ``files`` maps the path of every master file that exists to what is in it, or to None when
    that could not be read and was reported. ``on_conflict`` holds where no file of the chain says.

    Raises:
        KeyError: there is no file ``path``.
    """
    chain: list[MasterFile] = []
    visited = [path]
    while True:
        file = files[visited[-1]]
        if file is None:
            return ChainResult(master=None, files=tuple(visited))
        chain.append(file)
        if not file.extends:
            return _merge_chain(chain, on_conflict)
        problem = _cannot_extend(chain, visited, files)
        if problem is not None:
            missing = () if file.extends in files else (file.extends,)
            return ChainResult(
                master=None, files=tuple(visited), missing=missing, diagnostics=(problem,)
            )
        visited.append(file.extends)


def _cannot_extend(
    chain: Sequence[MasterFile], visited: Sequence[str], files: Mapping[str, MasterFile | None]
) -> Diagnostic | None:
    file = chain[-1]
    if file.extends not in visited:
        found = file.extends in files
        return (
            None
            if found
            else missing_master(file.extends, file.extends_location, files, "$extends")
        )
    circle = [*visited[visited.index(file.extends) :], file.extends]
    return Diagnostic(
        code="MG302",
        message=f"$extends goes round in a circle: {' → '.join(circle)}",
        location=file.extends_location,
        hint="one of these files must extend none of the others",
        related=tuple(
            Related(message="extended here", location=link.extends_location)
            for link in chain[visited.index(file.extends) : -1]
        ),
    )


def _merge_chain(chain: Sequence[MasterFile], on_conflict: ConflictPolicy) -> ChainResult:
    names = tuple(file.path for file in chain)
    # No policy acts on the slot itself or above it, so this shows what the slot can be.
    rough = Merge(policies={}, on_conflict=_on_conflict(chain, on_conflict))
    slot = find_slot(_fold(chain, rough), chain)
    if isinstance(slot, Diagnostic):
        found = tuple(rough.diagnostics) or (slot,)
        return ChainResult(master=None, files=names, diagnostics=found)
    policies = tuple(policy for file in chain for policy in file.policies)
    merge = Merge(policies=policies_by_path(policies), on_conflict=rough.on_conflict, slot=slot)
    shape = _fold(chain, merge)
    found = (*merge.diagnostics, *_lost_policies(shape, slot, chain))
    master = ResolvedMaster(
        path=chain[0].path,
        files=names,
        shape=address_master(shape, slot),
        slot=slot,
        policies=policies,
        on_conflict=merge.on_conflict,
    )
    sound = None if has_errors(found) else master
    return ChainResult(master=sound, files=names, diagnostics=found)


def _fold(chain: Sequence[MasterFile], merge: Merge) -> ObjectShape:
    shape = chain[-1].shape
    for file in reversed(chain[:-1]):
        shape = merge_objects(merge, shape, file.shape, ())
    return finish_object(shape)


def _on_conflict(chain: Sequence[MasterFile], default: ConflictPolicy) -> ConflictPolicy:
    said = (file.on_conflict for file in chain if file.on_conflict is not None)
    return next(said, default)


def _lost_policies(
    shape: ObjectShape, slot: KeyPath, chain: Sequence[MasterFile]
) -> list[Diagnostic]:
    found = []
    for file in chain:
        for policy in file.policies:
            path = (*slot, *key_path(policy.path))
            missing, known = missing_key(shape, path)
            if not missing:
                continue
            hint = did_you_mean(missing, known)
            # A master that others extend may speak of what only some of them have.
            wrong = hint or file is chain[0]
            message = f'"{".".join(policy.path)}" is no field of the master below its slot'
            found.append(
                Diagnostic(
                    code="MG305",
                    message=message,
                    location=policy.location,
                    severity=Severity.ERROR if wrong else Severity.WARNING,
                    hint=hint,
                )
            )
    return found
