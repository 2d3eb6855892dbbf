"""Evaluation: from the tree of an expression to a function of what its names stand for.

Values are as ``expressions.values`` has them; objects are dicts, arrays lists. A field that is not
there is an error, which ``&&`` and ``||`` take for neither true nor false, as CEL does.
"""

from __future__ import annotations

from datetime import datetime, time
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from mockgen_watch.expressions import functions, syntax, values
from mockgen_watch.expressions.checking import key_of
from mockgen_watch.expressions.types import Kind
from mockgen_watch.expressions.values import Duration, EvaluationError, TooMuchWorkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockgen_watch.expressions.syntax import Node

    Names: TypeAlias = Mapping[str, Any]
    Evaluator: TypeAlias = Callable[[Names], Any]


MOST_STEPS: Final = 200_000
"""Steps of macros in one evaluation: for each element as many as there are parts to evaluate."""

MOST_TEXT: Final = 1_000_000
"""Characters of a text that an expression makes; the elements of a list that it makes, too."""


class _Steps:
    """What is left of the steps of one evaluation."""

    def __init__(self) -> None:
        self.left = MOST_STEPS

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise TooMuchWorkError(f"it goes through lists in more than {MOST_STEPS:,} steps")


def compile_node(node: Node) -> Evaluator:
    """Return the function that evaluates ``node``.

    It raises EvaluationError, or TooMuchWorkError where that would take too many steps.
    """
    steps = _Steps()
    run = _compiled(node, steps)

    def evaluate(names: Names) -> Any:
        steps.left = MOST_STEPS
        return run(names)

    return evaluate if any(isinstance(part, syntax.Comprehension) for part in parts(node)) else run


def parts(node: Node) -> Iterator[Node]:
    """Yield ``node`` and all that is below it."""
    yield node
    for below in syntax.children(node):
        yield from parts(below)


def _compiled(node: Node, steps: _Steps) -> Evaluator:
    if isinstance(node, syntax.Literal):
        value = node.value
        return lambda _: value
    if isinstance(node, syntax.Name):
        return _name(node.name)
    if isinstance(node, syntax.Select):
        return _select(node, steps)
    if isinstance(node, syntax.Has):
        return _has(node.operand, steps)
    if isinstance(node, syntax.Index):
        return _index(node, steps)
    if isinstance(node, syntax.ListLiteral):
        items = [_compiled(item, steps) for item in node.items]
        return lambda names: [item(names) for item in items]
    if isinstance(node, syntax.Comprehension):
        return _macro(node, steps)
    return _call(node, steps)


def _name(name: str) -> Evaluator:
    def read(names: Names) -> Any:
        if name not in names:
            raise EvaluationError(f"{name} is not there")
        return names[name]

    return read


def _select(node: syntax.Select, steps: _Steps) -> Evaluator:
    above, field = _compiled(node.operand, steps), node.field
    text = key_of(node) or field

    def read(names: Names) -> Any:
        home = above(names)
        if isinstance(home, dict) and field in home:
            return home[field]
        reason = "is absent" if isinstance(home, dict) else "is in no object"
        raise EvaluationError(f"{text} {reason}")

    return read


def _has(node: syntax.Select, steps: _Steps) -> Evaluator:
    above, field = _compiled(node.operand, steps), node.field

    def read(names: Names) -> bool:
        home = above(names)
        if not isinstance(home, dict):
            raise EvaluationError(f"{key_of(node.operand)} is no object")
        return field in home

    return read


def _index(node: syntax.Index, steps: _Steps) -> Evaluator:
    above, index_of = _compiled(node.operand, steps), _compiled(node.index, steps)

    def read(names: Names) -> Any:
        home, index = above(names), index_of(names)
        if isinstance(home, dict) and isinstance(index, str):
            if index not in home:
                raise EvaluationError(f"there is no field {index}")
            return home[index]
        if isinstance(index, bool) or not isinstance(home, list) or not isinstance(index, int):
            raise EvaluationError("only a list has elements")
        if not 0 <= index < len(home):
            raise EvaluationError(f"there is no element {index}: the list has {len(home)}")
        return home[index]

    return read


