"""Migration: files of earlier formats replaced by specs, all of them or none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import digest
from mockgen_watch.errors import UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.lock.lockfile import LOCK_VERSION, read_lockfile, upgrade_text
from mockgen_watch.lock.paths import LOCK_NAME
from mockgen_watch.migrations.layout import language_of, with_language
from mockgen_watch.migrations.migrate import (
    Chain,
    FileKind,
    Migration,
    MigrationOptions,
    looks_like_master,
    migrate_master,
    migrate_user_input,
    migrate_versioned,
)
from mockgen_watch.migrations.suggest import Suggestion, shared_pools
from mockgen_watch.spec import SPECS
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.project import Project, build_project
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.multi import (
    Replaced,
    Replacement,
    finish_replacement,
    replace_all,
)
from mockgen_watch.storage.project_folder import (
    PROJECT_LABEL,
    OutputRoot,
    StateFolder,
    find_project,
    writer_lock,
)
from mockgen_watch.storage.specs import read_specs
from mockgen_watch.workflow.sources import PROJECT_NAMES, USER_INPUT_NAMES, VOCABULARY_FOLDER
from mockgen_watch.workflow.suites import empty_master

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.spec.document import Document


def problems_of(kind: FileKind, document: Document) -> Sequence[Diagnostic]:
    """Return what the reader of a kind of file finds in ``document``."""
    if kind is FileKind.LOCKFILE:
        data = document.text.encode("utf-8", "surrogateescape")
        found = read_lockfile(data, document.path, "")
        return (found,) if isinstance(found, Diagnostic) else ()
    if kind is FileKind.PROJECT:
        return build_project(document, BUILTIN)[1]
    context = BuildContext(formats=BUILTIN)
    build = build_master if kind is FileKind.MASTER else build_user_input
    return build(document, context)[1]


CHAIN: Final = Chain(
    steps={
        (FileKind.LOCKFILE, 1): lambda lock: upgrade_text(lock.text),
        # A lockfile of version 3 may name files as version 2 does; the next run names them anew.
        (FileKind.LOCKFILE, 2): lambda lock: lock.text,
    },
    newest={FileKind.LOCKFILE: LOCK_VERSION},
    check=problems_of,
)
"""The chain of this release."""


_BOM = b"\xef\xbb\xbf"
_MASTER_NAMES = ("master.yaml", "master.yml", "master.json")


class MigrationRequest(Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes:
        files: as named; none means the user_input and master files of the project.
        options: what each is to become; its schemas are found here.
        out: another folder to write suites to; ``""``: in the place of the files.
        suite: the name of the one suite that is written; ``""``: as the file is called.
    """

    files: tuple[str, ...]
    options: MigrationOptions
    out: str = ""
    suite: str = ""


class MigratedFile(Struct, frozen=True, kw_only=True):
    """One file, and what becomes of it.

    Attributes:
        target: the new file; the same as ``source`` where that is replaced.
        old: the bytes of ``source``.
        new: the bytes that ``target`` is to have; None where nothing is to be written.
        there: the digest of the file at ``target``; None: there is none.
    """

    source: str
    target: str
    old: bytes
    new: bytes | None
    there: str | None
    migration: Migration


