"""Sources: the records and cases of one output, each as its scenario promises.

A source is compiled from the plan of an output. Its records come from one scenario, or in a mix
from several; each scenario has records that are sampled until they meet the rules, or twins of such
records that a breaker breaks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related, Severity, has_errors
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import Address, record_cell, record_cells, release
from mockgen_watch.generate.pools import pool_stream, rank_order
from mockgen_watch.plan.model import NEGATIVE
from mockgen_watch.scenarios.coverage.covered import ALL_RECORDS, cover_plan
from mockgen_watch.scenarios.faults.breaker import Breaker
from mockgen_watch.scenarios.faults.broken_chunks import BrokenChunks
from mockgen_watch.scenarios.labels import EXCLUSION, Case, Label, has_promise
from mockgen_watch.scenarios.promise.chunks import Batch, sampled_batches
from mockgen_watch.scenarios.promise.constrain import constrain
from mockgen_watch.scenarios.promise.redraw import Sampler
from mockgen_watch.scenarios.promise.requirements import (
    avoid_clause,
    compile_terms,
    keep_rule,
    match_clause,
)
from mockgen_watch.scenarios.promise.stated import check_unique_statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.scenarios.promise.requirements import Requirement, Terms
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Statement

    Sampled = tuple[Sampler | None, Covered | None, list[Diagnostic]]
    """What samples records, what they cover, and what is wrong."""


class ScenarioRecords:
    """The records of one scenario.

    Attributes:
        samplers: one; of exclusion one for each clause, which alternate.
        clauses: the names of the clauses that the records match; none of other scenarios.
        covered: the designs that the first records cover.
        is_promised: rules or exclusions apply to the records.
        has_faults: what a record shows is known only once it is made.
    """

    has_faults = False

    def __init__(
        self,
        samplers: Sequence[Sampler],
        *,
        clauses: Sequence[str] = (),
        covered: Sequence[Covered] = (),
        is_promised: bool = True,
    ) -> None:
        self.samplers = tuple(samplers)
        self.clauses = tuple(clauses)
        self.covered = tuple(covered)
        self.is_promised = is_promised

    @property
    def program(self) -> Program:
        """The program of the records as far as the first sampler's plan alone decides them."""
        return self.samplers[0].program

    @property
    def is_plain(self) -> bool:
        """Return whether the program alone makes each record of which nothing is stated."""
        return not self.clauses and not self.samplers[0].open

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Record → what is stated of it; the program does not have it."""
        return self.samplers[0].stated

    @property
    def settings(self) -> list[tuple[RecordPlan, Sequence[Requirement]]]:
        """Each constrained plan behind the records, with the requirements that are open."""
        return [(sampler.plan, sampler.open) for sampler in self.samplers]

    @property
    def slow(self) -> str:
        """Why records take plain Python, one by one; ``""`` when none of them do."""
        reasons = dict.fromkeys(sampler.checked for sampler in self.samplers)
        return "; ".join(filter(None, reasons))

    def case_at(self, index: int) -> Case:
        """Return record ``index``.

        Raises:
            FindingsError: it cannot be made so that it keeps the promise.
        """
        label = self.label_at(index)
        sampler = self.samplers[index % len(self.samplers)]
        record = sampler.record_at(index)
        return Case(record=record, scenario=label.scenario, clause=label.clause)

    def label_at(self, index: int) -> Label:
        """Return what record ``index`` shows; the record is made only where that decides it.

        Raises:
            FindingsError: it is made, and cannot be so that it keeps the promise.
        """
        number = index % len(self.samplers)
        clause = self.clauses[number] if self.clauses else ""
        return Label(scenario=self.samplers[number].plan.scenario, clause=clause)

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        """Yield batches of the records ``indexes`` (int64[n]); ``xp`` is the NumPy module.

        Nothing is stated of any of them. A batch has to be made before the next is asked for.
        """
        if len(self.samplers) == 1:
            yield from sampled_batches(self.samplers[0], xp, indexes)
            return
        for number, sampler in enumerate(self.samplers):
            rows = xp.flatnonzero(indexes % len(self.samplers) == number)
            for batch in sampled_batches(sampler, xp, indexes[rows]):
                yield batch.within(rows)


class BrokenRecords(ScenarioRecords):
    """Records that break exactly the rules that they are meant to; the samplers make the twins."""

    has_faults = True
    is_plain = False

    def __init__(self, breaker: Breaker) -> None:
        super().__init__([breaker.twins])
        self.breaker = breaker
        self._chunks = BrokenChunks(breaker)

    @property
    def slow(self) -> str:
        faults = self.breaker.faults
        if faults > 1:
            return f"{faults} faults are sought for each record, one by one"
        pairs = zip(self.breaker.terms.rules, self.breaker.kinds, strict=True)
        several = [f'rule "{rule.name}"' for rule, kinds in pairs if kinds.last]
        where = f", at several places for {', '.join(several)}" if several else ""
        return f"a fault is sought for each record{where}"

    def case_at(self, index: int) -> Case:
        return self.breaker.case_at(index)

    def label_at(self, index: int) -> Label:
        return self.breaker.case_at(index)

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        return self._chunks.batches(xp, indexes)


class Source(Struct, frozen=True, kw_only=True, eq=False):
    """The records of an output.

    Attributes:
        scenarios: the name of each part's scenario.
        parts: one, and no stream, when the output is not mixed; else as ``stream`` counts them.
        stream: draws the part of a record, at the cells of the first part's program.
    """

    scenarios: tuple[str, ...]
    parts: tuple[ScenarioRecords, ...]
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
        """Return what record ``index`` shows; see ``ScenarioRecords.label_at``."""
        return self.parts[self.part_of(index)].label_at(index)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``; see ``case_at``."""
        return self.case_at(index).record


