"""Tries random files of the oldest format: ``python -m tests.properties.oldest --files 500``.

Each file goes through the program: read as it is, migrated, and section by section. What it can
make is compared with the engine that was written from the description of that format.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli.main import main
from mockgen_watch.migrations.direct import DirectReading, read_direct
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.parse import parse
from tests import oldest_engine
from tests.possible import distribution, shapes_of
from tests.yaml_writer import as_yaml

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Document
    from tests.oldest_engine import Plain, Record

WORDS: Final = (
    "Asha", "Bala", "Chitra", "00501", "1.50", "true", "null", "NO", "12:30", "2025-01-01", "=1+1",
    "a: b", "- a", "# c", "it's", '"Navi', 'Mumbai"', '"x"', '""', "é", "日本", "a\\b", "{x}",
    "[1]", "@@@", "$5", "$const", "~", "%", "*a", "&a", "!t", "|", ">", "0x1F", "1e5", "two words",
)  # fmt: skip
NAMES: Final = (
    "name", "mail_id", "address", "city", "zip code", "$price", "$$x", "a.b", "a/b", "true", "1",
    "key: x", "PATIENT_NAME", "é",
)  # fmt: skip
SECTIONS: Final = ("Edit_{}", "Edit_{}", "Edit_{}", "edit_{}", "EDIT{}", "Edit {}", "Edit-{}")
NUMBERS: Final = (0, 7, -7, 123456, 10**20, 1.5, 0.1, 1e-7, 1e5, 560001)


class Maker:
    """Makes one file."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def file(self) -> dict[str, Plain]:
        """Return the data of a file: sections, in one file of eight fields at the top."""
        names = self.names()
        if self.chance.random() < 1 / 8:
            return {**self.section(names), "name": self.text(2)}
        form = self.chance.choice(SECTIONS)
        data: dict[str, Plain] = {}
        for number in range(self.chance.choice((1, 1, 2, 2, 3, 4))):
            own = self.names() if self.chance.random() < 0.3 else names
            data[form.format(number + 1)] = self.section(own)
        return data

    def names(self) -> list[str]:
        return self.chance.sample(NAMES, self.chance.randrange(1, 5))

    def section(self, names: list[str]) -> dict[str, Plain]:
        size = self.chance.choice((1, 2, 3, 4, 6))
        return {name: self.field(size) for name in names}

    def field(self, size: int) -> Plain:
        kind = self.chance.choice(("text",) * 7 + ("list", "list", "number"))
        if self.chance.random() < 0.03:
            empty: tuple[Plain, ...] = ("", " ", ",", ", ,", [], ["", " "])
            return self.chance.choice(empty)
        if kind == "number":
            return self.chance.choice(NUMBERS)
        if self.chance.random() < 0.3:
            size = self.chance.randrange(1, 6)
        if kind == "text":
            return self.text(size)
        others: list[Plain] = [*NUMBERS, "a, b", ""]
        return [
            self.padded(self.chance.choice(WORDS))
            if self.chance.random() < 0.7
            else self.chance.choice(others)
            for _ in range(size)
        ] + ["last"]

    def text(self, size: int) -> str:
        words = [self.padded(self.chance.choice(WORDS)) for _ in range(size)]
        for _ in range(self.chance.choice((0, 0, 0, 1, 2))):
            words.insert(self.chance.randrange(len(words) + 1), self.chance.choice(("", " ")))
        return ",".join(words)

    def padded(self, word: str) -> str:
        return (
            self.chance.choice(("", "", "", " ", "\t", "  ")) + word + self.chance.choice(("", " "))
        )


