"""Any edit of values is adopted as it is, or refused and nothing is written."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.adopting import SPEC, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.adopting import Records


MOST_ARE_ADOPTED = 2
"""Of three edits; one that changes no value is refused."""


def random_edit(dice: random.Random, records: Records) -> None:
    """Change some values at any depth, as a person would; keys may come and go."""
    values: tuple[Any, ...] = (
        None,
        True,
        False,
        0,
        -17,
        3.25,
        "",
        "no",
        "12:30",
        "a: b # c",
        "ü\n",
        [],
        [1],
        "$x",
    )
    for _ in range(dice.randint(1, 4)):
        here: Any = dice.choice(records)
        while True:
            key = dice.choice(list(here)) if isinstance(here, dict) else dice.randrange(len(here))
            if isinstance(here[key], dict | list) and here[key] and dice.random() < 0.8:
                here = here[key]
                continue
            if isinstance(here, dict) and dice.random() < 0.2:
                del here[key]
            elif isinstance(here, dict) and dice.random() < 0.2:
                here[f"K{dice.randrange(3)}"] = dice.choice(values)
            else:
                here[key] = dice.choice(values)
            break


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 100))]
)
def test_any_edit_of_values_is_adopted_as_it_is(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    project = Project(tmp_path)
    adopted = 0
    for _ in range(3):
        old = project.spec.read_text(encoding="utf-8")
        meant = project.edit(lambda records: random_edit(dice, records))
        if project.adopt() == 1:
            assert project.spec.read_text(encoding="utf-8") == old
            assert project.run("-q", "check") == 0
            continue
        project.assert_kept(meant)
        adopted += 1
    assert adopted >= MOST_ARE_ADOPTED
    kept = project.spec.read_text(encoding="utf-8")
    for line in SPEC.replace("FORMAT", "json").splitlines():
        assert line in kept
