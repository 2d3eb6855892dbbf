"""Settings that hold for all tests.

Tests marked ``long`` run with ``-m long`` alone. Where ``MOCKGEN_NO_SKIPS`` is set, a test that is
skipped because something is missing on this machine fails instead.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

# No test is bounded by the clock. On CI the examples are the same in every run.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# The programs that tests start are those of a user, who compiles each module once and not at
# every start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_NO_SKIPS = "MOCKGEN_NO_SKIPS"
_NO_FAULT_OF_THE_MACHINE = ("root reads whatever the mode bits say",)

# What a measured process writes its coverage by; see ``patch`` in pyproject.toml.
_MEASURED = "COVERAGE_PROCESS_CONFIG"
# These start the same commands again and again, to cut them short or to read what they say.
_UNMEASURED = ("docs", "faults")


@pytest.fixture(autouse=True)
def processes_without_coverage(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave coverage out of the processes of tests that can add nothing to it.

    Measuring takes a short process three times as long. So of a test with parameters the first
    case is measured, and no test of a folder whose commands others start too.
    """
    case = getattr(request.node, "callspec", None)
    is_first = case is None or not any(case.indices.values())
    path: Path = request.path
    folder = path.relative_to(request.config.rootpath / "tests").parts[0]
    if folder in _UNMEASURED or not is_first:
        monkeypatch.delenv(_MEASURED, raising=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skipped test fail where nothing may be missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get(_NO_SKIPS):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(known in reason for known in _NO_FAULT_OF_THE_MACHINE):
            report.outcome = "failed"
            report.longrepr = f"{_NO_SKIPS} is set, and this test was skipped: {reason}"
    return report
