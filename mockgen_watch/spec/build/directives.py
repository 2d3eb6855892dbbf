"""Takes the directives found at a place; gives a report on those that have no meaning there."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.leaves import GENERATOR_DIRECTIVES
from mockgen_watch.spec.build.modifiers import MODIFIER_DIRECTIVES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

VALUE_DIRECTIVES: Final = (
    *GENERATOR_DIRECTIVES,
    "$array",
    "$items",
    "$rows",
    *MODIFIER_DIRECTIVES,
    "$comment",
)
"""What may stand in a value of a record."""

INPUT_DIRECTIVES: Final = (
    "$schema",
    "$version",
    "$seed",
    "$master",
    "$count",
    "$output",
    "$comment",
)
"""What may stand at the top of a user_input file."""

MODEL_DIRECTIVES: Final = (
    "$id",
    "$count",
    "$rows",
    "$rules",
    "$conforms",
    "$exclude",
    "$scenarios",
    "$coverage",
    "$faults",
    "$records",
    "$output",
    "$comment",
)
"""What may stand in a model beside its fields."""

SCENARIO_DIRECTIVES: Final = (
    "$count",
    "$mix",
    "$faults",
    "$coverage",
    "$records",
    "$output",
    "$rows",
    "$comment",
)
"""What may stand in a scenario beside the fields that it overlays."""

MASTER_DIRECTIVES: Final = (
    "$schema",
    "$version",
    "$extends",
    "$slot",
    "$merge",
    "$on_conflict",
    "$rows",
    "$comment",
)
"""What may stand at the top of a master file."""

PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "a value": VALUE_DIRECTIVES,
        "a scenario": SCENARIO_DIRECTIVES,
        "a model": MODEL_DIRECTIVES,
        "the top of a user_input": INPUT_DIRECTIVES,
        "the top of a master": MASTER_DIRECTIVES,
    }
)


def report_unknown(site: Site, legal: Collection[str], report: Report) -> None:
    """Report the directive whose key is ``site``'s, which is none of ``legal``."""
    homes = [place for place, names in PLACES.items() if site.key in names]
    if homes:
        message = f"{site.key} has no meaning here"
        hint = f"it belongs in {' or '.join(homes)}"
        report.error("MG204", site.key_location, message, hint)
        return
    hint = did_you_mean(site.key, legal) or f'a key of the data is written "${site.key}"'
    report.error("MG201", site.key_location, f"there is no directive {site.key}", hint)
