"""Takes the keys of one mapping; gives a report on those that cannot stand beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.build.directives import VALUE_DIRECTIVES
from mockgen_watch.spec.build.leaves import GENERATOR_DIRECTIVES
from mockgen_watch.spec.build.names import is_directive

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

CHOOSERS: Final = frozenset((*GENERATOR_DIRECTIVES, "$array"))
"""The directives of which a value has one at most."""


def check_company(directives: Mapping[str, Site], data: Sequence[Site], report: Report) -> None:
    """Report what cannot stand beside the directive that chooses the value."""
    chosen = [key for key in directives if key in CHOOSERS]
    if "$items" in directives and "$array" not in directives and not has_unknown(directives):
        hint = "such as $array: {min: 1, max: 3}"
        report.error("MG205", directives["$items"].key_location, "$items needs $array", hint)
    if not chosen:
        return
    for other in chosen[1:]:
        message = f"{other} cannot stand beside {chosen[0]}; a value is chosen in one way"
        report.error("MG204", directives[other].key_location, message)
    if "$items" in directives and chosen[0] != "$array":
        message = f"$items cannot stand beside {chosen[0]}"
        report.error("MG204", directives["$items"].key_location, message)
    beside = [*data, *(directives[key] for key in ("$rows",) if key in directives)]
    for member in beside[:1]:
        message = f'"{member.key}" cannot stand beside {chosen[0]}'
        hint = f"an object with a field of that kind puts {chosen[0]} under the field's name"
        report.error("MG204", member.key_location, message, hint)


def has_unknown(keys: Iterable[str]) -> bool:
    """Tell whether one of ``keys`` may be the misspelt directive that seems to be missing."""
    return any(is_directive(key) and key not in VALUE_DIRECTIVES for key in keys)


def report_no_choice(site: Site, modifier: str, report: Report) -> None:
    """Report that ``modifier`` stands in a mapping in which nothing chooses a value."""
    hint = f"one of {', '.join(GENERATOR_DIRECTIVES[:6])} … stands beside it"
    report.error("MG205", site, f"{modifier} stands here alone; no value is chosen", hint)
