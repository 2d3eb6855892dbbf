"""Takes pages by name; writes into their console blocks what the commands write now.

Run it when outputs have changed on purpose, and read the diff: ``python -m tests.docs.refresh
README.md``. What a page shows with gaps is not touched; the tests tell where that no longer holds.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.pages import GAP, ROOT, Step, begins_empty, parts
from tests.docs.test_snippets import clone, run_steps


def refresh(page: Path) -> None:
    """Rewrite the outputs that ``page`` shows."""
    text = page.read_text(encoding="utf-8")
    steps = [part for part in parts(text) if isinstance(part, Step)]
    with tempfile.TemporaryDirectory() as folder:
        if not begins_empty(text):
            clone(Path(folder))
        outputs = run_steps(steps, Path(folder))
    place = 0
    for step, output in zip(steps, outputs, strict=True):
        if step.output is None:
            continue
        head = f"$ {step.command}\n"
        old = head + "".join(f"{line}\n" for line in step.output)
        place = text.index(old, place)
        lines = "".join(f"{line.rstrip()}\n" for line in output.splitlines())
        new = old if any(GAP in line for line in step.output) else head + lines
        text = text[:place] + new + text[place + len(old) :]
        place += len(new)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(ROOT / name)
