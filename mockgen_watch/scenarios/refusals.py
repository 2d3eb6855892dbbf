"""Takes a promise that cannot be kept; gives the diagnostic, with the places of both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.scenarios.facts import leaves_below, options_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.scenarios.needs import Need
    from mockgen_watch.scenarios.settle import Conflict


def cut_down(problem: Diagnostic, plan: RecordPlan, needs: Iterable[Need]) -> Diagnostic:
    """Return ``problem`` of a ``$unique`` field with the rules that leave it so few values."""
    reading = [
        need
        for need in needs
        for path in need.paths or ()
        if any(
            leaf.origin.location == problem.location
            for _, leaf, _ in leaves_below(plan.shape, path)
        )
    ]
    related = tuple(
        Related(message=f"{need.told} cuts them down", location=need.location) for need in reading
    )
    return replace(problem, related=(*problem.related, *related))


def too_few_fit(plan: RecordPlan, need: Need) -> Iterator[Diagnostic]:
    """Yield an error for a ``$unique`` field that has fewer fit values than there are records."""
    found = leaves_below(plan.shape, need.paths[0]) if need.paths and need.fits else []
    if len(found) != 1 or not found[0][1].modifiers.unique or need.condition is not None:
        return
    path, leaf, is_sure = found[0]
    options = options_of(leaf)
    if options is None or not is_sure or need.fits is None:
        return
    fit = sum(map(need.fits, (option.value for option in options)))
    if fit < plan.count:
        yield Diagnostic(
            code="MG214",
            message=(
                f'"{".".join(path)}" is unique, and {need.told} leaves {fit} '
                f"value{'s'[: fit != 1]} for {plan.count} records"
            ),
            location=leaf.origin.location,
            hint=f"add values, ask for {fit} records at most, or drop $unique",
            related=(Related(message=f"{need.told} is stated here", location=need.location),),
        )


def told(conflict: Conflict, plan: RecordPlan) -> Diagnostic:
    """Return the error of a need that no record can meet."""
    need = conflict.need
    must_match = need.condition is not None
    if must_match:
        message = f"no record of {plan.scenario} can match {need.told}"
        hint = f"let {plan.scenario} state values that match, or drop the clause"
    elif need.told.startswith("exclusion"):
        message = f"every record of {plan.scenario} would match {need.told}"
        hint = "give the field a value that is in scope"
    else:
        message = f"no record of {plan.scenario} can meet {need.told}"
        hint = "give the field a value that the rule allows"
    return Diagnostic(
        code="MG403",
        message=message,
        location=need.location,
        hint=hint,
        related=tuple(
            Related(message="this is all that the field can be", location=place)
            for place in dict.fromkeys(leaf.origin.location for leaf in conflict.leaves)
        ),
    )


def not_fixed(plan: RecordPlan, parent: RecordPlan, path: tuple[str, ...]) -> Diagnostic:
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
