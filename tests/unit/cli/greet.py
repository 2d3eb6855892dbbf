"""A command made for the tests: it greets, or ends in the way it is asked to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError, LockedError, StorageError, UsageError

if TYPE_CHECKING:
    import argparse

EXAMPLES = "examples:\n  mockgen-watch greet --code 1"
FINDING = Diagnostic(code="MG206", message="The pool\x1b[2J is empty", location=Location(path="a"))
ENDS: dict[str, BaseException] = {
    "usage": UsageError("that cannot be"),
    "findings": FindingsError([FINDING]),
    "storage": StorageError("a.json", "no space left", "ENOSPC"),
    "locked": LockedError("another process holds the lock"),
    "interrupt": KeyboardInterrupt(),
    "defect": ZeroDivisionError("oh\nno"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how to end and what to return."""
    parser.add_argument("--end", choices=ENDS)
    parser.add_argument("--code", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print the options, then end as asked."""
    if options.end:
        raise ENDS[options.end]
    sys.stdout.write(json.dumps(vars(options), default=str, sort_keys=True) + "\n")
    code: int = options.code
    return code
