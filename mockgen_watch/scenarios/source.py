"""Sources: the records and cases of one output, each as its scenario promises.

A source is compiled from the plan of an output. Its records come from one scenario, or in a mix
from several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import Address, record_cell, record_cells, release
from mockgen_watch.generate.pools import pool_stream, rank_order
from mockgen_watch.scenarios.labels import Batch, Case, Label, Records, has_promise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
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
    parts: tuple[Records, ...]
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

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        """Yield batches of the records ``indexes`` (int64[n]); ``xp`` is the NumPy module."""
        is_stated = xp.isin(indexes, self.stated)
        rows = xp.flatnonzero(is_stated)
        if not len(rows):
            yield from self._unstated(xp, indexes)
            return
        yield Batch(rows=rows, program=None)
        others = xp.flatnonzero(~is_stated)
        for batch in self._unstated(xp, indexes[others]):
            yield batch.within(others)

    def _unstated(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
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

    def case_at(self, index: int) -> Case:
        """Return record ``index`` and what it shows.

        Raises:
            FindingsError: it cannot be made so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].case_at(index)

    def label_at(self, index: int) -> Label:
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
            FindingsError: a promise cannot be kept; see ``scenarios.check``.
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

    def _records(self, plan: RecordPlan) -> Records:
        if _is_free(plan):
            return Records(plan)
        # Most suites have no rules, and do without all that this module imports.
        from mockgen_watch.scenarios.promised import compile_records  # noqa: PLC0415

        return compile_records(plan, self._designs)


def _is_free(plan: RecordPlan) -> bool:
    """Return whether nothing but its own draws decides the records of a plan and its parents."""
    if has_promise(plan) or plan.coverage.is_asked or plan.stated:
        return False
    return all(_is_free(parent) for _, parent in plan.parents)


def compile_source(output: OutputPlan) -> Source:
    """Return the records of ``output`` alone; see ``RecordSources.of``."""
    return RecordSources().of(output)


def _with_scenario(found: Diagnostic, output: OutputPlan) -> Diagnostic:
    """Return a broken promise with the place of the scenario, where no other second place is."""
    if found.code not in {"MG403", "MG404"} or found.related or found.location == output.location:
        return found
    place = Related(message=f"{output.scenario} is stated here", location=output.location)
    return replace(found, related=(place,))
