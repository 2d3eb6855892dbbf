"""Takes the bytes of a saved plan; gives what it relies on and what it does, and back.

A plan holds for what it was made from. So it names each input, each output and each lockfile that
it looked at, with digests; what has moved since is told by name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.model import Action

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

PLAN_VERSION = 2
"""Raised when the file gets another form."""

_NEEDED = frozenset(
    ("plan_version", "tool", "contract", "profile", "request", "suites", "inputs", "found", "files")
)
_PLANNED = frozenset(("path", "action", "reason", "records", "records_changed", "digest", "fields"))


class SavedField(Struct, frozen=True, kw_only=True):
    """What a plan tells of one field of one file: how many values of it, and where it is stated."""

    field: str
    cells: int
    location: str


class SavedFile(Struct, frozen=True, kw_only=True):
    """What is to become of one file.

    Attributes:
        path: as people know it.
        reason: in words.
        records: in it; ``records_changed`` of them differ.
        digest: of the bytes that it will have; None for one that is removed or left as it is.
    """

    path: str
    action: Action
    reason: str
    records: int
    records_changed: int
    digest: str | None
    fields: tuple[SavedField, ...] = ()


class SavedPlan(Struct, frozen=True, kw_only=True):
    """A plan, and all that it relies on. Paths go from the project folder.

    Attributes:
        tool: the version that made it.
        contract: of the seed.
        profile: of the project's settings.
        request: suites and options of the command line, as it names them.
        suites: suite → its user_input file, of all there are.
        inputs: path → digest; None for a file that was looked for and not there.
        found: output or lockfile → digest of what was there; None: nothing.
        files: what is to be done; files that are right are not among them.
    """

    tool: str
    contract: int
    profile: str | None
    request: Mapping[str, Any]
    suites: Mapping[str, str]
    inputs: Mapping[str, str | None]
    found: Mapping[str, str | None]
    files: tuple[SavedFile, ...]


def write_plan(plan: SavedPlan) -> bytes:
    """Return the text of ``plan``: indented, what is done first, with a final newline."""
    data = {
        "plan_version": PLAN_VERSION,
        "tool": plan.tool,
        "contract": plan.contract,
        "profile": plan.profile,
        "request": dict(plan.request),
        "files": [_file_data(file) for file in plan.files],
        "suites": dict(sorted(plan.suites.items())),
        "inputs": dict(sorted(plan.inputs.items())),
        "found": dict(sorted(plan.found.items())),
    }
    return json.dumps(data, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def read_plan(data: bytes, path: str) -> SavedPlan | Diagnostic:
    """Return the plan in ``data``, or why it cannot be read. ``path`` is what people know it as."""
    try:
        return _plan(json.loads(data.decode("utf-8", "surrogatepass")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        return Diagnostic(
            code="MG514",
            message=f"The saved plan cannot be read: {reason}",
            location=Location(path=path),
            hint="make it anew: mockgen-watch plan --save FILE",
        )


def moved(
    before: Mapping[str, str | None], now: Mapping[str, str | None], kind: str
) -> Iterator[Diagnostic]:
    """Yield a finding for each file of ``before`` that is another one ``now``.

    ``kind`` is what these files are: inputs, outputs.
    """
    for path, known in sorted(before.items()):
        found = now.get(path)
        if found == known:
            continue
        what = "is new" if known is None else "is gone" if found is None else "was changed"
        yield no_longer(f"the {kind} {what} since", path)


def no_longer(why: str, path: str) -> Diagnostic:
    """Return the finding that a saved plan does not hold any more, because of the file ``path``."""
    return Diagnostic(
        code="MG513",
        message=f"The saved plan no longer holds: {why}",
        location=Location(path=path),
        hint="look at the plan again: mockgen-watch plan --save FILE",
    )


def _file_data(file: SavedFile) -> dict[str, object]:
    return {
        "path": file.path,
        "action": file.action.value,
        "reason": file.reason,
        "records": file.records,
        "records_changed": file.records_changed,
        "digest": file.digest,
        "fields": [
            {"field": one.field, "cells": one.cells, "location": one.location}
            for one in file.fields
        ],
    }


# JSON is untyped until these have looked at it, hence Any.
def _plan(data: Any) -> SavedPlan:  # noqa: ANN401
    version = data.get("plan_version") if isinstance(data, dict) else None
    if version != PLAN_VERSION:
        raise ValueError(f"plan_version is {version}, this release reads {PLAN_VERSION}")
    _check_keys(data, _NEEDED, "the plan")
    return SavedPlan(
        tool=str(data["tool"]),
        contract=int(data["contract"]),
        profile=None if data["profile"] is None else str(data["profile"]),
        request=dict(data["request"]),
        suites={str(suite): str(path) for suite, path in data["suites"].items()},
        inputs=_digests(data["inputs"]),
        found=_digests(data["found"]),
        files=tuple(map(_file, data["files"])),
    )


def _file(data: Any) -> SavedFile:  # noqa: ANN401
    _check_keys(data, _PLANNED, "a file")
    return SavedFile(
        path=str(data["path"]),
        action=Action(data["action"]),
        reason=str(data["reason"]),
        records=int(data["records"]),
        records_changed=int(data["records_changed"]),
        digest=None if data["digest"] is None else str(data["digest"]),
        fields=tuple(
            SavedField(
                field=str(one["field"]), cells=int(one["cells"]), location=str(one["location"])
            )
            for one in data["fields"]
        ),
    )


def _digests(data: Any) -> dict[str, str | None]:  # noqa: ANN401
    return {str(path): None if known is None else str(known) for path, known in data.items()}


def _check_keys(data: Any, needed: frozenset[str], name: str) -> None:  # noqa: ANN401
    if data.keys() != needed:
        names = ", ".join(sorted(data.keys() ^ needed))
        raise ValueError(f"{name} has too many or too few keys: {names}")
