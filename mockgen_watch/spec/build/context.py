"""Takes nothing; gives what a spec is built with: defaults, vocabularies, formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.spec.model import OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.spec.build.outputs import KnownFormat
    from mockgen_watch.spec.generators import Pool


class BuildContext(Struct, frozen=True, kw_only=True):
    """What a spec file is built with beside its own text.

    Attributes:
        seed, count, output: the project's defaults.
        vocabularies: the pools that were loaded, by name.
        known_vocabularies: the names of all that there are; one that is known but not loaded
            was reported when it was read.
        formats: the formats by name; without any, names and options are not checked.
    """

    seed: int = 0
    count: int = 1
    output: OutputOptions = field(default_factory=OutputOptions)
    vocabularies: Mapping[str, Pool] = field(default_factory=dict)
    known_vocabularies: frozenset[str] = frozenset()
    formats: Mapping[str, KnownFormat] = field(default_factory=dict)
