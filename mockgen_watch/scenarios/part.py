"""Takes the plan of one scenario's records; tells whether anything is promised of them.

Where nothing is, as in most outputs, what this module gives is all that is needed: rules, faults
and how they are kept stand in modules that are imported when there is a promise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.records import record_at
from mockgen_watch.plan.twins import NEGATIVE, POSITIVE
from mockgen_watch.scenarios.cases import Case, Told
from mockgen_watch.scenarios.shares import Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    from mockgen_watch.generate.cells import IntArray
    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.spec.statements import Statement

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
        """Tell whether the program alone makes each record of which nothing is stated."""

    @property
    def stated(self) -> Mapping[int, tuple[Statement, ...]]:
        """Of which records what is stated; the program does not know."""

    @property
    def covered(self) -> tuple[Covered, ...]:
        """What the first records cover: a design, or one for each clause; none of twins."""

    @property
    def is_promised(self) -> bool:
        """Tell whether anything is promised of the records."""

    @property
    def has_faults(self) -> bool:
        """Tell whether what a record shows is known only once it is made."""

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
            # Few specs state records.
            from mockgen_watch.scenarios.stated import with_statements  # noqa: PLC0415

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
    """Tell whether rules or exclusions say something of the records of ``plan``."""
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
