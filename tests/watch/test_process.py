"""A daemon as a process of its own: signals, kills, limits of the system, and Git."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.watch.world import PATIENCE, PROGRAM, files_in, git, spec, until

if TYPE_CHECKING:
    from tests.watch.world import World

PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
HOOK = """\
import json, pathlib, subprocess, sys
# Ends only when the daemon has noticed that files moved, and that it has to wait.
for _ in range(1000):
    said = subprocess.run([{program!r}, "status", "--json"], capture_output=True, text=True)
    if json.loads(said.stdout).get("waits_for_git"):
        sys.exit(0)
sys.exit("the daemon did not wait")
"""


def can_unshare(*words: str) -> bool:
    """Tell whether this system lets a test have limits of its own."""
    done = subprocess.run(["unshare", "-U", "-r", *words], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(world: World, number: signal.Signals) -> None:
    world.start()
    assert world.end(number) == 0
    world.assert_clean()
    assert '"watch.stopped"' in world.said()


ENDLESS = """\
$count: 1000000000000
Order:
  $output: {format: ndjson}
  id: {$sequence: {start: 1}}
  lines: {$array: [1, 99], $items: {$integer: [1, 9]}}
"""


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "stop"])
def test_it_ends_while_it_makes_a_file_without_end(world: World, how: str) -> None:
    world.start()
    assert world.process is not None
    (world.specs / "a" / "user_input.yaml").write_text(ENDLESS)
    until(lambda: any(path.stat().st_size > 1_000_000 for path in unfinished(world)))
    if how == "stop":
        world.run("stop")
        assert world.process.wait(60) == 0
    else:
        assert world.end(signal.Signals[how]) == 0
    assert '"watch.stopped"' in world.said()
    world.process = None
    world.write("a", "short again")
    world.start()
    assert world.sync()["errors"] == 0
    assert world.shows("a", "short again")
    world.run("stop")
    world.assert_clean()


def unfinished(world: World) -> list[Path]:
    """Return the files that are being written."""
    return [path for path in Path(world.state.folder).rglob(".mockgen-*") if path.is_file()]


def test_sighup_reads_everything_again(world: World) -> None:
    world.start()
    assert world.process is not None
    before = world.status()["batches"]
    world.process.send_signal(signal.SIGHUP)
    until(lambda: world.status()["batches"] != before)
    assert '"signal"' in world.said()


def test_only_one_daemon_watches_a_project(world: World) -> None:
    world.start()
    assert "is already running here" in world.run("watch", code=1)
    world.write("a", "still")
    assert world.sync()["errors"] == 0
    assert world.shows("a", "still")


def test_commands_speak_to_it(world: World) -> None:
    world.run("status", code=1)
    world.run("sync", code=1)
    world.run("stop")
    world.start()
    assert "by events" in world.run("status")
    world.write("a", "saved")
    world.run("sync")
    assert world.shows("a", "saved")
    (world.specs / "a" / "user_input.yaml").write_text("Order: {id: {$nope: 1}}\n")
    assert "MG201" in world.run("sync", code=1)
    world.run("stop")
    world.run("status", code=1)


def test_once_brings_everything_up_to_date_and_ends(world: World) -> None:
    world.run("watch", "--once")
    world.assert_clean()
    world.write("a", "mended")
    (world.specs / "b" / "user_input.yaml").write_text("Order: {id: {$nope: 1}}\n")
    world.run("watch", "--once", code=1)
    assert world.shows("a", "mended")


def test_the_project_file_is_read_again_and_switches_debugging_on(world: World) -> None:
    world.start()
    log = Path(world.state.folder) / "daemon" / "watch.log"
    assert '"level": "debug"' not in log.read_text()
    (world.specs / "mockgen.yaml").write_text("log: {level: debug}\noutputs: made\n")
    world.sync()
    world.write("a", "detail")
    world.sync()
    assert '"level": "debug"' in log.read_text()
    assert '"detail"' in (world.root / "made/a/Order/base.json").read_text()


def test_after_kills_the_next_daemon_makes_it_right(world: World) -> None:
    for number in range(3):
        for suite in ("a", "b", "c", "d"):
            world.write(suite, f"{suite}{number}")
        world.start((PROGRAM, "watch"))
        # Changes that the daemon is killed over, at whatever it does with them.
        for suite in ("a", "c"):
            world.write(suite, f"{suite}{number}x")
        if number == 1:
            until(lambda: world.shows("a", "a1x"))
        world.kill()
        shutil.rmtree(world.specs / "d")
    world.start()
    assert world.sync()["errors"] == 0
    world.assert_clean()


@pytest.mark.skipif(
    not can_unshare("sh", "-c", "echo 500 > /proc/sys/user/max_inotify_watches"),
    reason="no user namespaces here",
)
def test_where_folders_cannot_all_be_watched_it_polls(world: World) -> None:
    script = 'echo 12 > /proc/sys/user/max_inotify_watches; exec "$0" watch'
    world.start(("unshare", "-U", "-r", "sh", "-c", script, PROGRAM))
    status = world.status()
    assert (status["mode"], status["mode_reason"]) == ("polling", "watch limit")
    world.write("a", "polled")
    until(lambda: world.shows("a", "polled"))
    assert '"watch.polling"' in world.said()


@pytest.mark.skipif(not QUEUE.is_file(), reason="no inotify here")
def test_a_change_that_the_overflowing_queue_of_the_kernel_lost_is_found(world: World) -> None:
    world.start()
    assert world.process is not None
    room = int(QUEUE.read_text())
    ends = [world.specs / "a" / name for name in ("burst.one", "burst.two")]
    ends[0].touch()
    before = world.status()
    # The reader sleeps, so that the kernel keeps events until there is no room for more.
    world.process.send_signal(signal.SIGSTOP)
    for _ in range(room // 4 + 100):
        ends[0].rename(ends[1])
        ends[1].rename(ends[0])
    world.write("a", "lost")
    world.process.send_signal(signal.SIGCONT)
    until(lambda: world.shows("a", "lost"))
    until(lambda: world.status()["missed_events"] != before["missed_events"])
    after = world.status()
    assert (after["missed_events"], after["observer_rebuilt"], after["mode"]) == (1, 1, "events")
    assert '"watch.missed_event"' in world.said()
    world.assert_clean()
    # The new observer tells of the next change.
    world.write("a", "told")
    until(lambda: world.shows("a", "told"))
    assert world.status()["missed_events"] == 1


@pytest.mark.skipif(
    not can_unshare("-m", "mount", "-t", "tmpfs", "none", "/mnt"), reason="no mounts here"
)
def test_a_full_disk_stops_nothing_and_is_made_good(world: World) -> None:
    outputs = world.root / "mock_outputs"
    outputs.mkdir()
    script = 'mount -t tmpfs -o size=64k none mock_outputs; exec "$0" watch'
    world.start(("unshare", "-U", "-r", "-m", "sh", "-c", script, PROGRAM))
    assert world.process is not None
    inside = Path(f"/proc/{world.process.pid}/root{outputs}")
    path = world.specs / "big" / "user_input.yaml"
    path.parent.mkdir()
    path.write_text(spec("x" * 60, count=5000))
    assert world.sync()["errors"]
    assert not (inside / "big/Order/base.json").exists()
    assert "ENOSPC" in world.said()
    world.write("a", "small")
    world.sync()
    assert '"small"' in (inside / "a/Order/base.json").read_text()
    path.write_text(spec("y"))
    until((inside / "big/Order/base.json").exists)
    assert world.sync()["errors"] == 0


def test_a_checkout_is_one_batch(world: World) -> None:
    for number in range(60):
        world.write(f"many/s{number:03}", f"one{number}")
    git(world.root, "add", "specs")
    git(world.root, "commit", "-q", "-m", "one")
    git(world.root, "checkout", "-q", "-b", "other")
    for number in range(60):
        world.write(f"many/s{number:03}", f"two{number}")
    git(world.root, "commit", "-q", "-a", "-m", "two")
    world.start()
    before = world.status()["batches"]
    git(world.root, "checkout", "-q", "main")
    until(lambda: world.shows("many/s059", "one59"))
    world.sync()
    assert world.status()["batches"] == int(str(before)) + 1
    world.assert_clean()


def test_checkout_stash_and_rebase_leave_it_right(world: World) -> None:
    git(world.root, "add", "specs")
    git(world.root, "commit", "-q", "-m", "one")
    world.start()
    git(world.root, "checkout", "-q", "-b", "topic")
    world.write("a", "topic")
    git(world.root, "commit", "-q", "-a", "-m", "topic")
    git(world.root, "checkout", "-q", "main")
    world.write("b", "main")
    git(world.root, "commit", "-q", "-a", "-m", "main")
    world.sync()
    world.assert_clean()
    git(world.root, "checkout", "-q", "topic")
    git(world.root, "rebase", "-q", "main")
    world.sync()
    assert world.shows("a", "topic")
    assert world.shows("b", "main")
    world.write("b", "stashed")
    git(world.root, "stash", "push", "-q", "--", "specs")
    world.sync()
    assert world.shows("b", "main")
    git(world.root, "stash", "pop", "-q")
    world.sync()
    assert world.shows("b", "stashed")
    world.assert_clean()


@pytest.mark.skipif(not PRE_COMMIT.exists(), reason="pre-commit is not installed")
def test_an_unrelated_hook_passes_while_specs_have_unstaged_edits(world: World) -> None:
    hook = world.root / "hook.py"
    hook.write_text(HOOK.format(program=str(PROGRAM)))
    entry = json.dumps(f"{sys.executable} {hook}")
    (world.root / ".pre-commit-config.yaml").write_text(
        "repos:\n- repo: local\n  hooks:\n  - {id: h, name: h, language: system, always_run: true, "
        f"pass_filenames: false, entry: {entry}}}\n"
    )
    world.start()
    world.sync()
    git(world.root, "add", ".")
    git(world.root, "commit", "-q", "-m", "one")
    world.write("a", "unstaged")
    world.sync()
    (world.root / "notes.txt").write_text("unrelated\n")
    git(world.root, "add", "notes.txt")
    install = world.root / ".git" / "hooks" / "pre-commit"
    install.write_text(f"#!/bin/sh\nexec {PRE_COMMIT} run\n")
    install.chmod(0o755)
    os.environ["PRE_COMMIT_HOME"] = str(world.root.parent / "pre-commit")
    try:
        git(world.root, "commit", "-q", "-m", "unrelated")
    finally:
        del os.environ["PRE_COMMIT_HOME"]
    world.sync()
    assert world.shows("a", "unstaged")
    assert git(world.root, "log", "--format=%s", "-1") == "unrelated\n"
    world.assert_clean()


def test_ten_folders_of_a_burst_are_all_made(world: World) -> None:
    world.start()
    for number in range(80):
        world.write(f"burst/{number % 10}/s{number}", f"v{number}")
    world.sync()
    assert len(files_in(world.root / "mock_outputs/burst")) == 160
    world.assert_clean()


def started(world: World) -> subprocess.Popen[bytes]:
    """Return the process of a daemon that was started."""
    world.start()
    assert world.process is not None
    return world.process


def test_a_project_that_is_cloned_again_gets_a_daemon_of_its_own(world: World) -> None:
    first = started(world)
    specs = world.root.with_name("specs")
    shutil.copytree(world.specs, specs)
    # In one step: what a daemon writes meanwhile would be in the way.
    world.root.rename(world.root.with_name("removed"))
    shutil.rmtree(world.root.with_name("removed"))
    assert first.wait(PATIENCE) == 1
    assert "the project was removed or replaced" in world.said()
    assert not world.root.exists()
    world.root.mkdir()
    git(world.root, "init", "-q")
    shutil.copytree(specs, world.specs)
    world.start()
    world.assert_clean()


def test_a_daemon_ends_when_another_folder_takes_the_place_of_its_project(world: World) -> None:
    first = started(world)
    other = world.root.with_name("other")
    other.mkdir()
    git(other, "init", "-q")
    shutil.copytree(world.specs, other / "specs")
    world.root.rename(world.root.with_name("old"))
    other.rename(world.root)
    assert first.wait(PATIENCE) == 1
    assert not (world.root / "mock_outputs").exists()
    assert not (world.root / ".git/mockgen").exists()
