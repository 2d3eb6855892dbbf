"""Tries many random specs: ``python -m tests.properties.random_rules --specs 5000 --first 0``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.properties.random_rules.maker import make_spec
from tests.properties.random_rules.tally import Tally
from tests.properties.random_rules.trial import try_spec

SLOW = 20
"""Seconds from which on the time that a spec took is told."""


def run() -> int:
    """Try the specs that the command line asks for; 1 where one shows a defect."""
    parser = argparse.ArgumentParser(description="Random specs with rules, judged independently.")
    parser.add_argument("--specs", type=int, default=5000, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    options = parser.parse_args()
    tally = Tally()
    for seed in range(options.seed, options.seed + options.specs):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            spec = make_spec(seed)
            said = tally.add(try_spec(spec, Path(folder)))
        took = time.monotonic() - began
        if took > SLOW:
            said.append(f"seed {seed}: took {took:.0f} s")
        if said:
            sys.stdout.write("\n".join([*said, *spec.lines()]) + "\n")
        if tally.tried % 50 == 0:
            sys.stdout.write(f"… {tally.line()}\n")
        sys.stdout.flush()
    sys.stdout.write(tally.table())
    return 1 if tally.is_wrong else 0


if __name__ == "__main__":
    sys.exit(run())
