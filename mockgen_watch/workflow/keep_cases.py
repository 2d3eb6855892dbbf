"""Takes a project and a report on coverage; gives its cases to the files that keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.scenarios.coverage.cases_file import cases_data
from mockgen_watch.storage.output_root import OutputRoot
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.replacement import (
    PROJECT_LABEL,
    Replacement,
    finish_replacement,
    replace_all,
)
from mockgen_watch.workflow.generate import LOCK_WAIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.coverage import CoverageReport
    from mockgen_watch.workflow.project import OpenProject


def keep_cases(project: OpenProject, report: CoverageReport) -> dict[str, int]:
    """Write the cases of all designs to the files that their specs name; return how many.

    What a file has of other designs stays; its former content is backed up.

    Raises:
        LockedError: another process writes.
        StorageError: a file was changed meanwhile, or cannot be written.
        UsageError: no spec names a file.
    """
    files: dict[str, dict[str, Json]] = {}
    counts: dict[str, int] = {}
    for output in report.outputs:
        for covered in output.designs:
            coverage = covered.plan.coverage
            if not coverage.keep:
                continue
            before = coverage.cases if isinstance(coverage.cases, dict) else {}
            known = files.setdefault(coverage.keep, dict(before))
            rows = cases_data(covered.design.rows, covered.parameters)
            known[covered.name] = rows
            counts[coverage.keep] = counts.get(coverage.keep, 0) + len(rows)
    if not files:
        raise UsageError(
            "no spec that was looked at names a file of cases, "
            "as in $coverage: {strength: pairwise, keep: cases.json}"
        )
    known_digests = project.loader.sources.digests
    replacements = [
        Replacement(path=path, old=known_digests.get(path), data=cases_bytes(cases))
        for path, cases in sorted(files.items())
    ]
    root = OutputRoot(base=project.root, inner="", label=PROJECT_LABEL, state=project.state)
    with ProjectLock(project.state, WRITER, holder="mockgen-watch coverage", timeout=LOCK_WAIT):
        finish_replacement(project.state)
        done = replace_all(root, replacements)
    if done.refused:
        raise StorageError(done.refused[0], "it was changed meanwhile; run again")
    return counts


def cases_bytes(cases: Mapping[str, Json]) -> bytes:
    """Return a file of cases: JSON, a line a case, so that differences are read by the case."""
    blocks = []
    for name, rows in sorted(cases.items()):
        lines = [canonical(row).decode() for row in rows] if isinstance(rows, list) else []
        inner = ",\n    ".join(lines)
        blocks.append(f"  {canonical(name).decode()}: [\n    {inner}\n  ]" if lines else "")
    return ("{\n" + ",\n".join(filter(None, blocks)) + "\n}\n").encode()
