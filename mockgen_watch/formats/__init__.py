"""Output formats: records to bytes, in two engines that give the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.formats.csv import CSV
from mockgen_watch.formats.styles import JSON, NDJSON, YAML

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.formats.format import Format

BUILTIN: Final[Mapping[str, Format]] = {"json": JSON, "ndjson": NDJSON, "yaml": YAML, "csv": CSV}
"""Every format that comes with the package, by name."""
