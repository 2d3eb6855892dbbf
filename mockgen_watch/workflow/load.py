"""Takes the files of a project; gives its suites, read and checked, and all that was found.

What reads and checks them is imported once a suite has to be read: 60 modules that a run whose
plans are known, or that has nothing to do, saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import StorageError
from mockgen_watch.spec.model import ConflictPolicy
from mockgen_watch.workflow.sources import NoPlugins, all_suite_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.build.context import BuildContext
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import MasterFile
    from mockgen_watch.workflow.reading import LoadedSuite, SuiteReader
    from mockgen_watch.workflow.sources import Catalog, Sources


class Texts(Mapping[str, str]):
    """The texts of files by their paths; those that were not parsed are read when asked for."""

    def __init__(self, parsed: Mapping[str, str], sources: Sources) -> None:
        """Hold what was ``parsed``, and look for the rest in ``sources``."""
        self._parsed = parsed
        self._sources = sources

    def __getitem__(self, path: str) -> str:
        """Return the text of ``path``.

        Raises:
            KeyError: there is no such file, or it cannot be read as text.
        """
        if path in self._parsed:
            return self._parsed[path]
        try:
            return self._sources.read(path).decode("utf-8-sig")
        except (StorageError, UnicodeDecodeError) as error:
            raise KeyError(path) from error

    def __iter__(self) -> Iterator[str]:
        """Yield the path of every file."""
        yield from dict.fromkeys([*self._parsed, *self._sources.digests])

    def __len__(self) -> int:
        """Return the number of files."""
        return len({*self._parsed, *self._sources.digests})


class Loader(Struct, kw_only=True):
    """Reads suites on demand; each file is parsed once, however many suites share it.

    Attributes:
        sources: the files.
        specs: the specs folder, relative to the project folder.
        context: the project's defaults; vocabularies are added as suites name them.
        project_inputs: files that every suite depends on.
        master: the master of every suite, whatever it names; None: as it says.
        on_conflict: what holds where no master says.
        has_profile: the defaults are those of a profile, so that the files do not tell all.
        catalog: what plugins offer.
        plugin_places: where the project names them.
        diagnostics: what was found so far, in no order, each once.
        rule_types, rule_digests: what the suites that were read so far take from plugins, and the
            digests of these, by ``PLUGIN/NAME``.
    """

    sources: Sources
    specs: str
    context: BuildContext
    project_inputs: Mapping[str, str | None] = field(default_factory=dict)
    master: str | None = None
    on_conflict: ConflictPolicy = ConflictPolicy.ERROR
    has_profile: bool = False
    catalog: Catalog = field(default_factory=NoPlugins)
    plugin_places: Mapping[str, Location] = field(default_factory=dict)
    diagnostics: dict[Diagnostic, None] = field(default_factory=dict)
    rule_types: dict[str, RuleType] = field(default_factory=dict)
    rule_digests: dict[str, str] = field(default_factory=dict)
    _reader: SuiteReader | None = None

    def suites(self) -> dict[str, str]:
        """Return suite → user_input file, sorted; two of them in one folder are reported."""
        found = all_suite_files(frozenset(self.sources.digests), self.specs)
        for paths in found.values():
            if len(paths) > 1:
                self.report(_two_inputs(paths[0], other) for other in paths[1:])
        return {suite: paths[0] for suite, paths in found.items()}

    def load(self, suite: str, path: str) -> LoadedSuite:
        """Return the suite whose user_input file is ``path``."""
        return self._reading().load(suite, path)

    def documents(self) -> tuple[Document, ...]:
        """Return every file that was parsed."""
        return () if self._reader is None else tuple(self._reader.documents.values())

    def masters(self) -> tuple[str, ...]:
        """Return the paths of the master files that were read."""
        return () if self._reader is None else tuple(self._reader.masters)

    def master_file(self, path: str) -> MasterFile | None:
        """Return the master file at ``path`` as it was read; None when it was not, or is wrong."""
        return None if self._reader is None else self._reader.masters.get(path)

    def texts(self) -> Mapping[str, str]:
        """Return the text of every file there is, for carets below diagnostics."""
        return Texts({document.path: document.text for document in self.documents()}, self.sources)

    def report(self, found: Iterable[Diagnostic]) -> None:
        """Add what was ``found``."""
        self.diagnostics.update(dict.fromkeys(found))

    def _reading(self) -> SuiteReader:
        if self._reader is None:
            from mockgen_watch.workflow.reading import SuiteReader  # noqa: PLC0415 - see the module

            self._reader = SuiteReader(
                sources=self.sources,
                specs=self.specs,
                context=self.context,
                project_inputs=self.project_inputs,
                master=self.master,
                on_conflict=self.on_conflict,
                catalog=self.catalog,
                plugin_places=self.plugin_places,
                rule_types=self.rule_types,
                rule_digests=self.rule_digests,
                report=self.report,
            )
        return self._reader


def _two_inputs(first: str, second: str) -> Diagnostic:
    return Diagnostic(
        code="MG209",
        message=f"this folder has {first.rpartition('/')[2]} and {second.rpartition('/')[2]}",
        hint="a suite has one user_input file; move the other to a folder of its own",
        location=Location(path=second),
    )
