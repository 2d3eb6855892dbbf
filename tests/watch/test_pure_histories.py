"""Any history of changes, lost and late events, Git, kills and failures ends as a clean run.

The usual run takes a share; at its long size it is ten thousand histories:
``MOCKGEN_LONG_TESTS=1 pytest -n0 tests/watch/test_pure_histories.py``.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mockgen_watch.spec.model import Layout
from mockgen_watch.watch.schedule import AUDIT_PERIOD, LONGEST_HOLD, LONGEST_RETRY
from tests.properties.lock_world import World
from tests.sizes import sized
from tests.unit.lock.suites import key_of
from tests.watch.pure_daemon import SUITES, Project, PureDaemon

if TYPE_CHECKING:
    from collections.abc import Callable

USUAL, ALL, STEPS = 120, 10_000, 30
IDLE = 600.0

suites = st.sampled_from(SUITES)
scenarios = st.sampled_from(("positive", "negative"))
layouts = st.sampled_from((Layout.MULTIPLE, Layout.SPLIT))
fates = st.sampled_from(("told", "told", "told", "lost", "doubled", "late"))
numbers = st.integers(0, 30)
pauses = st.sampled_from((0.0, 0.004, 0.015, 0.021, 0.3, 1.0, 2.5, 7.0))


class Histories(RuleBasedStateMachine):
    """A project, a daemon, and all that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.project = Project()
        self.daemon = PureDaemon(self.project, 0.0)
        self.hands: dict[str, str] = {}
        self.late: list[tuple[float, str]] = []
        self.commits: list[tuple[Project, dict[str, str]]] = []
        self.edits = 0

    # What people and tools do -----------------------------------------------------------------

    @rule(suite=suites, scenario=scenarios, text=st.integers(0, 2), layout=layouts, fate=fates)
    def write_a_spec(self, suite: str, scenario: str, text: int, layout: Layout, fate: str) -> None:
        self.project.specs[suite, scenario] = (text, layout)
        self.tell(suite, fate)

    @rule(suite=suites, scenario=scenarios, text=st.integers(0, 2))
    def write_a_spec_while_it_is_read(self, suite: str, scenario: str, text: int) -> None:
        def write(now: float) -> None:
            self.project.specs[suite, scenario] = (text, Layout.MULTIPLE)
            self.project.touch(suite, now)

        self.daemon.meanwhile.append(write)

    @rule(suite=suites, scenario=scenarios, fate=fates)
    def delete_a_spec(self, suite: str, scenario: str, fate: str) -> None:
        self.project.specs.pop((suite, scenario), None)
        self.tell(suite, fate)

    @rule(suite=suites, fate=fates)
    def break_or_mend_a_spec(self, suite: str, fate: str) -> None:
        self.project.failed ^= {suite}
        self.tell(suite, fate)

    @rule(number=numbers)
    def edit_an_output(self, number: int) -> None:
        if path := self.pick(number):
            self.edits += 1
            self.hands[path] = self.project.world.disk[path] = key_of(f"by hand {self.edits}")

    @rule(number=numbers)
    def delete_an_output(self, number: int) -> None:
        if path := self.pick(number):
            del self.project.world.disk[path]
            self.hands.pop(path, None)

    @rule()
    def delete_the_output_folder(self) -> None:
        self.project.world.disk.clear()
        self.project.world.locks.clear()
        self.hands.clear()

    @rule()
    def commit(self) -> None:
        if not self.project.world.journal:
            self.commits.append((copy.deepcopy(self.project), dict(self.hands)))

    @rule(number=numbers, fate=fates)
    def check_out(self, number: int, fate: str) -> None:
        if not self.commits or self.hands:
            return
        there, hands = self.commits[number % len(self.commits)]
        project = self.project
        project.specs, project.failed = dict(there.specs), set(there.failed)
        world = World(disk=dict(there.world.disk), locks=dict(there.world.locks))
        world.journal, project.world = project.world.journal, world
        self.hands = dict(hands)
        for suite in SUITES:
            self.tell(suite, fate)

    @rule(is_busy=st.booleans())
    def git_begins_or_ends(self, is_busy: bool) -> None:
        self.project.blocker = "index.lock" if is_busy else None

    # What happens to the daemon ---------------------------------------------------------------

    @rule(passes=st.integers(1, 4))
    def the_disk_is_full_for_a_while(self, passes: int) -> None:
        self.project.trouble = passes

    @rule(steps=st.integers(0, 12))
    def a_kill_and_another_life(self, steps: int) -> None:
        world = self.project.world
        world.run(world.snapshot(self.project.wanted()), steps=steps)
        self.late.clear()
        self.daemon = PureDaemon(self.project, self.daemon.now + 0.5)

    @rule(pause=pauses)
    def time_passes(self, pause: float) -> None:
        end = self.daemon.now + pause
        for at, path in sorted(item for item in self.late if item[0] <= end):
            self.daemon.run_until(max(at, self.daemon.now))
            self.daemon.notice(path)
        self.late = [item for item in self.late if item[0] > end]
        self.daemon.run_until(max(end, self.daemon.now))

    # What holds -------------------------------------------------------------------------------

    @invariant()
    def no_edit_is_lost(self) -> None:
        for path, digest in self.hands.items():
            assert self.project.world.disk.get(path) == digest

    def teardown(self) -> None:
        """Let Git end, make room and take edits back; soon all is as a clean run makes it."""
        self.project.blocker, self.project.trouble = None, 0
        self.daemon.run_until(self.daemon.now + 2 * AUDIT_PERIOD)
        self.no_edit_is_lost()
        for path in self.hands:
            self.project.world.disk.pop(path, None)
        # What nobody touches has to come right by itself.
        for suite in self.project.failed:
            self.project.touch(suite, self.daemon.now)
        self.project.failed.clear()
        check_quiet(self.daemon)

    def tell(self, suite: str, fate: str) -> None:
        """Note that the spec of ``suite`` changed, and let an event say so, or not."""
        self.project.touch(suite, self.daemon.now)
        path = f"specs/{suite}"
        if fate == "late":
            self.late.append((self.daemon.now + 1.2, path))
        for _ in range({"told": 1, "doubled": 2}.get(fate, 0)):
            self.daemon.notice(path)

    def pick(self, number: int) -> str:
        files = sorted(path for path in self.project.world.disk if path.endswith(".json"))
        return files[number % len(files)] if files else ""


