"""Takes the site of a parameter; gives its value as a Python scalar, or reports why not."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.names import PathError, parse_field
from mockgen_watch.spec.build.reader import kind_of
from mockgen_watch.spec.document import Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Final

    from mockgen_watch.spec.build.reader import Report, Site


def report_type(site: Site, report: Report, wanted: str) -> None:
    """Report that ``site`` is not ``wanted``."""
    hint = ""
    if site.text is not None and "number" in wanted and _looks_numeric(site.text):
        hint = "write the number without quotes"
    report.error("MG202", site, f"{site.key} takes {wanted}, not {kind_of(site.node)}", hint)


def read_text(site: Site, report: Report, wanted: str = "text") -> str | None:
    """Return the text of ``site``; None when it was reported."""
    if site.text is None:
        report_type(site, report, wanted)
    return site.text


def read_decimal(site: Site, report: Report, wanted: str = "a number") -> Decimal | None:
    """Return the exact number at ``site``; None when it was reported."""
    value = number_at(site)
    if value is None:
        report_type(site, report, wanted)
    return value


def read_whole(site: Site, report: Report, least: int | None = None) -> int | None:
    """Return the whole number at ``site``, at least ``least``; None when it was reported."""
    wanted = "a whole number" if least is None else f"a whole number of at least {least}"
    value = number_at(site)
    if value is None or value != value.to_integral_value():
        report_type(site, report, wanted)
        return None
    if least is not None and value < least:
        report.error("MG208", site, f"{site.key} takes {wanted}, not {value}")
        return None
    return int(value)


def read_flag(site: Site, report: Report) -> bool | None:
    """Return the boolean at ``site``; None when it was reported."""
    if isinstance(site.node, Scalar) and isinstance(site.node.value, bool):
        return site.node.value
    report_type(site, report, "true or false")
    return None


def read_probability(site: Site, report: Report) -> Decimal | None:
    """Return the probability at ``site``, 0 to 1; None when it was reported."""
    value = read_decimal(site, report, "a number from 0 to 1")
    if value is not None and not 0 <= value <= 1:
        hint = f"{value} % is {value / 100}" if 1 < value <= 100 else ""  # noqa: PLR2004  # percent
        report.error("MG223", site, f"{site.key} is a probability, 0 to 1, not {value}", hint)
        return None
    return value


def read_word(site: Site, report: Report, known: Collection[str], code: str) -> str | None:
    """Return the one of ``known`` that ``site`` names; None when it was reported."""
    word = read_text(site, report, f"one of {', '.join(known)}")
    if word is None or word in known:
        return word
    hint = did_you_mean(word, known) or f"one of {', '.join(known)}"
    report.error(code, site, f'{site.key} "{word}" is not known', hint)
    return None


def read_field(site: Site, report: Report) -> tuple[str, ...] | None:
    """Return the keys of the path at ``site``, at least one; None when it was reported."""
    text = read_text(site, report, "a path: dotted, or a JSON Pointer")
    if text is None:
        return None
    try:
        return parse_field(text)
    except PathError as error:
        report.error("MG218", site, f"{site.key}: {error}")
        return None


def read_params(site: Site, report: Report, known: Collection[str]) -> Mapping[str, Site]:
    """Return the parameters of a directive's mapping by name; those unknown were reported."""
    params: dict[str, Site] = {}
    for member in site.members():
        if member.key in known:
            params[member.key] = member
        else:
            hint = did_you_mean(member.key, known) or f"it takes {', '.join(known)}"
            message = f'{site.key} has no parameter "{member.key}"'
            report.error("MG227", member.key_location, message, hint)
    return params


def number_at(site: Site) -> Decimal | None:
    """Return the number at ``site``, exactly; None where there is none."""
    if not isinstance(site.node, Scalar):
        return None
    value = site.node.value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def is_empty(site: Site) -> bool:
    """Return whether ``site`` is null or an empty mapping: a directive without parameters."""
    if isinstance(site.node, Scalar):
        return site.node.value is None
    return site.is_mapping and not site.members()


def _looks_numeric(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdecimal()


MAX_DIGITS: Final = 18
"""Before the decimal point, in bounds and parameters; more are no measurement."""

MAX_DECIMALS: Final = 15
# Bounds have at most MAX_DIGITS and MAX_DECIMALS, so that nothing is ever rounded.
_EXACT: Final = Context(prec=2 * (MAX_DIGITS + MAX_DECIMALS))


def decimal_places(value: Decimal) -> int:
    """Return how many decimals ``value`` shows, trailing zeros left out."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return 0
    trailing = next((n for n, digit in enumerate(reversed(digits)) if digit), 0)
    return max(0, -exponent - trailing)


def read_bound(site: Site, report: Report, *, integer: bool) -> Decimal | None:
    """Return the number at ``site``; None when it was reported."""
    if integer:
        whole = read_whole(site, report)
        value = None if whole is None else Decimal(whole)
    else:
        value = read_decimal(site, report)
    return _not_too_large(value, site, report)


def _not_too_large(value: Decimal | None, site: Site, report: Report) -> Decimal | None:
    if value is None or value.adjusted() < MAX_DIGITS:
        return value
    report.error("MG208", site, f"{site.key} has more than {MAX_DIGITS} digits before the point")
    return None


def whole_steps(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return how often ``step`` fits between ``low`` and ``high``."""
    return _EXACT.divide_int(_EXACT.subtract(high, low), step)


def last_step(low: Decimal, high: Decimal, step: Decimal) -> Decimal:
    """Return the greatest ``low + n * step`` that is not above ``high``."""
    return _EXACT.add(low, _EXACT.multiply(whole_steps(low, high, step), step))
