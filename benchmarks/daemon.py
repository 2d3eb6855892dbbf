"""Measure the daemon: from a save to its output, idle cost, a branch switch, a storm of events.

    python -m benchmarks.daemon
    python -m benchmarks.daemon --specs 200 --saves 200 --only saves
    python -m benchmarks.daemon --specs 1000 --only idle --idle 600

Beside the times stands the same of ``benchmarks.copier``, twenty lines that copy a file when it is
saved. Both are measured in turn, so that a busy machine slows both, and the ratio tells more than
the times do.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.process_cost import cpu_ms, wait_until_idle
from tests.watch.world import git, until, world_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.watch.world import World

SECTIONS = ("saves", "idle", "switch", "storm")
SAVE_TARGETS = {200: (60, 150), 1000: (60, 150), 5000: (100, 300)}
"""Specs → milliseconds from a save to its output, median and 99th percentile."""
MOST_IDLE = (0.3, 60.0)
"""Per cent of a processor, and megabytes at 1,000 specs."""
MOST_STORM = (5.0, 2)
"""Seconds of quiet until outputs are right, and batches until then."""
SMALL = 1000
STORM_FILES = 100
EVENTS_OF_A_WRITE = 3
STORM = """
import sys
folder, files, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
text = open(f"{folder}/s000/t00000/user_input.yaml").read()
for number in range(rounds):
    for file in range(files):
        with open(f"{folder}/s000/t{file:05}/user_input.yaml", "w") as spec:
            spec.write(text.replace("t00000", f"round{number}"))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; what a target asks is met when ``is_met``."""

    name: str
    measured: str
    target: str = ""
    is_met: bool = True


def main() -> int:
    """Print a table; return 1 with ``--gate`` where a target is missed."""
    parser = argparse.ArgumentParser(description="Measure the daemon.")
    parser.add_argument("--specs", type=int, nargs="+", default=[200, 1000, 5000])
    parser.add_argument("--saves", type=int, default=100)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds")
    parser.add_argument("--switch", type=int, default=3000, help="files of the branch switch")
    parser.add_argument("--storm", type=int, default=200_000, help="events")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--gate", action="store_true", help="exit with 1 where a target is missed")
    options = parser.parse_args()
    rows = []
    for specs in options.specs:
        for row in measure(specs, options):
            rows.append(row)
            mark = "" if not row.target else "yes" if row.is_met else "NO"
            print(f"{row.name:44} {row.measured:>24}  {row.target:18} {mark}", flush=True)
    return int(options.gate and not all(row.is_met for row in rows))


def measure(specs: int, options: argparse.Namespace) -> Iterator[Row]:
    """Give the figures of a project of ``specs`` specs; the largest has switch and storm too."""
    suites = [f"s{number // 100:03}/t{number:05}" for number in range(specs)]
    is_largest = specs == max(options.specs)
    with (
        tempfile.TemporaryDirectory() as folder,
        world_in(Path(folder), *(suite for suite in suites)) as world,
    ):
        for suite in suites:
            world.write(suite, suite.rpartition("/")[2])
        world.run("generate", "--quiet")
        switched = suites[: options.switch] if "switch" in options.only and is_largest else []
        commit_both(world, switched)
        world.start()
        world.sync()
        if "saves" in options.only:
            yield from saves(world, suites, options.saves)
        if "idle" in options.only:
            yield from idle(world, specs, options.idle)
        if switched:
            yield switch(world, switched)
        if "storm" in options.only and is_largest:
            yield storm(world, min(STORM_FILES, specs), options.storm)


def saves(world: World, suites: list[str], count: int) -> Iterator[Row]:
    """Measure from the beginning of a save to the output on disk, and what it costs."""
    assert world.process is not None
    source, target = world.root.parent / "source", world.root.parent / "target"
    source.mkdir()
    target.mkdir()
    ours, bare, spent = [], [], []
    command = [sys.executable, "-m", "benchmarks.copier", source, target]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as copier:
        assert copier.stdout is not None
        copier.stdout.readline()
        for number in range(count):
            suite, value = suites[number * 37 % len(suites)], f"value{number}"
            wait_until_idle(world.process.pid)
            before = cpu_ms(world.process.pid)
            began = time.perf_counter()
            world.write(suite, value)
            wait(lambda suite=suite, value=value: world.shows(suite, value))
            ours.append(1000 * (time.perf_counter() - began))
            wait_until_idle(world.process.pid)
            spent.append(cpu_ms(world.process.pid) - before)
            began = time.perf_counter()
            (source / "file").write_text(value)
            wait(lambda value=value: content(target / "file") == value)
            bare.append(1000 * (time.perf_counter() - began))
        copier.terminate()
    p50, p99 = statistics.median(ours), percentile(ours, 0.99)
    first, last = SAVE_TARGETS.get(len(suites), (0, 0))
    name = f"save to output, {len(suites)} specs"
    yield Row(
        name=f"{name}, p50 / p99",
        measured=f"{p50:.0f} / {p99:.0f} ms",
        target=f"{first} / {last} ms" if first else "",
        is_met=not first or (p50 <= first and p99 <= last),
    )
    low, high = statistics.median(bare), percentile(bare, 0.99)
    yield Row(name="  the copier at the same time", measured=f"{low:.0f} / {high:.0f} ms")
    yield Row(name="  ratio to the copier", measured=f"{p50 / low:.1f} / {p99 / high:.1f}")
    yield Row(name="  processor time of a save", measured=f"{statistics.mean(spent):.0f} ms")


def idle(world: World, specs: int, seconds: float) -> Iterator[Row]:
    """Measure what the daemon costs while nothing happens; nothing may wake it either."""
    assert world.process is not None
    world.sync()
    wait_until_idle(world.process.pid)
    batches, passes = world.status()["batches"], world.status()["passes"]
    before = cpu_ms(world.process.pid)
    time.sleep(seconds)
    share = (cpu_ms(world.process.pid) - before) / (10 * seconds)
    status = world.status()
    memory = int(str(status["memory_bytes"])) / 1e6
    woken = status["batches"] != batches or status["passes"] != passes
    most_share, most_memory = MOST_IDLE
    yield Row(
        name=f"idle for {seconds:.0f} s, {specs} specs",
        measured=f"{share:.2f} %, {memory:.0f} MB",
        target=f"{most_share} %, {most_memory:.0f} MB" if specs <= SMALL else "",
        is_met=specs > SMALL or (share <= most_share and memory <= most_memory),
    )
    yield Row(
        name="  batches meanwhile",
        measured=str(int(str(status["batches"])) - int(str(batches))),
        target="0",
        is_met=not woken,
    )


def commit_both(world: World, suites: list[str]) -> None:
    """Make a branch on which the specs of ``suites`` are others."""
    if not suites:
        return
    git(world.root, "add", "specs")
    git(world.root, "commit", "-q", "-m", "one")
    git(world.root, "checkout", "-q", "-b", "other")
    for suite in suites:
        world.write(suite, "switched")
    git(world.root, "commit", "-q", "-a", "-m", "two")
    git(world.root, "checkout", "-q", "main")


def switch(world: World, suites: list[str]) -> Row:
    """Measure a checkout that changes the specs of ``suites``."""
    git(world.root, "commit", "-q", "-a", "--allow-empty", "-m", "saves")
    world.sync()
    before = int(str(world.status()["batches"]))
    began = time.perf_counter()
    git(world.root, "checkout", "-q", "other")
    until(lambda: all(world.shows(suite, "switched") for suite in suites))
    took = time.perf_counter() - began
    world.sync()
    batches = int(str(world.status()["batches"])) - before
    return Row(
        name=f"switch of {len(suites)} specs",
        measured=f"{batches} batch(es), {took:.1f} s",
        target="1 batch",
        is_met=batches == 1,
    )


def storm(world: World, files: int, events: int) -> Row:
    """Measure from the end of a storm to outputs that are right, and how often they were made."""
    world.write("s000/t00000", "t00000")
    world.sync()
    before = world.status()
    rounds = -(-events // (files * EVENTS_OF_A_WRITE))
    command = [sys.executable, "-c", STORM, world.specs, str(files), str(rounds)]
    subprocess.run(command, check=True)
    began = time.perf_counter()
    value = f"round{rounds - 1}"
    until(lambda: all(world.shows(f"s000/t{file:05}", value) for file in range(files)))
    took = time.perf_counter() - began
    world.sync()
    after = world.status()
    batches = int(str(after["batches"])) - int(str(before["batches"]))
    written = written_files(after) - written_files(before)
    longest, most = MOST_STORM
    return Row(
        name=f"storm of {events} events over {files} specs",
        measured=f"{took:.1f} s, {batches} batch(es), {written / files:.1f} x made",
        target=f"{longest:.0f} s, {most} batches",
        is_met=took <= longest and batches <= most,
    )


def written_files(status: dict[str, object]) -> int:
    """Return how many outputs the daemon has written so far."""
    outputs = status["outputs"]
    assert isinstance(outputs, dict)
    return int(outputs["written"])


def wait(condition: object) -> None:
    """Return when ``condition`` holds; looks every half millisecond."""
    assert callable(condition)
    while not condition():
        time.sleep(0.0005)


def content(path: Path) -> str:
    """Return what is in ``path``, or nothing."""
    return path.read_text() if path.exists() else ""


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` of ``values`` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    sys.exit(main())
