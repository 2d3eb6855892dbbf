"""Which rules and fields a fault may concern."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import Location
from mockgen_watch.rules.rule import Rule
from mockgen_watch.scenarios.faults.groups import group_of

PLACE = Location(path="specs/s/user_input.yaml")


def rule(name: str, *paths: str) -> Rule:
    known = tuple(tuple(path.split(".")) for path in paths) or None
    return Rule(name=name, paths=known, why=lambda _: "", location=PLACE)


APART = (rule("a", "p.q"), rule("b", "r"), rule("c", "p"), rule("d", "r", "s"), rule("e", "t.0.u"))


@pytest.mark.parametrize(
    ("number", "names", "paths"),
    [
        (0, "ac", [("p", "q"), ("p",)]),
        (1, "bd", [("r",), ("s",)]),
        (4, "e", [("t", "0", "u")]),
    ],
)
def test_rules_with_a_field_in_common_are_beside_each_other(
    number: int, names: str, paths: list[tuple[str, ...]]
) -> None:
    group = group_of(APART, number)
    assert [each.name for each in group.rules] == list(names)
    assert group.paths is not None
    assert list(group.paths) == paths


def test_they_are_so_at_any_distance() -> None:
    chain = (rule("a", "f", "g"), rule("b", "g", "h"), rule("c", "h", "i"), rule("d", "j"))
    assert [each.name for each in group_of(chain, 0).rules] == ["a", "b", "c"]


def test_a_rule_on_the_whole_record_is_beside_every_other() -> None:
    group = group_of((*APART, rule("w")), 1)
    assert len(group.rules) == 6
    assert group.paths is None


def test_a_field_that_is_changed_for_a_rule_belongs_to_it() -> None:
    rules = (rule("a", "o.x"), rule("b", "o.y"))
    assert group_of(rules, 0).paths == (("o", "x"),)
    group = group_of(rules, 0, [("o",), ("z",)])
    assert group.paths == (("o", "x"), ("o",), ("o", "y"))
