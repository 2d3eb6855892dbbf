"""CEL: rules by expressions, and comparisons that are decided without evaluating one."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.rules import values as json_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from mockgen_watch.expressions.syntax import Node
    from mockgen_watch.rules.schema import Check
    from mockgen_watch.spec.document import Json


# Both sides are numbers or both are text when these are called.
ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


class Comparison(Struct, frozen=True, kw_only=True):
    """``left order right``, where ``right`` is a field's path or a number.

    Paths are the model's, without ``record``.
    """

    left: json_values.Path
    order: str
    right: json_values.Path | int | Decimal


def read_comparison(node: Node) -> Comparison | None:
    """Return the comparison that ``node`` is, and nothing else; None for any other expression."""
    if not isinstance(node, syntax.Call) or node.function not in ORDERS:
        return None
    left, right = (_side(arg) for arg in node.args)
    if not isinstance(left, tuple) or right is None:
        return None
    return Comparison(left=left, order=node.function, right=right)


def _side(node: Node) -> json_values.Path | int | Decimal | None:
    if isinstance(node, syntax.Literal):
        value = node.value
        return value if json_values.is_number(value) else None
    path = syntax.path_of(node, {})
    is_field = path is not None and path[:1] == ("record",) and syntax.ELEMENT not in path
    return path[1:] or None if is_field and path is not None else None


def fields_of(node: Node, home: json_values.Path = ()) -> tuple[json_values.Path, ...] | None:
    """Return the paths of the fields that an expression reads; None for the whole record.

    Arrays are read as a whole. ``home`` is the path of what ``this`` is an element of: whether
    there is any decides, too, though the expression may not name it.
    """
    paths: dict[json_values.Path, None] = dict.fromkeys([home] if home else ())
    for name in syntax.fields_of(node):
        if name[0] != "record":
            continue
        end = name.index(syntax.ELEMENT) if syntax.ELEMENT in name else len(name)
        if end == 1:
            return None
        paths[name[1:end]] = None
    return tuple(paths)


def check_comparison(comparison: Comparison, text: str, view: json_values.RecordView) -> Check:
    """Return the check of a written record against what ``text`` compares, by written paths."""

    def side(
        written: Json, path: json_values.Path | int | Decimal
    ) -> tuple[Json | json_values.Missing, int | Decimal | str | None]:
        """Return what is on one side, and what it is compared by."""
        if not isinstance(path, tuple):
            return path, path
        value = json_values.value_at(written, path)
        return value, None if isinstance(value, json_values.Missing) else view.comparable(
            path, value
        )

    def why(written: Json) -> str:
        left, left_key = side(written, comparison.left)
        right, right_key = side(written, comparison.right)
        is_text = isinstance(left_key, str)
        if left_key is None or right_key is None or is_text is not isinstance(right_key, str):
            both = " and ".join(
                "nothing" if s is json_values.MISSING else json_values.shown(s)
                for s in (left, right)
            )
            return f"{text}: {both} cannot be compared"
        if ORDERS[comparison.order](left_key, right_key):
            return ""
        return f"{text} is not true of {json_values.shown(left)} and {json_values.shown(right)}"

    return why


def check_expression(
    node: Node, text: str, view: json_values.RecordView, home: json_values.Path = ()
) -> Check:
    """Return the check of a written record by an expression.

    With a ``home``, the expression has to hold for each element of the array there, or for the
    value there, which it names ``this``. One that cannot be evaluated does not hold.
    """
    # Most specs have no expressions, and do without all that evaluates them.
    from mockgen_watch.expressions.evaluating import compile_node
    from mockgen_watch.expressions.values import EvaluationError, TooMuchWorkError

    run = compile_node(node)
    fields = fields_of(node, home)
    tops = [view.path_of(field) for field in fields or ()]
    moments = {
        path: moment
        for path, moment in view.moments.items()
        if fields is None or any(path[: len(top)] == top for top in tops)
    }
    read = replace(view, moments=moments)

    def verdict(names: dict[str, object]) -> str:
        try:
            holds = run(names)
        except EvaluationError as error:
            return f"{text} cannot be evaluated: {error}"
        except TooMuchWorkError as error:
            raise json_values.RuleError(f"{text} cannot be evaluated: {error}") from error
        if not isinstance(holds, bool):
            return f"{text} cannot be evaluated: it is neither true nor false"
        return "" if holds else f"{text} is not true"

    def why(written: Json) -> str:
        record = read.record_of(read.with_moments(written))
        if not home:
            return verdict({"record": record})
        for this in elements_at(record, home):
            message = verdict({"record": record, "this": this})
            if message:
                return message
        return ""

    return why


def elements_at(record: object, home: json_values.Path) -> Iterator[object]:
    """Yield what is at ``home``; of an array each element."""
    for _, value in json_values.places_of(record, home):  # type: ignore[arg-type]  # dates in it
        if isinstance(value, list):
            yield from value
        else:
            yield value
