"""The command ``mockgen-watch``, as ``python -m mockgen_watch``."""

import sys

from mockgen_watch.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
