"""Takes a folder and names of safeguards; runs the daemon without these, which no user can."""

from __future__ import annotations

import sys
from pathlib import Path

from mockgen_watch.watch.daemon import Daemon, Safeguards
from mockgen_watch.watch.ending import handling
from mockgen_watch.watch.metrics import Metrics, describe_status


def main(folder: str, *without: str) -> None:
    """Watch ``folder`` until a signal comes."""
    safeguards = Safeguards(**dict.fromkeys(without, False))
    daemon = Daemon(Path(folder), safeguards=safeguards)
    metrics = Metrics()
    daemon.stream.subscribe(metrics)
    daemon.on_status = lambda: describe_status(daemon, metrics)
    with handling(daemon):
        daemon.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
