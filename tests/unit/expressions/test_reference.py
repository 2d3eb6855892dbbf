"""Random expressions have the value that the reference implementation of CEL gives them.

They are of whole numbers, text, lists, maps and truth values: of decimals the reference makes
binary floats, and it does not mix them with whole numbers.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.expressions.evaluating import compile_node
from mockgen_watch.expressions.syntax import parse
from mockgen_watch.expressions.values import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = {
    "a": 4, "b": -7, "s": "abé", "l": [3, 1, 2], "t": True, "n": None, "o": {"k": 5},
}  # fmt: skip


class Grammar:
    """Makes text; ``depth`` is how many levels there are below a node."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def any(self, depth: int) -> str:
        kinds = [self.whole, self.text, self.list, self.truth, self.truth]
        return self._random.choice(kinds)(depth)

    def _made(self, *options: Callable[[], str]) -> str:
        return self._random.choice(options)()

    def whole(self, depth: int) -> str:
        if not depth:
            return self._random.choice(
                ["1", "0", "-3", "7", "record.a", "record.b", "record.o.k", "record.zz",
                 "record.l[0]", "record.l[3]"]
            )  # fmt: skip
        below = depth - 1
        return self._made(
            lambda: f"({self.whole(below)} {self._random.choice('+-*/%')} {self.whole(below)})",
            lambda: f"({self.truth(below)} ? {self.whole(below)} : {self.whole(below)})",
            lambda: f"size({self.list(below)})",
            lambda: f"{self.text(below)}.size()",
            lambda: f"-({self.whole(below)})",
        )

    def text(self, depth: int) -> str:
        if not depth:
            return self._random.choice(
                ["'a'", '"b\\u00e9"', "r'\\d'", "record.s", "''", "'''x'y'''", '"\\x41\\101"']
            )
        below = depth - 1
        return self._made(
            lambda: f"({self.text(below)} + {self.text(below)})",
            lambda: f"({self.truth(below)} ? {self.text(below)} : {self.text(below)})",
        )

    def list(self, depth: int) -> str:
        if not depth:
            return self._random.choice(["record.l", "[]", "[1, 2, 3,]", "[record.a, 2]"])
        below = depth - 1
        return self._made(
            lambda: f"({self.list(below)} + {self.list(below)})",
            lambda: f"{self.list(below)}.map(x, x + {self.whole(0)})",
            lambda: f"{self.list(below)}.filter(x, x > {self.whole(0)})",
            lambda: f"{self.list(below)}.map(y, y != 2, y * 2)",
        )

    def truth(self, depth: int) -> str:
        if not depth:
            return self._random.choice(
                ["true", "false", "record.t", "has(record.a)", "has(record.zz)",
                 "(record.n == null)", "has(record.o.q)", "('k' in record.o)",
                 "record.o.all(k, k == 'k')", "record.o.exists(k, record.o[k] > 4)"]
            )  # fmt: skip
        below = depth - 1
        order = self._random.choice(["==", "!=", "<", "<=", ">", ">="])
        macro = self._random.choice(["all", "exists", "exists_one"])
        method = self._random.choice(["startsWith", "endsWith", "contains", "matches"])
        body = self._random.choice(
            ["z > 1", "z == record.a", "10 / z > 1", "true", "z + record.zz > 1 || z == 1"]
        )
        return self._made(
            lambda: f"({self.whole(below)} {order} {self.whole(below)})",
            lambda: f"({self.text(below)} {order} {self.text(below)})",
            lambda: f"({self.truth(below)} && {self.truth(below)})",
            lambda: f"({self.truth(below)} || {self.truth(below)})",
            lambda: f"!{self.truth(below)}",
            lambda: f"{self.list(below)}.{macro}(z, {body})",
            lambda: f"({self.whole(below)} in {self.list(below)})",
            lambda: f"{self.text(below)}.{method}({self.text(0)})",
            lambda: f"({self.list(below)} == {self.list(below)})",
        )


def plain(value: object) -> object:
    """Return a value of the reference as Python has it."""
    if isinstance(value, list):
        return [item.value() if callable(getattr(item, "value", None)) else item for item in value]
    return value


@pytest.mark.parametrize("seed", range(6))
def test_random_expressions_are_as_in_the_reference(seed: int) -> None:
    from cel_expr_python import cel  # type: ignore[import-untyped]  # noqa: PLC0415

    environment = cel.NewEnv(variables={"record": cel.Type.DYN})
    grammar = Grammar(seed)
    values = 0
    for number in range(400):
        text = grammar.any(1 + number % 4)
        result = environment.compile(text).eval(data={"record": RECORD})
        expected = None if result.type() == cel.Type.ERROR else plain(result.value())
        try:
            found = compile_node(parse(text))({"record": RECORD})
        except EvaluationError:
            found = None
        assert (type(found), found) == (type(expected), expected), text
        values += expected is not None
    assert values > 200
