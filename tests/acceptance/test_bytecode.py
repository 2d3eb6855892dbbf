"""The file that holds the program's modules: what is imported from it, and when it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from mockgen_watch import bytecode

PACKAGE = Path(__file__).parents[2] / "mockgen_watch"
SHOWN: Final = """
import sys
from mockgen_watch.program import run
try:
    code = run()
except SystemExit as error:
    code = error.code
kinds = {type(module.__spec__.loader).__module__ for name, module in sys.modules.items()
         if name.startswith("mockgen_watch.cli")}
import mockgen_watch.cli.main as main
print("LOADERS", *sorted(kinds))
print("CODE", main.run.__code__.co_filename, main.__cached__)
"""
TOLD: Final = """
import sys
from mockgen_watch import program, bytecode
installed = []
install = program.install
program.install = lambda: installed.append(install()) or installed[0]
{before}
try:
    program.run()
except SystemExit:
    pass
names = ("__name__", "__file__", "__cached__", "__package__", "__path__", "__doc__")
for name, module in sorted(sys.modules.items()):
    if not bytecode._belongs(name, module) or name in ("mockgen_watch.program", "__main__"):
        continue
    spec = module.__spec__
    parent, _, last = name.rpartition(".")
    print(name, [getattr(module, one, None) for one in names], module.__loader__ is spec.loader,
          spec.name, spec.origin, spec.has_location, spec.parent, spec.cached,
          not parent or getattr(sys.modules[parent], last, None) is module,
          len(vars(module)), spec.loader.get_source(name) is not None)
