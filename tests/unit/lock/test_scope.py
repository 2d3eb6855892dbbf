"""What is near some suites: all that can own a file in the same place, on any file system."""

from __future__ import annotations

import pytest

from mockgen_watch.lock.model import Scope

SUITES = ("", "a", "a/b", "a/b/c", "ab", "d", "D/e")


@pytest.mark.parametrize(
    ("acting", "near"),
    [
        ([], set()),
        (["ab"], {"", "ab"}),
        (["a"], {"", "a", "a/b", "a/b/c"}),
        (["a/b"], {"", "a", "a/b", "a/b/c"}),
        (["d"], {"", "d", "D/e"}),
        (["gone", "ab"], {"", "gone", "ab"}),
        ([""], set(SUITES)),
    ],
)
def test_suites_in_folders_of_each_other_are_near(acting: list[str], near: set[str]) -> None:
    scope = Scope.around(acting, SUITES)
    assert scope.acting == set(acting)
    assert scope.near == near
