"""Takes a project and a selection; gives the suites that a run wants, and their plans on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Related, did_you_mean, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.lockfile import Lockfile, made_from
from mockgen_watch.lock.model import WantedOutput, WantedSuite
from mockgen_watch.lock.reconcile import wanted_from_lock
from mockgen_watch.masters.chain import find_master, resolve_chain
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import PlanContext, Selection, SuiteSource
from mockgen_watch.rules.plugin import Refused, not_named
from mockgen_watch.scenarios.check import check_promises
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.scenarios.source import RecordSources
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.model import ConflictPolicy, MasterChoice, RuleKind
from mockgen_watch.spec.parse import parse
from mockgen_watch.spec.vocabulary import (
    VOCABULARY_ENDINGS,
    build_vocabulary,
    read_lines,
    vocabulary_names,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.masters.model import ResolvedMaster
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.generators import Pool
    from mockgen_watch.spec.model import CoverageSpec, MasterFile, RuleSpec, UserInput


USER_INPUT_NAMES = ("user_input.yaml", "user_input.yml", "user_input.json")
"""The file that makes a folder a suite."""

PROJECT_NAMES = ("mockgen.yaml", "mockgen.yml", "mockgen.json")
"""The project file, at the top of the specs folder."""

VOCABULARY_FOLDER = "_vocab"
"""Where pools that suites share are kept, at the top of the specs folder."""

SHIPPED = "package:"
"""Begins the path of a vocabulary that comes with the package."""


PLUGIN = "plugin:"
"""Begins the name that a plugin has among the inputs of a suite."""


class Sources(Protocol):
    """The files that a run goes by, as they were at one moment.

    Paths are relative to the project folder, with forward slashes; vocabularies of the package
    are ``package:NAME.json``, and plugins that may be used ``plugin:NAME``, which cannot be read.
    """

    @property
    def digests(self) -> Mapping[str, str]:
        """Path of every spec file and shipped vocabulary → digest of its bytes."""

    def read(self, path: str) -> bytes:
        """Return the bytes that ``digests[path]`` is of.

        Raises:
            KeyError: there is no such file.
            StorageError: it cannot be read.
        """


class LazyDigests(Mapping[str, str]):
    """Digests of files, some of which are read only when one asks for them."""

    def __init__(
        self, known: Mapping[str, str], unread: Iterable[str], read: Callable[[str], bytes]
    ) -> None:
        """Hold ``known`` digests, and those of the files ``unread`` by ``read``."""
        self._known = dict(known)
        self._unread = dict.fromkeys(unread)
        self._read = read

    def __getitem__(self, path: str) -> str:
        """Return the digest of ``path``."""
        if path not in self._known and path in self._unread:
            self._known[path] = digest(self._read(path))
        return self._known[path]

    def __contains__(self, path: object) -> bool:
        """Return whether there is a file ``path``."""
        return path in self._known or path in self._unread

    def __iter__(self) -> Iterator[str]:
        """Yield every path."""
        yield from dict.fromkeys([*self._known, *self._unread])

    def __len__(self) -> int:
        """Return the number of files."""
        return len({*self._known, *self._unread})


class Catalog(Protocol):
    """What plugins offer; ``mockgen_watch.plugins`` has one."""

    def rule_type(self, expression: str, /) -> RuleType | Refused:
        """Return the rule ``PLUGIN/NAME``, or why it cannot be had."""

    def digest(self, name: str, /) -> str | None:
        """Return the digest of the code of a plugin; None when it cannot be used."""


class NoPlugins:
    """The catalog of a project that names no plugin."""

    def rule_type(self, expression: str, /) -> RuleType | Refused:
        """Return why ``expression`` cannot be had."""
        return not_named(expression.partition("/")[0])

    def digest(self, name: str, /) -> str | None:
        """Return None."""
        del name
        return None


def suite_files(paths: Iterable[str], specs: str) -> dict[str, tuple[str, ...]]:
    """Return suite → its user_input files, sorted; more than one is an error of the user's.

    A suite is a folder below ``specs`` that holds such a file; it is named by its path from
    there, ``""`` for ``specs`` itself.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in sorted(path for path in paths if path.endswith(USER_INPUT_NAMES)):
        folder, _, name = path.rpartition("/")
        is_below = not specs or folder == specs or folder.startswith(f"{specs}/")
        if name in USER_INPUT_NAMES and is_below:
            suite = folder[len(specs) :].strip("/")
            found[suite] = (*found.get(suite, ()), path)
    return found


