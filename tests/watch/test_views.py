"""Sync, status, the live view, the log, generate and check name the same errors.

This is a share of ``python -m tests.watch.views --trees 2000``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sizes import sized
from tests.watch.views import TREES_OF_ONE, Trees, run_trees

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("seed", range(sized(2, 80)))
def test_views_of_random_trees_agree(seed: int, tmp_path: Path) -> None:
    run_trees(tmp_path, seed, TREES_OF_ONE)


def a_second_user_input(root: Path) -> None:
    (root / "specs/a/user_input.json").write_text('{"A": {"x": 1}}')


def a_link_that_leads_outside(root: Path) -> None:
    (root / "specs/linked").symlink_to(root.parent)


def a_link_to_a_folder_that_comes(root: Path) -> None:
    (root / "specs/master.yaml").symlink_to("later")


def a_second_vocabulary(root: Path) -> None:
    (root / "specs/_vocab/hue.json").write_text('["red"]')


def a_vocabulary_with_an_error(root: Path) -> None:
    (root / "specs/_vocab/hue.yaml").write_text("Order: red\n")


def an_output_edited_by_hand(root: Path) -> None:
    (root / "mock_outputs/a/Order/base.json").write_text("by hand")


CHANGES = (
    a_second_user_input,
    a_link_that_leads_outside,
    a_link_to_a_folder_that_comes,
    a_second_vocabulary,
    a_vocabulary_with_an_error,
    an_output_edited_by_hand,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_one_error_is_named_by_all_and_keeps_all_outputs(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    suite, vocabulary = tmp_path / "specs/a", tmp_path / "specs/_vocab"
    for folder in (suite, vocabulary):
        folder.mkdir(parents=True)
    (vocabulary / "hue.yaml").write_text("[red]\n")
    spec = "Order:\n  id: [a]\n  tint: {$vocab: hue}\n  $count: 2\n"
    (suite / "user_input.yaml").write_text(spec)
    with Trees(tmp_path, 0) as project:
        assert project.compare() == 0
        output = (tmp_path / "mock_outputs/a/Order/base.json").read_bytes()
        change(tmp_path)
        assert project.compare() == 1
    is_edit = change is an_output_edited_by_hand
    kept = b"by hand" if is_edit else output
    assert (tmp_path / "mock_outputs/a/Order/base.json").read_bytes() == kept
