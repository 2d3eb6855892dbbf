"""Takes the bytes of a file, whatever its form; gives the new text, with proof, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.migrations.assemble import assemble, free_name
from mockgen_watch.migrations.base import FileKind, read_document
from mockgen_watch.migrations.emit import emit
from mockgen_watch.migrations.lost import Emission
from mockgen_watch.migrations.outcome import STANDARD, Migration, language_of, named, upgraded
from mockgen_watch.migrations.periods import TooManyRowsError
from mockgen_watch.migrations.prove import SectionProof, count_outputs, prove_sections
from mockgen_watch.migrations.report import STAYS, cannot_migrate, remark_location, too_many_rows
from mockgen_watch.migrations.same import differences
from mockgen_watch.migrations.shapes import Form, RemarkKind, form_of, read_oldest
from mockgen_watch.migrations.suffixes import emit_suffixes, read_suffixes
from mockgen_watch.migrations.suggest import (
    pools_of_oldest,
    pools_of_suffixes,
    suggestions_for,
)
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import MappingNode
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.migrations.assemble import NewModel
    from mockgen_watch.migrations.base import Chain
    from mockgen_watch.migrations.outcome import Wishes
    from mockgen_watch.migrations.shapes import OldFile, Remark
    from mockgen_watch.migrations.suffixes import SuffixFile
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import UserInput

TOO_LARGE = "MG105"
"""The code of a file that is larger than a spec may be."""


def migrate_user_input(
    path: str, data: bytes, wishes: Wishes, chain: Chain = STANDARD
) -> Migration:
    """Return the migration of a user_input file."""
    document = parse(path, data)
    language = wishes.language or language_of(path)
    plain = Migration(
        path=path,
        kind=FileKind.USER_INPUT,
        form=form_of(document),
        old=document.text,
        new=None,
        language=language,
        diagnostics=document.diagnostics,
    )
    form = plain.form
    if document.root is None or has_errors(document.diagnostics) or form is Form.BROKEN:
        if not plain.has_failed:
            problem = cannot_migrate(document, "it is no mapping of sections, models or fields")
            plain = replace(plain, diagnostics=(*document.diagnostics, problem))
        return plain
    if form is Form.NEW:
        return upgraded(plain, document, chain)
    if form in {Form.SECTIONS, Form.FLAT}:
        return _from_oldest(plain, document, wishes)
    if form is Form.SUFFIXES and not wishes.is_thorough:
        return plain
    return _from_suffixes(plain, document, wishes)


def migrate_versioned(path: str, data: bytes, kind: FileKind, chain: Chain = STANDARD) -> Migration:
    """Return the migration of a project file or a lockfile: from its version to the newest."""
    document = read_document(path, data, kind)
    plain = Migration(
        path=path,
        kind=kind,
        form=None,
        old=document.text,
        new=None,
        language=language_of(path),
        diagnostics=document.diagnostics,
    )
    return plain if plain.has_failed else upgraded(plain, document, chain)


def _from_oldest(plain: Migration, document: Document, wishes: Wishes) -> Migration:
    old = read_oldest(document)
    name = free_name(wishes.model, (member.key for member in old.models))
    how = Emission(schema=wishes.schema, count=wishes.count, to_yaml=plain.language == "yaml")
    pools = pools_of_oldest(old, name)
    problems: tuple[Diagnostic, ...] = ()
    for in_full in (False, True):
        try:
            model = assemble(old, name, in_full=in_full)
        except TooManyRowsError as error:
            return replace(plain, diagnostics=(*plain.diagnostics, too_many_rows(document, error)))
        text = emit(document, old, model, how)
        proofs, problems = _prove_oldest(plain, document, text, old, model)
        if not problems:
            return replace(
                plain,
                new=text,
                proofs=proofs,
                remarks=(*old.remarks, *model.remarks),
                suggestions=suggestions_for(pools, wishes.master, is_oldest=True),
                pools=pools,
                diagnostics=(*plain.diagnostics, *_warnings(document, old.remarks)),
            )
    return replace(plain, diagnostics=(*plain.diagnostics, *problems))


def _prove_oldest(
    plain: Migration, document: Document, text: str, old: OldFile, model: NewModel
) -> tuple[tuple[SectionProof, ...], tuple[Diagnostic, ...]]:
    new, problems = _built(plain, document, text)
    if new is None:
        return (), problems
    made = next((one for one in new.models if one.name == model.name), None)
    if made is None:
        return (), (cannot_migrate(document, "the new spec has no model of that name"),)
    proofs = prove_sections(old, model, made)
    models = {member.key for member in old.models}
    before = _only(document, {id(member) for member in old.models})
    kept, found = build_user_input(before, BuildContext()) if models else (None, [])
    others: tuple[str, ...] = ()
    if kept is not None:
        beside = tuple(one for one in new.models if one.name != model.name)
        others = differences(kept, replace(new, models=beside))
    elif models:
        others = tuple(item.message for item in found if item.severity is Severity.ERROR)
    told = tuple(cannot_migrate(document, problem) for problem in others)
    told += tuple(
        cannot_migrate(document, f"section {proof.section or 'of the file'}: {problem}")
        for proof in proofs
        for problem in proof.problems
    )
    return proofs, told


def _built(
    plain: Migration, document: Document, text: str
) -> tuple[UserInput | None, tuple[Diagnostic, ...]]:
    """Return the new text, read as a spec, or what is wrong with the old file."""
    again = parse(named(plain.path, plain.language), text.encode("utf-8", "surrogatepass"))
    new, found = build_user_input(again, BuildContext())
    if new is not None and not has_errors(again.diagnostics):
        return new, ()
    return None, tuple(
        cannot_migrate(
            document,
            f"the new spec would not be valid: {item.message}",
            "divide the sections among several files" if item.code == TOO_LARGE else STAYS,
        )
        for item in (*again.diagnostics, *found)
        if item.severity is Severity.ERROR
    )


def _from_suffixes(plain: Migration, document: Document, wishes: Wishes) -> Migration:
    old = read_suffixes(document)
    before, found = build_user_input(_without_lost(document, old), BuildContext())
    if before is None or old.clashes:
        return replace(plain, diagnostics=(*plain.diagnostics, *found))
    pools = pools_of_suffixes(old)
    problems: tuple[Diagnostic, ...] = ()
    for in_full in (False, True):
        text = emit_suffixes(
            document, old, wishes.schema, to_yaml=plain.language == "yaml", in_full=in_full
        )
        new, problems = _built(plain, document, text)
        if new is None:
            continue
        others = differences(before, new)
        problems = tuple(cannot_migrate(document, problem) for problem in others)
        if not problems:
            return replace(
                plain,
                new=text,
                proofs=tuple(count_outputs(new)),
                remarks=old.remarks,
                suggestions=suggestions_for(pools, wishes.master, is_oldest=False),
                pools=pools,
                diagnostics=(*plain.diagnostics, *_warnings(document, old.remarks)),
            )
    return replace(plain, diagnostics=(*plain.diagnostics, *problems))


def _without_lost(document: Document, old: SuffixFile) -> Document:
    lost = {id(remark.lost) for remark in old.remarks}
    root = document.root
    members = root.members if isinstance(root, MappingNode) else ()
    return _only(document, {id(member) for member in members} - lost)


def _only(document: Document, wanted: set[int]) -> Document:
    """Return ``document`` with those members at its top whose id is in ``wanted``."""
    root = document.root
    if not isinstance(root, MappingNode):
        return document
    kept = tuple(member for member in root.members if id(member) in wanted)
    return replace(document, root=replace(root, members=kept))


def _warnings(document: Document, remarks: tuple[Remark, ...]) -> Iterator[Diagnostic]:
    for remark in remarks:
        if remark.kind is RemarkKind.LOST:
            yield Diagnostic(
                code="MG701",
                message=f'"{remark.pointer[-1]}" is kept as a comment: {remark.text}',
                location=remark_location(document, remark),
                severity=Severity.WARNING,
            )
