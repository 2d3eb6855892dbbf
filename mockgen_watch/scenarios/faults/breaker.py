"""Breaker: turns a record that meets every rule into one that breaks exactly as many as asked for.

The record that is broken is the *twin* of a ``positive`` record. When a breaker is made, it tries
every kind of fault of every rule on a few twins, so that each record begins at a kind that works.
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related, Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.rules.schema import checks_nothing
from mockgen_watch.rules.values import Place, places_of, same, value_at, with_value
from mockgen_watch.scenarios.faults import candidates
from mockgen_watch.scenarios.faults.changes import Candidate
from mockgen_watch.scenarios.faults.combinations import combinations, with_one_more
from mockgen_watch.scenarios.faults.groups import (
    RuleGroup,
    group_of,
    overlap,
    share_field,
    tied_paths,
)
from mockgen_watch.scenarios.faults.kinds import (
    COMBINATION,
    KINDS,
    OWN,
    WRONG_TYPE,
    FaultKinds,
    crude_kinds,
)
from mockgen_watch.scenarios.faults.record_fields import RecordFields
from mockgen_watch.scenarios.labels import Case, Change, Fault
from mockgen_watch.scenarios.promise.facts import bare_path, fields_of, options_of, rotated
from mockgen_watch.spec.generators import Computed
from mockgen_watch.spec.model import Leaf, find_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.rules.rule import Rule
    from mockgen_watch.rules.values import RecordView
    from mockgen_watch.scenarios.faults.following import Followers
    from mockgen_watch.scenarios.promise.redraw import Sampler
    from mockgen_watch.scenarios.promise.requirements import Terms
    from mockgen_watch.spec.document import Json


NOTHING_OF_THIS_KIND: Final = "this kind does not apply to the rule"

NO_OBJECT: Final = "the record would not be an object"

ONE_IS_ENOUGH: Final = "changing one place is enough"

STILL_HOLDS: Final = "the rule still holds"

AS_WELL: Final = " breaks as well"

MOST_NEARLY: Final = 12
"""Changes that break another rule as well for which one more change is tried that may repair it."""

MOST_ADDITIONS: Final = 256
"""Values of fields that a twin does not have which are tried where nothing else breaks its rule."""

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
        # What matches an exclusion is out of scope, not wrong.
        self._clauses = terms.clauses
        self._fields = RecordFields(self.plan, terms.view)
        self._followers = _followers_of(self.plan, terms.view)
        self._groups: dict[int, RuleGroup] = {}
        self._readers: dict[Place, tuple[Rule, ...]] = {}
        self.breakable: list[int] = []
        # What one record states must not decide how the others are broken.
        sample = [twins.drawn_at(index) for index in range(SAMPLE)]
        self.kinds = tuple(self._try_kinds(number, sample) for number in range(len(terms.rules)))
        self.breakable = [
            number
            for number, kinds in enumerate(self.kinds)
            if kinds.every and not terms.rules[number].is_never_broken
        ]

    def group(self, number: int) -> RuleGroup:
        """Return the group of rule ``number``, whose paths decide how a twin breaks it."""
        if number not in self._groups:
            out_of_scope = [each.path for clause in self._clauses for each in clause.conditions]
            ties = () if self._followers is None else self._followers.ties
            group = group_of(self.terms.rules, number, self.plan.own_faults, ties)
            if group.paths is not None and out_of_scope:
                paths = tuple(dict.fromkeys([*group.paths, *out_of_scope]))
                group = replace(group, paths=paths)
            self._groups[number] = group
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
        for start in range(len(self.breakable)):
            order = rotated(self.breakable, first + start)
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
            target = self.target(number, record, index, twin, made)
            fault = self.fault_of(target, self.single(target))
            if fault is not None:
                record = with_fault(record, fault)
                made.append(fault)
                if len(made) == self.faults:
                    break
        return (record if isinstance(record, dict) else {}), made

    def target(
        self,
        number: int,
        record: Json,
        index: int,
        twin: Json = None,
        made: Sequence[Fault] = (),
    ) -> candidates.Target:
        """Return rule ``number`` as a target on record ``index``: ``twin``, but for those ``made``.

        Without faults, the twin needs no other fields than those of the rule's group.
        """
        rule = self.terms.rules[number]
        return candidates.Target(
            number=number,
            rule=rule,
            record=record,
            fields=self._fields,
            # While kinds are tried out, nothing is known to be breakable.
            rotation=index // (len(self.breakable) or 1),
            own=self._own(rule, index, twin),
            broken=frozenset(fault.rule for fault in made),
            taken=frozenset(_text(place) for fault in made for place in fault.places),
        )

    def fault_of(self, target: candidates.Target, single: Fault | None) -> Fault | None:
        """Return the fault that breaks a rule: at ``single`` place, or else at few."""
        fault = single or self._combined(target)
        return fault if isinstance(fault, Fault) else None

    def single(self, target: candidates.Target) -> Fault | None:
        """Return the fault of one place by the first kind that breaks the rule."""
        order = self.kinds[target.number].order(target.number, target.rotation, len(target.own))
        for candidate in candidates.candidates_in_order(target, order):
            fault = self._try(target, (candidate,))
            if isinstance(fault, Fault):
                return fault
        return None

    def _combined(self, target: candidates.Target) -> Fault | str:
        """Return the fault of few places for a record that no kind breaks, or why there is none."""
        reason = NOTHING_OF_THIS_KIND
        from_sources = self._from_sources(target)
        if from_sources is not None:
            return from_sources
        for is_odd in (False, True):
            nearly: list[tuple[Candidate, ...]] = []
            for changes in combinations(target, is_odd=is_odd):
                result = self._try(target, changes)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS:
                    nearly.append(changes)
                if result != STILL_HOLDS or reason == NOTHING_OF_THIS_KIND:
                    reason = result
            fault = self._mended(target, nearly[:MOST_NEARLY])
            if fault is not None:
                return fault
        return self._last_resort(target, reason)

    def _last_resort(self, target: candidates.Target, reason: str) -> Fault | str:
        """Return the fault of fields that are not there; else why there is none."""
        for addition in itertools.islice(candidates.additions(target), MOST_ADDITIONS):
            result = self._try(target, (addition,))
            if isinstance(result, Fault):
                return result
            if reason in {NOTHING_OF_THIS_KIND, STILL_HOLDS}:
                reason = result
        return reason

    def _mended(
        self, target: candidates.Target, nearly: list[tuple[Candidate, ...]]
    ) -> Fault | None:
        """Return the fault of changes that break the rule, and one more for another rule."""
        broken = {target.rule.name, *target.broken}
        others = [each for each in self.group(target.number).rules if each.name not in broken]
        for changes in nearly:  # It grows meanwhile.
            changed = target.record
            for change in changes:
                changed = with_value(changed, change.place, change.value)
            other = next((each for each in others if not each.holds(changed)), None)
            if other is None:
                continue
            for more in with_one_more(changes, replace(target, rule=other, record=changed)):
                result = self._try(target, more)
                if isinstance(result, Fault):
                    return result
                if result != STILL_HOLDS and len(nearly) < 2 * MOST_NEARLY:
                    nearly.append(more)
        return None

    def _own(self, rule: Rule, index: int, twin: Json = None) -> list[Candidate]:
        """Return the candidates that the scenario's own fields give for ``rule`` of a ``twin``."""
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
                drawn = drawn or record_at(self._own_program, index)
                found += [Candidate(OWN, place, value) for place, value in places_of(drawn, path)]
                continue
            # In an array, the first element that a record has.
            twin = twin or self.twins.record_at(index)
            place = next((place for place, _ in places_of(twin, path)), None)
            if place is not None:
                found += [Candidate(OWN, place, option.value) for option in options]
        return found

    @cached_property
    def _own_program(self) -> Program:
        """What makes the values of the scenario's own fields."""
        return compile_program(replace(self.plan, shape=self.plan.faulty or self.plan.shape))

    def _try(self, target: candidates.Target, changes: Sequence[Candidate]) -> Fault | str:
        """Return the fault that ``changes`` are together, or why they are none.

        Where they break another rule, the computed fields that are made of them follow.
        """
        result = self._try_alone(target, changes)
        if isinstance(result, Fault) or not result.endswith(AS_WELL):
            return result
        return self._try_followed(target, changes) or result

    def _try_followed(self, target: candidates.Target, changes: Sequence[Candidate]) -> Fault | str:
        """Return the fault that ``changes`` are with what follows them, or why they are none.

        ``""`` where nothing follows.
        """
        if self._followers is None:
            return ""
        changed = target.record
        for candidate in changes:
            changed = with_value(changed, candidate.place, candidate.value)
        places = [candidate.place for candidate in changes]
        found = self._followers.after(target.record, changed, places)
        more = [Candidate(changes[0].operator, place, value) for place, value in found.items()]
        return self._try_alone(target, [*changes, *more]) if more else ""

    def _from_sources(self, target: candidates.Target) -> Fault | None:
        """Return the fault of what the computed fields that a rule reads are made of."""
        paths = target.rule.paths
        if self._followers is None or paths is None:
            return None
        sources = [path for path in tied_paths(paths, self._followers.ties) if path not in paths]
        for change in itertools.islice(candidates.source_changes(target, sources), MOST_ADDITIONS):
            fault = self._try_followed(target, (change,))
            if isinstance(fault, Fault):
                return fault
        return None

    def _try_alone(self, target: candidates.Target, changes: Sequence[Candidate]) -> Fault | str:
        done = []
        changed: Json = target.record
        for candidate in changes:
            before = value_at(target.record, candidate.place)
            if type(before) is type(candidate.value) and same(before, candidate.value):
                return "the value stays the same"
            if any(overlap(_text(candidate.place), place) for place in target.taken):
                return "this place already has a fault"
            changed = with_value(changed, candidate.place, candidate.value)
            done.append(Change(place=candidate.place, before=before, after=candidate.value))
        if not isinstance(changed, dict):
            return NO_OBJECT
        message = target.rule.why(changed)
        if not message:
            return STILL_HOLDS
        clause = next((each for each in self._clauses if each.matches(changed)), None)
        if clause is not None:
            return f'exclusion "{clause.name}" would match'
        first, *also = done
        return self._effect_on_others(target, changed, done) or Fault(
            rule=target.rule.name,
            operator=changes[0].operator,
            place=first.place,
            before=first.before,
            after=first.after,
            message=message,
            also=tuple(also),
        )

    def _effect_on_others(
        self, target: candidates.Target, changed: Json, changes: Sequence[Change]
    ) -> str:
        """Return what changes do to other rules that they must not; ``""``: none."""
        others = {each.name: each for change in changes for each in self._readers_of(change.place)}
        for other in others.values():
            if other.name == target.rule.name:
                continue
            if other.name in target.broken:
                if other.holds(changed):
                    return f'rule "{other.name}" would hold again'
            elif other.why(changed):
                return f'rule "{other.name}"{AS_WELL}'
            elif _loses_field(other, target.record, changed):
                return f'rule "{other.name}" is on a field that would be missing'
        return ""

    def _readers_of(self, place: Place) -> tuple[Rule, ...]:
        """Return the rules that a change at ``place`` can break."""
        if place not in self._readers:
            path = bare_path(place)
            self._readers[place] = tuple(
                rule for rule in self.terms.rules if share_field(rule.paths, (path,))
            )
        return self._readers[place]

    def _try_kinds(self, number: int, sample: Sequence[Json]) -> FaultKinds:
        reasons: dict[str, str] = {}
        good: dict[str, set[int]] = {}
        targets = [self.target(number, twin, at) for at, twin in enumerate(sample)]
        for at, target in enumerate(targets):
            for candidate in (*target.own, *candidates.candidates(target)):
                kind = candidate.operator
                # Two twins show whether a kind is rare; the others only look for kinds not seen.
                if kind in good and (at > 1 or at in good[kind]):
                    continue
                result = self._try(target, (candidate,))
                if isinstance(result, Fault):
                    good.setdefault(kind, set()).add(at)
                else:
                    reasons[kind] = result
        last, reason = self._last_kinds(targets, good)
        # A plugin's own kinds come first: nobody knows better what breaks its rule.
        of_plugin = [kind for kind in dict.fromkeys([*good, *reasons]) if kind not in {*KINDS, OWN}]
        last = tuple(kind for kind in last if kind not in good)
        impossible = {
            kind: reasons.get(kind, NOTHING_OF_THIS_KIND)
            for kind in (*of_plugin, *KINDS)
            if kind not in good and kind not in last
        }
        if COMBINATION not in last:
            impossible[COMBINATION] = reason
        single = tuple(kind for kind in (*of_plugin, *KINDS, OWN) if kind in good)
        # Wrong types keep to their own share.
        shared = {WRONG_TYPE, OWN}
        rare = tuple(kind for kind in single if good[kind] != {0, 1} and kind not in shared)
        return FaultKinds(
            single=single,
            impossible=impossible,
            rare=rare,
            last=last,
            crude=crude_kinds(self.terms.rules[number], single),
        )

    def _last_kinds(
        self, targets: Sequence[candidates.Target], good: Mapping[str, set[int]]
    ) -> tuple[tuple[str, ...], str]:
        """Return the kinds that break twins which the ``good`` ones do not, or why none does."""
        found: dict[str, None] = {}
        reason = ONE_IS_ENOUGH
        broken = set().union(*good.values())
        for number, target in enumerate(targets):
            if number in broken or any(
                candidate.operator in good and isinstance(self._try(target, (candidate,)), Fault)
                for candidate in (*target.own, *candidates.candidates(target))
            ):
                continue
            result = self._combined(target)
            if isinstance(result, Fault):
                found[result.operator] = None
            elif reason == ONE_IS_ENOUGH:
                reason = result
        return tuple(found), reason

    def _not_broken(self, index: int, made: int) -> Diagnostic:
        return Diagnostic(
            code="MG404",
            message=(
                f"negative: record {index} can only break {made} rules, "
                f"but $faults asks for {self.faults}"
            ),
            location=self.terms.rules[0].location,
            hint=(
                "lower $faults, or write rules on different fields"
                if self.faults > 1
                else "give the fields of a rule values that break it"
            ),
        )

    def problems(self) -> list[Diagnostic]:
        """Return what is wrong with the rules, for which no fault is found or too few are.

        A rule that cannot be broken alone is a warning as long as others can.
        """
        rules = self.terms.rules
        if self.faults > len(rules):
            too_many = Diagnostic(
                code="MG403",
                message=f"no record can break {self.faults} rules: the model has only {len(rules)}",
                location=rules[0].location,
                hint="lower $faults, or add rules",
            )
            return [too_many]
        if all(rule.is_never_broken for rule in rules):
            return [
                Diagnostic(
                    code="MG403",
                    message="no record can break a rule: each rule has broken: never",
                    location=rules[0].location,
                    hint="remove broken: never from a rule, or remove the scenario",
                )
            ]
        severity = Severity.WARNING if len(self.breakable) >= self.faults else Severity.ERROR
        pairs = zip(rules, self.kinds, strict=True)
        return [
            self._unbreakable(rule, kinds, severity)
            for rule, kinds in pairs
            if not kinds.every and not rule.is_never_broken
        ]

    def _unbreakable(self, rule: Rule, kinds: FaultKinds, severity: Severity) -> Diagnostic:
        why, others = self._hindrance(rule, kinds)
        if severity is Severity.WARNING:
            hint = "no negative record breaks it; add broken: never if this is intended"
        elif others:
            hint = "combine both into one rule, or remove one"
        else:
            hint = f"state values in {self.plan.scenario} that break it, or add broken: never"
        return Diagnostic(
            code="MG410" if severity is Severity.WARNING else "MG403",
            severity=severity,
            message=f'no record can break rule "{rule.name}" alone: {why}',
            location=rule.location,
            hint=hint,
            related=others,
        )

    def _hindrance(self, rule: Rule, kinds: FaultKinds) -> tuple[str, tuple[Related, ...]]:
        """Return why no fault of a rule will do, and the rule or exclusion that is in the way."""
        reasons = kinds.impossible.values()
        for verb, word, stated in (
            ("breaks", "rule", self.terms.rules),
            ("matches", "exclusion", self._clauses),
        ):
            for each in stated:
                name = f'{word} "{each.name}"'
                if any(name in reason for reason in reasons):
                    place = Related(message=f"this {word}", location=each.location)
                    return f"each fault {verb} {name} as well", (place,)
        if rule.value_why is not None and checks_nothing(rule.schema):
            return "it is true for all values", ()
        return "none of the changes tried breaks it", ()


def with_fault(record: Json, fault: Fault) -> Json:
    """Return ``record`` with all that ``fault`` changes."""
    for change in fault.changes:
        record = with_value(record, change.place, change.after)
    return record


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
    return tuple(map(str, place))


def _followers_of(plan: RecordPlan, view: RecordView) -> Followers | None:
    """Return the computed fields of a plan; None where there are none."""
    fields = [each for each in fields_of(plan.shape) if isinstance(each.leaf.generator, Computed)]
    if not fields:
        return None
    # Most specs have no expressions, and do without all that this module imports.
    from mockgen_watch.scenarios.faults.following import Followers

    return Followers(plan, view, fields)
