"""Takes a number; gives a file of the earlier system, of any shape and with any quirk."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.oldest_engine import Plain

WORDS = (
    "Asha", "Bala", "Rao, Bala", "", " x ", "00501", "1.50", "12345678901234567890", "true",
    "null", "NO", "12:30:45", "2025-01-01", "=1+1", "a: b", "- a", "# c", "it's", 'say "hi"',
    "é", "日本", "a\\b", "{x}", "[1]", "@@@", "$5", "~", "%", "*a", "&a", "!t", "|", ">", "0x1F",
    "1e5", "line\nbreak", "tab\there", "\x7f", "\u2028", "\U0001f600", "x" * 150,
)  # fmt: skip
NAMES = (
    "name", "mail_id", "address", "city", "state", "zip code", "$price", "$$x", "é", "a.b", "a/b",
    "yes", "1", "true", "key: x", "#k", "-", "null", "PATIENT_NAME", "x" * 70, "", " lead", "SRVC",
)  # fmt: skip
SECTIONS = ("Edit_{}", "edit_{}", "EDIT{}", "Edit {}", "Edit-{}", "Edit_{}.a", "eDiT_x{}")
SUFFIXES = ("Positive", "negative", "EXCLUSION", "positive", "Negative")


class Maker:
    """Makes one file."""

    def __init__(self, number: int) -> None:
        self.chance = random.Random(number)

    def file(self) -> dict[str, Plain]:
        """Return the data of a file."""
        shape = self.chance.choice(
            ("sections", "sections", "sections", "flat", "models", "mixture")
        )
        if shape == "flat":
            return self.flat()
        if shape == "models":
            data = self.models()
            if self.chance.random() < 0.2:
                data["notes"] = "no model"
            return data
        data = self.sections()
        if shape == "mixture":
            data.update(self.models(number=7, has_suffixes=self.chance.random() < 0.5))
        if self.chance.random() < 0.3:
            notes: tuple[Plain, ...] = ("not a section", 5, None, ["x"], True, {"by": "us"})
            data["notes"] = self.chance.choice(notes)
        items = list(data.items())
        if self.chance.random() < 0.3:
            self.chance.shuffle(items)
        return dict(items)

    def sections(self) -> dict[str, Plain]:
        form = self.chance.choice(SECTIONS)
        names = self.names()
        data: dict[str, Plain] = {}
        for index in range(self.chance.choice((1, 1, 2, 2, 3, 5))):
            has_own = self.chance.random() < 0.4
            data[form.format(index + 1)] = self.section(self.names() if has_own else names)
        if self.chance.random() < 0.2:
            first = next(iter(data.values()))
            data[form.format(99)] = json.loads(json.dumps(first))
        return data

    def flat(self) -> dict[str, Plain]:
        data = self.section(self.names() or ["name"])
        data["name"] = self.text()
        return {key: item for key, item in data.items() if not isinstance(item, dict)}

    def names(self) -> list[str]:
        known: dict[str, str] = {}
        for name in self.chance.sample(NAMES, self.chance.randrange(0, 6)):
            known.setdefault(name.casefold(), name)
        return list(known.values())

    def section(self, names: list[str]) -> dict[str, Plain]:
        size = self.chance.choice((1, 2, 2, 3, 4, 6) * 4 + (17, 40))
        return {name: self.value(size) for name in names}

    def value(self, size: int, depth: int = 0) -> Plain:
        kind = self.chance.choice(
            ("text",) * 6 + ("list",) * 2 + ("scalar", "empty") + ("object", "array") * (depth < 2)
        )
        if kind == "text":
            return self.text(size)
        if kind == "list":
            return [self.scalar() for _ in range(self.size(size))]
        if kind == "scalar":
            return self.scalar()
        if kind == "empty":
            return self.chance.choice(([], "", ",", ",,", " , "))
        fields = {name: self.value(size, depth + 1) for name in self.names()[:2] or ["sub"]}
        if kind == "object":
            return fields
        others: list[Plain] = [{"sub": self.text(size)}]
        return [fields, *others[: self.chance.randrange(2)]]

    def size(self, size: int) -> int:
        return size if self.chance.random() < 0.7 else self.chance.choice((1, 2, 3, 4, 5))

    def text(self, size: int = 2) -> str:
        pieces = []
        for _ in range(self.size(size)):
            word = self.chance.choice(WORDS)
            if "," in word or self.chance.random() < 0.1:
                word = '"' + word.replace('"', '""') + '"'
            blanks = self.chance.choice(("", "", "", " ", "\t", "  "))
            pieces.append(blanks + word + self.chance.choice(("", "", blanks)))
        if self.chance.random() < 0.05:
            pieces.append(self.chance.choice(('"open', '"a"b', "")))
        return ",".join(pieces)

    def scalar(self) -> Plain:
        if self.chance.random() < 0.6:
            return self.chance.choice(WORDS)
        others: tuple[Plain, ...] = (None, True, False, 0, -7, 123456, 10**20, [1, "a"], [])
        return self.chance.choice(others)

    def models(self, number: int = 1, *, has_suffixes: bool = True) -> dict[str, Plain]:
        name = f"Model_{number}"
        names = [item for item in self.names() if not item.startswith("$")] or ["name"]
        model = {item: self.pool() for item in names}
        data: dict[str, Plain] = {name: dict(model)} if self.chance.random() < 0.9 else {}
        used: set[str] = set()
        for suffix in self.chance.sample(SUFFIXES, self.chance.randrange(1, 4)) * has_suffixes:
            if suffix.casefold() in used:
                continue
            used.add(suffix.casefold())
            section = {item: self.pool() for item in names if self.chance.random() < 0.5}
            section.update({item: model[item] for item in names if self.chance.random() < 0.5})
            data[f"{name}_{suffix}"] = section
        return data or {name: dict(model)}

    def pool(self) -> Plain:
        kind = self.chance.choice(("list", "list", "scalar", "array", "object"))
        scalars = [word for word in WORDS if word] + ["", 5, None, True]
        if kind == "list":
            return [self.chance.choice(scalars) for _ in range(self.chance.randrange(1, 5))]
        if kind == "scalar":
            return self.chance.choice(scalars)
        fields: dict[str, Plain] = {"a": [self.chance.choice(scalars)], "b": "x"}
        return [fields, {"a": ["y"]}] if kind == "array" else fields
