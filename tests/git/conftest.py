"""Takes a hook's kind; gives a repository of its own with that hook in place."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.git.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path


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
