"""Takes nothing; gives what the stages read from: spec files at one moment, and a cache."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from mockgen_watch.digest import digest

if TYPE_CHECKING:
    from mockgen_watch.rules.plugin import Refused, RuleType


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


class Sources(Protocol):
    """The files that a run goes by, as they were at one moment.

    Paths are relative to the project folder, with forward slashes; vocabularies of the package
    are ``package:NAME.json``, and plugins that may be used ``plugin:NAME``, which cannot be read.
    """

    @property
    def digests(self) -> Mapping[str, str]:
        """Path of every spec file and shipped vocabulary → digest of its bytes."""

    def read(self, path: str) -> bytes:
        """Return the bytes that ``digests[path]`` is of.

        Raises:
            KeyError: there is no such file.
            StorageError: it cannot be read.
        """


class LazyDigests(Mapping[str, str]):
    """Digests of files, some of which are read only when one asks for them."""

    def __init__(
        self, known: Mapping[str, str], unread: Iterable[str], read: Callable[[str], bytes]
    ) -> None:
        """Hold ``known`` digests, and those of the files ``unread`` by ``read``."""
        self._known = dict(known)
        self._unread = dict.fromkeys(unread)
        self._read = read

    def __getitem__(self, path: str) -> str:
        """Return the digest of ``path``."""
        if path not in self._known and path in self._unread:
            self._known[path] = digest(self._read(path))
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        """Tell whether there is a file ``path``."""
        return path in self._known or path in self._unread

    def __iter__(self) -> Iterator[str]:
        """Yield every path."""
        yield from dict.fromkeys([*self._known, *self._unread])

    def __len__(self) -> int:
        """Return the number of files."""
        return len({*self._known, *self._unread})


class Catalog(Protocol):
    """What plugins offer; ``mockgen_watch.plugins`` has one."""

    def rule_type(self, expression: str, /) -> RuleType | Refused:
        """Return the rule ``PLUGIN/NAME``, or why it cannot be had."""

    def digest(self, name: str, /) -> str | None:
        """Return the digest of the code of a plugin; None when it cannot be used."""


class NoPlugins:
    """The catalog of a project that names no plugin."""

    def rule_type(self, expression: str, /) -> RuleType | Refused:
        """Return why ``expression`` cannot be had."""
        from mockgen_watch.rules.plugin import not_named  # noqa: PLC0415 - few projects name plugins

        return not_named(expression.partition("/")[0])

    def digest(self, name: str, /) -> str | None:
        """Return None."""
        del name
        return None


def suite_files(paths: Iterable[str], specs: str) -> dict[str, tuple[str, ...]]:
    """Return suite → its user_input files, sorted; more than one is an error of the user's.

    A suite is a folder below ``specs`` that holds such a file; it is named by its path from
    there, ``""`` for ``specs`` itself.
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
    """Return ``suite_files`` of a whole project; a process that lives on asks again and again."""
    return suite_files(paths, specs)
