"""Takes what a migration found; gives diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.spec.document import pointer_of

if TYPE_CHECKING:
    from mockgen_watch.migrations.periods import TooManyRowsError
    from mockgen_watch.migrations.shapes import Remark
    from mockgen_watch.spec.document import Document

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
