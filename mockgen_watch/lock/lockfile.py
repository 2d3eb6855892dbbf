"""Lockfile and journal: which outputs were made from which inputs.

A suite has a lockfile beside its outputs, committed with them. It names its format version; digests
name their algorithm. Files in the folder of the suite are named from there (``./user_input.yaml``),
others from the project, so that a suite and its outputs can be moved as they are.

Earlier versions are read, and written again by the next run: version 2 named all files from the
project; version 1 had SHA-256 digests, too, and listed among the inputs each file that was looked
for and not there, with ``null``.

The lockfile is written after the outputs. The journal says earlier, before a file takes its
place, which bytes are ours, and it says so of files that a lockfile cannot speak of, such as the
new content beside a hand edit. Lines are only appended, each with a checksum, so that a line
torn by a kill harms no other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from mockgen_watch.canonical import digest_of
from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import PREFIX, digest, is_legacy
from mockgen_watch.lock.paths import path_fault
from mockgen_watch.plan import METHODS
from mockgen_watch.spec.model import Layout

LOCK_VERSION = 3
_TEXT_VERSION = 2
"""Version 1 is brought up to this one by its text alone."""

_OWN = "./"

_MARKER = rb"(?m)^(?:<{7}|={7}|>{7}|\|{7})"

Digest = Annotated[str, Meta(pattern=r"^(blake3|sha256):[0-9a-f]{64}$")]
Count = Annotated[int, Meta(ge=0)]


def absent_digest(paths: Iterable[str], folder: str) -> str:
    """Return the digest that stands for ``paths``, which were looked for and are not there.

    ``folder``: that of the suite's specs; ``""`` as before version 3.
    """
    return digest_of(sorted(_named_from(folder, path) for path in paths))


def _named_from(folder: str, path: str) -> str:
    own = f"{folder}/"
    return _OWN + path.removeprefix(own) if folder and path.startswith(own) else path


class LockedOutput(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a lockfile says of one output.

    Attributes:
        key: the key that its files belong to; ``""`` when they do not all belong to one, because
            a file edited by hand was left while others were replaced.
        files: path relative to the suite's output folder → digest of the bytes written there.
    """

    key: str
    model: str
    scenario: str
    format: str
    layout: Layout
    records: Count
    files: Mapping[str, Digest]

    @property
    def name(self) -> str:
        """``model/scenario``: unique in a suite."""
        return f"{self.model}/{self.scenario}"


class Lockfile(Struct, frozen=True, kw_only=True):
    """What was made of one suite.

    Attributes:
        methods: how records of a plan were made, see ``plan.methods``; ``""`` is an earlier way.
        inputs: path relative to the project → digest of each file that was read.
        absent: the digest of the paths that were looked for and not there, see
            ``is_absent``: the appearance of any of them is a change.
        complete: all outputs of the suite are here and belong to ``inputs``, with no option of
            the command line and nothing refused. Only then do equal inputs mean equal outputs.
        is_legacy: it is as an earlier version was, in names or digests.
    """

    contract: int
    inputs: Mapping[str, str]
    absent: str = absent_digest((), "")
    outputs: Mapping[str, LockedOutput]
    complete: bool = True
    methods: str = METHODS
    is_legacy: bool = False

    def files(self) -> dict[str, str]:
        """Return every file, relative to the suite's output folder, with its digest."""
        merged: dict[str, str] = {}
        for output in self.outputs.values():
            merged.update(output.files)
        return merged


def is_absent(lock: Lockfile, paths: Iterable[str], folder: str) -> bool:
    """Return whether ``paths`` are those that ``lock`` has the digest of.

    ``folder``: that of the suite's specs.
    """
    known = tuple(paths)
    forms = (folder, "") if lock.is_legacy else (folder,)
    return lock.absent in {absent_digest(known, form) for form in forms}


def made_from(lock: Lockfile, digests: Mapping[str, str], contract: int) -> bool:
    """Return whether the inputs of ``lock`` are as they were, so that no key can have changed.

    ``digests`` has every input file that exists now, more than ``lock`` names as a rule. Whether
    a file that was ``absent`` has appeared is another question.
    """
    return (
        lock.contract == contract
        and lock.methods == METHODS
        and all(digests.get(path) == digest for path, digest in lock.inputs.items())
    )


