"""The master of a suite: which file it takes, its ``$extends`` chain, and the record's slot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import (
    Diagnostic,
    Location,
    Related,
    Severity,
    has_errors,
    suggest,
)
from mockgen_watch.masters.merge import Merge, finish_object, key_path
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import row_of, with_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Mapping, Sequence

    Readdress = Callable[[tuple[str, ...]], tuple[str, ...]]


MASTER_NAMES: Final = ("master.yaml", "master.yml", "master.json")
"""In the order of preference, where a folder has several."""


OUTSIDE = "$master"
"""The first segment of the address of a leaf outside the slot; no field has this name."""


class ResolvedMaster(Struct, frozen=True, kw_only=True):
    """A master whose ``$extends`` chain has been merged.

    Attributes:
        path: the master file that was asked for.
        files: the chain, that file first and the one that extends nothing last.
        shape: the whole master. Below the slot the addresses are relative to the slot, as those
            of a model are; elsewhere they begin with ``OUTSIDE``. Paths in templates go from the
            top of the whole.
        slot: where the record goes; ``()``: it meets the whole master.
        policies: of the whole chain, the nearer file's where two speak of one path.
        on_conflict: what the nearest file that says so wants.
    """

    path: str
    files: tuple[str, ...]
    shape: spec.ObjectShape
    slot: spec.KeyPath
    policies: tuple[spec.MergePolicy, ...]
    on_conflict: spec.ConflictPolicy


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


def find_master(
    user_input: spec.UserInput, specs_root: str, existing: Collection[str]
) -> MasterLookup:
    """Return the master of the suite of ``user_input``.

    ``existing`` holds the paths of at least all files that could be masters; those that are
    masters by their names are what a misspelt ``$master`` is compared with.
    """
    if user_input.master is spec.MasterChoice.NONE:
        return MasterLookup(path="")
    if user_input.master is spec.MasterChoice.NEAREST:
        return find_master_around(user_input.path.rpartition("/")[0], specs_root, existing)
    path = user_input.master_path
    if path in existing:
        return MasterLookup(path=path)
    found = _missing_master(path, user_input.master_location, existing, "$master")
    return MasterLookup(path="", missing=(path,), diagnostics=(found,))


def find_master_around(folder: str, specs_root: str, existing: Container[str]) -> MasterLookup:
    """Return the master of the suite in ``folder``: its own, or that of the nearest folder above.

    ``existing``: see ``find_master``.
    """
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


def _missing_master(
    path: str, location: Location, existing: Collection[str], directive: str
) -> Diagnostic:
    masters = [file for file in existing if file.rpartition("/")[2] in MASTER_NAMES]
    near = suggest(path, masters or existing)
    hint = near.hint()
    if not hint:
        listed = ", ".join(sorted(masters)[:4])
        hint = (
            f"known masters: {listed}"
            if listed
            else "no master was found; write $master: null to use none"
        )
    return Diagnostic(
        code="MG301",
        message=f'{directive} names "{path}", which does not exist',
        location=location,
        hint=hint,
        suggestion=near,
    )


def _side_by_side(found: list[str]) -> tuple[Diagnostic, ...]:
    if len(found) == 1:
        return ()
    problem = Diagnostic(
        code="MG310",
        message=f'this folder has two masters, "{found[0]}" and "{found[1]}"',
        location=Location(path=found[0]),
        hint="keep one of them, or choose one with $master",
        related=tuple(
            Related(message="the other master", location=Location(path=path)) for path in found[1:]
        ),
    )
    return (problem,)


def _find_slot(
    shape: spec.ObjectShape, chain: Sequence[spec.MasterFile]
) -> spec.KeyPath | Diagnostic:
    """Return the slot of a merged master, or why it is not clear.

    The nearest file of ``chain`` that names a slot decides; without one it is the only top-level
    key whose value is a mapping.
    """
    objects = [
        member.name for member in shape.members if isinstance(member.shape, spec.ObjectShape)
    ]
    for file in chain:
        if file.slot is not None:
            return _named_slot(shape, file, file.slot, objects)
    if len(objects) == 1:
        return (objects[0],)
    if objects:
        listed = ", ".join(f'"{name}"' for name in objects)
        message = f"the record can go into {listed}"
        hint = f"choose one with $slot, for example $slot: {objects[0]}"
    else:
        message = "no top-level key of the master is a mapping that the record can go into"
        hint = 'write $slot: "" if the whole master is the record'
    return Diagnostic(code="MG303", message=message, location=chain[0].slot_location, hint=hint)


def _named_slot(
    shape: spec.ObjectShape, file: spec.MasterFile, slot: spec.KeyPath, objects: list[str]
) -> spec.KeyPath | Diagnostic:
    place = spec.find_shape(shape, slot)
    if isinstance(place, spec.ObjectShape):
        return slot
    name = ".".join(slot)
    if place is None:
        message = f'$slot names "{name}", which the master does not have'
        near = suggest(name, objects)
    else:
        message, near = f'$slot names "{name}", which is not a mapping', suggest("", ())
    return Diagnostic(
        code="MG303",
        message=message,
        location=file.slot_location,
        hint=near.hint(f"one of {', '.join(objects)}" if objects else ""),
        suggestion=near,
    )


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
    files: Mapping[str, spec.MasterFile | None],
    on_conflict: spec.ConflictPolicy = spec.ConflictPolicy.ERROR,
) -> ChainResult:
    """Return the master at ``path`` with all that it extends merged below it.

    ``files`` maps the path of every master file that exists to what is in it, or to None when
    that could not be read and was reported. ``on_conflict`` holds where no file of the chain says.

    Raises:
        KeyError: there is no file ``path``.
    """
    chain: list[spec.MasterFile] = []
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
    chain: Sequence[spec.MasterFile],
    visited: Sequence[str],
    files: Mapping[str, spec.MasterFile | None],
) -> Diagnostic | None:
    file = chain[-1]
    if file.extends not in files:
        return _missing_master(file.extends, file.extends_location, files, "$extends")
    if file.extends not in visited:
        return None
    circle = [*visited[visited.index(file.extends) :], file.extends]
    return Diagnostic(
        code="MG302",
        message=f"$extends is circular: {' → '.join(circle)}",
        location=file.extends_location,
        hint="remove $extends from one of these files",
        related=tuple(
            Related(message="extended here", location=link.extends_location)
            for link in chain[visited.index(file.extends) : -1]
        ),
    )


def _merge_chain(chain: Sequence[spec.MasterFile], on_conflict: spec.ConflictPolicy) -> ChainResult:
    names = tuple(file.path for file in chain)
    # No policy acts on the slot itself or above it, so this shows what the slot can be.
    said = (file.on_conflict for file in chain if file.on_conflict is not None)
    rough = Merge((), next(said, on_conflict))
    slot = _find_slot(_fold(chain, rough), chain)
    if isinstance(slot, Diagnostic):
        found = tuple(rough.diagnostics) or (slot,)
        return ChainResult(master=None, files=names, diagnostics=found)
    policies = tuple(policy for file in chain for policy in file.policies)
    merge = Merge(policies, rough.on_conflict, slot)
    shape = _fold(chain, merge)
    found = (*merge.diagnostics, *_lost_policies(shape, slot, chain))
    master = ResolvedMaster(
        path=chain[0].path,
        files=names,
        shape=_address_master(shape, slot),
        slot=slot,
        policies=policies,
        on_conflict=merge.on_conflict,
    )
    sound = None if has_errors(found) else master
    return ChainResult(master=sound, files=names, diagnostics=found)


def _fold(chain: Sequence[spec.MasterFile], merge: Merge) -> spec.ObjectShape:
    shape = chain[-1].shape
    for file in reversed(chain[:-1]):
        shape = merge.objects(shape, file.shape)
    return finish_object(shape)


def _lost_policies(
    shape: spec.ObjectShape, slot: spec.KeyPath, chain: Sequence[spec.MasterFile]
) -> list[Diagnostic]:
    found = []
    for file in chain:
        for policy in file.policies:
            path = (*slot, *key_path(policy.path))
            missing, siblings = spec.missing_key(shape, path)
            if not missing:
                continue
            near = suggest(missing, siblings)
            # A master that others extend may speak of what only some of them have.
            wrong = near.meant or file is chain[0]
            found.append(
                Diagnostic(
                    code="MG305",
                    message=f'"{".".join(policy.path)}" is not a field below the master\'s slot',
                    location=policy.location,
                    severity=Severity.ERROR if wrong else Severity.WARNING,
                    hint=near.hint(),
                    suggestion=near,
                )
            )
    return found


def _address_master(shape: spec.ObjectShape, slot: spec.KeyPath) -> spec.ObjectShape:
    """Return ``shape`` with addresses relative to the slot in it, and below ``OUTSIDE`` elsewhere.

    A leaf of the slot so has the address that a field of a model has at the same path, and keeps
    its values when the field moves from one file to the other.
    """
    if not slot:
        return shape
    members = tuple(_address_member(member, slot) for member in shape.members)
    return replace(shape, members=members, address=_outside(shape.address))


def _address_member(member: spec.Member, slot: spec.KeyPath) -> spec.Member:
    shape = member.shape
    if member.name != slot[0]:
        return replace(member, shape=_readdress(shape, _outside))
    if len(slot) > 1 and isinstance(shape, spec.ObjectShape):
        return replace(member, shape=_address_master(shape, slot[1:]))
    depth = len(shape.address)
    return replace(member, shape=_readdress(shape, lambda address: address[depth:]))


def _readdress(shape: spec.Shape, change: Readdress) -> spec.Shape:
    address = change(shape.address)
    if isinstance(shape, spec.Leaf):
        generator, row = shape.generator, row_of(shape.generator)
        if row is not None:
            generator = with_rows(generator, replace(row, address=change(row.address)))
        moved = replace(shape, address=address, generator=generator)
        return spec.change_alternatives(moved, lambda inner: _readdress(inner, change))
    changed = spec.change_children(shape, lambda child: _readdress(child, change))
    return replace(changed, address=address)


def _outside(address: tuple[str, ...]) -> tuple[str, ...]:
    return (OUTSIDE, *address)
