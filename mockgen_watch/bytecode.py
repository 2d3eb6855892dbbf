"""Takes nothing; gives the program its modules from one file, in the place of one for each.

Finding and opening the ``.pyc`` of each of some 200 modules, of this package and of the standard
library, is an eighth of a small run. ``collect`` puts those that a process needed into one file
beside its own; ``install`` lets the next process read them there. Nothing else is otherwise: where
the time of change or the size of a source is not what that file says, or the file is not right, the
import goes its usual way, and what comes out of the file goes through Python's own loader, as
a ``.pyc`` does.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType, ModuleType
    from typing import Final

PACKAGE: Final = "mockgen_watch"

_FORM: Final = f"mockgen-watch modules 1 {sys.version}\n".encode()
"""What the file begins with; code is that of one version of Python."""
_NUMBER: Final = 8
"""Bytes of each of the two numbers that follow: the size of the file, and that of its index."""
_HEAD: Final = len(_FORM) + 2 * _NUMBER
# Of a .pyc: version and flags, four bytes each, then time and size of the source; then the code.
_FLAGS: Final = slice(4, 8)
_STAMP: Final = slice(8, 16)
_HEADER: Final = 16


_OURS: Final = os.path.dirname(__file__)
_LIBRARY: Final = os.path.dirname(os.__file__)


class Modules:
    """Finds the modules that a file holds.

    Attributes:
        entries: name → whether it is a package; time and size of its source, as a ``.pyc`` holds
            them; where its ``.pyc`` begins, and how long that is.
        is_stale: whether a source was met that is another one by now.
    """

    def __init__(self, entries: dict[str, tuple[bool, bytes, int, int]], fd: int) -> None:
        """Read what ``entries`` name from the open file ``fd``."""
        self.entries = entries
        self.is_stale = False
        self._fd = fd
        # What the name of a .pyc ends with, where they lie in their usual folders.
        beside = f"{_OURS}/__pycache__/bytecode"
        cached = __spec__.cached or ""
        self._suffix = cached.removeprefix(beside) if cached.startswith(beside) else ""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module ``name`` is; None for one that the file has not as it is."""
        del path, target
        entry = self.entries.get(name)
        if entry is None:
            return None
        is_package, stamp, *_ = entry
        top, _, below = name.partition(".")
        folder = _OURS if top == PACKAGE else f"{_LIBRARY}/{top}"
        if below:
            folder += "/" + below.replace(".", "/")
        source = f"{folder}/__init__.py" if is_package else f"{folder}.py"
        try:
            status = os.stat(source)
        except OSError:
            status = None
        if status is None or _stamp_of(status) != stamp:
            self.is_stale = True
            return None
        loader = _Loader(self, name, source)
        spec = ModuleSpec(name, loader, origin=source, is_package=is_package)
        spec.has_location = True
        if self._suffix:
            # Python itself takes ten times as long to say so.
            above, _, last = source.removesuffix(".py").rpartition("/")
            spec.cached = f"{above}/__pycache__/{last}{self._suffix}"
        if is_package:
            spec.submodule_search_locations = [folder]
        return spec

    def data(self, name: str) -> bytes:
        """Return what the ``.pyc`` of ``name`` held."""
        *_, offset, length = self.entries[name]
        return os.pread(self._fd, length, offset)

    def code(self, name: str) -> CodeType:
        """Return the code of the module ``name``."""
        *_, offset, length = self.entries[name]
        code: CodeType = marshal.loads(os.pread(self._fd, length - _HEADER, offset + _HEADER))  # noqa: S302 - see above
        return code


