"""What the daemon remembers between two batches is never more than what is there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from mockgen_watch.storage.scan import scan_project
from mockgen_watch.watch.resident import Resident

if TYPE_CHECKING:
    from tests.watch.world import World


def settled(world: World) -> Resident:
    resident = Resident(root=world.root, state=world.state)
    look(resident, world)
    while resident.unsettled is None or resident.unsettled:
        resident.run(None, lambda: False)
        look(resident, world)
    return resident


def look(resident: Resident, world: World) -> None:
    resident.note_scan(scan_project(world.root, resident.outputs))


def test_outputs_that_go_while_one_suite_is_made_are_made_again(world: World) -> None:
    resident = settled(world)
    world.write("a", "changed")
    shutil.rmtree(world.root / "mock_outputs")
    acting = resident.affected(resident.changed_at(["specs/a/user_input.yaml"]))
    assert acting == {"a"}
    resident.run(acting, lambda: False)
    look(resident, world)
    assert resident.unsettled is not None
    assert "b" in resident.unsettled
    resident.run(None, lambda: False)
    world.assert_clean()


def test_outputs_of_nobody_that_go_meanwhile_make_it_look_at_all(world: World) -> None:
    world.write("", "top")
    resident = settled(world)
    (world.root / "mock_outputs" / "notes.txt").write_text("mine")
    look(resident, world)
    shutil.rmtree(world.root / "mock_outputs")
    world.write("b", "changed")
    resident.run(resident.affected(resident.changed_at(["specs/b/user_input.yaml"])), lambda: False)
    look(resident, world)
    resident.run(None, lambda: False)
    world.assert_clean()


def test_outputs_in_the_folder_of_a_suite_that_go_while_it_is_made_are_made_again(
    world: World,
) -> None:
    world.write("a/inner", "inner")
    resident = settled(world)
    world.write("a", "changed")
    changed = resident.changed_at(["specs/a/user_input.yaml"])
    world.output("a/inner").unlink()
    resident.run(resident.affected(changed), lambda: False)
    look(resident, world)
    assert resident.unsettled is not None
    assert "a/inner" in resident.unsettled
    resident.run(None, lambda: False)
    world.assert_clean()