def with_digests(
    lock: Lockfile,
    *,
    inputs: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
) -> Lockfile:
    """Return ``lock`` with other digests of those ``inputs`` and those ``files``."""
    outputs = lock.outputs
    if files is not None:
        outputs = {
            name: replace(
                output,
                files={path: files.get(path, digest) for path, digest in output.files.items()},
            )
            for name, output in outputs.items()
        }
    return replace(lock, inputs={**lock.inputs, **(inputs or {})}, outputs=outputs)


def is_same_lock(lock: Lockfile | None, after: Lockfile | None) -> bool:
    """Return whether ``after`` says what ``lock`` said, whatever version that was read from.

    What cannot be compared counts as equal: keys of different algorithms, and digests of absent
    paths before version 3; a path that has appeared is among the inputs.
    """
    if lock is None or after is None or not lock.is_legacy:
        return lock == after
    outputs = {
        name: replace(output, key=after.outputs[name].key)
        if name in after.outputs and is_legacy(output.key) != is_legacy(after.outputs[name].key)
        else output
        for name, output in lock.outputs.items()
    }
    return replace(lock, outputs=outputs, absent=after.absent, is_legacy=False) == after


class _File(Struct, kw_only=True, forbid_unknown_fields=True):
    """The keys of a lockfile. Those that were written before there were any state no methods."""

    lock_version: int
    contract: Count
    methods: str = ""
    complete: bool
    inputs: dict[str, Digest]
    absent: Digest
    outputs: dict[str, LockedOutput]


def write_lockfile(lock: Lockfile, folder: str) -> bytes:
    """Return the text of ``lock``: sorted, one file per line, with a final newline.

    ``folder``: that of the suite's specs.
    """
    inputs = {_named_from(folder, path): digest for path, digest in lock.inputs.items()}
    return _written(replace(lock, inputs=inputs), LOCK_VERSION)


def _written(lock: Lockfile, version: int) -> bytes:
    fields = asdict(lock)
    del fields["is_legacy"]
    # The keys of mappings are sorted, those of structs stay in their order.
    text = msgspec.json.encode(_File(lock_version=version, **fields), order="deterministic")
    return msgspec.json.format(text, indent=2) + b"\n"


def read_lockfile(data: bytes, path: str, folder: str) -> Lockfile | Diagnostic:
    """Return the lockfile in ``data``, or the MG505 that says why it cannot be read.

    ``path`` is what the diagnostic names, ``folder`` that of the suite's specs. A path in the
    lockfile that would lead outside the output folder makes the whole file unreadable.
    """
    try:
        lock = _lockfile(json.loads(data.decode(), object_pairs_hook=_unique))
    except (ValueError, RecursionError) as error:
        return _unreadable(data, path, error)
    own = f"{folder}/"
    inputs = {
        own + path.removeprefix(_OWN) if path.startswith(_OWN) else path: digest
        for path, digest in lock.inputs.items()
    }
    # So does one that was brought to version 3 by its text alone.
    names_from_project = any(path.startswith(own) for path in lock.inputs)
    return replace(lock, inputs=inputs, is_legacy=lock.is_legacy or names_from_project)


def upgrade_text(text: str) -> str:
    """Return the text of a lockfile of version 1 as one of version 2; another one as it is.

    Its digests stay SHA-256 until a run finds the bytes that they are of.
    """
    found = read_lockfile(text.encode("utf-8", "surrogateescape"), "", "")
    if isinstance(found, Diagnostic) or json.loads(text)["lock_version"] > 1:
        return text
    return _written(found, _TEXT_VERSION).decode()


