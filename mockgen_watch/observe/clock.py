"""Takes the machine's clock; gives the time as names of files and log lines have it."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_stamp() -> str:
    """Return the time in UTC to the microsecond, as ``20261123T041500.123456Z``."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
