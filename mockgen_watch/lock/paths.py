"""Wanted outputs and their paths: how these follow from names, and which names no file can have."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Self, TypeAlias
from unicodedata import category, normalize

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic, Location, Related
from mockgen_watch.spec import SPECS
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.plan.model import OutputPlan

LOCK_NAME = "mockgen.lock"
OFFER_SUFFIX = ".mockgen-new"
"""Ends the name of the file that shows what would have replaced a file edited by hand."""
OWN_PREFIX = ".mockgen-"
"""Begins the names of temporary files; no output may have such a name."""
LABELS_SUFFIX = ".labels.ndjson"
"""The end of the name of an output's file of labels."""
LONGEST_NAME = 200
"""In bytes of UTF-8: file systems end at 255, and suffixes are added."""

# Most names: none of what is looked for below, but perhaps a device's.
_PLAIN = r"[A-Za-z0-9_-]{1,60}(?:\.[A-Za-z0-9_]{1,20}){0,4}"
_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"]
    + [f"{device}{digit}" for device in ("COM", "LPT") for digit in "0123456789¹²³"]
)


def lock_path(suite: str) -> str:
    """Return the lockfile of ``suite``, relative to the output folder."""
    return below(suite, LOCK_NAME)


def suite_of_lock(path: str) -> str:
    """Return the suite whose lockfile ``path`` is."""
    return path.removesuffix(LOCK_NAME).removesuffix("/")


def spec_folder(suite: str) -> str:
    """Return where the specs of ``suite`` are, relative to the project."""
    return f"{SPECS}/{suite}" if suite else SPECS


def below(suite: str, path: str) -> str:
    """Return ``path`` of a suite's folder as a path of the output folder."""
    return f"{suite}/{path}" if suite else path


def folders_above(path: str) -> Iterator[str]:
    """Return the folders that contain ``path``, the outermost first."""
    return accumulate(path.split("/")[:-1], "{}/{}".format)


def offer_path(path: str) -> str:
    """Return where the new content is beside ``path`` when that is not replaced."""
    return path + OFFER_SUFFIX


class WantedOutput(Struct, frozen=True, kw_only=True):
    """One output as the lock sees it.

    Attributes:
        key: equal keys mean equal bytes.
        suffix: of its files, without the dot.
        is_selected: False for one that this run leaves as it is.
    """

    suite: str
    model: str
    scenario: str
    key: str
    format: str
    layout: Layout
    suffix: str
    records: int
    location: Location
    has_labels: bool = False
    is_selected: bool = True

    @classmethod
    def of(
        cls, plan: OutputPlan, suffix: str, *, has_labels: bool = False, is_selected: bool = True
    ) -> Self:
        """Return the output that ``plan`` makes; ``suffix`` is that of its format."""
        return cls(
            suite=plan.suite,
            model=plan.model,
            scenario=plan.scenario,
            key=plan.key,
            format=plan.output.format,
            layout=plan.output.layout,
            suffix=suffix,
            records=plan.count,
            location=plan.location,
            has_labels=has_labels,
            is_selected=is_selected,
        )

    @property
    def name(self) -> str:
        """``model/scenario``: unique in a suite."""
        return f"{self.model}/{self.scenario}"

    @property
    def paths(self) -> list[str]:
        """Its files, relative to the output folder: those of records in order, then the labels."""
        stem = below(self.suite, self.name)
        if self.layout is Layout.SPLIT:
            numbers = range(1, self.records + 1)
            paths = [split_path(stem, number, self.suffix) for number in numbers]
        else:
            paths = [f"{stem}.{self.suffix}"]
        return [*paths, stem + LABELS_SUFFIX] if self.has_labels else paths


class WantedSuite(Struct, frozen=True, kw_only=True):
    """One suite: all of its outputs, also those that are not selected.

    Attributes:
        suite: the folder below the specs, ``""`` for that folder itself.
        inputs: path relative to the project → digest of each file that it is made from.
        absent: paths that were looked for and are not there.
        has_failed: its specs are invalid: outputs and lockfile stay as they are.
        is_plain: nothing but the specs decided the keys, no option of the command line.
    """

    suite: str
    outputs: tuple[WantedOutput, ...] = ()
    inputs: Mapping[str, str]
    absent: tuple[str, ...] = ()
    has_failed: bool = False
    is_plain: bool = True


def is_labels(path: str) -> bool:
    """Return whether ``path`` is that of a file of labels."""
    return path.endswith(LABELS_SUFFIX)


def split_path(stem: str, number: int, suffix: str) -> str:
    """Return the file of record ``number``, counted from 1, of a split output."""
    return f"{stem}/{number:06d}.{suffix}"


