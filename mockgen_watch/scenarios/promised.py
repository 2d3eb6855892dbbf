"""Promised records: those that meet rules, break them, match an exclusion or cover a design.

Each scenario has records that are sampled until they meet the rules, or twins of such records that
a breaker breaks. ``report_model`` says how each rule of a model is kept and broken.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Severity, has_errors
from mockgen_watch.errors import FindingsError
from mockgen_watch.scenarios.coverage.covered import ALL_RECORDS, Covered, cover_plan
from mockgen_watch.scenarios.faults.breaker import Breaker
from mockgen_watch.scenarios.faults.broken_chunks import BrokenChunks
from mockgen_watch.scenarios.labels import Batch, Case, Label, Records, has_promise
from mockgen_watch.scenarios.promise.constrain import constrain
from mockgen_watch.scenarios.promise.propagate import propagate
from mockgen_watch.scenarios.promise.redraw import Sampler, check_unique_statements
from mockgen_watch.scenarios.promise.requirements import (
    Requirement,
    Terms,
    avoid_clause,
    compile_terms,
    keep_rule,
    match_condition,
)
from mockgen_watch.spec.model import Promise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.spec.document import Json

    Sampled = tuple[Sampler | None, Sequence[Covered]]
    """What samples records, if anything can, and the design that they cover, if any."""


_MOST_MADE = 1 << 13
"""Records of a parent that are held: the fields of one object ask for the same ones."""

_SAMPLE = 4
"""Records that are made to learn whether open requirements can be met at all."""


class ScenarioRecords(Records):
    """The records of one scenario that has requirements.

    Attributes:
        samplers: one; of exclusion one for each clause, which alternate.
    """

    def __init__(
        self,
        samplers: Sequence[Sampler],
        *,
        clauses: Sequence[str] = (),
        covered: Sequence[Covered] = (),
        is_promised: bool = True,
    ) -> None:
        super().__init__(samplers[0].plan, samplers[0].program)
        self.samplers = samplers
        self.clauses = clauses
        self.covered = covered
        self.is_promised = is_promised
        self.settings = [(sampler.plan, sampler.open) for sampler in samplers]
        self.stated = samplers[0].stated
        self.is_plain = not clauses and not samplers[0].open
        reasons = dict.fromkeys(sampler.checked for sampler in samplers)
        self.slow = "; ".join(filter(None, reasons))

    def record_at(self, index: int) -> dict[str, Json]:
        return self.samplers[index % len(self.samplers)].record_at(index)

    def made_at(self, index: int) -> Json:
        """Return record ``index`` as the output has it; see ``case_at``."""
        return self.case_at(index).record

    def changes(self, path: tuple[str, ...]) -> bool:
        """Return whether the field at ``path`` may be another one than the first plan draws."""
        is_stated = any(each.bears_on(path) for each in self.samplers[0].plan.stated)
        is_chosen = self.has_faults or len(self.samplers) > 1
        return is_stated or is_chosen or self.samplers[0].redraws(path)

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        for number, sampler in enumerate(self.samplers):
            rows = xp.flatnonzero(indexes % len(self.samplers) == number)
            for made, program in sampler.batches(xp, indexes[rows]):
                yield Batch(rows=rows[made], program=program)


class BrokenRecords(ScenarioRecords):
    """Records that break exactly the rules that they are meant to; the samplers make the twins."""

    has_faults = True

    def __init__(self, breaker: Breaker) -> None:
        super().__init__([breaker.twins])
        self.breaker = breaker
        self.is_plain = False
        self.slow = _slow(breaker)
        self._chunks = BrokenChunks(breaker)

    def case_at(self, index: int) -> Case:
        return self.breaker.case_at(index)

    def label_at(self, index: int) -> Label:
        return self.breaker.case_at(index)

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        return self._chunks.batches(xp, indexes)


def _slow(breaker: Breaker) -> str:
    if breaker.faults > 1:
        return f"{breaker.faults} faults are sought for each record, one by one"
    pairs = zip(breaker.terms.rules, breaker.kinds, strict=True)
    several = [f'rule "{rule.name}"' for rule, kinds in pairs if kinds.last]
    where = f", at several places for {', '.join(several)}" if several else ""
    return f"a fault is sought for each record{where}"


def compile_records(plan: RecordPlan, designs: dict[str, Covered]) -> ScenarioRecords:
    """Return the records of ``plan``; the scenarios of a model share their ``designs``.

    Raises:
        FindingsError: they cannot keep the promise.
    """
    return _Compiler(designs).compile(plan)


class _Compiler:
    """Compiles the records of one scenario; ``found`` is what is wrong, in order."""

    def __init__(self, designs: dict[str, Covered]) -> None:
        self.found: list[Diagnostic] = []
        self._designs = designs
        self._parents: dict[int, tuple[RecordPlan, ScenarioRecords | None]] = {}
        self._made: dict[int, RecordPlan] = {}

    def compile(self, plan: RecordPlan) -> ScenarioRecords:
        plan = self._with_parents(plan)
        made = self.promised(plan) if has_promise(plan) else self.free(plan)
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
        made.warnings = [item for item in self.found if item.severity is Severity.WARNING]
        return made

    def _error(self) -> FindingsError:
        return FindingsError([item for item in self.found if item.severity is Severity.ERROR])

    def free(self, plan: RecordPlan) -> ScenarioRecords | None:
        sampler, covered = self.sampled(plan, ())
        if sampler is None:
            return None
        return ScenarioRecords([sampler], covered=covered, is_promised=False)

    def promised(self, plan: RecordPlan) -> ScenarioRecords | None:
        terms, problems = compile_terms(plan)
        self.found += problems
        if has_errors(self.found):
            return None
        if plan.promise is Promise.EXCLUDED and terms.clauses:
            return self._excluded(plan, terms)
        sampler, covered = self.valid(plan, terms)
        if sampler is None:
            return None
        if plan.promise is not Promise.BROKEN:
            return ScenarioRecords([sampler], covered=covered)
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
            matched = [match_condition(clause, condition) for condition in clause.conditions]
            sampler, covered = self.sampled(plan, [*matched, *rules], clause.name, records)
            designs += covered
            if sampler is not None:
                samplers.append(sampler)
        if len(samplers) < len(terms.clauses):
            return None
        names = [clause.name for clause in terms.clauses]
        return ScenarioRecords(samplers, clauses=names, covered=designs)

    def valid(self, plan: RecordPlan, terms: Terms) -> Sampled:
        kept = [keep_rule(rule) for rule in terms.rules]
        avoided = [avoid_clause(clause) for clause in terms.clauses]
        return self.sampled(plan, [*kept, *avoided])

    def sampled(
        self,
        plan: RecordPlan,
        requirements: Sequence[Requirement],
        clause: str = "",
        records: range = ALL_RECORDS,
    ) -> Sampled:
        still_open: Sequence[Requirement] = ()
        if requirements:
            constrained = constrain(plan, requirements)
            self.found += constrained.problems
            if constrained.problems:
                return None, ()
            propagated = propagate(constrained.plan, constrained.open)
            plan, still_open = propagated.plan, propagated.open
        if not plan.coverage.is_asked:
            return Sampler(plan, still_open, requirements), ()
        sampler, covered, problems = cover_plan(
            plan, still_open, requirements, self._designs, clause=clause, records=records
        )
        self.found += problems
        return sampler, covered

    def _with_parents(self, plan: RecordPlan) -> RecordPlan:
        """Return ``plan`` with parents whose records are those of their own outputs.

        Their pools are cut down as there; where a rule has a field drawn again that is referred
        to, or a fault may be put there, the parent's records are made to be looked at.
        """
        parents = []
        for reference, parent in plan.parents:
            if id(parent) not in self._parents:
                self._parents[id(parent)] = self._own_output(self._with_parents(parent))
            changed, records = self._parents[id(parent)]
            if records is not None and records.changes(reference.path):
                changed = self._made.setdefault(
                    id(parent), replace(changed, made=lru_cache(_MOST_MADE)(records.made_at))
                )
            parents.append((reference, changed))
        return replace(plan, parents=tuple(parents)) if parents else plan

    def _own_output(self, plan: RecordPlan) -> tuple[RecordPlan, ScenarioRecords | None]:
        """Return the plan of a parent, cut down, and what makes its records if rules do.

        Its own output reports what is wrong with it.
        """
        apart = _Compiler(self._designs)
        made = None
        if has_promise(plan):
            made = apart.promised(plan)
        elif plan.coverage.is_asked or plan.stated:
            made = apart.free(plan)
        if made is None:
            return plan, None
        is_cut = plan.promise is not Promise.BROKEN and len(made.samplers) == 1
        return made.samplers[0].plan if is_cut else plan, made


class RuleReport(Struct, frozen=True, kw_only=True):
    """How a rule is kept and broken.

    Attributes:
        is_certain: all that the fields can be is fit, so that no record has to be checked.
        kinds: of the faults that break it and no other rule, in the order in which they alternate.
        impossible: the other kinds, each with the reason.
    """

    name: str
    location: Location
    is_certain: bool
    kinds: tuple[str, ...]
    impossible: Mapping[str, str]


class ModelReport(Struct, frozen=True, kw_only=True):
    """The rules of a model, and by name whether each exclusion is certain to be avoided."""

    suite: str
    model: str
    rules: tuple[RuleReport, ...]
    clauses: Mapping[str, bool]


def report_model(
    plans: Iterable[OutputPlan], records_of: Callable[[OutputPlan], Records]
) -> ModelReport | None:
    """Return the report of the model that ``plans`` are of; None when it promises nothing.

    Raises:
        FindingsError: a promise cannot be kept.
    """
    asked = [plan for plan in plans if not plan.mix and has_promise(plan.records)]
    for promise in (Promise.BROKEN, Promise.VALID):
        plan = next((each for each in asked if each.records.promise is promise), None)
        if plan is not None:
            records = records_of(plan)
            if isinstance(records, BrokenRecords):
                return _report(plan, records.breaker)
            if isinstance(records, ScenarioRecords):
                (twins,) = records.samplers
                return _report(plan, Breaker(compile_terms(twins.plan)[0], twins))
    return None


def _report(plan: OutputPlan, breaker: Breaker) -> ModelReport:
    still_open = {requirement.name for requirement in breaker.twins.open}
    terms = breaker.terms
    rules = tuple(
        RuleReport(
            name=rule.name,
            location=rule.location,
            is_certain=f'rule "{rule.name}"' not in still_open,
            kinds=() if rule.is_never_broken else kinds.every,
            impossible={} if rule.is_never_broken else dict(kinds.impossible),
        )
        for rule, kinds in zip(terms.rules, breaker.kinds, strict=True)
    )
    clauses = {each.name: f'exclusion "{each.name}"' not in still_open for each in terms.clauses}
    return ModelReport(suite=plan.suite, model=plan.model, rules=rules, clauses=clauses)
