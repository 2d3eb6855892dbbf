"""Reconcile over anything that can be on disk, in lockfiles and in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mockgen_watch.lock.lockfile import JournalEntry, LockedOutput, Lockfile
from mockgen_watch.lock.model import Action, Scope
from mockgen_watch.lock.paths import below, offer_path
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.spec.model import Layout
from tests.properties.lock_world import World
from tests.sizes import sized
from tests.unit.lock.suites import (
    CONTRACT,
    files_of,
    find_stale,
    key_of,
    wanted_output,
    wanted_suite,
)

if TYPE_CHECKING:
    from mockgen_watch.lock.paths import WantedSuite

SUITES = ("a", "a/b", "c")
OUTPUTS = [
    wanted_output(scenario, text, suite=suite, layout=layout, records=2)
    for suite in SUITES
    for scenario in ("positive", "negative")
    for text in ("1", "2")
    for layout in (Layout.MULTIPLE, Layout.SPLIT)
]
PATHS = sorted({path for one in OUTPUTS for path in one.paths})
RIGHT = {
    (one.key, path): key_of(data.decode())
    for one in OUTPUTS
    for path, data in files_of(one).items()
}
MADE = sorted(set(RIGHT.values()))
HANDS = [key_of(f"by hand {number}") for number in range(3)]

digests = st.sampled_from(MADE) | st.sampled_from(HANDS)
paths = st.sampled_from(PATHS) | st.sampled_from(PATHS).map(offer_path)


@st.composite
def wanted(draw: st.DrawFn) -> tuple[WantedSuite, ...]:
    suites = []
    for suite in draw(st.lists(st.sampled_from(SUITES), unique=True)):
        mine = [one for one in OUTPUTS if one.suite == suite]
        outputs = draw(st.lists(st.sampled_from(mine), unique_by=lambda one: one.name))
        outputs = [replace(one, is_selected=draw(st.integers(0, 5)) > 0) for one in outputs]
        suites.append(wanted_suite(*outputs, suite=suite, has_failed=draw(st.integers(0, 5)) == 0))
    return tuple(suites)


@st.composite
def locks(draw: st.DrawFn, suite: str) -> Lockfile:
    """Draw a lockfile that tells no lies: where the key is right, so are the digests."""
    outputs = {}
    mine = [one for one in OUTPUTS if one.suite == suite]
    for one in draw(st.lists(st.sampled_from(mine), max_size=3)):
        key = draw(st.sampled_from([one.key, "", key_of("other")]))
        outputs[one.name] = LockedOutput(
            key=key,
            model=one.model,
            scenario=one.scenario,
            format=one.format,
            layout=one.layout,
            records=one.records,
            files={
                path.removeprefix(below(suite, "")): RIGHT[one.key, path]
                if key == one.key
                else draw(digests)
                for path in one.paths
            },
        )
    return Lockfile(contract=CONTRACT, inputs={}, outputs=outputs, complete=draw(st.booleans()))


@st.composite
def entries(draw: st.DrawFn) -> JournalEntry:
    """Draw an entry as some earlier run made it."""
    one = draw(st.sampled_from(OUTPUTS))
    path = draw(st.sampled_from(sorted(files_of(one))))
    return JournalEntry(
        suite=one.suite,
        path=draw(st.sampled_from([path, offer_path(path)])),
        digest=RIGHT[one.key, path],
        key=one.key,
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    return World(
        disk=draw(st.dictionaries(paths, digests, max_size=6)),
        locks={suite: draw(locks(suite)) for suite in draw(st.sets(st.sampled_from(SUITES)))},
        journal=tuple(draw(st.lists(entries(), max_size=4))),
    )


@given(worlds(), wanted(), st.booleans(), st.none() | st.integers(0, 12))
def test_bytes_that_no_lockfile_or_journal_knows_are_never_touched(
    world: World, suites: tuple[WantedSuite, ...], is_whole_tree: bool, steps: int | None
) -> None:
    owned = {
        (below(suite, path), digest)
        for suite, lock in world.locks.items()
        for path, digest in lock.files().items()
    }
    owned |= {(entry.path, entry.digest) for entry in world.journal}
    foreign = {item for item in world.disk.items() if item not in owned}
    world.run(world.snapshot(suites, is_whole_tree=is_whole_tree), steps=steps)
    assert foreign <= set(world.disk.items())


@given(worlds(), wanted(), st.booleans())
def test_nothing_is_removed_unless_it_is_owned_unwanted_and_the_tree_is_whole(
    world: World, suites: tuple[WantedSuite, ...], is_whole_tree: bool
) -> None:
    before = dict(world.disk)
    found = world.run(world.snapshot(suites, is_whole_tree=is_whole_tree))
    gone = set(before) - set(world.disk)
    wanted_paths = {path for suite in suites for one in suite.outputs for path in one.paths}
    assert gone.isdisjoint(wanted_paths)
    if not is_whole_tree:
        assert all(path.endswith(offer_path("")) for path in gone)
    assert gone == {file.path for file in found.files() if file.action is Action.DELETE}


@given(worlds(), wanted(), st.sets(st.sampled_from(SUITES)))
def test_deciding_on_some_suites_gives_what_deciding_on_all_gives_of_these(
    world: World, suites: tuple[WantedSuite, ...], acting: set[str]
) -> None:
    whole = world.snapshot(suites)
    scope = Scope.around(acting, {*world.locks, *(suite.suite for suite in suites)})
    part = replace(
        whole,
        wanted=tuple(suite for suite in suites if suite.suite in scope.near),
        locks={suite: lock for suite, lock in world.locks.items() if suite in scope.near},
        acting=scope.acting,
    )
    of_these = tuple(one for one in reconcile(whole).suites if one.suite in acting)
    assert reconcile(part).suites == of_these
    # What it says nothing of stays: neither file nor journal entry of another suite goes.
    others = {entry for entry in world.journal if entry.suite not in acting}
    world.run(part)
    assert others <= set(world.journal)


@given(worlds(), wanted())
@settings(max_examples=sized(300, 5000))
def test_after_a_run_the_next_has_nothing_to_do_but_to_repeat_its_refusals(
    world: World, suites: tuple[WantedSuite, ...]
) -> None:
    world.run(world.snapshot(suites))
    # An offer whose output turned out right is removed by the next run at the latest.
    world.run(world.snapshot(suites))
    before = World(disk=dict(world.disk), locks=dict(world.locks), journal=world.journal)
    again = world.run(world.snapshot(suites))
    assert world == before
    assert {file.action for file in again.files()} <= {Action.KEEP, Action.REFUSE}
    assert not any(file.must_produce for file in again.files())
    if not any(file.action is Action.REFUSE for file in again.files()):
        assert find_stale(again, "mock_outputs") == []


@given(worlds(), wanted(), st.integers(0, 12))
@settings(max_examples=sized(300, 5000))
def test_a_run_that_is_cut_anywhere_is_made_up_for_by_the_next(
    world: World, suites: tuple[WantedSuite, ...], steps: int
) -> None:
    straight = World(disk=dict(world.disk), locks=dict(world.locks), journal=world.journal)
    for _ in range(2):
        straight.run(straight.snapshot(suites))
    world.run(world.snapshot(suites), steps=steps)
    for _ in range(2):
        world.run(world.snapshot(suites))
    assert world.disk == straight.disk
    assert world.locks == straight.locks


@given(worlds(), wanted())
def test_without_refusals_all_is_as_in_an_empty_folder(
    world: World, suites: tuple[WantedSuite, ...]
) -> None:
    suites = tuple(
        replace(
            suite,
            has_failed=False,
            outputs=tuple(replace(one, is_selected=True) for one in suite.outputs),
        )
        for suite in suites
    )
    locked = {below(suite, path) for suite, lock in world.locks.items() for path in lock.files()}
    told = {(entry.path, entry.digest) for entry in world.journal}
    owned = World(
        disk={
            path: digest
            for path, digest in world.disk.items()
            if path in locked or (path, digest) in told
        },
        locks=world.locks,
        journal=world.journal,
    )
    owned.run(owned.snapshot(suites, is_forced=True))
    owned.run(owned.snapshot(suites, is_forced=True))
    clean = World()
    clean.run(clean.snapshot(suites))
    assert (owned.disk, owned.locks, owned.journal) == (clean.disk, clean.locks, ())


@given(worlds(), wanted(), st.booleans(), st.booleans())
def test_every_wanted_file_has_one_action(
    world: World, suites: tuple[WantedSuite, ...], is_whole_tree: bool, is_forced: bool
) -> None:
    snapshot = world.snapshot(suites, is_whole_tree=is_whole_tree, is_forced=is_forced)
    found = reconcile(snapshot)
    assert found == reconcile(snapshot)
    acted = [file.path for suite in found.suites for one in suite.outputs for file in one.files]
    assert sorted(acted) == sorted(
        path
        for suite in suites
        if not suite.has_failed
        for one in suite.outputs
        if one.is_selected
        for path in one.paths
    )