def name_fault(name: str) -> str:
    """Return why ``name`` cannot be one part of a path on every system, or ``""``."""
    stem = name.partition(".")[0].rstrip(" ").upper()
    if re.fullmatch(_PLAIN, name) and stem not in _DEVICES:
        return ""
    checks = (
        (not name, "it is empty"),
        (name in {".", ".."}, "it leads to another folder"),
        (any(character in _FORBIDDEN for character in name), 'it contains one of <>:"/\\|?*'),
        (_has_control(name), "it contains a control character or a lone surrogate"),
        (name.endswith((".", " ")), "it ends with a dot or a space"),
        (stem in _DEVICES, "it is the name of a device on Windows"),
        (_is_git(name), "Git keeps its own data under this name"),
        (
            name.startswith(OWN_PREFIX) or name.endswith(OFFER_SUFFIX),
            "mockgen-watch uses such names for its own files",
        ),
        (len(name.encode("utf-8", "replace")) > LONGEST_NAME, "it is longer than 200 bytes"),
    )
    return next((reason for is_wrong, reason in checks if is_wrong), "")


def path_fault(path: str) -> str:
    """Return why ``path``, with forward slashes, cannot lie inside the output folder, or ``""``."""
    return next((fault for part in path.split("/") if (fault := name_fault(part))), "")


def fold(path: str) -> str:
    """Return the form in which two paths are equal on a file system that ignores case."""
    if path.isascii():
        return path.lower()
    return normalize("NFC", normalize("NFD", path).casefold())


class PathFault(Struct, frozen=True, kw_only=True):
    """What is wrong with a path, and the suites that cannot be made for it."""

    finding: Diagnostic
    suites: tuple[str, ...]


def check_paths(suites: Iterable[WantedSuite]) -> list[PathFault]:
    """Return a fault for each name that no file can have and each two outputs that meet.

    Two outputs meet when their files are the same after case folding and normalization, or when
    the file of one would be a folder of the other. A split output has its folder for itself.
    """
    found: list[PathFault] = []
    claims: dict[str, _Claim] = {}
    outputs = [output for suite in suites for output in suite.outputs]
    for suite in sorted({output.suite for output in outputs}):
        claims[fold(lock_path(suite))] = (lock_path(suite), None)
    for output in outputs:
        faults = list(_name_findings(output))
        found += faults
        if not faults:
            found += _met(output, claims)
    for output in outputs:
        found += _nested(output, claims)
    return sorted(set(found), key=lambda fault: fault.finding.sort_key)


def _is_git(name: str) -> bool:
    visible = name
    if not name.isascii():
        visible = normalize("NFKC", "".join(one for one in name if category(one) != "Cf"))
    return visible.casefold() in {".git", "git~1"}


def _has_control(name: str) -> bool:
    if name.isascii():
        return not name.isprintable()
    return any(category(character) in {"Cc", "Cs"} for character in name)


_Claim: TypeAlias = "tuple[str, WantedOutput | None]"
"""A path as it is written, and the output that needs it; None for a lockfile."""


def _claimed(output: WantedOutput) -> str:
    folder = below(output.suite, output.name)
    return folder if output.layout is Layout.SPLIT else f"{folder}.{output.suffix}"


def _name_findings(output: WantedOutput) -> Iterator[PathFault]:
    parts = [*(output.suite.split("/") if output.suite else ()), output.model, output.scenario]
    for name in parts:
        if fault := name_fault(name):
            leaves = name in {".", ".."} or "/" in name or "\\" in name
            finding = Diagnostic(
                code="MG509" if leaves else "MG210",
                message=f"{name!r} cannot be part of an output's path: {fault}",
                hint="rename it",
                location=output.location,
            )
            yield PathFault(finding=finding, suites=(output.suite,))


def _met(output: WantedOutput, claims: dict[str, _Claim]) -> Iterator[PathFault]:
    """Claim the paths of ``output``; give a finding for each that another one has claimed."""
    labels = [below(output.suite, output.name + LABELS_SUFFIX)] if output.has_labels else []
    for path in (_claimed(output), *labels):
        taken = claims.setdefault(fold(path), (path, output))
        if taken[1] is not output:
            yield _collision(output, path, taken)


def _nested(output: WantedOutput, claims: dict[str, _Claim]) -> Iterator[PathFault]:
    path, lock = _claimed(output), lock_path(output.suite)
    for folder in folders_above(fold(path)):
        if taken := claims.get(folder):
            yield _collision(output, path, taken)
    for folder in folders_above(fold(lock)):
        if (taken := claims.get(folder)) and taken[1] is not None:
            yield _collision(output, lock, taken)


def _collision(output: WantedOutput, path: str, taken: _Claim) -> PathFault:
    other, owner = taken
    related = (
        (Related(message=f"{other} comes from here", location=owner.location),) if owner else ()
    )
    finding = Diagnostic(
        code="MG508",
        message=f"{path} would overwrite {other}",
        hint="rename a suite, model or scenario; names must differ in more than case",
        location=output.location,
        related=related,
    )
    # Which of the two came first is not for a run to say.
    return PathFault(finding=finding, suites=(output.suite, *([owner.suite] if owner else [])))
