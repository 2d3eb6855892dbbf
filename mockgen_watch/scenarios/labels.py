"""Cases and labels: a record, what it shows of its model's rules, and the lines that say so.

``Records`` makes the cases of a scenario without rules, one by one or in batches.

Records of models with ``$rules`` or ``$exclude`` have labels, in a file beside the output or inside
each record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.values import Missing, Place
from mockgen_watch.spec.document import Json, pointer_of
from mockgen_watch.spec.model import Labels, Promise, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.plan.model import OutputPlan, RecordPlan
    from mockgen_watch.scenarios.coverage.covered import Covered
    from mockgen_watch.scenarios.promise.requirements import Requirement


BASE: Final = "base"

INSIDE: Final = "_label"
"""The key of a record that holds its label, where labels are inside."""


class Change(Struct, frozen=True, kw_only=True):
    """The value at a place of a record before and after a fault; either may be ``MISSING``."""

    place: Place
    before: Json | Missing
    after: Json | Missing


class Fault(Change, frozen=True, kw_only=True):
    """What breaks one rule: a change of one place, or of a few where no single one does.

    Attributes:
        rule: the name of the rule.
        operator: the kind of the fault.
        message: why the rule says that the record fails.
        also: the changes of further places.
    """

    rule: str
    operator: str
    message: str
    also: tuple[Change, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes of all places."""
        return (self, *self.also)

    @property
    def places(self) -> tuple[Place, ...]:
        """All places that are changed."""
        return tuple([change.place for change in self.changes])


class Label(Struct, frozen=True, kw_only=True):
    """What a record shows.

    Attributes:
        scenario: of the record; in a mix, that of its part.
        clause: the exclusion that the record is made to match; ``""`` for none.
        faults: in the order in which they were made.
    """

    scenario: str
    clause: str = ""
    faults: tuple[Fault, ...] = ()


class Case(Label, frozen=True, kw_only=True):
    """A record and what it shows."""

    record: dict[str, Json]


class Batch(Struct, frozen=True, kw_only=True, eq=False):
    """Records of a chunk that are made in the same way.

    Attributes:
        rows: int64[n], their places among the chunk's indexes.
        program: makes them; None where each has to be made on its own.
        labels: what each of them shows; None where its index alone decides that.
    """

    rows: IntArray
    program: Program | None
    labels: tuple[Label, ...] | None = None

    def within(self, rows: IntArray) -> Batch:
        """Return the same batch of the chunk that has this batch's chunk at ``rows``."""
        return Batch(rows=rows[self.rows], program=self.program, labels=self.labels)


class Records:
    """The records of a scenario, as the program of its plan alone makes them.

    Attributes:
        clauses: the names of the clauses that the records match; none of other scenarios.
        covered: the designs that the first records cover.
        is_promised: rules or exclusions apply to the records.
        has_faults: what a record shows is known only once it is made.
        is_plain: the program alone makes each record of which nothing is stated.
        stated: record → what is stated of it; the program does not have it.
        settings: each constrained plan behind the records, with the requirements that are open.
        warnings: of the scenario, which can be made all the same.
        slow: why records take plain Python, one by one; ``""`` when none of them do.
    """

    clauses: Sequence[str] = ()
    covered: Sequence[Covered] = ()
    warnings: Sequence[Diagnostic] = ()
    is_promised = False
    has_faults = False

    def __init__(self, plan: RecordPlan, program: Program | None = None) -> None:
        self.program = program or compile_program(plan)
        self.settings: Sequence[tuple[RecordPlan, Sequence[Requirement]]] = [(plan, ())]
        self.stated: Mapping[int, tuple[Statement, ...]] = {}
        self.is_plain = True
        self.slow = ""

    def case_at(self, index: int) -> Case:
        """Return record ``index``.

        Raises:
            FindingsError: it cannot be made so that it keeps the promise.
        """
        label = self.label_at(index)
        record = self.record_at(index)
        return Case(record=record, scenario=label.scenario, clause=label.clause)

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` alone; see ``case_at``."""
        return record_at(self.program, index)

    def label_at(self, index: int) -> Label:
        """Return what record ``index`` shows; the record is made only where that decides it.

        Raises:
            FindingsError: it is made, and cannot be so that it keeps the promise.
        """
        number = index % len(self.settings)
        clause = self.clauses[number] if self.clauses else ""
        return Label(scenario=self.settings[number][0].scenario, clause=clause)

    def batches(self, xp: ModuleType, indexes: IntArray) -> Iterator[Batch]:
        """Yield batches of the records ``indexes`` (int64[n]); ``xp`` is the NumPy module.

        Nothing is stated of any of them. A batch has to be made before the next is asked for.
        """
        yield Batch(rows=xp.arange(len(indexes), dtype=xp.int64), program=self.program)


def has_promise(plan: RecordPlan) -> bool:
    """Return whether rules or exclusions apply to the records of ``plan``."""
    if plan.promise is Promise.BROKEN:
        return bool(plan.rules)
    return plan.promise is not Promise.NOTHING and bool(plan.rules or plan.exclusions)


def is_promised(plan: OutputPlan) -> bool:
    """Return whether rules or exclusions apply to any record of an output."""
    return any(map(has_promise, record_plans(plan)))


def record_plans(plan: OutputPlan) -> list[RecordPlan]:
    """Return the plan of an output's records; of a mix, that of each part."""
    return [part.records for part in plan.mix] or [plan.records]


def wants_labels(plan: OutputPlan) -> bool:
    """Return whether an output has a file of labels."""
    return plan.output.labels is Labels.FILE and is_promised(plan)


def label_lines(label: Label, index: int) -> Iterator[dict[str, Json]]:
    """Yield the lines for record ``index``: one, or one for each of several faults."""
    for fault in label.faults or (None,):
        yield {"record": index, **label_data(label, fault)}


def label_data(label: Label, fault: Fault | None) -> dict[str, Json]:
    """Return a label with one of its faults; ``before`` or ``after`` is left out where missing."""
    data: dict[str, Json] = {"scenario": label.scenario}
    if label.clause:
        data["clause"] = label.clause
    if fault is not None:
        data["rule"] = fault.rule
        data["pointer"] = pointer_of(fault.place)
        data["operator"] = fault.operator
        data |= _sides(fault)
        data["message"] = fault.message
        if fault.also:
            data["also"] = [
                {"pointer": pointer_of(change.place), **_sides(change)} for change in fault.also
            ]
    return data


def _sides(change: Change) -> dict[str, Json]:
    sides = (("before", change.before), ("after", change.after))
    return {name: value for name, value in sides if not isinstance(value, Missing)}


def labelled(case: Case) -> dict[str, Json]:
    """Return the record of a case with its label inside: a list where it has several faults."""
    labels = [label_data(case, fault) for fault in case.faults or (None,)]
    inside: Json = labels[0] if len(labels) == 1 else list(labels)
    return {**case.record, INSIDE: inside}
