"""Plans: which outputs there are, what each is made from, and the key that stands for its bytes.

``InputGraph`` says which suites a changed file affects.

Keys are digests of plain data that is equal when the bytes would be. No line, column, file name or
comment is part of it, so that moving a line changes no key.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.digest import digest
from mockgen_watch.masters.moves import written_path
from mockgen_watch.masters.shapes import Form, canonical_form, form_bytes
from mockgen_watch.plan import DESIGN, FORM, PROMISES
from mockgen_watch.spec import model as spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from decimal import Decimal

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.chain import ResolvedMaster
    from mockgen_watch.plan.family import Family
    from mockgen_watch.rules.rule import RuleType
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Limit, Reference


class Selection(Struct, frozen=True, kw_only=True):
    """Which outputs are wanted, and what replaces what the specs say.

    Attributes:
        models, scenarios: names, in any case; empty: all of them. Among the models the name of a
            suffix section, such as ``Model_1_Negative``, means that scenario of its model.
        count: records of each selected output; parents that are not selected keep theirs.
        seed: of everything, parents included.
        format: options of another format than the spec's are dropped with it.
    """

    models: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    count: int | None = None
    seed: int | None = None
    format: str | None = None
    layout: spec.Layout | None = None

    def selects(self, model: str, scenario: str) -> bool:
        """Return whether the output ``model/scenario`` is wanted."""
        is_meant = _names(self.models, model) or _names(self.models, section_name(model, scenario))
        return is_meant and _names(self.scenarios, scenario)

    def count_of(self, model: spec.Model, scenario: spec.Scenario) -> int:
        """Return how many records ``scenario`` has in this run."""
        if self.count is None or not self.selects(model.name, scenario.name):
            return scenario.count
        return self.count

    def output_of(self, scenario: spec.Scenario) -> spec.OutputOptions:
        """Return how ``scenario`` is written in this run."""
        output = scenario.output
        if self.format is not None and self.format != output.format:
            output = replace(output, format=self.format, options=())
        if self.layout is not None:
            output = replace(output, layout=self.layout)
        return output


def section_name(model: str, scenario: str) -> str:
    """Return what the suffix section of a scenario is called, where scenarios can have one.

    Others have the name of their model. No model can have the name of a suffix section.
    """
    return f"{model}_{scenario}" if scenario in spec.WELL_KNOWN else model


def _names(names: tuple[str, ...], name: str) -> bool:
    return not names or name.casefold() in {each.casefold() for each in names}


class SuiteSource(Struct, frozen=True, kw_only=True):
    """A suite that was read without errors.

    Attributes:
        suite: its folder below ``specs/``.
        master: None when it has none.
        inputs: further files that it depends on: vocabularies, schemas of ``$conforms``, the
            project file. Its spec and its master's chain need not be among them.
    """

    suite: str
    user_input: spec.UserInput
    master: ResolvedMaster | None
    inputs: tuple[str, ...] = ()

    @property
    def files(self) -> frozenset[str]:
        """Every file that the suite's outputs depend on."""
        chain = () if self.master is None else self.master.files
        return frozenset({self.user_input.path, *chain, *self.inputs})


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
    lookup: Callable[[str], SuiteSource | None] = lambda _: None
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
            name of a state, as ``generate.draws`` reads them; None where it is drawn.
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
            as the model does; ``path_of`` gives where those are.
        slot: where in ``shape`` the model's record is; the rest is the master's.
        moves: where a field is in the model, and where ``$to`` puts it below the slot.
        promise: what the records promise, where there are rules or exclusions.
        twin: the name of the scenario that decides them but for their faults.
        faults: how many rules a negative record breaks.
        coverage: which combinations come first; of twins, what the twins' scenario says.
        first: what is set for the first records, once coverage is designed.
        faulty: of negative records of a model with rules: the whole record with the scenario's
            overlay on it, whose values are candidate faults; ``shape`` is that of the twins then.
        own_faults: where in ``faulty`` the fields are that the overlay states.
        stated: values of single records, which are not drawn; of twins, those of the twins.
        rule_types: what plugins offer for ``rules``, by ``PLUGIN/NAME``; the plan's own data
            stays the same whichever release of a plugin is installed, its key does not.
        is_counted: ``count`` was stated; else it follows from a ``family``.
        family: the parents whose children the records are, where a reference says ``$each``.
        lengths: the bounds that rules come to of how many elements arrays have, by path. Only of
            constrained plans, and no part of the key.
        made: gives a record as its own output has it, where that is more than what is drawn: rules
            have fields drawn again, or faults are put in. Only of parents, and no part of the key.
    """

    seed: int
    model_id: str
    shape: spec.ObjectShape
    count: int
    parents: tuple[tuple[Reference, RecordPlan], ...] = ()
    rules: tuple[spec.RuleSpec, ...] = ()
    exclusions: tuple[spec.ExclusionSpec, ...] = ()
    slot: tuple[str, ...] = ()
    moves: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    scenario: str = ""
    promise: spec.Promise = spec.Promise.VALID
    twin: str = ""
    faults: int = 1
    coverage: spec.CoverageSpec = spec.NO_COVERAGE
    first: tuple[FirstChoices, ...] = ()
    faulty: spec.ObjectShape | None = None
    own_faults: tuple[tuple[str, ...], ...] = ()
    stated: tuple[spec.Statement, ...] = ()
    rule_types: Mapping[str, RuleType] = field(default_factory=dict)
    is_counted: bool = True
    family: Family | None = None
    lengths: tuple[tuple[spec.KeyPath, tuple[Limit, ...]], ...] = ()
    made: Callable[[int], Json] | None = None

    @property
    def is_broken(self) -> bool:
        """Whether the records have faults, so that any field may be anything."""
        return self.promise is spec.Promise.BROKEN and bool(self.rules)

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
        location: of the scenario in its spec.
    """

    suite: str
    model: str
    scenario: str
    records: RecordPlan
    mix: tuple[MixedPart, ...]
    output: spec.OutputOptions
    coverage: spec.CoverageSpec
    inputs: tuple[str, ...]
    key: str
    location: Location

    @property
    def count(self) -> int:
        """The number of records of this output."""
        return self.records.count


