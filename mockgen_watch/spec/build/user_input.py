"""Takes the Document of a user_input file; gives a UserInput, or all that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Related
from mockgen_watch.spec.build.directives import INPUT_DIRECTIVES, report_unknown
from mockgen_watch.spec.build.job import Job
from mockgen_watch.spec.build.links import check_links
from mockgen_watch.spec.build.models import FileDefaults, build_model
from mockgen_watch.spec.build.names import is_directive, join_path
from mockgen_watch.spec.build.outputs import apply_output, read_output
from mockgen_watch.spec.build.scalars import is_empty, read_text, read_whole
from mockgen_watch.spec.build.scenarios import read_count
from mockgen_watch.spec.build.sections import read_sections
from mockgen_watch.spec.build.site import Site, kind_of
from mockgen_watch.spec.document import Scalar
from mockgen_watch.spec.model import MasterChoice, UserInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.build.context import BuildContext
    from mockgen_watch.spec.build.site import Report
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import Model

FORMAT_VERSION = 1
"""The version of the spec format that this release reads."""
_NEWER = "a newer release of mockgen-watch may read it"


def build_user_input(
    document: Document, context: BuildContext
) -> tuple[UserInput | None, list[Diagnostic]]:
    """Return the checked spec, None when it has errors, and everything that was found.

    What the parser found is not repeated; a document without a root gives nothing more.
    """
    if document.root is None:
        return None, []
    root = Site(document=document, node=document.root)
    stated = root.get("$master")
    job = Job(
        document=document, context=context, may_have_master=stated is None or not is_empty(stated)
    )
    spec = _build(root, job)
    return (None if job.report.failed else spec), job.report.diagnostics()


def read_version(site: Site | None, report: Report, newest: int = FORMAT_VERSION) -> int:
    """Return the format version that a file states; only the newest is read."""
    version = None if site is None else read_whole(site, report)
    if site is not None and version is not None and version != newest:
        message = f"format version {version} is not read by this release, which reads {newest}"
        is_older = 0 < version < newest
        hint = f"mockgen-watch migrate brings it to version {newest}"
        report.error("MG226", site, message, hint if is_older else _NEWER)
    return newest


def top_directives(root: Site, legal: Sequence[str], report: Report) -> dict[str, Site]:
    """Return the directives at the top of a file; those that are not legal there are reported."""
    directives = {member.key: member for member in root.members() if is_directive(member.key)}
    for key, member in directives.items():
        if key not in legal:
            report_unknown(member, legal, report)
    if "$schema" in directives:
        read_text(directives["$schema"], report, "the path or address of a JSON Schema")
    return directives


def _build(root: Site, job: Job) -> UserInput | None:
    report = job.report
    if not root.is_mapping:
        message = f"a user_input file is a mapping of models, not {kind_of(root.node)}"
        report.error("MG202", root, message)
        return None
    directives = top_directives(root, INPUT_DIRECTIVES, report)
    version = read_version(directives.get("$version"), report)
    formats, project = job.context.formats, job.context.output
    edit = read_output(directives.get("$output"), formats, project.format, report)
    defaults = FileDefaults(
        count=read_count(directives.get("$count"), job.context.count, job),
        output=apply_output(project, edit, formats),
    )
    models = tuple(build_model(item, defaults, job) for item in read_sections(root, job))
    _check_ids(models, report)
    check_links(models, job)
    stated = directives.get("$seed")
    seed = None if stated is None else read_whole(stated, report)
    choice, path = _master(directives.get("$master"), report)
    return UserInput(
        path=job.document.path,
        version=version,
        seed=job.context.seed if seed is None else seed,
        master=choice,
        master_path=path,
        master_location=(directives.get("$master") or root).location,
        models=models,
    )


def _master(site: Site | None, report: Report) -> tuple[MasterChoice, str]:
    if site is None:
        return MasterChoice.NEAREST, ""
    if isinstance(site.node, Scalar) and is_empty(site):
        return MasterChoice.NONE, ""
    text = read_text(site, report, "the path of a master file, or null for none")
    path = None if text is None else join_path(site.document.path, text)
    if text is not None and not (text and path):
        report.error("MG218", site, f'"{text}" is no file of this project')
    return MasterChoice.NAMED, path or ""


def _check_ids(models: Sequence[Model], report: Report) -> None:
    seen: dict[str, Model] = {}
    for model in models:
        first = seen.setdefault(model.id, model)
        if first is not model:
            related = (Related(message="the other model", location=first.location),)
            message = f'"{model.name}" has the $id of "{first.name}"'
            report.error("MG222", model.location, message, "", related)
