"""Takes the modifiers that stand beside a leaf, object or array; gives Modifiers."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.scalars import (
    read_field,
    read_flag,
    read_probability,
    read_text,
    read_word,
    report_type,
)
from mockgen_watch.spec.model import Modifiers, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site

MODIFIER_DIRECTIVES: Final = ("$null", "$omit", "$unique", "$transform", "$id", "$to", "$delete")
LEAF_ONLY: Final = MappingProxyType({"$unique": "a leaf", "$transform": "a leaf of text"})

NO_MODIFIERS: Final = Modifiers(null=Decimal(0), omit=Decimal(0))
"""What holds where a spec says nothing."""


def build_modifiers(sites: Mapping[str, Site], report: Report, *, leaf: bool) -> Modifiers:
    """Return the modifiers among ``sites``, by directive; what is wrong is reported and left out.

    ``$id`` is checked here, but it acts on addresses, where the object is built.
    """
    if not sites:
        return NO_MODIFIERS
    if not leaf:
        for name, what in LEAF_ONLY.items():
            if name in sites:
                report.error("MG204", sites[name].key_location, f"{name} is for {what}")
    if "$id" in sites:
        read_id(sites["$id"], report)
    return Modifiers(
        null=_odds(sites, "$null", report),
        omit=_odds(sites, "$omit", report),
        unique=leaf and _flag(sites, "$unique", report),
        transforms=_transforms(sites.get("$transform"), report) if leaf else (),
        to=_target(sites.get("$to"), report),
        delete=_flag(sites, "$delete", report),
    )


def read_id(site: Site, report: Report) -> str | None:
    """Return the text of ``$id``; None when it was reported."""
    text = read_text(site, report)
    if text == "":
        report.error("MG202", site, "$id is empty")
        return None
    return text


def _odds(sites: Mapping[str, Site], name: str, report: Report) -> Decimal:
    value = read_probability(sites[name], report) if name in sites else None
    return Decimal(0) if value is None else value


def _flag(sites: Mapping[str, Site], name: str, report: Report) -> bool:
    return bool(read_flag(sites[name], report)) if name in sites else False


def _transforms(site: Site | None, report: Report) -> tuple[Transform, ...]:
    if site is None:
        return ()
    if site.text is None and not site.is_list:
        report_type(site, report, f"one or a list of {', '.join(Transform)}")
        return ()
    names = site.items() if site.is_list else (site,)
    words = [_transform(name, report) for name in names]
    return tuple(Transform(word) for word in words if word is not None)


def _transform(site: Site, report: Report) -> str | None:
    return read_word(site, report, tuple(Transform), "MG203")


def _target(site: Site | None, report: Report) -> tuple[str, ...]:
    if site is None:
        return ()
    return read_field(site, report) or ()
