"""Takes Snowfakery's flat rows; writes them as NDJSON, a claim's details inside of it."""

# ruff: noqa: ANN401 - Snowfakery has no types

from __future__ import annotations

from typing import Any

from orjson import dumps
from shape import DETAILS_FIELD
from snowfakery.output_streams import FileOutputStream

RECORD, DETAIL = "Claim", "Detail"


class NestedLines(FileOutputStream):
    """An output format: a record stays open until the next one, because its details follow it."""

    is_text = True

    def __init__(self, file: Any, **options: Any) -> None:
        """Take an open text file."""
        super().__init__(file, **options)
        self._record: dict[str, Any] | None = None

    def write_single_row(self, tablename: str, row: dict[str, Any]) -> None:
        """Keep a record, or put a detail into the one that is kept."""
        del row["id"]
        if tablename == DETAIL:
            assert self._record is not None
            self._record.setdefault(DETAILS_FIELD, []).append(row)
            return
        self._write_record()
        self._record = row

    def close(self, **options: Any) -> Any:
        """Write the last record."""
        self._write_record()
        return super().close(**options)

    def _write_record(self) -> None:
        if self._record is not None:
            self.write(dumps(self._record).decode() + "\n")
