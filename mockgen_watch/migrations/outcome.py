"""Takes nothing; gives the types of what is wished for a file, and of what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.migrations.base import Chain, upgrade

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.migrations.base import FileKind
    from mockgen_watch.migrations.prove import SectionProof
    from mockgen_watch.migrations.shapes import Form, Remark
    from mockgen_watch.migrations.suggestion import ModelPools, Suggestion
    from mockgen_watch.spec.document import Document

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
