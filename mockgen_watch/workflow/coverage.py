"""Coverage: what the records of outputs cover, their odds, and which scenarios overlap."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.canonical import canonical
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.lock.paths import below
from mockgen_watch.scenarios.coverage.parameters import key_of
from mockgen_watch.scenarios.labels import has_promise
from mockgen_watch.scenarios.measure import Measured, Odds, field_odds, measure, scenario_odds
from mockgen_watch.scenarios.overlap import common_record
from mockgen_watch.scenarios.promise.facts import fields_below
from mockgen_watch.spec.model import Coverage, Promise
from mockgen_watch.storage.multi import Replacement, replace_files
from mockgen_watch.workflow.targets import plans_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.values import Path
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.scenarios.source import Source
    from mockgen_watch.spec.document import Json
    from mockgen_watch.workflow.project import OpenProject


class OutputCoverage(Struct, frozen=True, kw_only=True):
    """What the records of an output cover.

    Attributes:
        records: how many were looked at, the first ones.
        is_twins: they are the twins of another scenario but for a fault each.
        measured: None for a mix, and where there is nothing to choose.
        designs: what ``$coverage`` laid into the first records.
        odds: of weighted values, null, absence and the scenarios of a mix.
    """

    plan: OutputPlan
    records: int
    is_twins: bool
    measured: Measured | None
    designs: tuple[Covered, ...]
    odds: tuple[Odds, ...]

    @property
    def name(self) -> str:
        """Suite, model and scenario."""
        return below(self.plan.suite, f"{self.plan.model}/{self.plan.scenario}")

    @property
    def asked(self) -> Coverage:
        """The strength that the spec asks for; pairs where it asks for none."""
        strength = self.plan.records.coverage.strength
        return Coverage.PAIRWISE if strength is Coverage.NONE else strength


class Overlap(Struct, frozen=True, kw_only=True):
    """Two scenarios of a model.

    Attributes:
        is_promised: rules and exclusions keep them apart.
        example: a record that both can make; None when none was found.
        shared: how many records both outputs have, of those that were looked at.
    """

    suite: str
    model: str
    first: str
    second: str
    is_promised: bool
    example: Json
    shared: int


class CoverageReport(Struct, frozen=True, kw_only=True):
    """Outputs and overlaps, in the order of the specs."""

    outputs: tuple[OutputCoverage, ...]
    overlaps: tuple[Overlap, ...]


def coverage_report(
    project: OpenProject, names: Sequence[str], *, most: int, confidence: float
) -> CoverageReport:
    """Return what the records cover that the specs make; no output is read.

    Args:
        project: whose specs.
        names: ``SUITE[/MODEL[/SCENARIO]]``; none means all.
        most: how many records of each output are looked at, the first ones.
        confidence: of the intervals of odds.

    Raises:
        FindingsError: a suite has errors, or a promise cannot be kept.
        UsageError: nothing has this name.
    """
    plans = plans_by_name(project, names)
    outputs = []
    records: dict[tuple[str, str, str], list[Json]] = {}
    for plan in plans:
        source = project.suites.record_sources.of(plan)
        made: list[Json] = [source.record_at(index) for index in range(min(plan.count, most))]
        records[plan.suite, plan.model, plan.scenario] = made
        outputs.append(_output(plan, source, made, confidence))
    return CoverageReport(outputs=tuple(outputs), overlaps=tuple(_overlaps(plans, records)))


def _output(
    plan: OutputPlan, source: Source, records: Sequence[Json], confidence: float
) -> OutputCoverage:
    part = source.parts[0]
    is_twins = not plan.mix and part.has_faults
    odds: Iterable[Odds] = ()
    if plan.mix:
        counts = Counter(source.scenarios[source.part_of(index)] for index in range(len(records)))
        weights = [(each.scenario, each.weight) for each in plan.mix]
        odds = scenario_odds(weights, counts, confidence)
    elif not is_twins:
        chosen = {index for covered in part.covered for index in covered.designed()}
        chosen.update(part.stated)
        free = [record for index, record in enumerate(records) if index not in chosen]
        constrained, still_open = part.settings[0] if len(part.settings) == 1 else (None, ())
        redrawn: dict[Path, tuple[str, ...]] = {}
        for requirement in still_open:
            for field in fields_below(plan.records.shape, requirement.paths):
                names = (*redrawn.get(field.path, ()), requirement.name)
                redrawn[field.path] = tuple(dict.fromkeys(names))
        odds = field_odds(plan.records, constrained, redrawn, free, confidence)
    return OutputCoverage(
        plan=plan,
        records=len(records),
        is_twins=is_twins,
        measured=None if plan.mix else measure(plan.records, part, records),
        designs=() if plan.mix else tuple(part.covered),
        odds=tuple(odds),
    )


def _overlaps(
    plans: Iterable[OutputPlan], records: dict[tuple[str, str, str], list[Json]]
) -> Iterable[Overlap]:
    by_model: dict[tuple[str, str], list[OutputPlan]] = {}
    for plan in plans:
        if not plan.mix:
            by_model.setdefault((plan.suite, plan.model), []).append(plan)
    for (suite, model), group in by_model.items():
        seen = [{key_of(each) for each in records[suite, model, plan.scenario]} for plan in group]
        for (first, ours), (second, others) in itertools.combinations(
            zip(group, seen, strict=True), 2
        ):
            is_promised = _are_apart(first, second)
            yield Overlap(
                suite=suite,
                model=model,
                first=first.scenario,
                second=second.scenario,
                is_promised=is_promised,
                example=None if is_promised else common_record(first.records, second.records),
                shared=len(ours & others),
            )


def _are_apart(first: OutputPlan, second: OutputPlan) -> bool:
    """Return whether what is promised of two scenarios cannot hold of one record."""
    if not (has_promise(first.records) and has_promise(second.records)):
        return False
    kinds = {
        plan.records.promise
        for plan in (first, second)
        if plan.records.promise is not Promise.EXCLUDED or plan.records.exclusions
    }
    return len(kinds) > 1


def save_cases(project: OpenProject, report: CoverageReport) -> dict[str, int]:
    """Write the cases of all designs to the files that their specs name; return how many.

    The cases of other designs stay in a file; its old content is backed up.

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
            rows = covered.cases()
            files.setdefault(coverage.keep, dict(before))[covered.name] = rows
            counts[coverage.keep] = counts.get(coverage.keep, 0) + len(rows)
    if not files:
        raise UsageError(
            "none of these specs names a file of cases, "
            "as in $coverage: {strength: pairwise, keep: cases.json}"
        )
    digests = project.suites.sources
    replacements = [
        Replacement(path=path, old=digests.get(path), data=cases_bytes(cases))
        for path, cases in sorted(files.items())
    ]
    done = replace_files(project.folder_root(), replacements, "coverage")
    if done.refused:
        raise StorageError(done.refused[0], "it was changed in the meantime; run again")
    return counts


def cases_bytes(cases: Mapping[str, Json]) -> bytes:
    """Return a file of cases: JSON with one case per line, so that line diffs show cases."""
    blocks = []
    for name, rows in sorted(cases.items()):
        if isinstance(rows, list) and rows:
            inner = ",\n    ".join(canonical(row).decode() for row in rows)
            blocks.append(f"  {canonical(name).decode()}: [\n    {inner}\n  ]")
    return ("{\n" + ",\n".join(blocks) + "\n}\n").encode()
