"""Takes nothing; gives the types of suggestions and of the pools that they are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from typing import TypeAlias

    from mockgen_watch.spec.document import Json

Values: TypeAlias = "tuple[Json, ...]"
Pools: TypeAlias = Mapping[str, Values]
"""Dotted name of a field → the values that its section lists."""


class Suggestion(Struct, frozen=True, kw_only=True):
    """What a person may want to do.

    Attributes:
        kind: ``equal``, ``rule``, ``rows``, ``mapping`` or ``vocab``.
        text: one sentence.
        lines: YAML that says it.
    """

    kind: str
    text: str
    lines: tuple[str, ...] = ()


class ModelPools(Struct, frozen=True, kw_only=True):
    """The pools of one model: section → its pools."""

    model: str
    sections: Mapping[str, Pools]
