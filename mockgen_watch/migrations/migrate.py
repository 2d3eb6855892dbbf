"""Takes the bytes of a file, whatever its form; gives the new text, with proof, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Severity, has_errors
from mockgen_watch.migrations.emit import emit
from mockgen_watch.migrations.layout import Emission
from mockgen_watch.migrations.pieces import TooManyRowsError
from mockgen_watch.migrations.prove import SectionProof, count_outputs, differences, prove_sections
from mockgen_watch.migrations.shapes import Form, RemarkKind, form_of, read_oldest
from mockgen_watch.migrations.suffixes import assemble, emit_suffixes, free_name, read_suffixes
from mockgen_watch.migrations.suggest import pools_of_oldest, pools_of_suffixes, suggestions_for
from mockgen_watch.migrations.versions import Chain, FileKind, read_document, upgrade
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import MappingNode, pointer_of
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.migrations.shapes import OldFile, Remark
    from mockgen_watch.migrations.suffixes import NewModel, SuffixFile
    from mockgen_watch.migrations.suggest import ModelPools, Suggestion
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import UserInput


STAYS = "the file stays as it is"


def remark_location(document: Document, remark: Remark) -> Location:
    """Return where in the old file ``remark`` belongs."""
    return document.locate(remark.mark, pointer_of(remark.pointer))


def too_many_rows(document: Document, error: TooManyRowsError) -> Diagnostic:
    """Return the diagnostic of fields that have too many combinations."""
    fields = ", ".join(f"{name} ({size} values)" for name, size in error.fields)
    root = document.root
    assert root is not None  # noqa: S101 - sections were read from it
    return Diagnostic(
        code="MG702",
        message=f"fields that belong together have {error.rows} combinations: {fields}",
        location=document.locate(error.mark or root.mark),
        hint="give the lists the same length, or lengths without a common factor",
    )


def cannot_migrate(document: Document, problem: str, hint: str = STAYS) -> Diagnostic:
    """Return the diagnostic of a file that stays as it is because of ``problem``."""
    root = document.root
    return Diagnostic(
        code="MG702",
        message=problem,
        location=Location(path=document.path) if root is None else document.locate(root.mark),
        hint=hint,
    )


STANDARD: Final = Chain()
"""The steps that there are; what they make is not read by the readers of specs."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What the caller wants of a migration.

    Attributes:
        schema: what ``$schema`` names in a user_input; ``""``: no such line.
        master_schema: the same for a master.
        model: the name of the model that sections become.
        count: records of each scenario; None: as the project says.
        language: ``yaml`` or ``json``; ``""``: that of the file.
        is_thorough: files that are valid as they stand, but of the earlier system, are rewritten
            too: suffix sections to ``$scenarios``, and masters get their ``$schema``.
        master: that of the file, for suggestions; None where there is none.
    """

    schema: str = ""
    master_schema: str = ""
    model: str = "Model_1"
    count: int | None = None
    language: str = ""
    is_thorough: bool = True
    master: Document | None = None


class Migration(Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        path: of the old file.
        kind: of the file.
        form: of the old file; None for what is no user_input.
        old: the old text.
        new: the new text, in ``language``; None where the file stays as it is.
        language: ``yaml`` or ``json``.
        proofs: section by section; outputs of suffix files count as sections.
        remarks: what is worth telling of places in the old file.
        suggestions: what a person may do next.
        versions: those that a spec went through, its own first; none of other files.
        diagnostics: errors stop the file; warnings tell of what was not carried over.
        pools: of each model, to be compared with those of other files.
    """

    path: str
    kind: FileKind
    form: Form | None
    old: str
    new: str | None
    language: str
    proofs: tuple[SectionProof, ...] = ()
    remarks: tuple[Remark, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    pools: tuple[ModelPools, ...] = ()
    versions: tuple[int, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether the file could not be migrated."""
        return has_errors(self.diagnostics)


def language_of(path: str) -> str:
    """Return the language of a file by its ending."""
    return "json" if path.casefold().endswith(".json") else "yaml"


def named(path: str, language: str) -> str:
    """Return ``path`` with the ending of ``language``, where it has another."""
    return path if language_of(path) == language else f"{path.rpartition('.')[0]}.{language}"


def upgraded(plain: Migration, document: Document, chain: Chain) -> Migration:
    """Return the migration of a file that is of this tool already: to its newest version."""
    done = upgrade(document, plain.kind, chain)
    return replace(
        plain,
        new=done.text if done.text != document.text else None,
        language=language_of(plain.path),
        versions=done.versions,
        diagnostics=(*plain.diagnostics, *done.diagnostics),
    )


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
