"""Suites of a project: read, built and compiled into plans, each at most once.

A suite is a folder below ``specs/`` that holds a user_input file. It is named by its path from
there; ``""`` is ``specs/`` itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import (
    Diagnostic,
    Diagnostics,
    Location,
    Related,
    Severity,
    has_errors,
)
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, StorageError
from mockgen_watch.masters.chain import ResolvedMaster, find_master, resolve_chain
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.model import OutputPlan, PlanContext, Selection, SuiteSource
from mockgen_watch.plugins import Catalog, Refused
from mockgen_watch.scenarios.source import RecordSources, check_promises
from mockgen_watch.spec import CONTRACT
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.build.fixes import with_fix
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.pools import (
    VOCABULARY_ENDINGS,
    build_vocabulary,
    read_lines,
    vocabulary_names,
)
from mockgen_watch.spec.build.user_input import (
    build_user_input,
    earlier_sections,
    with_base_sections,
)
from mockgen_watch.spec.document import Document, Node, plain_data
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.sources import (
    PLUGIN,
    SHIPPED,
    VOCABULARY_FOLDER,
    Sources,
    all_suite_files,
    is_hidden,
    vocabulary_candidates,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.migrations.direct import DirectReading
    from mockgen_watch.rules.rule import RuleType
    from mockgen_watch.spec.build.reader import BuildContext
    from mockgen_watch.spec.generators import Pool


EMPTY: Final = digest(b"")
"""The digest of a file without bytes."""

EVERYTHING = Selection()
"""Selects all outputs, as the specs describe them."""


class Suite(Struct, frozen=True, kw_only=True):
    """A suite as it was read and built.

    Attributes:
        user_input: None when it has errors.
        master: None when it takes none, or when ``has_failed``.
        inputs: every file that it depends on → its digest; None for one that would be read if it
            existed.
        has_failed: an error keeps it from being compiled.
    """

    user_input: spec.UserInput | None
    master: ResolvedMaster | None
    inputs: Mapping[str, str | None]
    has_failed: bool


class SuiteSettings(Struct, frozen=True, kw_only=True):
    """What decides how suites are built, beside their files.

    Attributes:
        specs: the specs folder, relative to the project folder.
        context: the project's defaults; vocabularies are added as suites name them.
        master: the master of every suite, whatever it names; None: as it says.
        on_conflict: the policy of masters that state none.
        inputs: files that every suite depends on, as in ``Suite.inputs``.
        has_profile: the defaults are those of a profile, so that the files alone do not decide
            what the outputs are.
        catalog: what plugins offer.
        plugin_locations: where the project file names each plugin.
        has_base_sections: the sections of models are scenarios as well, in files of the earlier
            system.
        direct: file in the oldest format → how it is read; sections are recognised in others.
    """

    specs: str
    context: BuildContext
    master: str | None = None
    on_conflict: spec.ConflictPolicy = spec.ConflictPolicy.ERROR
    inputs: Mapping[str, str | None] = field(default_factory=dict)
    has_profile: bool = False
    catalog: Catalog = field(default_factory=Catalog)
    plugin_locations: Mapping[str, Location] = field(default_factory=dict)
    direct: Mapping[str, DirectReading] = field(default_factory=dict)
    has_base_sections: bool = False


class Suites:
    """The suites of one project; each file is parsed once, however many suites share it.

    ``record_sources`` has the records of outputs, as far as they were compiled.
    """

    def __init__(
        self,
        sources: Sources,
        settings: SuiteSettings,
        *,
        files: Mapping[str, str] | None = None,
        texts: Mapping[str, str] | None = None,
        unreadable: Iterable[Diagnostic] = (),
    ) -> None:
        """Prepare to read ``sources``.

        ``files``: suite → user_input file; None: those below the specs folder. ``texts``: path →
        the text that people know, of files whose bytes are not those of disk. ``unreadable``: of
        files and folders that are there and not among ``sources``; suites that look for something
        there have failed.
        """
        self.sources = sources
        self.settings = settings
        self._given_files = files
        self._texts = dict(texts or {})
        self._unreadable = {found.location.path: found for found in unreadable}
        self.record_sources = RecordSources()
        self._diagnostics = Diagnostics()
        self._documents: dict[str, Document] = {}
        self._masters: dict[str, spec.MasterFile | None] = {}
        self._vocabularies: dict[str, Pool | None] = {}
        self._rule_types: dict[str, RuleType] = {}
        self._rule_digests: dict[str, str] = {}
        self._suites: dict[str, Suite] = {}
        self._compiled: dict[Selection, dict[str, tuple[OutputPlan, ...] | None]] = {}
        self._compile_diagnostics: dict[Selection, Diagnostics] = {}

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Suite → its user_input file, sorted by suite."""
        if self._given_files is not None:
            return self._given_files
        self.report(self._unreadable.values())
        self.report(self._rivals.values())
        return {suite: paths[0] for suite, paths in self._suite_files.items()}

    @cached_property
    def _suite_files(self) -> Mapping[str, tuple[str, ...]]:
        paths = frozenset((*self.sources, *self._unreadable))
        return all_suite_files(paths, self.settings.specs)

    @cached_property
    def _rivals(self) -> Mapping[str, Diagnostic]:
        """Path → what is wrong, for each of several files where there may be one.

        They are user_input files of one suite, or vocabularies of one name. Nobody can tell which
        is meant, so that suites that depend on one of them have failed.
        """
        found: dict[str, Diagnostic] = {}
        for first, *others in () if self._given_files is not None else self._suite_files.values():
            name = first.rpartition("/")[2]
            for other in others:
                found[other] = one_too_many(
                    f"this folder has {name} and {other.rpartition('/')[2]}",
                    "a suite has one user_input file; move the other to its own folder",
                    other,
                )
                found.setdefault(first, found[other])
        for first, *others in self._vocabulary_files.values():
            for other in others:
                message = f"{first} and {other} are the same vocabulary"
                found[other] = one_too_many(message, "keep one of them", other)
                found.setdefault(first, found[other])
        return found

    def has_rival(self, path: str) -> bool:
        """Return whether ``path`` is one of several files where there may be one."""
        return path in self._rivals

    @property
    def unreadable(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the files and folders that are there and cannot be read."""
        return tuple(self._unreadable.values())

    def is_hidden(self, path: str) -> bool:
        """Return whether ``path`` may be there, but nobody can tell: a folder cannot be read."""
        return is_hidden(path, self._unreadable)

    def plans(self, suite: str, selection: Selection = EVERYTHING) -> tuple[OutputPlan, ...] | None:
        """Return the plans of all outputs of ``suite``; None when it has errors.

        Outputs that are not selected are planned as the spec describes them.
        """
        compiled = self._compiled.setdefault(selection, {})
        if suite not in compiled:
            compiled[suite] = self._compile(suite, selection)
        return compiled[suite]

    def valid_plans(self, suite: str, selection: Selection = EVERYTHING) -> tuple[OutputPlan, ...]:
        """Return the plans of all outputs of ``suite``.

        Raises:
            FindingsError: it has errors; only those are reported.
        """
        plans = self.plans(suite, selection)
        if plans is None:
            raise FindingsError([item for item in self.found(selection) if has_errors((item,))])
        return plans

    def plan(self, suite: str, name: str, selection: Selection = EVERYTHING) -> OutputPlan:
        """Return the plan of the output ``MODEL/SCENARIO`` of ``suite``.

        Raises:
            FindingsError: the suite has errors.
        """
        plans = self.plans(suite, selection)
        if plans is None:
            raise FindingsError(self.found(selection))
        return next(plan for plan in plans if f"{plan.model}/{plan.scenario}" == name)

    def compiled(self, selection: Selection) -> dict[str, frozenset[str]]:
        """Return the suites that were compiled, or failed to → the files that they depend on."""
        return {
            suite: frozenset(self.read(suite).inputs) for suite in self._compiled.get(selection, {})
        }

    def report(self, found: Iterable[Diagnostic]) -> None:
        """Add diagnostics."""
        self._diagnostics.extend(self._with_fixes(found))

    def _with_fixes(self, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
        for item in found:
            yield with_fix(item, self._documents.get(item.location.path))

    def found(self, selection: Selection = EVERYTHING) -> tuple[Diagnostic, ...]:
        """Return all diagnostics so far, of reading and of plans for ``selection``, sorted."""
        every = Diagnostics(self._diagnostics.sorted())
        if selection in self._compile_diagnostics:
            every.extend(self._compile_diagnostics[selection].sorted())
        return tuple(every.sorted())

    def masters(self) -> Mapping[str, spec.MasterFile | None]:
        """Return path → master file of those that were read; None for one with errors."""
        return self._masters

    def with_base_sections(self) -> Suites:
        """Return the same suites, not read yet, with ``has_base_sections``."""
        return Suites(
            self.sources,
            replace(self.settings, has_base_sections=True),
            files=self._given_files,
            texts=self._texts,
            unreadable=self._unreadable.values(),
        )

    def root_of(self, suite: str) -> Node | None:
        """Return the data of a suite's user_input file as it is; None when it has errors."""
        document = self._parsed(self.files[suite])
        return None if document is None else document.root

    def text_of(self, path: str) -> str | None:
        """Return the text of a file; None when it is not there or cannot be read as text."""
        if path in self._texts:
            return self._texts[path]
        if path in self._documents:
            return self._documents[path].text
        try:
            return self.sources.read(path).decode("utf-8-sig")
        except (KeyError, StorageError, UnicodeDecodeError):
            return None

    # Read and build ---------------------------------------------------------------------------

    def read(self, suite: str) -> Suite:
        """Return ``suite`` as it was read and built; what is wrong with it is reported."""
        if suite not in self._suites:
            self._suites[suite] = self._read(self.files[suite])
        return self._suites[suite]

    def _read(self, path: str) -> Suite:
        inputs: dict[str, str | None] = {**self.settings.inputs, path: self.sources.get(path)}
        is_read = path in self.sources and not self.has_rival(path)
        document = self._parsed(path) if is_read else None
        if document is not None:
            document = self._as_spec(document)
        user_input, master = None, None
        has_failed = document is None
        if document is not None:
            has_pools = self._read_vocabularies(document, inputs)
            user_input, found = build_user_input(document, self._context())
            self.report(found)
            has_failed = user_input is None or has_errors(found) or not has_pools
            if user_input is not None and self.settings.has_base_sections:
                user_input = with_base_sections(document, user_input)
        if user_input is not None:
            if not has_failed:
                user_input, has_failed = self._read_files_of_models(user_input, inputs)
            master, has_no_master = self._read_master(user_input, inputs)
            has_failed = has_failed or has_no_master
        missing = [path for path, known in inputs.items() if known is None]
        has_failed = has_failed or any(map(self.is_hidden, missing))
        return Suite(
            user_input=user_input,
            master=master,
            inputs=dict(sorted(inputs.items())),
            has_failed=has_failed,
        )

    def _as_spec(self, document: Document) -> Document | None:
        """Return a spec as it is, of a file in the oldest format what it means; None: errors."""
        reading = self.settings.direct.get(document.path)
        if reading is None and not earlier_sections(document.root):
            return document
        from mockgen_watch.migrations.direct import read_direct

        new, found = read_direct(document, reading)
        self.report(found)
        return new

    def _parsed(self, path: str) -> Document | None:
        """Return the document at ``path``; None when it has errors, which are reported."""
        if path not in self._documents:
            data = self.sources.read(path)
            document = read_lines(path, data) if path.endswith(".txt") else parse(path, data)
            self._documents[path] = document
            self.report(document.diagnostics)
        document = self._documents[path]
        return None if document.root is None or has_errors(document.diagnostics) else document

    def _context(self) -> BuildContext:
        return replace(
            self.settings.context,
            vocabularies={
                name: pool for name, pool in self._vocabularies.items() if pool is not None
            },
            known_vocabularies=frozenset(self._vocabulary_paths),
        )

    def _read_files_of_models(
        self, user_input: spec.UserInput, inputs: dict[str, str | None]
    ) -> tuple[spec.UserInput, bool]:
        """Return ``user_input`` with the schemas and kept cases that it names, and failures."""
        models = []
        has_failed = False
        for model in user_input.models:
            rules = [self._with_schema(rule, inputs) for rule in model.rules]
            coverages = [self._with_cases(one.coverage, inputs) for one in model.scenarios]
            has_failed = has_failed or None in rules or None in coverages
            scenarios = [
                replace(scenario, coverage=coverage or scenario.coverage)
                for scenario, coverage in zip(model.scenarios, coverages, strict=True)
            ]
            found = tuple(rule for rule in rules if rule is not None)
            models.append(replace(model, rules=found, scenarios=tuple(scenarios)))
        user_input = replace(user_input, models=tuple(models))
        refused = list(self._import_plugins(user_input.models, inputs))
        self.report(refused)
        return user_input, has_failed or bool(refused)

    def _with_schema(
        self, rule: spec.RuleSpec, inputs: dict[str, str | None]
    ) -> spec.RuleSpec | None:
        """Return ``rule`` with the schema that it names; None when there is none without errors.

        The schema is part of the rule from here on, so that a changed one changes outputs' keys.
        """
        if rule.kind is not spec.RuleKind.CONFORMS:
            return rule
        root = self._root_of_input(rule.expression, inputs)
        if rule.expression not in self.sources:
            self.report([_no_schema(rule)])
        elif root is not None:
            from mockgen_watch.spec.build.schemas import check_contract

            self.report(check_contract(self._documents[rule.expression]))
        return None if root is None else replace(rule, schema=plain_data(root))

    def _with_cases(
        self, coverage: spec.CoverageSpec, inputs: dict[str, str | None]
    ) -> spec.CoverageSpec | None:
        """Return ``coverage`` with the cases that it keeps; None when their file has errors.

        A file that is not there holds none yet.
        """
        if not coverage.keep:
            return coverage
        root = self._root_of_input(coverage.keep, inputs)
        if coverage.keep not in self.sources:
            return coverage
        return None if root is None else replace(coverage, cases=plain_data(root))

    def _root_of_input(self, path: str, inputs: dict[str, str | None]) -> Node | None:
        """Note ``path`` among the inputs; return its data, None when it is not there or wrong."""
        inputs[path] = self.sources.get(path)
        document = self._parsed(path) if path in self.sources else None
        return None if document is None else document.root

    def _import_plugins(
        self, models: Iterable[spec.Model], inputs: dict[str, str | None]
    ) -> Iterator[Diagnostic]:
        """Import the rules that plugins offer; yield why one of them cannot be had."""
        for rule in (rule for model in models for rule in model.rules):
            if rule.kind is not spec.RuleKind.PLUGIN:
                continue
            plugin = rule.expression.partition("/")[0]
            known = inputs[PLUGIN + plugin] = self.settings.catalog.digest(plugin)
            loaded = self.settings.catalog.rule_type(rule.expression)
            if isinstance(loaded, Refused):
                yield _refused(rule, loaded, self.settings.plugin_locations.get(plugin))
                continue
            self._rule_types[rule.expression] = loaded
            self._rule_digests[rule.expression] = known or ""

    def _read_master(
        self, user_input: spec.UserInput, inputs: dict[str, str | None]
    ) -> tuple[ResolvedMaster | None, bool]:
        """Return the master of a suite, and whether it should have one but has none."""
        if self.settings.master is not None:
            user_input = replace(
                user_input, master=spec.MasterChoice.NAMED, master_path=self.settings.master
            )
        lookup = find_master(user_input, self.settings.specs, self.sources)
        self.report(lookup.diagnostics)
        inputs.update(dict.fromkeys(lookup.missing))
        has_failed = has_errors(lookup.diagnostics)
        if not lookup.path:
            return None, has_failed
        if self.sources.get(lookup.path) == EMPTY:
            inputs[lookup.path] = EMPTY
            self.report([empty_master(lookup.path)])
            return None, has_failed
        self._read_chain(lookup.path, inputs)
        known = dict.fromkeys(self.sources, None) | self._masters
        chain = resolve_chain(lookup.path, known, self.settings.on_conflict)
        self.report(chain.diagnostics)
        inputs.update(dict.fromkeys(chain.missing))
        return chain.master, chain.master is None or has_failed

    def _read_chain(self, path: str, inputs: dict[str, str | None]) -> None:
        """Read ``path`` and what it extends, until a file is missing, wrong or met again."""
        seen: set[str] = set()
        while path and path in self.sources and path not in seen:
            seen.add(path)
            inputs[path] = self.sources[path]
            file = self._master_file(path, inputs)
            path = file.extends if file else ""

    def _master_file(self, path: str, inputs: dict[str, str | None]) -> spec.MasterFile | None:
        document = self._parsed(path)
        if document is None:
            self._masters[path] = None
            return None
        has_pools = self._read_vocabularies(document, inputs)
        if path not in self._masters:
            file, found = build_master(document, self._context())
            self.report(found)
            self._masters[path] = file if has_pools and not has_errors(found) else None
        return self._masters[path]

    @cached_property
    def _vocabulary_files(self) -> Mapping[str, tuple[str, ...]]:
        """Name → the project's own files of a vocabulary; more than one is an error."""
        folder = f"{self.settings.specs}/{VOCABULARY_FOLDER}/".lstrip("/")
        found: dict[str, tuple[str, ...]] = {}
        for path in sorted(path for path in self.sources if path.startswith(folder)):
            if path.endswith(VOCABULARY_ENDINGS):
                name = path.removeprefix(folder).rpartition(".")[0]
                found[name] = (*found.get(name, ()), path)
        return found

    @cached_property
    def _vocabulary_paths(self) -> Mapping[str, str]:
        """Name → path of every vocabulary that there is; the project's own come first."""
        shipped = (path for path in self.sources if path.startswith(SHIPPED))
        names = {path.removeprefix(SHIPPED).rpartition(".")[0]: path for path in shipped}
        return names | {name: paths[0] for name, paths in self._vocabulary_files.items()}

    def _read_vocabularies(self, document: Document, inputs: dict[str, str | None]) -> bool:
        """Read what ``document`` names; return whether all that exist are without errors.

        The files are noted in ``inputs``, with None for those that were looked for first.
        """
        has_failed = False
        for name in sorted({name for name, _ in vocabulary_names(document)}):
            path = self._vocabulary_paths.get(name)
            if path is None or path.startswith(SHIPPED):
                inputs.update(dict.fromkeys(vocabulary_candidates(self.settings.specs, name)))
            if path is None:
                continue
            inputs[path] = self.sources[path]
            if name not in self._vocabularies:
                self._vocabularies[name] = self._vocabulary(path)
            has_failed = has_failed or self._vocabularies[name] is None
        return not has_failed

    def _vocabulary(self, path: str) -> Pool | None:
        """Return the pool in ``path``; None when it has errors, which are reported."""
        if self.has_rival(path):
            return None
        is_read = self._parsed(path) is not None
        pool, found = build_vocabulary(self._documents[path])
        self.report(found)
        return pool if is_read and not has_errors(found) else None

    # Compile ----------------------------------------------------------------------------------

    def _compile(self, suite: str, selection: Selection) -> tuple[OutputPlan, ...] | None:
        source = self._source(suite)
        if source is None:
            return None
        everything = Selection(seed=selection.seed)
        plans = self._compile_with(source, everything, selection)
        if plans is None or selection == everything:
            return plans
        selected = self._compile_with(source, selection, selection)
        if selected is None:
            return None
        by_name = {(plan.model, plan.scenario): plan for plan in selected}
        return tuple(by_name.get((plan.model, plan.scenario), plan) for plan in plans)

    def _compile_with(
        self, source: SuiteSource, selection: Selection, asked: Selection
    ) -> tuple[OutputPlan, ...] | None:
        """Return the plans of ``selection``; report to those who ``asked``."""
        context = PlanContext(
            contract=CONTRACT,
            inputs=source.inputs,
            lookup=self._source,
            suites=tuple(self.files),
            selection=selection,
            rule_types=self._rule_types,
            digests=self._rule_digests,
        )
        plans, found = compile_suite(source.suite, source.user_input, source.master, context)
        if not has_errors(found):
            is_preview = selection.count is not None
            found = [*found, *check_promises(plans, self.record_sources, is_preview=is_preview)]
        self._compile_diagnostics.setdefault(asked, Diagnostics()).extend(self._with_fixes(found))
        return None if has_errors(found) else plans

    def _source(self, name: str) -> SuiteSource | None:
        """Return a suite for the compiler; None when there is none, or it has errors."""
        if name not in self.files:
            return None
        suite = self.read(name)
        if suite.has_failed or suite.user_input is None:
            return None
        files = tuple(path for path, known in suite.inputs.items() if known is not None)
        return SuiteSource(
            suite=name, user_input=suite.user_input, master=suite.master, inputs=files
        )


def one_too_many(message: str, hint: str, second: str) -> Diagnostic:
    """Return the diagnostic of two files where one is expected, at the ``second``."""
    return Diagnostic(code="MG209", message=message, hint=hint, location=Location(path=second))


def empty_master(path: str) -> Diagnostic:
    """Return the warning of a master without bytes."""
    return Diagnostic(
        code="MG112",
        severity=Severity.WARNING,
        message="the master is empty, and is ignored",
        location=Location(path=path),
        hint="delete the file; a master without fields is written {}",
    )


def _no_schema(rule: spec.RuleSpec) -> Diagnostic:
    return Diagnostic(
        code="MG218",
        message=f'rule "{rule.name}": no such file: {rule.expression}',
        location=rule.body_location or rule.location,
        hint="the JSON Schema must be inside the specs folder; its path is relative to this file",
    )


def _refused(rule: spec.RuleSpec, refused: Refused, place: Location | None) -> Diagnostic:
    related = () if place is None else (Related(message="named here", location=place),)
    return Diagnostic(
        code=refused.code,
        message=f'rule "{rule.name}": {refused.message}',
        location=rule.body_location or rule.location,
        hint=refused.hint,
        related=related,
    )