class _NewerError(ValueError):
    """The lockfile has a version that this release does not know."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key appears twice in one mapping")
    return mapping


def _lockfile(data: object) -> Lockfile:
    version = data.get("lock_version") if isinstance(data, dict) else None
    if type(version) is int and version > LOCK_VERSION:
        raise _NewerError(f"lock_version is {version}, but this release reads {LOCK_VERSION}")
    if isinstance(data, dict) and version == 1:
        data = _as_version_2(data)
    file = msgspec.convert(data, _File)
    if not 1 <= file.lock_version <= LOCK_VERSION:
        raise ValueError(f"lock_version is {version!r}, not 1 to {LOCK_VERSION}")
    for name, output in file.outputs.items():
        if output.name != name:
            raise ValueError(f"{name!r} contains the output {output.name!r}")
        for path in output.files:
            if fault := path_fault(path):
                raise ValueError(f"the path {path!r} cannot be used: {fault}")
    every = [*file.inputs.values()]
    for output in file.outputs.values():
        every += [output.key, *output.files.values()]
    fields = asdict(file)
    del fields["lock_version"]
    return Lockfile(
        **fields, is_legacy=file.lock_version < LOCK_VERSION or any(map(is_legacy, every))
    )


def _as_version_2(data: dict[str, Any]) -> dict[str, Any]:
    inputs = data.get("inputs")
    if not isinstance(inputs, dict) or "absent" in data:
        return data
    absent = [path for path, digest in inputs.items() if digest is None]
    read = {path: digest for path, digest in inputs.items() if digest is not None}
    return {**data, "inputs": read, "absent": absent_digest(absent, "")}


def _unreadable(data: bytes, path: str, error: ValueError | RecursionError) -> Diagnostic:
    line, column = 1, 1
    if isinstance(error, json.JSONDecodeError):
        line, column = error.lineno, error.colno
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    hint = "restore it from Git, or delete it and run generate: correct outputs are kept"
    if marker := re.search(_MARKER, data):
        line, column = data.count(b"\n", 0, marker.start()) + 1, 1
        reason = "it contains merge conflict markers"
        hint = (
            "take either side (git checkout --ours or --theirs), then run generate; "
            "mockgen-watch git install avoids such conflicts"
        )
    elif isinstance(error, _NewerError):
        hint = "update mockgen-watch"
    return Diagnostic(
        code="MG505",
        message=f"The lockfile cannot be read: {reason}",
        hint=hint,
        location=Location(path=path, line=line, column=column),
    )


_CHECKSUM_LENGTH = 16
_Line = tuple[str, str, str, str]


class JournalEntry(Struct, frozen=True, kw_only=True):
    """One intention: ``path`` of the output folder gets bytes of ``digest``, made for ``key``."""

    suite: str
    path: str
    digest: str
    key: str


def encode_entries(entries: Iterable[JournalEntry]) -> bytes:
    """Return a line of the journal for each entry.

    The text begins with an empty line: what is appended behind a torn line stays readable.
    """
    return b"\n" + b"".join(_line(entry) for entry in entries)


def decode_entries(data: bytes) -> tuple[JournalEntry, ...]:
    """Return the entries of a journal, in order, but for lines whose checksum is wrong."""
    found = (_entry(line) for line in data.split(b"\n") if line)
    return tuple(entry for entry in found if entry is not None)


def _line(entry: JournalEntry) -> bytes:
    # ASCII, so that no part of a character can be torn off and no line break can hide in a name.
    text = json.dumps([entry.suite, entry.path, entry.digest, entry.key]).encode("ascii")
    return _checksum(text) + b" " + text + b"\n"


def _checksum(text: bytes) -> bytes:
    return digest(text).removeprefix(PREFIX)[:_CHECKSUM_LENGTH].encode("ascii")


def _entry(line: bytes) -> JournalEntry | None:
    checksum, _, text = line.partition(b" ")
    # An earlier release may have left the line.
    legacy = hashlib.sha256(text).hexdigest()[:_CHECKSUM_LENGTH].encode("ascii")
    if checksum not in {_checksum(text), legacy}:
        return None
    try:
        suite, path, digest, key = msgspec.convert(json.loads(text), _Line)
    except ValueError:
        return None
    return JournalEntry(suite=suite, path=path, digest=digest, key=key)
