"""Takes seeds and a number of trees; compares what five commands say of the same project.

    python -m tests.watch.views --trees 2000

A daemon runs while specs, masters, vocabularies, links, and outputs come, go and break. After each
change the answer of ``sync``, the ``status``, the live view, the log, ``generate`` and ``check``
must name the same errors, and the same files that nothing reads; the outputs must be those of a
clean run, but for suites with errors and for files edited by hand.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rich.console import Console

from mockgen_watch.cli.live import LiveView
from mockgen_watch.cli.main import main as program
from mockgen_watch.lock.paths import LOCK_NAME
from mockgen_watch.observe import Level, Log
from mockgen_watch.storage.project_folder import StateFolder
from mockgen_watch.watch.daemon import Daemon
from mockgen_watch.watch.events import EventLogger
from mockgen_watch.watch.metrics import Metrics, describe_status
from mockgen_watch.watch.requests import STATUS, SYNC, ask
from tests.watch.world import PATIENCE, clean_run, files_in, spec, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TREES_OF_ONE = 25
"""Trees that one daemon sees, before the next project begins."""

UNREAD = "MG607"
"""The code of a file that nothing reads: a warning that all views have as well."""

FOLDERS = ("", "a", "b", "deep", "deep/one", "deep/two", "_vocab", "_vocab/more")
NAMES = (
    *("user_input.yaml", "user_input.yaml", "user_input.yml", "user_input.json"),
    *("master.yaml", "master.yml", "master.json", "mockgen.yaml", "mockgen.json"),
    *("hue.yaml", "hue.json", "hue.txt", "orders.yaml", "User_Input.yaml", ".hidden.yaml"),
)


class Trees:
    """One project under a daemon, and random changes of it."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.done: list[str] = []
        self.values = 0
        self.daemon = Daemon(root)
        self.log: list[dict[str, object]] = []
        metrics = Metrics()
        self.daemon.on_status = lambda: describe_status(self.daemon, metrics)
        self.live = LiveView(self.daemon, Console(file=io.StringIO(), width=1000))
        log = Log("json", Level.DEBUG, output=lambda line: self.log.append(json.loads(line)))
        for listener in (metrics, self.live, EventLogger(log)):
            self.daemon.stream.subscribe(listener)
        self.steps: tuple[Callable[[], None], ...] = (
            *(self.write_spec, self.write_spec, self.write_spec),
            *(self.write_broken, self.delete, self.delete, self.rename, self.delete_folder),
            *(self.link, self.link, self.folder_of_a_name, self.unsettled_file),
            *(self.edit_output, self.delete_output, self.break_lockfile, self.output_as_folder),
        )

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.daemon.run, daemon=True)
        self.thread.start()
        until(lambda: self.daemon.batches > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self.daemon.stop("test")
        self.thread.join(PATIENCE)

    def run(self, trees: int) -> None:
        """Change the tree ``trees`` times, and compare the views each time."""
        for _ in range(trees):
            for _ in range(self.random.choice((1, 1, 1, 2, 3, 6))):
                step = self.random.choice(self.steps)
                # What a step needs, another may have taken away.
                with contextlib.suppress(OSError, IndexError):
                    step()
            self.compare()

    # Changes ----------------------------------------------------------------------------------

    def place(self) -> Path:
        """Return where a spec may be, with its folder there."""
        folder = self.root / "specs" / self.random.choice(FOLDERS)
        if not folder.exists():
            folder.mkdir(parents=True)
        path = folder / self.random.choice(NAMES)
        self.done.append(path.relative_to(self.root).as_posix())
        return path

    def write_spec(self) -> None:
        """Write a file that fits its name."""
        path = self.place()
        self.values += 1
        value = f"v{self.values}"
        if path.name.startswith("mockgen"):
            text = self.random.choice(("seed: 7\n", "count: 3\n", "plugins: [none-such]\n"))
        elif path.name.startswith("master"):
            text = f"Slot:\n  more: [{value}]\n"
        elif path.name.startswith("hue"):
            text = f"[{value}, blue]\n"
        else:
            text = spec(value) + self.random.choice(("", "  tint: {$vocab: hue}\n"))
        if path.suffix == ".json":
            text = json.dumps({"Order": {"id": [value]}} if "user" in path.name else {"a": 1})
        if path.suffix == ".txt":
            text = f"{value}\nred\n"
        self.done[-1] += f" = {text!r}"
        path.write_text(text)

    def write_broken(self) -> None:
        """Write what is no spec."""
        path = self.place()
        self.done[-1] += " broken"
        path.write_bytes(
            self.random.choice((b"", b"Order: [", b"\xff\xfe\x00", b"Order: {$x: 1}\n"))
        )

    def delete(self) -> None:
        """Delete a file or link."""
        path = self.random.choice(sorted((self.root / "specs").rglob("*")))
        self.done.append(f"delete {path}")
        path.unlink()

    def rename(self) -> None:
        """Give a file another place."""
        path = self.random.choice(sorted((self.root / "specs").rglob("*.*")))
        self.done.append(f"rename {path} to")
        path.rename(self.place())

    def delete_folder(self) -> None:
        """Delete a folder with all that is in it."""
        path = self.root / "specs" / self.random.choice(FOLDERS[1:])
        self.done.append(f"delete {path}")
        shutil.rmtree(path)

    def link(self) -> None:
        """Put a link where a spec or a folder may be."""
        path = self.random.choice((self.place, lambda: self.place().with_name("linked")))()
        target = self.random.choice(
            ("/etc", "/etc/hostname", "nowhere.yaml", "../a", "../deep", "user_input.yaml", "..")
        )
        self.done[-1] += f" -> {target}"
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def folder_of_a_name(self) -> None:
        """Make a folder that is called as a spec."""
        self.place().mkdir()
        self.done[-1] += " is a folder"

    def unsettled_file(self) -> None:
        """Write a file that is larger than the limit, or that is none."""
        path = self.place()
        self.done[-1] += " is large"
        with path.open("wb") as file:
            file.truncate(40 << 20)

    def output(self) -> Path:
        """Return an output that is there."""
        found = sorted((self.root / "mock_outputs").rglob("*.json"))
        if not found:
            raise FileNotFoundError
        path = self.random.choice(found)
        self.done.append(f"{path}")
        return path

    def edit_output(self) -> None:
        """Edit an output by hand."""
        path = self.output()
        self.done[-1] += " is edited"
        path.write_text(f"by hand {self.values}\n")

    def delete_output(self) -> None:
        """Delete an output."""
        self.output().unlink()
        self.done[-1] += " is deleted"

    def break_lockfile(self) -> None:
        """Make a lockfile unreadable, or take it away."""
        lock = self.random.choice(sorted((self.root / "mock_outputs").rglob(LOCK_NAME)) or [None])
        if lock is not None:
            self.done.append(f"{lock} is broken")
            self.random.choice((lock.unlink, lambda: lock.write_text("broken")))()

    def output_as_folder(self) -> None:
        """Put a folder where an output is."""
        path = self.output()
        self.done[-1] += " is a folder"
        path.unlink()
        path.mkdir()

    # Views ------------------------------------------------------------------------------------

    def compare(self) -> int:
        """Assert that all views name the same errors; return how many there are."""
        state = StateFolder.of(self.root)
        answer = ask(state, SYNC, timeout=PATIENCE)
        status = ask(state, STATUS, timeout=PATIENCE)["last"]
        assert isinstance(status, dict)
        shown = self.picture()
        errors, unread, code = run_program(self.root, "generate")
        context = f"{self.done}: {sorted(errors)}"
        checked, check_unread, check_code = run_program(self.root, "check")
        assert checked == errors, (checked, context)
        assert check_unread == unread, (check_unread, unread, context)
        assert replay(self.log) == errors, (replay(self.log), context)
        for view in (answer, status, ask(state, SYNC, timeout=PATIENCE)):
            found = view["diagnostics"]
            assert isinstance(found, list)
            assert named(errors, found) or view["error"], (view, context)
            told = [line for line in found if f" {UNREAD} " in line]
            is_told = named(unread, told) and len(told) == len(unread)
            assert is_told or view["error"], (view, unread, context)
            assert bool(view["errors"]) is bool(errors), (view, context)
            assert view["error"] or view["errors"] == len(errors), (view, context)
        is_cut = "more; " in shown[-2:][0] or status["error"]
        assert is_cut or named(errors, shown), (shown, context)
        assert ("✓" in shown[-1]) is (not errors), (shown, context)
        assert {code, check_code} == {1 if errors else 0}, (code, check_code, context)
        if not errors and (self.root / "specs").is_dir():
            assert files_in(self.root / "mock_outputs") == clean_run(self.root / "specs"), context
        self.done.clear()
        return len(errors)

    def picture(self) -> list[str]:
        """Return the lines that the live view shows."""
        console = Console(file=io.StringIO(), width=4000)
        console.print(self.live.picture())
        assert isinstance(console.file, io.StringIO)
        return [line.replace("  ", " ") for line in console.file.getvalue().splitlines()]


def named(errors: Iterable[str], lines: Iterable[str]) -> bool:
    """Return whether each of ``errors`` begins a line."""
    return all(any(line.startswith(error) for line in lines) for error in errors)


def replay(log: list[dict[str, object]]) -> frozenset[str]:
    """Return the errors that were logged and not cleared."""
    holding = set()
    for line in log:
        name = f"{line.get('location')} {line.get('code')} {line.get('message')}"
        if line["event"] == "diagnostic" and line["level"] == "error":
            holding.add(name)
        elif line["event"] == "diagnostic.cleared":
            holding.discard(name)
    return frozenset(holding)


def run_program(root: Path, command: str) -> tuple[frozenset[str], frozenset[str], int]:
    """Run a command of the program here; return errors, files that nothing reads, and exit code."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = program(["-C", str(root), command, "--json"])
    found = json.loads(out.getvalue())["diagnostics"]
    named = {
        f"{at['path']}:{at['line']}:{at['column']} {one['code']} {one['message']}": one
        for one in found
        for at in [one["location"]]
    }
    errors = frozenset(name for name, one in named.items() if one["severity"] == "error")
    unread = frozenset(name for name, one in named.items() if one["code"] == UNREAD)
    return errors, unread, code


def run_trees(folder: Path, seed: int, trees: int) -> None:
    """Let one daemon see ``trees`` trees in ``folder``."""
    root = folder / "project"
    for suite in ("a", "deep/one"):
        path = root / "specs" / suite / "user_input.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(spec(suite))
    with Trees(root, seed) as project:
        project.run(trees)


def main() -> None:
    """Run as many trees as the command line asks for."""
    parser = argparse.ArgumentParser(description="Five views of random trees, compared.")
    parser.add_argument("--trees", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    for number in range(0, options.trees, TREES_OF_ONE):
        seed = options.first + number // TREES_OF_ONE
        with tempfile.TemporaryDirectory() as folder:
            run_trees(Path(folder), seed, min(TREES_OF_ONE, options.trees - number))
        sys.stdout.write(f"seed {seed}: the views agree\n")


if __name__ == "__main__":
    main()
