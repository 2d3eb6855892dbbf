"""Takes a command's work; gives its exit code, whatever the work raises."""

from __future__ import annotations

import os
import sys
from enum import IntEnum
from typing import TYPE_CHECKING

from mockgen_watch.errors import FindingsError, MockgenError, UsageError
from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    from collections.abc import Callable


class ExitCode(IntEnum):
    """What a shell learns of a command's end."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNEXPECTED = 3
    INTERRUPTED = 130


def guard(work: Callable[[], int], *, wants_traceback: Callable[[], bool]) -> int:
    """Run ``work`` and return its exit code, or the code of what it raised, told on stderr.

    ``wants_traceback`` is asked only when the error is unexpected. SystemExit passes, because
    argparse ends ``--help`` and wrong options with it.
    """
    try:
        try:
            return _code_of(work, wants_traceback)
        finally:
            # A reader that has gone must be noticed here, not when the interpreter ends.
            sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.FINDINGS
    except OSError as error:
        # Nothing but the flush raises it here: the disk behind stdout is full, for one.
        _forget_stdout()
        _say(f"stdout: {error.strerror}")
        return ExitCode.FINDINGS


def _code_of(work: Callable[[], int], wants_traceback: Callable[[], bool]) -> int:
    try:
        return work()
    except MockgenError as error:
        return _tell_known(error)
    except KeyboardInterrupt:
        _say("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the one boundary behind which nothing may escape
        _tell_unexpected(error, with_traceback=wants_traceback())
        return ExitCode.UNEXPECTED


def _tell_known(error: MockgenError) -> int:
    if isinstance(error, FindingsError):
        for diagnostic in error.diagnostics:
            print(escape_for_terminal(str(diagnostic)), file=sys.stderr)
    _say(str(error))
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.FINDINGS


def _tell_unexpected(error: Exception, *, with_traceback: bool) -> None:
    if with_traceback:
        import traceback  # noqa: PLC0415 - 2 ms that all other runs save

        traceback.print_exception(error)
        remedy = "please report it with the traceback above and the command"
    else:
        remedy = "run again with -v and report the traceback with the command"
    _say(f"unexpected {type(error).__name__}: {error}; this is a defect of mockgen-watch, {remedy}")


def _say(message: str) -> None:
    print(f"mockgen-watch: {escape_for_terminal(message)}", file=sys.stderr)


def _forget_stdout() -> None:
    # The interpreter flushes stdout once more at its end and would complain of the closed pipe.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
