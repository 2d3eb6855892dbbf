"""Every value of every output of this repository has an explanation."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.canonical import canonical
from mockgen_watch.executors import Serial
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.storage.package_data import VOCABULARIES
from mockgen_watch.workflow.produce import label_document, prepare_production
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Target
from mockgen_watch.workflow.why import RecordExplainer, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json

ROOT = Path(__file__).parents[3]
SUITES = (
    "appointments",
    "claims",
    "eligibility",
    "members_legacy",
    "profiles_legacy",
    "shop",
)
SHIPPED = "package:"


def leaves(path: tuple[str, ...], value: Json) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves((*path, key), item)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves((*path, str(index)), item)
    else:
        yield path, value


def line_of(location: Location) -> str:
    path = ROOT / location.path
    if location.path.startswith(SHIPPED):
        path = Path(VOCABULARIES) / location.path.removeprefix(SHIPPED)
    return path.read_text(encoding="utf-8").split("\n")[location.line - 1]


def test_the_suites_are_those_of_the_repository() -> None:
    assert tuple(open_project(ROOT).suites.files) == SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_every_leaf_of_every_output_is_explained_down_to_a_line(suite: str) -> None:
    suites = open_project(ROOT).suites
    lines: dict[Location, str] = {}
    seen = 0
    for plan in suites.plans(suite) or ():
        production = prepare_production(plan)
        for index in range(plan.count):
            explainer = RecordExplainer(Target(plan=plan, suites=suites), production.source, index)
            for path, value in leaves((), production.record_at(index)):
                why = explainer.at(path)
                assert why.is_present
                assert why.value == value
                places = [why.choice.origin.location, *(step.location for step in why.steps)]
                for place in places:
                    if place not in lines:
                        lines[place] = line_of(place)
                    assert lines[place].strip()
                if why.choice.odds:
                    assert any(odds.value == value for odds in why.choice.odds) or why.choice.notes
                seen += 1
        if wants_labels(plan):
            target = Target(plan=plan, suites=suites, is_labels=True)
            text = b"".join(label_document(plan, production.source, Serial())).decode()
            for number, line in enumerate(text.splitlines()[:4]):
                for path, value in leaves((), json.loads(line, parse_float=Decimal)):
                    why = explain(target, (str(number), *path))
                    assert canonical(why.value) == canonical(value)
                    assert line_of(why.choice.origin.location).strip()
    assert seen > 100
