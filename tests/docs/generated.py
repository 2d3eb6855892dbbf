"""Parts of pages that are made from the program: the options of each command, the table of codes.

A part begins with ``<!-- generated: WHAT -->`` and ends with ``<!-- end -->``. WHAT is one of:

- ``commands``: the table of all commands;
- ``global options``: the options of every command;
- ``command NAME``: usage, options and examples of one command;
- ``diagnostics``: the table of all codes.

``python -m tests.docs.refresh PAGE`` writes them; a test fails where a page has another text.
"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Final

from mockgen_watch import __version__
from mockgen_watch.cli.main import COMMANDS, PROGRAM, load_command
from mockgen_watch.cli.options import add_global_options
from mockgen_watch.diagnostics import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

PART: Final = re.compile(
    r"^(<!-- generated: (?P<what>.*?) -->)\n.*?^(<!-- end -->)$", re.MULTILINE | re.DOTALL
)
# What a reader of help knows to be code: options with their values, variables, folders, addresses.
_CODE: Final = re.compile(
    r"(?<![\w/-])(--[a-z][a-z-]*(?: [A-Z]+\b)?|\$[A-Z_]{2,}"
    r"|[\w.]+/(?:\w+/)*(?!\w)|/[a-z]+\b|[\w-]+\.ya?ml)"
)


def made(text: str) -> str:
    """Return the page ``text`` with every generated part as the program has it now."""
    return PART.sub(lambda found: f"{found[1]}\n{_part(found['what'])}\n{found[3]}", text)


def _part(what: str) -> str:
    if what == "commands":
        rows = (f"| [`{name}`](#{name}) | {_prose(_.summary)} |" for name, _ in COMMANDS.items())
        return "\n".join(("\n| command | what it does |\n|---|---|", *rows, ""))
    if what == "global options":
        parser = argparse.ArgumentParser(add_help=False)
        add_global_options(parser)
        parser.add_argument("--version", action="version", version=__version__)
        return _options(parser._actions)
    if what == "diagnostics":
        rows = (f"| [{code}](#{code.lower()}) | {_prose(title)} |" for code, title in CODES.items())
        return "\n".join(("\n| code | title |\n|---|---|", *rows, ""))
    return _command(what.removeprefix("command "))


def _command(name: str) -> str:
    add_arguments, examples, _ = load_command(COMMANDS[name])
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    named = [action for action in parser._actions if action.option_strings]
    placed = [action for action in parser._actions if not action.option_strings]
    usage = (
        f"{PROGRAM} {name}",
        *(_usage(action) for action in placed),
        *(["[OPTIONS]"] if named else []),
    )
    head, _, notes = examples.removeprefix("examples:\n").strip("\n").partition("\n\n")
    shown = "\n".join(line.removeprefix("  ") for line in head.splitlines())
    return "\n".join(
        (
            f"\n```text\n{' '.join(usage)}\n```",
            _options([*placed, *named]),
            f"```text\n{shown}\n```\n",
            *([f"{_prose(' '.join(notes.split()))}\n"] if notes else []),
        )
    )


def _usage(action: argparse.Action) -> str:
    word = _repeated(action)
    return f"[{word}]" if action.nargs in {"*", "?"} else word


def _repeated(action: argparse.Action) -> str:
    return f"{_value(action)} …" if action.nargs in {"*", "+"} else _value(action)


def _options(actions: Iterable[argparse.Action]) -> str:
    rows = [
        f"| {_names(action)} | {_prose(action.help or '')} |"
        for action in actions
        if action.help is not argparse.SUPPRESS
    ]
    return "\n".join(("\n| option | meaning |\n|---|---|", *rows, "")) if rows else ""


def _names(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{_repeated(action)}`"
    value = "" if action.nargs == 0 else f" {_repeated(action)}"
    return ", ".join(f"`{name}{value}`" for name in action.option_strings)


def _value(action: argparse.Action) -> str:
    """Return what stands for the value of ``action`` in help."""
    if action.metavar is not None:
        return str(action.metavar)
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper()


def _prose(text: str) -> str:
    """Return a line of help as Markdown for the cell of a table."""
    return _CODE.sub(r"`\1`", text.replace("%%", "%")).replace("|", r"\|")
