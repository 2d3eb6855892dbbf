"""However a file comes to be another one, the output follows, and an event told of it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.watch.world import spec, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.watch.world import World


def vim(path: Path, text: str) -> None:
    """Vim with ``backupcopy=auto``: tries the folder, sets the old file aside, writes anew."""
    swap, probe = path.with_name(f".{path.name}.swp"), path.with_name("4913")
    backup = path.with_name(f"{path.name}~")
    swap.write_bytes(b"b0VIM 9.0")
    probe.touch()
    probe.unlink()
    path.rename(backup)
    with path.open("w") as file:
        file.write(text)
        os.fsync(file.fileno())
    backup.unlink()
    swap.unlink()


def emacs(path: Path, text: str) -> None:
    """Emacs: a lock that links to nowhere, a backup by rename, a new file, an auto-save gone."""
    lock, auto = path.with_name(f".#{path.name}"), path.with_name(f"#{path.name}#")
    lock.symlink_to("user@host.1234:1700000000")
    auto.write_text(text)
    path.rename(path.with_name(f"{path.name}~"))
    path.write_text(text)
    auto.unlink()
    lock.unlink()


def vs_code(path: Path, text: str) -> None:
    """VS Code: truncates the file and writes into it, in place."""
    with path.open("r+") as file:
        file.truncate(0)
        file.write(text)


def jetbrains(path: Path, text: str) -> None:
    """JetBrains: a new file aside, the old one out of the way, the new one in, the old one gone."""
    new, old = (
        path.with_name(f"{path.name}___jb_tmp___"),
        path.with_name(f"{path.name}___jb_old___"),
    )
    new.write_text(text)
    path.rename(old)
    new.rename(path)
    old.unlink()


def atomic(path: Path, text: str) -> None:
    """Write aside and replace, as most tools do."""
    aside = path.with_name(f".{path.name}.tmp")
    aside.write_text(text)
    aside.replace(path)


def truncate_with_the_old_time(path: Path, text: str) -> None:
    """Same size and same time as before: only what the kernel itself notes tells."""
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def delete_and_write(path: Path, text: str) -> None:
    """Git and many editors: unlink, then create."""
    path.unlink()
    path.write_text(text)


def link_over(path: Path, text: str) -> None:
    """A hard link to a file elsewhere takes the place."""
    other = path.parents[2] / "elsewhere.txt"
    other.write_text(text)
    path.unlink()
    os.link(other, path)
    other.unlink()


@pytest.mark.parametrize(
    "save",
    [
        vim,
        emacs,
        vs_code,
        jetbrains,
        atomic,
        truncate_with_the_old_time,
        delete_and_write,
        link_over,
    ],
)
def test_a_save_is_noticed_by_its_events(watched: World, save: Callable[[Path, str], None]) -> None:
    suite = save.__name__
    path = watched.write(suite, "before")
    until(lambda: watched.shows(suite, "before"))
    watched.sync()
    save(path, spec("behind"))
    until(lambda: watched.shows(suite, "behind"))
    watched.sync()
    watched.assert_clean()
    assert watched.status()["missed_events"] == 0


def test_a_half_written_file_keeps_the_last_good_output(watched: World) -> None:
    path = watched.write("half", "good")
    watched.sync()
    whole = spec("better")
    with path.open("w") as file:
        file.write(whole[:12] + ": [")
        file.flush()
        answer = watched.sync()
        assert answer["failed_suites"] == ["half"]
        assert watched.shows("half", "good")
        file.seek(0)
        file.truncate()
        file.write(whole)
    until(lambda: watched.shows("half", "better"))
    assert watched.sync()["errors"] == 0
    watched.assert_clean()


def test_a_wrong_spec_is_told_once_and_recovers_by_itself(watched: World) -> None:
    path = watched.write("wrong", "good")
    watched.sync()
    path.write_text("Order: {id: {$nope: 1}}\n")
    watched.sync()
    watched.write("other", "other")
    until(lambda: watched.shows("other", "other"))
    watched.sync()
    assert watched.shows("wrong", "good")
    told = [line for line in watched.said().splitlines() if "$nope" in line]
    assert len(told) == 1
    path.write_text(spec("mended"))
    until(lambda: watched.shows("wrong", "mended"))
    assert watched.sync()["errors"] == 0


def test_a_folder_moved_in_and_out_comes_and_goes(watched: World) -> None:
    outside = watched.root / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "inner" / "user_input.yaml").write_text(spec("first"))
    outside.rename(watched.specs / "moved")
    until(lambda: watched.shows("moved/inner", "first"))
    # The watch must be on the folder that came, not only on the one it came to.
    watched.write("moved/inner", "second")
    until(lambda: watched.shows("moved/inner", "second"))
    (watched.specs / "moved").rename(outside)
    until(lambda: not watched.output("moved/inner").exists())
    watched.sync()
    watched.assert_clean()
    shutil.rmtree(outside)


def test_a_renamed_folder_is_followed(watched: World) -> None:
    watched.write("name_one", "value")
    until(lambda: watched.shows("name_one", "value"))
    (watched.specs / "name_one").rename(watched.specs / "name_two")
    until(lambda: watched.shows("name_two", "value"))
    until(lambda: not watched.output("name_one").exists())
    watched.write("name_two", "again")
    until(lambda: watched.shows("name_two", "again"))
    watched.sync()
    watched.assert_clean()


def test_a_linked_spec_follows_its_target(watched: World) -> None:
    target = watched.root / "shared.yaml"
    target.write_text(spec("linked"))
    (watched.specs / "link").mkdir()
    (watched.specs / "link" / "user_input.yaml").symlink_to(target)
    until(lambda: watched.shows("link", "linked"))
    missed = watched.status()["missed_events"]
    target.write_text(spec("changed"))
    until(lambda: watched.shows("link", "changed"))
    # No event can tell of a file outside of specs/, so that this one is not held against them.
    assert watched.status()["missed_events"] == missed
    shutil.rmtree(watched.specs / "link")
    watched.sync()


def test_a_master_that_appears_changes_every_suite_below_it(watched: World) -> None:
    watched.write("chain/leaf", "leaf")
    until(lambda: watched.shows("chain/leaf", "leaf"))
    master = watched.specs / "chain" / "master.yaml"
    master.write_text("Slot:\n  from_master: [yes_it_is]\n")
    until(lambda: watched.shows("chain/leaf", "yes_it_is"))
    master.unlink()
    until(lambda: not watched.shows("chain/leaf", "yes_it_is"))
    watched.sync()
    watched.assert_clean()


def test_deleted_outputs_come_back(watched: World) -> None:
    watched.sync()
    shutil.rmtree(watched.root / "mock_outputs")
    until(lambda: watched.shows("a", "a") and watched.shows("b", "b"))
    watched.sync()
    watched.assert_clean()


def test_a_single_deleted_output_comes_back_without_an_event(watched: World) -> None:
    watched.sync()
    watched.output("a").unlink()
    until(lambda: watched.shows("a", "a"))
    watched.sync()
    watched.assert_clean()


def test_specs_deleted_and_made_again_are_watched_again(watched: World) -> None:
    watched.sync()
    # At once: file by file, a batch may rightly see a spec gone from a folder that still stands.
    aside = watched.specs.with_name("aside")
    watched.specs.rename(aside)
    shutil.rmtree(aside)
    answer = watched.sync()
    assert "no folder specs/" in str(answer["error"])
    assert watched.shows("a", "a"), "outputs went with a folder that a checkout may bring back"
    watched.write("a", "anew")
    until(lambda: watched.shows("a", "anew"))
    watched.write("a", "later")
    until(lambda: watched.shows("a", "later"))
    watched.sync()
    watched.assert_clean()
    assert watched.status()["missed_events"] == 0


def test_a_hand_edit_is_kept_and_told(watched: World) -> None:
    watched.write("hand", "made")
    watched.sync()
    output = watched.output("hand")
    output.write_text("mine\n")
    watched.write("hand", "other")
    answer = watched.sync()
    assert output.read_text() == "mine\n"
    assert answer["errors"] == 1
    assert "MG501" in str(answer["diagnostics"])
    output.unlink()
    until(lambda: watched.shows("hand", "other"))
    assert watched.sync()["errors"] == 0
    watched.assert_clean()