POSITIVE = "positive"
NEGATIVE = "negative"
EXCLUSION = "exclusion"


def output_key(plan: OutputPlan, contract: int, digests: Mapping[str, str]) -> str:
    """Return the digest of everything that decides the bytes of an output.

    ``digests`` holds those of what rules read, by their expression; see ``PlanContext``.
    """
    used = {name for name in _expressions(plan.records) if name in digests}
    parents: dict[int, str] = {}
    # Where nothing is promised there are no labels, wherever they would be.
    is_ruled = plan.records.rules or plan.records.exclusions
    skipped = frozenset() if is_ruled else frozenset(["labels"])
    form: Form = {
        "contract": contract,
        "files": {path: digests[path] for path in used},
        "form": FORM,
        "plan": {
            "model": plan.model,
            "scenario": plan.scenario,
            "records": _records_form(plan.records, parents),
            "mix": [
                [part.scenario, str(part.weight), _records_form(part.records, parents)]
                for part in plan.mix
            ],
            "output": canonical_form(plan.output, skip=skipped),
            "coverage": plan.coverage.strength.value,
        },
    }
    return digest(form_bytes(form))


def records_form(plan: RecordPlan) -> Form:
    """Return plain data that is equal where ``plan`` makes equal records."""
    return _records_form(plan, {})


def _expressions(plan: RecordPlan) -> Iterator[str]:
    """Yield the expressions of all rules that records go by, those of parents included."""
    waiting, reached = [plan], {id(plan)}
    while waiting:
        here = waiting.pop()
        yield from (rule.expression for rule in here.rules)
        for _, parent in here.parents:
            if id(parent) not in reached:
                reached.add(id(parent))
                waiting.append(parent)


