"""The daemon without disks, clocks, threads and Git: what its pure parts decide, in virtual time.

The parts are the real ones: ``Schedule``, ``Gate``, ``Known``, ``Scan``, and ``reconcile`` with all
that follows from it. What is between them does as ``watch.daemon`` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.reconcile import describe
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.scan import Scan
from mockgen_watch.watch.daemon import MOST_PASSES
from mockgen_watch.watch.events import (
    BatchFailed,
    DiagnosticCleared,
    DiagnosticRaised,
    Problems,
)
from mockgen_watch.watch.resident import Pass
from mockgen_watch.watch.schedule import (
    LONGEST_HOLD,
    LONGEST_SETTLE,
    PAUSE,
    Activity,
    Gate,
    Schedule,
    Verdict,
)
from mockgen_watch.workflow.generate import Report
from tests.properties.lock_world import World
from tests.unit.lock.suites import wanted_output, wanted_suite

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.lock.paths import WantedSuite

SUITES = ("a", "a/b")
GRAIN = 0.020
"""Seconds that a file system does not tell apart."""
COST = 0.001
"""Seconds that a scan takes."""


@dataclass
class Project:
    """What is on disk.

    Attributes:
        specs: (suite, scenario) → text and layout.
        failed: suites whose specs are wrong.
        stamps: suite → when its spec was written last, as the file system tells it.
        written: output → the same.
        blocker: what Git does.
        trouble: how many passes cannot write yet.
    """

    specs: dict[tuple[str, str], tuple[int, Layout]] = field(
        default_factory=lambda: {("a", "positive"): (0, Layout.MULTIPLE)}
    )
    failed: set[str] = field(default_factory=set)
    stamps: dict[str, int] = field(default_factory=dict)
    written: dict[str, tuple[str, int]] = field(default_factory=dict)
    world: World = field(default_factory=World)
    blocker: str | None = None
    trouble: int = 0

    def touch(self, suite: str, now: float) -> None:
        self.stamps[suite] = int(now / GRAIN)

    def wanted(self) -> tuple[WantedSuite, ...]:
        found = []
        for suite in SUITES:
            outputs = [
                wanted_output(name, str(text), suite=suite, layout=layout, records=2)
                for (place, name), (text, layout) in sorted(self.specs.items())
                if place == suite
            ]
            if suite in self.failed:
                found.append(wanted_suite(suite=suite, has_failed=True))
            elif outputs:
                found.append(wanted_suite(*outputs, suite=suite))
        return tuple(found)

    def scan(self, now: float) -> Scan:
        """Look at the stamps alone; two writes in one grain of time look alike."""
        tick = int(now / GRAIN)
        there = {suite for suite, _ in self.specs} | self.failed
        specs = {f"specs/{suite}": (self.stamps.get(suite, 0),) for suite in there}
        for path, digest in self.world.disk.items():
            if self.written.get(path, ("", 0))[0] != digest:
                self.written[path] = (digest, tick)
        self.written = {path: self.written[path] for path in self.world.disk}
        outputs = {path: (hash(digest),) for path, digest in self.world.disk.items()}
        locks = {f"{suite}/lock": (hash(repr(lock)),) for suite, lock in self.world.locks.items()}
        youngest = max((self.stamps.get(suite, 0) for suite in there), default=-9)
        return Scan(
            identity=(1, 1),
            specs=specs,
            outputs=outputs | locks,
            is_racy=youngest >= tick - 1,
        )


class PureDaemon:
    """One life of the daemon.

    Attributes:
        now: seconds.
        batches: that had something to do.
        told: what a person has been told of and that holds still.
        waiting_since: when the first event came that no batch has answered yet.
        was_held: Git has held the batch that is due.
        held_since: when Git was first in the way, and has been since.
    """

    def __init__(
        self, project: Project, now: float, *, has_audits: bool = True, has_fixpoint: bool = True
    ) -> None:
        self.project = project
        self.now = now
        self.has_fixpoint = has_fixpoint
        self.schedule = Schedule(now, has_audits=has_audits)
        self.gate = Gate()
        self.problems = Problems()
        self.last_scan = project.scan(now)
        self.needs_pass = True
        self.batches = 0
        self.told: set[Diagnostic] = set()
        self.waiting_since: float | None = None
        self.was_held = False
        self.held_since: float | None = None
        self.meanwhile: list[Callable[[float], None]] = []
        self.schedule.ask(now, "start")

    def notice(self, path: str) -> None:
        """Take in an event."""
        self.schedule.note_event(self.now, [path])
        if self.waiting_since is None:
            self.waiting_since, self.was_held = self.now, False

    def run_until(self, end: float) -> None:
        """Do all that is due before ``end``."""
        while True:
            due = self.schedule.next(self.now)
            if due.activity is Activity.WAIT:
                assert due.at > self.now
                if due.at > end:
                    self.now = max(end, self.now)
                    return
                self.now = due.at
            elif due.activity is Activity.AUDIT:
                self.audit()
            else:
                self.begin_batch()

    def audit(self) -> None:
        scan = self.project.scan(self.now)
        self.schedule.end_audit(self.now, COST)
        if not scan.is_same(self.last_scan):
            self.schedule.note_event(self.now, cause="audit")

    def begin_batch(self) -> None:
        verdict = self.gate.decide(self.now, self.project.blocker)
        if self.project.blocker is None:
            self.held_since = None
        if verdict is Verdict.OVERRUN:
            assert self.held_since is not None
            assert self.now - self.held_since >= LONGEST_HOLD
        if verdict is Verdict.HOLD:
            self.held_since = self.now if self.held_since is None else self.held_since
            self.was_held = True
            self.schedule.hold(self.now + PAUSE)
            return
        if self.waiting_since is not None and not self.was_held:
            assert self.now - self.waiting_since <= LONGEST_SETTLE + GRAIN
        self.waiting_since = None
        self.batch()

    def batch(self) -> None:
        self.schedule.begin_batch()
        passes, has_failed, has_converged = 0, False, False
        while passes < MOST_PASSES:
            scan = self.project.scan(self.now)
            self.schedule.end_audit(self.now, COST)
            is_still = scan.is_same(self.last_scan) and not scan.is_racy
            if is_still and not passes and not self.needs_pass:
                self.schedule.end_batch(self.now, has_failed=False)
                return
            passes += 1
            done = self.look()
            self.now += GRAIN / 4
            self.last_scan = scan
            for happening in self.problems.update(str(self.batches), done):
                self.hear(happening)
            has_failed = done.must_retry
            has_moved = done.report.has_written or scan.is_racy
            has_converged = not has_moved and not has_failed
            if not has_moved or has_failed or not self.has_fixpoint:
                break
        self.batches += 1
        self.needs_pass = not has_converged and self.has_fixpoint
        self.schedule.end_batch(self.now, has_failed=has_failed or self.needs_pass)

    def look(self) -> Pass:
        """Make one pass; what happens meanwhile happens after the specs were read."""
        project = self.project
        if project.trouble:
            project.trouble -= 1
            return Pass(error="no room is left", must_retry=True)
        wanted, failed = project.wanted(), sorted(project.failed)
        before = (dict(project.world.disk), dict(project.world.locks))
        snapshot = project.world.snapshot(wanted)
        for change in self.meanwhile:
            change(self.now)
        self.meanwhile.clear()
        found = project.world.run(snapshot)
        refused = [file for file in found.files() if file.action is Action.REFUSE]
        told = [one for file in refused for one in describe(file, "out")]
        told += [
            Diagnostic(
                code="MG202", message="it is wrong", location=Location(path=f"specs/{suite}")
            )
            for suite in failed
        ]
        return Pass(
            report=Report(
                files=(),
                diagnostics=tuple(told),
                failed_suites=tuple(failed),
                has_written=(project.world.disk, project.world.locks) != before,
            )
        )

    def hear(self, happening: object) -> None:
        """Check that nothing is told twice, and nothing taken back that was not told."""
        if isinstance(happening, DiagnosticRaised):
            assert happening.diagnostic not in self.told
            self.told.add(happening.diagnostic)
        elif isinstance(happening, DiagnosticCleared):
            self.told.remove(happening.diagnostic)
        else:
            assert isinstance(happening, BatchFailed)
