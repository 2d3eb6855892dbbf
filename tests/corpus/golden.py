"""Takes records; keeps them in files that can be read in a review, and tells how two differ."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.corpus.behaviour import faulty, good, legacy, settings
from tests.corpus.repository import repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.corpus.behaviour import Part
    from tests.corpus.running import Record

FOLDER = Path(__file__).parents[1] / "golden" / "corpus"
PARTS: dict[str, Part] = {
    "good": good,
    "faulty": faulty,
    "settings": settings,
    "legacy": legacy,
    "git": repository,
}


def read(name: str) -> Record:
    """Return the record that is kept of a part."""
    kept: Record = json.loads((FOLDER / f"{name}.json").read_bytes())
    return kept


def write(name: str, record: Record) -> None:
    """Keep the record of a part."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False)
    # What ends a line in some editors is no line end of the file.
    for char in "\x7f\x85\u2028\u2029\ufeff":
        text = text.replace(char, f"\\u{ord(char):04x}")
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8", newline="")


def differences(kept: Record, found: Record, where: str) -> Iterator[str]:
    """Yield the places where two records differ, each with both sides."""
    if isinstance(kept, dict) and isinstance(found, dict):
        for key in dict.fromkeys((*kept, *found)):
            place = f"{where} / {key}" if key else f"{where} / (no suite)"
            if key not in found:
                yield f"{place}: there is none any more"
            elif key not in kept:
                yield f"{place}: it is new"
            else:
                yield from differences(kept[key], found[key], place)
    elif isinstance(kept, list) and isinstance(found, list):
        if kept != found:
            before, after = list(map(str, kept)), list(map(str, found))
            lines = difflib.unified_diff(before, after, "golden", "now", n=1, lineterm="")
            yield "\n".join((where, *(f"    {line}" for line in lines)))
    elif kept != found:
        yield f"{where}\n    -{kept}\n    +{found}"
