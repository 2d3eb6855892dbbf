"""Takes the bytes of a lockfile; gives what was made from what, and back, the same bytes for it."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.paths import path_fault
from mockgen_watch.plan.model import METHODS
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


LOCK_VERSION = 1

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MARKER = re.compile(rb"^(?:<{7}|={7}|>{7}|\|{7})", re.MULTILINE)
_NEEDED = {"lock_version", "contract", "complete", "inputs", "outputs"}
_METHODS = "methods"
_OUTPUT_NEEDED = {"key", "model", "scenario", "format", "layout", "records", "files"}


class LockedOutput(Struct, frozen=True, kw_only=True):
    """What a lockfile says of one output.

    Attributes:
        key: the key that its files belong to; ``""`` when they do not all belong to one, because
            a file edited by hand was left while others were replaced.
        model, scenario, format, layout, records: as they were when it was made.
        files: path relative to the suite's output folder → digest of the bytes written there.
    """

    key: str
    model: str
    scenario: str
    format: str
    layout: Layout
    records: int
    files: Mapping[str, str]

    @property
    def name(self) -> str:
        """``model/scenario``: unique in a suite."""
        return f"{self.model}/{self.scenario}"


class Lockfile(Struct, frozen=True, kw_only=True):
    """What was made of one suite.

    Attributes:
        contract: the seed contract.
        methods: how records of a plan were made, see ``plan.methods``; ``""`` is an earlier way.
        inputs: path relative to the project → digest; None for a file that was looked for and
            not there, so that its appearance counts as a change.
        outputs: name (``model/scenario``) → what was made.
        complete: all outputs of the suite are here and belong to ``inputs``, with no option of
            the command line and nothing refused. Only then do equal inputs mean equal outputs.
    """

    contract: int
    inputs: Mapping[str, str | None]
    outputs: Mapping[str, LockedOutput]
    complete: bool = True
    methods: str = METHODS

    def files(self) -> dict[str, str]:
        """Return every file, relative to the suite's output folder, with its digest."""
        merged: dict[str, str] = {}
        for output in self.outputs.values():
            merged.update(output.files)
        return merged


def write_lockfile(lock: Lockfile) -> bytes:
    """Return the one text of ``lock``: sorted, a file a line, with a final newline."""
    head = {
        "lock_version": str(LOCK_VERSION),
        "contract": str(lock.contract),
        "methods": encode_basestring(lock.methods),
        "complete": "true" if lock.complete else "false",
        "inputs": _mapping_text(
            {
                path: "null" if digest is None else encode_basestring(digest)
                for path, digest in sorted(lock.inputs.items())
            },
            1,
        ),
        "outputs": _mapping_text(
            {name: _output_text(output) for name, output in sorted(lock.outputs.items())}, 1
        ),
    }
    return (_mapping_text(head, 0) + "\n").encode()


def read_lockfile(data: bytes, path: str, newest: int = LOCK_VERSION) -> Lockfile | Diagnostic:
    """Return the lockfile in ``data``, or the MG505 that says why it cannot be read.

    ``path`` is what the diagnostic names, ``newest`` the only version that is read. A path in it
    that would lead outside the output folder makes the whole file unreadable.
    """
    try:
        return _lockfile(json.loads(data.decode(), object_pairs_hook=_unique), newest)
    except (ValueError, RecursionError) as error:
        return _unreadable(data, path, error)


def inputs_match(lock: Lockfile, digests: Mapping[str, str], contract: int) -> bool:
    """Return whether ``lock`` tells of all outputs, and ``made_from`` just these inputs."""
    return lock.complete and made_from(lock, digests, contract)


def made_from(lock: Lockfile, digests: Mapping[str, str], contract: int) -> bool:
    """Return whether ``lock`` was made from just these inputs, so that no key can have changed.

    ``digests`` has every input file that exists now, more than ``lock`` names as a rule.
    """
    return (
        lock.contract == contract
        and lock.methods == METHODS
        and all(digests.get(path) == digest for path, digest in lock.inputs.items())
    )


def _output_text(output: LockedOutput) -> str:
    files = {path: encode_basestring(digest) for path, digest in sorted(output.files.items())}
    fields = {
        "key": encode_basestring(output.key),
        "model": encode_basestring(output.model),
        "scenario": encode_basestring(output.scenario),
        "format": encode_basestring(output.format),
        "layout": encode_basestring(output.layout.value),
        "records": str(output.records),
        "files": _mapping_text(files, 3),
    }
    return _mapping_text(fields, 2)


def _mapping_text(values: Mapping[str, str], depth: int) -> str:
    """Return what ``json.dumps(…, indent=2)`` gives, in a tenth of its time."""
    if not values:
        return "{}"
    blank = "\n" + "  " * (depth + 1)
    lines = [f"{blank}{encode_basestring(name)}: {value}" for name, value in values.items()]
    return "{" + ",".join(lines) + "\n" + "  " * depth + "}"


