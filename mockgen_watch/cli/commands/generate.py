"""Takes the options of ``generate``; gives up-to-date outputs and what was done, on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import add_selection, add_suites, whole_number
from mockgen_watch.storage.memo import look_at_stamps

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch generate                          everything that is not up to date
  mockgen-watch generate claims                   one suite
  mockgen-watch generate claims --model Claim --scenario negative
  mockgen-watch generate --dry-run                what would be done, and why
  mockgen-watch generate claims --count 1_000_000 --format ndjson --out /tmp/load --jobs 2
  mockgen-watch generate --config user_input.json --master master.json --stdout
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_suites(parser)
    add_selection(parser)
    place = parser.add_argument_group("where it goes")
    place.add_argument("--out", metavar="DIR", help="write to DIR, not to mock_outputs/")
    place.add_argument("--stdout", action="store_true", help="write the records to stdout")
    place.add_argument(
        "--snapshot",
        action="store_true",
        help="write files with the time in their names, which nothing overwrites",
    )
    adhoc = parser.add_argument_group("specs outside of specs/")
    adhoc.add_argument("--config", metavar="FILE", help="a user_input file, anywhere")
    adhoc.add_argument(
        "--master", metavar="FILE", help="its master (default: the one that it names, or beside it)"
    )
    adhoc.add_argument(
        "--enhanced",
        action="store_true",
        help="as the earlier system did: scenarios of all models, as --snapshot",
    )
    adhoc.add_argument(
        "--legacy",
        action="store_true",
        help="read the oldest format (Edit_1, Edit_2, … with comma-separated values) as it is",
    )
    run = parser.add_argument_group("how it runs")
    run.add_argument("--jobs", metavar="N", type=whole_number, default=1, help="processes")
    run.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    run.add_argument(
        "--force", action="store_true", help="replace outputs edited by hand, after a backup"
    )
    run.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``generate`` out."""
    stamps = look_at_stamps(options.directory) if _is_plain(options) else None
    if stamps is not None and (count := stamps.count) is not None:
        options.log.info("run.done", written=0, removed=0, refused=0, kept=count)
        if not options.quiet:
            print(f"{count} output{'' if count == 1 else 's'} up to date")
        return ExitCode.DONE
    # Whoever has nothing to do shall not pay for the imports of those who have.
    from mockgen_watch.cli.generating import generate_outputs  # noqa: PLC0415

    return generate_outputs(options, stamps)


def _is_plain(options: argparse.Namespace) -> bool:
    """Return whether nothing is asked for but that all outputs be up to date."""
    asked = (
        *(options.suites, options.model, options.models, options.scenario),
        *(options.count, options.seed, options.format, options.output_format, options.split),
        *(options.out, options.stdout, options.snapshot, options.config, options.master),
        *(options.enhanced, options.legacy, options.dry_run, options.force, options.json),
        *(options.profile, options.verbose),
    )
    # Not by truth: 0 is a count and a seed like others.
    return all(value is None or value is False or value == [] for value in asked)
