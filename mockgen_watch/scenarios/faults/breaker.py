"""Takes the drawer of twins and a model's rules; gives their breaker, the kinds of faults tried."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.values import Missing, places_of, same, value_at, with_value
from mockgen_watch.scenarios.faults.candidates import candidates
from mockgen_watch.scenarios.faults.combinations import Sought, combinations, further
from mockgen_watch.scenarios.faults.mutations import COMBINATION, KINDS, OWN, WRONG_TYPE, Candidate
from mockgen_watch.scenarios.faults.turns import Alike, Breakage, Choices, find_scope, meet
from mockgen_watch.scenarios.promise.facts import bare_path, options_of
from mockgen_watch.scenarios.source import Case, Change, Fault
from mockgen_watch.spec.model import Leaf, find_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.generate.column import Program
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import Path, Place
    from mockgen_watch.scenarios.faults.turns import Scope
    from mockgen_watch.scenarios.promise.redraw import Drawer
    from mockgen_watch.scenarios.source import Terms
    from mockgen_watch.spec.document import Json


NOTHING_OF_THIS_KIND: Final = "the rule has nothing of this kind"

NEARLY: Final = 12
"""Changes that break another rule as well of which is tried whether one more mends that."""

ONE_IS_ENOUGH: Final = "a change of one place is enough"

STILL_HOLDS: Final = "the rule still holds"


class Breaker(Struct, kw_only=True, eq=False):
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
    _near: dict[Place, tuple[Rule, ...]] = field(default_factory=dict)
    _scopes: dict[int, Scope] = field(default_factory=dict)
    _turns: list[int] = field(default_factory=list)
    _alike: dict[int, Alike] = field(default_factory=dict)

    @property
    def turns(self) -> list[int]:
        """The numbers of the rules that can be broken: record ``i`` begins at the one ``i % n``."""
        if not self._turns:
            self._turns += [number for number, each in enumerate(self.breakages) if each.every]
        return self._turns

    def scope_of(self, number: int) -> tuple[Path, ...] | None:
        """Return the paths that decide how a twin breaks a rule; None means the whole record.

        They are those of the rule, and of all that share a field with it, at any distance.
        """
        return self._scope(number).paths

    def fault_of(self, twin: Json, number: int, index: int) -> Fault | None:
        """Return the fault by which record ``index`` breaks the rule ``number``, whose turn it is.

        Of ``twin`` only what is in the rule's scope has to be there.
        """
        alike = self._alike.get(number)
        if alike is None:
            alike = Alike(self.terms.rules[number], self.breakages[number], number)
            self._alike[number] = alike
        return self._break(twin, number, index, twin, (), alike)

    def _scope(self, number: int) -> Scope:
        if number not in self._scopes:
            self._scopes[number] = find_scope(self.terms.rules, number, self.plan.own_faults)
        return self._scopes[number]

    def case_at(self, index: int) -> Case:
        """Return record ``index``, broken.

        Raises:
            FindingsError: it cannot be broken as it should be.
        """
        twin: dict[str, Json] = self.twins.record_at(index)
        rules = self.turns
        first = index % len(rules)
        most = 0
        # One fault may stand in the way of another: then the next rule begins.
        for start in range(first, first + len(rules)):
            order = [rules[(start + distance) % len(rules)] for distance in range(len(rules))]
            record, made = self._break_in_order(twin, order, index)
            if len(made) == self.faults:
                return Case(record=record, scenario=self.plan.scenario, faults=tuple(made))
            most = max(most, len(made))
        raise FindingsError((self._unbroken(index, most),))

    def _break_in_order(
        self, twin: dict[str, Json], order: Sequence[int], index: int
    ) -> tuple[dict[str, Json], list[Fault]]:
        """Break the first rules of ``order`` that can be broken, as many as are asked for."""
        made: list[Fault] = []
        record: Json = twin
        for number in order:
            fault = self._break(record, number, index, twin, made)
            if fault is not None:
                record = with_fault(record, fault)
                made.append(fault)
                if len(made) == self.faults:
                    break
        return (record if isinstance(record, dict) else {}), made

    def _break(
        self,
        record: Json,
        number: int,
        index: int,
        twin: Json,
        made: Sequence[Fault] = (),
        alike: Alike | None = None,
    ) -> Fault | None:
        """Return the fault that breaks a rule of ``record``: ``twin``, but for those ``made``.

        ``alike`` keeps faults of records without others.
        """
        turn = index // len(self.turns)
        own = self.own(self.terms.rules[number], index, twin)
        key = None if alike is None else alike.key_of(record, turn, own)
        if alike is None or key is None:
            fault = self._single(record, number, turn, own, made)
        else:
            try:
                fault = alike.fault_of(key)
            except KeyError:
                fault = self._single(record, number, turn, own, made)
                alike.keep(key, fault)
        if fault is None:
            last = self.combined(self.terms.rules[number], record, turn, own, made)
            fault = last if isinstance(last, Fault) else None
        return fault if fault is not None and _leaves_object(fault) else None

    def _single(
        self,
        record: Json,
        number: int,
        turn: int,
        own: list[Candidate],
        made: Sequence[Fault],
    ) -> Fault | None:
        """Return the fault of one place by the first kind that breaks a rule of ``record``."""
        rule = self.terms.rules[number]
        is_told = rule.value_why is not None or rule.comparison is not None
        is_quick = is_told and rule.faults is None
        make = partial(candidates, rule, record, self.plan, self.terms.sight, turn)
        choices = Choices(make, own, turn, is_quick=is_quick)
        if rule.faults is not None:
            choices.make_all()
        for kind in self.breakages[number].order(number, turn, len(own)):
            for candidate in choices.of(kind):
                fault = self.try_out(rule, record, (candidate,), made)
                if isinstance(fault, Fault):
                    return fault
        return None

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
        beside = self._scope(self.terms.rules.index(rule)).rules
        for changes in nearly:  # It grows meanwhile.
            changed = record
            for change in changes:
                changed = with_value(changed, change.place, change.value)
            others = (each for each in beside if each.name not in broken)
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

    def own(self, rule: Rule, index: int, twin: Json = None) -> list[Candidate]:
        """Return the candidates that the scenario's own fields give for ``rule`` of a twin.

        Of record ``index``, where no ``twin`` is given.
        """
        if self.plan.faulty is None:
            return []
        found: list[Candidate] = []
        drawn: Json = None
        for path in self.plan.own_faults:
            if rule.paths is not None and not any(meet(path, read) for read in rule.paths):
                continue
            leaf = find_shape(self.plan.faulty, path)
            options = options_of(leaf) if isinstance(leaf, Leaf) else None
            if options is None:
                drawn = drawn or record_at(self._own_program(), index)
                found += [Candidate(OWN, place, value) for place, value in places_of(drawn, path)]
                continue
            # In an array, the first element that a record has.
            twin = twin or self.twins.record_at(index)
            place = next((place for place, _ in places_of(twin, path)), None)
            if place is not None:
                found += [Candidate(OWN, place, option.value) for option in options]
        return found

    def _own_program(self) -> Program:
        """Return what makes the values of the scenario's own fields."""
        if not self._own_programs:
            plan = replace(self.plan, shape=self.plan.faulty or self.plan.shape)
            self._own_programs.append(compile_program(plan))
        return self._own_programs[0]

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
        taken = [_text(place) for fault in made for place in fault.places]
        for candidate in changes:
            before = value_at(record, candidate.place)
            if _equal(before, candidate.value):
                return "the value is the same"
            if taken and any(meet(_text(candidate.place), place) for place in taken):
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
        known = self._near.get(place)
        if known is None:
            path = bare_path(_text(place))
            known = self._near[place] = tuple(
                rule
                for rule in self.terms.rules
                if rule.paths is None or any(meet(path, bare_path(read)) for read in rule.paths)
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


def with_fault(record: Json, fault: Fault) -> Json:
    """Return ``record`` with all that ``fault`` changes."""
    record = with_value(record, fault.place, fault.after)
    for change in fault.also:
        record = with_value(record, change.place, change.after)
    return record


def _leaves_object(fault: Fault) -> bool:
    """Return whether a record that ``fault`` changes is an object still."""
    if fault.place and not fault.also:
        return True
    changes = ((fault.place, fault.after), *((change.place, change.after) for change in fault.also))
    return all(place or isinstance(after, dict) for place, after in changes)


def _equal(left: Json | Missing, right: Json | Missing) -> bool:
    if isinstance(left, Missing) or isinstance(right, Missing):
        return left is right
    return type(left) is type(right) and same(left, right)


def _loses_field(rule: Rule, before: Json, after: Json) -> bool:
    """Return whether a change takes away the one field that a rule by schema is on.

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


SAMPLE: Final = 8
"""Twins on which the kinds of faults that a rule allows are tried out."""


def make_breaker(plan: RecordPlan, terms: Terms, twins: Drawer) -> Breaker:
    """Return the breaker of the records of ``twins``; the kinds of faults are tried out."""
    breaker = Breaker(plan=plan, terms=terms, twins=twins, faults=plan.faults)
    # What one record states must not decide how the others are broken.
    sample = [twins.drawn_at(index) for index in range(SAMPLE)]
    breaker.breakages = tuple(_try_kinds(breaker, rule, sample) for rule in terms.rules)
    return breaker


def _try_kinds(breaker: Breaker, rule: Rule, sample: Sequence[Json]) -> Breakage:
    reasons: dict[str, str] = {}
    good: dict[str, set[int]] = {}
    for turn, record in enumerate(sample):
        for candidate in _each_kind(breaker, rule, record, turn):
            kind = candidate.operator
            # Two twins tell whether a kind is rare; the others only look for kinds not seen yet.
            if kind in good and (turn > 1 or turn in good[kind]):
                continue
            result = breaker.try_out(rule, record, (candidate,))
            if isinstance(result, Fault):
                good.setdefault(kind, set()).add(turn)
            else:
                reasons[kind] = result
    last, reason = _last_kinds(breaker, rule, sample, good)
    # A plugin's own kinds come first: nobody knows better what breaks its rule.
    named = [kind for kind in dict.fromkeys([*good, *reasons]) if kind not in {*KINDS, OWN}]
    kinds = tuple(kind for kind in (*named, *KINDS, OWN) if kind in good)
    last = tuple(kind for kind in last if kind not in good)
    impossible = {
        kind: reasons.get(kind, NOTHING_OF_THIS_KIND)
        for kind in (*named, *KINDS)
        if kind not in good and kind not in last
    }
    if COMBINATION not in last:
        impossible[COMBINATION] = reason
    # Wrong types keep to their own share.
    rare = tuple(kind for kind in kinds if good[kind] != {0, 1} and kind not in {WRONG_TYPE, OWN})
    return Breakage(kinds=kinds, impossible=impossible, rare=rare, last=last)


def _last_kinds(
    breaker: Breaker, rule: Rule, sample: Sequence[Json], good: Mapping[str, set[int]]
) -> tuple[tuple[str, ...], str]:
    """Return the kinds that break twins which the ``good`` ones do not, or why there is none."""
    found: dict[str, None] = {}
    reason = ONE_IS_ENOUGH
    for turn, record in enumerate(sample):
        if any(turn in turns for turns in good.values()) or any(
            candidate.operator in good
            and isinstance(breaker.try_out(rule, record, (candidate,)), Fault)
            for candidate in _each_kind(breaker, rule, record, turn)
        ):
            continue
        own = breaker.own(rule, turn)
        result = breaker.combined(rule, record, turn, own)
        if isinstance(result, Fault):
            found[result.operator] = None
        elif reason == ONE_IS_ENOUGH:
            reason = result
    return tuple(found), reason


def _each_kind(breaker: Breaker, rule: Rule, record: Json, turn: int) -> Iterator[Candidate]:
    yield from breaker.own(rule, turn)
    yield from candidates(rule, record, breaker.plan, breaker.terms.sight, turn)


def unbreakable(breaker: Breaker) -> list[Diagnostic]:
    """Return an error for each rule that no fault breaks alone, and for faults beyond the rules."""
    rules = breaker.terms.rules
    if breaker.faults > len(rules):
        too_many = Diagnostic(
            code="MG403",
            message=f"no record can break {breaker.faults} rules: the model has {len(rules)}",
            location=rules[0].location,
            hint="lower $faults, or state more rules",
        )
        return [too_many]
    places = {rule.name: rule.location for rule in breaker.terms.rules}
    found = []
    for rule, breakage in zip(breaker.terms.rules, breaker.breakages, strict=True):
        if breakage.every:
            continue
        others = [
            name
            for name, place in places.items()
            if any(f'rule "{name}"' in reason for reason in breakage.impossible.values())
        ]
        why = (
            f'each fault breaks rule "{others[0]}" as well' if others else "it holds for all values"
        )
        found.append(
            Diagnostic(
                code="MG403",
                message=f'no record can break rule "{rule.name}" alone: {why}',
                location=rule.location,
                hint="make one rule of both, or drop one",
                related=tuple(
                    Related(message="this rule", location=places[name]) for name in others[:1]
                ),
            )
        )
    return found