groups = installed[0].groups if installed[0] else {{}}
print("GROUPS", sorted(len(names) for names, *_ in groups.values())[-1:], file=sys.stderr)
"""
FROM_FILE = "LOADERS mockgen_watch.bytecode"
AS_EVER = "LOADERS _frozen_importlib_external"


class Scene:
    """A copy of the package, to be imported and changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        leave = shutil.ignore_patterns("__pycache__", "*.json")
        shutil.copytree(PACKAGE, path / "mockgen_watch", ignore=leave)

    @property
    def files(self) -> list[Path]:
        return sorted(self.path.rglob("*.pycs*"))

    @property
    def environment(self) -> dict[str, str]:
        """That of this process, without what tells Python or coverage how to behave."""
        own = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "COVERAGE", "COV_"))
        }
        return own | {"PYTHONPATH": str(self.path)}

    def run(self, *words: str, flags: tuple[str, ...] = (), **more: str) -> str:
        """Run the program in a process; return what it prints, and how it was imported."""
        done = subprocess.run(
            [sys.executable, *flags, "-c", SHOWN, *(words or ("rules", "--help"))],
            env=self.environment | more,
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        return done.stdout

    def try_run(self, *words: str) -> str:
        """Run the program in a process, where it fails; return what it says of that."""
        done = subprocess.run(
            [sys.executable, "-m", "mockgen_watch", *words],
            env={"PYTHONPATH": str(self.path), "PATH": os.environ["PATH"]},
            cwd=self.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        return done.stderr

    def tell(self, before: str = "") -> tuple[str, int]:
        """Return what modules say of themselves, and how many the largest group of the file has."""
        done = subprocess.run(
            [sys.executable, "-c", TOLD.format(before=before), "generate", "--legacy", "--help"],
            env=self.environment,
            cwd=self.path,
            capture_output=True,
            text=True,
            check=True,
        )
        largest = done.stderr.splitlines()[-1].partition("GROUPS [")[2].rstrip("]")
        return done.stdout, int(largest or 0)

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return what comes together, as the file tells."""
        (file,) = self.files
        fd = os.open(file, os.O_RDONLY)
        try:
            _, groups = bytecode._read_index(fd)
        finally:
            os.close(fd)
        return {name: names for name, (names, *_) in groups.items()}

    def edit(self, name: str, old: str, new: str) -> None:
        module = self.path / "mockgen_watch" / name
        text = module.read_text(encoding="utf-8")
        assert old in text
        module.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "copy")


def test_the_second_process_reads_them_from_the_file(scene: Scene) -> None:
    first = scene.run()
    assert AS_EVER in first
    second = scene.run()
    assert FROM_FILE in second
    assert first.replace(AS_EVER, FROM_FILE) == second
    # Which modules come together is known from then on, and nothing more is to be written.
    (file,) = scene.files
    stamp = file.stat()
    assert scene.run() == second
    assert file.stat().st_mtime_ns == stamp.st_mtime_ns


def test_another_command_adds_what_it_needs(scene: Scene) -> None:
    scene.run()
    (file,) = scene.files
    size = file.stat().st_size
    assert FROM_FILE not in scene.run("coverage", "--help")
    assert file.stat().st_size > size
    for words in (("coverage", "--help"), ("rules", "--help")):
        assert scene.run(*words).splitlines()[-2] == FROM_FILE


def test_a_changed_source_counts_at_once(scene: Scene) -> None:
    scene.run("--help")
    scene.edit("cli/main.py", "Deterministic test fixtures", "Changed test fixtures")
    assert "Changed test fixtures" in scene.run("--help")
    assert scene.run("--help").splitlines()[-2] == FROM_FILE
    assert "Changed test fixtures" in scene.run("--help")


def test_a_module_may_become_a_package(scene: Scene) -> None:
    scene.run("--help")
    module = scene.path / "mockgen_watch" / "cli" / "options.py"
    package = module.with_suffix("")
    package.mkdir()
    module.rename(package / "__init__.py")
    scene.edit("cli/options/__init__.py", '"--verbose"', '"--wordy", "--verbose"')
    for _ in range(2):
        assert "--wordy" in scene.run("--help")


def test_a_file_that_is_not_right_is_written_anew(scene: Scene) -> None:
    whole = scene.run().replace(AS_EVER, FROM_FILE)
    (file,) = scene.files
    good = file.read_bytes()
    for bad in (b"", b"x" * 100, good[:60], good[:-1], good[: len(good) // 2], good + b"\0"):
        file.write_bytes(bad)
        assert AS_EVER in scene.run()
        assert scene.run() == whole
    file.unlink()
    file.mkdir()
    for _ in range(2):
        assert AS_EVER in scene.run()
    assert scene.files == [file]


def test_nothing_is_written_where_python_may_not(scene: Scene) -> None:
    scene.run(PYTHONDONTWRITEBYTECODE="1")
    assert scene.files == []


def test_it_lies_where_the_other_files_lie(scene: Scene, tmp_path: Path) -> None:
    scene.run(PYTHONPYCACHEPREFIX=str(tmp_path / "elsewhere"))
    shown = scene.run(PYTHONPYCACHEPREFIX=str(tmp_path / "elsewhere"))
    assert scene.files == []
    (file,) = (tmp_path / "elsewhere").rglob("*.pycs")
    assert FROM_FILE in shown
    assert (
        shown.split()[-1] == str(file.with_name("cli") / file.name.replace("modules", "main"))[:-1]
    )


def test_optimized_code_has_a_file_of_its_own(scene: Scene) -> None:
    scene.run()
    scene.run(flags=("-O",))
    assert len(scene.files) == 2
    assert FROM_FILE in scene.run(flags=("-O",))


def test_a_package_that_was_moved_tells_where_it_is(scene: Scene) -> None:
    scene.run()
    moved = scene.path.rename(scene.path.with_name("moved"))
    scene.path = moved
    for _ in range(2):
        code = scene.run().splitlines()[-1].split()
        assert code[1] == str(moved / "mockgen_watch" / "cli" / "main.py")


def test_many_at_once_leave_one_whole_file(scene: Scene) -> None:
    commands = ("rules", "plan", "check", "status", "coverage", "why", "diff", "clean")
    with ThreadPoolExecutor(4) as pool:
        shown = [*pool.map(lambda name: scene.run(name, "--help"), commands)]
    assert len(shown) == len(commands)
    (_,) = scene.files
    scene.run("rules", "--help")
    assert FROM_FILE in scene.run("rules", "--help")


def test_modules_of_a_group_are_what_they_are_without(scene: Scene) -> None:
    alone, none = scene.tell()
    assert none == 0
    each, none = scene.tell()
    assert none == 0
    grouped, largest = scene.tell()
    assert largest > 20
    assert alone.count("mockgen_watch.") > 20
    assert alone == each == grouped


def test_among_threads_modules_are_loaded_one_by_one(scene: Scene) -> None:
    for _ in range(2):
        scene.tell()
    spy = "bytecode.Modules._load_group = lambda *_: print('LOADS A GROUP')"
    assert "LOADS A GROUP" in scene.tell(spy)[0]
    assert "LOADS A GROUP" not in scene.tell(f"import threading\n{spy}")[0]


def test_a_module_of_a_group_that_fails_is_told_as_ever(scene: Scene) -> None:
    for _ in range(3):
        scene.run("--help")
    scene.edit("cli/options.py", "import argparse", "import argparse\n1 / 0")
    for _ in range(3):
        done = scene.try_run("--help")
        assert "ZeroDivisionError" in done
        assert f'{scene.path}/mockgen_watch/cli/options.py", line' in done
    scene.edit("cli/options.py", "\n1 / 0", "")
    for _ in range(3):
        assert "usage: mockgen-watch" in scene.run("--help")


def test_groups_grow_until_they_hold_all_that_comes_together(scene: Scene) -> None:
    for words in (("rules",), ("coverage",), ("check",), ("rules",), ("coverage",), ("check",)):
        scene.run(*words, "--help")
    (file,) = scene.files
    groups = scene.groups()
    assert len(groups) > 2
    assert all(names[-1] == name for name, names in groups.items())
    assert all(len(set(names)) == len(names) > 1 for names in groups.values())
    # What a command needs is what it needs alone, whatever came before it.
    command = "mockgen_watch.cli.commands.coverage"
    alone = Scene(scene.path.with_name("alone"))
    for _ in range(2):
        alone.run("coverage", "--help")
    needed = {name for names in alone.groups().values() for name in names}
    grown = {name for names in groups.values() for name in names}
    assert set(alone.groups()[command]) <= set(groups[command]) | set(
        groups["mockgen_watch.cli.main"]
    )
    assert needed <= grown
    stamp = file.stat().st_mtime_ns
    scene.run("coverage", "--help")
    assert file.stat().st_mtime_ns == stamp


def test_a_large_file_gets_no_more_groups(scene: Scene) -> None:
    scene.run("rules", "--help")
    scene.edit("bytecode.py", "16 << 20", "1 << 10")
    for words in (("rules",), ("rules",), ("coverage",), ("coverage",), ("coverage",)):
        scene.run(*words, "--help")
    assert scene.groups() == {}


@pytest.mark.parametrize("may_write", [True, False])
def test_nothing_is_gathered_where_nothing_can_be_written(
    may_write: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(bytecode, "_write", lambda path, *_: written.append(path))
    monkeypatch.setattr(os, "access", lambda *_: may_write)
    bytecode.collect(None)
    assert written == ([bytecode._file()] if may_write else [])
