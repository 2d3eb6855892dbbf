"""Fixes: the changes of users' files that diagnostics carry, put into the texts of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.source import line_starts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Diagnostic, Fix, Location

_BOM = "\ufeff"


def choose_fixes(found: Iterable[Diagnostic]) -> tuple[Fix, ...]:
    """Return the fixes of ``found`` that can be applied together, in the order of their places.

    The fixes of one diagnostic are applied together or not at all. Of diagnostics whose fixes
    overlap, the first is chosen.
    """
    chosen: dict[Fix, None] = {}
    for diagnostic in sorted(found, key=lambda item: item.sort_key):
        new = [fix for fix in diagnostic.fix if fix not in chosen]
        if not any(_overlap(fix.location, other.location) for fix in new for other in chosen):
            chosen.update(dict.fromkeys(new))
    return tuple(sorted(chosen, key=lambda fix: fix.location))


def _overlap(one: Location, other: Location) -> bool:
    first, second = sorted((one, other))
    is_same_line = (first.path, first.line) == (second.path, second.line)
    return is_same_line and second.column < first.column + first.length


def apply_fixes(texts: Mapping[str, bytes], fixes: Iterable[Fix]) -> dict[str, bytes]:
    """Return the new bytes of each file that ``fixes`` change, by path; all other bytes stay.

    Args:
        texts: the bytes of the files that the fixes are for, by path.
        fixes: those that do not overlap.
    """
    by_path: dict[str, list[Fix]] = {}
    for fix in fixes:
        by_path.setdefault(fix.location.path, []).append(fix)
    return {path: _applied(texts[path], fixes) for path, fixes in by_path.items()}


def _applied(data: bytes, fixes: Iterable[Fix]) -> bytes:
    decoded = data.decode("utf-8")
    text = decoded.removeprefix(_BOM)
    bom = decoded[: len(decoded) - len(text)]
    starts = line_starts(text)
    for fix in sorted(fixes, key=lambda item: item.location, reverse=True):
        start = starts[fix.location.line - 1] + fix.location.column - 1
        text = text[:start] + fix.text + text[start + fix.location.length :]
    return (bom + text).encode("utf-8")
