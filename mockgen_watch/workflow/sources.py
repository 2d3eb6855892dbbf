"""Sources: the files that a run reads, and the names by which it finds them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import is_slip
from mockgen_watch.digest import digest, is_legacy, renew
from mockgen_watch.lock.lockfile import Lockfile, is_absent, with_digests
from mockgen_watch.masters.chain import MASTER_NAMES, find_master_around
from mockgen_watch.spec.build.pools import VOCABULARY_ENDINGS
from mockgen_watch.storage.package_data import read_vocabulary, shipped_vocabularies
from mockgen_watch.storage.scan import SUFFIXES

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic


USER_INPUT_NAMES = ("user_input.yaml", "user_input.yml", "user_input.json")
"""The file that makes a folder a suite."""

PROJECT_NAMES = ("mockgen.yaml", "mockgen.yml", "mockgen.json")
"""The project file, at the top of the specs folder."""

VOCABULARY_FOLDER = "_vocab"
"""Where pools that suites share are kept, at the top of the specs folder."""

SHIPPED = "package:"
"""Begins the path of a vocabulary that comes with the package."""

PLUGIN = "plugin:"
"""Begins the name that a plugin has among the inputs of a suite."""


class Sources(Mapping[str, str]):
    """The files that a run reads, as they were at one moment: path → digest, and their bytes.

    Paths are relative to the project folder, with forward slashes. The vocabularies of the package
    are among them as ``package:NAME.json``; a plugin that may be used is ``plugin:NAME``, and has
    a digest but no bytes.
    """

    def __init__(
        self,
        digests: Mapping[str, str] | None = None,
        *,
        data: Mapping[str, bytes] | None = None,
        paths: Iterable[str] = (),
        read: Callable[[str], bytes] | None = None,
    ) -> None:
        """Offer files of which the digest, the bytes, or only the path is known yet.

        ``read`` gives the bytes of a path that is not in ``data``. A file without a digest is
        read once, so that its digest is that of the bytes that are built on.
        """
        self._digests = dict(digests or {})
        self._data = dict(data or {})
        shipped = (SHIPPED + name for name in shipped_vocabularies())
        self._paths = dict.fromkeys((*self._digests, *self._data, *paths, *shipped))
        self._read = read

    def __getitem__(self, path: str) -> str:
        if path not in self._digests:
            if path not in self._paths:
                raise KeyError(path)
            self._digests[path] = digest(self.read(path))
        return self._digests[path]

    def __contains__(self, path: object) -> bool:
        return path in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``.

        Raises:
            KeyError: there is no such file.
            StorageError: it cannot be read.
        """
        if path in self._data:
            return self._data[path]
        if path.startswith(SHIPPED):
            data = read_vocabulary(path.removeprefix(SHIPPED))
        elif self._read is None:
            raise KeyError(path)
        else:
            data = self._read(path)
        if path not in self._digests:
            self._data[path] = data
        return data

    def replaced(self, data: Mapping[str, bytes]) -> Sources:
        """Return the same files, some with other bytes."""
        digests = {path: known for path, known in self._digests.items() if path not in data}
        data = {**self._data, **data}
        return Sources(digests, data=data, paths=self._paths, read=self._read)


