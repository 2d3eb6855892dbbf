"""Takes nothing; gives the table of the formats that come with the package."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mockgen_watch.formats.csv import CSV
from mockgen_watch.formats.json import JSON, NDJSON
from mockgen_watch.formats.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.formats.base import Format

BUILTIN: Final[Mapping[str, Format]] = MappingProxyType(
    {form.name: form for form in (JSON, NDJSON, YAML, CSV)}
)
"""The formats by name."""
