"""Takes nothing; gives what a suite is compiled with beside its own spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.plan.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockgen_watch.masters.model import ResolvedMaster
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.model import UserInput


class SuiteSource(Struct, frozen=True, kw_only=True):
    """A suite that was read without errors.

    Attributes:
        suite: its folder below ``specs/``.
        master: None when it has none.
        inputs: further files that it depends on: vocabularies, schemas of ``$conforms``, the
            project file. Its spec and its master's chain need not be among them.
    """

    suite: str
    user_input: UserInput
    master: ResolvedMaster | None
    inputs: tuple[str, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Every file that the suite's outputs depend on."""
        chain = () if self.master is None else self.master.files
        return frozenset({self.user_input.path, *chain, *self.inputs})


def _no_suite(_name: str) -> SuiteSource | None:
    return None


class PlanContext(Struct, frozen=True, kw_only=True):
    """What a suite is compiled with.

    Attributes:
        contract: the number of the seed contract; a part of every key.
        inputs: as in ``SuiteSource``, of the suite that is compiled.
        lookup: the other suites that references may name; None for one that is not there or has
            errors of its own.
        suites: the names of all suites, for a did-you-mean.
        digests: of what rules read and plans do not hold, by the rule's expression: the file of a
            ``$conforms``, a plugin.
        rule_types: what plugins offer, by ``PLUGIN/NAME``.
    """

    contract: int
    inputs: tuple[str, ...] = ()
    lookup: Callable[[str], SuiteSource | None] = _no_suite
    suites: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    digests: Mapping[str, str] = field(default_factory=dict)
    rule_types: Mapping[str, RuleType] = field(default_factory=dict)
