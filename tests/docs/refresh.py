"""Takes pages by name; writes into their console blocks what the commands write now.

Run it when outputs have changed on purpose, and read the diff: ``python -m tests.docs.refresh
README.md``. What a page shows with gaps is not touched; the tests show where that no longer holds.
Generated parts, such as the options of commands, are written as well (see ``generated.py``).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs.generated import made
from tests.docs.pages import GAP, ROOT, Step, begins_empty, parts
from tests.docs.test_snippets import clone, run_steps


def refresh(page: Path) -> None:
    """Rewrite the outputs and the generated parts of ``page``."""
    text = made(page.read_text(encoding="utf-8"))
    steps = [part for part in parts(text) if isinstance(part, Step)]
    page.write_text(_with_outputs(text, steps) if steps else text, encoding="utf-8")


def _with_outputs(text: str, steps: list[Step]) -> str:
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
    return text


if __name__ == "__main__":
    for name in sys.argv[1:]:
        refresh(ROOT / name)
