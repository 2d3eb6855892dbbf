"""Saved plan: a plan in a file, and all that it relies on.

A plan holds for what it was made from. So it names each input, each output and each lockfile that
it looked at, with digests; what has moved since is reported by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.model import Action

PLAN_VERSION = 2
"""Raised when the file gets another form."""


class SavedField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan says of one field of one file: how many values of it, and where it is stated."""

    field: str
    cells: int
    location: str


class SavedFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to become of one file; of its ``records``, ``records_changed`` differ.

    ``digest`` is that of the bytes that it will have; None for one that is removed or left.
    """

    path: str
    action: Action
    reason: str
    records: int
    records_changed: int
    digest: str | None
    fields: tuple[SavedField, ...]


class SavedPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan, and all that it relies on. Paths go from the project folder.

    Attributes:
        tool: the version that made it.
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
    files: tuple[SavedFile, ...]
    suites: Mapping[str, str]
    inputs: Mapping[str, str | None]
    found: Mapping[str, str | None]


def write_plan(plan: SavedPlan) -> bytes:
    """Return the text of ``plan``: indented, what is done first, with a final newline."""
    data = {"plan_version": PLAN_VERSION, **msgspec.to_builtins(plan)}
    for name in ("suites", "inputs", "found"):
        data[name] = dict(sorted(data[name].items()))
    return json.dumps(data, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def read_plan(data: bytes, path: str) -> SavedPlan | Diagnostic:
    """Return the plan in ``data``, or why it cannot be read. ``path`` is what people know it as."""
    try:
        return _plan(json.loads(data.decode("utf-8", "surrogatepass")))
    except (ValueError, RecursionError) as error:
        return Diagnostic(
            code="MG514",
            message=f"The saved plan cannot be read: {error}",
            location=Location(path=path),
            hint="make a new plan: mockgen-watch plan --save FILE",
        )


def _plan(data: object) -> SavedPlan:
    version = data.pop("plan_version", None) if isinstance(data, dict) else None
    if version != PLAN_VERSION:
        raise ValueError(f"plan_version is {version}, but this release reads {PLAN_VERSION}")
    return msgspec.convert(data, SavedPlan)


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
        what = "was added" if known is None else "was removed" if found is None else "was changed"
        yield no_longer(f"the {kind} {what}", path)


def no_longer(why: str, path: str) -> Diagnostic:
    """Return the finding that a saved plan does not hold any more, because of the file ``path``."""
    return Diagnostic(
        code="MG513",
        message=f"The saved plan is out of date: {why}",
        location=Location(path=path),
        hint="make a new plan: mockgen-watch plan --save FILE",
    )
