"""Runs over a real folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError, StorageError
from mockgen_watch.lock.lockfile import JournalEntry, encode_entries, read_lockfile, write_lockfile
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.stat_cache import Stamp
from mockgen_watch.storage.transaction import apply
from tests.unit.lock.suites import (
    content,
    contents,
    files_of,
    key_of,
    producer,
    wanted_output,
    wanted_suite,
)
from tests.unit.storage.projects import Project, clean_run, files_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.lock.model import OutputAction

ONE = wanted_output("positive", "1")
MANY = wanted_output("negative", "1", layout=Layout.SPLIT)
SUITE = wanted_suite(ONE, MANY)
EDITED = wanted_suite(wanted_output("positive", "2"), MANY)
PATH = "claims/Model_1/positive.json"
OFFER = f"{PATH}.mockgen-new"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "project"
    path.mkdir()
    return Project(path=path)


@pytest.fixture
def made(project: Project) -> Project:
    project.run(SUITE)
    return project


def edit(project: Project, path: str = PATH, data: bytes = b"by hand") -> None:
    (project.outputs / path).write_bytes(data)


def test_the_first_run_makes_all_outputs_and_the_lockfile(project: Project) -> None:
    outcome = project.run(SUITE)
    files = project.files()
    assert files.pop("claims/mockgen.lock").startswith(b"{\n")
    assert files == files_of(ONE, MANY)
    assert outcome.paths(Action.CREATE) == sorted(files_of(ONE, MANY))
    assert outcome.committed == {"claims"}
    assert (outcome.failures, outcome.refusals, outcome.backups) == ((), (), ())
    assert project.journal() is None


def test_a_second_run_writes_nothing(made: Project) -> None:
    before = {path: path.stat() for path in made.path.rglob("*") if "mock_outputs" in path.parts}
    seen: list[str] = []
    outcome = made.run(SUITE, produce=producer(seen))
    assert seen == []
    assert set(outcome.paths(Action.KEEP)) == set(files_of(ONE, MANY))
    after = {path: path.stat() for path in made.path.rglob("*") if "mock_outputs" in path.parts}
    assert {path: one.st_ctime_ns for path, one in before.items()} == {
        path: one.st_ctime_ns for path, one in after.items()
    }


def test_a_change_touches_only_what_it_affects(made: Project, tmp_path: Path) -> None:
    other = made.outputs / next(iter(files_of(MANY)))
    before = Stamp.of(other.stat())
    seen: list[str] = []
    outcome = made.run(EDITED, produce=producer(seen))
    assert seen == ["Model_1/positive"]
    assert outcome.paths(Action.UPDATE) == [PATH]
    # To read it, as a look soon after it was written does, is no touch.
    assert Stamp.of(other.stat()) == before
    assert made.files() == clean_run(tmp_path / "clean", EDITED)


def test_a_new_key_with_the_same_bytes_moves_only_the_lockfile(made: Project) -> None:
    before = Stamp.of((made.outputs / PATH).stat())
    rekeyed = wanted_suite(replace(ONE, key=key_of("other")), MANY)

    def produce(_action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield PATH, iter((content(ONE, PATH),))

    outcome = made.run(rekeyed, produce=produce)
    assert outcome.paths(Action.UPDATE) == []
    assert Stamp.of((made.outputs / PATH).stat()) == before
    lock = read_lockfile((made.outputs / "claims/mockgen.lock").read_bytes(), "", "specs/claims")
    assert not isinstance(lock, Diagnostic)
    assert lock.outputs["Model_1/positive"].key == key_of("other")


def test_a_hand_edit_is_refused_and_the_new_content_put_beside(made: Project) -> None:
    edit(made)
    outcome = made.run(EDITED)
    (refusal,) = outcome.refusals
    assert (refusal.file.path, refusal.file.reason) == (PATH, Reason.EDITED)
    assert refusal.has_offer
    files = made.files()
    assert files[PATH] == b"by hand"
    assert files[OFFER] == content(EDITED.outputs[0], PATH)


def test_a_refusal_is_repeated_without_producing_and_without_writing(made: Project) -> None:
    edit(made)
    made.run(EDITED)
    before, journal = made.files(), made.journal()
    stamp = (Path(made.state.folder) / made.root.journal_name).stat()
    seen: list[str] = []
    outcome = made.run(EDITED, produce=producer(seen))
    assert seen == []
    assert [one.has_offer for one in outcome.refusals] == [True]
    assert (made.files(), made.journal()) == (before, journal)
    assert (Path(made.state.folder) / made.root.journal_name).stat() == stamp


def test_taking_the_edit_back_ends_the_refusal(made: Project, tmp_path: Path) -> None:
    edit(made)
    made.run(EDITED)
    edit(made, PATH, content(ONE, PATH))  # as git checkout would
    outcome = made.run(EDITED)
    assert outcome.refusals == ()
    assert made.files() == clean_run(tmp_path / "clean", EDITED)
    assert made.journal() is None


def test_taking_over_the_offer_ends_the_refusal(made: Project, tmp_path: Path) -> None:
    edit(made)
    made.run(EDITED)
    (made.outputs / OFFER).replace(made.outputs / PATH)
    seen: list[str] = []
    assert made.run(EDITED, produce=producer(seen)).refusals == ()
    assert seen == []
    assert made.files() == clean_run(tmp_path / "clean", EDITED)


def test_one_edited_file_of_a_split_output_holds_up_only_itself(
    made: Project, tmp_path: Path
) -> None:
    first, second, _ = files_of(MANY)
    edit(made, first)
    changed = wanted_suite(ONE, wanted_output("negative", "2", layout=Layout.SPLIT))
    made.run(changed)
    assert made.files()[first] == b"by hand"
    assert made.files()[second] == content(changed.outputs[1], second)
    seen: list[str] = []
    made.run(changed, produce=producer(seen))
    assert seen == []
    edit(made, first, content(MANY, first))
    made.run(changed)
    assert made.files() == clean_run(tmp_path / "clean", changed)


def test_a_file_that_nobody_owns_is_never_touched(project: Project) -> None:
    (project.outputs / "claims/Model_1").mkdir(parents=True)
    edit(project)
    edit(project, "claims/Model_1/notes.txt", b"mine")
    outcome = project.run(SUITE)
    assert [one.file.reason for one in outcome.refusals] == [Reason.UNOWNED]
    project.run()
    files = project.files()
    assert (files[PATH], files["claims/Model_1/notes.txt"]) == (b"by hand", b"mine")


def test_a_file_in_the_way_that_is_right_already_is_taken_over(
    made: Project, tmp_path: Path
) -> None:
    (made.outputs / "claims/mockgen.lock").unlink()
    outcome = made.run(SUITE)
    assert outcome.refusals == ()
    assert set(outcome.paths(Action.KEEP)) == set(files_of(ONE, MANY))
    assert made.files() == clean_run(tmp_path / "clean", SUITE)


def test_an_offer_that_is_not_ours_is_left_alone(made: Project) -> None:
    edit(made)
    edit(made, OFFER, b"mine, too")
    outcome = made.run(EDITED)
    assert [one.has_offer for one in outcome.refusals] == [False]
    assert made.files()[OFFER] == b"mine, too"
    edit(made, PATH, content(ONE, PATH))
    made.run(EDITED)
    assert made.files()[OFFER] == b"mine, too"


def test_an_offer_is_replaced_when_the_spec_moves_on(made: Project) -> None:
    edit(made)
    made.run(EDITED)
    third = wanted_suite(wanted_output("positive", "3"), MANY)
    made.run(third)
    assert made.files()[OFFER] == content(third.outputs[0], PATH)


def test_a_spent_offer_goes_in_the_run_that_finds_the_output_right(
    made: Project, tmp_path: Path
) -> None:
    edit(made)
    made.run(EDITED)
    third = wanted_suite(wanted_output("positive", "3"), MANY)
    # By chance, or from another branch, the file already is what the next spec wants.
    edit(made, PATH, content(third.outputs[0], PATH))
    assert made.run(third).refusals == ()
    assert made.files() == clean_run(tmp_path / "clean", third)


def test_force_replaces_after_a_backup(made: Project, tmp_path: Path) -> None:
    edit(made)
    outcome = made.run(EDITED, is_forced=True)
    (backup,) = outcome.backups
    assert (backup.path, backup.size) == (PATH, 7)
    assert (
        Path(made.state.folder) / "backups" / backup.number / "bytes"
    ).read_bytes() == b"by hand"
    assert made.files() == clean_run(tmp_path / "clean", EDITED)


def test_force_makes_no_backup_of_what_is_ours(made: Project) -> None:
    assert made.run(EDITED, is_forced=True).backups == ()


def test_what_is_no_longer_wanted_goes_with_its_folders(made: Project, tmp_path: Path) -> None:
    left = wanted_suite(ONE)
    outcome = made.run(left)
    assert outcome.paths(Action.DELETE) == sorted(files_of(MANY))
    assert made.files() == clean_run(tmp_path / "clean", left)
    assert not (made.outputs / "claims/Model_1/negative").exists()
    made.run()
    assert list(made.outputs.iterdir()) == []


def test_an_edited_file_that_is_no_longer_wanted_stays_and_stays_owned(made: Project) -> None:
    edit(made)
    for _ in range(2):
        outcome = made.run()
        assert [one.file.reason for one in outcome.refusals] == [Reason.EDITED_UNWANTED]
        assert set(made.files()) == {PATH, "claims/mockgen.lock"}
    assert [one.path for one in made.run(is_forced=True).backups] == [PATH]
    assert made.files() == {}


def test_a_part_of_the_tree_removes_nothing(made: Project) -> None:
    before = made.files()
    made.run(wanted_suite(ONE), is_whole_tree=False)
    files = made.files()
    assert files.keys() == before.keys()
    made.run(SUITE)
    assert made.files() == before


def test_a_failed_suite_keeps_its_last_good_outputs(made: Project) -> None:
    before = made.files()
    other = wanted_suite(wanted_output(suite="other"), suite="other")
    made.run(wanted_suite(has_failed=True), other)
    assert {path: made.files()[path] for path in before} == before
    assert "other/mockgen.lock" in made.files()


def test_a_file_can_become_a_folder_and_back(project: Project, tmp_path: Path) -> None:
    whole = wanted_output("x", model="M", suite="a")
    inner = wanted_output("x", model="y", suite="a/M/x.json")
    first, second = wanted_suite(whole, suite="a"), wanted_suite(inner, suite="a/M/x.json")
    project.run(first)
    for number, suite in enumerate((second, first)):
        assert project.run(suite).has_moved
        assert not project.run(suite).has_moved
        assert project.files() == clean_run(tmp_path / f"clean{number}", suite)


def test_a_renamed_suite_takes_its_outputs_along(made: Project, tmp_path: Path) -> None:
    renamed = wanted_suite(wanted_output(suite="fresh"), suite="fresh")
    made.run(renamed)
    assert made.files() == clean_run(tmp_path / "clean", renamed)


def test_bytes_of_a_run_that_was_cut_short_are_ours(made: Project, tmp_path: Path) -> None:
    changed = EDITED.outputs[0]
    edit(made, PATH, content(changed, PATH))
    entry = JournalEntry(
        suite="claims",
        path=PATH,
        digest=key_of(content(changed, PATH).decode()),
        key=changed.key,
    )
    made.state.write(made.root.journal_name, encode_entries([entry]) + b"torn li")
    seen: list[str] = []
    outcome = made.run(EDITED, produce=producer(seen))
    assert (seen, outcome.refusals) == ([], ())
    assert made.files() == clean_run(tmp_path / "clean", EDITED)
    assert made.journal() is None


def test_a_broken_lockfile_stops_its_suite_and_no_other(made: Project) -> None:
    (made.outputs / "claims/mockgen.lock").write_bytes(b"<<<<<<< HEAD\n")
    other = wanted_suite(wanted_output(suite="other"), suite="other")
    before = made.files()
    outcome = made.run(EDITED, other)
    assert outcome.committed == {"other"}
    assert {path: made.files()[path] for path in before} == before


def test_force_replaces_a_broken_lockfile_after_a_backup(made: Project, tmp_path: Path) -> None:
    (made.outputs / "claims/mockgen.lock").write_bytes(b"broken")
    outcome = made.run(EDITED, is_forced=True)
    assert "claims/mockgen.lock" in {one.path for one in outcome.backups}
    assert made.files() == clean_run(tmp_path / "clean", EDITED)


def test_an_edit_between_the_look_and_the_write_is_not_lost(made: Project) -> None:
    tree, found = made.look([EDITED])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        edit(made)
        yield from producer()(action)

    outcome = apply(found, tree, contents(found, produce))
    assert made.files()[PATH] == b"by hand"
    assert made.files()[OFFER] == content(EDITED.outputs[0], PATH)
    assert [one.file.path for one in outcome.refusals] == [PATH]
    assert [one.file.path for one in made.run(EDITED).refusals] == [PATH]


def test_no_temporary_file_stays_when_edit_and_offer_are_both_in_the_way(made: Project) -> None:
    edit(made, OFFER, b"mine, too")
    tree, found = made.look([EDITED])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        edit(made)
        yield from producer()(action)

    outcome = apply(found, tree, contents(found, produce))
    assert [one.has_offer for one in outcome.refusals] == [False]
    files = made.files()
    assert (files[PATH], files[OFFER]) == (b"by hand", b"mine, too")
    assert set(files) == {*files_of(ONE, MANY), OFFER, "claims/mockgen.lock"}


def test_an_offer_that_somebody_makes_meanwhile_is_left_alone(made: Project) -> None:
    edit(made)
    tree, found = made.look([EDITED])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        edit(made, OFFER, b"mine, too")
        yield from producer()(action)

    outcome = apply(found, tree, contents(found, produce))
    assert [one.has_offer for one in outcome.refusals] == [False]
    assert set(made.files()) == {*files_of(ONE, MANY), OFFER, "claims/mockgen.lock"}
    assert made.files()[OFFER] == b"mine, too"


def test_an_edit_of_the_same_size_and_mtime_is_not_lost(made: Project) -> None:
    path = made.outputs / PATH
    os.utime(path, ns=(10**18, 10**18))
    made.run(SUITE)
    edit(made, PATH, path.read_bytes().swapcase())
    os.utime(path, ns=(10**18, 10**18))
    assert [one.file.path for one in made.run(EDITED).refusals] == [PATH]


def test_a_file_that_appears_while_it_is_made_is_not_lost(project: Project) -> None:
    tree, found = project.look([SUITE])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        for path, chunks in producer()(action):
            (project.outputs / path).parent.mkdir(parents=True, exist_ok=True)
            edit(project, path)
            yield path, chunks

    outcome = apply(found, tree, contents(found, produce))
    assert {one.file.path for one in outcome.refusals} == set(files_of(ONE, MANY))
    assert all(project.files()[path] == b"by hand" for path in files_of(ONE, MANY))


def test_a_file_that_goes_while_it_is_made_is_made(made: Project, tmp_path: Path) -> None:
    tree, found = made.look([EDITED])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        (made.outputs / PATH).unlink()
        yield from producer()(action)

    assert apply(found, tree, contents(found, produce)).failures == ()
    assert made.files() == clean_run(tmp_path / "clean", EDITED)


def test_an_edit_just_before_a_removal_is_not_lost(made: Project) -> None:
    tree, found = made.look([])
    edit(made)
    outcome = apply(found, tree, contents(found, producer()))
    assert [one.file.path for one in outcome.refusals] == [PATH]
    assert set(made.files()) == {PATH, "claims/mockgen.lock"}


def test_a_lockfile_that_git_replaced_meanwhile_stays_and_the_run_is_done_again(
    made: Project, tmp_path: Path
) -> None:
    third = wanted_suite(wanted_output("positive", "3"), MANY)
    branch = clean_run(tmp_path / "branch", third)
    tree, found = made.look([EDITED])

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        edit(made, "claims/mockgen.lock", branch["claims/mockgen.lock"])
        yield from producer()(action)

    outcome = apply(found, tree, contents(found, produce))
    assert outcome.has_moved
    assert outcome.committed == frozenset()
    assert made.files()["claims/mockgen.lock"] == branch["claims/mockgen.lock"]
    assert made.run(third).refusals == ()
    assert made.files() == branch


def test_an_output_folder_that_was_replaced_meanwhile_is_noticed(made: Project) -> None:
    tree, found = made.look([EDITED])

    def chunks() -> Iterator[bytes]:
        yield b"new"
        made.outputs.rename(made.path / "moved")
        made.outputs.mkdir()

    def produce(_action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield PATH, chunks()

    assert apply(found, tree, contents(found, produce)).has_moved
    made.run(EDITED)
    assert made.run(EDITED).refusals == ()


def test_a_removed_output_folder_is_made_again(made: Project) -> None:
    before = made.files()
    for path in sorted(made.outputs.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    made.outputs.rmdir()
    made.run(SUITE)
    assert made.files() == before


def test_an_output_that_cannot_be_made_keeps_its_bytes_and_stops_no_other(made: Project) -> None:
    before = made.files()
    changed = wanted_suite(*(replace(one, key=key_of(f"new {one.name}")) for one in SUITE.outputs))

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        if action.output.scenario == "negative":
            place = Location(path="specs/claims/user_input.yaml")
            raise FindingsError([Diagnostic(code="MG603", message="x", location=place)])
        yield from producer()(action)

    outcome = made.run(changed, produce=produce)
    assert [type(one.error) for one in outcome.failures] == [FindingsError]
    assert outcome.failures[0].path == min(files_of(MANY))
    assert outcome.paths(Action.UPDATE) == [PATH]
    for path in files_of(MANY):
        assert made.files()[path] == before[path]
    lock = read_lockfile(made.files()["claims/mockgen.lock"], "", "specs/claims")
    assert not isinstance(lock, Diagnostic)
    assert not lock.complete
    assert lock.outputs["Model_1/negative"].key == MANY.key


def test_a_producer_that_forgets_a_file_is_a_defect(project: Project) -> None:
    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield from list(producer()(action))[:1]

    with pytest.raises(ValueError, match="no bytes were produced"):
        project.run(SUITE, produce=produce)


def test_a_defect_of_the_producer_leaves_no_temporary_file(made: Project) -> None:
    before = made.files()

    def produce(_action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield PATH, iter((b"x" * 3_000_000, None))  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        made.run(EDITED, produce=produce)
    assert made.files() == before


def test_a_run_can_be_stopped_between_files(project: Project, tmp_path: Path) -> None:
    outcome = project.run(SUITE, should_stop=lambda: True)
    assert (outcome.is_stopped, outcome.settled) == (True, {})
    calls = iter((False, False, True, True))
    outcome = project.run(SUITE, should_stop=lambda: next(calls))
    assert outcome.is_stopped
    assert 0 < len(outcome.paths(Action.CREATE)) < len(files_of(ONE, MANY))
    seen: list[str] = []
    outcome = project.run(SUITE, produce=producer(seen))
    assert not outcome.is_stopped
    assert project.files() == clean_run(tmp_path / "clean", SUITE)


def test_large_outputs_go_through_in_blocks(project: Project) -> None:
    blocks = [bytes([number]) * 700_000 for number in range(5)]

    def produce(_action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        yield PATH, iter(blocks)

    for _ in range(2):
        project.run(wanted_suite(ONE), produce=produce)
        assert project.files()[PATH] == b"".join(blocks)


def test_many_files_are_written_in_several_groups(project: Project) -> None:
    many = wanted_output("negative", layout=Layout.SPLIT, records=150)
    project.run(wanted_suite(many))
    files = project.files()
    files.pop("claims/mockgen.lock")
    assert files == files_of(many)


def test_permissions_of_an_output_are_kept(made: Project) -> None:
    (made.outputs / PATH).chmod(0o640)
    made.run(EDITED)
    assert stat.S_IMODE((made.outputs / PATH).stat().st_mode) == 0o640


def test_a_lockfile_in_another_hand_is_written_again(made: Project) -> None:
    path = made.outputs / "claims/mockgen.lock"
    before = path.read_bytes()
    path.write_bytes(before.replace(b"\n", b"\r\n"))
    made.run(SUITE)
    assert path.read_bytes() == before


def test_temporary_files_of_a_kill_are_removed(made: Project) -> None:
    before = made.files()
    folder = made.outputs / "claims/Model_1"
    (folder / ".mockgen-1-2.tmp").write_bytes(b"half of a fi")
    (folder / ".mockgen-1-3.old").write_bytes(before[PATH])
    (folder / ".mockgen-1-4.old").write_bytes(before["claims/mockgen.lock"])
    (Path(made.state.folder) / ".mockgen-1-5.tmp").write_bytes(b"x")
    (Path(made.state.folder) / "backups/000007").mkdir(parents=True)
    (Path(made.state.folder) / "backups/000007/bytes").write_bytes(b"cut short")
    assert made.run(SUITE).backups == ()
    assert made.files() == before
    assert not [
        name for name in files_in(Path(made.state.folder)) if "mockgen-" in name or "0007" in name
    ]


def test_an_edit_that_a_kill_left_swapped_out_becomes_a_backup(made: Project) -> None:
    left = "claims/Model_1/.mockgen-1-3.old"
    edit(made, left)
    (backup,) = made.run(SUITE).backups
    assert backup.path == left
    assert (
        Path(made.state.folder) / "backups" / backup.number / "bytes"
    ).read_bytes() == b"by hand"
    assert left not in made.files()


def test_a_journal_that_cannot_be_written_stops_the_run_before_any_file(made: Project) -> None:
    before = made.files()
    tree, found = made.look([EDITED])
    (Path(made.state.folder) / made.root.journal_name).mkdir()
    with pytest.raises(StorageError) as caught:
        apply(found, tree, contents(found, producer()))
    assert caught.value.errno_name == "EISDIR"
    assert made.files() == before


def test_lockfiles_of_two_suites_that_own_one_path(project: Project, tmp_path: Path) -> None:
    # A lockfile in a repository is anybody's text: what both own is settled once.
    project.run(wanted_suite(ONE))
    lock = read_lockfile(project.files()["claims/mockgen.lock"], "", "specs/claims")
    assert not isinstance(lock, Diagnostic)
    output = lock.outputs["Model_1/positive"]
    other = replace(
        lock,
        outputs={
            output.name: replace(
                output, files={f"claims/{path}": one for path, one in output.files.items()}
            )
        },
    )
    (project.outputs / "mockgen.lock").write_bytes(write_lockfile(other, "specs"))
    project.run(EDITED)
    assert project.files() == clean_run(tmp_path / "clean", EDITED)
    (project.outputs / "mockgen.lock").write_bytes(write_lockfile(other, "specs"))
    assert project.run().failures == ()
    assert PATH not in project.files()
