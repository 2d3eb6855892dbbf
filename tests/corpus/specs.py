"""Takes a folder; writes projects of generated specs into it, the same ones in every run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

from tests.corpus import faulty
from tests.corpus.suites import family
from tests.legacy_files import Maker
from tests.yaml_writer import as_yaml

if TYPE_CHECKING:
    from tests.oldest_engine import Plain

FAMILIES = 62
LEGACY = 12
DATA = Path(__file__).parents[1] / "data"

PROJECT = """\
# What all suites share.
seed: 42
count: 3
output: {format: json, indent: 2}
profiles:
  ci: {count: 2, output: ndjson}
  other-seed: {seed: 7, on_conflict: keep}
"""
PEOPLE = """\
$master: null
Person:
  $count: 40
  ID: {$pattern: "[A-Z]{2}[0-9]{4}", $unique: true} # by which others know them
  name: {$vocab: first_name}
  amount: 1.50
"""
SCHEMA: dict[str, Plain] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {"CODES": {"items": {"maxLength": 3}}, "none": False},
}
VOCABULARIES = {
    "plans.yaml": "$weighted: {Silver: 60, Gold: 30, Bronze: 10}\n",
    "places.txt": "office\n  hospital  \n\nhome\n",
    "words.json": '{"$values": [1, 2.50, null, true, "x", "x"]}',
    "towns.yaml": "- {city: Chennai, state: TN, $weight: 3}\n- {city: Kochi, state: KL}\n",
}
GIT_SPEC = """\
$seed: 3
Claim:
  $count: 6
  ID: {$sequence: {start: 1}}
  KIND: [A, B, C] # the kind of it
  AMOUNT: {$integer: [1, 900]}
  PAT: {first: {$vocab: first_name}, last: {$vocab: last_name}}
  MAIL: {$template: "{PAT.first}@{KIND}.example"}
  LINES: {$array: [1, 2], $items: {code: [x, y], size: {$integer: [1, 9]}}}
  $rules:
    known: {field: KIND, schema: {enum: [A, B, C]}}
    cheap: {cel: "record.AMOUNT <= 900"}
  $exclude:
    big-c: {KIND: C, AMOUNT: {min: 500}}
  $scenarios:
    positive: {$count: 8, $coverage: each}
    negative: {$count: 5, KIND: ["", ZZ]}
    exclusion: {$count: 4}
    mixed: {$mix: {positive: 70, negative: 30}, $count: 9}
"""
GIT_FILES = {
    ".gitattributes": "* text eol=lf\n",
    ".gitignore": "*.mockgen-new\n",
    "specs/mockgen.yaml": "count: 4\nprofiles: {ci: {count: 9, output: ndjson}}\n",
    "specs/claims/user_input.yaml": GIT_SPEC,
    "specs/claims/master.yaml": '$slot: ""\nchannel: EDI\nnote: none\n',
    "specs/members/user_input.yaml": (
        "Member:\n  ID: {$sequence: 100}\n  KIND: [A, B, C]\n  OPEN: {$boolean: 0.5}\n"
        "  NOTE: {$choice: [x, y], $omit: 0.3}\n"
    ),
    "specs/tables/user_input.json": (
        '{"$output": "csv", "Row": {"a": ["x", "y"], "b": {"$integer": [1, 99]}},\n'
        ' "Doc": {"$output": {"format": "yaml", "layout": "split"}, "a": {"$uuid": {}}}}\n'
    ),
}


def write_good(folder: Path, families: range = range(FAMILIES)) -> None:
    """Write a project of suites that are right, five in each of ``families``."""
    put(folder, "specs/mockgen.yaml", PROJECT)
    put(folder, "specs/shared/people/user_input.yaml", PEOPLE)
    put(folder, "specs/shared/claim.schema.json", json.dumps(SCHEMA))
    for name, text in VOCABULARIES.items():
        put(folder, f"specs/_vocab/{name}", text)
    for number in families:
        for path, data in family(number).items():
            chance = random.Random(f"text {number} {path}")
            # Schema files are named from specs/fNN/sN, which is one folder less deep than s4.
            put(folder, f"specs/f{number:02}/{path}", _text(chance, path, data))
    put(folder, "specs/samples/user_input.yaml", (DATA / "specs/invoices.yaml").read_bytes())


def write_faulty(folder: Path) -> None:
    """Write a project of suites with a fault each."""
    for path, data in faulty.suites():
        put(folder, f"specs/{path}", data)


def write_settings(folder: Path) -> None:
    """Write small projects below ``folder``, whose project files are the matter."""
    for name, text in faulty.PROJECTS.items():
        put(folder, f"{name}/specs/mockgen.yaml", text)
        put(folder, f"{name}/specs/one/user_input.yaml", "M: {a: [1, 2], b: {$uuid: {}}}\n")
    for name in ("CASE", "case"):
        put(folder, f"same-place/specs/{name}/user_input.yaml", "M: {a: 1}\n")
    put(folder, "no-suites/specs/readme.txt", "no specs\n")
    put(folder, "no-specs/readme.txt", "no specs\n")


def write_legacy(folder: Path) -> None:
    """Write files of the earlier system below ``folder``."""
    for path in sorted((DATA / "legacy").iterdir()):
        put(folder, f"old/{path.name}", path.read_bytes())
    for number in range(LEGACY):
        text = json.dumps(Maker(number).file(), indent=2, ensure_ascii=bool(number % 2))
        put(folder, f"old/made_{number:02}.json", text)


def write_git(folder: Path) -> None:
    """Write the small project that lives in a repository of Git."""
    for path, text in GIT_FILES.items():
        put(folder, path, text)


def put(folder: Path, path: str, data: str | bytes) -> None:
    """Write a file below ``folder``."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data.encode() if isinstance(data, str) else data)


def _text(chance: random.Random, path: str, data: dict[str, Plain]) -> str:
    if path.endswith(".json"):
        indent = chance.choice((None, 1, 2, 4))
        return json.dumps(data, indent=indent, ensure_ascii=chance.random() < 0.5)
    return as_yaml(data, chance.randrange(10**6))