def _macro(node: syntax.Comprehension, steps: _Steps) -> Evaluator:
    target, body, variable = (
        _compiled(node.target, steps),
        _compiled(node.body, steps),
        node.variable,
    )
    condition = None if node.condition is None else _compiled(node.condition, steps)
    kind = node.kind
    weight = sum(1 for below in (node.body, node.condition) if below for _ in parts(below))

    def elements(names: Names) -> list[Any]:
        found = target(names)
        if isinstance(found, list | dict):
            steps.take(len(found) * weight)
            return list(found)
        raise EvaluationError(f"{kind} is for lists, not for {values.shown_value(found)}")

    if kind == "map":

        def run_map(names: Names) -> list[Any]:
            inner = [{**names, variable: item} for item in elements(names)]
            return [body(each) for each in inner if condition is None or _is_true(condition(each))]

        return run_map
    if kind == "filter":
        return lambda names: [
            item for item in elements(names) if _is_true(body({**names, variable: item}))
        ]
    if kind == "exists_one":
        return lambda names: (
            sum(_is_true(body({**names, variable: item})) for item in elements(names)) == 1
        )
    return lambda names: _joined(
        (lambda inner=inner: body(inner) for inner in
         [{**names, variable: item} for item in elements(names)]),
        decisive=kind == "exists",
    )  # fmt: skip


def _joined(parts: Any, *, decisive: bool) -> bool:
    """Return ``decisive`` where a part is that, whatever the others are."""
    failure: EvaluationError | None = None
    for part in parts:
        try:
            if _is_true(part()) is decisive:
                return decisive
        except EvaluationError as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return not decisive


