"""Takes the bytes of a file, whatever its form; gives the new text, with proof, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.dataclass import dataclass, replace
from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.digest import canonical
from mockgen_watch.migrations.assemble import assemble, free_name
from mockgen_watch.migrations.base import FileKind, upgrade
from mockgen_watch.migrations.emit import emit
from mockgen_watch.migrations.insert import with_head
from mockgen_watch.migrations.lost import Emission
from mockgen_watch.migrations.periods import TooManyRowsError
from mockgen_watch.migrations.prove import SectionProof, prove_sections
from mockgen_watch.migrations.report import cannot_migrate, remark_location, too_many_rows
from mockgen_watch.migrations.same import differences
from mockgen_watch.migrations.shapes import Form, RemarkKind, form_of, read_oldest
from mockgen_watch.migrations.suffixes import emit_suffixes, read_suffixes
from mockgen_watch.migrations.suggest import (
    pools_of_oldest,
    pools_of_suffixes,
    suggestions_for,
)
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.spec.build.directives import MASTER_DIRECTIVES
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import MappingNode, plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.migrations.assemble import NewModel
    from mockgen_watch.migrations.base import Step
    from mockgen_watch.migrations.shapes import OldFile, Remark
    from mockgen_watch.migrations.suffixes import SuffixFile
    from mockgen_watch.migrations.suggest import Suggestion
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import UserInput

MASTER_SLOTS = ("user_profile", "template")
"""The keys under which the masters of the earlier system hold the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """What became of one file.

    Attributes:
        path: of the old file.
        kind: user_input or master.
        form: of the old file; None for a master.
        old: the old text.
        new: the new text, in ``language``; None where the file stays as it is.
        language: ``yaml`` or ``json``.
        proofs: section by section; outputs of suffix files count as sections.
        remarks: what is worth telling of places in the old file.
        suggestions: what a person may do next.
        diagnostics: errors stop the file; warnings tell of what was not carried over.
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

    @property
    def has_failed(self) -> bool:
        """Whether the file could not be migrated."""
        return has_errors(self.diagnostics)


def migrate_user_input(
    path: str, data: bytes, wishes: Wishes, steps: tuple[Step, ...] = ()
) -> Migration:
    """Return the migration of a user_input file."""
    document = parse(path, data)
    language = wishes.language or _language(path)
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
        return _upgraded(plain, document, steps)
    if form in {Form.SECTIONS, Form.FLAT}:
        return _from_oldest(plain, document, wishes)
    if form is Form.SUFFIXES and not wishes.is_thorough:
        return plain
    return _from_suffixes(plain, document, wishes)


def migrate_master(
    path: str, data: bytes, wishes: Wishes, steps: tuple[Step, ...] = ()
) -> Migration:
    """Return the migration of a master file."""
    document = parse(path, data)
    plain = Migration(
        path=path,
        kind=FileKind.MASTER,
        form=None,
        old=document.text,
        new=None,
        language=wishes.language or _language(path),
        diagnostics=document.diagnostics,
    )
    root = document.root
    if has_errors(document.diagnostics) or not isinstance(root, MappingNode):
        if not plain.has_failed:
            problem = cannot_migrate(document, "a master is a mapping")
            plain = replace(plain, diagnostics=(*document.diagnostics, problem))
        return plain
    if any(member.key in MASTER_DIRECTIVES for member in root.members):
        return _upgraded(plain, document, steps)
    is_flat = not any(isinstance(member.node, MappingNode) for member in root.members)
    if not is_flat and not wishes.is_thorough:
        return plain
    head = [("$schema", wishes.master_schema)] if wishes.master_schema else []
    head += [("$slot", "")] if is_flat else []
    text = with_head(document, head, plain.language)
    again = parse(_named(path, plain.language), text.encode())
    master, found = build_master(again, BuildContext())
    same = again.root is not None and {
        key: value for key, value in _data(again).items() if key not in dict(head)
    } == _data(document)
    if master is None or not same:
        problem = cannot_migrate(document, "the new master would not hold what the old one holds")
        return replace(plain, diagnostics=(*document.diagnostics, *found, problem))
    return replace(plain, new=text if text != document.text else None)


def looks_like_master(path: str, data: bytes) -> bool:
    """Tell whether a file that was named is a master: by its name, else by its only key."""
    stem = path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0].casefold()
    if "user_input" in stem:
        return False
    if "master" in stem:
        return True
    root = parse(path, data).root
    keys = [member.key for member in root.members] if isinstance(root, MappingNode) else []
    return [key for key in keys if not key.startswith("$")] in [[slot] for slot in MASTER_SLOTS]


def _data(document: Document) -> dict[str, bytes]:
    root = document.root
    members = root.members if isinstance(root, MappingNode) else ()
    return {member.key: canonical(plain_data(member.node)) for member in members}


def _language(path: str) -> str:
    return "json" if path.casefold().endswith(".json") else "yaml"


def _named(path: str, language: str) -> str:
    """Return ``path`` with the ending of ``language``, where it has another."""
    return path if _language(path) == language else f"{path.rpartition('.')[0]}.{language}"


def _upgraded(plain: Migration, document: Document, steps: tuple[Step, ...]) -> Migration:
    done = upgrade(document, plain.kind, steps) if steps else upgrade(document, plain.kind)
    new = done.text if done.text != document.text else None
    language = _language(plain.path)
    return replace(
        plain, new=new, language=language, diagnostics=(*plain.diagnostics, *done.diagnostics)
    )


def _from_oldest(plain: Migration, document: Document, wishes: Wishes) -> Migration:
    old = read_oldest(document)
    name = free_name(wishes.model, (member.key for member in old.models))
    how = Emission(schema=wishes.schema, count=wishes.count, to_yaml=plain.language == "yaml")
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
                suggestions=suggestions_for(pools_of_oldest(old), wishes.master, is_oldest=True),
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
    again = parse(_named(plain.path, plain.language), text.encode("utf-8", "surrogatepass"))
    new, found = build_user_input(again, BuildContext())
    if new is not None and not has_errors(again.diagnostics):
        return new, ()
    return None, tuple(
        cannot_migrate(document, f"the new spec would not be valid: {item.message}")
        for item in (*again.diagnostics, *found)
        if item.severity is Severity.ERROR
    )


def _from_suffixes(plain: Migration, document: Document, wishes: Wishes) -> Migration:
    old = read_suffixes(document)
    before, found = build_user_input(_without_lost(document, old), BuildContext())
    if before is None or old.clashes:
        return replace(plain, diagnostics=(*plain.diagnostics, *found))
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
                proofs=tuple(_output_proofs(new)),
                remarks=old.remarks,
                suggestions=suggestions_for(pools_of_suffixes(old), wishes.master, is_oldest=False),
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


def _output_proofs(spec: UserInput) -> Iterator[SectionProof]:
    for model in spec.models:
        for scenario in model.scenarios:
            yield SectionProof(
                section=f"{model.name}/{scenario.name}",
                scenario=f"{model.name}/{scenario.name}",
                fields=(),
                records=0,
                problems=(),
            )


def _warnings(document: Document, remarks: tuple[Remark, ...]) -> Iterator[Diagnostic]:
    for remark in remarks:
        if remark.kind is RemarkKind.LOST:
            yield Diagnostic(
                code="MG701",
                message=f'"{remark.pointer[-1]}" is kept as a comment: {remark.text}',
                location=remark_location(document, remark),
                severity=Severity.WARNING,
            )
