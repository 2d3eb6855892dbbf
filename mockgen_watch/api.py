"""Python API: the records of specs, of a project or given as data, without files."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from mockgen_watch.errors import UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.plan.model import OutputPlan, Selection
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.workflow.project import OpenProject, open_project
from mockgen_watch.workflow.sources import Sources
from mockgen_watch.workflow.suites import Suites, SuiteSettings
from mockgen_watch.workflow.targets import find_plan

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json

Record: TypeAlias = "dict[str, Any]"
"""A record as ``json.loads`` would return it: dict, list, str, int, float, bool and None."""


class Specs:
    """The specs of a project, from which records can be generated.

    ``Specs.open()`` reads a project, ``Specs.of(...)`` takes a spec as Python data. Reading is
    lazy: errors in a spec are raised, as FindingsError, when one of its models is used.
    """

    def __init__(self, project: OpenProject) -> None:
        self._project = project

    @classmethod
    def open(cls, folder: str | Path = ".", *, profile: str | None = None) -> Specs:
        """Return the specs of the project that contains ``folder``.

        Raises:
            UsageError: there is no project, or no such profile.
            StorageError: its specs cannot be read.
        """
        return cls(open_project(Path(folder), profile))

    @classmethod
    def of(
        cls, user_input: Mapping[str, Any] | str, master: Mapping[str, Any] | str | None = None
    ) -> Specs:
        """Return specs given as data (the content of a JSON file) or as YAML text.

        The suite is named ``spec``, so that a model is ``spec/Model`` or just ``Model``.
        The built-in vocabularies can be used, and nothing else of any project.
        """
        files = dict([_file("user_input", user_input)])
        if master is not None:
            files.update([_file("master", master)])
        suites = Suites(
            Sources(data=files), SuiteSettings(specs="specs", context=BuildContext(formats=BUILTIN))
        )
        here = Path()
        return cls(OpenProject.without_folder(here, suites, StateFolder(here / ".mockgen")))

    def records(
        self,
        name: str,
        *,
        count: int | None = None,
        seed: int | None = None,
        exact: bool = False,
    ) -> Records:
        """Return the records of ``SUITE/MODEL[/SCENARIO]``, or of ``MODEL[/SCENARIO]``.

        Args:
            name: without a scenario, the first one of the model.
            count: the number of records, instead of the spec's count.
            seed: used instead of the spec's seed.
            exact: return numbers with decimals as Decimal with all their places, not as float.

        Raises:
            FindingsError: the suite has errors.
            UsageError: no model has this name.
        """
        asked = Selection(count=count, seed=seed)
        try:
            plan = find_plan(self._project, name, asked)
        except UsageError:
            found = []
            for suite in self._project.suites.files:
                with contextlib.suppress(UsageError):
                    found.append(find_plan(self._project, f"{suite}/{name}", asked))
            if len(found) != 1:
                raise
            (plan,) = found
        return Records(plan, exact=exact)


class Records(Sequence[Record]):
    """The records of one scenario: a sequence that generates each record on access.

    Every record depends only on its index, so ``records[5]`` is always the same, whatever the
    count is and whichever records were read before. Nothing is cached.
    """

    def __init__(self, plan: OutputPlan, *, exact: bool = False) -> None:
        self._plan = plan
        self._source = compile_source(plan)
        self._exact = exact

    def __len__(self) -> int:
        return self._plan.count

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...

    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        """Return one record, or a list of those in a slice.

        Raises:
            IndexError: there are fewer records; ``at`` goes beyond the count.
        """
        places = range(len(self))[index]
        if isinstance(places, range):
            return [self.at(place) for place in places]
        return self.at(places)

    def at(self, index: int) -> Record:
        """Return record ``index`` (0 to 2**63-1), whatever the count is."""
        record = self._source.record_at(index)
        return record if self._exact else {key: _plain(value) for key, value in record.items()}

    def scenario_of(self, index: int) -> str:
        """Return the scenario of record ``index``: for a mix, one of its parts."""
        return self._source.scenarios[self._source.part_of(index)]

    def batches(self, size: int = 1000) -> Iterator[list[Record]]:
        """Yield all records in lists of ``size``; the last one can be shorter."""
        for start in range(0, len(self), size):
            yield self[start : start + size]


def _plain(value: Json) -> Any:  # noqa: ANN401 - what json.loads gives
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _file(name: str, given: Mapping[str, Any] | str) -> tuple[str, bytes]:
    if isinstance(given, str):
        return f"specs/spec/{name}.yaml", given.encode()
    try:
        text = json.dumps(given, ensure_ascii=False, indent=2, default=_number)
    except TypeError as error:
        raise UsageError(f"the {name} contains a value that JSON does not have: {error}") from error
    return f"specs/spec/{name}.json", text.encode("utf-8", "surrogatepass")


def _number(value: object) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"a {type(value).__name__}")
