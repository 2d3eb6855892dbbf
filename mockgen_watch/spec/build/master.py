"""Master: the shape that records are merged into, and how they are merged."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Diagnostic, ask_for, nearest_word
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.shapes import build_record
from mockgen_watch.spec.build.slips import tell_of_lists
from mockgen_watch.spec.build.user_input import read_version, top_directives
from mockgen_watch.spec.model import (
    ConflictPolicy,
    MasterFile,
    MergeKind,
    MergePolicy,
    OriginKind,
)

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Document

_BY_KEY: Final = r"(?s)by-key\((.*)\)"


def build_master(
    document: Document, context: reader.BuildContext
) -> tuple[MasterFile | None, list[Diagnostic]]:
    """Return the checked master, None when it has errors, and everything that was found.

    What the parser found is not repeated; a document without a root gives nothing more.
    """
    if document.root is None:
        return None, []
    build = reader.Build(document, context)
    master = _master_file(reader.Entry(build=build, node=document.root))
    tell_of_lists(build)
    return (None if build.diagnostics.failed else master), build.diagnostics.sorted()


def _master_file(root: reader.Entry) -> MasterFile | None:
    if not root.is_mapping:
        root.error("MG202", f"a master file must be a mapping, not {root.kind}")
        return None
    directives = top_directives(root, reader.MASTER_DIRECTIVES)
    return MasterFile(
        path=root.file,
        version=read_version(directives.get("$version")),
        extends=_extends(directives.get("$extends")),
        extends_location=(directives.get("$extends") or root).location,
        slot=_slot(directives.get("$slot")),
        slot_location=(directives.get("$slot") or root).location,
        policies=_policies(directives.get("$merge")),
        on_conflict=read_conflict(directives.get("$on_conflict")),
        shape=build_record(root, OriginKind.MASTER, root.file),
    )


def read_conflict(entry: reader.Entry | None) -> ConflictPolicy | None:
    """Return the policy at ``entry``; None where there is none, or when it was reported."""
    return reader.read_word(entry, tuple(ConflictPolicy), "MG305")


def _extends(entry: reader.Entry | None) -> str:
    text = None if entry is None else reader.read_text(entry, "the path of a master file")
    if entry is None or text is None:
        return ""
    path = reader.join_path(entry.file, text)
    if not text or not path:
        entry.error("MG218", f'no such file in this project: "{text}"')
    return path or ""


def _slot(entry: reader.Entry | None) -> tuple[str, ...] | None:
    text = None if entry is None else reader.read_text(entry, "a path: dotted, or a JSON Pointer")
    if entry is None or text is None:
        return None
    try:
        return reader.parse_path(text)
    except reader.PathError as error:
        entry.error("MG303", f"$slot: {error}")
        return None


def _policies(entry: reader.Entry | None) -> tuple[MergePolicy, ...]:
    if entry is None:
        return ()
    if not entry.is_mapping:
        entry.error("MG202", f"$merge takes a mapping of paths to policies, not {entry.kind}")
    built = [_policy(member) for member in entry.members()]
    return tuple(policy for policy in built if policy is not None)


def _policy(entry: reader.Entry) -> MergePolicy | None:
    try:
        path = reader.parse_path(entry.key)
    except reader.PathError as error:
        entry.key_error("MG218", str(error))
        return None
    text = reader.read_text(entry, "a merge policy")
    if text is None:
        return None
    by_key = re.fullmatch(_BY_KEY, text)
    key = by_key[1].strip() if by_key else ""
    known = [kind for kind in MergeKind if kind is not MergeKind.BY_KEY]
    if by_key is None and text not in known:
        words = [*known, "by-key(id)"]
        near = nearest_word(text, words)
        hint = ask_for(near) or f"one of {', '.join(words)}"
        # Which key to compare is the author's to say.
        fix = entry.text_fix(near) if near in known else ()
        entry.error("MG305", f'unknown merge policy "{text}"', hint, fix=fix)
        return None
    if by_key and not key:
        entry.error("MG305", "by-key( ) needs a key", "for example by-key(id)")
        return None
    kind = MergeKind.BY_KEY if by_key else MergeKind(text)
    return MergePolicy(path=path, kind=kind, key=key, location=entry.key_location)