MIX_ADDRESS = ("$mix",)
"""The address path of the choice among the parts of a mix; no field has it."""

_MOST_COMPILED = 64
"""Sources that are held at a time: a large project has hundreds of outputs."""

_SAMPLE = 4
"""Records that are made to learn whether open requirements can be met at all."""


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
            part = _Compiler(self._designs).compile(output.records)
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
            parts=tuple(_Compiler(self._designs).compile(part.records) for part in parts),
            stream=pool_stream(address, "value", ranked, [part.weight for part in parts]),
        )


def compile_source(output: OutputPlan) -> Source:
    """Return the records of ``output`` alone; see ``RecordSources.of``."""
    return RecordSources().of(output)


def _with_scenario(found: Diagnostic, output: OutputPlan) -> Diagnostic:
    """Return a broken promise with the place of the scenario, where no other second place is."""
    if found.code not in {"MG403", "MG404"} or found.related or found.location == output.location:
        return found
    place = Related(message=f"{output.scenario} is stated here", location=output.location)
    return replace(found, related=(place,))


class _Compiler:
    """Compiles the records of one scenario.

    Attributes:
        found: what is wrong, in order.
    """

    def __init__(self, designs: dict[str, Covered]) -> None:
        self.found: list[Diagnostic] = []
        self._designs = designs

    def compile(self, plan: RecordPlan) -> ScenarioRecords:
        """Return the records of ``plan``.

        Raises:
            FindingsError: they cannot keep the promise.
        """
        plan = self._with_parents(plan)
        made = self._promised(plan) if has_promise(plan) else self._free(plan)
        if made is not None and made.stated and not has_errors(self.found):
            self.found += check_unique_statements(plan, made.program)
        if made is None or has_errors(self.found):
            raise self._error()
        # The last record too: a sequence may have outgrown a rule by then.
        sample = sorted({*range(min(_SAMPLE, plan.count)), plan.count - 1})
        stated = [index for index in made.stated if index < plan.count]
        try:
            for index in (*(sample if made.is_promised else ()), *stated):
                made.case_at(index)
        except FindingsError as error:
            self.found += error.diagnostics
            raise self._error() from error
        return made

    def _error(self) -> FindingsError:
        return FindingsError([item for item in self.found if item.severity is Severity.ERROR])

    def _free(self, plan: RecordPlan) -> ScenarioRecords | None:
        sampler, covered, problems = self._covered(plan)
        self.found += problems
        if sampler is None:
            return None
        return ScenarioRecords([sampler], covered=_each(covered), is_promised=False)

    def _promised(self, plan: RecordPlan) -> ScenarioRecords | None:
        terms, problems = compile_terms(plan)
        self.found += problems
        if has_errors(self.found):
            return None
        if plan.scenario == EXCLUSION and terms.clauses:
            return self._excluded(plan, terms)
        sampler, covered, problems = self._valid(plan, terms)
        self.found += problems
        if sampler is None:
            return None
        if plan.scenario != NEGATIVE:
            return ScenarioRecords([sampler], covered=_each(covered))
        try:
            breaker = Breaker(terms, sampler)
        except FindingsError as error:
            self.found += error.diagnostics
            return None
        self.found += breaker.problems()
        return BrokenRecords(breaker)

    def _excluded(self, plan: RecordPlan, terms: Terms) -> ScenarioRecords | None:
        samplers = []
        designs: list[Covered] = []
        rules = [keep_rule(rule) for rule in terms.rules]
        for number, clause in enumerate(terms.clauses):
            records = ALL_RECORDS[number :: len(terms.clauses)]
            requirements = [*match_clause(clause), *rules]
            sampler, covered, problems = self._sampled(plan, requirements, clause.name, records)
            self.found += problems
            designs += _each(covered)
            if sampler is not None:
                samplers.append(sampler)
        if len(samplers) < len(terms.clauses):
            return None
        names = [clause.name for clause in terms.clauses]
        return ScenarioRecords(samplers, clauses=names, covered=designs)

    def _valid(self, plan: RecordPlan, terms: Terms) -> Sampled:
        requirements = [keep_rule(rule) for rule in terms.rules]
        requirements += [avoid_clause(clause) for clause in terms.clauses]
        return self._sampled(plan, requirements)

    def _sampled(
        self,
        plan: RecordPlan,
        requirements: Sequence[Requirement],
        clause: str = "",
        records: range = ALL_RECORDS,
    ) -> Sampled:
        constrained = constrain(plan, requirements)
        if constrained.problems:
            return None, None, list(constrained.problems)
        return self._covered(
            constrained.plan, constrained.open, requirements, clause=clause, records=records
        )

    def _covered(
        self,
        plan: RecordPlan,
        still_open: Sequence[Requirement] = (),
        every: Sequence[Requirement] = (),
        *,
        clause: str = "",
        records: range = ALL_RECORDS,
    ) -> Sampled:
        """Return the sampler of a plan, and what its records cover where that is asked."""
        if not plan.coverage.is_asked:
            return Sampler(plan, still_open, every), None, []
        return cover_plan(plan, still_open, every, self._designs, clause=clause, records=records)

    def _with_parents(self, plan: RecordPlan) -> RecordPlan:
        """Return ``plan`` with parents whose pools are cut down as those of their own outputs are.

        A field that records of the parent's own output may have another value for, because a rule
        has it drawn again or a fault is put there, cannot be referred to.
        """
        parents = []
        for reference, parent in plan.parents:
            changed = self._with_parents(parent)
            if has_promise(changed):
                changed, is_fixed = self._constrained_parent(changed, reference.path)
                if not is_fixed:
                    self.found.append(_not_fixed(plan, parent, reference.path))
            elif changed.coverage.is_asked:
                # The parent's own output reports what is wrong with it.
                sampler, _, _ = self._covered(changed)
                changed = changed if sampler is None else sampler.plan
            parents.append((reference, changed))
        return replace(plan, parents=tuple(parents)) if parents else plan

    def _constrained_parent(
        self, plan: RecordPlan, path: tuple[str, ...]
    ) -> tuple[RecordPlan, bool]:
        """Return the plan of a parent, and whether its records keep what is drawn at ``path``."""
        if plan.scenario in {NEGATIVE, EXCLUSION}:
            return plan, False
        terms, problems = compile_terms(plan)
        sampler = None if problems else self._valid(plan, terms)[0]
        if sampler is None:
            return plan, True
        return sampler.plan, not sampler.redraws(path)


def _each(covered: Covered | None) -> tuple[Covered, ...]:
    return () if covered is None else (covered,)


def _not_fixed(plan: RecordPlan, parent: RecordPlan, path: tuple[str, ...]) -> Diagnostic:
    """Return the error of a reference to a field that rules or faults may change."""
    place = next(iter(parent.rules), None) or next(iter(parent.exclusions))
    return Diagnostic(
        code="MG403",
        message=(
            f'"{".".join(path)}" of {parent.model_id}/{parent.scenario} cannot be referred to from '
            f"{plan.model_id}: a rule or a fault may change it"
        ),
        location=place.location,
        hint="let the rule be met by all values of the field, or refer to another field",
    )
