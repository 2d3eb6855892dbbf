"""Takes how many; makes so many hostile suites beside a healthy one, each in a process, and tells.

    python -m tests.hostile 2000 [FIRST]

A suite fails that takes more than 2 s of the processor or 200 MB, ends the program in another way
than 0 or 1, or keeps its neighbour from being made. The exit code is 1 where one does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from mockgen_watch.cli.main import main as program
from tests.hostile.specs import hostile

SECONDS: Final = 2.0
MEGABYTES: Final = 200
HUNG: Final = 60
"""Seconds after which a process is killed."""

GOOD = "M: {$count: 3, id: {$sequence: {start: 1}}, a: [x, y]}\n"


def run(root: Path, number: int) -> tuple[str, int, float, float, str]:
    """Return kind, exit code, seconds, megabytes and what was said of suite ``number``."""
    kind, files = hostile(number)
    shutil.rmtree(root, ignore_errors=True)
    for name, data in {**files, "good/user_input.yaml": GOOD.encode()}.items():
        path = root / "specs" / os.fsdecode(name.encode("utf-8", "surrogatepass"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    said = root / "said"
    child = os.fork()
    if child == 0:
        with said.open("w", errors="surrogateescape") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            # Twice the time that is let, so that the measure shows by how much it is too slow.
            signal.alarm(HUNG)
            code = 70
            with contextlib.suppress(BaseException):
                code = program(["-C", str(root), "generate"])
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    return kind, code, seconds, used.ru_maxrss / 1024, said.read_text(errors="replace")


def is_made(root: Path) -> bool:
    """Return whether the neighbour was made."""
    return (root / "mock_outputs/good/M/base.json").is_file()


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    count, first = int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 0
    failed: Counter[str] = Counter()
    slowest, largest, began = (0.0, 0), (0.0, 0), time.monotonic()
    codes: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        for number in range(first, first + count):
            kind, code, seconds, megabytes, said = run(root, number)
            codes[code] += 1
            slowest, largest = max(slowest, (seconds, number)), max(largest, (megabytes, number))
            wrong = [
                *([f"exit {code}"] if code not in {0, 1} else []),
                *([f"{seconds:.1f} s"] if seconds > SECONDS else []),
                *([f"{megabytes:.0f} MB"] if megabytes > MEGABYTES else []),
                *([] if is_made(root) else ["the neighbour was not made"]),
            ]
            if wrong:
                failed[kind] += 1
                tell(f"{number} {kind}: {', '.join(wrong)}: {said.strip()[:160]!r}")
    tell(f"{count} suites in {time.monotonic() - began:.0f} s, exits {dict(codes)}")
    tell(f"slowest: {slowest[0]:.2f} s (suite {slowest[1]})")
    tell(f"largest: {largest[0]:.0f} MB (suite {largest[1]})")
    tell(f"failed: {dict(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    # One that asks for all the memory there is ends itself alone.
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    sys.exit(main())
