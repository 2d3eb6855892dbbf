"""Takes options; runs mockgen-watch and its peers side by side, prints tables, keeps the results.

``python -m benchmarks.compare`` from the top folder, or ``make bench``. See
docs/explanation/performance.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.budget import measure_budget
from benchmarks.commands import OURS, PEERS, WORKLOADS, find_unavailable, give_ours, give_peer
from benchmarks.environment import BENCHMARKS, Environment, Place, install, python_of
from benchmarks.measure import ProcessFailedError, measure_floor, run
from benchmarks.promises import measure_promises
from benchmarks.report import describe_machine, list_lacks, render, write_results
from benchmarks.sections import SECTIONS, Settings
from benchmarks.shop import measure_shop
from benchmarks.verify import COUNT, check_apart

if TYPE_CHECKING:
    from benchmarks.commands import Peer, Workload
    from benchmarks.rows import Section

DESCRIPTION = """Run mockgen-watch and its peers side by side, print tables, and keep the results.
docs/explanation/performance.md says how it measures and what the tables mean."""
# Below it there is more start than work.
LEAST_COUNT = 10_000


MEASURED = SECTIONS | {"budget": measure_budget, "promises": measure_promises}
OF_OWN = {"shop": measure_shop}
"""Sections with a workload of their own."""


def main() -> int:
    """Do what the options say.

    Returns:
        0; 1 where a process failed, where records were wrong, or with ``--gate`` where a target
        was not met.
    """
    options = _read_options()
    # Without byte code on disk each start would measure the compiler.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    environment = install()
    reasons = find_unavailable(environment)
    unavailable = {peer.key: reasons[peer.key] for peer in options.peers if peer.key in reasons}
    for key, reason in unavailable.items():
        _tell(f"left out {key}: {reason}")
    peers = tuple(peer for peer in options.peers if peer.key not in unavailable)
    workloads = [WORKLOADS[name] for name in options.workload]
    with tempfile.TemporaryDirectory(prefix="mockgen-bench-", dir=options.scratch) as scratch:
        folder = Path(scratch)
        floor = measure_floor(folder)
        wrong = _verify(peers, workloads, folder)
        if options.verify_only:
            return 1 if wrong else 0
        settings = Settings(
            count=options.count,
            rounds=options.rounds,
            peers=tuple(peer for peer in peers if peer.key not in wrong),
            exact=options.exact,
            folder=folder,
            report=_tell,
        )
        sections = [
            MEASURED[name](settings, workload)
            for name in options.section
            if name in MEASURED
            for workload in workloads
        ]
        sections += [OF_OWN[name](settings) for name in options.section if name in OF_OWN]
    _publish(sections, settings, options.results, floor, environment, unavailable | wrong)
    failed = bool(wrong) or any(section.failed for section in sections)
    missed = any(row.met is False for section in sections for row in section.rows)
    return 1 if failed or (options.gate and missed) else 0


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=DESCRIPTION)
    parser.add_argument(
        "--count", type=int, default=1_000_000, help="records (default: %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="beside a warm-up (default: 5)")
    parser.add_argument(
        "--peers",
        type=_read_peers,
        default=PEERS,
        metavar="KEY,...",
        help=f"only these (none for nobody): {', '.join(peer.key for peer in PEERS)}",
    )
    names = list(WORKLOADS)
    parser.add_argument("--workload", nargs="+", choices=names, default=names)
    names = [*MEASURED, *OF_OWN]
    parser.add_argument("--section", nargs="+", choices=names, default=names)
    parser.add_argument("--exact", action="store_true", help="slow peers make all records too")
    parser.add_argument("--verify-only", action="store_true", help="check the records and stop")
    parser.add_argument("--gate", action="store_true", help="exit with 1 where a target is missed")
    parser.add_argument("--results", type=Path, default=BENCHMARKS / "results", metavar="DIR")
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where the records are written")
    options = parser.parse_args()
    if options.count < LEAST_COUNT or options.rounds < 1:
        parser.error(f"--count is at least {LEAST_COUNT:,} and --rounds at least 1")
    return options


def _read_peers(text: str) -> tuple[Peer, ...]:
    """Read the keys of peers.

    Raises:
        argparse.ArgumentTypeError: a key is unknown.
    """
    known = {peer.key: peer for peer in PEERS}
    keys = [] if text == "none" else text.split(",")
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"no peer is called {', '.join(unknown)}")
    return tuple(known[key] for key in keys)


def _verify(peers: tuple[Peer, ...], workloads: list[Workload], folder: Path) -> dict[str, str]:
    """Have everybody make a few records and check them; give what is wrong, by key."""
    out = folder / "records"
    wrong: dict[str, str] = {}
    for workload in workloads:
        for peer in (None, *peers):
            key = peer.key if peer else OURS
            process = (
                give_peer(peer, workload, COUNT, out) if peer else give_ours(workload, COUNT, out)
            )
            try:
                run(process, folder)
                problems = check_apart(out, workload, COUNT, peer).problems
            except ProcessFailedError as error:
                problems = (str(error),)
            out.unlink(missing_ok=True)
            if problems:
                wrong[key] = f"{workload.name}: {'; '.join(problems)}"
            _tell(
                f"records of {key}, {workload.name}: {'; '.join(problems) or 'as they should be'}"
            )
    return wrong


def _publish(
    sections: list[Section],
    settings: Settings,
    folder: Path,
    floor: int,
    environment: Environment,
    left_out: dict[str, str],
) -> None:
    """Print the tables and write results.json, tables.txt and the pictures."""
    tables = [render(section) for section in sections]
    if any(peer.lacks for peer in settings.peers):
        tables.append(list_lacks(settings.peers))
    tables.append(f"A peak of {floor / 1_000_000:.0f} MB means that or less.\n")
    if left_out:
        lines = [f"  {key}: {reason}" for key, reason in left_out.items()]
        tables.append("\n".join(["Left out", "", *lines]) + "\n")
    text = "\n".join(tables)
    print(text)
    write_results(
        folder / "results.json",
        {
            "machine": describe_machine(floor),
            "count": settings.count,
            "rounds": settings.rounds,
            "left_out": left_out,
            "versions": environment.versions,
        },
        sections,
    )
    (folder / "tables.txt").write_text(text, "utf-8")
    _draw(folder, environment)


def _draw(folder: Path, environment: Environment) -> None:
    """Draw the pictures in the peers' environment, because matplotlib is installed there."""
    if "matplotlib" in environment.missing:
        _tell(f"no picture: matplotlib: {environment.missing['matplotlib']}")
        return
    script = str(BENCHMARKS / "picture.py")
    subprocess.run([str(python_of(Place.PYTHON)), script, str(folder)], check=True)
    _tell(f"results, tables and pictures are in {folder}")


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
