"""Linear forms: expressions that are sums of fields, each times a constant, and a constant.

Dates and durations count as seconds, as in ``expressions.ends``.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.ends import UNKNOWN, Ends, Facts, ends_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.expressions.syntax import Node

    Path = tuple[str, ...]


class Linear(Struct, frozen=True):
    """``sum of coefficient * field + constant``.

    Attributes:
        terms: field → coefficient, none of them 0.
        low, high: the ends of the constant: equal, but for calendar months.
    """

    terms: Mapping[Path, Fraction]
    low: Fraction
    high: Fraction

    def plus(self, other: Linear, factor: Fraction = Fraction(1)) -> Linear:
        """Return this and ``factor`` times the other."""
        terms = dict(self.terms)
        for path, coefficient in other.terms.items():
            terms[path] = terms.get(path, Fraction(0)) + factor * coefficient
        ends = sorted((factor * other.low, factor * other.high))
        kept = {path: coefficient for path, coefficient in terms.items() if coefficient}
        return Linear(kept, self.low + ends[0], self.high + ends[1])

    def times(self, factor: Fraction) -> Linear:
        """Return ``factor`` times this."""
        return Linear({}, Fraction(0), Fraction(0)).plus(self, factor)

    @property
    def is_constant(self) -> bool:
        return not self.terms and self.low == self.high


def linear_form(node: Node, facts: Facts) -> Linear | None:
    """Return the linear form of ``node``; None where it has none.

    ``facts`` are asked for the ends of constants alone.
    """
    path = syntax.path_of(node, {})
    if path is not None:
        if len(path) < 2 or syntax.ELEMENT in path:  # noqa: PLR2004  # a root and a field
            return None
        return Linear({path: Fraction(1)}, Fraction(0), Fraction(0))
    if isinstance(node, syntax.Literal | syntax.Call) and not syntax.fields_of(node):
        low, high = ends_of(node, facts)
        return None if low is None or high is None else Linear({}, low, high)
    if not isinstance(node, syntax.Call):
        return None
    parts = [linear_form(arg, facts) for arg in node.args]
    forms = [part for part in parts if part is not None]
    if len(forms) < len(parts):
        return None
    return _combined(node.function, forms)


def _combined(function: str, forms: list[Linear]) -> Linear | None:
    first, last = forms[0], forms[-1]
    if function == "+":
        return first.plus(last)
    if function == "-":
        return first.plus(last, Fraction(-1))
    if function == "neg":
        return first.times(Fraction(-1))
    if function == "*" and first.is_constant:
        return last.times(first.low)
    if function == "*" and last.is_constant:
        return first.times(last.low)
    if function in {"decimal", "double", "timestamp", "datetime"}:
        return first
    return None


def difference_ends(left: tuple[Node, Facts], right: tuple[Node, Facts]) -> Ends:
    """Return the ends of ``left - right``; what both have in common cancels out.

    The two may be expressions of different leaves of one record, with the same root names.
    """
    first, second = linear_form(*left), linear_form(*right)
    if first is None or second is None:
        (low, high), (least, most) = ends_of(*left), ends_of(*right)
        return (
            None if low is None or most is None else low - most,
            None if high is None or least is None else high - least,
        )
    return form_ends(first.plus(second, Fraction(-1)), left[1], right[1])


def form_ends(form: Linear, *facts: Facts) -> Ends:
    """Return the ends of a linear form; the first of ``facts`` that knows a field is asked."""
    low: Fraction | None = form.low
    high: Fraction | None = form.high
    for path, coefficient in form.terms.items():
        ends = next((each for each in (one.ends_at(path) for one in facts) if each != UNKNOWN),
                    UNKNOWN)  # fmt: skip
        least, most = ends if coefficient > 0 else (ends[1], ends[0])
        low = None if low is None or least is None else low + coefficient * least
        high = None if high is None or most is None else high + coefficient * most
    return low, high
