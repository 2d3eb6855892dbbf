"""Takes the options of ``clean``; gives a folder without the snapshots that are kept no longer."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import whole_number
from mockgen_watch.cli.snapshots import snapshots_root
from mockgen_watch.errors import UsageError
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.observe.log import utc_stamp
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.snapshots import Retention, clean

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.storage.containment import OutputRoot
    from mockgen_watch.workflow.snapshots import Cleaned

EXAMPLES = """examples:
  mockgen-watch clean --keep 5                   the five newest runs of each output stay
  mockgen-watch clean --older-than 30d           what is younger than 30 days stays
  mockgen-watch clean --keep 5 --older-than 30d  what is either of the two stays
  mockgen-watch clean --keep 5 --dry-run

What is removed goes to an archive first, mock_outputs/snapshots/archive/TIME.tar.gz;
mockgen-watch restore TIME brings it back. Fixtures (mock_outputs/SUITE/…) are never touched.
"""

_AGE: Final = re.compile(r"(\d{1,6})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--keep", metavar="N", type=whole_number, help="keep the N newest runs of each output"
    )
    parser.add_argument(
        "--older-than", metavar="AGE", type=age, help="keep what is younger: 90m, 12h, 30d, 8w"
    )
    parser.add_argument("--out", metavar="DIR", help="the folder (default: mock_outputs/snapshots)")
    parser.add_argument(
        "--no-archive", action="store_true", help="remove for good, without an archive"
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would be removed")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def age(text: str) -> timedelta:
    """Return the time that ``text`` tells: a number and m, h, d or w.

    Raises:
        argparse.ArgumentTypeError: it tells none.
    """
    found = _AGE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no age such as 90m, 12h, 30d or 8w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def run(options: argparse.Namespace) -> int:
    """Carry ``clean`` out."""
    if options.keep is None and options.older_than is None:
        raise UsageError("say what is kept: --keep N, --older-than AGE, or both")
    project = open_project(options.directory, options.profile)
    root = snapshots_root(project, options.out)
    done = clean(
        root,
        Retention(number=options.keep, age=options.older_than),
        utc_stamp(),
        has_archive=not options.no_archive,
        is_dry=options.dry_run,
    )
    _tell(root, done, options)
    return ExitCode.DONE


def _tell(root: OutputRoot, done: Cleaned, options: argparse.Namespace) -> None:
    if options.json:
        import json  # noqa: PLC0415 - only where it is asked for

        paths = [root.named(path) for path in done.removed]
        data = {"removed": paths, "kept": done.kept, "archive": done.archive or None}
        print(json.dumps(data, indent=2, ensure_ascii=False))
        return
    if options.quiet:
        return
    word = "remove" if options.dry_run else "removed"
    for path in done.removed:
        print(f"{word}  {escape_for_terminal(root.named(path))}")
    number = len(done.removed)
    done_word = "to remove" if options.dry_run else "removed"
    print(f"{number} file{'' if number == 1 else 's'} {done_word}, {done.kept} runs kept")
    if done.archive:
        print(f"archived; mockgen-watch restore {done.archive} brings them back")
