"""Wanted outputs: what a run wants of each suite, whatever is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.model import Layout


class WantedOutput(Struct, frozen=True, kw_only=True):
    """One output as the lock sees it.

    Attributes:
        suite, model, scenario, format, layout, records: see ``OutputPlan``.
        key: equal keys mean equal bytes.
        suffix: of its files, without the dot.
        location: where the scenario stands in its spec.
        has_labels: a file of labels stands beside it.
        is_selected: False for one that this run leaves as it is.
    """

    suite: str
    model: str
    scenario: str
    key: str
    format: str
    layout: Layout
    suffix: str
    records: int
    location: Location
    has_labels: bool = False
    is_selected: bool = True

    @classmethod
    def of(
        cls,
        plan: OutputPlan,
        suffix: str,
        *,
        has_labels: bool = False,
        is_selected: bool = True,
    ) -> WantedOutput:
        """Return the output that ``plan`` makes; ``suffix`` is that of its format."""
        return cls(
            suite=plan.suite,
            model=plan.model,
            scenario=plan.scenario,
            key=plan.key,
            format=plan.output.format,
            layout=plan.output.layout,
            suffix=suffix,
            records=plan.count,
            location=plan.location,
            has_labels=has_labels,
            is_selected=is_selected,
        )

    @property
    def name(self) -> str:
        """``model/scenario``: unique in a suite."""
        return f"{self.model}/{self.scenario}"


class WantedSuite(Struct, frozen=True, kw_only=True):
    """One suite: all of its outputs, also those that are not selected.

    Attributes:
        suite: the folder below the specs, ``""`` for that folder itself.
        inputs: path relative to the project → digest of each file that it is made from.
        absent: paths that were looked for and are not there.
        has_failed: its specs are invalid: outputs and lockfile stay as they are.
        is_plain: nothing but the specs decided the keys, no option of the command line.
    """

    suite: str
    outputs: tuple[WantedOutput, ...] = ()
    inputs: Mapping[str, str]
    absent: tuple[str, ...] = ()
    has_failed: bool = False
    is_plain: bool = True
