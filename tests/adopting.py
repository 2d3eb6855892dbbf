"""Takes a spec; gives a project with outputs, in which a person edits records and adopts them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from mockgen_watch.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPEC = """\
# Claims, as the payer sends them.
$seed: 7

Claim: # one model
  ID: {$sequence: {start: 1}}
  KIND: [A, 'B', "C"]   # three kinds
  AMOUNT: {$integer: [1, 900]}
  RATE: {$number: {min: 0, max: 1, decimals: 2}}
  OPEN: {$boolean: 0.5}
  PAT: {first: [Asha, Bala], last: [X, Y]}
  LINES:
    $array: {min: 2, max: 3}
    $items: {code: [p, q], tags: {$const: [s, t]}}
  NOTE: {$template: "{PAT.first} {KIND}"}

  $output: FORMAT
  $scenarios:
    first:
      $count: 6   # few
      # and a last word
    second: {$count: 3}
# the end
"""
STEM = "mock_outputs/claims/Claim/first"
Records = list[dict[str, Any]]


def load_yaml(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """Return the data of a YAML text, as another reader than ours sees it."""
    reader: Any = YAML(typ="safe", pure=True)
    return reader.load(text)


class Project:
    """A project with one suite, in a folder of its own."""

    def __init__(self, folder: Path, text: str = SPEC, form: str = "json") -> None:
        self.folder = folder
        self.form = form
        self.spec = folder / "specs/claims/user_input.yaml"
        if text.lstrip().startswith("{"):
            self.spec = self.spec.with_suffix(".json")
        self.spec.parent.mkdir(parents=True)
        self.spec.write_bytes(text.replace("FORMAT", form).encode())
        self.output = folder / f"{STEM}.{form}"
        assert self.run("-q", "generate") == 0

    def run(self, *words: str) -> int:
        return main(["-C", str(self.folder), *words])

    def files(self) -> dict[str, bytes]:
        """Return path → bytes of specs and outputs."""
        return {
            str(path): path.read_bytes()
            for folder in ("specs", "mock_outputs")
            for path in sorted((self.folder / folder).rglob("*"))
            if path.is_file()
        }

    def records(self) -> Records:
        text = self.output.read_text(encoding="utf-8")
        found: Records
        if self.form == "json":
            found = json.loads(text)
        elif self.form == "ndjson":
            found = [json.loads(line) for line in text.splitlines()]
        elif self.form == "yaml":
            found = load_yaml(text)
        else:
            found = list(csv.DictReader(io.StringIO(text)))
        return found

    def edit(self, change: Callable[[Records], object]) -> Records:
        """Change records of a JSON output, and write them as the program lays them out."""
        records = self.records()
        change(records)
        self.output.write_text(
            json.dumps(records, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        return records

    def adopt(self, pointer: str = "", output: str = "") -> int:
        return self.run("adopt", (output or str(self.output.relative_to(self.folder))) + pointer)

    def assert_kept(self, records: Records | None = None) -> None:
        """Check that the next run leaves the output as it is, and finds nothing to say."""
        edited = self.output.read_bytes()
        assert self.run("-q", "generate") == 0
        assert self.output.read_bytes() == edited
        assert self.run("-q", "check") == 0
        if records is not None:
            assert self.records() == records
