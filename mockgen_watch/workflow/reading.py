"""Takes a loader; gives its suites as they are read from files, built and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Related, has_errors
from mockgen_watch.masters.chain import resolve_chain
from mockgen_watch.masters.lookup import find_master
from mockgen_watch.rules.plugin import Refused
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.model import MasterChoice, RuleKind
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.vocabulary import (
    VOCABULARY_ENDINGS,
    build_vocabulary,
    read_lines,
    vocabulary_names,
)
from mockgen_watch.workflow.sources import (
    PLUGIN,
    SHIPPED,
    VOCABULARY_FOLDER,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockgen_watch.masters.model import ResolvedMaster
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.coverage import CoverageSpec
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.generators import Pool
    from mockgen_watch.spec.model import ConflictPolicy, MasterFile, RuleSpec, UserInput
    from mockgen_watch.workflow.sources import Catalog, Sources

class LoadedSuite(Struct, frozen=True, kw_only=True):
    """A suite as it was read.

    Attributes:
        suite: its folder below the specs folder, ``""`` for that folder itself.
        path: its user_input file.
        user_input: None when it has errors.
        master: None when it takes none, or when ``has_failed``.
        inputs: every file that it depends on → its digest, None where it was looked for in vain.
        has_failed: an error stops it.
    """

    suite: str
    path: str
    user_input: UserInput | None
    master: ResolvedMaster | None
    inputs: Mapping[str, str | None]
    has_failed: bool


class SuiteReader(Struct):
    """Reads and checks suites; each file is parsed once, however many suites share it.

    Attributes:
        sources, specs, context, project_inputs, master, on_conflict, catalog,
            plugin_places, rule_types, rule_digests: as of ``Loader``, which shares them.
        report: is told what was found.
        documents: every file that was parsed.
        masters: every master file that was read; None for a wrong one.
        vocabularies: the pools of every vocabulary that was read; None for a wrong one.
    """

    sources: Sources
    specs: str
    context: BuildContext
    project_inputs: Mapping[str, str | None]
    master: str | None
    on_conflict: ConflictPolicy
    catalog: Catalog
    plugin_places: Mapping[str, Location]
    rule_types: dict[str, RuleType]
    rule_digests: dict[str, str]
    report: Callable[[Iterable[Diagnostic]], None]
    documents: dict[str, Document] = field(default_factory=dict)
    masters: dict[str, MasterFile | None] = field(default_factory=dict)
    vocabularies: dict[str, Pool | None] = field(default_factory=dict)
    _vocabulary_paths: dict[str, str] | None = None

    def document(self, path: str) -> Document:
        """Return the parsed file at ``path``; what the parser found is reported."""
        if path not in self.documents:
            data = self.sources.read(path)
            document = read_lines(path, data) if path.endswith(".txt") else parse(path, data)
            self.documents[path] = document
            self.report(document.diagnostics)
        return self.documents[path]

    def load(self, suite: str, path: str) -> LoadedSuite:
        """Return the suite whose user_input file is ``path``."""
        inputs: dict[str, str | None] = dict(self.project_inputs)
        inputs[path] = self.sources.digests[path]
        document = self.document(path)
        failed = document.root is None or has_errors(document.diagnostics)
        user_input = None
        if not failed:
            inputs.update(self._load_vocabularies(document))
            user_input, found = build_user_input(document, self._context())
            self.report(found)
            failed = user_input is None or has_errors(found)
            if user_input is not None and not failed:
                user_input, failed = self._load_schemas(user_input, inputs)
                failed = not self._load_plugins(user_input, inputs) or failed
        master, master_failed = None, False
        if user_input is not None:
            master, master_failed = self._load_master(user_input, inputs)
        return LoadedSuite(
            suite=suite,
            path=path,
            user_input=user_input,
            master=master,
            inputs=dict(sorted(inputs.items())),
            has_failed=failed or master_failed,
        )

    def _context(self) -> BuildContext:
        pools = {name: pool for name, pool in self.vocabularies.items() if pool is not None}
        return BuildContext(
            seed=self.context.seed,
            count=self.context.count,
            output=self.context.output,
            vocabularies=pools,
            known_vocabularies=frozenset(self._vocabulary_table()),
            formats=self.context.formats,
        )

    def _load_schemas(
        self, user_input: UserInput, inputs: dict[str, str | None]
    ) -> tuple[UserInput, bool]:
        """Return ``user_input`` with the schemas and cases that it names, and failures.

        A schema is part of its rule from here on, so a changed one changes the outputs' keys.
        """
        failed = False
        models = []
        for model in user_input.models:
            rules = []
            for rule in model.rules:
                if rule.kind is not RuleKind.CONFORMS:
                    rules.append(rule)
                    continue
                inputs[rule.expression] = self.sources.digests.get(rule.expression)
                if rule.expression not in self.sources.digests:
                    self.report([_no_schema(rule)])
                    failed = True
                    continue
                document = self.document(rule.expression)
                if document.root is None or has_errors(document.diagnostics):
                    failed = True
                    continue
                rules.append(replace(rule, schema=plain_data(document.root)))
            scenarios = []
            for scenario in model.scenarios:
                coverage = self._with_cases(scenario.coverage, inputs)
                failed = failed or coverage is None
                scenarios.append(replace(scenario, coverage=coverage or scenario.coverage))
            models.append(replace(model, rules=tuple(rules), scenarios=tuple(scenarios)))
        return replace(user_input, models=tuple(models)), failed

    def _load_plugins(self, user_input: UserInput, inputs: dict[str, str | None]) -> bool:
        """Import what the rules take from plugins; tell whether all of it can be had."""
        found: list[Diagnostic] = []
        for model in user_input.models:
            for rule in model.rules:
                if rule.kind is not RuleKind.PLUGIN:
                    continue
                plugin = rule.expression.partition("/")[0]
                known = inputs[PLUGIN + plugin] = self.catalog.digest(plugin)
                loaded = self.catalog.rule_type(rule.expression)
                if isinstance(loaded, Refused):
                    found.append(self._refused(rule, loaded))
                    continue
                self.rule_types[rule.expression] = loaded
                self.rule_digests[rule.expression] = known or ""
        self.report(found)
        return not found

    def _refused(self, rule: RuleSpec, refused: Refused) -> Diagnostic:
        place = self.plugin_places.get(rule.expression.partition("/")[0])
        related = () if place is None else (Related(message="it is named here", location=place),)
        return Diagnostic(
            code=refused.code,
            message=f'rule "{rule.name}": {refused.message}',
            location=rule.body_location or rule.location,
            hint=refused.hint,
            related=related,
        )

    def _with_cases(
        self, coverage: CoverageSpec, inputs: dict[str, str | None]
    ) -> CoverageSpec | None:
        """Return ``coverage`` with the cases that it keeps; None when their file has errors.

        A file that is not there holds none: it will, once it is written.
        """
        if not coverage.keep:
            return coverage
        inputs[coverage.keep] = self.sources.digests.get(coverage.keep)
        if coverage.keep not in self.sources.digests:
            return coverage
        document = self.document(coverage.keep)
        if document.root is None or has_errors(document.diagnostics):
            return None
        return replace(coverage, cases=plain_data(document.root))

    def _load_master(
        self, user_input: UserInput, inputs: dict[str, str | None]
    ) -> tuple[ResolvedMaster | None, bool]:
        if self.master is not None:
            user_input = replace(user_input, master=MasterChoice.NAMED, master_path=self.master)
        lookup = find_master(user_input, self.specs, self.sources.digests)
        self.report(lookup.diagnostics)
        inputs.update(dict.fromkeys(lookup.missing))
        if not lookup.path:
            return None, has_errors(lookup.diagnostics)
        self._read_chain(lookup.path, inputs)
        known = dict.fromkeys(self.sources.digests, None) | self.masters
        chain = resolve_chain(lookup.path, known, self.on_conflict)
        self.report(chain.diagnostics)
        inputs.update(dict.fromkeys(chain.missing))
        return chain.master, chain.master is None or has_errors(lookup.diagnostics)

    def _read_chain(self, path: str, inputs: dict[str, str | None]) -> None:
        """Read ``path`` and what it extends, until a file is missing, wrong or met again."""
        seen: set[str] = set()
        while path and path in self.sources.digests and path not in seen:
            seen.add(path)
            inputs[path] = self.sources.digests[path]
            file = self._master_file(path, inputs)
            path = file.extends if file else ""

    def _master_file(self, path: str, inputs: dict[str, str | None]) -> MasterFile | None:
        document = self.document(path)
        if document.root is None or has_errors(document.diagnostics):
            self.masters[path] = None
            return None
        inputs.update(self._load_vocabularies(document))
        if path not in self.masters:
            file, found = build_master(document, self._context())
            self.report(found)
            self.masters[path] = None if has_errors(found) else file
        return self.masters[path]

    def _vocabulary_table(self) -> dict[str, str]:
        """Return name → path of every vocabulary there is; the project's own come first."""
        if self._vocabulary_paths is None:
            self._vocabulary_paths = self._find_vocabularies()
        return self._vocabulary_paths

    def _find_vocabularies(self) -> dict[str, str]:
        folder = f"{self.specs}/{VOCABULARY_FOLDER}/".lstrip("/")
        paths: dict[str, str] = {}
        for path in sorted(p for p in self.sources.digests if p.startswith((SHIPPED, folder))):
            if path.startswith(SHIPPED):
                paths.setdefault(path.removeprefix(SHIPPED).rpartition(".")[0], path)
            elif path.endswith(VOCABULARY_ENDINGS):
                name = path.removeprefix(folder).rpartition(".")[0]
                if not paths.get(name, SHIPPED).startswith(SHIPPED):
                    self.report([_two_vocabularies(paths[name], path)])
                else:
                    paths[name] = path
        return paths

    def _load_vocabularies(self, document: Document) -> dict[str, str | None]:
        """Load what ``document`` names; return the files, with None for those looked for first."""
        inputs: dict[str, str | None] = {}
        paths = self._vocabulary_table()
        for name, _ in sorted(vocabulary_names(document), key=lambda found: found[0]):
            path = paths.get(name)
            if path is None or path.startswith(SHIPPED):
                own = f"{self.specs}/{VOCABULARY_FOLDER}/{name}".lstrip("/")
                inputs.update({own + ending: None for ending in VOCABULARY_ENDINGS})
            if path is None:
                continue
            inputs[path] = self.sources.digests[path]
            if name not in self.vocabularies:
                vocabulary = self.document(path)
                pool, found = build_vocabulary(vocabulary)
                self.report(found)
                failed = has_errors((*vocabulary.diagnostics, *found))
                self.vocabularies[name] = None if failed else pool
        return inputs


def _no_schema(rule: RuleSpec) -> Diagnostic:
    return Diagnostic(
        code="MG218",
        message=f'rule "{rule.name}": there is no file {rule.expression}',
        location=rule.body_location or rule.location,
        hint="the JSON Schema lies below the specs folder, and its path goes from this file",
    )


def _two_vocabularies(first: str, second: str) -> Diagnostic:
    return Diagnostic(
        code="MG209",
        message=f"{first} and {second} are the same vocabulary",
        hint="keep one of them",
        location=Location(path=second),
    )
