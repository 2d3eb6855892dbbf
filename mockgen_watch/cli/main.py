"""Takes the words of a command line; gives the exit code of the command that they name."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from typing import TYPE_CHECKING

from mockgen_watch import __version__
from mockgen_watch.cli.boundary import guard
from mockgen_watch.cli.options import add_global_options, help_formatter
from mockgen_watch.cli.table import COMMANDS, CommandEntry, load_command
from mockgen_watch.diagnostics import did_you_mean
from mockgen_watch.observe.log import level_of, start_logging

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PROGRAM = "mockgen-watch"


def run() -> int:
    """Carry out the process's own command line and return the exit code."""
    # NumPy would start a thread for each core, which costs more than the rest of its import; what
    # we ask of it is never linear algebra.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        # Fixtures on stdout are UTF-8 in every locale, with the line ends they have in a file.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    try:
        return main(sys.argv[1:])
    finally:
        # A sixth of a small run went by when the interpreter looked for circles at its end.
        gc.freeze()


def main(words: Sequence[str], commands: Mapping[str, CommandEntry] = COMMANDS) -> int:
    """Carry out the command line ``words`` and return the exit code.

    Raises:
        SystemExit: after ``--help`` and ``--version`` (0) and for wrong options (2).
    """
    options = argparse.Namespace(verbose=False)
    return guard(
        lambda: _dispatch(words, commands, options),
        wants_traceback=lambda: bool(options.verbose),
    )


def _dispatch(
    words: Sequence[str], commands: Mapping[str, CommandEntry], options: argparse.Namespace
) -> int:
    parser = _top_parser(commands)
    parser.parse_args(words, options)
    entry = commands.get(options.command)
    if entry is None:
        hint = did_you_mean(options.command, commands) or f"see {PROGRAM} --help"
        parser.error(f'no command is named "{options.command}" ({hint})')
    command = load_command(entry)
    own = argparse.ArgumentParser(
        prog=f"{PROGRAM} {options.command}",
        description=entry.summary,
        formatter_class=help_formatter,
        allow_abbrev=False,
    )
    command.add_arguments(own)
    add_global_options(own, is_repeat=True)
    own.parse_args(options.command_words, options)
    form = options.log_format
    level = level_of(form, is_verbose=options.verbose, is_quiet=options.quiet)
    options.log = start_logging(form, level)
    options.log.debug("command.started", command=options.command, version=__version__)
    code = command.run(options)
    options.log.debug("command.ended", command=options.command, code=int(code))
    return code


def _top_parser(commands: Mapping[str, CommandEntry]) -> argparse.ArgumentParser:
    width = max(map(len, commands), default=0)
    lines = [f"  {name:<{width}}  {entry.summary}" for name, entry in commands.items()]
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Deterministic test fixtures from readable specs.",
        epilog="\n".join(("commands:", *lines, "", f"{PROGRAM} COMMAND --help tells the rest.")),
        formatter_class=help_formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_global_options(parser)
    parser.add_argument("command", metavar="COMMAND", help="one of the commands below")
    # Two parsers in a row, so that the modules of the other commands are never imported.
    parser.add_argument("command_words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
