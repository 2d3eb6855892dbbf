"""List plugins, and trust or forget them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_json
from mockgen_watch.errors import UsageError
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec.build.reader import plugin_name
from mockgen_watch.views.values import aligned
from mockgen_watch.workflow.project import (
    PluginState,
    open_project,
    plugin_states,
    trust_file,
    write_trust,
)

if TYPE_CHECKING:
    import argparse


EXAMPLES: Final = """examples:
  mockgen-watch plugins                     list plugins; exit code 1 if one cannot be used
  mockgen-watch plugins trust acme-rules    let its code run in every project that names it
  mockgen-watch plugins forget acme-rules   no longer trust it
  mockgen-watch plugins --json              for programs

A plugin is loaded when specs/mockgen.yaml names it and you trust it. Trust is recorded in your
user configuration, never in a project; MOCKGEN_TRUSTED_PLUGINS=acme-rules trusts it for one run.
"""

_TITLES: Final = ("plugin", "version", "named", "trusted", "rules")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action", nargs="?", choices=("list", "trust", "forget"), default="list", help="what to do"
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="a plugin: the name of a package")
    add_json(parser, "the plugins")


def run(options: argparse.Namespace) -> int:
    if (options.action == "list") is bool(options.names):
        raise UsageError("trust and forget need names of plugins; list takes none")
    if options.action != "list":
        return _change(options)
    states = plugin_states(open_project(options.directory, options.profile))
    if options.json:
        print(json.dumps(msgspec.to_builtins(states), indent=2))
    elif not states:
        print("specs/mockgen.yaml names no plugin, and you trust none")
    else:
        print("\n".join(aligned([_TITLES, *map(_row, states)])))
    is_well = all(state.is_usable or not state.is_named for state in states)
    return ExitCode.DONE if is_well else ExitCode.FINDINGS


def _change(options: argparse.Namespace) -> int:
    path = trust_file()
    changed = write_trust(path, options.names, is_trusted=options.action == "trust")
    if not options.quiet:
        words = ("trusted now", "already trusted")
        if options.action == "forget":
            words = ("no longer trusted", "was not trusted")
        for name in options.names:
            what = words[0] if plugin_name(name) in changed else words[1]
            print(f"{escape_for_terminal(name)}: {what}")
        print(f"recorded in {escape_for_terminal(str(path))}")
    return ExitCode.DONE


def _row(state: PluginState) -> tuple[str, ...]:
    return (
        state.name,
        state.version or "not installed",
        "yes" if state.is_named else "no",
        "yes" if state.is_trusted else "no",
        ", ".join(state.rules) or "none",
    )
