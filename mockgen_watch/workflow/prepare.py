"""Takes a project and a selection; gives the suites that a run wants, and their plans on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, did_you_mean
from mockgen_watch.errors import UsageError
from mockgen_watch.formats.builtin import BUILTIN
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.model import Lockfile, made_from
from mockgen_watch.lock.remembered import wanted_from_lock
from mockgen_watch.lock.wanted import WantedOutput, WantedSuite
from mockgen_watch.plan.selection import Selection
from mockgen_watch.scenarios.labels import wants_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.compiling import SuiteCompiler
    from mockgen_watch.workflow.load import Loader
    from mockgen_watch.workflow.reading import LoadedSuite


class Preparer:
    """Loads and compiles the suites of one run, each at most once.

    Attributes:
        loader: where suites come from.
        selection: what the command line asks for.
        diagnostics: of compiling; those of loading are the loader's.
    """

    def __init__(self, loader: Loader, selection: Selection) -> None:
        """Prepare what ``selection`` asks of the suites of ``loader``."""
        self.loader = loader
        self.selection = selection
        self.suites = loader.suites()
        self.diagnostics: dict[Diagnostic, None] = {}
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
            from mockgen_watch.workflow.compiling import SuiteCompiler  # noqa: PLC0415

            self._compiler = SuiteCompiler(
                loader=self.loader,
                selection=self.selection,
                suites=tuple(self.suites),
                load=self.load,
                report=lambda found: self.diagnostics.update(dict.fromkeys(found)),
            )
        return self._compiler.compile(suite)


def _check_known(kind: str, asked: Iterable[str], known: set[str]) -> None:
    folded = {name.casefold() for name in known}
    for name in asked:
        if name.casefold() not in folded:
            hint = did_you_mean(name, known) or f"there is {', '.join(sorted(known))}"
            raise UsageError(f'no {kind} is named "{name}" ({hint})')
