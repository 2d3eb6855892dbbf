"""Random histories of specs, runs, kills, hand edits and checkouts over a real folder."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from mockgen_watch.spec.model import Layout
from tests.unit.lock.suites import find_stale, producer, wanted_output, wanted_suite
from tests.unit.storage.projects import Project, after_each_file, clean_run, files_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.lock.model import OutputAction
    from mockgen_watch.lock.paths import WantedSuite

SUITES = ("a", "a/b")
SCENARIOS = ("positive", "negative")
LAYOUTS = (Layout.MULTIPLE, Layout.SPLIT)

suites = st.sampled_from(SUITES)
scenarios = st.sampled_from(SCENARIOS)
numbers = st.integers(0, 20)


class KilledError(BaseException):
    """Ends a run at once."""


class Histories(RuleBasedStateMachine):
    """Files in a folder, and what is wanted of them."""

    def __init__(self) -> None:
        super().__init__()
        # In memory where that can be: a history is some hundred files, each of them synced.
        memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in there
        place = memory if os.access(memory, os.W_OK) else None
        self.home = Path(tempfile.mkdtemp(prefix="mockgen-histories-", dir=place))
        (self.home / "project").mkdir()
        self.project = Project(path=self.home / "project")
        self.specs: dict[tuple[str, str], tuple[int, Layout]] = {
            ("a", "positive"): (0, Layout.MULTIPLE)
        }
        self.failed: set[str] = set()
        self.edits = 0
        self.hands: dict[str, bytes] = {}
        self.commits: list[tuple[dict[str, bytes], dict[str, bytes]]] = []

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            shutil.rmtree(self.home)

    def wanted(self, *, is_whole: bool = True) -> tuple[WantedSuite, ...]:
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
        return tuple(found if is_whole else found[:1])

    @rule(suite=suites, scenario=scenarios, text=st.integers(0, 2), layout=st.sampled_from(LAYOUTS))
    def change_a_spec(self, suite: str, scenario: str, text: int, layout: Layout) -> None:
        self.specs[suite, scenario] = (text, layout)

    @rule(suite=suites, scenario=scenarios)
    def remove_a_spec(self, suite: str, scenario: str) -> None:
        self.specs.pop((suite, scenario), None)

    @rule(suite=suites)
    def break_or_mend_a_suite(self, suite: str) -> None:
        self.failed ^= {suite}

    @rule(is_whole=st.booleans())
    def run(self, is_whole: bool) -> None:
        self.project.run(*self.wanted(is_whole=is_whole), is_whole_tree=is_whole)

    @rule(number=numbers)
    def run_until_a_kill(self, number: int) -> None:
        left = iter(range(number))

        def step(*_: object) -> None:
            if next(left, None) is None:
                raise KilledError

        def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
            for path, chunks in producer()(action):
                step()
                yield path, chunks

        with suppress(KilledError), after_each_file(step):
            self.project.run(*self.wanted(), produce=produce)

    @rule(number=numbers)
    def edit_by_hand(self, number: int) -> None:
        if path := self.pick(number):
            self.edits += 1
            data = f"by hand {self.edits}".encode()
            (self.project.outputs / path).write_bytes(data)
            self.hands[path] = data

    @rule(number=numbers)
    def remove_by_hand(self, number: int) -> None:
        if path := self.pick(number):
            (self.project.outputs / path).unlink()
            self.hands.pop(path, None)

    @rule(number=numbers)
    def copy_one_output_over_another(self, number: int) -> None:
        # Bytes that we made, in a place for which we did not make them.
        first, second = self.pick(number), self.pick(number + 1)
        if first and second and first != second:
            data = (self.project.outputs / first).read_bytes()
            (self.project.outputs / second).write_bytes(data)
            self.hands[second] = data
            if data.endswith(f" {second}\n".encode()):
                del self.hands[second]  # a copy of a copy: it is where it belongs again

    @rule()
    def remove_everything(self) -> None:
        shutil.rmtree(self.project.outputs, ignore_errors=True)
        self.hands.clear()

    @rule()
    def commit(self) -> None:
        # What a kill left half done is known to the journal alone, which is in no commit.
        if self.project.journal() is None:
            self.commits.append((self.project.files(), dict(self.hands)))

    @rule(number=numbers)
    def check_out(self, number: int) -> None:
        """Put back outputs and lockfiles of a commit, as Git does where nothing was edited."""
        if self.commits and not self.hands:
            commit, hands = self.commits[number % len(self.commits)]
            self.remove_everything()
            for path, data in commit.items():
                place = self.project.outputs / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
            self.hands.update(hands)

    @rule(suite=suites)
    def lose_a_lockfile(self, suite: str) -> None:
        (self.project.outputs / suite / "mockgen.lock").unlink(missing_ok=True)

    @rule(number=numbers)
    def put_lockfiles_back(self, number: int) -> None:
        """Take lockfiles from a commit and leave the outputs, as Git does where it ignores them."""
        if not self.commits:
            return
        for suite in SUITES:
            self.lose_a_lockfile(suite)
        commit, _ = self.commits[number % len(self.commits)]
        for path, data in commit.items():
            place = self.project.outputs / path
            if path.endswith("mockgen.lock") and place.parent.is_dir():
                place.write_bytes(data)

    @invariant()
    def no_edit_is_lost(self) -> None:
        files = self.project.files()
        for path, data in self.hands.items():
            assert files.get(path) == data

    @invariant()
    def nothing_temporary_stays_but_after_a_kill(self) -> None:
        assert not [path for path in self.project.files() if "/.mockgen-" in path]

    def pick(self, number: int) -> str:
        """Return one of the outputs that are there."""
        files = [path for path in self.project.files() if path.endswith(".json")]
        return files[number % len(files)] if files else ""

    def settle(self) -> None:
        """Take all edits back; then two runs give what an empty folder gives."""
        for path in self.hands:
            (self.project.outputs / path).unlink()
        self.failed.clear()
        self.project.run(*self.wanted())
        outcome = self.project.run(*self.wanted())
        assert outcome.failures == ()
        assert outcome.refusals == ()
        assert self.project.files() == clean_run(self.home / "clean", *self.wanted())
        _, found = self.project.look(self.wanted())
        assert find_stale(found, "mock_outputs") == []
        assert self.project.journal() is None
        assert not [
            name for name in files_in(Path(self.project.state.folder)) if ".mockgen-" in name
        ]


def run_histories(count: int) -> None:
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=count,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_history_ends_as_a_clean_run_and_loses_no_edit() -> None:
    run_histories(40)


@pytest.mark.long
def test_any_of_many_histories_ends_as_a_clean_run_and_loses_no_edit() -> None:
    run_histories(2_000)
