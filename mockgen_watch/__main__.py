"""Takes ``python -m mockgen_watch``; gives what the command ``mockgen-watch`` gives."""

import sys

from mockgen_watch.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
