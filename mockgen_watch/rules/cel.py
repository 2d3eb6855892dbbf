"""CEL: comparisons that this package decides itself, and checks by the CEL library.

The library is the reference implementation in C++ (cel-expr-python). It takes no dates inside of a
map, so a date is given as RFC 3339 text, with ``timestamp()`` put around it in the expression.
"""

from __future__ import annotations

import operator
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.rules import values as json_values
from mockgen_watch.spec.generators import MomentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from mockgen_watch.rules.schema import Check
    from mockgen_watch.spec.document import Json


_FIELD: Final = r"record(?:\.[A-Za-z_][A-Za-z0-9_]*)+"
_COMPARISON: Final = (
    rf"\s*({_FIELD})\s*(<=|>=|<|>)\s*(?:({_FIELD})|(-?[0-9]{{1,18}}(?:\.[0-9]{{1,9}})?))\s*"
)

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


def read_comparison(text: str) -> Comparison | None:
    """Return the comparison that ``text`` is, and nothing else; None for any other expression."""
    found = re.fullmatch(_COMPARISON, text)
    if found is None:
        return None
    left, order, other, literal = found.groups()
    right: json_values.Path | int | Decimal
    if other is not None:
        right = _path(other)
    else:
        right = Decimal(literal) if "." in literal else int(literal)
    return Comparison(left=_path(left), order=order, right=right)


_LEXEME: Final = r"""(?x)(?P<text>[rRbB]{0,2}(?:'''(?:.|\n)*?'''|\"\"\"(?:.|\n)*?\"\"\"
        |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))
      |(?P<comment>//[^\n]*)
      |(?P<field>(?<![\w.])record(?:\s*\.\s*[A-Za-z_]\w*(?!\w|\s*\()
        |\s*\[\s*(?:"[^"\\]*"|'[^'\\]*')\s*\])*)"""
_STEP: Final = r"""\.\s*([A-Za-z_]\w*)|\[\s*["']([^"'\\]*)["']\s*\]"""
_BEFORE_NULL: Final = r"\s*(?:==|!=)\s*null\b"
_INTEGER_LIMIT: Final = 1 << 63


def fields_of(text: str) -> tuple[json_values.Path, ...] | None:
    """Return the paths of the fields that ``text`` reads; None when it takes the whole record."""
    paths: dict[json_values.Path, None] = {}
    for token in re.finditer(_LEXEME, text):
        if token["field"] is not None:
            path = _path(token["field"])
            if not path:
                return None
            paths[path] = None
    return tuple(paths)


def _path(chain: str) -> json_values.Path:
    return tuple(dotted or quoted for dotted, quoted in re.findall(_STEP, chain))


def with_timestamps(text: str, dates: Collection[json_values.Path]) -> str:
    """Return ``text`` with ``timestamp()`` around each field of ``dates``.

    Not inside ``has()`` nor before a comparison with null, where the field itself is asked for.
    """

    def around(token: re.Match[str]) -> str:
        chain = token["field"]
        if chain is None or _path(chain) not in dates:
            return token[0]
        before, after = text[: token.start()].rstrip(), text[token.end() :]
        if before.endswith("has(") or re.match(_BEFORE_NULL, after):
            return token[0]
        return f"timestamp({chain})"

    return re.sub(_LEXEME, around, text)


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


MOST_VERDICTS: Final = 1 << 14
"""Verdicts that an expression keeps: to look one up is far cheaper than to evaluate it."""

_NO_KEY: Final = object()
"""Stands for an object or an array, of which no verdict is remembered."""


def check_expression(
    text: str, fields: tuple[json_values.Path, ...] | None, view: json_values.RecordView
) -> Check:
    """Return the check of a written record by the CEL library; ``fields`` as of ``fields_of``.

    Verdicts of the same field values are remembered.

    Raises:
        RuleError: the expression is not valid.
    """
    paths = {field: view.path_of(field) for field in fields or ()}
    moments = {field: view.moments.get(path) for field, path in paths.items()}
    dates = [each for each, moment in moments.items() if moment and moment.kind != MomentKind.TIME]
    check = compile_expression(text, dates)
    if fields is None:
        return lambda written: check(view.record_of(view.with_rfc3339(written)))
    read = replace(
        view,
        moments={
            path: moment
            for path, moment in view.moments.items()
            if any(path[: len(top)] == top for top in paths.values())
        },
    )
    verdicts: dict[tuple[object, ...], str] = {}

    def why(written: Json) -> str:
        values = [json_values.value_at(written, path) for path in paths.values()]
        key = tuple([value if type(value) is str else _key_of(value) for value in values])
        message = verdicts.get(key)
        if message is None:
            dated = read.with_rfc3339(written)
            record: Json = {}
            for field, path in paths.items():
                value = json_values.value_at(dated, path)
                if not isinstance(value, json_values.Missing):
                    record = json_values.with_field(record, field, value)
            message = check(record)
            if _NO_KEY not in key:
                if len(verdicts) >= MOST_VERDICTS:
                    verdicts.clear()
                verdicts[key] = message
        return message

    return why


def _key_of(value: Json | json_values.Missing) -> object:
    """Return what values have in common that are equal in CEL and shown alike in messages."""
    if isinstance(value, dict | list):
        return _NO_KEY
    return (
        value
        if value is None or isinstance(value, json_values.Missing)
        else (type(value), str(value))
    )


def compile_expression(text: str, dates: Collection[json_values.Path]) -> Check:
    """Return the check of a record against ``text``: why it fails, or ``""``.

    The record has RFC 3339 text for ``dates``. An expression that cannot be evaluated does not
    hold.

    Raises:
        RuleError: the expression is not valid.
    """
    from cel_expr_python import cel  # type: ignore[import-untyped]

    environment = cel.NewEnv(variables={"record": cel.Type.DYN})
    try:
        program = environment.compile(with_timestamps(text, dates))
    except RuntimeError as error:
        reason = str(error).removeprefix("INVALID_ARGUMENT: ").partition("\n")[0]
        raise json_values.RuleError(f"the CEL expression cannot be read: {reason}") from error

    def check(record: Json) -> str:
        try:
            result = program.eval(data={"record": _cel_value(record)})
        except RuntimeError as error:
            return f"{text} cannot be evaluated: {error}"
        if result.type() == cel.Type.ERROR:
            return f"{text} cannot be evaluated: {result.value()}"
        return "" if result.value() is True else f"{text} is not true"

    return check


def _cel_value(value: Json) -> object:
    """Return ``value`` as CEL takes it: decimals, and integers beyond 64 bits, become doubles."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, int) and not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        return float(value)
    if isinstance(value, str):
        # The library cannot take a lone surrogate; no expression can hold one to compare it with.
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _cel_value(item) for key, item in value.items()}
    return [_cel_value(item) for item in value] if isinstance(value, list) else value
