"""Random specs with one to six rules: records are as promised, and what can be kept is made.

``python -m tests.properties.random_rules`` runs thousands of them, and more tells of each.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.properties.random_rules.maker import make_spec
from tests.properties.random_rules.tally import Tally
from tests.properties.random_rules.trial import try_spec

if TYPE_CHECKING:
    from pathlib import Path

SHARE, MANY = 30, 500


def tally_of(seeds: range, folder: Path) -> tuple[Tally, list[str]]:
    """Return what became of specs, and what of them should not be."""
    tally, said = Tally(), []
    for seed in seeds:
        said += tally.add(try_spec(make_spec(seed), folder / str(seed)))
        shutil.rmtree(folder / str(seed))
    return tally, said


def test_random_specs_are_kept_or_refused(tmp_path: Path) -> None:
    tally, said = tally_of(range(SHARE), tmp_path)
    assert not tally.is_wrong, said
    # Both kinds are among them.
    assert tally.counts["generated"] > SHARE // 4
    assert tally.counts["impossible"] > SHARE // 10


@pytest.mark.long
def test_many_random_specs_are_kept_or_refused(tmp_path: Path) -> None:
    tally, said = tally_of(range(SHARE, MANY), tmp_path)
    assert not tally.is_wrong, said