class _Loader(SourceFileLoader):
    """Reads code from the file, and all else as ever."""

    def __init__(self, modules: Modules, name: str, source: str) -> None:
        super().__init__(name, source)
        self._modules = modules

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the code of the module."""
        code = self._modules.code(fullname)
        # A package that was moved is told so by Python's own loader.
        return code if code.co_filename == self.path else super().get_code(fullname)


def install() -> Modules | None:
    """Have modules read from the file, where there is one; it stays open."""
    path = _file()
    if not path or not hasattr(os, "pread"):
        return None
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        modules = Modules(_read_index(fd), fd)
    except (OSError, EOFError, ValueError, TypeError):
        os.close(fd)
        return None
    sys.meta_path.insert(0, modules)
    return modules


def collect(modules: Modules | None) -> None:
    """Write the file anew, when this process needed modules that it does not hold as they are.

    Args:
        modules: what ``install`` gave.
    """
    path = _file()
    if not path or sys.dont_write_bytecode:
        return
    known = {} if modules is None else modules.entries
    loaded = {name for name, module in [*sys.modules.items()] if _belongs(name, module)}
    is_stale = modules is not None and modules.is_stale
    if loaded <= known.keys() and not is_stale:
        return
    found: dict[str, tuple[bool, bytes]] = {}
    if modules is not None:
        found = {name: (entry[0], modules.data(name)) for name, entry in known.items()}
    for name in sorted(loaded):
        spec = sys.modules[name].__spec__
        # Others were read from the file, or do not come from a source at all.
        if spec is not None and type(spec.loader) is SourceFileLoader and spec.cached:
            with contextlib.suppress(OSError), open(spec.cached, "rb") as file:
                data = file.read()
                # Those that are told by a hash of the source have other bytes in that place.
                if not any(data[_FLAGS]):
                    found[name] = (spec.submodule_search_locations is not None, data)
    if found.keys() != known.keys() or is_stale:
        # A folder that nobody may write to keeps its .pyc files, if any.
        with contextlib.suppress(OSError):
            _write(path, found.items())


def _belongs(name: str, module: ModuleType) -> bool:
    """Tell whether ``module`` is of this package, or of the standard library and not built in."""
    if name.partition(".")[0] == PACKAGE:
        return True
    # What packages put there has no spec now and then.
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    return origin in {
        f"{_LIBRARY}/{name.replace('.', '/')}{ending}" for ending in (".py", "/__init__.py")
    }


def _file() -> str:
    """Return the path of the file, beside the ``.pyc`` of this module; "" where it has none."""
    cached = __spec__.cached
    if not cached:
        return ""
    folder, name = os.path.split(cached)
    return os.path.join(folder, f"modules.{name.partition('.')[2]}s")


def _read_index(fd: int) -> dict[str, tuple[bool, bytes, int, int]]:
    """Return the entries of the open file ``fd``.

    Raises:
        OSError, EOFError, ValueError, TypeError: it is no such file, or only the beginning of one.
    """
    head = os.pread(fd, _HEAD, 0)
    size, length = (
        int.from_bytes(head[start : start + _NUMBER], "little")
        for start in (len(_FORM), len(_FORM) + _NUMBER)
    )
    if not head.startswith(_FORM) or os.fstat(fd).st_size != size:
        raise ValueError("it is cut short, or of another version")
    entries = marshal.loads(os.pread(fd, length, _HEAD))  # noqa: S302 - like the .pyc files beside
    return dict(entries)


def _write(path: str, found: Iterable[tuple[str, tuple[bool, bytes]]]) -> None:
    entries: dict[str, tuple[bool, bytes, int, int]] = {}
    parts: list[bytes] = []
    size = 0
    for name, (is_package, data) in found:
        entries[name] = (is_package, data[_STAMP], size, len(data))
        parts.append(data)
        size += len(data)
    # Offsets count from the start of the file, and how long the index is depends on them.
    start, index = 0, b""
    while start != _HEAD + len(index):
        start = _HEAD + len(index)
        index = marshal.dumps(
            {name: (*entry[:2], entry[2] + start, entry[3]) for name, entry in entries.items()}
        )
    lengths = [number.to_bytes(_NUMBER, "little") for number in (start + size, len(index))]
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "xb") as file:
            file.writelines([_FORM, *lengths, index, *parts])
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _stamp_of(status: os.stat_result) -> bytes:
    """Return time and size of a source as a ``.pyc`` holds them."""
    parts = (int(status.st_mtime), status.st_size)
    return b"".join((part & 0xFFFFFFFF).to_bytes(4, "little") for part in parts)
