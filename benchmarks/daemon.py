"""Measure the daemon: save to output, idle cost, a branch switch. Sizes come from the command line.

python -m benchmarks.daemon --specs 200 --saves 50 --switch 300 --idle 20
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.watch.world import git, until, world_in

if TYPE_CHECKING:
    from tests.watch.world import World


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description="Measure the daemon.")
    parser.add_argument("--specs", type=int, default=200)
    parser.add_argument("--saves", type=int, default=50)
    parser.add_argument("--switch", type=int, default=300, help="files of the branch switch")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds")
    options = parser.parse_args()
    suites = [f"s{number // 100:03}/t{number:05}" for number in range(options.specs)]
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), *suites) as world,
    ):
        world.run("generate", "--quiet")
        world.start()
        world.sync()
        saves(world, suites[0], options.saves)
        idle(world, options.idle)
        switch(world, suites[: options.switch])


def saves(world: World, suite: str, count: int) -> None:
    """Measure from the end of a save to the output on disk."""
    took = []
    for number in range(count):
        world.sync()
        began = time.perf_counter()
        world.write(suite, f"value{number}")
        while not world.shows(suite, f"value{number}"):
            time.sleep(0.001)
        took.append(1000 * (time.perf_counter() - began))
    p99 = sorted(took)[min(len(took) - 1, int(0.99 * len(took)))]
    print(f"save to output: p50 {statistics.median(took):.0f} ms, p99 {p99:.0f} ms")


def idle(world: World, seconds: float) -> None:
    """Measure what the daemon costs while nothing happens."""
    world.sync()
    before = float(str(world.status()["cpu_s"]))
    time.sleep(seconds)
    status = world.status()
    spent = float(str(status["cpu_s"])) - before
    memory = int(str(status["memory_bytes"])) / 1e6
    print(f"idle: {100 * spent / seconds:.2f} % of a processor, {memory:.0f} MB")


def switch(world: World, suites: list[str]) -> None:
    """Measure a checkout that changes the specs of ``suites``."""
    git(world.root, "add", "specs")
    git(world.root, "commit", "-q", "-m", "one")
    git(world.root, "checkout", "-q", "-b", "other")
    for suite in suites:
        world.write(suite, "switched")
    git(world.root, "commit", "-q", "-a", "-m", "two")
    until(lambda: all(world.shows(suite, "switched") for suite in suites))
    world.sync()
    before = int(str(world.status()["batches"]))
    began = time.perf_counter()
    git(world.root, "checkout", "-q", "main")
    world.sync()
    took = time.perf_counter() - began
    batches = int(str(world.status()["batches"])) - before
    print(f"switch of {len(suites)} specs: {took:.1f} s, {batches} batch(es)")


if __name__ == "__main__":
    main()
