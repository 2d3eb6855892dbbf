"""The wheel, built from this checkout and installed in an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from mockgen_watch import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def binaries(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of an environment with the wheel in it.

    Nothing is downloaded: a .pth file lends it the dependencies of this environment.
    """
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    python = programs / "python"
    installing: list[str | Path] = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
    ]
    subprocess.run([*installing, "--no-deps", "--no-index", wheel], check=True)
    site = _output(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    lent = Path(site.strip()) / "lent.pth"
    lent.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return programs


def test_the_wheel_carries_every_data_file(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mockgen_watch").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    schemas = {f"mockgen_watch/_schemas/{path.name}" for path in (ROOT / "schemas").iterdir()}
    assert "mockgen_watch/py.typed" in names
    assert {name for name in names if ".dist-info/" not in name} == package | schemas
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_installed_program_runs(binaries: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [binaries / "mockgen-watch", "--version"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mockgen-watch {__version__}\n", "")


@pytest.mark.parametrize("example", ["minimal", "claims"])
def test_the_installed_program_begins_a_project(
    binaries: Path, tmp_path: Path, example: str
) -> None:
    program = binaries / "mockgen-watch"
    _output(program, "init", "--example", example, folder=tmp_path)
    _output(program, "generate", folder=tmp_path)
    assert "no problems" in _output(program, "check", folder=tmp_path)


def test_the_installed_package_reads_its_own_schemas(binaries: Path, tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from mockgen_watch.storage.package_data import find_schema\n"
        "print(json.dumps([str(find_schema(name)) for name in sys.argv[1:]]))\n"
    )
    names = sorted(path.name for path in (ROOT / "schemas").iterdir())
    out = _output(binaries / "python", "-I", "-c", script, *names, folder=tmp_path)
    found = [Path(text) for text in json.loads(out)]
    assert [path.name for path in found] == names
    assert all(path.is_relative_to(binaries.parent) for path in found)
    assert all(path.read_bytes() == (ROOT / "schemas" / path.name).read_bytes() for path in found)


def _output(*call: str | Path, folder: Path | None = None) -> str:
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=folder)
    return done.stdout
