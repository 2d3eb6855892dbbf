"""Takes the drawer of twins and a model's rules; gives records that break exactly those meant."""

from __future__ import annotations

from mockgen_watch.dataclass import dataclass, field, replace
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.generate.records import record_at
from mockgen_watch.masters.trees import find_shape
from mockgen_watch.rules.places import Missing, places_of, value_at, with_value
from mockgen_watch.rules.values import same
from mockgen_watch.scenarios.candidates import candidates
from mockgen_watch.scenarios.cases import Case, Change, Fault
from mockgen_watch.scenarios.combinations import Sought, combinations, further
from mockgen_watch.scenarios.facts import bare_path, options_of
from mockgen_watch.scenarios.mutations import OWN, WRONG_TYPE, Candidate
from mockgen_watch.spec.model import Leaf
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.places import Path, Place
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.redraw import Drawer
    from mockgen_watch.scenarios.terms import Terms
    from mockgen_watch.spec.document import Json

NOTHING_OF_THIS_KIND: Final = "the rule has nothing of this kind"

NEARLY: Final = 12
"""Changes that break another rule as well of which is tried whether one more mends that."""

ONE_IS_ENOUGH: Final = "a change of one place is enough"

STILL_HOLDS: Final = "the rule still holds"

ONE_IN: Final = 4
"""At most one fault in so many is of the wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """How a rule can be broken.

    Attributes:
        kinds: those that break it, and no other rule, in the order of their turns.
        impossible: the other kinds, each with the reason.
        rare: kinds that one of the first two twins does not allow; they come first where they can,
            every other time, or few records would show them.
        last: kinds that broke a twin which none of the others broke.
    """

    kinds: tuple[str, ...]
    impossible: Mapping[str, str]
    rare: tuple[str, ...] = ()
    last: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All kinds that break the rule."""
        return (*self.kinds, *self.last)


