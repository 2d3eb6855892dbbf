"""What follows from a snapshot: one table for a wanted file, one for a file nobody wants."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.lockfile import JournalEntry, LockedOutput, Lockfile, absent_digest
from mockgen_watch.lock.model import Action, FileAction, Reason, Reconciliation, Snapshot
from mockgen_watch.lock.reconcile import describe_refusal, reconcile
from mockgen_watch.spec.model import Layout
from tests.unit.lock.suites import CONTRACT, find_stale, key_of, wanted_output, wanted_suite

OUTPUT = wanted_output()
SUITE = wanted_suite(OUTPUT)
PATH = "claims/Model_1/positive.json"
OFFER = f"{PATH}.mockgen-new"
LOCK_PATH = "claims/mockgen.lock"
OLD, NEW, HAND = key_of("old"), key_of("new"), key_of("by hand")


def lock(
    digest: str = OLD, key: str = OUTPUT.key, *, path: str = "Model_1/positive.json"
) -> Lockfile:
    entry = LockedOutput(
        key=key,
        model="Model_1",
        scenario="positive",
        format="json",
        layout=Layout.MULTIPLE,
        records=3,
        files={path: digest},
    )
    return Lockfile(
        contract=CONTRACT,
        inputs=SUITE.inputs,
        absent=absent_digest(SUITE.absent, "specs/claims"),
        outputs={entry.name: entry},
    )


def with_file(locked: Lockfile, path: str) -> LockedOutput:
    output = locked.outputs[OUTPUT.name]
    return replace(output, files={**output.files, path: HAND})


def entry(digest: str, key: str = OUTPUT.key, path: str = PATH) -> JournalEntry:
    return JournalEntry(suite="claims", path=path, digest=digest, key=key)


def snapshot(
    found: str | None,
    locked: Lockfile | Diagnostic | None = None,
    *journal: JournalEntry,
    offer: str | None = None,
    is_forced: bool = False,
    is_whole_tree: bool = True,
    wanted: bool = True,
) -> Snapshot:
    disk = {PATH: found, OFFER: offer, LOCK_PATH: key_of("lock") if locked else None}
    return Snapshot(
        wanted=(SUITE,) if wanted else (),
        contract=CONTRACT,
        locks={"claims": locked} if locked else {},
        journal=journal,
        disk={path: digest for path, digest in disk.items() if digest},
        is_forced=is_forced,
        is_whole_tree=is_whole_tree,
    )


def only(found: Reconciliation) -> FileAction:
    (file,) = found.files()
    return file


@pytest.mark.parametrize(
    ("found", "locked", "journal", "action", "reason", "must_produce"),
    [
        # Nothing is there: it is made, whatever anybody says of it.
        (None, None, (), Action.CREATE, Reason.MISSING, True),
        (None, lock(), (), Action.CREATE, Reason.MISSING, True),
        (None, None, (entry(NEW),), Action.CREATE, Reason.MISSING, True),
        # The lockfile or the journal tells of these bytes, for this key.
        (OLD, lock(OLD), (), Action.KEEP, Reason.FRESH, False),
        (NEW, lock(OLD, "k"), (entry(NEW),), Action.KEEP, Reason.FRESH, False),
        (NEW, None, (entry(NEW),), Action.KEEP, Reason.FRESH, False),
        (NEW, lock(OLD, "k"), (entry(NEW, path=OFFER),), Action.KEEP, Reason.FRESH, False),
        # For another key.
        (OLD, lock(OLD, "k"), (), Action.UPDATE, Reason.CHANGED, True),
        (OLD, lock(OLD, ""), (), Action.UPDATE, Reason.CHANGED, True),
        (NEW, lock(OLD, "k"), (entry(NEW, "j"),), Action.UPDATE, Reason.CHANGED, True),
        (OLD, lock(OLD, "k"), (entry(NEW),), Action.UPDATE, Reason.CHANGED, True),
        # Bytes that nobody knows.
        (HAND, lock(OLD), (), Action.REFUSE, Reason.EDITED, True),
        (HAND, lock(OLD, "k"), (), Action.REFUSE, Reason.EDITED, True),
        (HAND, lock(OLD, "k"), (entry(NEW),), Action.REFUSE, Reason.EDITED, True),
        (HAND, None, (entry(NEW),), Action.REFUSE, Reason.EDITED, True),
        (HAND, None, (), Action.REFUSE, Reason.UNOWNED, True),
    ],
)
def test_a_wanted_file(
    found: str | None,
    locked: Lockfile | None,
    journal: tuple[JournalEntry, ...],
    action: Action,
    reason: Reason,
    must_produce: bool,
) -> None:
    file = only(reconcile(snapshot(found, locked, *journal)))
    assert (file.action, file.reason, file.must_produce) == (action, reason, must_produce)
    forced = only(reconcile(snapshot(found, locked, *journal, is_forced=True)))
    if action is Action.REFUSE:
        assert (forced.action, forced.reason) == (Action.UPDATE, Reason.FORCED)
    else:
        assert forced == file


@pytest.mark.parametrize(
    ("found", "locked", "action"),
    [
        (OLD, lock(OLD), Action.DELETE),
        (HAND, lock(OLD), Action.REFUSE),
        (None, lock(OLD), Action.KEEP),
    ],
)
def test_a_file_that_nobody_wants(found: str | None, locked: Lockfile, action: Action) -> None:
    assert only(reconcile(snapshot(found, locked, wanted=False))).action is action


def test_a_file_that_no_lockfile_owns_is_no_concern() -> None:
    assert reconcile(snapshot(HAND, wanted=False)).files() == []


def test_nothing_is_removed_unless_the_run_is_over_the_whole_tree() -> None:
    other = lock(OLD, path="Model_1/gone.json")
    part = snapshot(OLD, other, entry(OLD, path="claims/left.json"), is_whole_tree=False)
    disk = {"claims/Model_1/gone.json": OLD, "claims/left.json": OLD}
    part = replace(part, disk=disk)
    assert {file.action for file in reconcile(part).files()} == {Action.KEEP, Action.CREATE}
    whole = reconcile(replace(part, is_whole_tree=True))
    assert [file.path for file in whole.files() if file.action is Action.DELETE] == [
        "claims/Model_1/gone.json",
        "claims/left.json",
    ]


def test_what_a_run_left_that_was_cut_short_is_removed_only_with_its_own_bytes() -> None:
    left = entry(NEW, path="claims/left.json")
    base = snapshot(OLD, lock(OLD), left)
    mine = replace(base, disk={**base.disk, left.path: NEW})
    theirs = replace(base, disk={**base.disk, left.path: HAND})
    assert [file.path for file in reconcile(mine).strays] == [left.path]
    assert reconcile(theirs).strays == ()


def test_a_failed_suite_is_left_alone() -> None:
    failed = replace(snapshot(OLD, lock(OLD), entry(NEW, path="claims/left.json")), wanted=())
    failed = replace(failed, wanted=(wanted_suite(has_failed=True),))
    found = reconcile(replace(failed, disk={**failed.disk, "claims/left.json": NEW}))
    assert found.files() == []
    assert found.suites == ()


def test_an_unreadable_lockfile_stops_its_suite_but_not_by_force() -> None:
    wrong = Diagnostic(code="MG505", message="x", location=Location(path=LOCK_PATH))
    found = reconcile(snapshot(OLD, wrong))
    assert (found.files(), found.blocked) == ([], (wrong,))
    assert find_stale(found, "mock_outputs") == [wrong]
    forced = reconcile(snapshot(OLD, wrong, is_forced=True))
    assert (only(forced).action, forced.blocked) == (Action.UPDATE, ())


def test_a_lockfile_of_a_newer_contract_stops_its_suite() -> None:
    newer = replace(lock(), contract=CONTRACT + 1)
    found = reconcile(snapshot(OLD, newer))
    assert [one.code for one in found.blocked] == ["MG506"]
    assert found.files() == []
    older = replace(lock(), contract=CONTRACT - 1)
    assert reconcile(snapshot(OLD, older)).blocked == ()


def test_a_suite_that_is_not_part_of_the_run_is_not_looked_at() -> None:
    wrong = Diagnostic(code="MG505", message="x", location=Location(path="other/mockgen.lock"))
    base = snapshot(OLD, lock(OLD), is_whole_tree=False)
    found = reconcile(replace(base, locks={**base.locks, "other": wrong}))
    assert found.blocked == ()
    assert [suite.suite for suite in found.suites] == ["claims"]


def test_an_obstacle_is_refused_even_by_force_and_nothing_is_produced_for_it() -> None:
    for is_forced in (False, True):
        base = replace(snapshot(None, is_forced=is_forced), obstacles={PATH: "a folder"})
        file = only(reconcile(base))
        assert (file.action, file.reason) == (Action.REFUSE, Reason.OBSTACLE)
        assert not file.must_produce


@pytest.mark.parametrize(
    ("journal", "offer", "must_produce"),
    [
        ((), None, True),
        ((entry(NEW, path=OFFER),), NEW, False),
        ((entry(NEW, path=OFFER),), None, True),
        ((entry(NEW, "other key", path=OFFER),), NEW, True),
    ],
)
def test_a_refused_output_is_produced_once(
    journal: tuple[JournalEntry, ...], offer: str | None, must_produce: bool
) -> None:
    base = snapshot(HAND, lock(OLD, "k"), *journal, offer=offer)
    (file,) = reconcile(base).suites[0].outputs[0].files
    assert (file.action, file.must_produce) == (Action.REFUSE, must_produce)
    # Nor is its offer a stray as long as it is refused.
    assert reconcile(base).strays == ()


def test_an_offer_is_removed_when_its_output_is_right_again() -> None:
    base = snapshot(NEW, lock(NEW), entry(NEW, path=OFFER), offer=NEW)
    (stray,) = reconcile(base).strays
    assert (stray.path, stray.action, stray.reason) == (OFFER, Action.DELETE, Reason.SPENT)
    edited = replace(base, disk={**base.disk, OFFER: HAND})
    assert reconcile(edited).strays == ()


def test_an_output_that_is_not_selected_is_not_acted_on() -> None:
    rest = replace(OUTPUT, is_selected=False)
    found = reconcile(replace(snapshot(HAND, lock(OLD)), wanted=(wanted_suite(rest),)))
    assert found.files() == []


def test_a_file_that_moves_to_another_output_is_replaced_not_removed() -> None:
    taken = lock(OLD, path="Model_1/negative.json")
    output = wanted_output("negative")
    base = replace(
        snapshot(None, taken),
        wanted=(wanted_suite(output),),
        disk={"claims/Model_1/negative.json": OLD},
    )
    assert only(reconcile(base)).action is Action.UPDATE


CODES = [
    (snapshot(None), "MG503"),
    (snapshot(OLD, lock(OLD, "k")), "MG502"),
    (snapshot(HAND, lock(OLD)), "MG501"),
    (snapshot(HAND), "MG504"),
    (snapshot(OLD, lock(OLD), wanted=False), "MG507"),
    (snapshot(HAND, lock(OLD), wanted=False), "MG501"),
    (replace(snapshot(None), obstacles={PATH: "a folder"}), "MG504"),
]


@pytest.mark.parametrize(("base", "code"), CODES)
def test_each_finding_has_its_code_and_a_remedy(base: Snapshot, code: str) -> None:
    found = reconcile(base)
    (finding,) = find_stale(found, "mock_outputs")
    assert (finding.code, finding.location.path) == (code, f"mock_outputs/{PATH}")
    assert finding.hint


def test_a_fresh_tree_has_no_finding() -> None:
    assert find_stale(reconcile(snapshot(OLD, lock(OLD))), "mock_outputs") == []


@pytest.mark.parametrize(
    "locked",
    [
        replace(lock(OLD), inputs={}),
        replace(lock(OLD), complete=False),
        replace(lock(OLD), outputs={OUTPUT.name: with_file(lock(OLD), "Model_1/gone.json")}),
    ],
)
def test_a_lockfile_that_tells_of_something_else_is_out_of_date(locked: Lockfile) -> None:
    (finding,) = find_stale(reconcile(snapshot(OLD, locked)), "mock_outputs")
    assert (finding.code, finding.location.path) == ("MG502", f"mock_outputs/{LOCK_PATH}")


def test_a_refusal_names_the_file_with_the_new_content() -> None:
    file = only(reconcile(snapshot(HAND, lock(OLD))))
    told = describe_refusal(file, "mock_outputs", has_offer=True)
    assert "positive.json.mockgen-new" in told.hint
    assert "mockgen-new" not in describe_refusal(file, "mock_outputs", has_offer=False).hint
