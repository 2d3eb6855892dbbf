"""The engine of the earlier system's models, written from its description, for tests.

It shares no code with the package: of each field, on its own, one of the values that are listed; a
suffix section says what differs from its model.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from tests.oldest_engine import as_record

if TYPE_CHECKING:
    from tests.oldest_engine import Plain, Record

Odds: TypeAlias = "list[tuple[Plain, Fraction]]"


def model_sections(data: dict[str, Plain]) -> dict[tuple[str, str], dict[str, Plain]]:
    """Return (model, scenario), both in small letters → what is listed for its records."""
    own: dict[str, dict[str, Plain]] = {}
    overlays: dict[tuple[str, str], dict[str, Plain]] = {}
    for key, value in data.items():
        match = re.fullmatch(r"(?is)(.+)_(positive|negative|exclusion|mixed)", key)
        if not isinstance(value, dict):
            continue
        if match:
            overlays[match[1].casefold(), match[2].casefold()] = value
        else:
            own[key.casefold()] = value
    found = {
        (model, scenario): _over(own.get(model, {}), overlay)
        for (model, scenario), overlay in overlays.items()
    }
    alone = own.keys() - {model for model, _ in overlays}
    return {**found, **{(model, "base"): own[model] for model in alone}}


def _over(model: dict[str, Plain], overlay: dict[str, Plain]) -> dict[str, Plain]:
    merged = dict(model)
    for key, value in overlay.items():
        below = merged.get(key)
        is_both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = _over(below, value) if is_both else value  # type: ignore[arg-type]
    return merged


def model_records(section: dict[str, Plain]) -> dict[Record, Fraction]:
    """Return every record of a model's section with its probability."""
    odds: dict[Record, Fraction] = {}
    for value, share in _outcomes(section):
        record = as_record(value)
        odds[record] = odds.get(record, Fraction(0)) + share
    return odds


def count_model_records(value: Plain) -> int:
    """Return how many there are at most; a list of mappings has an element of each."""
    if isinstance(value, dict):
        return math.prod(map(count_model_records, value.values()))
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return math.prod(map(count_model_records, value))
    return len(value) if isinstance(value, list) else 1


def _outcomes(value: Plain) -> Odds:
    if isinstance(value, dict):
        keys, parts = list(value), [_outcomes(item) for item in value.values()]
        return [
            (dict(zip(keys, (item for item, _ in chosen), strict=True)), _share(chosen))
            for chosen in product(*parts)
        ]
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        parts = [_outcomes(item) for item in value]
        return [([item for item, _ in chosen], _share(chosen)) for chosen in product(*parts)]
    if isinstance(value, list):
        return [(item, Fraction(1, len(value))) for item in value]
    return [(value, Fraction(1))]


def _share(chosen: tuple[tuple[Plain, Fraction], ...]) -> Fraction:
    return math.prod((share for _, share in chosen), start=Fraction(1))
