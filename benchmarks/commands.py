"""Takes a workload, a count and a file; gives the processes that make records, ours and peers'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.environment import BENCHMARKS, Environment, Place, python_of
from benchmarks.measure import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

OURS = "mockgen-watch"
PLAIN_JSON = "json"
SEEDFAKER_CLI = "seedfaker-cli"
MODEL = "Claim"
"""The only model of each of our specs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A kind of record.

    Attributes:
        name: ``claims`` or ``pools``.
        record_bytes: the mean size of a record with its newline, as the specs give it.
    """

    name: str
    record_bytes: int

    @property
    def spec(self) -> Path:
        """The spec that mockgen-watch takes."""
        return BENCHMARKS / "workloads" / f"{self.name}.yaml"


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(name="claims", record_bytes=757),
        Workload(name="pools", record_bytes=464),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another way to make the same records.

    Attributes:
        key: how ``--peers`` names it.
        label: how the table names it.
        script: its file in ``peers/``; empty for a program of its own.
        place: the environment that it runs in.
        needs: the packages of peers.txt that it cannot do without.
        share: it makes this part of the records, and its figures are scaled; 1 for all of them.
        lacks: what its records lack, in words; empty when they are alike.
        flat: whether it has no arrays, so that the elements stand side by side.
        text_only: whether its numbers are text.
        even: whether its log-normal amounts are uniform instead.
    """

    key: str
    label: str
    script: str
    place: Place = Place.PYTHON
    needs: tuple[str, ...] = ()
    share: float = 1.0
    lacks: str = ""
    flat: bool = False
    text_only: bool = False
    even: bool = False


_TENTH = 0.1
_HUNDREDTH = 0.01

PEERS = (
    Peer(
        key=SEEDFAKER_CLI,
        label="seedfaker (Rust command line)",
        script="",
        needs=(),
        lacks="no arrays, numbers as text, an amount of its own odds",
        flat=True,
        text_only=True,
        even=True,
    ),
    Peer(key="duckdb", label="DuckDB", script="peer_duckdb.py", needs=("duckdb",)),
    Peer(key="polars", label="polars", script="peer_polars.py", needs=("polars",)),
    Peer(
        key="numpy-orjson",
        label="NumPy, dict, orjson",
        script="peer_numpy_orjson.py",
        needs=("numpy", "orjson"),
        share=_TENTH,
    ),
    Peer(
        key="orjson",
        label="random.choice, orjson",
        script="peer_orjson.py",
        needs=("orjson",),
        share=_TENTH,
    ),
    Peer(key=PLAIN_JSON, label="random.choice, json", script="peer_json.py", share=_TENTH),
    Peer(
        key="faker2",
        label="faker2",
        script="peer_faker2.py",
        needs=("faker2", "orjson"),
        share=_TENTH,
        lacks="only names and e-mails are its own",
    ),
    Peer(
        key="seedfaker",
        label="seedfaker (Python)",
        script="peer_seedfaker.py",
        needs=("seedfaker", "orjson"),
        share=_TENTH,
        lacks="numbers as text, an amount of its own odds; arrays are put together in Python",
        text_only=True,
        even=True,
    ),
    Peer(
        key="async-batch-faker",
        label="async-batch-faker",
        script="peer_async_batch_faker.py",
        needs=("async-batch-faker", "numpy", "orjson"),
        share=_TENTH,
        lacks="pools and arrays are NumPy functions",
    ),
    Peer(
        key="dataforge",
        label="DataForge (newer Python)",
        script="peer_dataforge.py",
        place=Place.NEWER,
        needs=("dataforge-py",),
        share=_TENTH,
        lacks="no arrays of its own; spaces after the commas",
    ),
    Peer(
        key="mimesis",
        label="mimesis, called directly",
        script="peer_mimesis.py",
        needs=("mimesis", "orjson"),
        share=_TENTH,
        lacks="no log-normal amount of its own",
    ),
    Peer(
        key="faker",
        label="Faker",
        script="peer_faker.py",
        needs=("Faker", "orjson"),
        share=_TENTH,
        lacks="no log-normal amount of its own",
    ),
    Peer(
        key="faker-js",
        label="@faker-js/faker",
        script="peer_faker_js.mjs",
        place=Place.NPM,
        needs=("@faker-js/faker",),
        share=_TENTH,
        lacks="no log-normal amount of its own",
    ),
    Peer(
        key="mimesis-schema",
        label="mimesis, Field and Schema",
        script="peer_mimesis_schema.py",
        needs=("mimesis", "orjson"),
        share=_HUNDREDTH,
        lacks="weights as repeated values, no log-normal amount of its own",
    ),
    Peer(
        key="json-schema-faker",
        label="json-schema-faker",
        script="peer_json_schema_faker.mjs",
        place=Place.NPM,
        needs=("json-schema-faker",),
        share=_HUNDREDTH,
        lacks="weights as repeated values, even amounts, 16 names",
        even=True,
    ),
    Peer(
        key="factory-boy",
        label="factory_boy",
        script="peer_factory_boy.py",
        needs=("factory-boy", "orjson"),
        share=_HUNDREDTH,
        lacks="weights as repeated values, no log-normal amount of its own",
    ),
    Peer(
        key="snowfakery",
        label="Snowfakery",
        script="peer_snowfakery.py",
        needs=("snowfakery", "setuptools", "orjson"),
        share=_HUNDREDTH,
        lacks="even amounts; arrays are put together by an output format of ours",
        even=True,
    ),
    Peer(
        key="jsf",
        label="jsf",
        script="peer_jsf.py",
        needs=("jsf", "orjson"),
        share=_HUNDREDTH,
        lacks="weights as repeated values, even amounts, 16 names",
        even=True,
    ),
    Peer(
        key="polyfactory",
        label="polyfactory",
        script="peer_polyfactory.py",
        needs=("polyfactory", "pydantic", "orjson"),
        share=_HUNDREDTH,
        lacks="no weights and no log-normal amount of its own",
    ),
)


