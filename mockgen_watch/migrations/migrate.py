"""Migration: a file of the earlier system, or of an older version, as a spec of today.

A new text is returned only with proof that it makes the same records; else the file stays as it is,
with the reason. A file of this tool goes from the version that it states to the newest, step by
step.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, Location, Severity, has_errors
from mockgen_watch.migrations import forms
from mockgen_watch.migrations.emit import Emission, emit_sections, emit_suffixes
from mockgen_watch.migrations.layout import (
    YamlSource,
    inline_text,
    json_text,
    language_of,
    mapping_lines,
    with_language,
)
from mockgen_watch.migrations.pieces import NewModel, assemble, free_name
from mockgen_watch.migrations.prove import SectionProof, count_outputs, differences, prove_sections
from mockgen_watch.migrations.suggest import (
    ModelPools,
    Suggestion,
    pools_of_sections,
    pools_of_suffixes,
    suggestions_for,
)
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import MASTER_DIRECTIVES, BuildContext
from mockgen_watch.spec.build.user_input import FORMAT_VERSION, build_user_input
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mockgen_watch.spec.model import UserInput


VERSION: Final = "$version"
# The first key of a lockfile, which is always written in the same way.
_LOCK_VERSION: Final = re.compile(r'\A(\{\s*"lock_version":\s*)(\d{1,9})(?=\s*[,}])')


def _read_version(document: documents.Document) -> tuple[int | None, Location] | None:
    """Return the version that a file states, and its place; None where it states none.

    A version that is not a whole number of 1 or more is None itself.
    """
    found = _LOCK_VERSION.match(document.text)
    if found is not None:
        line = document.text.count("\n", 0, found.start(2)) + 1
        return int(found[2]) or None, Location(path=document.path, line=line)
    root = document.root
    node = root.get(VERSION) if isinstance(root, documents.MappingNode) else None
    if node is None:
        return None
    value = node.value if isinstance(node, documents.Scalar) else None
    version = value if type(value) is int and value > 0 else None
    return version, document.locate(node.mark, f"/{VERSION}")


def _with_version(document: documents.Document, version: int) -> str:
    """Return the text of a document with its ``$version`` set, at its place or as the first key."""
    root, text = document.root, document.text
    if not isinstance(root, documents.MappingNode):
        return text
    node = root.get(VERSION)
    if node is not None:
        return text[: node.mark.start] + str(version) + text[node.mark.end :]
    start = root.mark.start
    if text[start : start + 1] == "{":
        return _with_head_in_braces(text, root, {VERSION: version})
    place = root.members[0].mark.start if root.members else start
    margin = text[text.rfind("\n", 0, place) + 1 : place]
    newline = "\r\n" if "\r\n" in text else "\n"
    return f"{text[:place]}{VERSION}: {version}{newline}{margin}{text[place:]}"


class FileKind(StrEnum):
    """The files that have a format version."""

    USER_INPUT = "user_input"
    MASTER = "master"
    PROJECT = "project"
    LOCKFILE = "lockfile"


class Chain(Struct, frozen=True, kw_only=True):
    """What brings files to the newest versions.

    Attributes:
        steps: kind and version → what makes the text of the next version. It need not change the
            number. Of a lockfile it gets the text alone, without nodes.
        newest: kind → the version that this release writes, where it is not that of specs.
        check: what a reader of the newest version reports for a file that was brought to it.
    """

    steps: Mapping[tuple[FileKind, int], Callable[[documents.Document], str]] = field(
        default_factory=dict
    )
    newest: Mapping[FileKind, int] = field(default_factory=dict)
    check: Callable[[FileKind, documents.Document], Sequence[Diagnostic]] = (
        lambda _kind, _document: ()
    )

    def newest_of(self, kind: FileKind) -> int:
        """Return the newest version of the files of a kind."""
        return self.newest.get(kind, FORMAT_VERSION)


def read_document(path: str, data: bytes, kind: FileKind) -> documents.Document:
    """Return the document in ``data``; a lockfile has text alone, for nothing bounds its size."""
    if kind is not FileKind.LOCKFILE:
        return parse(path, data)
    return documents.Document(path=path, text=data.decode("utf-8", "surrogateescape"), root=None)


def _numbered(
    before: documents.Document, text: str, version: int, kind: FileKind
) -> documents.Document:
    if kind is FileKind.LOCKFILE:
        return replace(before, text=_LOCK_VERSION.sub(rf"\g<1>{version}", text, count=1))
    document = parse(before.path, text.encode())
    if document.root is None or has_errors(document.diagnostics):
        return document
    return parse(before.path, _with_version(document, version).encode())


_NO_STEPS: Final = Chain()
_STAYS = "the file stays as it is"
_TOO_LARGE = "MG105"
_MASTER_SLOTS = ("user_profile", "template")
"""The keys under which the masters of the earlier system hold the record."""


class MigrationOptions(Struct, frozen=True, kw_only=True):
    """What the caller wants of a migration.

    Attributes:
        schema: what ``$schema`` names in the new file; ``""``: no such line.
        model: the name of the model that sections become.
        count: records of each scenario; None: as the project says.
        reading: how sections are read.
        language: ``yaml`` or ``json``; ``""``: that of the file.
        is_thorough: files of the earlier system that are valid as they are get rewritten too:
            suffix sections to ``$scenarios``, and masters get their ``$schema``.
        master: that of the file, for suggestions; None where there is none.
    """

    schema: str = ""
    model: str = "Model_1"
    count: int | None = None
    reading: forms.Reading = forms.Reading()
    language: str = ""
    is_thorough: bool = True
    master: documents.Document | None = None


class Migration(Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        form: of the old file; None for what is no user_input.
        new: the new text, in ``language``; None where the file stays as it is.
        proofs: section by section; outputs of suffix files count as sections.
        remarks: on places in the old file.
        suggestions: what a person may do next.
        diagnostics: errors stop the file; warnings say what was not carried over.
        pools: of each model, to be compared with those of other files.
        versions: those that a spec went through, its own first; none of other files.
    """

    path: str
    kind: FileKind
    form: forms.Form | None
    old: str
    new: str | None
    language: str
    proofs: tuple[SectionProof, ...] = ()
    remarks: tuple[forms.Remark, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    pools: tuple[ModelPools, ...] = ()
    versions: tuple[int, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether the file could not be migrated."""
        return has_errors(self.diagnostics)


def migrate_user_input(
    path: str, data: bytes, options: MigrationOptions, chain: Chain = _NO_STEPS
) -> Migration:
    """Return the migration of a user_input file."""
    document = parse(path, data)
    form = forms.form_of(document)
    plain = _unchanged(document, FileKind.USER_INPUT, options.language, form)
    if plain.has_failed:
        return plain
    if form is forms.Form.BROKEN:
        problem = "it is not a mapping of sections, models or fields"
        return _failed(plain, migration_error(document, problem))
    if form is forms.Form.NEW:
        return _upgraded(plain, document, chain)
    if form.is_edit_format:
        return _from_sections(plain, document, options)
    if form is forms.Form.SUFFIXES and not options.is_thorough:
        return plain
    return _from_suffixes(plain, document, options)


def migrate_master(
    path: str, data: bytes, options: MigrationOptions, chain: Chain = _NO_STEPS
) -> Migration:
    """Return the migration of a master file."""
    document = parse(path, data)
    plain = _unchanged(document, FileKind.MASTER, options.language)
    root = document.root
    if plain.has_failed:
        return plain
    if not isinstance(root, documents.MappingNode):
        return _failed(plain, migration_error(document, "a master is a mapping"))
    if any(member.key in MASTER_DIRECTIVES for member in root.members):
        return _upgraded(plain, document, chain)
    remarks = tuple(_empty_lists(root, ()))
    is_flat = not any(isinstance(member.node, documents.MappingNode) for member in root.members)
    if not is_flat and not remarks and not options.is_thorough:
        return plain
    head = {"$schema": options.schema} if options.schema else {}
    if is_flat:
        head["$slot"] = ""
    return _master_with_head(replace(plain, remarks=remarks), document, head)


def migrate_versioned(
    path: str, data: bytes, kind: FileKind, chain: Chain = _NO_STEPS
) -> Migration:
    """Return the migration of a project file or a lockfile: from its version to the newest."""
    document = read_document(path, data, kind)
    plain = _unchanged(document, kind)
    return plain if plain.has_failed else _upgraded(plain, document, chain)


def looks_like_master(path: str, data: bytes) -> bool:
    """Return whether a file is a master: by its name, else by its only key."""
    stem = path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0].casefold()
    if "user_input" in stem:
        return False
    if "master" in stem:
        return True
    keys = [member.key for member in documents.members_of(parse(path, data).root)]
    return [key for key in keys if not key.startswith("$")] in [[slot] for slot in _MASTER_SLOTS]


def lost_warnings(
    document: documents.Document, remarks: Iterable[forms.Remark], fate: str
) -> Iterator[Diagnostic]:
    """Yield a warning for each member that no record can hold; ``fate`` is what becomes of it."""
    for remark in remarks:
        if remark.kind is forms.RemarkKind.LOST:
            yield Diagnostic(
                code="MG701",
                message=f'"{remark.pointer[-1]}" is {fate}: {remark.text}',
                location=document.locate(remark.mark, documents.pointer_of(remark.pointer)),
                severity=Severity.WARNING,
            )


def missing_values(
    document: documents.Document, remarks: Iterable[forms.Remark]
) -> Iterator[Diagnostic]:
    """Yield an error for each field of a section that is left without a value."""
    for remark in remarks:
        if remark.kind is forms.RemarkKind.NO_VALUE:
            yield Diagnostic(
                code="MG704",
                message=f'"{remark.pointer[-1]}" has no value; '
                "the earlier system stopped here too: missing required non-empty fields",
                location=document.locate(remark.mark, documents.pointer_of(remark.pointer)),
                hint="write a value, or keep empty ones: mockgen-watch migrate --keep-empty "
                + document.path,
            )


def migration_error(document: documents.Document, problem: str, hint: str = _STAYS) -> Diagnostic:
    """Return the diagnostic of a file that stays as it is because of ``problem``."""
    root = document.root
    return Diagnostic(
        code="MG702",
        message=problem,
        location=Location(path=document.path) if root is None else document.locate(root.mark),
        hint=hint,
    )


def _unchanged(
    document: documents.Document, kind: FileKind, language: str = "", form: forms.Form | None = None
) -> Migration:
    return Migration(
        path=document.path,
        kind=kind,
        form=form,
        old=document.text,
        new=None,
        language=language or language_of(document.path),
        diagnostics=document.diagnostics,
    )


def _failed(plain: Migration, *problems: Diagnostic) -> Migration:
    return replace(plain, diagnostics=(*plain.diagnostics, *problems))


def _upgraded(plain: Migration, document: documents.Document, chain: Chain) -> Migration:
    """Return the migration of a file that is of this tool already: to its newest version.

    A file without a version is of version 1. A kind that a version did not change has no step;
    then only the number changes. What a step makes is read again, and so is the whole.
    """
    kind, newest = plain.kind, chain.newest_of(plain.kind)
    plain = replace(plain, language=language_of(plain.path))
    first, place = _read_version(document) or (1, Location(path=document.path))
    if first is None or first > newest:
        problem = Diagnostic(
            code="MG226",
            message=f"this format version is not read by this release, which reads 1 to {newest}",
            location=place,
            hint="a newer release of mockgen-watch may read it",
        )
        return _failed(plain, problem)
    problems: Sequence[Diagnostic] = ()
    new, version = document, first
    while version < newest and not has_errors(problems):
        step = chain.steps.get((kind, version))
        text = new.text if step is None else step(new)
        version += 1
        new = _numbered(new, text, version, kind)
        problems = new.diagnostics
    if first < newest and not has_errors(problems):
        problems = tuple(chain.check(kind, new))
    plain = replace(plain, versions=tuple(range(first, version + 1)))
    if has_errors(problems):
        wrong = f"in version {version} it would be wrong"
        errors = (migration_error(document, f"{wrong}: {item.message}") for item in problems)
        return _failed(
            plain, *(replace(error, location=Location(path=document.path)) for error in errors)
        )
    return replace(plain, new=new.text if new.text != document.text else None)


def _from_sections(
    plain: Migration, document: documents.Document, options: MigrationOptions
) -> Migration:
    reading = options.reading
    old = forms.read_sections(document, reading)
    missing = tuple(missing_values(document, old.remarks))
    if missing:
        return _failed(plain, *missing)
    name = free_name(options.model, (member.key for member in old.models))
    is_yaml = plain.language == "yaml"
    how = Emission(schema=options.schema, count=options.count, to_yaml=is_yaml)
    problems: tuple[Diagnostic, ...] = ()
    for in_full in (False, True):
        model = assemble(old, name, pairs=reading.pairs, in_full=in_full)
        text = emit_sections(document, old, model, how)
        proofs, problems = _prove_sections(plain, document, text, old, model, reading)
        if not problems:
            done = replace(plain, new=text, proofs=proofs, pools=pools_of_sections(old, name))
            return _proved(done, document, (*old.remarks, *model.remarks), options)
    return _failed(plain, *problems)


def _proved(
    done: Migration,
    document: documents.Document,
    remarks: tuple[forms.Remark, ...],
    options: MigrationOptions,
) -> Migration:
    """Return a migration with what is to be said of it."""
    lost = lost_warnings(document, remarks, "kept as a comment")
    has_rows = options.reading.pairs and done.form is not None and done.form.is_edit_format
    return replace(
        done,
        remarks=remarks,
        suggestions=suggestions_for(done.pools, options.master, has_rows=has_rows),
        diagnostics=(*done.diagnostics, *lost),
    )


def _prove_sections(
    plain: Migration,
    document: documents.Document,
    text: str,
    old: forms.SectionFile,
    model: NewModel,
    reading: forms.Reading,
) -> tuple[tuple[SectionProof, ...], tuple[Diagnostic, ...]]:
    new, problems = _build(plain, document, text)
    if new is None:
        return (), problems
    made = next((one for one in new.models if one.name == model.name), None)
    if made is None:
        return (), (migration_error(document, "the new spec has no model of that name"),)
    proofs = prove_sections(old, model, made, pairs=reading.pairs)
    others: tuple[str, ...] = ()
    if old.models:
        kept, found = build_user_input(_with_members(document, old.models), BuildContext())
        beside = tuple(one for one in new.models if one.name != model.name)
        if kept is not None:
            others = differences(kept, replace(new, models=beside))
        else:
            others = tuple(item.message for item in found if item.severity is Severity.ERROR)
    wrong = [
        f"section {proof.section or 'of the file'}: {problem}"
        for proof in proofs
        for problem in proof.problems
    ]
    return proofs, tuple(migration_error(document, problem) for problem in (*others, *wrong))


def _build(
    plain: Migration, document: documents.Document, text: str
) -> tuple[UserInput | None, tuple[Diagnostic, ...]]:
    """Return the new text, read as a spec, or what is wrong with it."""
    path = with_language(plain.path, plain.language)
    parsed = parse(path, text.encode("utf-8", "surrogatepass"))
    new, found = build_user_input(parsed, BuildContext())
    if new is not None and not has_errors(parsed.diagnostics):
        return new, ()
    return None, tuple(
        migration_error(
            document,
            f"the new spec would not be valid: {item.message}",
            "divide the sections among several files" if item.code == _TOO_LARGE else _STAYS,
        )
        for item in (*parsed.diagnostics, *found)
        if item.severity is Severity.ERROR
    )


def _from_suffixes(
    plain: Migration, document: documents.Document, options: MigrationOptions
) -> Migration:
    old = forms.read_suffixes(document)
    lost = {id(remark.lost) for remark in old.remarks}
    kept = [member for member in documents.members_of(document.root) if id(member) not in lost]
    before, found = build_user_input(_with_members(document, kept), BuildContext())
    if before is None or old.clashes:
        return _failed(plain, *found)
    problems: tuple[Diagnostic, ...] = ()
    is_yaml = plain.language == "yaml"
    for in_full in (False, True):
        how = Emission(schema=options.schema, to_yaml=is_yaml, in_full=in_full)
        text = emit_suffixes(document, old, how)
        new, problems = _build(plain, document, text)
        if new is None:
            continue
        others = differences(before, new)
        problems = tuple(migration_error(document, problem) for problem in others)
        if not problems:
            proofs = tuple(count_outputs(new))
            done = replace(plain, new=text, proofs=proofs, pools=pools_of_suffixes(old))
            return _proved(done, document, old.remarks, options)
    return _failed(plain, *problems)


def _with_members(
    document: documents.Document, members: Iterable[documents.Member]
) -> documents.Document:
    root = document.root
    if not isinstance(root, documents.MappingNode):
        return document
    return replace(document, root=replace(root, members=tuple(members)))


def _master_with_head(
    plain: Migration, document: documents.Document, head: dict[str, str]
) -> Migration:
    """Return the migration that puts ``head`` before the record of a master."""
    whole = parse(plain.path, _with_constants(document, plain.remarks).encode())
    text = _with_head(whole, head, plain.language)
    parsed = parse(with_language(plain.path, plain.language), text.encode())
    master, _ = build_master(parsed, BuildContext())
    record = {key: value for key, value in _record(parsed).items() if key not in head}
    if master is not None and record == _record(document):
        return replace(plain, new=text if text != document.text else None)
    # Reported at the places of the old file.
    _, found = build_master(whole, BuildContext())
    errors = [item for item in found if item.severity is Severity.ERROR]
    problem = "the new master would not hold what the old one holds"
    return _failed(plain, *(errors or [migration_error(document, problem)]))


def _empty_lists(node: documents.Node, path: tuple[str, ...]) -> Iterator[forms.Remark]:
    """Yield a remark for each empty list that is the value of a key."""
    if isinstance(node, documents.SequenceNode):
        for index, item in enumerate(node.items):
            if isinstance(item, documents.MappingNode):
                yield from _empty_lists(item, (*path, str(index)))
        return
    for member in documents.members_of(node):
        inner, below = member.node, (*path, member.key)
        if isinstance(inner, documents.SequenceNode) and not inner.items:
            text = "an empty list is written {$const: []}, for a list is a pool"
            yield forms.Remark(
                kind=forms.RemarkKind.EMPTY_LIST, text=text, mark=inner.mark, pointer=below
            )
        else:
            yield from _empty_lists(inner, below)


def _with_constants(document: documents.Document, remarks: Sequence[forms.Remark]) -> str:
    text = document.text
    constant = "{$const: []}" if language_of(document.path) == "yaml" else '{"$const": []}'
    for mark in sorted({remark.mark for remark in remarks}, key=lambda mark: -mark.start):
        text = text[: mark.start] + constant + text[mark.end :]
    return text


def _with_head(document: documents.Document, head: dict[str, str], language: str) -> str:
    root, text = document.root, document.text
    if language != language_of(document.path):
        data = {
            member.key: documents.plain_data(member.node) for member in documents.members_of(root)
        }
        whole: dict[str, documents.Json] = {**head, **data}
        return (json_text(whole) if language == "json" else "\n".join(mapping_lines(whole))) + "\n"
    if not head or not isinstance(root, documents.MappingNode):
        return text
    if text[root.mark.start] == "{":
        return _with_head_in_braces(text, root, head)
    opening = YamlSource(document).opening("")
    length = sum(len(line) for line in text.splitlines(keepends=True)[: len(opening)])
    newline = "\r\n" if "\r\n" in text else "\n"
    return text[:length] + newline.join(mapping_lines(head)) + newline + text[length:]


def _with_head_in_braces(
    text: str, root: documents.MappingNode, head: Mapping[str, documents.Json]
) -> str:
    begin = root.mark.start + 1
    first = root.members[0].mark.start if root.members else begin
    gap = text[begin:first]
    pairs = [
        f"{documents.quote_literal(key)}: {inline_text(value, is_json=True)}"
        for key, value in head.items()
    ]
    if not root.members:
        return text[:begin] + ", ".join(pairs) + text[begin:]
    between = "," + (gap or " ")
    return text[:begin] + gap + between.join([*pairs, text[first:]])


def _record(document: documents.Document) -> dict[str, bytes]:
    """Return key → canonical value of a master."""
    return {
        member.key: canonical(_without_const(documents.plain_data(member.node)))
        for member in documents.members_of(document.root)
    }


def _without_const(value: documents.Json) -> documents.Json:
    """Return ``value`` with empty lists as lists, however they are written."""
    if isinstance(value, dict):
        if value == {"$const": []}:
            return []
        return {key: _without_const(item) for key, item in value.items()}
    return [_without_const(item) for item in value] if isinstance(value, list) else value
