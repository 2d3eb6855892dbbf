"""Takes a workload and a peer; gives the ratio that mockgen-watch should reach, and the limits."""

from __future__ import annotations

from benchmarks.commands import PLAIN_JSON

# Peers of one kind: records as Python objects, and a library that makes or writes them fast.
_OBJECT_PEERS = (
    "faker2",
    "seedfaker",
    "orjson",
    "dataforge",
    "async-batch-faker",
    "mimesis",
)

# CPU seconds of the peer over ours, at JUDGED_COUNT records or more.
RATIOS: dict[str, dict[str, float]] = {
    "claims": {
        PLAIN_JSON: 16.0,
        **dict.fromkeys(_OBJECT_PEERS, 10.0),
        "faker": 40.0,
        "duckdb": 2.5,
        "polars": 3.0,
    },
    "pools": {
        PLAIN_JSON: 18.0,
        **dict.fromkeys(_OBJECT_PEERS, 12.0),
        "faker": 30.0,
        "duckdb": 3.0,
        "polars": 3.0,
    },
}
JUDGED_COUNT = 1_000_000

# CPU seconds of a record with rules over one without, by the key of the variant.
PROMISES = {"proved": 1.2, "cut": 1.2}

# CPU seconds of an order with computed values over one whose values are drawn.
SHOP = {"computed": 3.0}

# Wall time of one process over that of two, to /dev/null, with two free cores.
SCALING = {"claims": 1.5, "pools": 1.4}
# Above this the cores were not free, and scaling is not judged.
MOST_CONTENTION = 1.15

PEAK_BYTES = 100_000_000
# Peak at a hundred times the records over the peak at the records.
PEAK_GROWTH = 1.2

# CPU seconds of record FAR_INDEX over those of record 0, each made alone.
FAR_INDEX = 99_999_999
FAR_GROWTH = 1.2

# CPU of a whole process over that of bare Python, by the command and the number of suites.
BUDGET = {
    ("--help", 0): 3.0,
    ("generate, after an edit", 1): 10.0,
    ("hook, nothing to do", 200): 4.5,
    ("generate, nothing to do", 200): 4.5,
}