class MigrationPlan(Struct, frozen=True, kw_only=True):
    """What a migration would do.

    Attributes:
        start: the folder that paths begin at.
        root: the project's folder; ``start`` where there is no project.
        moved: whether the old files stay where they are, because the new ones go to another folder.
        suggestions: what concerns several of the files.
    """

    start: Path
    root: Path
    state: StateFolder
    files: tuple[MigratedFile, ...]
    moved: bool
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether a file cannot be migrated, so that none is."""
        return any(file.migration.has_failed for file in self.files)

    @property
    def has_changes(self) -> bool:
        return any(file.new is not None for file in self.files)


def plan_migration(
    start: str | Path, request: MigrationRequest, chain: Chain = CHAIN
) -> MigrationPlan:
    """Return what would become of the files; nothing is written.

    Raises:
        UsageError: a file is not there, or two would be written to one place.
        StorageError: a file cannot be read.
    """
    start = Path(start).resolve()
    root = _project_of(start)
    paths = [_path_from(start, name) for name in request.files]
    paths = paths or list(_files_of(start, root))
    is_thorough = request.options.is_thorough or bool(request.files)
    options = replace(request.options, is_thorough=is_thorough)
    planner = _Planner(start, root, replace(request, options=options), chain)
    files = [planner.file(path) for path in dict.fromkeys(paths)]
    if request.out:
        files = _with_masters(planner, files)
    if root is not None and not request.files and not request.out:
        files += _versioned(planner, root)
    _check_targets(files)
    return MigrationPlan(
        start=start,
        root=root or start,
        state=StateFolder.of(root or start),
        files=tuple(files),
        moved=bool(request.out),
        suggestions=tuple(_shared_pools(files, root)),
    )


def _with_masters(planner: _Planner, files: Iterable[MigratedFile]) -> list[MigratedFile]:
    """Return the files that go elsewhere, each user_input with the master beside it.

    A master that is named goes along as well, unless it is for a suite of its own.
    """
    masters = {
        file.source: planner.master_beside(file.source)
        for file in files
        if file.migration.kind is FileKind.USER_INPUT
    }
    chosen = [
        file for file in files if file.source in masters or file.source not in masters.values()
    ]
    filled = {_folder(file.target) for file in chosen if file.source not in masters}
    for file in tuple(chosen):
        folder, master = _folder(file.target), masters.get(file.source)
        if master and folder not in filled:
            filled.add(folder)
            chosen.append(planner.file(master, folder))
    return chosen


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _check_targets(files: Iterable[MigratedFile]) -> None:
    targets: dict[str, str] = {}
    for file in files:
        first = targets.setdefault(file.target.casefold(), file.source)
        if first != file.source:
            raise UsageError(f"{first} and {file.source} would both become {file.target}")


def _shared_pools(files: Sequence[MigratedFile], root: Path | None) -> Iterator[Suggestion]:
    """Yield the pools that models share, of one file or of several."""
    several = sum(bool(file.migration.pools) for file in files) > 1
    every = [
        replace(one, model=f"{file.source} {one.model}" if several else one.model)
        for file in files
        for one in file.migration.pools
    ]
    folder = None if root is None else root / SPECS / VOCABULARY_FOLDER
    taken = [path.stem for path in sorted(folder.iterdir())] if folder and folder.is_dir() else []
    yield from shared_pools(every, taken)


def _versioned(planner: _Planner, root: Path) -> Iterator[MigratedFile]:
    """Yield the project file and the lockfiles that are of another version than the newest."""
    outputs = Project().outputs
    for name in PROJECT_NAMES:
        if (root / SPECS / name).is_file():
            file = planner.file(_path_from(planner.start, str(root / SPECS / name)))
            text = file.migration.new or file.migration.old
            outputs = build_project(parse(file.source, text.encode()))[0].outputs
            if file.new is not None or file.migration.has_failed:
                yield file
    for path in sorted((root / outputs).rglob(LOCK_NAME)):
        file = planner.file(_path_from(planner.start, str(path)))
        if file.new is not None or (file.migration.has_failed and not _is_broken(file)):
            yield file


def _is_broken(lockfile: MigratedFile) -> bool:
    """Return whether a lockfile of a version that is known cannot be read: generate repairs it."""
    is_known = all(found.code != "MG226" for found in lockfile.migration.diagnostics)
    return is_known and isinstance(read_lockfile(lockfile.old, lockfile.source, ""), Diagnostic)


def finish_earlier(start: str | Path) -> Replaced | None:
    """Finish a migration that a kill has cut short; return None when there was none.

    Raises:
        LockedError: another process writes.
        StorageError: a file cannot be replaced.
    """
    start = Path(start).resolve()
    state = StateFolder.of(_project_of(start) or start)
    if not Path(state.folder).is_dir():
        return None
    with writer_lock(state, "migrate"):
        return finish_replacement(state)


def carry_out(plan: MigrationPlan) -> Replaced:
    """Write what ``plan`` says, all of it or nothing.

    Raises:
        LockedError: another process writes.
        StorageError: a file was changed since, or cannot be written.
    """
    replacements = list(_replacements(plan))
    paths = [Path(plan.start, item.path) for item in replacements]
    base = plan.root
    if not all(path.is_relative_to(base) for path in paths):
        base = Path(os.path.commonpath([base, *(path.parent for path in paths)]))
    # A project that is moved finds its backups again.
    label = PROJECT_LABEL if base == plan.root else base.as_posix()
    root = OutputRoot(base=str(base), inner="", label=label, state=plan.state)
    moved = [
        replace(item, path=path.relative_to(base).as_posix())
        for item, path in zip(replacements, paths, strict=True)
    ]
    with writer_lock(plan.state, "migrate"):
        finish_replacement(plan.state)
        return replace_all(root, moved)


def _replacements(plan: MigrationPlan) -> Iterator[Replacement]:
    for file in plan.files:
        if file.new is None:
            continue
        yield Replacement(path=file.target, old=file.there, data=file.new)
        if not plan.moved and file.target != file.source:
            yield Replacement(path=file.source, old=digest(file.old), data=None)


def _project_of(start: Path) -> Path | None:
    try:
        return Path(find_project(start))
    except UsageError:
        return None


def _path_from(start: Path, name: str) -> str:
    path = Path(os.path.normpath(start / name))
    if not path.is_file():
        raise UsageError(f"no such file: {name}")
    return _from(start, path)


def _from(start: Path, path: Path) -> str:
    return path.relative_to(start).as_posix() if path.is_relative_to(start) else path.as_posix()


def _files_of(start: Path, root: Path | None) -> Iterator[str]:
    if root is None:
        raise UsageError(f"no folder {SPECS}/ in {start} or above it; name the files")
    for path in read_specs(root, SPECS).files:
        if path.rpartition("/")[2] in (*USER_INPUT_NAMES, *_MASTER_NAMES):
            yield _path_from(start, str(root / path))


def _ignored_master(path: str) -> MigratedFile:
    """Return that nothing becomes of a master without bytes, which is ignored."""
    migration = Migration(
        path=path,
        kind=FileKind.MASTER,
        form=None,
        old="",
        new=None,
        language=language_of(path),
        diagnostics=(empty_master(path),),
    )
    return MigratedFile(
        source=path, target=path, old=b"", new=None, there=digest(b""), migration=migration
    )


class _Planner(Struct, frozen=True):
    """Plans file by file."""

    start: Path
    root: Path | None
    request: MigrationRequest
    chain: Chain

    def file(self, path: str, folder: str = "") -> MigratedFile:
        """Return what becomes of a file; a master may go to the ``folder`` of its suite."""
        data = self._read(path)
        name = path.rpartition("/")[2]
        if name == LOCK_NAME or name in PROJECT_NAMES:
            kind = FileKind.LOCKFILE if name == LOCK_NAME else FileKind.PROJECT
            return self._versioned(path, data, kind)
        is_master = looks_like_master(path, data)
        if is_master and not data:
            return _ignored_master(path)
        language = self.request.options.language or language_of(path)
        target = self._target(path, language, is_master=is_master)
        if folder:
            target = f"{folder}/master.{language}"
        options = replace(
            self.request.options,
            language=language,
            schema=self._schema(target, f"{'master' if is_master else 'user_input'}.schema.json"),
            master=None if is_master else self._master_of(path),
        )
        migrate = migrate_master if is_master else migrate_user_input
        migration = migrate(path, data, options, self.chain)
        new = None
        if migration.new is not None:
            new = migration.new.encode("utf-8", "surrogatepass")
            if data.startswith(_BOM) and migration.language == language_of(path):
                new = _BOM + new
        elif not migration.has_failed and self.request.out:
            new = data
            target = with_language(target, language_of(path))
        elif not self.request.out:
            target = path
        there = self._digest_at(target)
        if new is not None and there == digest(new):
            new = None
        if new is not None and there is not None and target != path:
            raise UsageError(f"{target} is there already; remove it, or write elsewhere with --out")
        return MigratedFile(
            source=path, target=target, old=data, new=new, there=there, migration=migration
        )

    def _versioned(self, path: str, data: bytes, kind: FileKind) -> MigratedFile:
        migration = migrate_versioned(path, data, kind, self.chain)
        new = None
        if migration.new is not None:
            bom = _BOM if data.startswith(_BOM) else b""
            new = bom + migration.new.encode("utf-8", "surrogateescape")
        return MigratedFile(
            source=path, target=path, old=data, new=new, there=digest(data), migration=migration
        )

    def _target(self, path: str, language: str, *, is_master: bool) -> str:
        if not self.request.out:
            return with_language(path, language)
        suite = self.request.suite or self._suite(path)
        name = "master" if is_master else "user_input"
        target = Path(os.path.normpath(self.start / self.request.out / suite))
        return _from(self.start, target / f"{name}.{language}")

    def _suite(self, path: str) -> str:
        absolute = Path(self.start, path)
        if self.root is not None and absolute.is_relative_to(self.root / SPECS):
            return absolute.parent.relative_to(self.root / SPECS).as_posix()
        stem = absolute.stem
        for word in ("user_input", "master"):
            stem = stem.removesuffix(word)
        return stem.rstrip("_-.") or absolute.parent.name

    def _schema(self, target: str, name: str) -> str:
        """Return the way from ``target`` to a schema of the project; ``""`` if there is none."""
        place = Path(self.start, target).parent
        if self.root is not None and place.is_relative_to(self.root):
            schema = Path(os.path.relpath(self.root / "schemas" / name, place)).as_posix()
        else:
            schema = f"../../schemas/{name}"
        return schema if Path(os.path.normpath(place / schema)).is_file() else ""

    def _master_of(self, path: str) -> Document | None:
        """Return the master beside a user_input file, for suggestions."""
        found = self.master_beside(path)
        document = parse(found, self._read(found)) if found else None
        return document if document is not None and document.root is not None else None

    def master_beside(self, path: str) -> str:
        """Return the path of the master beside a user_input file; ``""``: there is none."""
        folder, _, name = path.rpartition("/")
        beside = [name.replace("user_input", "master"), *_MASTER_NAMES]
        for candidate in dict.fromkeys(beside):
            found = f"{folder}/{candidate}" if folder else candidate
            if candidate != name and Path(self.start, found).is_file():
                return found
        return ""

    def _read(self, path: str) -> bytes:
        with naming(path):
            return Path(self.start, path).read_bytes()

    def _digest_at(self, path: str) -> str | None:
        return digest(self._read(path)) if Path(self.start, path).is_file() else None
