"""Takes nothing; gives the table of the formats that come with the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.formats.base import Format

_PLACES: Final = {
    "json": ("mockgen_watch.formats.json", "JSON"),
    "ndjson": ("mockgen_watch.formats.json", "NDJSON"),
    "yaml": ("mockgen_watch.formats.yaml", "YAML"),
    "csv": ("mockgen_watch.formats.csv", "CSV"),
}
"""Name → module and value."""


class _Table(Mapping[str, "Format"]):
    """The formats by name; a module is imported when its format is first asked for.

    Most projects write one format, and the others took a tenth of a small run to import.
    """

    def __init__(self) -> None:
        self._known: dict[str, Format] = {}

    def __getitem__(self, name: str) -> Format:
        """Return the format ``name``."""
        if name not in self._known:
            module, value = _PLACES[name]
            self._known[name] = cast("Format", getattr(import_module(module), value))
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a format ``name``."""
        return name in _PLACES

    def __iter__(self) -> Iterator[str]:
        """Yield every name."""
        return iter(_PLACES)

    def __len__(self) -> int:
        """Return the number of formats."""
        return len(_PLACES)


BUILTIN: Final[Mapping[str, Format]] = _Table()
"""The formats by name."""
