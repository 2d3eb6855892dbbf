"""Takes words; compares what the program does with what it did when the corpus was made.

``python -m tests.corpus`` tells differences, ``--update`` makes them the new behaviour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.corpus import golden


def main() -> int:
    """Return 1 where the behaviour is another one."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", allow_abbrev=False)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(golden.PARTS)}; default: all")
    parser.add_argument("--update", action="store_true", help="keep what is found")
    parser.add_argument(
        "--python", type=Path, help="another interpreter with the program installed"
    )
    parser.add_argument("--keep", type=Path, help="a folder for the whole text of each command")
    options = parser.parse_args()
    unknown = set(options.part) - golden.PARTS.keys()
    if unknown:
        parser.error(f"there is no part {min(unknown)}")
    count = 0
    for name in options.part or golden.PARTS:
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
            found = golden.PARTS[name](Path(folder).resolve(), options.python, options.keep)
        if options.update:
            golden.write(name, found)
            told = []
        else:
            told = list(golden.differences(golden.read(name), found, name))
        for text in told:
            sys.stdout.write(f"{text}\n")
        count += len(told)
        took = time.monotonic() - start
        sys.stderr.write(f"{name}: {len(told)} differences, {took:.0f} s\n")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
