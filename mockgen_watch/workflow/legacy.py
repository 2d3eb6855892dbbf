"""Projects of files in the edit format, the one before specs (``Edit_1``, ``Edit_2``, …).

The files stay as they are: the specs that they mean are made in memory, by the same steps that
``migrate`` goes through. So the semantics of the old format are stated, and proved, in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.migrations.forms import RemarkKind, SectionFile, form_of, read_sections
from mockgen_watch.migrations.layout import json_text
from mockgen_watch.migrations.migrate import remark_location, too_many_rows
from mockgen_watch.migrations.pieces import TooManyRowsError, assemble
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.project import OpenProject, open_file, open_project
from mockgen_watch.workflow.sources import USER_INPUT_NAMES
from mockgen_watch.workflow.suites import Suites, SuiteSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.spec.document import Document, Json
    from mockgen_watch.storage.folders import StrPath

MODEL = "Model_1"
"""What the sections of a file are called together."""


def open_legacy(
    start: StrPath, profile: str | None, config: str | None, master: str | None
) -> tuple[OpenProject, tuple[str, ...]]:
    """Return a project of the files in the edit format, and the scenarios that stand for them.

    Args:
        start: the folder that is worked in.
        profile: of the project.
        config: the one file that is meant; None: those of the project's suites that have the form.
        master: the master of ``config``.

    Raises:
        UsageError: there is no such file.
        FindingsError: one of them cannot be read.
    """
    if config is not None:
        project = open_file(start, config, master)
    else:
        project = open_project(start, profile)
    suites = project.suites
    documents = dict(_legacy_documents(suites, is_given=config is not None))
    if not documents:
        raise UsageError(
            f"no {' or '.join(USER_INPUT_NAMES)} below specs/ has the oldest format "
            "(Edit_1, Edit_2, …); --config FILE names one elsewhere"
        )
    specs: dict[str, bytes] = {}
    scenarios: dict[str, None] = {}
    found: list[Diagnostic] = []
    for document in documents.values():
        old = read_sections(document)
        found += _remarks(document, old)
        try:
            model = assemble(old, MODEL)
        except TooManyRowsError as error:
            raise FindingsError((too_many_rows(document, error),)) from error
        scenarios[model.scenario] = None
        # JSON is YAML as well, so that one text serves files of both languages.
        data: dict[str, Json] = {MODEL: model.data()}
        specs[document.path] = json_text(data).encode()
    built = Suites(
        suites.sources.replaced(specs),
        SuiteSettings(
            specs=suites.settings.specs,
            context=suites.settings.context,
            master=suites.settings.master,
            inputs=suites.settings.inputs,
        ),
        files={suite: document.path for suite, document in documents.items()},
        texts={document.path: document.text for document in documents.values()},
    )
    diagnostics = (*project.diagnostics, *found)
    return replace(project, suites=built, diagnostics=diagnostics), tuple(scenarios)


def _legacy_documents(suites: Suites, *, is_given: bool) -> Iterator[tuple[str, Document]]:
    """Yield suite and file of those in the edit format.

    Raises:
        UsageError: a file ``is_given``, and is not in this format or cannot be read.
    """
    for suite, path in suites.files.items():
        document = parse(path, suites.sources.read(path))
        is_read = document.root is not None and not has_errors(document.diagnostics)
        if is_read and form_of(document).is_edit_format:
            yield suite, document
        elif is_given and is_read:
            raise UsageError(
                f"{path} is not in the oldest format (Edit_1, Edit_2, …, or fields at the top); "
                "leave out --legacy"
            )
        elif is_given:
            raise UsageError(f"{path} cannot be read; mockgen-watch check tells why")


def _remarks(document: Document, old: SectionFile) -> Iterator[Diagnostic]:
    for remark in old.remarks:
        if remark.kind is RemarkKind.LOST:
            yield Diagnostic(
                code="MG701",
                message=f'"{remark.pointer[-1]}" is passed over: {remark.text}',
                location=remark_location(document, remark),
                severity=Severity.WARNING,
            )
    for member in old.models:
        yield Diagnostic(
            code="MG701",
            message=f'"{member.key}" is passed over: it is a model of a spec, not a section',
            location=document.locate(member.mark, f"/{member.key}"),
            severity=Severity.WARNING,
            hint="generate without --legacy makes its records",
        )