@dataclass(slots=True, kw_only=True, eq=False)
class Breaker:
    """Breaks records of ``twins``.

    Attributes:
        plan: of the twins, settled.
        faults: how many rules a record breaks.
        breakages: of each rule, in their order.
    """

    plan: RecordPlan
    terms: Terms
    twins: Drawer
    faults: int
    breakages: tuple[Breakage, ...] = ()
    _own_programs: list[Program] = field(default_factory=list)
    _near: dict[tuple[str, ...], tuple[Rule, ...]] = field(default_factory=dict)

    def case_at(self, index: int) -> Case:
        """Return record ``index``, broken.

        Raises:
            FindingsError: it cannot be broken as it should be.
        """
        twin: dict[str, Json] = self.twins.record_at(index)
        rules = [number for number, breakage in enumerate(self.breakages) if breakage.every]
        turn, first = divmod(index, len(rules))
        most = 0
        # One fault may stand in the way of another: then the next rule begins.
        for start in range(first, first + len(rules)):
            order = [rules[(start + distance) % len(rules)] for distance in range(len(rules))]
            record, made = self._break_in_order(twin, order, turn, index)
            if len(made) == self.faults:
                return Case(record=record, scenario=self.plan.scenario, faults=tuple(made))
            most = max(most, len(made))
        raise FindingsError((self._unbroken(index, most),))

    def _break_in_order(
        self, record: dict[str, Json], order: Sequence[int], turn: int, index: int
    ) -> tuple[dict[str, Json], list[Fault]]:
        """Break the first rules of ``order`` that can be broken, as many as are asked for."""
        made: list[Fault] = []
        for number in order:
            found = self._break(record, number, turn, index, made)
            if found is not None:
                record, fault = found
                made.append(fault)
                if len(made) == self.faults:
                    break
        return record, made

    def _break(
        self, record: dict[str, Json], number: int, turn: int, index: int, made: Sequence[Fault]
    ) -> tuple[dict[str, Json], Fault] | None:
        rule = self.terms.rules[number]
        by_kind: dict[str, list[Candidate]] = {OWN: self.own(rule, index)}
        for found in candidates(rule, record, self.plan, self.terms.sight, turn):
            by_kind.setdefault(found.operator, []).append(found)
        for kind in self._turns(number, turn, len(by_kind[OWN])):
            choices = by_kind.get(kind, [])
            start = turn % len(choices) if kind == OWN and choices else 0
            for candidate in choices[start:] + choices[:start]:
                fault = self.try_out(rule, record, (candidate,), made)
                if isinstance(fault, Fault):
                    return _made(record, fault)
        last = self.combined(rule, record, turn, by_kind[OWN], made)
        return _made(record, last) if isinstance(last, Fault) else None

    def combined(
        self,
        rule: Rule,
        record: Json,
        turn: int,
        own: Sequence[Candidate],
        made: Sequence[Fault] = (),
    ) -> Fault | str:
        """Return the fault of few places for a record that no kind breaks, or why there is none."""
        sought = Sought(
            plan=self.plan,
            sight=self.terms.sight,
            turn=turn,
            own=own,
            taken=frozenset(_text(place) for fault in made for place in fault.places),
        )
        reason = NOTHING_OF_THIS_KIND
        for is_odd in (False, True):
            nearly: list[tuple[Candidate, ...]] = []
            for changes in combinations(rule, record, sought, is_odd=is_odd):
                result = self.try_out(rule, record, changes, made)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS:
                    nearly.append(changes)
                if result != STILL_HOLDS or reason == NOTHING_OF_THIS_KIND:
                    reason = result
            fault = self._mended(rule, record, sought, nearly[:NEARLY], made)
            if fault is not None:
                return fault
        return reason

    def _mended(
        self,
        rule: Rule,
        record: Json,
        sought: Sought,
        nearly: list[tuple[Candidate, ...]],
        made: Sequence[Fault],
    ) -> Fault | None:
        """Return the fault of changes that break ``rule``, and one more for a rule beside it."""
        broken = {rule.name, *(fault.rule for fault in made)}
        for changes in nearly:  # It grows meanwhile.
            changed = record
            for change in changes:
                changed = with_value(changed, change.place, change.value)
            others = (each for each in self.terms.rules if each.name not in broken)
            other = next((each for each in others if not each.holds(changed)), None)
            if other is None:
                continue
            for more in further(changes, other, changed, sought):
                result = self.try_out(rule, record, more, made)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS and len(nearly) < 2 * NEARLY:
                    nearly.append(more)
        return None

    def _turns(self, number: int, turn: int, own: int) -> list[str]:
        """Return the kinds for a rule's record of this ``turn``, the first choice first."""
        kinds = list(self.breakages[number].kinds)
        if own and turn < own:
            return [OWN, *kinds]
        others = [kind for kind in kinds if kind not in {WRONG_TYPE, OWN}]
        cycle = [*others, OWN] if own else others
        if WRONG_TYPE in kinds:
            size = max(len(cycle) + 1, ONE_IN)
            while cycle and len(cycle) < size - 1:
                cycle.append(cycle[len(cycle) % len(others)] if others else cycle[0])
            cycle.append(WRONG_TYPE)
        if not cycle:
            return kinds
        # Rules begin at different kinds, and none of them with a wrong type.
        step = turn - own
        rare = self.breakages[number].rare
        if rare:
            step, is_theirs = divmod(step, 2)
            first = step % len(rare)
            rare = (*rare[first:], *rare[:first]) if is_theirs else ()
        start = (step + number % max(len(cycle) - 1, 1)) % len(cycle)
        return list(dict.fromkeys([*rare, *cycle[start:], *cycle[:start]]))

    def own(self, rule: Rule, index: int) -> list[Candidate]:
        """Return the candidates that the scenario's own fields give for ``rule``."""
        if self.plan.faulty is None:
            return []
        found: list[Candidate] = []
        drawn: Json = None
        for path in self.plan.own_faults:
            if rule.paths is not None and not any(_meet(path, read) for read in rule.paths):
                continue
            leaf = find_shape(self.plan.faulty, path)
            options = options_of(leaf) if isinstance(leaf, Leaf) else None
            if options is None:
                drawn = drawn or record_at(self._own_program(), index)
                found += [Candidate(OWN, place, value) for place, value in places_of(drawn, path)]
                continue
            # In an array, the first element that a record has.
            place = self._first_place(path, index)
            if place is not None:
                found += [Candidate(OWN, place, option.value) for option in options]
        return found

    def _own_program(self) -> Program:
        """Return what makes the values of the scenario's own fields."""
        if not self._own_programs:
            plan = replace(self.plan, shape=self.plan.faulty or self.plan.shape)
            self._own_programs.append(compile_program(plan))
        return self._own_programs[0]

    def _first_place(self, path: Path, index: int) -> Place | None:
        twin = self.twins.record_at(index)
        return next((place for place, _ in places_of(twin, path)), None)

    def try_out(
        self,
        rule: Rule,
        record: Json,
        changes: Sequence[Candidate],
        made: Sequence[Fault] = (),
    ) -> Fault | str:
        """Return the fault that ``changes`` are together, or why they are none."""
        done = []
        changed = record
        taken = [place for fault in made for place in fault.places]
        for candidate in changes:
            before = value_at(record, candidate.place)
            if _equal(before, candidate.value):
                return "the value is the same"
            if any(_meet(_text(candidate.place), _text(place)) for place in taken):
                return "the place has a fault already"
            changed = with_value(changed, candidate.place, candidate.value)
            done.append(Change(place=candidate.place, before=before, after=candidate.value))
        message = rule.why(changed)
        if not message:
            return STILL_HOLDS
        wrong = self._beside(rule, record, changed, [change.place for change in done], made)
        if wrong:
            return wrong
        return Fault(
            rule=rule.name,
            operator=changes[0].operator,
            place=done[0].place,
            before=done[0].before,
            after=done[0].after,
            message=message,
            also=tuple(done[1:]),
        )

    def _beside(
        self,
        rule: Rule,
        record: Json,
        changed: Json,
        places: Sequence[Place],
        made: Sequence[Fault],
    ) -> str:
        """Return what changes at ``places`` do to other rules that they must not; ``""``: none."""
        broken = {fault.rule for fault in made}
        reading = {other.name: other for place in places for other in self._reading(place)}
        for other in reading.values():
            if other.name == rule.name:
                continue
            if other.name in broken:
                if other.holds(changed):
                    return f'rule "{other.name}" would hold again'
                continue
            if other.why(changed):
                return f'rule "{other.name}" is broken as well'
            if _loses_field(other, record, changed):
                return f'rule "{other.name}" is on a field that would be missing'
        return ""

    def _reading(self, place: Place) -> tuple[Rule, ...]:
        """Return the rules that a change at ``place`` can break."""
        path = bare_path(_text(place))
        known = self._near.get(path)
        if known is None:
            known = self._near[path] = tuple(
                rule
                for rule in self.terms.rules
                if rule.paths is None or any(_meet(path, bare_path(read)) for read in rule.paths)
            )
        return known

    def _unbroken(self, index: int, made: int) -> Diagnostic:
        return Diagnostic(
            code="MG404",
            message=(
                f"negative: record {index} can be made to break {made} rules, "
                f"and {self.faults} are asked for"
            ),
            location=self.terms.rules[0].location,
            hint=(
                "lower $faults, or let rules read different fields"
                if self.faults > 1
                else "let the fields that a rule reads have values that break it"
            ),
        )


