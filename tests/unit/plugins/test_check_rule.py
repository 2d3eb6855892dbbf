"""The check that authors of rules run passes a good one, and says what is wrong with others."""

# ruff: noqa: ANN401 - what a broken rule takes and gives is just not what it should

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mockgen_watch.testing.rules import check_rule
from tests.plugin_package import LUHN

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE: dict[str, Any] = {}
exec(LUHN, MODULE)  # noqa: S102 - the source that is installed elsewhere


class Even:
    """Whole numbers that are even."""

    def __init__(self, params: Any) -> None:
        if params:
            raise ValueError("it takes nothing")

    def why(self, value: Any) -> Any:
        return "" if isinstance(value, int) and value % 2 == 0 else "this is not even"

    def faults(self, value: Any) -> Any:
        return [("odd", value + 1)]


class Takes(Even):
    def __init__(self, params: Any) -> None:
        del params


class Says(Even):
    def __init__(self, params: Any) -> None:
        if params:
            raise ValueError


class Raises(Even):
    def why(self, value: Any) -> Any:
        return "" if value % 2 == 0 else "odd"


class Silent(Even):
    def why(self, value: Any) -> Any:
        return Even.why(self, value) or None


class Remembers(Even):
    def __init__(self, params: Any) -> None:
        Even.__init__(self, params)
        self.seen = 0

    def why(self, value: Any) -> Any:
        self.seen += 1
        message = Even.why(self, value)
        return f"{message} ({self.seen})" if message else ""


class Changes(Even):
    def why(self, value: Any) -> Any:
        if isinstance(value, list):
            value.append(1)
        return Even.why(self, value)


class Lax(Even):
    def why(self, value: Any) -> Any:
        return "" if isinstance(value, int) else "no number"


class Strict(Even):
    def why(self, value: Any) -> Any:
        return Even.why(self, value) or ("" if value else "this is 0")


class Harmless(Even):
    def faults(self, value: Any) -> Any:
        return [("odd", value + 2)]


class Same(Even):
    def faults(self, value: Any) -> Any:
        return [("odd", value)]


class Named(Even):
    def faults(self, value: Any) -> Any:
        return [("Is Odd", value + 1)]


class Nowhere(Even):
    def faults(self, value: Any) -> Any:
        del value
        return [("odd", 1, ("a", "b"))]


class Strange(Even):
    def faults(self, value: Any) -> Any:
        return [("odd", value + 0.5)]


BROKEN: dict[str, tuple[Callable[..., Any], str]] = {
    "a parameter too many": (Takes, "does not raise ValueError"),
    "an error that says nothing": (Says, "has no message"),
    "raises": (Raises, "raises TypeError"),
    "gives None": (Silent, "does not return text"),
    "remembers": (Remembers, "depends on more than its argument"),
    "changes": (Changes, "changes its argument"),
    "passes a bad value": (Lax, "the bad value 3 is accepted"),
    "refuses a good value": (Strict, "the good value 0 is rejected"),
    "faults that are none": (Harmless, "breaks the rule"),
    "the value itself": (Same, "does not change the value"),
    "a kind with blanks": (Named, "a kind has lower-case letters"),
    "a place that is none": (Nowhere, "the place does not exist"),
    "a float": (Strange, "not a JSON value"),
}


def test_good_rules_pass() -> None:
    check_rule(Even, good=[0, 2], bad=[3, None])
    check_rule(MODULE["Luhn"], {"length": 4}, good=["0000", "4242"], bad=["4243", "42"])


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_said(name: str) -> None:
    rule_type, message = BROKEN[name]
    with pytest.raises(AssertionError, match=message):
        check_rule(rule_type, good=[0, 2], bad=[3, None])


def test_values_to_check_with_are_needed() -> None:
    with pytest.raises(AssertionError, match="one good and one bad"):
        check_rule(Even, good=[], bad=[3])


def test_the_page_on_writing_a_rule_shows_one_that_conforms() -> None:
    page = Path(__file__).parents[3] / "docs/how-to/write-a-rule.md"
    blocks = re.findall(
        r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 2
    exec("\n".join(blocks), {})  # noqa: S102 - our own page


def test_the_check_does_without_pytest() -> None:
    script = "import sys; sys.modules['pytest'] = None; import mockgen_watch.testing as t; "
    done = subprocess.run(
        [sys.executable, "-c", script + "print(t.check_rule.__name__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "check_rule\n"