@lru_cache(maxsize=1)
def all_suite_files(paths: frozenset[str], specs: str) -> Mapping[str, tuple[str, ...]]:
    """Return ``suite_files`` of a whole project; a process that lives on asks again and again."""
    return suite_files(paths, specs)


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


class SuiteCompiler(Struct, frozen=True, kw_only=True):
    """Compiles the suites of one run.

    Attributes:
        loader: that of the run.
        selection: what the command line asks for.
        suites: the names of all suites.
        load: gives a suite as it was read, also one that a reference names.
        report: is told what was found.
        record_sources: the records of outputs with promises, as they are compiled.
    """

    loader: Loader
    selection: Selection
    suites: tuple[str, ...]
    load: Callable[[str], LoadedSuite]
    report: Callable[[Iterable[Diagnostic]], None]
    record_sources: RecordSources

    def compile(self, suite: str) -> tuple[OutputPlan, ...] | None:
        """Return the plans of all outputs of ``suite``; None when it has errors."""
        loaded = self.load(suite)
        source = self._source(suite)
        if source is None or loaded.user_input is None:
            return None
        everything = Selection(seed=self.selection.seed)
        plans, failed = self._compile_with(source, everything)
        if self.selection != everything and not failed:
            chosen, failed = self._compile_with(source, self.selection)
            by_name = {(plan.model, plan.scenario): plan for plan in chosen}
            plans = tuple(by_name.get((plan.model, plan.scenario), plan) for plan in plans)
        return None if failed else plans

    def _compile_with(
        self, source: SuiteSource, selection: Selection
    ) -> tuple[tuple[OutputPlan, ...], bool]:
        context = PlanContext(
            contract=CONTRACT,
            inputs=source.inputs,
            lookup=self._source,
            suites=self.suites,
            selection=selection,
            rule_types=self.loader.rule_types,
            digests=self.loader.rule_digests,
        )
        plans, found = compile_suite(source.suite, source.user_input, source.master, context)
        if not has_errors(found):
            is_preview = selection.count is not None
            found = [*found, *check_promises(plans, self.record_sources, is_preview=is_preview)]
        self.report(found)
        return plans, has_errors(found)

    def _source(self, suite: str) -> SuiteSource | None:
        if suite not in self.suites:
            return None
        loaded = self.load(suite)
        if loaded.has_failed or loaded.user_input is None:
            return None
        files = tuple(path for path, digest in loaded.inputs.items() if digest is not None)
        return SuiteSource(
            suite=suite, user_input=loaded.user_input, master=loaded.master, inputs=files
        )