def _unreadable(data: bytes, path: str, error: ValueError | RecursionError) -> Diagnostic:
    line, column = 1, 1
    if isinstance(error, json.JSONDecodeError):
        line, column = error.lineno, error.colno
    reason = "it nests too deep" if isinstance(error, RecursionError) else str(error)
    hint = "restore it from Git, or delete it and generate: outputs that are right are taken over"
    if marker := _MARKER.search(data):
        line, column = data.count(b"\n", 0, marker.start()) + 1, 1
        reason = "it has the markers of a merge conflict"
        hint = (
            "take either side (git checkout --ours or --theirs), then generate; "
            "mockgen-watch git install lets merges do without this"
        )
    elif isinstance(error, _NewerError):
        hint = "update mockgen-watch"
    elif isinstance(error, _OlderError):
        hint = "mockgen-watch migrate brings it to the newest version"
    return Diagnostic(
        code="MG505",
        message=f"The lockfile cannot be read: {reason}",
        hint=hint,
        location=Location(path=path, line=line, column=column),
    )


class _NewerError(ValueError):
    """The lockfile has a version that this release does not know."""


class _OlderError(ValueError):
    """The lockfile has a version that this release can bring to its own."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key stands twice in one mapping")
    return mapping


# JSON is untyped until these have looked at it, hence Any.
def _lockfile(data: Any, newest: int) -> Lockfile:  # noqa: ANN401
    version = data.get("lock_version") if isinstance(data, dict) else None
    if type(version) is int and version > newest:
        raise _NewerError(f"lock_version is {version}, this release reads {newest}")
    if type(version) is int and 0 < version < newest:
        raise _OlderError(f"lock_version is {version}, this release reads {newest}")
    # Those that were written before there were any state no methods.
    fields = {_METHODS: "", **data} if isinstance(data, dict) else data
    fields = _mapping(fields, "the file", _NEEDED | {_METHODS})
    if type(version) is not int or version != newest:
        raise ValueError(f"lock_version is {version!r}, not {newest}")
    return Lockfile(
        contract=_count(fields["contract"], "contract"),
        methods=_text(fields[_METHODS], _METHODS),
        complete=_flag(fields["complete"], "complete"),
        inputs={
            path: None if digest is None else _digest(digest, path)
            for path, digest in _mapping(fields["inputs"], "inputs").items()
        },
        outputs={
            name: _output(name, output)
            for name, output in _mapping(fields["outputs"], "outputs").items()
        },
    )


def _output(name: str, data: Any) -> LockedOutput:  # noqa: ANN401
    fields = _mapping(data, name, _OUTPUT_NEEDED)
    output = LockedOutput(
        key=_text(fields["key"], f"key of {name}"),
        model=_text(fields["model"], f"model of {name}"),
        scenario=_text(fields["scenario"], f"scenario of {name}"),
        format=_text(fields["format"], f"format of {name}"),
        layout=Layout(_text(fields["layout"], f"layout of {name}")),
        records=_count(fields["records"], f"records of {name}"),
        files={
            _inside(path): _digest(digest, path)
            for path, digest in _mapping(fields["files"], f"files of {name}").items()
        },
    )
    if output.name != name:
        raise ValueError(f"{name!r} holds the output {output.name!r}")
    return output


def _mapping(data: Any, name: str, needed: set[str] | None = None) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(data, dict):
        raise ValueError(f"{name} is not a mapping")  # noqa: TRY004 - a finding about a text
    if needed is not None and data.keys() != needed:
        names = ", ".join(sorted(data.keys() ^ needed))
        raise ValueError(f"{name} has too many or too few keys: {names}")
    return data


def _text(data: Any, name: str) -> str:  # noqa: ANN401
    if not isinstance(data, str):
        raise ValueError(f"{name} is not text")  # noqa: TRY004
    return data


def _count(data: Any, name: str) -> int:  # noqa: ANN401
    if type(data) is not int or data < 0:
        raise ValueError(f"{name} is not a number from 0 up")
    return data


def _flag(data: Any, name: str) -> bool:  # noqa: ANN401
    if not isinstance(data, bool):
        raise ValueError(f"{name} is not true or false")  # noqa: TRY004
    return data


def _digest(data: Any, name: str) -> str:  # noqa: ANN401
    if not isinstance(data, str) or not _DIGEST.fullmatch(data):
        raise ValueError(f"{name} has no sha256 digest")
    return data


def _inside(path: str) -> str:
    if fault := path_fault(path):
        raise ValueError(f"the path {path!r} cannot be used: {fault}")
    return path
