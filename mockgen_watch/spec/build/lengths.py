"""Takes the site of ``$array``; gives the least and the greatest length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import number_at, read_params, read_whole, report_type

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

MAX_ELEMENTS: Final = 10_000


def read_lengths(site: Site, report: Report) -> tuple[int, int]:
    """Return the least and the greatest length: of a number, a pair, or min and max."""
    places: Mapping[str, Site] = {}
    if number_at(site) is not None:
        places = {"min": site, "max": site}
    elif site.is_list and len(site.items()) == 2:  # noqa: PLR2004  # a pair
        places = dict(zip(("min", "max"), site.items(), strict=True))
    elif site.is_mapping:
        before = report.errors
        places = read_params(site, report, ("min", "max"))
        if "max" not in places and report.errors == before:
            report.error("MG205", site, "$array needs max")
    else:
        report_type(site, report, "a length, [min, max], or a mapping with min and max")
    ends = {name: read_whole(place, report, 0) for name, place in places.items()}
    least, most = ends.get("min") or 0, ends.get("max")
    if most is None:
        return (0, 0)
    if least > most:
        report.error("MG208", places["min"], f"min {least} is more than max {most}")
    elif most > MAX_ELEMENTS:
        report.error("MG208", places["max"], f"an array has {MAX_ELEMENTS} elements at most")
    return (least, most)