def _records_form(plan: RecordPlan, digests: dict[int, str]) -> Form:
    """Return the data of ``plan``; ``digests`` takes that of each parent's, by its ``id``."""
    parents: dict[Reference, str] = {}
    for reference, parent in plan.parents:
        # Many fields have one parent, and a chain would be spelt out once for every way to it.
        if id(parent) not in digests:
            digests[id(parent)] = digest(form_bytes(_records_form(parent, digests)))
        parents[reference] = digests[id(parent)]

    def form(reference: Reference) -> Form:
        roots: list[Form] = [reference.roots] if reference.roots else []
        return ["Reference", parents.get(reference, ""), list(reference.path), *roots]

    data: dict[str, Form] = {
        "seed": plan.seed,
        "model_id": plan.model_id,
        "shape": canonical_form(plan.shape, reference=form),
        "count": plan.count,
        "rules": canonical_form(plan.rules),
        "exclusions": canonical_form(plan.exclusions),
        "slot": list(plan.slot),
        "moves": canonical_form(plan.moves),
        "scenario": plan.scenario,
        "promise": plan.promise.value,
        "faults": plan.faults,
        "coverage": plan.coverage.strength.value,
    }
    if plan.coverage.is_asked:
        # Which file the cases are in plays no part.
        # Twins are designed as those that they are twins of.
        twin: list[Form] = [plan.twin] if plan.twin else []
        data["coverage"] = [DESIGN, canonical_form(plan.coverage, skip=_CASES_FILE), *twin]
    if plan.rules or plan.exclusions:
        faulty = plan.faulty
        data["promises"] = PROMISES
        data["faulty"] = None if faulty is None else canonical_form(faulty, reference=form)
        data["own_faults"] = canonical_form(plan.own_faults)
    if plan.family is not None:
        data["family"] = canonical_form(plan.family)
    if plan.stated:
        data["stated"] = canonical_form(plan.stated)
    return data


_CASES_FILE: Final = frozenset(["keep", "location"])


class InputGraph:
    """Which files each file requires.

    Attributes:
        requirements: a file → the files that it names or takes: masters, what those extend,
            vocabularies, schemas, the specs of suites that references lead to. Files that do not
            exist but would be taken if they did are among them: an edge to nothing, so that one
            which appears later is noticed.
        suites: the spec of each suite → the suite.
    """

    def __init__(
        self,
        requirements: Mapping[str, frozenset[str]] | None = None,
        suites: Mapping[str, str] | None = None,
    ) -> None:
        self.requirements = requirements or {}
        self.suites = suites or {}

    def prepare(self) -> None:
        """Do now what the first question would else wait for."""
        _ = self._dependents

    def affected_suites(self, changed: Iterable[str]) -> tuple[str, ...]:
        """Return the suites that require any of ``changed``, at whatever remove, sorted.

        A changed path may be a folder; then everything below it counts as changed.
        """
        waiting = list(self._files_at({path.rstrip("/") for path in changed}))
        reached: set[str] = set()
        while waiting:
            path = waiting.pop()
            if path not in reached:
                reached.add(path)
                waiting += self._dependents[path]
        return tuple(sorted({self.suites[path] for path in reached & self.suites.keys()}))

    @cached_property
    def _dependents(self) -> Mapping[str, set[str]]:
        """A file → the files that name or take it; every file of the graph is there."""
        found: dict[str, set[str]] = {path: set() for path in (*self.suites, *self.requirements)}
        for path, required in self.requirements.items():
            for other in required:
                found.setdefault(other, set()).add(path)
        return found

    def _files_at(self, paths: set[str]) -> set[str]:
        """Return the files of the graph that are among ``paths`` or in one of them."""
        files = paths & self._dependents.keys()
        folders = paths - files
        if folders:
            files |= {path for path in self._dependents if not folders.isdisjoint(_parents(path))}
        return files


def _parents(path: str) -> Iterable[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
