"""Takes designs; gives the file that keeps their cases, and the rows that such a file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.digest import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.scenarios.coverage.parameters import Parameter
    from mockgen_watch.scenarios.coverage.problem import Partial, Row
    from mockgen_watch.spec.coverage import CoverageSpec
    from mockgen_watch.spec.document import Json


_GONE: Final = -1


def cases_data(rows: Iterable[Row], parameters: Sequence[Parameter]) -> list[Json]:
    """Return rows as a file of cases holds them: the name of each parameter's value."""
    return [
        {
            parameter.label: parameter.values[number].name
            for parameter, number in zip(parameters, row, strict=True)
            if not parameter.values[number].is_hidden
        }
        for row in rows
    ]


def kept_rows(
    coverage: CoverageSpec, name: str, parameters: Sequence[Parameter]
) -> tuple[tuple[Partial, ...], list[Diagnostic]]:
    """Return the rows that the file of cases has under ``name``, and what is wrong with it.

    A case with a value that is no more cannot be, and is left out. A parameter that the file does
    not know is free.
    """
    if coverage.cases is None:
        return (), []
    cases = coverage.cases
    rows = cases.get(name, []) if isinstance(cases, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return (), [_unreadable(coverage)]
    numbers = [
        {canonical(value.name): number for number, value in enumerate(parameter.values)}
        for parameter in parameters
    ]
    kept: dict[Partial, None] = {}
    for row in rows:
        given = row if isinstance(row, dict) else {}
        found = [
            known.get(canonical(given[parameter.label]), _GONE)
            if parameter.label in given
            else None
            for known, parameter in zip(numbers, parameters, strict=True)
        ]
        # A case of which nothing is left says nothing.
        if _GONE not in found and any(number is not None for number in found):
            kept[tuple(found)] = None
    return tuple(kept), []


def _unreadable(coverage: CoverageSpec) -> Diagnostic:
    return Diagnostic(
        code="MG217",
        message=f"$coverage: {coverage.keep} holds no cases: a mapping of scenarios to lists",
        location=coverage.location,
        hint="let mockgen-watch coverage --keep write it",
    )
