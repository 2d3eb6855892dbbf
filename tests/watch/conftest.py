"""Takes pytest; gives projects with and without a daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.watch.world import World, world_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A project with the suites a and b, and no daemon yet."""
    with world_in(tmp_path, "a", "b") as made:
        yield made


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A project that a daemon watches; the tests of a module share it, each with its own suites."""
    with world_in(tmp_path_factory.mktemp("watched"), "a", "b") as made:
        made.start()
        yield made
