"""Takes nothing; gives the types of a plan: which outputs there are and what each one needs."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.masters.moves import written_path
from mockgen_watch.spec.model import NO_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.rules.plugin import RuleType
    from mockgen_watch.spec.generators import Reference
    from mockgen_watch.spec.model import (
        CoverageSpec,
        ExclusionSpec,
        Layout,
        Model,
        ObjectShape,
        OutputOptions,
        RuleSpec,
        Scenario,
        Statement,
        UserInput,
    )


class Selection(Struct, frozen=True, kw_only=True):
    """Which outputs are wanted, and what is to be otherwise than the specs say.

    Attributes:
        models, scenarios: names, in any case; empty: all of them.
        count: records of each selected output; parents that are not selected keep theirs.
        seed: of everything, parents included.
        format: options of another format than the spec's are dropped with it.
    """

    models: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    count: int | None = None
    seed: int | None = None
    format: str | None = None
    layout: Layout | None = None

    def wants(self, model: Model, scenario: Scenario) -> bool:
        """Return whether the output of ``scenario`` is wanted."""
        return self.selects(model.name, scenario.name)

    def selects(self, model: str, scenario: str) -> bool:
        """Return whether the output ``model/scenario`` is wanted."""
        return _names(self.models, model) and _names(self.scenarios, scenario)

    def count_of(self, model: Model, scenario: Scenario) -> int:
        """Return how many records ``scenario`` has in this run."""
        if self.count is None or not self.wants(model, scenario):
            return scenario.count
        return self.count

    def output_of(self, scenario: Scenario) -> OutputOptions:
        """Return how ``scenario`` is written in this run."""
        output = scenario.output
        if self.format is not None and self.format != output.format:
            output = replace(output, format=self.format, options=())
        if self.layout is not None:
            output = replace(output, layout=self.layout)
        return output


def _names(names: tuple[str, ...], name: str) -> bool:
    return not names or name.casefold() in {known.casefold() for known in names}


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


class Draw(StrEnum):
    """What of a node is drawn."""

    VALUE = "value"
    ROWS = "rows"
    PRESENCE = "presence"


class FirstChoices(Struct, frozen=True, kw_only=True):
    """What one draw of the first records gives, whatever its address would.

    Attributes:
        draw: of the node at ``path``.
        path: keys down to the node as it is written, without elements; of rows, the address path
            that their fields share.
        elements: the element indexes on the way there.
        choices: for each record the identity of a pool's entry, the number of a value, or the
            name of a state, as ``generate.draws`` reads them; None where it is drawn as ever.
    """

    draw: Draw
    path: tuple[str, ...]
    elements: tuple[int, ...]
    choices: tuple[bytes | None, ...]


class RecordPlan(Struct, frozen=True, kw_only=True):
    """All that decides the records of one scenario of one model, master and overlay merged in.

    Attributes:
        seed: any integer.
        model_id: the model's part of every address.
        scenario: the name of the scenario that the records are of.
        shape: the whole record as it is written.
        count: how many records there are: what a reference to this plan can pick from.
        parents: the plan behind each ``Reference`` that a leaf of ``shape`` holds. Such a
            reference names its suite and scenario; its path, like every path in a template of
            ``shape``, goes from the top of what is written. A parent's plan has only the fields
            that the reference needs, where that makes no difference to their values.
        rules, exclusions: what makes a record valid, and what is out of scope. They name fields
            as the model does; ``path_of`` tells where those are.
        slot: where in ``shape`` the model's record stands; the rest is the master's.
        moves: where a field stood in the model, and where ``$to`` put it below the slot.
        faults: how many rules a negative record breaks.
        coverage: which combinations come first; of twins, what the twins' scenario says.
        first: what is chosen for the first records, once that is known.
        faulty: of negative records of a model with rules: the whole record with the scenario's
            overlay on it, whose values are candidate faults; ``shape`` is that of the twins then.
        own_faults: where in ``faulty`` the fields are that the overlay states.
        stated: values of single records, which are not drawn; of twins, those of the twins.
        rule_types: what plugins offer for ``rules``, by ``PLUGIN/NAME``; the plan's own data
            stays the same whichever release of a plugin is installed, its key does not.
    """

    seed: int
    model_id: str
    shape: ObjectShape
    count: int
    parents: tuple[tuple[Reference, RecordPlan], ...] = ()
    rules: tuple[RuleSpec, ...] = ()
    exclusions: tuple[ExclusionSpec, ...] = ()
    slot: tuple[str, ...] = ()
    moves: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    scenario: str = ""
    faults: int = 1
    coverage: CoverageSpec = NO_COVERAGE
    first: tuple[FirstChoices, ...] = ()
    faulty: ObjectShape | None = None
    own_faults: tuple[tuple[str, ...], ...] = ()
    stated: tuple[Statement, ...] = ()
    rule_types: Mapping[str, RuleType] = field(default_factory=dict)

    def path_of(self, field: tuple[str, ...]) -> tuple[str, ...]:
        """Return where the model's ``field`` (keys from the model's top) is in ``shape``."""
        return written_path(field, self.slot, self.moves)


class MixedPart(Struct, frozen=True, kw_only=True):
    """One scenario of a mix: its weight and its records; record i of the mix is record i of one."""

    scenario: str
    weight: Decimal
    records: RecordPlan


class OutputPlan(Struct, frozen=True, kw_only=True):
    """One output: one scenario of one model of one suite.

    Attributes:
        suite: the suite's folder below ``specs/``, with forward slashes.
        model, scenario: as they name the output.
        records: what is generated; for a mix the parts instead (``records`` is then the first's).
        mix: the parts of a mixed scenario, else empty.
        output: format, layout and the format's options.
        coverage: which combinations come first.
        inputs: the files that it depends on, relative to the project folder, sorted.
        key: digest of all of the above and the contract; equal keys mean equal bytes.
        location: where the scenario stands in its spec.
    """

    suite: str
    model: str
    scenario: str
    records: RecordPlan
    mix: tuple[MixedPart, ...]
    output: OutputOptions
    coverage: CoverageSpec
    inputs: tuple[str, ...]
    key: str
    location: Location

    @property
    def count(self) -> int:
        """The number of records of this output."""
        return self.records.count
