"""Profiles: what other profiles make in the same folder, and whether one changes anything.

A profile is one way to make the outputs of a project; none is another. Several of them may share
an output folder, and then a run with one removes no file that another makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Diagnostic, Severity
from mockgen_watch.lock.model import Action, Reason
from mockgen_watch.lock.paths import WantedOutput, below
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.workflow.produce import suffix_of
from mockgen_watch.workflow.project import OpenProject, project_of, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mockgen_watch.lock.model import FileAction, Reconciliation
    from mockgen_watch.spec.build.project import Profile

_STATED_AS: Final = {
    "seed": "$seed",
    "count": "$count",
    "output": "$output",
    "on_conflict": "$on_conflict",
}
"""What a profile overrides → the directive with which a spec states it itself."""


def kept_for_profiles(project: OpenProject, reconciliation: Reconciliation) -> frozenset[str]:
    """Return the unwanted paths that the project makes under another profile, or under none.

    Paths are relative to the output folder. Nothing is read where nothing is unwanted.
    """
    removed = {file.path for file in reconciliation.files() if _is_unwanted(file)}
    if not removed or not project.settings.profiles:
        return frozenset()
    kept: set[str] = set()
    for other in _others(project):
        for suite in other.suites.files:
            plans = other.suites.plans(suite)
            if plans is None:
                # What it makes is not known.
                kept.update(path for path in removed if path.startswith(below(suite, "")))
                continue
            for plan in plans:
                output = WantedOutput.of(plan, suffix_of(plan), has_labels=wants_labels(plan))
                kept.update(removed.intersection(output.paths))
    return frozenset(kept)


def _is_unwanted(file: FileAction) -> bool:
    """Return whether ``file`` is to be removed, or would be but for an edit."""
    if file.action is Action.DELETE:
        return file.reason is not Reason.SPENT
    return file.action is Action.REFUSE and file.reason is Reason.EDITED_UNWANTED


def _others(project: OpenProject) -> Iterator[OpenProject]:
    """Give the project under each other profile, and none, that has the same output folder."""
    for name in (None, *(profile.name for profile in project.settings.profiles)):
        if name == project.profile:
            continue
        settings = read_settings(project.snapshot, name)[0]
        if settings.outputs == project.settings.outputs:
            yield project_of(project.root, project.state, project.snapshot, name)


def idle_profile(
    project: OpenProject, wanted: Mapping[str, tuple[WantedOutput, ...]]
) -> Diagnostic | None:
    """Return a warning where the profile of ``project`` changes none of its outputs.

    ``wanted``: suite → its outputs under the profile.
    """
    profile = None if project.profile is None else project.settings.profile(project.profile)
    if profile is None or profile.outputs is not None or not wanted:
        return None
    plain = project_of(project.root, project.state, project.snapshot)
    for suite, outputs in wanted.items():
        plans = plain.suites.plans(suite)
        if plans is None or [plan.key for plan in plans] != [output.key for output in outputs]:
            return None
        layouts = [(plan.output.format, plan.output.layout) for plan in plans]
        if layouts != [(output.format, output.layout) for output in outputs]:
            return None
    stated = " and ".join(_stated(profile))
    return Diagnostic(
        code="MG601",
        severity=Severity.WARNING,
        message=f'the profile "{profile.name}" changes nothing: '
        f"the specs state {stated} themselves",
        location=profile.location,
        hint="a profile applies where the specs state nothing: remove it from them, "
        "or run generate with --count, --seed or --format",
    )


def _stated(profile: Profile) -> list[str]:
    return [name for key, name in _STATED_AS.items() if getattr(profile, key) is not None]