class Trial:
    """Tries one file in a folder of its own; ``wrong`` says what is not as it should be."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.data = Maker(seed).file()
        self.folder = folder
        is_yaml = seed % 4 == 0
        self.path = folder / f"edit.{'yaml' if is_yaml else 'json'}"
        text = as_yaml(self.data, seed) if is_yaml else json.dumps(self.data, indent=seed % 3)
        self.path.write_text(text, encoding="utf-8")
        self.wrong: list[str] = []
        self.missing = oldest_engine.missing(self.data)
        self.keep_empty = bool(self.missing)

    def run(self) -> list[str]:
        """Return what is wrong."""
        if self.missing:
            self.check_missing()
            if oldest_engine.missing(self.data, keep_empty=True):
                return self.wrong  # an empty list has no value in any case
        possible = oldest_engine.possible(self.data, keep_empty=self.keep_empty)
        reading = DirectReading(is_asked=True, keep_empty=self.keep_empty)
        direct, found = read_direct(self.document(self.path), reading)
        if direct is None:
            self.wrong.append(f"it is not read: {list(map(str, found))}")
            return self.wrong
        self.compare("before", possible_of(direct), possible)
        before = self.say("generate", "--legacy", *self.drawing(self.path), *self.wishes())
        self.compare("drawn", {*map(as_record, before.splitlines())}, possible, is_part=True)
        self.say("migrate", str(self.path), "--out", "specs", *self.wishes())
        new = next((self.folder / "specs" / "edit").glob("user_input.*"), None)
        if new is None:
            self.wrong.append("it is not migrated")
            return self.wrong
        self.compare("after", possible_of(self.document(new)), possible)
        scenario = "base" if len(oldest_engine.sections(self.data)) == 1 else "mixed"
        after = self.say("generate", *self.drawing(new), "--scenario", scenario)
        if after != before:
            self.wrong.append("other records are drawn after the migration")
        self.check_sections()
        self.check_pairs()
        return self.wrong

    def check_missing(self) -> None:
        """Check that each field without a value is an error, and that nothing is written."""
        for words in (
            ("generate", "--legacy", *self.drawing(self.path)),
            ("migrate", str(self.path)),
        ):
            told = self.say(*words, code=1)
            if len(re.findall(r"MG704 .*\[error\]", told)) != len(self.missing):
                self.wrong.append(f"{words[0]}: of {self.missing} it says: {told}")
        reading = DirectReading(is_asked=True)
        found = read_direct(self.document(self.path), reading)[1]
        places = [item.location.pointer for item in found if item.code == "MG704"]
        if places != [pointer_of(path) for path in self.missing]:
            self.wrong.append(f"{self.missing} are reported at {places}")

    def check_sections(self) -> None:
        for name, section in oldest_engine.sections(self.data).items():
            if name:
                drawing = self.drawing(self.path, count="")
                out = self.say("generate", "--legacy", *drawing, *self.wishes(), "--model", name)
                wanted = oldest_engine.listed(section, keep_empty=self.keep_empty)
                if [*map(as_record, out.splitlines())] != [*map(oldest_engine.as_record, wanted)]:
                    self.wrong.append(f"{name} lists {out}, not {wanted}")

    def check_pairs(self) -> None:
        """Check that with ``--pairs`` a section makes what it lists by name."""
        self.say("migrate", str(self.path), "--pairs", "--out", "paired", *self.wishes())
        new = next((self.folder / "paired" / "edit").glob("user_input.*"))
        made = records_by_scenario(self.document(new))
        sections = oldest_engine.sections(self.data)
        for name, section in sections.items():
            listed = oldest_engine.listed(section, keep_empty=self.keep_empty)
            wanted = {*map(oldest_engine.as_record, listed)}
            self.compare(
                f"{name} in pairs", made[name if sections.keys() == made.keys() else "base"], wanted
            )

    def drawing(self, path: Path, count: str = "40") -> list[str]:
        words = ["--config", str(path), "--stdout", "--format", "ndjson"]
        return [*words, "--count", count] if count else words

    def wishes(self) -> list[str]:
        return ["--keep-empty"] * self.keep_empty

    def say(self, *words: str, code: int = 0) -> str:
        """Run the program; return what it writes to stdout, or, of a failure, all of it."""
        out, err = io.BytesIO(), io.StringIO()
        text = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(err):
            done = main(["-C", str(self.folder), *words])
        told = out.getvalue().decode()
        if done != code:
            self.wrong.append(f"{' '.join(words)} ends with {int(done)}: {err.getvalue()}")
        return told + err.getvalue() if code else told

    def document(self, path: Path) -> Document:
        return parse(path.name, path.read_bytes())

    def compare(
        self, what: str, made: set[Record], possible: set[Record], *, is_part: bool = False
    ) -> None:
        if made - possible:
            self.wrong.append(f"{what}: {len(made - possible)} records too many: {made - possible}")
        if possible - made and not is_part:
            self.wrong.append(f"{what}: {len(possible - made)} records are missing")


def as_record(line: str) -> Record:
    return oldest_engine.as_record(json.loads(line))


def records_by_scenario(document: Document) -> dict[str, set[Record]]:
    """Return scenario → every record of it, of the one model of a spec; the mix is left out."""
    spec, found = build_user_input(document, BuildContext())
    assert spec is not None, found
    (model,) = spec.models
    shapes = shapes_of(model)
    return {name: {*distribution(shape)} for name, shape in shapes.items() if name != "mixed"}


def possible_of(document: Document) -> set[Record]:
    """Return every record of the one model of a spec."""
    return {record for made in records_by_scenario(document).values() for record in made}


def try_file(seed: int) -> tuple[str, list[str]]:
    """Return what kind of file it was, and what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "specs").mkdir()
        trial = Trial(seed, Path(folder))
        wrong = trial.run()
        kind = "with a field left empty" if trial.missing else "with values in all fields"
        return kind, [*wrong, trial.path.read_text(encoding="utf-8")] if wrong else []


def run() -> int:
    """Try the files that the command line asks for; 1 where one shows a defect."""
    parser = argparse.ArgumentParser(description="Random files of the oldest format.")
    parser.add_argument("--files", type=int, default=500, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    options = parser.parse_args()
    tally: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.files):
        kind, wrong = try_file(seed)
        tally[kind] += 1
        tally["wrong"] += bool(wrong)
        if wrong:
            sys.stdout.write("\n".join([f"seed {seed}:", *wrong, ""]))
    for name, number in sorted(tally.items()):
        sys.stdout.write(f"{number:5} {name}\n")
    return 1 if tally["wrong"] else 0


if __name__ == "__main__":
    sys.exit(run())
