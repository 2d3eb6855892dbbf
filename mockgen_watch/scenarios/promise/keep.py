"""Takes the plan of one scenario's records; gives what makes records that keep its promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, has_errors
from mockgen_watch.errors import FindingsError
from mockgen_watch.plan.checks import check_unique
from mockgen_watch.plan.model import NEGATIVE
from mockgen_watch.scenarios.faults.breaker import make_breaker, unbreakable
from mockgen_watch.scenarios.faults.vector import BrokenShares
from mockgen_watch.scenarios.promise.needs import (
    cut_down,
    inside_needs,
    not_fixed,
    outside_need,
    rule_need,
    told,
    too_few_fit,
)
from mockgen_watch.scenarios.promise.redraw import drawer_of
from mockgen_watch.scenarios.promise.settle import settle
from mockgen_watch.scenarios.promise.stated import check_unique_statements
from mockgen_watch.scenarios.promise.vector import Share, below, drawn_shares
from mockgen_watch.scenarios.source import (
    EXCLUSION,
    Case,
    Free,
    Lay,
    Part,
    Told,
    compile_terms,
    has_promise,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.scenarios.faults.breaker import Breaker
    from mockgen_watch.scenarios.faults.vector import BrokenShares
    from mockgen_watch.scenarios.promise.needs import Need
    from mockgen_watch.scenarios.promise.redraw import Drawer
    from mockgen_watch.scenarios.source import Terms
    from mockgen_watch.spec.model import Statement

    Drawn = tuple[Drawer | None, Covered | None, list[Diagnostic]]

    """What draws records, what they cover, and what is wrong."""


SAMPLE = 4
"""Records that are made to learn whether open needs can be met at all."""


class Valid(Struct, frozen=True, kw_only=True, eq=False):
    """Records that meet every rule and no exclusion."""

    drawer: Drawer
    covered: tuple[Covered, ...] = ()
    is_promised: bool = True
    has_faults: bool = False

    @property
    def program(self) -> Program:
        """The program of records whose fields are drawn once."""
        return self.drawer.program

    @property
    def is_plain(self) -> bool:
        """Return whether no record has to be looked at."""
        return not self.drawer.needs

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Of which records what is stated."""
        return self.drawer.stated

    def case_at(self, index: int) -> Case:
        """Return record ``index``; see ``Part``."""
        return Case(record=self.drawer.record_at(index), scenario=self.drawer.plan.scenario)

    def told_at(self, index: int) -> Told:
        """Return the scenario's name; see ``Part``."""
        del index
        return Told(scenario=self.drawer.plan.scenario)

    @property
    def slow(self) -> str:
        """Tell which needs are looked at; see ``Part``."""
        return self.drawer.looked_at

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records; see ``Part``."""
        return drawn_shares(self.drawer, xp, indexes)


class Excluded(Struct, frozen=True, kw_only=True, eq=False):
    """Records that meet every rule and a clause, each clause in turn."""

    names: tuple[str, ...]
    drawers: tuple[Drawer, ...]
    covered: tuple[Covered, ...] = ()
    is_plain: bool = False
    is_promised: bool = True
    has_faults: bool = False

    @property
    def program(self) -> Program:
        """The program of the first clause's records."""
        return self.drawers[0].program

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Of which records what is stated."""
        return self.drawers[0].stated

    def case_at(self, index: int) -> Case:
        """Return record ``index``; see ``Part``."""
        number = index % len(self.drawers)
        drawer = self.drawers[number]
        return Case(
            record=drawer.record_at(index),
            scenario=drawer.plan.scenario,
            clause=self.names[number],
        )

    def told_at(self, index: int) -> Told:
        """Return the clause that is matched; see ``Part``."""
        number = index % len(self.drawers)
        return Told(scenario=self.drawers[number].plan.scenario, clause=self.names[number])

    @property
    def slow(self) -> str:
        """Tell which needs are looked at; see ``Part``."""
        told = dict.fromkeys(drawer.looked_at for drawer in self.drawers)
        return "; ".join(filter(None, told))

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records, clause by clause; see ``Part``."""
        for number, drawer in enumerate(self.drawers):
            rows = xp.flatnonzero(indexes % len(self.drawers) == number)
            yield from below(drawn_shares(drawer, xp, indexes[rows]), rows)


