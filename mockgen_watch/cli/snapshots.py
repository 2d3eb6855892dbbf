"""Takes the options of a command that works on snapshots; gives the folder of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.records import outside_root
from mockgen_watch.storage.containment import OutputRoot
from mockgen_watch.workflow.snapshots import FOLDER

if TYPE_CHECKING:
    from mockgen_watch.workflow.project import OpenProject


def snapshots_root(project: OpenProject, out: str | None) -> OutputRoot:
    """Return the folder ``out``, else that of the project's snapshots."""
    if out is not None:
        return outside_root(project, out)
    return OutputRoot.in_project(
        project.root, f"{project.output_root().label}/{FOLDER}", project.state
    )
