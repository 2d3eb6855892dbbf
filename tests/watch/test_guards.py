"""Outputs are right although events get lost, and would not be without each of the safeguards.

Time and events are the test's own here, so that nothing waits and every loss is on purpose.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.watch.daemon import MOST_CALLED_OFF, Daemon, Safeguards
from mockgen_watch.watch.events import (
    BatchEnded,
    BatchStarted,
    DiagnosticCleared,
    DiagnosticRaised,
    GitHeld,
    OutputWritten,
    Stream,
)
from mockgen_watch.watch.schedule import LONGEST_RETRY, Waker
from mockgen_watch.watch.watching import (
    LONGEST_STORM,
    PROBE,
    PROBE_PATIENCE,
    STORM_FILES,
    STRIKES,
    EventObserver,
)

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.watch.events import DaemonEvent
    from tests.watch.world import World

HOUR = 3600.0
WARNS = """\
Order:
  id: {$number: {min: 0, max: 1, step: 0.3}}
  $scenarios: {base: {$count: 1}}
"""


class Clock:
    """A clock that stands until somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Jump(Waker):
    """Lets the clock jump to the end of a wait."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def ring(self) -> None:
        """Be there for the observer's thread, which there is none of."""

    close = ring

    def wait(self, seconds: float) -> None:
        self.clock.now += max(seconds, 0.001)

    pause = wait

    def is_rung(self) -> bool:
        return False


class FakeObserver(EventObserver):
    """Tells what the test puts into it, while the folder is the one that it was begun on."""

    def __init__(self, specs: Path) -> None:
        self.specs = specs
        self.inode = 0
        self.events: list[tuple[str, bool]] = []

    def start(self) -> None:
        self.inode = self.specs.stat().st_ino if self.specs.is_dir() else 0
        self.events.append((str(self.specs / PROBE), False))

    def stop(self) -> None:
        self.events.clear()

    def take(self) -> list[tuple[str, bool]]:
        events, self.events = self.events, []
        return events

    def watches(self) -> int | None:
        return None

    def saw(self, path: Path) -> None:
        """Notice a change of ``path``, as the system would."""
        is_here = self.specs.is_dir() and self.specs.stat().st_ino == self.inode
        if is_here or path == self.specs:
            self.events.append((str(path), path.is_dir()))


