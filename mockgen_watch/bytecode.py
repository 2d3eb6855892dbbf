"""Takes nothing; gives the program its modules from one file, in the place of one for each.

Finding, opening and setting up each of some 200 modules, of this package and of the standard
library, is a fifth of a small run. ``collect`` puts what a process needed into one file beside the
``.pyc`` of this module; ``install`` lets the next process read it there. What one module needs as
soon as it is imported makes a group, whose code is read as one piece, and run in the order in which
it ran when it was taken down.

Nothing else is otherwise: a module counts only while its source has the time of change and the size
that its ``.pyc`` names. Where it has not, or the file is not right, the import goes its usual way.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType
    from typing import Final, TypeAlias

    Entries: TypeAlias = dict[str, tuple[bool, bytes, int, int]]
    """Name → whether it is a package; time and size of its source, as a ``.pyc`` holds them; where
    its ``.pyc`` begins, and how long that is."""

    Groups: TypeAlias = dict[str, tuple[tuple[str, ...], int, int]]
    """Name → the modules of its group, itself last; where their code begins, and its length."""

PACKAGE: Final = "mockgen_watch"

LIMIT: Final = 16 << 20
"""Bytes from which on no more groups are kept: modules are in the groups of all that need them."""

_FORM: Final = f"mockgen-watch modules 2 {sys.version}\n".encode()
"""What the file begins with; code is that of one version of Python."""

_NUMBER: Final = 8
"""Bytes of each of the two numbers that follow: the size of the file, and that of its index."""
_HEAD: Final = len(_FORM) + 2 * _NUMBER

# Of a .pyc: version and flags, four bytes each, then time and size of the source; then the code.
_FLAGS: Final = slice(4, 8)
_STAMP: Final = slice(8, 16)
_CODE: Final = 16

_OURS: Final = os.path.dirname(__file__)
_LIBRARY: Final = os.path.dirname(os.__file__)


class Modules:
    """Finds the modules that a file holds.

    Attributes:
        entries, groups: what the file holds.
        is_stale: whether a source was met that is another one by now.
        met: the groups of this process: what was loaded while the module of that name was.
    """

    def __init__(self, entries: Entries, groups: Groups, fd: int) -> None:
        """Read what ``entries`` and ``groups`` name from the open file ``fd``."""
        self.entries = entries
        self.groups = groups
        self.is_stale = False
        self.met: dict[str, tuple[str, ...]] = {}
        self._fd = fd
        self._codes: dict[str, CodeType] = {}
        self._depth = 0
        self._loaded: list[str] = []
        # What the name of a .pyc ends with, where they lie in their usual folders.
        beside = f"{_OURS}/__pycache__/bytecode"
        cached = __spec__.cached or ""
        self._suffix = cached.removeprefix(beside) if cached.startswith(beside) else ""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module ``name`` is; None for one that the file has not as it is.

        What it needs is loaded on the way.
        """
        del path, target
        # Among threads, one could see a module of the group before it is whole.
        if name in self.groups and "threading" not in sys.modules:
            self._load_group(*self.groups[name])
        return self._spec(name)

    def data(self, name: str) -> bytes:
        """Return what the ``.pyc`` of ``name`` held."""
        *_, offset, length = self.entries[name]
        return os.pread(self._fd, length, offset)

    def code(self, name: str) -> CodeType:
        """Return the code of the module ``name``."""
        code: CodeType | None = self._codes.pop(name, None)
        # As trustworthy as the .pyc files beside it.
        return marshal.loads(self.data(name)[_CODE:]) if code is None else code  # noqa: S302

    def run(self, name: str, module: ModuleType, code: CodeType) -> None:
        """Run ``code`` in ``module``, and take down what that loads."""
        self._depth += 1
        try:
            exec(code, module.__dict__)  # noqa: S102 - as Python does with what it imports
        finally:
            self._depth -= 1
        self._loaded.append(name)
        if not self._depth:
            self.met[name] = tuple(self._loaded)
            self._loaded.clear()

    def next_groups(self) -> dict[str, tuple[str, ...]]:
        """Return the members of all groups, with those that this process met as well.

        Some may have been there before a group was met, and were not taken down; so groups grow.
        """
        members = {name: names for name, (names, *_) in self.groups.items()}
        if os.fstat(self._fd).st_size >= LIMIT:
            return members
        for name, names in self.met.items():
            known = members.get(name, (name,))
            if not set(names) <= set(known):
                before = (one for one in known if one not in names)
                members[name] = (*before, *(one for one in names if one != name), name)
        return members

    def _spec(self, name: str) -> ModuleSpec | None:
        entry = self.entries.get(name)
        if entry is None:
            return None
        is_package, stamp, *_ = entry
        source = _source_of(name, is_package=is_package)
        try:
            is_same = _stamp_of(os.stat(source)) == stamp
        except OSError:
            is_same = False
        if not is_same:
            self.is_stale = True
            return None
        spec = ModuleSpec(name, _Loader(self, name, source), origin=source, is_package=is_package)
        spec.has_location = True
        if self._suffix:
            # Python itself takes ten times as long to say so.
            above, _, last = source.removesuffix(".py").rpartition("/")
            spec.cached = f"{above}/__pycache__/{last}{self._suffix}"
        if is_package:
            spec.submodule_search_locations = [source.rpartition("/")[0]]
        return spec

    def _load_group(self, names: Sequence[str], offset: int, length: int) -> None:
        """Load the modules of a group that are not there yet, but for the last."""
        missing = [name for name in names if name not in sys.modules]
        specs = {name: self._spec(name) for name in missing}
        if len(missing) == 1 or None in specs.values():
            return
        # As trustworthy as the .pyc files beside it.
        whole = marshal.loads(os.pread(self._fd, length, offset))  # noqa: S302
        codes: dict[str, CodeType] = dict(zip(names, whole, strict=True))
        # A package that was moved is told so by Python's own loader.
        if any(codes[name].co_filename != spec.origin for name, spec in specs.items() if spec):
            return
        self._codes.update((name, codes[name]) for name in missing)
        self._depth += 1
        try:
            for name, spec in specs.items():
                parent = name.rpartition(".")[0]
                is_next = name not in sys.modules and (not parent or parent in sys.modules)
                if spec is not None and name != names[-1] and is_next:
                    self._load(name, spec)
        finally:
            self._depth -= 1

    def _load(self, name: str, spec: ModuleSpec) -> None:
        """Do for one module what Python does for it, without looking for it."""
        module = type(sys)(name)
        parent, _, last = name.rpartition(".")
        vars(module).update(
            __spec__=spec,
            __loader__=spec.loader,
            __file__=spec.origin,
            __cached__=spec.cached,
            __package__=spec.parent,
        )
        if spec.submodule_search_locations is not None:
            module.__path__ = spec.submodule_search_locations
        sys.modules[name] = module
        try:
            self.run(name, module, self.code(name))
        except BaseException:
            sys.modules.pop(name, None)
            raise
        if parent:
            setattr(sys.modules[parent], last, module)


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

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of ``module``."""
        code = self.get_code(self.name)
        if code is None:
            raise ImportError(f"{self.name} has no code", name=self.name)
        self._modules.run(self.name, module, code)


def install() -> Modules | None:
    """Have modules read from the file, where there is one; it stays open."""
    if not hasattr(os, "pread"):
        return None
    try:
        fd = os.open(_file(), os.O_RDONLY)
    except OSError:
        return None
    try:
        modules = Modules(*_read_index(fd), fd)
    except (OSError, EOFError, ValueError, TypeError):
        os.close(fd)
        return None
    sys.meta_path.insert(0, modules)
    return modules


def collect(modules: Modules | None) -> None:
    """Write the file anew, when this process needed what it does not hold as it is.

    Args:
        modules: what ``install`` gave.
    """
    path = _file()
    if not path or sys.dont_write_bytecode:
        return
    known: Entries = {} if modules is None else modules.entries
    loaded = {name for name, module in [*sys.modules.items()] if _belongs(name, module)}
    is_stale = modules is not None and modules.is_stale
    groups = {} if modules is None or is_stale else modules.next_groups()
    is_new = modules is not None and groups != {one: at[0] for one, at in modules.groups.items()}
    is_whole = loaded <= known.keys() and not is_stale and not is_new
    # Where nothing can be written, each run would gather all of it in vain.
    if is_whole or not os.access(os.path.dirname(path), os.W_OK):
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
    if found.keys() != known.keys() or is_stale or is_new:
        # The disk may be full, say; the .pyc files are still there.
        with contextlib.suppress(OSError):
            _write(path, found, groups)


def _belongs(name: str, module: ModuleType) -> bool:
    """Tell whether ``module`` is of this package, or of the standard library and not built in."""
    if name.partition(".")[0] == PACKAGE:
        return True
    # What packages put there has no spec now and then.
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    return origin in {
        f"{_LIBRARY}/{name.replace('.', '/')}{ending}" for ending in (".py", "/__init__.py")
    }


def _source_of(name: str, *, is_package: bool) -> str:
    top, _, below = name.partition(".")
    folder = _OURS if top == PACKAGE else f"{_LIBRARY}/{top}"
    if below:
        folder += "/" + below.replace(".", "/")
    return f"{folder}/__init__.py" if is_package else f"{folder}.py"


def _stamp_of(status: os.stat_result) -> bytes:
    """Return time and size of a source as a ``.pyc`` holds them."""
    parts = (int(status.st_mtime), status.st_size)
    return b"".join((part & 0xFFFFFFFF).to_bytes(4, "little") for part in parts)


def _file() -> str:
    """Return the path of the file, beside the ``.pyc`` of this module; "" where it has none."""
    cached = __spec__.cached
    if not cached:
        return ""
    folder, name = os.path.split(cached)
    return os.path.join(folder, f"modules.{name.partition('.')[2]}s")


def _read_index(fd: int) -> tuple[Entries, Groups]:
    """Return what the open file ``fd`` says that it holds.

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
    # As trustworthy as the .pyc files beside it.
    entries, groups = marshal.loads(os.pread(fd, length, size - length))  # noqa: S302
    return dict(entries), dict(groups)


def _write(
    path: str, found: dict[str, tuple[bool, bytes]], members: dict[str, tuple[str, ...]]
) -> None:
    """Write the ``.pyc`` files ``found`` and the groups of these ``members``."""
    entries: Entries = {}
    groups: Groups = {}
    parts: list[bytes] = []
    size = _HEAD
    for name, (is_package, data) in found.items():
        entries[name] = (is_package, data[_STAMP], size, len(data))
        parts.append(data)
        size += len(data)
    for name, names in members.items():
        if found.keys() >= set(names):
            # Names that several modules have are written, and later made, once for all of them.
            codes = tuple(marshal.loads(found[one][1][_CODE:]) for one in names)  # noqa: S302
            data = marshal.dumps(codes)
            groups[name] = (names, size, len(data))
            parts.append(data)
            size += len(data)
    index = marshal.dumps((entries, groups))
    lengths = [number.to_bytes(_NUMBER, "little") for number in (size + len(index), len(index))]
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "xb") as file:
            file.writelines([_FORM, *lengths, *parts, index])
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
