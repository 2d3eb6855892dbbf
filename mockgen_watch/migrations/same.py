"""Takes two specs; gives what differs between their records, wherever their text stands."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import astuple, replace

from mockgen_watch.diagnostics import Location
from mockgen_watch.plan.overlay import apply_overlay
from mockgen_watch.spec.generators import Pool
from mockgen_watch.spec.model import Origin

if TYPE_CHECKING:
    from typing import TypeAlias

    from mockgen_watch.spec.model import Model, Scenario, UserInput

Bare: TypeAlias = "object"
"""Plain data that is equal for specs of equal records."""


def differences(old: UserInput, new: UserInput) -> tuple[str, ...]:
    """Return what the outputs of ``new`` have otherwise than those of ``old``."""
    before, after = _outputs(old), _outputs(new)
    found = [f"{name} is missing" for name in before if name not in after]
    found += [f"{name} is new" for name in after if name not in before]
    found += [
        f"{name} has other records"
        for name in before
        if name in after and before[name] != after[name]
    ]
    return tuple(found)


def _outputs(spec: UserInput) -> dict[str, Bare]:
    return {
        f"{model.name}/{scenario.name}": _output(spec, model, scenario)
        for model in spec.models
        for scenario in model.scenarios
    }


def _output(spec: UserInput, model: Model, scenario: Scenario) -> Bare:
    shape = apply_overlay(model.shape, scenario.overlay, scenario.name)
    rest = replace(scenario, overlay=None)
    return (
        (spec.seed, spec.master, spec.master_path, model.id),
        bare(shape),
        bare(rest),
        bare(model.rules),
        bare(model.exclusions),
    )


def bare(value: object) -> Bare:
    """Return ``value`` without the places where it stands; pools in an order of their own."""
    if isinstance(value, Location | Origin):
        return None
    if isinstance(value, Pool):
        entries = sorted((entry.identity, entry.weight) for entry in value.entries)
        return ("pool", tuple(entries), value.source)
    if isinstance(value, Enum):
        return value
    if isinstance(value, Struct):
        return (type(value).__name__, *(bare(item) for item in astuple(value)))
    if isinstance(value, tuple | list):
        return tuple(map(bare, value))
    if isinstance(value, dict):
        return tuple((key, bare(item)) for key, item in value.items())
    # True is not 1 here.
    return (type(value).__name__, value)