class Stage:
    """A daemon whose time and events the test makes."""

    def __init__(self, world: World, safeguards: Safeguards | None = None) -> None:
        self.world = world
        self.clock = Clock()
        self.observers: list[FakeObserver] = []
        self.told: list[DaemonEvent] = []
        stream = Stream()
        stream.subscribe(self.told.append)
        self.daemon = Daemon(
            world.root,
            stream=stream,
            observer=self._observer,
            safeguards=safeguards,
            clock=self.clock,
            waker=Jump(self.clock),
        )
        self.daemon.begin()
        self.run(10.0)

    def _observer(self) -> FakeObserver:
        self.observers.append(FakeObserver(self.world.specs))
        return self.observers[-1]

    def saw(self, path: Path) -> None:
        self.observers[-1].saw(path)

    def run(self, seconds: float) -> None:
        """Let ``seconds`` pass for the daemon."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.daemon.step()
            self.clock.now += 0.001

    @property
    def batches(self) -> int:
        return sum(isinstance(told, BatchEnded) for told in self.told)


def test_nothing_wakes_it_in_an_hour_without_a_change(world: World) -> None:
    stage = Stage(world)
    batches = stage.batches
    stage.run(HOUR)
    assert stage.batches == batches
    assert stage.daemon.watching.missed == 0


def test_a_batch_tells_which_suites_it_decided_on(world: World) -> None:
    world.write("c", "c")
    stage = Stage(world)
    for suite in ("a", "b", "a"):
        stage.saw(world.write(suite, f"{suite}{stage.clock()}"))
        stage.run(1.0)
    first, *_, last = [told.suites for told in stage.told if isinstance(told, BatchEnded)]
    assert first is None
    # Of b, saved just before, the stamps may not have told all yet.
    assert last in {("a",), ("a", "b")}


def test_an_event_calls_an_audit_off_but_not_for_ever(world: World) -> None:
    """Somebody who saves does not wait for it; somebody who rings all the time cannot stop it."""
    stage = Stage(world)

    class Rung(Jump):
        def is_rung(self) -> bool:
            return True

    stage.daemon.waker = Rung(stage.clock)
    world.write("a", "silent")
    stage.run(3.0)
    assert not world.shows("a", "silent")
    stage.run(3.0 * MOST_CALLED_OFF)
    assert world.shows("a", "silent")


def lost_event(world: World, safeguards: Safeguards) -> None:
    """A save of which no event tells."""
    stage = Stage(world, safeguards)
    world.write("a", "silent")
    stage.run(HOUR)
    assert world.shows("a", "silent")


def lost_output(world: World, safeguards: Safeguards) -> None:
    """An output that somebody deletes; outputs are not watched."""
    stage = Stage(world, safeguards)
    world.output("a").unlink()
    stage.run(HOUR)
    world.assert_clean()


def another_root(world: World, safeguards: Safeguards) -> None:
    """The specs folder is another one, as after a checkout; an event must still tell of a save."""
    stage = Stage(world, safeguards)
    aside = world.root / "aside"
    shutil.copytree(world.specs, aside)
    world.specs.rename(world.root / "old")
    aside.rename(world.specs)
    stage.saw(world.specs)
    stage.run(10.0)
    stage.saw(world.write("a", "anew"))
    stage.run(10.0)
    assert world.shows("a", "anew")
    assert stage.daemon.watching.missed == 0


def save_in_the_middle(world: World, safeguards: Safeguards) -> None:
    """A save while a batch writes, of which no event tells: the same batch takes it in."""
    stage = Stage(world, safeguards)

    def save_again(happening: DaemonEvent) -> None:
        if isinstance(happening, OutputWritten) and world.shows("a", "first"):
            world.write("a", "second")

    stage.daemon.stream.subscribe(save_again)
    stage.saw(world.write("a", "first"))
    stage.run(0.1)
    assert world.shows("a", "second")


def save_while_it_starts_to_look(world: World, safeguards: Safeguards) -> None:
    """A save between the first scan of a batch and its reading of the specs."""
    stage = Stage(world, safeguards)

    def save_again(happening: DaemonEvent) -> None:
        if isinstance(happening, BatchStarted):
            world.write("b", "between")

    stage.daemon.stream.subscribe(save_again)
    stage.saw(world.write("a", "first"))
    stage.run(10.0)
    world.assert_clean()


CHECKS = (lost_event, lost_output, another_root, save_in_the_middle, save_while_it_starts_to_look)


@pytest.mark.parametrize("check", CHECKS)
def test_outputs_are_right_whatever_is_lost(world: World, check: object) -> None:
    assert callable(check)
    check(world, Safeguards())


@pytest.mark.parametrize(
    ("check", "without"),
    [
        (lost_event, Safeguards(audits=False)),
        (lost_output, Safeguards(audits=False)),
        (another_root, Safeguards(identity=False)),
        (save_in_the_middle, Safeguards(fixpoint=False)),
    ],
)
def test_these_tests_fail_without_the_safeguard(
    world: World, check: object, without: Safeguards
) -> None:
    assert callable(check)
    with pytest.raises(AssertionError):
        check(world, without)


def test_a_missed_event_makes_the_observer_anew_and_the_third_ends_it(world: World) -> None:
    stage = Stage(world)
    for number in range(STRIKES):
        assert not stage.daemon.watching.is_polling
        assert len(stage.observers) == number + 1
        world.write("a", f"missed{number}")
        stage.run(10.0)
        assert world.shows("a", f"missed{number}")
        assert stage.daemon.watching.missed == number + 1
    assert stage.daemon.watching.is_polling
    world.write("a", "polled")
    stage.run(10.0)
    assert world.shows("a", "polled")


def test_an_event_that_is_late_is_not_missed(world: World) -> None:
    stage = Stage(world)
    path = world.write("a", "late")
    while not world.shows("a", "late"):
        stage.daemon.step()
    stage.saw(path)
    stage.run(10.0)
    assert stage.daemon.watching.missed == 0


def test_a_file_system_without_events_is_polled(world: World) -> None:
    stage = Stage(world)
    stage.daemon.watching.rebuild(stage.daemon.last_scan, stage.clock(), "test")
    stage.observers[-1].events.clear()
    stage.run(PROBE_PATIENCE + 1.0)
    assert stage.daemon.watching.is_polling
    world.write("a", "polled")
    stage.run(10.0)
    assert world.shows("a", "polled")


def test_a_system_that_refuses_watches_is_polled(world: World) -> None:
    class Refusing(FakeObserver):
        def start(self) -> None:
            raise OSError(24, "Too many open files")

    clock = Clock()
    daemon = Daemon(
        world.root, observer=lambda: Refusing(world.specs), clock=clock, waker=Jump(clock)
    )
    daemon.begin()
    assert daemon.watching.is_polling


def test_a_system_that_watches_only_a_part_is_polled(world: World) -> None:
    class Partial(FakeObserver):
        def watches(self) -> int | None:
            return 1

    clock = Clock()
    daemon = Daemon(
        world.root, observer=lambda: Partial(world.specs), clock=clock, waker=Jump(clock)
    )
    daemon.begin()
    assert daemon.watching.is_polling
    assert daemon.watching.reason == "watch limit"


def test_a_warning_is_told_once_and_holds_until_it_is_mended(world: World) -> None:
    stage = Stage(world)
    path = world.specs / "a" / "user_input.yaml"
    path.write_text(WARNS)
    stage.saw(path)
    stage.run(1.0)
    stage.saw(world.write("b", "other"))
    stage.run(1.0)
    world.write("b", "silent")
    stage.run(HOUR)
    said = [told for told in stage.told if isinstance(told, DiagnosticRaised | DiagnosticCleared)]
    assert [type(told) for told in said] == [DiagnosticRaised]
    assert said[0].diagnostic.location.path == "specs/a/user_input.yaml"
    stage.saw(world.write("a", "mended"))
    stage.run(1.0)
    assert not stage.daemon.problems.diagnostics


def test_a_spec_that_never_rests_does_not_keep_the_daemon_for_itself(world: World) -> None:
    stage = Stage(world)
    counter = iter(range(1_000_000))

    def restless(happening: DaemonEvent) -> None:
        if isinstance(happening, OutputWritten):
            world.write("a", f"value{next(counter)}")

    stage.daemon.stream.subscribe(restless)
    stage.saw(world.write("a", "first"))
    stage.run(0.1)
    ended = [told for told in stage.told if isinstance(told, BatchEnded)]
    assert not ended[-1].has_converged
    assert ended[-1].passes == 50
    stage.told.clear()
    stage.daemon.stream._listeners.remove(restless)
    stage.run(LONGEST_RETRY)
    world.assert_clean()


def test_while_git_is_busy_nothing_is_written_and_afterwards_all(world: World) -> None:
    stage = Stage(world)
    lock = world.root / ".git" / "index.lock"
    lock.touch()
    stage.saw(world.write("a", "held"))
    stage.run(30.0)
    assert not world.shows("a", "held")
    lock.unlink()
    stage.run(1.0)
    assert world.shows("a", "held")


def test_a_lock_that_a_kill_left_holds_for_a_minute_and_no_more(world: World) -> None:
    stage = Stage(world)
    (world.root / ".git" / "index.lock").touch()
    for value in ("one", "two"):
        stage.saw(world.write("a", value))
        stage.run(61.0)
        assert world.shows("a", value)
    # The second save did not wait again for a lock that nobody holds.
    held = [told.is_over for told in stage.told if isinstance(told, GitHeld)]
    assert held == [False, True]


def test_in_a_storm_nothing_is_made_in_vain(world: World) -> None:
    """Files that are written all the time are made once, when they stand still."""
    suites = [f"many/s{number:02}" for number in range(STORM_FILES)]
    stage = Stage(world)
    rounds = iter(range(20))

    def write_all(value: str, *, is_last: bool = False) -> None:
        for suite in suites:
            path = world.write(suite, value)
            if not is_last:
                # Young, however long this takes.
                os.utime(path, (time.time() + 60, time.time() + 60))
            stage.saw(path)

    class Weather(Jump):
        def pause(self, seconds: float) -> None:
            super().wait(seconds)
            number = next(rounds, None)
            if number is not None:
                write_all(f"round{number}", is_last=number == 19)

    stage.daemon.waker = Weather(stage.clock)
    stage.told.clear()
    write_all("first")
    stage.run(60.0)
    world.assert_clean()
    assert next(rounds, None) is None
    assert stage.batches == 1
    made = [told.file.path for told in stage.told if isinstance(told, OutputWritten)]
    assert len(made) == len(set(made))


def test_a_storm_without_an_end_does_not_keep_outputs_back_for_good(world: World) -> None:
    suites = [f"many/s{number:02}" for number in range(STORM_FILES)]
    stage = Stage(world)
    numbers = iter(range(1_000_000))

    class Weather(Jump):
        def pause(self, seconds: float) -> None:
            super().wait(seconds)
            for suite in suites:
                world.write(suite, f"value{next(numbers)}")

    stage.daemon.waker = Weather(stage.clock)
    for suite in suites:
        stage.saw(world.write(suite, "first"))
    began = stage.clock.now
    while not world.output(suites[0]).exists():
        stage.run(0.1)
    assert stage.clock.now - began < 2 * LONGEST_STORM
