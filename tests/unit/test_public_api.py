"""The names that the package promises."""

from __future__ import annotations

import mockgen_watch


def test_promised_names_exist_and_are_sorted() -> None:
    assert mockgen_watch.__all__ == sorted(mockgen_watch.__all__)
    assert all(hasattr(mockgen_watch, name) for name in mockgen_watch.__all__)
