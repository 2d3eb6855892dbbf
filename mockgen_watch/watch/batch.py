"""Takes a project as it is now; brings its outputs up to date once, whatever goes wrong."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING

from mockgen_watch.dataclass import dataclass, field
from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.errors import FindingsError, LockedError, MockgenError
from mockgen_watch.storage.files import MovedError
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from mockgen_watch.spec.project import Project
    from mockgen_watch.workflow.results import FileResult

WRITE_FAILED = "MG510"
"""The code of an output that could not be written, which is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one look at the project came to.

    Attributes:
        files: every output file that it came to.
        diagnostics: all that is wrong.
        failed_suites: those that keep their last good outputs.
        settings: of the project file; None when it could not be read.
        error: why the pass ended early; ``""`` when it did not.
        trace: of a defect of ours.
        has_moved: the specs changed while they were read: look again at once.
        must_retry: something could not be read or written; a while later it may be.
        is_stopped: the daemon was asked to end.
        stages: name → seconds.
    """

    files: tuple[FileResult, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    failed_suites: tuple[str, ...] = ()
    settings: Project | None = None
    error: str = ""
    trace: str = ""
    has_moved: bool = False
    must_retry: bool = False
    is_stopped: bool = False
    stages: Mapping[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        """Number of diagnostics of severity error."""
        return sum(found.severity is Severity.ERROR for found in self.diagnostics)


def run_pass(
    root: Path,
    profile: str | None,
    suites: tuple[str, ...] | None,
    should_stop: Callable[[], bool],
) -> Pass:
    """Bring the outputs of ``suites`` (None: all) up to date.

    Whatever is raised becomes part of what is returned: the daemon goes on, and tries again.
    """
    stages: dict[str, float] = {}
    settings: Project | None = None
    try:
        began = time.perf_counter()
        project = open_project(root, profile)
        settings = project.settings
        stages["read"] = time.perf_counter() - began
        began = time.perf_counter()
        report = generate(project, Request(suites=suites or ()), should_stop=should_stop)
        stages["generate"] = time.perf_counter() - began
    except MovedError:
        return Pass(settings=settings, has_moved=True, stages=stages)
    except FindingsError as error:
        return Pass(settings=settings, diagnostics=error.diagnostics, stages=stages)
    except LockedError as error:
        return Pass(settings=settings, error=str(error), must_retry=True, stages=stages)
    except MockgenError as error:
        return Pass(settings=settings, error=str(error), must_retry=True, stages=stages)
    except Exception as error:  # noqa: BLE001 - a defect must not end the daemon; it is told in full
        return Pass(
            settings=settings,
            error=f"unexpected {type(error).__name__}: {error}",
            trace=traceback.format_exc(),
            must_retry=True,
            stages=stages,
        )
    return Pass(
        files=report.files,
        diagnostics=report.diagnostics,
        failed_suites=report.failed_suites,
        settings=settings,
        must_retry=any(found.code == WRITE_FAILED for found in report.diagnostics),
        is_stopped=report.is_stopped,
        stages=stages,
    )
