"""Takes a user_input file anywhere and its master; gives a project of that one suite."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.errors import UsageError
from mockgen_watch.formats.builtin import BUILTIN
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.state import StateFolder
from mockgen_watch.storage.vocabularies import read_vocabulary, shipped_vocabularies
from mockgen_watch.workflow.load import Loader
from mockgen_watch.workflow.project import OpenProject
from mockgen_watch.workflow.sources import SHIPPED, LazyDigests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.storage.folders import StrPath

ENDINGS = (".yaml", ".yml", ".json")


class AdhocSources:
    """The files beside the one that was named, and the vocabularies of the package."""

    def __init__(self, start: Path, files: tuple[str, ...]) -> None:
        """Take ``files``, and what lies in their folders; relative paths begin at ``start``."""
        self.start = start
        beside = (
            _posix(start, str(found))
            for file in files
            for found in sorted((start / file).parent.iterdir())
            if found.name.endswith(ENDINGS)
        )
        self.paths = dict.fromkeys((*files, *beside))
        self._data: dict[str, bytes] = {}

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Path → digest; see ``Sources``."""
        shipped = (SHIPPED + name for name in shipped_vocabularies())
        return LazyDigests({}, (*self.paths, *shipped), self.read)

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``; see ``Sources``."""
        if path not in self._data:
            if path.startswith(SHIPPED):
                self._data[path] = read_vocabulary(path.removeprefix(SHIPPED))
            else:
                with naming(path):
                    self._data[path] = (self.start / path).read_bytes()
        return self._data[path]


class AdhocLoader(Loader, kw_only=True):
    """Loads the one suite of a file that was named."""

    config: str
    suite: str

    def suites(self) -> dict[str, str]:
        """Return the one suite."""
        return {self.suite: self.config}


def open_adhoc(start: StrPath, config: str, master: str | None) -> OpenProject:
    """Return a project that consists of the user_input file ``config``.

    Args:
        start: the folder that relative paths begin at.
        config: the file.
        master: its master; None: the one that it names, or the one in its folder.

    Raises:
        UsageError: one of the files does not exist.
    """
    start = Path(start)
    files = tuple(_posix(start, file) for file in (config, master) if file is not None)
    for given, path in zip((config, master), files, strict=False):
        if not (start / path).is_file():
            raise UsageError(f"{given} is no file")
    loader = AdhocLoader(
        sources=AdhocSources(start, files),
        specs="",
        context=BuildContext(formats=BUILTIN),
        master=files[1] if master is not None else None,
        config=files[0],
        suite=suite_name(files[0]),
    )
    return OpenProject.without_folder(start, loader, StateFolder.of(start))


def suite_name(path: str) -> str:
    """Return the suite that a file outside of specs/ makes: its name without ``_user_input``."""
    stem = Path(path).stem
    return stem.removesuffix("user_input").rstrip("_-.") or Path(path).absolute().parent.name


def _posix(start: Path, file: str) -> str:
    """Return ``file`` as paths are written: relative to ``start`` where it lies below."""
    absolute = (start / file).absolute()
    base = start.absolute()
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else str(absolute)
