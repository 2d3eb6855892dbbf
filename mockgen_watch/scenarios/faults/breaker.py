"""Breaker: turns a record that meets every rule into one that breaks exactly as many as asked for.

The record that is broken is the *twin* of a ``positive`` record. When a breaker is made, it tries
every kind of fault of every rule on a few twins, so that each record begins at a kind that works.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.values import Path, Place, places_of, value_at, with_value
from mockgen_watch.scenarios.faults.candidates import (
    COMBINATION,
    KINDS,
    OWN,
    WRONG_TYPE,
    Candidate,
    RecordFields,
    candidates,
)
from mockgen_watch.scenarios.faults.combinations import Search, combinations, with_one_more
from mockgen_watch.scenarios.faults.order import (
    CandidatesByKind,
    FaultCache,
    FaultKinds,
    RuleGroup,
    group_of,
    overlap,
)
from mockgen_watch.scenarios.labels import Case, Change, Fault
from mockgen_watch.scenarios.promise.facts import bare_path, options_of, same_or_missing
from mockgen_watch.spec.model import Leaf, find_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.scenarios.promise.redraw import Sampler
    from mockgen_watch.scenarios.promise.requirements import Terms
    from mockgen_watch.spec.document import Json


NOTHING_OF_THIS_KIND: Final = "the rule has nothing of this kind"

ONE_IS_ENOUGH: Final = "a change of one place is enough"

STILL_HOLDS: Final = "the rule still holds"

MOST_NEARLY: Final = 12
"""Changes that break another rule as well for which one more change is tried that may repair it."""

SAMPLE: Final = 8
"""Twins on which the kinds of faults that a rule allows are tried out."""


class Breaker:
    """Breaks the records of ``twins``.

    Attributes:
        plan: of the twins, constrained.
        terms: rules and exclusions of the model.
        faults: how many rules a record breaks.
        kinds: of the faults of each rule, in the order of the rules.
        breakable: the numbers of the rules that can be broken: record ``i`` begins at ``i % n``.
    """

    def __init__(self, terms: Terms, twins: Sampler) -> None:
        """Try out the kinds of faults.

        Raises:
            FindingsError: a twin cannot be made.
        """
        self.plan = twins.plan
        self.terms = terms
        self.twins = twins
        self.faults = self.plan.faults
        self._fields = RecordFields(self.plan, terms.view)
        self._own_program: Program | None = None
        self._reading: dict[Place, tuple[Rule, ...]] = {}
        self._groups: dict[int, RuleGroup] = {}
        # What one record states must not decide how the others are broken.
        sample = [twins.drawn_at(index) for index in range(SAMPLE)]
        self.kinds = tuple(self._try_kinds(rule, sample) for rule in terms.rules)
        self.breakable = [number for number, kinds in enumerate(self.kinds) if kinds.every]
        self._caches = [
            FaultCache(rule, kinds, number)
            for number, (rule, kinds) in enumerate(zip(terms.rules, self.kinds, strict=True))
        ]

    def paths_of(self, number: int) -> tuple[Path, ...] | None:
        """Return the paths that decide how a twin breaks a rule; None means the whole record."""
        return self._group(number).paths

    def _group(self, number: int) -> RuleGroup:
        if number not in self._groups:
            self._groups[number] = group_of(self.terms.rules, number, self.plan.own_faults)
        return self._groups[number]

    def case_at(self, index: int) -> Case:
        """Return record ``index``, broken.

        Raises:
            FindingsError: it cannot be broken as it should be.
        """
        twin = self.twins.record_at(index)
        first = index % len(self.breakable)
        most = 0
        # One fault may stand in the way of another: then the next rule begins.
        for start in range(first, first + len(self.breakable)):
            distances = range(len(self.breakable))
            order = [self.breakable[(start + step) % len(self.breakable)] for step in distances]
            record, made = self._break_in_order(twin, order, index)
            if len(made) == self.faults:
                return Case(record=record, scenario=self.plan.scenario, faults=tuple(made))
            most = max(most, len(made))
        raise FindingsError((self._not_broken(index, most),))

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

    def fault_of(self, twin: Json, number: int, index: int) -> Fault | None:
        """Return the fault by which record ``index`` breaks rule ``number``, where it begins.

        ``twin`` needs no other fields than those of ``paths_of(number)``.
        """
        return self._break(twin, number, index, twin, (), self._caches[number])

    def _break(
        self,
        record: Json,
        number: int,
        index: int,
        twin: Json,
        made: Sequence[Fault],
        cache: FaultCache | None = None,
    ) -> Fault | None:
        """Return the fault that breaks a rule of ``record``: ``twin``, but for those ``made``."""
        rule = self.terms.rules[number]
        rotation = index // len(self.breakable)
        own = self._own(rule, index, twin)
        find = partial(self._single, record, number, rotation, own, made)
        key = None if cache is None else cache.key_of(record, rotation, own)
        fault = find() if cache is None or key is None else cache.get(key, find)
        if fault is None:
            last = self._combined(rule, record, rotation, own, made)
            fault = last if isinstance(last, Fault) else None
        return fault if fault is not None and _leaves_object(fault) else None

    def _single(
        self,
        record: Json,
        number: int,
        rotation: int,
        own: list[Candidate],
        made: Sequence[Fault],
    ) -> Fault | None:
        """Return the fault of one place by the first kind that breaks a rule of ``record``."""
        rule = self.terms.rules[number]
        is_known = rule.value_why is not None or rule.comparison is not None
        make = partial(candidates, rule, record, self._fields, rotation)
        choices = CandidatesByKind(make, own, rotation, is_quick=is_known and rule.faults is None)
        if rule.faults is not None:
            choices.make_all()
        for kind in self.kinds[number].order(number, rotation, len(own)):
            for candidate in choices.of(kind):
                fault = self._try(rule, record, (candidate,), made)
                if isinstance(fault, Fault):
                    return fault
        return None

    def _combined(
        self,
        rule: Rule,
        record: Json,
        rotation: int,
        own: Sequence[Candidate],
        made: Sequence[Fault] = (),
    ) -> Fault | str:
        """Return the fault of few places for a record that no kind breaks, or why there is none."""
        taken = frozenset(_text(place) for fault in made for place in fault.places)
        search = Search(fields=self._fields, rotation=rotation, own=own, taken=taken)
        reason = NOTHING_OF_THIS_KIND
        for is_odd in (False, True):
            nearly: list[tuple[Candidate, ...]] = []
            for changes in combinations(rule, record, search, is_odd=is_odd):
                result = self._try(rule, record, changes, made)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS:
                    nearly.append(changes)
                if result != STILL_HOLDS or reason == NOTHING_OF_THIS_KIND:
                    reason = result
            fault = self._mended(rule, record, search, nearly[:MOST_NEARLY], made)
            if fault is not None:
                return fault
        return reason

    def _mended(
        self,
        rule: Rule,
        record: Json,
        search: Search,
        nearly: list[tuple[Candidate, ...]],
        made: Sequence[Fault],
    ) -> Fault | None:
        """Return the fault of changes that break ``rule``, and one more for another rule."""
        broken = {rule.name, *(fault.rule for fault in made)}
        group = self._group(self.terms.rules.index(rule)).rules
        for changes in nearly:  # It grows meanwhile.
            changed = record
            for change in changes:
                changed = with_value(changed, change.place, change.value)
            others = (each for each in group if each.name not in broken)
            other = next((each for each in others if not each.holds(changed)), None)
            if other is None:
                continue
            for more in with_one_more(changes, other, changed, search):
                result = self._try(rule, record, more, made)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS and len(nearly) < 2 * MOST_NEARLY:
                    nearly.append(more)
        return None

    def _own(self, rule: Rule, index: int, twin: Json = None) -> list[Candidate]:
        """Return the candidates that the scenario's own fields give for ``rule`` of a twin.

        It is the twin of record ``index`` by default.
        """
        if self.plan.faulty is None:
            return []
        found: list[Candidate] = []
        drawn: Json = None
        for path in self.plan.own_faults:
            if rule.paths is not None and not any(overlap(path, read) for read in rule.paths):
                continue
            leaf = find_shape(self.plan.faulty, path)
            options = options_of(leaf) if isinstance(leaf, Leaf) else None
            if options is None:
                drawn = drawn or record_at(self._program_of_own(), index)
                found += [Candidate(OWN, place, value) for place, value in places_of(drawn, path)]
                continue
            # In an array, the first element that a record has.
            twin = twin or self.twins.record_at(index)
            place = next((place for place, _ in places_of(twin, path)), None)
            if place is not None:
                found += [Candidate(OWN, place, option.value) for option in options]
        return found

    def _program_of_own(self) -> Program:
        """Return what makes the values of the scenario's own fields."""
        if self._own_program is None:
            plan = replace(self.plan, shape=self.plan.faulty or self.plan.shape)
            self._own_program = compile_program(plan)
        return self._own_program

    def _try(
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
            if type(before) is type(candidate.value) and same_or_missing(before, candidate.value):
                return "the value is the same"
            if taken and any(overlap(_text(candidate.place), place) for place in taken):
                return "the place has a fault already"
            changed = with_value(changed, candidate.place, candidate.value)
            done.append(Change(place=candidate.place, before=before, after=candidate.value))
        message = rule.why(changed)
        if not message:
            return STILL_HOLDS
        broken = {fault.rule for fault in made}
        reason = self._effect_on_others(rule, record, changed, done, broken)
        first = done[0]
        return reason or Fault(
            rule=rule.name,
            operator=changes[0].operator,
            place=first.place,
            before=first.before,
            after=first.after,
            message=message,
            also=tuple(done[1:]),
        )

    def _effect_on_others(
        self,
        rule: Rule,
        record: Json,
        changed: Json,
        changes: Sequence[Change],
        broken: set[str],
    ) -> str:
        """Return what changes do to other rules that they must not; ``""``: none."""
        others = {each.name: each for change in changes for each in self._readers(change.place)}
        for other in others.values():
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

    def _readers(self, place: Place) -> tuple[Rule, ...]:
        """Return the rules that a change at ``place`` can break."""
        if place not in self._reading:
            path = bare_path(place)
            self._reading[place] = tuple(
                rule
                for rule in self.terms.rules
                if rule.paths is None or any(overlap(path, bare_path(read)) for read in rule.paths)
            )
        return self._reading[place]

    def _try_kinds(self, rule: Rule, sample: Sequence[Json]) -> FaultKinds:
        reasons: dict[str, str] = {}
        good: dict[str, set[int]] = {}
        for number, twin in enumerate(sample):
            for candidate in self._every_candidate(rule, twin, number):
                kind = candidate.operator
                # Two twins show whether a kind is rare; the others only look for kinds not seen.
                if kind in good and (number > 1 or number in good[kind]):
                    continue
                result = self._try(rule, twin, (candidate,))
                if isinstance(result, Fault):
                    good.setdefault(kind, set()).add(number)
                else:
                    reasons[kind] = result
        last, reason = self._last_kinds(rule, sample, good)
        # A plugin's own kinds come first: nobody knows better what breaks its rule.
        of_plugin = [kind for kind in dict.fromkeys([*good, *reasons]) if kind not in {*KINDS, OWN}]
        single = tuple(kind for kind in (*of_plugin, *KINDS, OWN) if kind in good)
        last = tuple(kind for kind in last if kind not in good)
        impossible = {
            kind: reasons.get(kind, NOTHING_OF_THIS_KIND)
            for kind in (*of_plugin, *KINDS)
            if kind not in good and kind not in last
        }
        if COMBINATION not in last:
            impossible[COMBINATION] = reason
        # Wrong types keep to their own share.
        shared = {WRONG_TYPE, OWN}
        rare = tuple(kind for kind in single if good[kind] != {0, 1} and kind not in shared)
        return FaultKinds(single=single, impossible=impossible, rare=rare, last=last)

    def _last_kinds(
        self, rule: Rule, sample: Sequence[Json], good: dict[str, set[int]]
    ) -> tuple[tuple[str, ...], str]:
        """Return the kinds that break twins which the ``good`` ones do not, or why none does."""
        found: dict[str, None] = {}
        reason = ONE_IS_ENOUGH
        for number, twin in enumerate(sample):
            if any(number in numbers for numbers in good.values()) or any(
                candidate.operator in good
                and isinstance(self._try(rule, twin, (candidate,)), Fault)
                for candidate in self._every_candidate(rule, twin, number)
            ):
                continue
            result = self._combined(rule, twin, number, self._own(rule, number))
            if isinstance(result, Fault):
                found[result.operator] = None
            elif reason == ONE_IS_ENOUGH:
                reason = result
        return tuple(found), reason

    def _every_candidate(self, rule: Rule, twin: Json, number: int) -> Iterator[Candidate]:
        yield from self._own(rule, number)
        yield from candidates(rule, twin, self._fields, number)

    def _not_broken(self, index: int, made: int) -> Diagnostic:
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

    def problems(self) -> list[Diagnostic]:
        """Return an error for each rule that no fault breaks alone, and for too many faults."""
        rules = self.terms.rules
        if self.faults > len(rules):
            too_many = Diagnostic(
                code="MG403",
                message=f"no record can break {self.faults} rules: the model has {len(rules)}",
                location=rules[0].location,
                hint="lower $faults, or state more rules",
            )
            return [too_many]
        pairs = zip(rules, self.kinds, strict=True)
        return [self._unbreakable(rule, kinds) for rule, kinds in pairs if not kinds.every]

    def _unbreakable(self, rule: Rule, kinds: FaultKinds) -> Diagnostic:
        reasons = kinds.impossible.values()
        others = (
            each
            for each in self.terms.rules
            if any(f'rule "{each.name}"' in reason for reason in reasons)
        )
        other = next(others, None)
        why = (
            f'each fault breaks rule "{other.name}" as well' if other else "it holds for all values"
        )
        return Diagnostic(
            code="MG403",
            message=f'no record can break rule "{rule.name}" alone: {why}',
            location=rule.location,
            hint="make one rule of both, or drop one",
            related=(Related(message="this rule", location=other.location),) if other else (),
        )


def with_fault(record: Json, fault: Fault) -> Json:
    """Return ``record`` with all that ``fault`` changes."""
    for change in fault.changes:
        record = with_value(record, change.place, change.after)
    return record


def _leaves_object(fault: Fault) -> bool:
    """Return whether a record that ``fault`` changes is an object still."""
    return all(change.place or isinstance(change.after, dict) for change in fault.changes)


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