def give_ours(
    workload: Workload,
    count: int,
    out: Path | None = None,
    *,
    jobs: int | None = None,
    spec: Path | None = None,
    scenario: str = "",
) -> Invocation:
    """Give our process: ``count`` records as NDJSON into the file ``out``, None for /dev/null.

    Of ``spec`` in the place of the workload's own, where it is given.
    """
    parallel = () if jobs is None else ("--jobs", str(jobs))
    named = ("--scenario", scenario) if scenario else ()
    what = (
        "--config",
        str(spec or workload.spec),
        *named,
        "--count",
        str(count),
        "--format",
        "ndjson",
    )
    return Invocation(
        argv=(our_program(), "generate", *what, *parallel, "--stdout"), out=out, stdout=out
    )


def give_help() -> Invocation:
    """Give the process that prints the help."""
    return Invocation(argv=(our_program(), "--help"))


def give_ours_in(
    project: Path, command: str, before: Callable[[], None] | None = None
) -> Invocation:
    """Give the process of a command without options, in ``project``; see ``Invocation.before``."""
    return Invocation(argv=(our_program(), "-C", str(project), command), before=before)


def give_our_record(project: Path, workload: Workload, index: int) -> Invocation:
    """Give the process that makes record ``index`` of the suite in ``project`` alone."""
    name = f"{workload.name}/{MODEL}"
    return Invocation(argv=(our_program(), "-C", str(project), "record", name, str(index)))


def our_program() -> str:
    """Give the program that was installed beside this interpreter."""
    return str(Path(sys.executable).with_name("mockgen-watch"))


def give_peer(peer: Peer, workload: Workload, count: int, out: Path) -> Invocation:
    """Give a peer's process: ``count`` records as NDJSON into the file ``out``."""
    if peer.key == SEEDFAKER_CLI:
        return _give_seedfaker(workload, count, out)
    program = "node" if peer.place is Place.NPM else str(python_of(peer.place))
    script = str(BENCHMARKS / "peers" / peer.script)
    return Invocation(argv=(program, script, workload.name, str(count), str(out)), out=out)


def give_bare_python() -> Invocation:
    """Give a Python that does nothing."""
    return Invocation(argv=(sys.executable, "-c", "pass"))


def find_unavailable(environment: Environment) -> dict[str, str]:
    """Give the peers that cannot run here, by key, each with the reason."""
    reasons = {
        peer.key: "; ".join(
            f"{name}: {environment.missing[name]}"
            for name in peer.needs
            if name in environment.missing
        )
        for peer in PEERS
    }
    if not os.environ.get("SEEDFAKER"):
        reasons[SEEDFAKER_CLI] = "SEEDFAKER does not name the program, which no registry has"
    return {key: reason for key, reason in reasons.items() if reason}


def _give_seedfaker(workload: Workload, count: int, out: Path) -> Invocation:
    """Give the Rust program's process; the fields are written by the script of the Python peer."""
    script = str(BENCHMARKS / "peers" / "seedfaker_fields.py")
    argv = [sys.executable, script, workload.name]
    written = subprocess.run(argv, check=True, capture_output=True, text=True)
    options = ("-n", str(count), "-f", "jsonl", "-s", "42", "-l", "en", "-q")
    return Invocation(
        argv=(os.environ["SEEDFAKER"], *json.loads(written.stdout), *options), out=out, stdout=out
    )
