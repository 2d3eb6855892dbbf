"""A user breaks an implication: records, labels, and what why and rules tell of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("mockgen-watch")
SPEC = """\
$seed: 3
Claim:
  CLM_TYPE: [P, C, D]
  age: {$integer: [0, 99]}
  $rules:
    adult-dental: {cel: "record.CLM_TYPE != 'D' || record.age >= 18"}
  $scenarios:
    positive: {$count: 200}
    negative: {$count: 200}
    inside: {$mix: {negative: 1}, $count: 30, $output: {labels: inside}}
"""


def run(home: Path, *words: str) -> str:
    done = subprocess.run([PROGRAM, *words], cwd=home, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("combinations")
    (home / "specs/s").mkdir(parents=True)
    (home / "specs/s/user_input.yaml").write_text(SPEC, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=home, check=True)
    run(home, "-q", "generate")
    return home


def made(home: Path, name: str) -> list[dict[str, Any]]:
    found = json.loads((home / f"mock_outputs/s/Claim/{name}.json").read_bytes())
    assert isinstance(found, list)
    return found


def labels(home: Path) -> Iterator[dict[str, Any]]:
    path = home / "mock_outputs/s/Claim/negative.labels.ndjson"
    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def test_each_record_breaks_the_implication_and_is_what_its_label_says(home: Path) -> None:
    in_two_places = 0
    pairs = zip(made(home, "positive"), made(home, "negative"), labels(home), strict=True)
    for twin, record, label in pairs:
        age = record.get("age")
        is_adult = isinstance(age, int) and age >= 18
        # Without a type CEL cannot tell, and so neither side holds.
        assert record.get("CLM_TYPE", "D") == "D"
        assert not is_adult
        changes = [label, *label.get("also", ())]
        for change in changes:
            name = change["pointer"].removeprefix("/")
            assert (twin[name], record.get(name)) == (change["before"], change.get("after"))
        differing = {name for name in twin if name not in record or twin[name] != record[name]}
        assert differing == {change["pointer"].removeprefix("/") for change in changes}
        assert ("also" in label) == (label["operator"] == "combination") == (len(changes) == 2)
        in_two_places += len(changes) == 2
        if len(changes) == 2:
            assert isinstance(age, int)
            assert 0 <= age < 18
    assert in_two_places > 50


def test_labels_inside_tell_all_places(home: Path) -> None:
    found = [record["_label"] for record in made(home, "inside")]
    also = [label["also"] for label in found if "also" in label]
    assert also
    assert all([change["pointer"] for change in changes] == ["/age"] for changes in also)


def test_why_and_rules_tell_of_combinations(home: Path) -> None:
    number = next(label["record"] for label in labels(home) if "also" in label)
    told = run(home, "why", f"s/Claim/negative.json#/{number}/age")
    assert "changed (combination) so that the record breaks the rule adult-dental" in told
    assert "together with /CLM_TYPE" in told
    assert '/CLM_TYPE: "' in told
    found = json.loads(run(home, "why", f"s/Claim/negative.json#/{number}/CLM_TYPE", "--json"))
    assert [change["pointer"] for change in found["labels"][0]["also"]] == ["/age"]
    assert "combination" in run(home, "rules").split("broken by", 1)[1].splitlines()[0]
