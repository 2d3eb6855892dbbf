"""Takes what a parser finds, one at a time; gives diagnostics in source order, never too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import CODES, Diagnostic, Related, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, NoReturn

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.source import Source

MAX_ERRORS: Final = 100
"""Reading stops at this many errors."""

MAX_WARNINGS: Final = 100
"""This many warnings of one code are reported; one more diagnostic counts the rest."""

_SHOWN: Final = 60


class ReadingStoppedError(Exception):
    """What follows in the text cannot be read; why has been reported."""


class Findings:
    """Collects the diagnostics of one file."""

    def __init__(self, source: Source) -> None:
        """Collect what is found in ``source``."""
        self._source = source
        self._items: list[tuple[int, Diagnostic]] = []
        self._errors = 0
        self._warnings: dict[str, int] = {}
        self._unshown: dict[str, tuple[int, Location]] = {}

    def error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        hint: str = "",
        pointer: str = "",
        related: Sequence[Related] = (),
    ) -> None:
        """Report an error at ``start`` to before ``end``.

        Raises:
            ReadingStoppedError: this was one error more than a reader of reports can use.
        """
        location = self._source.location(start, end, pointer)
        found = Diagnostic(
            code=code, message=message, location=location, hint=hint, related=tuple(related)
        )
        self._items.append((start, found))
        self._errors += 1
        if self._errors >= MAX_ERRORS:
            note = f"the rest of the file was not read after {MAX_ERRORS} errors"
            self._items.append(
                (
                    start,
                    Diagnostic(code=code, message=note, location=location, severity=Severity.NOTE),
                )
            )
            raise ReadingStoppedError

    def stop(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        *,
        hint: str = "",
        pointer: str = "",
        related: Sequence[Related] = (),
    ) -> NoReturn:
        """Report an error behind which the text cannot be read.

        Raises:
            ReadingStoppedError: always.
        """
        self.error(code, message, start, end, hint=hint, pointer=pointer, related=related)
        raise ReadingStoppedError

    def warning(
        self, code: str, message: str, start: int, end: int, *, hint: str = "", pointer: str = ""
    ) -> None:
        """Report a warning; the hundred-and-first of a code and more are only counted."""
        seen = self._warnings[code] = self._warnings.get(code, 0) + 1
        if seen <= MAX_WARNINGS:
            location = self._source.location(start, end, pointer)
            found = Diagnostic(
                code=code, message=message, location=location, severity=Severity.WARNING, hint=hint
            )
            self._items.append((start, found))
        elif code not in self._unshown:
            self._unshown[code] = start, self._source.location(start, end, pointer)

    def place(self, message: str, start: int, end: int) -> Related:
        """Return a second place for a diagnostic."""
        return Related(message=message, location=self._source.location(start, end))

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what was found, in source order."""
        items = list(self._items)
        for code, (start, location) in self._unshown.items():
            more = self._warnings[code] - MAX_WARNINGS
            message = f"{more} more like this: {CODES[code][0].lower()}{CODES[code][1:]}"
            items.append(
                (
                    start,
                    Diagnostic(
                        code=code, message=message, location=location, severity=Severity.WARNING
                    ),
                )
            )
        items.sort(key=lambda item: item[0])
        return tuple(found for _, found in items)


def quoted(text: str) -> str:
    """Return ``text`` in double quotes for a message, its middle left out when it is long."""
    if len(text) > _SHOWN:
        text = f"{text[: _SHOWN - 20]} … {text[-15:]}"
    return f'"{text}"'
