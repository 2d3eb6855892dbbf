"""300 specs made by breaking good ones in one place: each is flagged where it was broken."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Severity
from mockgen_watch.masters.chain import resolve_chain
from mockgen_watch.spec.build.links import records_of
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.rules import check_rule_paths
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.parse import parse
from tests.properties.mutations import MUTATORS, Mutant, mutants
from tests.unit.spec.reading import context_of, document_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.diagnostics import Diagnostic

DATA = Path(__file__).resolve().parents[1] / "data"
SOURCES = sorted((DATA / "specs").glob("*.yaml"))
PER_FILE = 38


def texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every good spec, in YAML and in JSON."""
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        data = plain_data(document_of(text).root)  # type: ignore[arg-type]  # it has a root
        yield source.name, text
        yield f"{source.stem}.json", json.dumps(data, indent=2, default=float)


def found_in(path: str, text: str) -> list[Diagnostic]:
    """Return what a run over this one file finds wrong; notes only say how a list is read."""
    return [each for each in _found_in(path, text) if each.severity is not Severity.NOTE]


def _found_in(path: str, text: str) -> list[Diagnostic]:
    """Return what is found; a file with faults of syntax is not built."""
    document = parse(path, text.encode())
    if document.diagnostics:
        return list(document.diagnostics)
    if path.startswith("master"):
        master, found = build_master(document, context_of())
        return (
            found if master is None else [*found, *resolve_chain(path, {path: master}).diagnostics]
        )
    spec, found = build_user_input(document, context_of())
    for model in () if spec is None else spec.models:
        found.extend(check_rule_paths(model, [record.shape for record in records_of(model)]))
    return found


def all_mutants() -> Iterator[tuple[str, Mutant]]:
    for path, text in texts():
        for mutant in mutants(parse(path, text.encode()), PER_FILE, seed=1):
            yield path, mutant


@pytest.fixture(scope="module")
def outcomes() -> list[tuple[str, Mutant, list[Diagnostic]]]:
    return [(path, mutant, found_in(path, mutant.text)) for path, mutant in all_mutants()]


def shown(path: str, mutant: Mutant, found: list[Diagnostic]) -> str:
    said = [str(item) for item in found]
    return f"{path} {mutant.kind} on {sorted(mutant.lines)}, meant {mutant.meant!r}: {said}"


@pytest.mark.parametrize(("path", "text"), list(texts()), ids=lambda item: str(item)[:20])
def test_the_good_specs_raise_no_alarm(path: str, text: str) -> None:
    assert [str(item) for item in found_in(path, text)] == []


def test_there_are_300_mutants_of_every_kind(
    outcomes: list[tuple[str, Mutant, list[Diagnostic]]],
) -> None:
    assert len(outcomes) >= 300
    assert {mutant.kind for _, mutant, _ in outcomes} == set(MUTATORS)


def test_99_of_100_mutants_are_flagged_on_the_right_line(
    outcomes: list[tuple[str, Mutant, list[Diagnostic]]],
) -> None:
    missed = [
        shown(path, mutant, found)
        for path, mutant, found in outcomes
        if not mutant.lines & {item.location.line for item in found}
    ]
    assert len(missed) <= len(outcomes) / 100, "\n".join(missed)


def test_9_of_10_misspelt_names_get_the_right_suggestion(
    outcomes: list[tuple[str, Mutant, list[Diagnostic]]],
) -> None:
    named = [outcome for outcome in outcomes if outcome[1].meant]
    missed = [
        shown(path, mutant, found)
        for path, mutant, found in named
        if not any(f'"{mutant.meant}"' in item.hint for item in found)
    ]
    assert len(named) >= 60
    assert len(missed) <= len(named) / 10, "\n".join(missed)


def test_one_fault_is_said_once(
    outcomes: list[tuple[str, Mutant, list[Diagnostic]]],
) -> None:
    noisy = [shown(path, mutant, found) for path, mutant, found in outcomes if len(found) > 1]
    kinds = Counter(mutant.kind for _, mutant, found in outcomes if len(found) > 1)
    assert len(noisy) <= len(outcomes) / 33, f"{kinds}\n" + "\n".join(noisy)
