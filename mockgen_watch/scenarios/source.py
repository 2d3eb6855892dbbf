"""Takes the plan of an output; gives its records and cases, each as its scenario promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import Address, record_cell, record_cells, release
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.pools import pool_stream, rank_order
from mockgen_watch.plan.model import NEGATIVE, POSITIVE
from mockgen_watch.rules.clause import compile_clause
from mockgen_watch.rules.rule import compile_rule
from mockgen_watch.rules.values import RuleError
from mockgen_watch.scenarios.promise.facts import sight_of
from mockgen_watch.scenarios.promise.stated import with_statements
from mockgen_watch.scenarios.promise.vector import Share, below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.rules.clause import Clause
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Missing, Place, Sight
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Statement


class Change(Struct, frozen=True, kw_only=True):
    """What stood at a place, and what stands there now; either may be ``MISSING``."""

    place: Place
    before: Json | Missing
    after: Json | Missing


class Fault(Struct, frozen=True, kw_only=True):
    """What breaks one rule: a change of one place, or of a few where no single one does.

    Attributes:
        rule: its name.
        operator: the kind of the fault.
        place: keys and indexes from the top of the record.
        before, after: the value there, or ``MISSING``.
        message: why the rule says that the record fails.
        also: what is changed at further places.
    """

    rule: str
    operator: str
    place: Place
    before: Json | Missing
    after: Json | Missing
    message: str
    also: tuple[Change, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """All places that are changed."""
        return (self.place, *(change.place for change in self.also))


class Told(Struct, frozen=True, kw_only=True):
    """What a record shows, without the record; see ``Case``."""

    scenario: str
    clause: str = ""
    faults: tuple[Fault, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """A record and what it shows.

    Attributes:
        scenario: that it is of; in a mix, that of its part.
        clause: the exclusion that it was made to match; ``""`` for none.
        faults: in the order in which they were made.
    """

    record: dict[str, Json]
    scenario: str
    clause: str = ""
    faults: tuple[Fault, ...] = ()


class Terms(Struct, frozen=True, kw_only=True):
    """What a model says of its records."""

    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    sight: Sight


def compile_terms(plan: RecordPlan) -> tuple[Terms, list[Diagnostic]]:
    """Return the rules and clauses of ``plan`` that can be compiled, and why others cannot."""
    sight = sight_of(plan)
    found: list[Diagnostic] = []
    rules: list[Rule] = []
    clauses: list[Clause] = []
    for rule in plan.rules:
        try:
            rules.append(compile_rule(rule, sight, plan.rule_types))
        except RuleError as error:
            place = rule.body_location or rule.location
            message = f'rule "{rule.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=place))
    for clause in plan.exclusions:
        try:
            clauses.append(compile_clause(clause, sight))
        except RuleError as error:
            message = f'exclusion "{clause.name}": {error}'
            found.append(Diagnostic(code="MG402", message=message, location=clause.location))
    return Terms(rules=tuple(rules), clauses=tuple(clauses), sight=sight), found


BASE = "base"
EXCLUSION = "exclusion"


class Lay(Struct, frozen=True, kw_only=True):
    """Which records a design takes: ``start``, and each ``stride`` after it.

    ``name`` is that of the design in a file of cases, behind the scenario's.
    """

    name: str = ""
    start: int = 0
    stride: int = 1


class Part(Protocol):
    """What makes the records of one scenario."""

    @property
    def program(self) -> Program:
        """The program of the records as far as the plan alone decides them."""

    @property
    def is_plain(self) -> bool:
        """Return whether the program alone makes each record of which nothing is stated."""

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Of which records what is stated; the program does not know."""

    @property
    def covered(self) -> tuple[Covered, ...]:
        """What the first records cover: a design, or one for each clause; none of twins."""

    @property
    def is_promised(self) -> bool:
        """Return whether anything is promised of the records."""

    @property
    def has_faults(self) -> bool:
        """Return whether what a record shows is known only once it is made."""

    @property
    def slow(self) -> str:
        """Why records take plain Python, one by one; ``""`` when none of them do."""

    def case_at(self, index: int) -> Case:
        """Return record ``index``.

        Raises:
            FindingsError: it cannot be made so that it keeps the promise.
        """

    def told_at(self, index: int) -> Case | Told:
        """Return what is told of record ``index``, which is made only where it takes part in that.

        Raises:
            FindingsError: it is made, and cannot be so that it keeps the promise.
        """

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records ``indexes`` (int64[n]); ``xp`` is the NumPy module.

        Nothing is stated of any of them.
        """


class Free(Struct, frozen=True, kw_only=True, eq=False):
    """Records that nothing is promised of."""

    plan: RecordPlan
    program: Program
    stated: Mapping[int, tuple[Statement, ...]] = field(default_factory=dict)
    covered: tuple[Covered, ...] = ()
    is_plain: bool = True
    is_promised: bool = False
    has_faults: bool = False
    slow: str = ""

    def case_at(self, index: int) -> Case:
        """Return record ``index``; see ``Part``."""
        record = record_at(self.program, index)
        if index in self.stated:
            record = with_statements(record, self.stated[index])
        return Case(record=record, scenario=self.plan.scenario)

    def told_at(self, index: int) -> Told:
        """Return the scenario's name; see ``Part``."""
        del index
        return Told(scenario=self.plan.scenario)

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield one share of all; see ``Part``."""
        yield Share(rows=xp.arange(len(indexes)), program=self.program)


def has_promise(plan: RecordPlan) -> bool:
    """Return whether rules or exclusions say something of the records of ``plan``."""
    if plan.scenario == NEGATIVE:
        return bool(plan.rules)
    return plan.scenario in {POSITIVE, BASE, EXCLUSION} and bool(plan.rules or plan.exclusions)


def free_part(plan: RecordPlan) -> Free | None:
    """Return what makes records of which, and of whose parents, nothing is promised or asked.

    None where there is more to it; then ``promise.keep_promise`` finds out.
    """
    if plan.stated or not _is_free(plan):
        return None
    return Free(plan=plan, program=compile_program(plan))


def _is_free(plan: RecordPlan) -> bool:
    is_bare = not (has_promise(plan) or plan.coverage.is_asked)
    return is_bare and all(_is_free(parent) for _, parent in plan.parents)


MIX_ADDRESS = ("$mix",)
"""The address path of the choice among the parts of a mix; no field has it."""


class Source(Struct, frozen=True, kw_only=True, eq=False):
    """The records of an output.

    Attributes:
        scenarios: the name of each part's scenario.
        parts: one, and no stream, when the output is not mixed; else as ``stream`` counts them.
        stream: draws the part of a record, at the cells of the first part's program.
    """

    scenarios: tuple[str, ...]
    parts: tuple[Part, ...]
    stream: Stream | None

    @property
    def programs(self) -> tuple[Program, ...]:
        """The program of each part; records may differ from it where rules are kept or broken."""
        return tuple(part.program for part in self.parts)

    @property
    def is_promised(self) -> bool:
        """Return whether rules or exclusions say something of any record."""
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

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records ``indexes`` (int64[n]); ``xp`` is the NumPy module."""
        is_stated = xp.isin(indexes, self.stated)
        rows = xp.flatnonzero(is_stated)
        if len(rows):
            yield Share(rows=rows, program=None)
            others = xp.flatnonzero(~is_stated)
            yield from below(self._unstated(xp, indexes[others]), others)
        else:
            yield from self._unstated(xp, indexes)

    def _unstated(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        if self.stream is None:
            yield from self.parts[0].shares(xp, indexes)
            return
        cells = record_cells(self.parts[0].program.base_key, xp, indexes)
        numbers = self.stream.over(cells)
        for number, part in enumerate(self.parts):
            rows = xp.flatnonzero(numbers == number)
            yield from below(part.shares(xp, indexes[rows]), rows)
        release(cells)

    def case_at(self, index: int) -> Case:
        """Return record ``index`` and what is told of it.

        Raises:
            FindingsError: it cannot be made so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].case_at(index)

    def told_at(self, index: int) -> Case | Told:
        """Return what is told of record ``index``, which is made only where it takes part in that.

        Raises:
            FindingsError: it is made, and cannot be so that it keeps its promise.
        """
        return self.parts[self.part_of(index)].told_at(index)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index``; see ``case_at``."""
        return self.case_at(index).record


class RecordSources:
    """The record sources of one run, each compiled once.

    ``check_promises`` compiles them to find what is wrong; whoever makes the records of the same
    plan then has them from here.
    """

    def __init__(self) -> None:
        self._compiled: dict[str, Source] = {}

    def of(self, output: OutputPlan) -> Source:
        """Return the records of ``output``; see ``compile_source``.

        Raises:
            FindingsError: a promise cannot be kept.
        """
        if output.key not in self._compiled:
            if len(self._compiled) >= _MOST_COMPILED:
                self._compiled.clear()
            self._compiled[output.key] = compile_source(output)
        return self._compiled[output.key]


_MOST_COMPILED = 64
"""Sources that are held at a time: a large project has hundreds of outputs."""


def compile_source(output: OutputPlan) -> Source:
    """Return the records of ``output``; those of a mix by weighted rendezvous over the scenarios.

    A change of one weight, or a scenario more, moves the fewest records that it can.

    Raises:
        FindingsError: a promise cannot be kept; see ``scenarios.check``.
    """
    try:
        return _compile(output)
    except FindingsError as error:
        found = [_with_scenario(item, output) for item in error.diagnostics]
        raise FindingsError(found) from error


def _compile(output: OutputPlan) -> Source:
    if not output.mix:
        return Source(scenarios=(output.scenario,), parts=(_part(output.records),), stream=None)
    identities = [part.scenario.encode() for part in output.mix]
    order = rank_order(identities, [part.weight for part in output.mix])
    parts = [output.mix[place] for place in order]
    address = Address.of(output.records.seed, output.records.model_id, MIX_ADDRESS)
    ranked = [part.scenario.encode() for part in parts]
    return Source(
        scenarios=tuple(part.scenario for part in parts),
        parts=tuple(_part(part.records) for part in parts),
        stream=pool_stream(address, "value", ranked, [part.weight for part in parts]),
    )


def _with_scenario(found: Diagnostic, output: OutputPlan) -> Diagnostic:
    """Return a broken promise with the place of the scenario, where no other second place is."""
    if found.code not in {"MG403", "MG404"} or found.related or found.location == output.location:
        return found
    place = Related(message=f"{output.scenario} is stated here", location=output.location)
    return replace(found, related=(place,))


def _part(plan: RecordPlan) -> Part:
    if free := free_part(plan):
        return free
    # A fifth of all modules, which most outputs do without.
    from mockgen_watch.scenarios.promise.keep import keep_promise

    part, found = keep_promise(plan)
    if part is None:
        raise FindingsError([item for item in found if item.severity is Severity.ERROR])
    return part
