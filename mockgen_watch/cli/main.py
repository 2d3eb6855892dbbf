"""Frame of the command line: the table of commands, the call of one, exit codes."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import re
import sys
from typing import TYPE_CHECKING, Final, TypeAlias

from mockgen_watch import __version__
from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_global_options, help_formatter
from mockgen_watch.cli.streams import prepare_streams
from mockgen_watch.errors import FindingsError, MockgenError, StorageError, UsageError
from mockgen_watch.observe import Log, escape_for_terminal, level_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    AddArguments: TypeAlias = Callable[[argparse.ArgumentParser], None]
    Run: TypeAlias = Callable[[argparse.Namespace], int]

PROGRAM: Final = "mockgen-watch"

_COMMON_OPTION: Final = r"-C.+|--(profile|log-format)=.*|-[vqh]+|--(verbose|quiet|help|version)"
"""Options that may come before a command, and the two that need none."""


class Entry:
    """A line of the table of commands.

    Attributes:
        module: full name of the module, imported when the command is called. It has
            ``add_arguments(parser)``, which declares options, ``EXAMPLES`` for the end of their
            help, and ``run(options)``, which returns the exit code.
        summary: one line for ``mockgen-watch --help``.
        name: of the command, where its module is named otherwise: the three are then
            ``add_NAME_arguments``, ``NAME_EXAMPLES`` and ``run_NAME``.
    """

    def __init__(self, module: str, summary: str, name: str = "") -> None:
        self.module = module
        self.summary = summary
        self.name = name


_TABLE: Final = (
    ("init", "init", "create a project: a first spec, schemas for the editor, settings for Git"),
    ("generate", "generate", "bring mock_outputs/ up to date with specs/"),
    ("scenarios", "snapshots", "write the records of chosen scenarios to separate files"),
    ("record", "why", "print one record, whatever the count says"),
    ("check", "check", "report everything that is wrong with specs and outputs"),
    ("plan", "plan", "show what generate would change, and which lines cause it"),
    ("rules", "rules", "show how each rule is kept, and which faults can break it"),
    ("apply", "plan", "carry out a saved plan, or show what changed since it was saved"),
    ("watch", "watch", "keep mock_outputs/ up to date while specs/ changes"),
    ("status", "daemon", "show the daemon's state"),
    ("sync", "daemon", "wait until the daemon has processed every saved change"),
    ("reload", "daemon", "make the daemon read the project file, environment and specs again"),
    ("stop", "daemon", "stop the daemon of this project"),
    ("coverage", "coverage", "show which values and pairs the records cover, and their odds"),
    ("why", "why", "explain where a value of an output comes from"),
    ("adopt", "adopt", "move an edit of an output into its spec, at the right line"),
    ("diff", "history", "show how outputs differ from a commit"),
    ("verify", "history", "list commits whose outputs cannot be reproduced"),
    ("git", "git", "set up this clone: diffs by record and field, merges by spec"),
    ("hook", "hook", "block commits whose outputs do not match their specs"),
    ("plugins", "plugins", "list plugins, and which of them you trust"),
    (
        "migrate",
        "migrate",
        "turn files of the earlier system into specs, with a proof and a backup",
    ),
    ("snapshot", "snapshots", "write all outputs to files with the time in their names"),
    ("clean", "snapshots", "remove old snapshots, by age and number, after archiving them"),
    ("restore", "snapshots", "restore an archived snapshot or a backed-up file"),
)
"""Each command, its module and its summary, in the order of ``--help``."""

COMMANDS: Final[Mapping[str, Entry]] = {
    name: Entry(
        f"mockgen_watch.cli.commands.{module}", summary, name="" if name == module else name
    )
    for name, module, summary in _TABLE
}

EARLIER: Final = Entry(
    "mockgen_watch.cli.commands.earlier",
    "A command of the earlier system: options without a command.",
)
"""What carries out command lines such as ``--enhanced --count 5``."""


def run() -> int:
    """Carry out the process's own command line and return the exit code."""
    # NumPy would start a thread for each core, which costs more than the rest of its import; what
    # we ask of it is never linear algebra.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    prepare_streams()
    return main(sys.argv[1:])


def main(words: Sequence[str], commands: Mapping[str, Entry] = COMMANDS) -> int:
    """Carry out the command line ``words`` and return the exit code.

    Whatever a command raises becomes an exit code and a message on stderr.

    Raises:
        SystemExit: after ``--help`` and ``--version`` (0) and for wrong options (2).
    """
    options = argparse.Namespace(verbose=False)
    try:
        try:
            return _run_guarded(words, commands, options)
        finally:
            # A reader that has gone must be noticed here, not when the interpreter ends.
            sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        return ExitCode.FINDINGS
    except StorageError as error:
        # Nothing but the flush raises it here: the disk behind stdout is full, for one.
        _complain(str(error))
        return ExitCode.FINDINGS


