"""Takes files of the oldest format; gives a project in which each is the suite that it means.

The files stay as they are: what the engine reads is made in memory, by the same steps that
``migrate`` goes through. So the old semantics are stated, and proved, in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Severity, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.migrations.layout import json_text
from mockgen_watch.migrations.migrate import remark_location, too_many_rows
from mockgen_watch.migrations.pieces import TooManyRowsError
from mockgen_watch.migrations.shapes import RemarkKind, form_of, read_oldest
from mockgen_watch.migrations.suffixes import assemble
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.project import OpenProject, open_adhoc, open_project
from mockgen_watch.workflow.suites import USER_INPUT_NAMES, LazyDigests, Loader, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.migrations.shapes import OldFile
    from mockgen_watch.spec.document import Document, Json
    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.workflow.suites import Sources


MODEL = "Model_1"
"""What the sections of a file are called together."""


class OldestSources:
    """Files of which some are read as the specs that they mean.

    Attributes:
        meant: path → the bytes that are read in place of the file's own.
    """

    def __init__(self, sources: Sources, meant: Mapping[str, bytes]) -> None:
        """Read ``meant`` first, all else from ``sources``."""
        self._sources = sources
        self.meant = meant

    @property
    def digests(self) -> Mapping[str, str]:
        """Path → digest; see ``Sources``."""
        own = {path: digest(data) for path, data in self.meant.items()}
        others = [path for path in self._sources.digests if path not in own]
        return LazyDigests(own, others, self._sources.read)

    def read(self, path: str) -> bytes:
        """Return the bytes of ``path``; see ``Sources``."""
        return self.meant[path] if path in self.meant else self._sources.read(path)


class OldestLoader(Loader, kw_only=True):
    """Loads the files of the oldest format, and no other suite."""

    chosen: Mapping[str, str]
    old_texts: Mapping[str, str]

    def suites(self) -> dict[str, str]:
        """Return suite → file."""
        return dict(self.chosen)

    def texts(self) -> Mapping[str, str]:
        """Return the texts as people know them."""
        return Texts(self.old_texts, self.sources)


def open_oldest(
    start: StrPath, profile: str | None, config: str | None, master: str | None
) -> tuple[OpenProject, tuple[str, ...]]:
    """Return a project of the files in the oldest format, and the scenarios that stand for them.

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
        project = open_adhoc(start, config, master)
    else:
        project = open_project(start, profile)
    loader = project.loader
    meant: dict[str, bytes] = {}
    scenarios: dict[str, None] = {}
    chosen: dict[str, str] = {}
    texts: dict[str, str] = {}
    found: list[Diagnostic] = []
    for suite, path in loader.suites().items():
        document = _parsed(loader, path)
        if document is None or not form_of(document).is_oldest:
            if config is not None:
                _refuse(path, document)
            continue
        old = read_oldest(document)
        found += _told(document, old)
        try:
            model = assemble(old, MODEL)
        except TooManyRowsError as error:
            raise FindingsError((too_many_rows(document, error),)) from error
        data: dict[str, Json] = {MODEL: model.data()}
        scenarios[model.scenario] = None
        chosen[suite] = path
        texts[path] = document.text
        # JSON is YAML as well, so that one text serves files of both languages.
        meant[path] = json_text(data).encode()
    if not chosen:
        raise UsageError(
            f"no {' or '.join(USER_INPUT_NAMES)} below specs/ has the oldest format "
            "(Edit_1, Edit_2, …); --config FILE names one elsewhere"
        )
    oldest = OldestLoader(
        sources=OldestSources(loader.sources, meant),
        specs=loader.specs,
        context=loader.context,
        project_inputs=loader.project_inputs,
        master=loader.master,
        chosen=chosen,
        old_texts=texts,
    )
    diagnostics = (*project.diagnostics, *found)
    return replace(project, loader=oldest, diagnostics=diagnostics), tuple(scenarios)


def _parsed(loader: Loader, path: str) -> Document | None:
    document = parse(path, loader.sources.read(path))
    return None if document.root is None or has_errors(document.diagnostics) else document


def _refuse(path: str, document: Document | None) -> None:
    if document is None:
        raise UsageError(f"{path} cannot be read; mockgen-watch check tells why")
    raise UsageError(
        f"{path} is not in the oldest format (Edit_1, Edit_2, …, or fields at the top); "
        "leave out --legacy"
    )


def _told(document: Document, old: OldFile) -> list[Diagnostic]:
    """Return a warning for each thing that no record can hold."""
    return [
        Diagnostic(
            code="MG701",
            message=f'"{remark.pointer[-1]}" is passed over: {remark.text}',
            location=remark_location(document, remark),
            severity=Severity.WARNING,
        )
        for remark in old.remarks
        if remark.kind is RemarkKind.LOST
    ] + [
        Diagnostic(
            code="MG701",
            message=f'"{member.key}" is passed over: it is a model of a spec, not a section',
            location=document.locate(member.mark, f"/{member.key}"),
            severity=Severity.WARNING,
            hint="generate without --legacy makes its records",
        )
        for member in old.models
    ]