def suite_files(paths: Iterable[str], specs: str) -> dict[str, tuple[str, ...]]:
    """Return suite → its user_input files among ``paths``, sorted; more than one is an error.

    ``specs`` is the folder that suites are named from.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(path for path in paths if path.endswith(USER_INPUT_NAMES)):
        folder, _, name = path.rpartition("/")
        is_below = not specs or folder == specs or folder.startswith(f"{specs}/")
        if name in USER_INPUT_NAMES and is_below:
            suite = folder[len(specs) :].strip("/")
            found[suite] = (*found.get(suite, ()), path)
    return found


@lru_cache(maxsize=1)
def all_suite_files(paths: frozenset[str], specs: str) -> Mapping[str, tuple[str, ...]]:
    """Return ``suite_files``; a daemon asks for the same files at each run."""
    return suite_files(paths, specs)


@lru_cache(maxsize=1)
def oddly_named(paths: frozenset[str], specs: str) -> tuple[str, ...]:
    """Return the spec files whose names alone do not say what reads them, sorted by folder.

    In the folder of a suite these are only those whose names are a slip of ``user_input``: schemas
    and masters of other names are at home there.
    """
    usual = {*USER_INPUT_NAMES, *PROJECT_NAMES, *MASTER_NAMES}
    found = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name in usual or not name.endswith(SUFFIXES):
            continue
        if f"/{VOCABULARY_FOLDER}/" in f"/{path}" or not f"{folder}/".startswith(f"{specs}/"):
            continue
        is_suite = any(f"{folder}/{one}" in paths for one in USER_INPUT_NAMES)
        if not is_suite or is_slip(name.rpartition(".")[0], "user_input"):
            found.append((folder, name))
    return tuple(f"{folder}/{name}" for folder, name in sorted(found))


def is_hidden(path: str, unreadable: Iterable[str]) -> bool:
    """Return whether ``path`` is, or is below, a file or folder that cannot be read."""
    return any(f"{path}/".startswith(f"{other}/") for other in unreadable)


def absent_paths(
    suite: str, specs: str, lock: Lockfile, existing: Container[str]
) -> tuple[str, ...] | None:
    """Return the paths that ``lock`` has the digest of, and that still do not exist.

    They follow from the names that a suite looks for: a project file, a master in its folder or
    above, vocabularies of its own in place of those of the package. None where these do not give
    the digest: one of them has appeared, or the suite names another file that does not exist.
    """
    names = [f"{specs}/{name}".lstrip("/") for name in PROJECT_NAMES]
    for path in lock.inputs:
        if path.startswith(SHIPPED):
            name = path.removeprefix(SHIPPED).rpartition(".")[0]
            names += vocabulary_candidates(specs, name)
    absent = [path for path in names if path not in existing]
    folder = f"{specs}/{suite}".strip("/")
    # A suite may take no master, or name it: then it looks for none.
    for masters in (find_master_around(folder, specs, existing).missing, ()):
        found = sorted({*absent, *masters})
        if is_absent(lock, found, folder):
            return tuple(found)
    return None


def vocabulary_candidates(specs: str, name: str) -> tuple[str, ...]:
    """Return the paths of the project that a vocabulary called ``name`` can have."""
    own = f"{specs}/{VOCABULARY_FOLDER}/{name}".lstrip("/")
    return tuple(own + ending for ending in VOCABULARY_ENDINGS)


def vocabulary_siblings(paths: Iterable[str], specs: str) -> Iterator[str]:
    """Yield the paths that a vocabulary among ``paths`` can have under the same name."""
    folder = f"{specs}/{VOCABULARY_FOLDER}/".lstrip("/")
    for path in paths:
        if path.startswith(folder):
            yield from vocabulary_candidates(specs, path.removeprefix(folder).rpartition(".")[0])


def renew_inputs(
    locks: Mapping[str, Lockfile | Diagnostic], sources: Sources
) -> dict[str, Lockfile | Diagnostic]:
    """Return the lockfiles with SHA-256 digests, with those that their inputs have now.

    An input whose bytes are others keeps the digest that it had.

    Raises:
        StorageError: an input cannot be read.
    """
    renewed: dict[str, Lockfile | Diagnostic] = {}
    for suite, lock in locks.items():
        if isinstance(lock, Lockfile) and lock.is_legacy:
            inputs = {
                path: renew(digest, (sources.read(path),))
                for path, digest in lock.inputs.items()
                # Of a plugin there is a digest, and no bytes.
                if is_legacy(digest) and path in sources and not path.startswith(PLUGIN)
            }
            renewed[suite] = with_digests(lock, inputs=inputs)
    return renewed