def check_quiet(daemon: PureDaemon) -> None:
    """Check that outputs are right a while after the last change, and that it then sleeps."""
    project = daemon.project
    daemon.run_until(daemon.now + LONGEST_HOLD + LONGEST_RETRY + 3 * AUDIT_PERIOD)
    clean = World()
    clean.run(clean.snapshot(project.wanted()))
    assert (project.world.disk, project.world.locks) == (clean.disk, clean.locks)
    assert project.world.journal == ()
    assert not daemon.told
    assert not daemon.problems.errors
    batches = daemon.batches
    daemon.run_until(daemon.now + IDLE)
    assert daemon.batches == batches


def run_histories(number: int) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=number,
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_history_ends_as_a_clean_run_and_then_rests() -> None:
    run_histories(sized(USUAL, ALL))


def lose_an_event(daemon: PureDaemon) -> None:
    daemon.project.specs["a", "positive"] = (1, Layout.MULTIPLE)
    daemon.project.touch("a", daemon.now)


def change_while_it_is_read(daemon: PureDaemon) -> None:
    def write(now: float) -> None:
        daemon.project.specs["a", "positive"] = (2, Layout.MULTIPLE)
        daemon.project.touch("a", now)

    daemon.meanwhile.append(write)
    daemon.project.touch("a", daemon.now)
    daemon.notice("specs/a")


GUARDS = {
    "audits": (lose_an_event, {"has_audits": False}),
    "the fixpoint": (change_while_it_is_read, {"has_fixpoint": False}),
}


@pytest.mark.parametrize(("change", "off"), GUARDS.values(), ids=GUARDS)
def test_these_histories_fail_without_a_safeguard(
    change: Callable[[PureDaemon], None], off: dict[str, bool]
) -> None:
    for kept in ({}, off):
        daemon = PureDaemon(Project(), 0.0, **kept)
        daemon.run_until(5.0)
        change(daemon)
        if kept:
            with pytest.raises(AssertionError):
                check_quiet(daemon)
        else:
            check_quiet(daemon)


def test_git_holds_a_batch_for_a_minute_and_no_longer() -> None:
    project = Project()
    daemon = PureDaemon(project, 0.0)
    daemon.run_until(5.0)
    project.blocker = "index.lock"
    lose_an_event(daemon)
    daemon.notice("specs/a")
    daemon.run_until(5.0 + LONGEST_HOLD)
    assert daemon.batches == 1
    daemon.run_until(5.0 + LONGEST_HOLD + 0.2)
    assert daemon.batches == 2
    check_quiet(daemon)


def test_git_that_ends_for_a_moment_gets_its_minute_anew() -> None:
    project = Project()
    daemon = PureDaemon(project, 0.0)
    daemon.run_until(5.0)
    for _ in range(3):
        project.blocker = "index.lock"
        lose_an_event(daemon)
        daemon.notice("specs/a")
        before = daemon.batches
        daemon.run_until(daemon.now + 0.8 * LONGEST_HOLD)
        assert daemon.batches == before
        project.blocker = None
        daemon.run_until(daemon.now + 1.0)
        assert daemon.batches == before + 1
    check_quiet(daemon)


def test_what_could_not_be_written_is_tried_again_though_nothing_changes() -> None:
    project = Project(trouble=3)
    daemon = PureDaemon(project, 0.0)
    daemon.run_until(0.1)
    assert daemon.problems.error
    daemon.run_until(0.1 + 4 * LONGEST_RETRY)
    assert not daemon.problems.error
    check_quiet(daemon)