class Preparer:
    """Loads and compiles the suites of one run, each at most once.

    Attributes:
        loader: where suites come from.
        selection: what the command line asks for.
        diagnostics: of compiling; those of loading are the loader's.
        record_sources: the records of outputs, as far as they were compiled.
    """

    def __init__(self, loader: Loader, selection: Selection) -> None:
        """Prepare what ``selection`` asks of the suites of ``loader``."""
        self.loader = loader
        self.selection = selection
        self.suites = loader.suites()
        self.diagnostics: dict[Diagnostic, None] = {}
        self.record_sources = RecordSources()
        self._loaded: dict[str, LoadedSuite] = {}
        self._plans: dict[str, tuple[OutputPlan, ...] | None] = {}
        self._compiler: SuiteCompiler | None = None

    def choose(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the suites that ``names`` mean: themselves, or all in a folder; none means all.

        Raises:
            UsageError: a name means nothing.
        """
        if not names:
            return tuple(self.suites)
        chosen: dict[str, None] = {}
        for given in names:
            name = self._suite_name(given)
            found = [
                suite for suite in self.suites if suite == name or suite.startswith(f"{name}/")
            ]
            if not found:
                hint = (
                    did_you_mean(name, self.suites)
                    or f"there is {', '.join(self.suites) or 'none'}"
                )
                raise UsageError(f'no suite is named "{given}" ({hint})')
            chosen.update(dict.fromkeys(found))
        return tuple(chosen)

    def _suite_name(self, given: str) -> str:
        """Return the suite that a path or a name means, so that the shell may complete it."""
        name = given.replace("\\", "/").removeprefix("./").rstrip("/")
        by_file = {path: suite for suite, path in self.suites.items()}
        if name in by_file:
            return by_file[name]
        return name.removeprefix(f"{self.loader.specs}/")

    def wanted(
        self, names: Iterable[str], locks: Mapping[str, object], *, trust_locks: bool
    ) -> tuple[WantedSuite, ...]:
        """Return what this run wants of each suite.

        Args:
            names: suites.
            locks: suite → its lockfile, or anything else where that cannot be read.
            trust_locks: a suite whose inputs are those of its lockfile is not even read.
        """
        return tuple(
            self._mark_selected(self._wanted(name, locks.get(name), trust_locks=trust_locks))
            for name in names
        )

    def plans(self, suite: str) -> tuple[OutputPlan, ...] | None:
        """Return the plans of all outputs of ``suite``; None when it has errors."""
        if suite not in self._plans:
            self._plans[suite] = self._compile(suite)
        return self._plans[suite]

    def compiled(self) -> dict[str, frozenset[str]]:
        """Return the suites that were compiled, also in vain → the files that they depend on."""
        return {suite: frozenset(self.load(suite).inputs) for suite in self._plans}

    def load(self, suite: str) -> LoadedSuite:
        """Return ``suite`` as it was read."""
        if suite not in self._loaded:
            self._loaded[suite] = self.loader.load(suite, self.suites[suite])
        return self._loaded[suite]

    def found(self) -> tuple[Diagnostic, ...]:
        """Return all diagnostics so far, in the order of report."""
        every = {**self.loader.diagnostics, **self.diagnostics}
        return tuple(sorted(every, key=lambda item: item.sort_key))

    def check_names(self, names: Iterable[str]) -> None:
        """Make sure that the models and scenarios that were asked for are there.

        Raises:
            UsageError: one of them is in no suite.
        """
        models: set[str] = set()
        scenarios: set[str] = set()
        for name in names:
            user_input = self.load(name).user_input
            for model in user_input.models if user_input else ():
                models.add(model.name)
                scenarios.update(scenario.name for scenario in model.scenarios)
        if models:
            _check_known("model", self.selection.models, models)
            _check_known("scenario", self.selection.scenarios, scenarios)

    def _mark_selected(self, suite: WantedSuite) -> WantedSuite:
        def mark(output: WantedOutput) -> WantedOutput:
            wanted = self.selection.selects(output.model, output.scenario)
            return output if wanted else replace(output, is_selected=False)

        return replace(suite, outputs=tuple(map(mark, suite.outputs)))

    def _wanted(self, suite: str, lock: object, *, trust_locks: bool) -> WantedSuite:
        digests = self.loader.sources.digests
        if (
            trust_locks
            and self._is_plain
            and isinstance(lock, Lockfile)
            and lock.complete
            and made_from(lock, digests, CONTRACT)
        ):
            return wanted_from_lock(suite, lock, self.suites[suite])
        plans = self.plans(suite)
        inputs = self._inputs(suite, plans)
        if plans is None:
            return WantedSuite(suite=suite, inputs=inputs, has_failed=True)
        return WantedSuite(
            suite=suite,
            outputs=tuple(self._output(plan) for plan in plans),
            inputs=inputs,
            is_plain=self._is_plain,
        )

    @property
    def _is_plain(self) -> bool:
        asked = self.selection
        has_option = asked != Selection(models=asked.models, scenarios=asked.scenarios)
        return not has_option and not self.loader.has_profile

    def _inputs(self, suite: str, plans: tuple[OutputPlan, ...] | None) -> dict[str, str | None]:
        inputs = dict(self.load(suite).inputs)
        for plan in plans or ():
            for path in plan.inputs:
                inputs.setdefault(path, self.loader.sources.digests.get(path))
        return inputs

    def _output(self, plan: OutputPlan) -> WantedOutput:
        return WantedOutput.of(
            plan,
            BUILTIN[plan.output.format].suffix.removeprefix("."),
            has_labels=wants_labels(plan),
        )

    def _compile(self, suite: str) -> tuple[OutputPlan, ...] | None:
        if self._compiler is None:
            # Half of all modules, which a run saves whose plans are known.

            self._compiler = SuiteCompiler(
                loader=self.loader,
                selection=self.selection,
                suites=tuple(self.suites),
                load=self.load,
                report=lambda found: self.diagnostics.update(dict.fromkeys(found)),
                record_sources=self.record_sources,
            )
        return self._compiler.compile(suite)


def _check_known(kind: str, asked: Iterable[str], known: set[str]) -> None:
    folded = {name.casefold() for name in known}
    for name in asked:
        if name.casefold() not in folded:
            hint = did_you_mean(name, known) or f"there is {', '.join(sorted(known))}"
            raise UsageError(f'no {kind} is named "{name}" ({hint})')