def _run_guarded(
    words: Sequence[str], commands: Mapping[str, Entry], options: argparse.Namespace
) -> int:
    try:
        return _dispatch(words, commands, options)
    except MockgenError as error:
        if isinstance(error, FindingsError):
            _show_findings(error, options)
        else:
            _complain(str(error))
        return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FINDINGS
    except KeyboardInterrupt:
        _complain("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one boundary behind which nothing may escape
        _complain_of_defect(error, with_traceback=options.verbose)
        return ExitCode.UNEXPECTED


def _dispatch(
    words: Sequence[str], commands: Mapping[str, Entry], options: argparse.Namespace
) -> int:
    if _is_earlier_form(words):
        options.command = ""
        options.command_words = words
        run_command = _parse_own(EARLIER, options)
    else:
        parser = _top_parser(commands)
        parser.parse_args(words, options)
        if options.command is None:
            parser.print_help()
            return ExitCode.DONE
        entry = commands.get(options.command)
        if entry is None:
            near = difflib.get_close_matches(options.command.casefold(), commands, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"see {PROGRAM} --help"
            parser.error(f'unknown command "{options.command}" ({hint})')
        run_command = _parse_own(entry, options)
    form = options.log_format
    level = level_of(form, is_verbose=options.verbose, is_quiet=options.quiet)
    options.log = Log(form, level)
    options.log.debug("command.started", command=options.command, version=__version__)
    code = run_command(options)
    options.log.debug("command.ended", command=options.command, code=int(code))
    return code


def _is_earlier_form(words: Sequence[str]) -> bool:
    """Return whether there is no command, but an option that is not one of every command."""
    waiting = iter(words)
    for word in waiting:
        if word in {"-C", "--profile", "--log-format"}:
            next(waiting, None)
        elif not word.startswith("-"):
            return False
        elif not re.fullmatch(_COMMON_OPTION, word):
            return word not in {"-", "--"}
    return False


def _parse_own(entry: Entry, options: argparse.Namespace) -> Run:
    """Put what the words after the command say into ``options``; return what carries it out."""
    add_arguments, examples, run_command = load_command(entry)
    own = argparse.ArgumentParser(
        prog=f"{PROGRAM} {options.command}".rstrip(),
        description=entry.summary,
        epilog=examples,
        formatter_class=help_formatter,
        allow_abbrev=False,
    )
    add_arguments(own)
    add_global_options(own, is_repeat=entry is not EARLIER)
    _, unknown = own.parse_known_args(options.command_words, options)
    if unknown:
        near = difflib.get_close_matches(
            unknown[0].partition("=")[0], re.findall(r"--?[a-z][a-z-]*", own.format_help()), n=1
        )
        hint = f" (did you mean {near[0]}?)" if near else ""
        own.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    return run_command


def load_command(entry: Entry) -> tuple[AddArguments, str, Run]:
    """Import the module of ``entry`` and return what it has for the command."""
    module = importlib.import_module(entry.module)
    if not entry.name:
        return module.add_arguments, module.EXAMPLES, module.run
    name = entry.name
    add_arguments = getattr(module, f"add_{name}_arguments")
    examples = getattr(module, f"{name.upper()}_EXAMPLES")
    return add_arguments, examples, getattr(module, f"run_{name}")


def _top_parser(commands: Mapping[str, Entry]) -> argparse.ArgumentParser:
    width = max(map(len, commands), default=0)
    lines = [f"  {name:<{width}}  {entry.summary}" for name, entry in commands.items()]
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Deterministic test fixtures from readable specs.",
        epilog="\n".join(
            (
                "commands:",
                *lines,
                "",
                f"{PROGRAM} COMMAND --help shows the options of one command.",
                f"Commands of the earlier system need no COMMAND: {PROGRAM} --enhanced --help",
            )
        ),
        formatter_class=help_formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_global_options(parser)
    parser.add_argument("command", metavar="COMMAND", nargs="?", help="one of the commands below")
    # Two parsers in a row, so that the modules of the other commands are never imported.
    parser.add_argument("command_words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _show_findings(error: FindingsError, options: argparse.Namespace) -> None:
    """Write what ended the command: as JSON to stdout, or to stderr with source lines.

    Source lines are those of the project that the command opened, if it opened one.
    """
    show = getattr(options, "show_findings", None)
    if getattr(options, "json", False):
        from mockgen_watch.views.diagnostics import diagnostics_data
        from mockgen_watch.views.values import json_text

        print(json_text(diagnostics_data(error.diagnostics)))
    elif show is not None:
        show(error.diagnostics)
        return
    else:
        for diagnostic in error.diagnostics:
            print(escape_for_terminal(str(diagnostic)), file=sys.stderr)
    _complain(str(error))


def _complain_of_defect(error: Exception, *, with_traceback: bool) -> None:
    remedy = "run again with -v and report the traceback with the command"
    if with_traceback:
        sys.__excepthook__(type(error), error, error.__traceback__)
        remedy = "please report it with the traceback above and the command"
    name = type(error).__name__
    _complain(f"unexpected {name}: {error}; this is a bug in mockgen-watch; {remedy}")


def _complain(message: str) -> None:
    print(f"{PROGRAM}: {escape_for_terminal(message)}", file=sys.stderr)


def _close_stdout() -> None:
    # The interpreter flushes stdout once more at its end and would complain of the closed pipe.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
