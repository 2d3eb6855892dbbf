"""Takes the suites of a run, as they were read; gives their plans, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.plan.compile import compile_suite
from mockgen_watch.plan.context import PlanContext, SuiteSource
from mockgen_watch.plan.selection import Selection
from mockgen_watch.scenarios.check import check_promises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.load import Loader
    from mockgen_watch.workflow.reading import LoadedSuite


class SuiteCompiler(Struct, frozen=True, kw_only=True):
    """Compiles the suites of one run.

    Attributes:
        loader: that of the run.
        selection: what the command line asks for.
        suites: the names of all suites.
        load: gives a suite as it was read, also one that a reference names.
        report: is told what was found.
    """

    loader: Loader
    selection: Selection
    suites: tuple[str, ...]
    load: Callable[[str], LoadedSuite]
    report: Callable[[Iterable[Diagnostic]], None]

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
            found = [*found, *check_promises(plans, is_preview=is_preview)]
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
