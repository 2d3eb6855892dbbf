"""Commands that write specs and outputs, killed at their system calls.

``adopt`` replaces a spec and the output that was edited, both or neither; ``apply`` makes what was
planned. After a kill their user says the same again, then ``generate``, and has what there is
without a kill.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.storage.multi import BLOBS, MANIFEST
from tests.adopting import Project
from tests.faults.kills import Kills
from tests.faults.scene import Scene
from tests.faults.strace import WRITING, Server, needs_strace
from tests.faults.trees import Tree, below, bytes_below, differing, is_temporary, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.strace import Call

pytestmark = needs_strace

USUAL = 20
"""Kills of each command in the usual run, spread over all writing calls."""
CLAIMS = "mock_outputs/claims"
OUTPUTS = [f"{CLAIMS}/Claim/{name}.json" for name in ("first", "second", "third")]
OUTPUT = OUTPUTS[0]
LOCK = f"{CLAIMS}/mockgen.lock"
SPEC = "specs/claims/user_input.yaml"
EDIT = "by hand"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def adopting(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    project = Project(tmp_path_factory.mktemp("adopting") / "project")
    records = project.records()
    records[3]["KIND"] = EDIT
    # Not as the program lays it out, so that the output is written anew as well.
    project.output.write_text(json.dumps(records))
    return Scene.of(server, project.folder, "-q", "adopt", OUTPUT)


@pytest.fixture(scope="module")
def applying(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    project = Project(tmp_path_factory.mktemp("applying") / "project")
    text = project.spec.read_text()
    project.spec.write_text(text.replace("[A, 'B', \"C\"]", "[D, E]").replace("second", "third"))
    plan = project.folder.with_name("next.plan")
    assert project.run("-q", "plan", "--save", str(plan)) == 0
    return Scene.of(server, project.folder, "-q", "apply", str(plan))


def look_at_adopt(scene: Scene, tree: Tree) -> str:
    """Check that spec and output are as they were, or as they will be, or that it is decided."""
    old, new, found = people_have(scene.old), people_have(scene.done), people_have(tree)
    if f".mockgen/{MANIFEST}" in tree:
        assert found.keys() == old.keys()
        assert all(one in (old[path], new[path]) for path, one in found.items())
        return "decided"
    assert not differing(found, old) or not differing(found, new)
    return "old" if found == old else "new"


def look_at_apply(scene: Scene, tree: Tree) -> str:
    """Check that each output is as it was, or as it was planned."""
    old, new, found = people_have(scene.old), people_have(scene.done), people_have(tree)
    # In between it tells of both.
    assert found[LOCK].data.endswith(b"}\n")
    for path, one in found.items():
        # A file that is new has its temporary name as well for a moment.
        assert path == LOCK or replace(one, links=1) in (old.get(path), new.get(path)), path
    assert found.keys() >= old.keys() & new.keys()
    return "old" if found == old else "new" if found == new else "between"


def people_have(tree: Tree) -> Tree:
    """Return the specs and outputs."""
    found = below(tree, "specs", "mock_outputs")
    return {path: one for path, one in found.items() if not is_temporary(path)}


def settled_of(scene: Scene) -> Tree:
    """Return what people have after the command, without a kill, and ``generate``."""
    scene.copy()
    scene.run(*scene.words)
    scene.run("-q", "generate")
    return people_have(read_tree(scene.place))


def judge(settled: Tree, scene: Scene, *, is_generate_first: bool = False) -> None:
    """Check that there is the same when the command is said again, and ``generate``."""
    if is_generate_first:
        # It may tell of the edit, which it leaves as it is.
        told = scene.run("-q", "generate", may_refuse=True)
        assert not told or "MG501" in told or "backup" in told, told
    told = scene.run(*scene.words, may_refuse=True)
    # The one that finds all done has nothing left to adopt, or no outputs that it was planned for.
    assert not told or "MG512" in told or "MG513" in told or "backup" in told, told
    assert "Traceback" not in told, told
    scene.run("-q", "generate")
    tree = read_tree(scene.place)
    # Temporary files are no exception; those in the state folder wait for a run that writes.
    assert not differing(below(tree, "specs", "mock_outputs"), settled)
    assert not {f".mockgen/{MANIFEST}", f".mockgen/{BLOBS}"} & tree.keys()
    saved = set(bytes_below(tree, ".mockgen/backups").values())
    if "adopt" in scene.words:
        replaced = differing(people_have(scene.old), people_have(scene.done))
        assert saved >= {scene.old[path].data for path in replaced}


LOOKS = {"adopting": look_at_adopt, "applying": look_at_apply}


def kill_at_all(
    calls: Sequence[Call], name: str, scene: Scene, *, is_generate_first: bool = False
) -> Kills:
    judgement = partial(judge, settled_of(scene), is_generate_first=is_generate_first)
    kills = Kills(scene=scene, look=LOOKS[name], judge=judgement)
    kills.kill_at_all(calls)
    assert not kills.failures, "\n".join(kills.failures)
    assert kills.count == len(calls)
    return kills


def test_an_adopt_replaces_spec_and_output(adopting: Scene) -> None:
    assert differing(people_have(adopting.old), people_have(adopting.done)) == [OUTPUT, SPEC]
    assert EDIT.encode() in adopting.done[SPEC].data


def test_an_apply_changes_adds_and_removes(applying: Scene) -> None:
    old, new = people_have(applying.old), people_have(applying.done)
    assert differing(old, new) == [*OUTPUTS, LOCK]
    assert (old.keys() - new.keys(), new.keys() - old.keys()) == ({OUTPUTS[1]}, {OUTPUTS[2]})


@pytest.mark.parametrize("name", LOOKS)
def test_a_kill_is_made_up_for_by_the_next_run(name: str, request: pytest.FixtureRequest) -> None:
    scene: Scene = request.getfixturevalue(name)
    writing = [call for call in scene.calls if call.name in WRITING]
    kills = kill_at_all(writing[:: max(1, len(writing) // USUAL)], name, scene)
    assert len(kills.states) > 1


@pytest.mark.long
@pytest.mark.parametrize("is_generate_first", [False, True], ids=["again", "generate-first"])
@pytest.mark.parametrize("name", LOOKS)
def test_a_kill_at_every_call_is_made_up_for(
    name: str, is_generate_first: bool, request: pytest.FixtureRequest
) -> None:
    scene = replace(request.getfixturevalue(name), is_fresh=True)
    kills = kill_at_all(scene.calls, name, scene, is_generate_first=is_generate_first)
    sys.stdout.write(f"{name}: {kills.told()}\n")
    assert len(kills.states) == 3
