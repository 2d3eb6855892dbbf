"""When the daemon looks: after a pause in the changes, after failures ever later, and anyway."""

from __future__ import annotations

import pytest

from mockgen_watch.watch.schedule import (
    AUDIT_PERIOD,
    FIRST_RETRY,
    KEPT_HINTS,
    LONGEST_AUDIT_PERIOD,
    LONGEST_RETRY,
    LONGEST_SETTLE,
    POLL_PERIOD,
    SETTLE,
    Activity,
    Schedule,
)


def batch_at(schedule: Schedule, now: float) -> float:
    """Return until when a batch that has a cause waits."""
    due = schedule.next(now)
    assert due.activity is Activity.WAIT
    return due.at


def test_each_event_begins_the_pause_anew() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.0)
    schedule.note_event(1.015)
    assert batch_at(schedule, 1.015) == 1.015 + SETTLE


def test_events_without_a_pause_are_held_back_no_longer_than_the_limit() -> None:
    schedule = Schedule(0.0)
    for step in range(1000):
        schedule.note_event(1.0 + step * 0.01)
    assert batch_at(schedule, 1.0) == 1.0 + LONGEST_SETTLE


def test_a_clock_that_goes_back_does_not_shorten_the_pause() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.5)
    schedule.note_event(1.0)
    assert batch_at(schedule, 1.0) == 1.5 + SETTLE


def test_what_was_looked_at_is_due_no_more() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.0)
    schedule.begin_batch()
    assert batch_at(schedule, 1.0) == AUDIT_PERIOD


def test_a_batch_runs_when_events_have_settled() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.0, ["specs/a"])
    assert schedule.next(1.0).activity is Activity.WAIT
    assert schedule.next(1.0).at == 1.0 + SETTLE
    assert schedule.next(1.0 + SETTLE).activity is Activity.BATCH


def test_what_is_asked_for_does_not_wait_for_a_pause() -> None:
    schedule = Schedule(0.0)
    schedule.ask(1.0, "sync")
    assert schedule.next(1.0).activity is Activity.BATCH


def test_a_batch_takes_causes_and_hints_with_it() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.0, ["specs/a", "specs/b", "specs/a"])
    schedule.ask(1.0, "sync")
    assert schedule.begin_batch() == (("event", "sync"), ("specs/a", "specs/b"))
    assert schedule.next(1.0).activity is Activity.WAIT
    schedule.note_event(1.5, ["specs/c"])
    assert schedule.begin_batch() == (("event",), ("specs/c",))


def test_hints_do_not_grow_without_end() -> None:
    schedule = Schedule(0.0)
    schedule.note_event(1.0, (f"specs/{number}" for number in range(10 * KEPT_HINTS)))
    _, hints = schedule.begin_batch()
    assert len(hints) == KEPT_HINTS


def test_a_held_batch_waits() -> None:
    schedule = Schedule(0.0)
    schedule.ask(1.0, "sync")
    schedule.hold(3.0)
    assert schedule.next(1.0) == schedule.next(2.9)
    assert schedule.next(2.9).at == 3.0
    assert schedule.next(3.0).activity is Activity.BATCH


def test_an_audit_comes_without_any_event() -> None:
    schedule = Schedule(0.0)
    assert schedule.next(0.0).at == AUDIT_PERIOD
    assert schedule.next(AUDIT_PERIOD).activity is Activity.AUDIT
    schedule.end_audit(AUDIT_PERIOD, 0.001)
    assert schedule.next(AUDIT_PERIOD).activity is Activity.WAIT


def test_audits_that_cost_much_are_rare() -> None:
    cheap, dear, huge = Schedule(0.0), Schedule(0.0), Schedule(0.0)
    cheap.end_audit(0.0, 0.001)
    dear.end_audit(0.0, 0.02)
    huge.end_audit(0.0, 5.0)
    assert cheap.period == AUDIT_PERIOD
    assert AUDIT_PERIOD < dear.period < LONGEST_AUDIT_PERIOD
    assert huge.period == LONGEST_AUDIT_PERIOD


def test_no_audit_runs_when_a_test_has_switched_them_off() -> None:
    schedule = Schedule(0.0, has_audits=False)
    assert schedule.next(1e6).activity is Activity.WAIT


def test_polling_looks_more_often() -> None:
    schedule = Schedule(0.0)
    schedule.poll(0.0)
    assert schedule.next(POLL_PERIOD).activity is Activity.AUDIT


def test_failures_are_tried_again_ever_later() -> None:
    schedule = Schedule(0.0)
    delays = []
    for _ in range(20):
        schedule.begin_batch()
        schedule.end_batch(100.0, has_failed=True)
        delays.append(schedule.next(100.0).at - 100.0)
    assert delays[0] == FIRST_RETRY
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_RETRY


def test_a_success_makes_the_next_retry_early_again() -> None:
    schedule = Schedule(0.0)
    for has_failed in (True, True, True, False, True):
        schedule.begin_batch()
        schedule.end_batch(100.0, has_failed=has_failed)
    assert schedule.next(100.0).at == pytest.approx(100.0 + FIRST_RETRY)