class Broken(Struct, frozen=True, kw_only=True, eq=False):
    """Records that break exactly the rules that they are meant to."""

    breaker: Breaker
    covered: tuple[Covered, ...] = ()
    is_plain: bool = False
    is_promised: bool = True
    has_faults: bool = True
    _shares: list[BrokenShares] = field(default_factory=list)

    @property
    def program(self) -> Program:
        """The program of the twins."""
        return self.breaker.twins.program

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Of which twins what is stated."""
        return self.breaker.twins.stated

    @property
    def slow(self) -> str:
        """Tell what takes long to find; see ``Part``."""
        if self.breaker.faults > 1:
            return f"{self.breaker.faults} faults are sought for each record, one by one"
        pairs = zip(self.breaker.terms.rules, self.breaker.breakages, strict=True)
        several = [f'rule "{rule.name}"' for rule, breakage in pairs if breakage.last]
        where = f", at several places for {', '.join(several)}" if several else ""
        return f"a fault is sought for each record{where}"

    def case_at(self, index: int) -> Case:
        """Return record ``index``; see ``Part``."""
        return self.breaker.case_at(index)

    def told_at(self, index: int) -> Case:
        """Return the faults, and so the record; see ``Part``."""
        return self.breaker.case_at(index)

    def shares(self, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
        """Yield who makes the records, rule by rule; see ``Part``."""
        if not self._shares:
            self._shares.append(BrokenShares(breaker=self.breaker))
        return self._shares[0].over(xp, indexes)


def keep_promise(plan: RecordPlan) -> tuple[Part | None, list[Diagnostic]]:
    """Return what makes the records of ``plan``, or None and why its promise cannot be kept."""
    plan, found = settle_parents(plan)
    if not has_promise(plan):
        drawer, covered, problems = _covered(plan, (), (), Lay())
        found += problems
        if drawer is None:
            return None, found
        free = Free(
            plan=drawer.plan,
            program=drawer.program,
            stated=drawer.stated,
            covered=_each(covered),
        )
        return _tried_out(free, plan, found, ())
    terms, problems = compile_terms(plan)
    found += problems
    if has_errors(found):
        return None, found
    if plan.scenario == EXCLUSION and terms.clauses:
        made, problems = _excluded(plan, terms)
    elif plan.scenario == NEGATIVE:
        made, problems = _broken(plan, terms)
    else:
        made, problems = _valid(plan, terms)
    found += problems
    if made is None or has_errors(found):
        return None, found
    # The last record too: a sequence may have outgrown a rule by then.
    sample = sorted({*range(min(SAMPLE, plan.count)), plan.count - 1})
    return _tried_out(made, plan, found, sample)


def _tried_out(
    made: Part, plan: RecordPlan, found: list[Diagnostic], sample: Iterable[int]
) -> tuple[Part | None, list[Diagnostic]]:
    """Return ``made``, or None and why one of ``sample`` or of the stated records cannot be."""
    if made.stated and not has_errors(found):
        found = [*found, *check_unique_statements(plan, made.program)]
    if has_errors(found):
        return None, found
    try:
        for index in (*sample, *(index for index in made.stated if index < plan.count)):
            made.case_at(index)
    except FindingsError as error:
        return None, [*found, *error.diagnostics]
    return made, found


def _covered(plan: RecordPlan, needs: Sequence[Need], every: Sequence[Need], where: Lay) -> Drawn:
    """Return the drawer of a settled plan, and what its first records cover where that is asked."""
    if not plan.coverage.is_asked:
        return drawer_of(plan, needs, every), None, []
    # Few specs ask for it, and a small job with rules should not wait for the import.
    from mockgen_watch.scenarios.promise.covered import cover_drawer

    return cover_drawer(plan, needs, every, where)


def _each(covered: Covered | None) -> tuple[Covered, ...]:
    return () if covered is None else (covered,)


def _valid_drawer(plan: RecordPlan, terms: Terms) -> Drawn:
    needs = [rule_need(rule) for rule in terms.rules]
    needs += [outside_need(clause) for clause in terms.clauses]
    return _drawer(plan, needs, Lay())


def _valid(plan: RecordPlan, terms: Terms) -> tuple[Part | None, list[Diagnostic]]:
    drawer, covered, found = _valid_drawer(plan, terms)
    return (None if drawer is None else Valid(drawer=drawer, covered=_each(covered))), found


def _broken(plan: RecordPlan, terms: Terms) -> tuple[Part | None, list[Diagnostic]]:
    drawer, _, found = _valid_drawer(plan, terms)
    if drawer is None:
        return None, found
    try:
        breaker = make_breaker(drawer.plan, terms, drawer)
    except FindingsError as error:
        return None, [*found, *error.diagnostics]
    return Broken(breaker=breaker), [*found, *unbreakable(breaker)]


def _excluded(plan: RecordPlan, terms: Terms) -> tuple[Part | None, list[Diagnostic]]:
    found: list[Diagnostic] = []
    drawers = []
    designs: list[Covered] = []
    rules = [rule_need(rule) for rule in terms.rules]
    for number, clause in enumerate(terms.clauses):
        place = Lay(name=clause.name, start=number, stride=len(terms.clauses))
        drawer, covered, problems = _drawer(plan, [*inside_needs(clause), *rules], place)
        found += problems
        designs += _each(covered)
        if drawer is not None:
            drawers.append(drawer)
    if len(drawers) < len(terms.clauses):
        return None, found
    names = tuple(clause.name for clause in terms.clauses)
    return Excluded(names=names, drawers=tuple(drawers), covered=tuple(designs)), found


def _drawer(plan: RecordPlan, needs: Sequence[Need], where: Lay) -> Drawn:
    settled = settle(plan, needs)
    if settled.conflicts:
        return None, None, [told(conflict, plan) for conflict in settled.conflicts]
    problems = check_unique(settled.plan)
    if problems:
        return None, None, [cut_down(problem, plan, needs) for problem in problems]
    problems = [found for need in settled.open for found in too_few_fit(settled.plan, need)]
    if problems:
        return None, None, problems
    return _covered(settled.plan, settled.open, needs, where)


def settle_parents(plan: RecordPlan) -> tuple[RecordPlan, list[Diagnostic]]:
    """Return ``plan`` with parents whose pools are cut down as those of their own outputs are.

    A field that records of the parent's own output may have another value for, because a rule has
    it drawn again or a fault is put there, cannot be referred to.
    """
    found: list[Diagnostic] = []
    parents = []
    for reference, parent in plan.parents:
        settled, problems = settle_parents(parent)
        found += problems
        if has_promise(settled):
            changed, is_fixed = _settled_parent(settled, reference.path)
            if not is_fixed:
                found.append(not_fixed(plan, parent, reference.path))
            settled = changed
        elif settled.coverage.is_asked:
            # What is wrong with it, the parent's own output says.
            covering, _, _ = _covered(settled, (), (), Lay())
            settled = settled if covering is None else covering.plan
        parents.append((reference, settled))
    return (replace(plan, parents=tuple(parents)) if parents else plan), found


def _settled_parent(plan: RecordPlan, path: tuple[str, ...]) -> tuple[RecordPlan, bool]:
    if plan.scenario in {NEGATIVE, EXCLUSION}:
        return plan, False
    terms, problems = compile_terms(plan)
    if problems:
        return plan, True  # The parent's own output says what is wrong.
    drawer, _, _ = _valid_drawer(plan, terms)
    if drawer is None:
        return plan, True
    return drawer.plan, not drawer.redraws(path)
