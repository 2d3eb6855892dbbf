"""Takes a hook's kind; gives a repository of its own with that hook in place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.git.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs with -m long only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "long" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A repository without a hook, to be copied."""
    scene = Scene(path=tmp_path_factory.mktemp("begun") / "project")
    scene.begin()
    return scene


@pytest.fixture
def scene(begun: Scene, tmp_path: Path) -> Scene:
    """A copy of it, still without a hook."""
    shutil.copytree(begun.path, tmp_path / "project")
    return Scene(path=tmp_path / "project")
