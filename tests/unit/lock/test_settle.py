"""The lockfile and the journal after a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.lock.lockfile import JournalEntry
from mockgen_watch.lock.model import Action, Snapshot
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_journal, next_lockfile, settle
from mockgen_watch.spec.model import Layout
from tests.unit.lock.suites import CONTRACT, key_of, wanted_output, wanted_suite

if TYPE_CHECKING:
    from mockgen_watch.lock.lockfile import Lockfile
    from mockgen_watch.lock.paths import WantedSuite

ONE = wanted_output("positive", "1")
TWO = wanted_output("negative", "1", layout=Layout.SPLIT, records=2)
SUITE = wanted_suite(ONE, TWO)
ONE_PATH = "claims/Model_1/positive.json"
TWO_PATHS = TWO.paths


def snapshot(suite: WantedSuite, lock: Lockfile | None, disk: dict[str, str]) -> Snapshot:
    locks = {} if lock is None else {"claims": lock}
    return Snapshot(wanted=(suite,), contract=CONTRACT, locks=locks, disk=disk)


def after(
    base: Snapshot, refuse: tuple[str, ...] = (), skip: tuple[str, ...] = ()
) -> tuple[Lockfile, dict[str, Settled]]:
    """Return lockfile and ends of a run in which the digest of a file is that of key and path."""
    (suite,) = reconcile(base).suites
    settled: dict[str, Settled] = {}
    for output in suite.outputs:
        for file in output.files:
            digest = key_of(f"{output.output.key} {file.path}")
            if file.path in refuse:
                settled[file.path] = Settled(action=Action.REFUSE, digest=digest)
            elif file.path not in skip:
                settled[file.path] = Settled(action=Action.UPDATE, digest=digest)
    for file in suite.unwanted:
        if file.action is Action.DELETE:
            settled[file.path] = Settled(action=Action.DELETE, digest=None)
    lock = next_lockfile(suite, CONTRACT, settled)
    assert lock is not None
    return lock, settled


def disk_of(lock: Lockfile) -> dict[str, str]:
    return {f"claims/{path}": digest for path, digest in lock.files().items()}


FIRST, _ = after(snapshot(SUITE, None, {}))
EDITED = wanted_suite(ONE, wanted_output("negative", "2", layout=Layout.SPLIT, records=2))


def test_a_file_of_labels_is_part_of_a_complete_lockfile() -> None:
    labelled = [replace(output, has_labels=True) for output in (ONE, TWO)]
    suite = wanted_suite(*labelled)
    lock, _ = after(snapshot(suite, None, {}))
    assert [len(output.files) for output in lock.outputs.values()] == [2, 3]
    assert lock.complete
    lock, _ = after(snapshot(suite, None, {}), skip=("claims/Model_1/positive.labels.ndjson",))
    assert not lock.complete


def test_a_finished_run_tells_of_each_file_and_is_complete() -> None:
    assert FIRST.complete
    assert FIRST.inputs == SUITE.inputs
    assert {name: output.key for name, output in FIRST.outputs.items()} == {
        "Model_1/positive": ONE.key,
        "Model_1/negative": TWO.key,
    }
    assert sorted(disk_of(FIRST)) == sorted([ONE_PATH, *TWO_PATHS])


def test_a_refused_output_of_one_file_keeps_its_entry() -> None:
    edited = wanted_suite(wanted_output("positive", "2"), TWO)
    lock, _ = after(snapshot(edited, FIRST, disk_of(FIRST)), refuse=(ONE_PATH,))
    assert lock.outputs["Model_1/positive"] == FIRST.outputs["Model_1/positive"]
    assert not lock.complete


def test_an_output_of_which_one_file_is_refused_belongs_to_no_key() -> None:
    lock, settled = after(snapshot(EDITED, FIRST, disk_of(FIRST)), refuse=(TWO_PATHS[0],))
    entry = lock.outputs["Model_1/negative"]
    assert entry.key == MIXED_KEY
    assert entry.files["Model_1/negative/000001.json"] == disk_of(FIRST)[TWO_PATHS[0]]
    assert entry.files["Model_1/negative/000002.json"] == settled[TWO_PATHS[1]].digest
    # With the spec as it was before, the second file is not taken for a fresh one.
    back = reconcile(snapshot(SUITE, lock, disk_of(lock)))
    actions = {file.path: file.action for file in back.files()}
    assert actions[TWO_PATHS[1]] is Action.UPDATE


def test_what_a_run_did_not_come_to_stays_as_the_lockfile_had_it() -> None:
    lock, _ = after(snapshot(EDITED, FIRST, disk_of(FIRST)), skip=tuple(TWO_PATHS))
    assert lock.outputs == FIRST.outputs
    assert not lock.complete
    first, _ = after(snapshot(SUITE, None, {}), skip=(TWO_PATHS[1],))
    assert list(first.outputs["Model_1/negative"].files) == ["Model_1/negative/000001.json"]
    assert not first.complete


def test_an_output_that_is_not_selected_keeps_its_entry() -> None:
    part = wanted_suite(ONE, replace(EDITED.outputs[1], is_selected=False))
    lock, _ = after(replace(snapshot(part, FIRST, disk_of(FIRST)), is_whole_tree=False))
    assert lock.outputs == FIRST.outputs
    assert not lock.complete
    same = wanted_suite(ONE, replace(TWO, is_selected=False))
    lock, _ = after(replace(snapshot(same, FIRST, disk_of(FIRST)), is_whole_tree=False))
    assert lock.complete


def test_options_of_the_command_line_make_a_lockfile_incomplete() -> None:
    lock, _ = after(snapshot(replace(SUITE, is_plain=False), None, {}))
    assert not lock.complete


def test_files_that_nobody_wants_stay_owned_until_they_are_deleted() -> None:
    part = replace(snapshot(wanted_suite(ONE), FIRST, disk_of(FIRST)), is_whole_tree=False)
    lock, _ = after(part)
    assert disk_of(lock) == disk_of(FIRST)
    assert not lock.complete
    lock, _ = after(replace(part, is_whole_tree=True))
    assert list(disk_of(lock)) == [ONE_PATH]
    assert lock.complete


def test_a_change_of_layout_leaves_only_the_new_files() -> None:
    single = wanted_suite(ONE, wanted_output("negative", "1"))
    lock, _ = after(snapshot(single, FIRST, disk_of(FIRST)))
    assert list(lock.outputs["Model_1/negative"].files) == ["Model_1/negative.json"]
    assert lock.complete


def test_a_suite_that_is_no_more_has_no_lockfile_once_its_files_are_gone() -> None:
    base = replace(snapshot(SUITE, FIRST, disk_of(FIRST)), wanted=())
    (suite,) = reconcile(base).suites
    gone = {path: Settled(action=Action.DELETE, digest=None) for path in disk_of(FIRST)}
    assert next_lockfile(suite, CONTRACT, gone) is None
    gone[ONE_PATH] = Settled(action=Action.REFUSE, digest=None)
    left = next_lockfile(suite, CONTRACT, gone)
    assert left is not None
    assert disk_of(left) == {ONE_PATH: disk_of(FIRST)[ONE_PATH]}


def test_new_bytes_that_are_there_already_are_kept() -> None:
    changed = snapshot(wanted_suite(ONE), None, {ONE_PATH: key_of("x")})
    (file,) = reconcile(changed).files()
    assert file.action is Action.REFUSE
    assert settle(file, key_of("x"), is_forced=False) is Action.KEEP
    assert settle(file, key_of("y"), is_forced=False) is Action.REFUSE
    assert settle(file, key_of("y"), is_forced=True) is Action.UPDATE


def test_the_journal_forgets_what_the_lockfile_tells() -> None:
    base = snapshot(SUITE, None, {})
    lock, settled = after(base)
    entries = [
        JournalEntry(suite="claims", path=f"claims/{path}", digest=digest, key=ONE.key)
        for path, digest in lock.files().items()
    ]
    found = reconcile(base)
    assert next_journal(found, entries, settled, {"claims"}) == ()
    assert next_journal(found, entries, settled, set()) == tuple(entries)


def test_the_journal_keeps_what_it_alone_can_tell_of_a_refused_output() -> None:
    base = snapshot(EDITED, FIRST, disk_of(FIRST))
    lock, settled = after(base, refuse=(TWO_PATHS[0],))
    kept = next_journal(reconcile(base), (), settled, {"claims"})
    assert {entry.path for entry in kept} == {TWO_PATHS[0] + ".mockgen-new", TWO_PATHS[1]}
    # So that the next run knows all digests without generating.
    disk = {**disk_of(lock), TWO_PATHS[0]: key_of("by hand")}
    disk[TWO_PATHS[0] + ".mockgen-new"] = settled[TWO_PATHS[0]].digest or ""
    again = reconcile(replace(snapshot(EDITED, lock, disk), journal=kept))
    assert not any(file.must_produce for file in again.files())


def test_the_journal_of_other_suites_is_left_alone_by_a_part_of_the_tree() -> None:
    other = JournalEntry(suite="other", path="other/x.json", digest=key_of("x"), key="k")
    part = replace(snapshot(SUITE, None, {}), is_whole_tree=False, journal=(other,))
    assert next_journal(reconcile(part), (), {}, {"claims"}) == (other,)
    whole = replace(part, is_whole_tree=True)
    assert next_journal(reconcile(whole), (), {}, {"claims"}) == ()