def _is_true(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise EvaluationError(f"a condition is true or false, not {values.shown_value(value)}")


def _call(node: syntax.Call, steps: _Steps) -> Evaluator:
    name = node.function
    args = [_compiled(arg, steps) for arg in node.args]
    if name in {"&&", "||"}:
        return lambda names: _joined(
            (lambda arg=arg: arg(names) for arg in args), decisive=name == "||"
        )
    if name == "?:":
        condition, yes, no = args
        return lambda names: (yes if _is_true(condition(names)) else no)(names)
    if len(args) == 1 and name in _UNARY:
        run, operand = _UNARY[name], args[0]
        return lambda names: run(operand(names))
    if name in _BINARY:
        both, (left, right) = _BINARY[name], args
        return lambda names: both(left(names), right(names))
    function = functions.named(name)
    if function is None:
        raise EvaluationError(f"there is no function {name}")
    return _function(name, function, args)


def _function(name: str, function: functions.Function, args: list[Evaluator]) -> Evaluator:
    run = function.run
    takes_truth = Kind.BOOLEAN in function.takes[0]

    def evaluate(names: Names) -> Any:
        found = [arg(names) for arg in args]
        # To Python, true is a number.
        if not takes_truth and any(isinstance(each, bool) for each in found):
            raise _does_not_take(name, found)
        try:
            return run(*found)
        except (TypeError, AttributeError, ArithmeticError) as error:
            raise _does_not_take(name, found) from error

    return evaluate


def _does_not_take(name: str, found: list[Any]) -> EvaluationError:
    return EvaluationError(f"{name} does not take {', '.join(map(values.shown_value, found))}")


def _not(value: Any) -> bool:
    return not _is_true(value)


def _negative(value: Any) -> Any:
    if isinstance(value, Duration):
        return Duration(-value.months, -value.seconds)
    if values.is_number(value):
        return -value
    raise EvaluationError(f"there is no negative of {values.shown_value(value)}")


def _add(left: Any, right: Any) -> Any:
    if values.is_number(left) and values.is_number(right):
        return functions.plus(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return _limited(left, right)
    if isinstance(left, list) and isinstance(right, list):
        return _limited(left, right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(left.months + right.months, left.seconds + right.seconds)
    if isinstance(left, datetime) and isinstance(right, Duration):
        return values.moved(left, right)
    if isinstance(left, Duration) and isinstance(right, datetime):
        return values.moved(right, left)
    raise _no_operation("+", left, right)


def _limited(left: Any, right: Any) -> Any:
    if len(left) + len(right) > MOST_TEXT:
        what = "text of more characters" if isinstance(left, str) else "list of more elements"
        raise TooMuchWorkError(f"it makes a {what} than {MOST_TEXT:,}")
    return left + right


def _subtract(left: Any, right: Any) -> Any:
    if values.is_number(left) and values.is_number(right):
        return functions.plus(left, -right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return values.between(left, right)
    if isinstance(left, datetime) and isinstance(right, Duration):
        return values.moved(left, right, -1)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(left.months - right.months, left.seconds - right.seconds)
    raise _no_operation("-", left, right)


def _multiply(left: Any, right: Any) -> Any:
    if values.is_number(left) and values.is_number(right):
        return functions.times(left, right)
    if isinstance(right, Duration):
        left, right = right, left
    if isinstance(left, Duration) and isinstance(right, int):
        return Duration(left.months * right, left.seconds * right)
    raise _no_operation("*", left, right)


def _divide(left: Any, right: Any) -> Any:
    if values.is_number(left) and values.is_number(right):
        return values.normal(values.divided(left, right))
    raise _no_operation("/", left, right)


def _remainder(left: Any, right: Any) -> Any:
    if values.is_number(left) and values.is_number(right):
        return values.remainder(left, right)
    raise _no_operation("%", left, right)


def _no_operation(sign: str, left: Any, right: Any) -> EvaluationError:
    shown = f"{values.shown_value(left)} and {values.shown_value(right)}"
    return EvaluationError(f"{sign} does not go with {shown}")


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal; 1 and 1.0 are, 1 and true are not."""
    if values.is_number(left) and values.is_number(right):
        return bool(left == right)
    left, right = _clock_times(left, right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


def _order(sign: str, holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        numbers = values.is_number(left) and values.is_number(right)
        left, right = _clock_times(left, right)
        if isinstance(left, Duration) and isinstance(right, Duration):
            left, right = values.length_of(left), values.length_of(right)
        elif (not numbers and (type(left) is not type(right) or left is None)) or (
            not numbers and isinstance(left, list | dict)
        ):
            raise _no_operation(sign, left, right)
        # A Decimal and a Fraction do not compare.
        if isinstance(left, Fraction) or isinstance(right, Fraction):
            left, right = Fraction(left), Fraction(right)
        return holds(left, right)

    return compare


def _clock_times(left: Any, right: Any) -> tuple[Any, Any]:
    """Return both sides as times of day where one is and the other is the text of one."""
    if isinstance(left, time) and isinstance(right, str):
        return left, values.read_time(right) or right
    if isinstance(right, time) and isinstance(left, str):
        return values.read_time(left) or left, right
    return left, right


def _contained(item: Any, found: Any) -> bool:
    if isinstance(found, dict):
        return isinstance(item, str) and item in found
    if not isinstance(found, list):
        raise EvaluationError(f"in takes a list, not {values.shown_value(found)}")
    return any(equal(item, other) for other in found)


_UNARY: Final[Mapping[str, Callable[[Any], Any]]] = {"!": _not, "neg": _negative}
_BINARY: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _order("<", lambda left, right: left < right),
    "<=": _order("<=", lambda left, right: left <= right),
    ">": _order(">", lambda left, right: left > right),
    ">=": _order(">=", lambda left, right: left >= right),
    "in": _contained,
}
