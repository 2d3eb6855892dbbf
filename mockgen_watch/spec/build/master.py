"""Takes the Document of a master file; gives a MasterFile, or all that is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.spec.build.generators import NO_MODIFIERS
from mockgen_watch.spec.build.names import PathError, is_directive, join_path, parse_path
from mockgen_watch.spec.build.reader import Job, Scope, Site, kind_of
from mockgen_watch.spec.build.scalars import read_text, read_word
from mockgen_watch.spec.build.shapes import MASTER_DIRECTIVES, build_members
from mockgen_watch.spec.build.user_input import read_version, top_directives
from mockgen_watch.spec.model import (
    ConflictPolicy,
    MasterFile,
    MergeKind,
    MergePolicy,
    ObjectShape,
    Origin,
    OriginKind,
)

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.build.reader import BuildContext, Report
    from mockgen_watch.spec.document import Document

_BY_KEY: Final = re.compile(r"by-key\((.*)\)", re.DOTALL)


def build_master(
    document: Document, context: BuildContext
) -> tuple[MasterFile | None, list[Diagnostic]]:
    """Return the checked master, None when it has errors, and everything that was found.

    What the parser found is not repeated; a document without a root gives nothing more.
    """
    if document.root is None:
        return None, []
    job = Job(document=document, context=context)
    root = Site(document=document, node=document.root)
    if not root.is_mapping:
        message = f"a master file is a mapping, not {kind_of(root.node)}"
        job.report.error("MG202", root, message)
        return None, job.report.diagnostics()
    master = _build(root, job)
    return (None if job.report.failed else master), job.report.diagnostics()


def _build(root: Site, job: Job) -> MasterFile:
    report = job.report
    directives = top_directives(root, MASTER_DIRECTIVES, report)
    fields = [item for item in root.members() if item.key == "$rows" or not is_directive(item.key)]
    path = job.document.path
    conflict = directives.get("$on_conflict")
    return MasterFile(
        path=path,
        version=read_version(directives.get("$version"), report),
        extends=_extends(directives.get("$extends"), report),
        extends_location=(directives.get("$extends") or root).location,
        slot=_slot(directives.get("$slot"), report),
        slot_location=(directives.get("$slot") or root).location,
        policies=_policies(directives.get("$merge"), report),
        on_conflict=read_conflict(conflict, report),
        shape=ObjectShape(
            members=build_members(fields, Scope(kind=OriginKind.MASTER, owner=path), None, job),
            modifiers=NO_MODIFIERS,
            address=(),
            origin=Origin(kind=OriginKind.MASTER, name=path, location=root.location),
        ),
    )


def read_conflict(site: Site | None, report: Report) -> ConflictPolicy | None:
    """Return the policy at ``site``; None where there is none, or when it was reported."""
    word = None if site is None else read_word(site, report, tuple(ConflictPolicy), "MG305")
    return None if word is None else ConflictPolicy(word)


def _extends(site: Site | None, report: Report) -> str:
    text = None if site is None else read_text(site, report, "the path of a master file")
    if site is None or text is None:
        return ""
    path = join_path(site.document.path, text)
    if not text or not path:
        report.error("MG218", site, f'"{text}" is no file of this project')
    return path or ""


def _slot(site: Site | None, report: Report) -> tuple[str, ...] | None:
    text = None if site is None else read_text(site, report, "a path: dotted, or a JSON Pointer")
    if site is None or text is None:
        return None
    try:
        return parse_path(text)
    except PathError as error:
        report.error("MG303", site, f"$slot: {error}")
        return None


def _policies(site: Site | None, report: Report) -> tuple[MergePolicy, ...]:
    if site is None:
        return ()
    if not site.is_mapping:
        message = f"$merge takes a mapping of paths to policies, not {kind_of(site.node)}"
        report.error("MG202", site, message)
    built = [_policy(member, report) for member in site.members()]
    return tuple(policy for policy in built if policy is not None)


def _policy(site: Site, report: Report) -> MergePolicy | None:
    try:
        path = parse_path(site.key)
    except PathError as error:
        report.error("MG218", site.key_location, str(error))
        return None
    text = read_text(site, report, "a merge policy")
    if text is None:
        return None
    by_key = _BY_KEY.fullmatch(text)
    key = by_key[1].strip() if by_key else ""
    known = [kind for kind in MergeKind if kind is not MergeKind.BY_KEY]
    if by_key is None and text not in known:
        words = [*known, "by-key(id)"]
        hint = did_you_mean(text, words) or f"one of {', '.join(words)}"
        report.error("MG305", site, f'there is no merge policy "{text}"', hint)
        return None
    if by_key and not key:
        report.error("MG305", site, "by-key( ) names no key", "such as by-key(id)")
        return None
    kind = MergeKind.BY_KEY if by_key else MergeKind(text)
    return MergePolicy(path=path, kind=kind, key=key, location=site.key_location)
