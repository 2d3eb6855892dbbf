"""A storm is many specs that moved, and either one that is very young or a look just before."""

from __future__ import annotations

import pytest

from mockgen_watch.storage.scan import Scan
from mockgen_watch.watch.watching import STORM_FILES, is_storm


def scan(moved: int, *, is_racy: bool) -> Scan:
    marks = {f"specs/s{number:02}/user_input.yaml": (int(number < moved),) for number in range(40)}
    return Scan(specs=marks, is_racy=is_racy)


@pytest.mark.parametrize(
    ("moved", "is_racy", "is_recent", "expected"),
    [
        (STORM_FILES, True, False, True),
        (STORM_FILES, False, True, True),
        (STORM_FILES, False, False, False),
        (STORM_FILES - 1, True, True, False),
        (0, True, True, False),
    ],
)
def test_many_specs_that_go_on_moving(
    moved: int, is_racy: bool, is_recent: bool, expected: bool
) -> None:
    found = is_storm(scan(0, is_racy=False), scan(moved, is_racy=is_racy), is_recent=is_recent)
    assert found is expected