def _made(record: Json, fault: Fault) -> tuple[dict[str, Json], Fault] | None:
    """Return ``record`` with all that ``fault`` changes, and the fault."""
    record = with_value(record, fault.place, fault.after)
    for change in fault.also:
        record = with_value(record, change.place, change.after)
    return (record, fault) if isinstance(record, dict) else None


def _equal(left: Json | Missing, right: Json | Missing) -> bool:
    if isinstance(left, Missing) or isinstance(right, Missing):
        return left is right
    return same(left, right) and type(left) is type(right)


def _loses_field(rule: Rule, before: Json, after: Json) -> bool:
    """Tell whether a change takes away the one field that a rule by schema is on.

    Such a rule holds where its field is missing, but many a reader would not say so; a fault is
    to break one rule whoever reads it.
    """
    if rule.value_why is None or rule.paths is None:
        return False
    was = [place for place, _ in places_of(before, rule.paths[0])]
    is_single = len(was) == 1 and not any(isinstance(key, int) for key in was[0])
    return is_single and next(places_of(after, rule.paths[0]), None) is None


def _text(place: Place) -> tuple[str, ...]:
    return tuple(str(key) for key in place)


def _meet(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Tell whether one path leads into what the other one names."""
    return left[: len(right)] == right[: len(left)]
