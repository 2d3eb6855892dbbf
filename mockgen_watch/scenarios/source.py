"""Sources: the records of one output, each as its scenario promises, and checks of promises.

A source is compiled from the plan of an output. Its records come from one scenario, or in a mix
from several. Checks find promises that cannot be kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import Address, record_cell, record_cells, release
from mockgen_watch.generate.pools import pool_stream, rank_order
from mockgen_watch.plan.model import NEGATIVE, OutputPlan, RecordPlan
from mockgen_watch.scenarios import labels
from mockgen_watch.spec.model import (
    Labels,
    Promise,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.spec.document import Json


class Source(Struct, frozen=True, kw_only=True, eq=False):
    """The records of an output.

    Attributes:
        scenarios: the name of each part's scenario.
        parts: one, and no stream, when the output is not mixed; else as ``stream`` counts them.
        stream: draws the part of a record, at the cells of the first part's program.
    """

    scenarios: tuple[str, ...]
    parts: tuple[labels.Records, ...]
    stream: Stream | None = None

    @property
    def programs(self) -> tuple[Program, ...]:
        """The program of each part; records may differ from it where rules are kept or broken."""
        return tuple(part.program for part in self.parts)

    @property
    def is_promised(self) -> bool:
        """Return whether rules or exclusions apply to any record."""
        return any(part.is_promised for part in self.parts)

    @property
    def has_faults(self) -> bool:
        """Return whether what some records show is known only once they are made."""
        return any(part.has_faults for part in self.parts)

    @property
    def is_plain(self) -> bool:
        """Return whether one program alone makes every record but those in ``stated``."""
        return self.stream is None and self.parts[0].is_plain

    @property
    def stated(self) -> tuple[int, ...]:
        """The records of which something is stated, in any part, in order."""
        return tuple(sorted({index for part in self.parts for index in part.stated}))

    def part_of(self, index: int) -> int:
        """Return which part makes record ``index``."""
        if self.stream is None:
            return 0
        return self.stream.at(record_cell(self.parts[0].program.base_key, index))

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[labels.Batch]:
        """Yield batches of the records ``indexes`` (int64[n]); ``xp`` is the NumPy module."""
        is_stated = xp.isin(indexes, self.stated)
        if not is_stated.any():
            yield from self._unstated(xp, indexes)
            return
        yield labels.Batch(rows=xp.flatnonzero(is_stated), program=None)
        others = xp.flatnonzero(~is_stated)
        for batch in self._unstated(xp, indexes[others]):
            yield batch.within(others)

    def _unstated(self, xp: ModuleType, indexes: IntArray) -> Iterator[labels.Batch]:
        if self.stream is None:
            yield from self.parts[0].batches(xp, indexes)
            return
        cells = record_cells(self.parts[0].program.base_key, xp, indexes)
        numbers = self.stream.over(cells)
        for number, part in enumerate(self.parts):
            rows = xp.flatnonzero(numbers == number)
            for batch in part.batches(xp, indexes[rows]):
                yield batch.within(rows)
        release(cells)

    def case_at(self, index: int) -> labels.Case:
        """Return record ``index`` and what it shows.

        Raises:
            FindingsError: it cannot be made so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].case_at(index)

    def label_at(self, index: int) -> labels.Label:
        """Return what record ``index`` shows; see ``Records.label_at``."""
        return self.parts[self.part_of(index)].label_at(index)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``; see ``case_at``."""
        return self.case_at(index).record


MIX_ADDRESS = ("$mix",)
"""The address path of the choice among the parts of a mix; no field has it."""

_MOST_COMPILED = 64
"""Sources that are held at a time: a large project has hundreds of outputs."""


class RecordSources:
    """The record sources of one run, each compiled once.

    ``check_promises`` compiles them to find what is wrong; whoever makes the records of the same
    plan then has them from here. The scenarios of a model share their covering designs.
    """

    def __init__(self) -> None:
        self._compiled: dict[str, Source] = {}
        self._designs: dict[str, Covered] = {}

    def of(self, output: OutputPlan) -> Source:
        """Return the records of ``output``; those of a mix by weighted rendezvous hashing.

        A change of one weight, or a scenario more, moves the fewest records that it can.

        Raises:
            FindingsError: a promise cannot be kept; see ``check_promises``.
        """
        if output.key not in self._compiled:
            if len(self._compiled) >= _MOST_COMPILED:
                self._compiled.clear()
                self._designs.clear()
            self._compiled[output.key] = self._compile(output)
        return self._compiled[output.key]

    def _compile(self, output: OutputPlan) -> Source:
        try:
            if output.mix:
                return self._compile_mix(output)
            part = self._records(output.records)
        except FindingsError as error:
            found = [_with_scenario(item, output) for item in error.diagnostics]
            raise FindingsError(found) from error
        return Source(scenarios=(output.scenario,), parts=(part,))

    def _compile_mix(self, output: OutputPlan) -> Source:
        identities = [part.scenario.encode() for part in output.mix]
        order = rank_order(identities, [part.weight for part in output.mix])
        parts = [output.mix[place] for place in order]
        address = Address.of(output.records.seed, output.records.model_id, MIX_ADDRESS)
        ranked = [part.scenario.encode() for part in parts]
        return Source(
            scenarios=tuple(part.scenario for part in parts),
            parts=tuple(self._records(part.records) for part in parts),
            stream=pool_stream(address, "value", ranked, [part.weight for part in parts]),
        )

    def _records(self, plan: RecordPlan) -> labels.Records:
        if _is_free(plan):
            return labels.Records(plan)
        # Most suites have no rules, and do without all that this module imports.
        from mockgen_watch.scenarios.promised import compile_records

        return compile_records(plan, self._designs)


def _is_free(plan: RecordPlan) -> bool:
    """Return whether nothing but its own draws decides the records of a plan and its parents."""
    if labels.has_promise(plan) or plan.coverage.is_asked or plan.stated:
        return False
    return all(_is_free(parent) for _, parent in plan.parents)


def compile_source(output: OutputPlan) -> Source:
    """Return the records of ``output`` alone; see ``RecordSources.of``."""
    return RecordSources().of(output)


def _with_scenario(found: Diagnostic, output: OutputPlan) -> Diagnostic:
    """Return a broken promise with the place of the scenario, where no other second place is."""
    if found.code not in {"MG403", "MG404"} or found.related or found.location == output.location:
        return found
    place = Related(message=f"{output.scenario} is defined here", location=output.location)
    return replace(found, related=(place,))


def check_promises(
    plans: Sequence[OutputPlan], sources: RecordSources, *, is_preview: bool = False
) -> list[Diagnostic]:
    """Return why the promises of outputs cannot be kept; each finding once.

    Args:
        plans: of the outputs.
        sources: those of the run; the outputs with promises are in it afterwards.
        is_preview: the counts are not those of the specs, and may be too small for coverage.
    """
    found: list[Diagnostic] = []
    stopped: set[str] = set()
    for plan in plans:
        if plan.model in stopped:
            continue
        if not all(map(_is_free, labels.record_plans(plan))):
            try:
                source = sources.of(plan)
            except FindingsError as error:
                found += error.diagnostics
                if any(item.code == "MG402" for item in error.diagnostics):
                    # A rule that cannot be checked is the same in the model's other scenarios,
                    # and may have taken its time.
                    stopped.add(plan.model)
            else:
                found += [item for part in source.parts for item in part.warnings]
                found += [] if is_preview else _check_count(plan, source)
        found += _check_terms(plan)
    return list(dict.fromkeys(found))


def _check_count(plan: OutputPlan, source: Source) -> Iterator[Diagnostic]:
    needed = 0 if plan.mix else max((each.needed for each in source.parts[0].covered), default=0)
    if needed > plan.count:
        coverage = plan.records.coverage
        yield Diagnostic(
            code="MG408",
            message=(
                f"$coverage: {coverage.strength} of {plan.model}/{plan.scenario} "
                f"needs {needed} records, but there are {plan.count}"
            ),
            location=coverage.location,
            hint=f"set $count to at least {needed}, or cover fewer fields (fields, without)",
            related=(Related(message="the scenario", location=plan.location),),
        )


def _check_terms(plan: OutputPlan) -> Iterator[Diagnostic]:
    """Yield what the model lacks for the scenario, and the format for labels."""
    rules = plan.records.rules
    # Of a mix, the outputs of its parts say what they lack.
    promise = Promise.NOTHING if plan.mix else plan.records.promise
    if promise is Promise.EXCLUDED and rules and not plan.records.exclusions:
        yield Diagnostic(
            code="MG403",
            message=f"{plan.scenario} of {plan.model} has no clause to match",
            location=plan.location,
            hint="add $exclude beside $rules, or rename the scenario",
            related=(Related(message="rules are defined here", location=rules[0].location),),
        )
    if promise is Promise.BROKEN and not rules:
        yield from _without_rules(plan)
    if plan.output.labels is Labels.INSIDE and plan.output.format == "csv":
        yield Diagnostic(
            code="MG221",
            message=f"a CSV row cannot contain labels ({labels.INSIDE})",
            location=plan.location,
            hint="use labels: file, or another format",
        )


def _without_rules(plan: OutputPlan) -> Iterator[Diagnostic]:
    """Yield why no record can be broken; ``negative`` is an overlay like any where no rule is."""
    faults = plan.records.faults
    if faults > 1:
        broken, directive = f"{faults} rules", "$faults"
    elif plan.scenario != NEGATIVE:
        broken, directive = "a rule", "$negative_of"
    else:
        return
    yield Diagnostic(
        code="MG403",
        message=f"no record of {plan.model} can break {broken}: the model has none",
        location=plan.location,
        hint=f"add $rules, or remove {directive}",
    )
