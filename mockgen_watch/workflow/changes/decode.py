"""Takes the bytes of an output and its format; gives its records as plain data."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json


class CannotDecodeError(ValueError):
    """The bytes are not what the format writes; somebody edited them."""


def decode_records(form: str, data: bytes, *, delimiter: str = ",") -> list[Json]:
    """Return the records in ``data``: the elements of its array, its lines or rows, or itself.

    The cells of CSV are text, by the names of their columns; an empty cell without quotes is
    read as ``""``.

    Raises:
        CannotDecodeError: they are not in this format.
    """
    try:
        if form == "ndjson":
            return [_load(line) for line in data.decode().split("\n") if line]
        if form == "csv":
            text = io.StringIO(data.decode(), newline="")
            return [dict(row) for row in csv.DictReader(text, delimiter=delimiter, strict=True)]
        whole = _load(data.decode()) if form == "json" else _load_yaml(data)
    except (ValueError, csv.Error) as error:
        raise CannotDecodeError(str(error)) from error
    return whole if isinstance(whole, list) else [whole]


def _load(text: str) -> Json:
    value: Json = json.loads(text, parse_float=Decimal)
    return value


def _load_yaml(data: bytes) -> Json:
    # An output may be larger than any spec is allowed to be.
    document = parse("output.yaml", data, max_bytes=len(data))
    if document.root is None:
        raise ValueError(str(document.diagnostics[0]) if document.diagnostics else "it is empty")
    return plain_data(document.root)
