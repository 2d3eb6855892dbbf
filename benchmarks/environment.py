"""Takes peers.txt; gives the environments that the peers run in, and names what cannot be had.

All of it stands in ``benchmarks/.env``: a virtual environment of the interpreter that runs this,
one of a newer Python, and a folder of Node packages.
"""

from __future__ import annotations

import enum
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
PEERS_FILE = BENCHMARKS / "peers.txt"
ENVIRONMENT = BENCHMARKS / ".env"
NEWER = (3, 12)
_PYENV = ".pyenv/versions/3.1[2-9]*/bin/python"


class Place(enum.StrEnum):
    """Where a package is installed."""

    PYTHON = "python"
    NEWER = "newer"
    NPM = "npm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A line of peers.txt."""

    place: Place
    name: str
    version: str

    @property
    def requirement(self) -> str:
        """What the place's installer takes."""
        return f"{self.name}{'@' if self.place is Place.NPM else '=='}{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was installed.

    Attributes:
        missing: package name → why it cannot be had here.
        versions: name → version of everything in each place, dependencies included.
    """

    missing: dict[str, str] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)


def python_of(place: Place) -> Path:
    """Give the interpreter of a place."""
    return ENVIRONMENT / place / "bin" / "python"


def read_packages(text: str) -> list[Package]:
    """Read peers.txt: place, package and version on a line; ``#`` begins a comment.

    Raises:
        ValueError: a line has not three words, or names another place.
    """
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return [
        Package(place=Place(place), name=name, version=version)
        for place, name, version in filter(None, lines)
    ]


def install() -> Environment:
    """Install what peers.txt lists and is not there yet.

    Returns:
        What cannot be had, with the reason, and the versions of the rest.
    """
    packages = read_packages(PEERS_FILE.read_text("utf-8"))
    missing: dict[str, str] = {}
    versions: dict[str, dict[str, str]] = {}
    for place in Place:
        wanted = [package for package in packages if package.place is place]
        reason = _prepare(place)
        if reason is None:
            missing |= _install_into(place, wanted)
            versions[place] = _name_interpreter(place) | _list_versions(place)
        else:
            missing |= {package.name: reason for package in wanted}
    return Environment(missing=missing, versions=versions)


def _prepare(place: Place) -> str | None:
    """Make the place where it does not exist; give the reason when it cannot be made."""
    folder = ENVIRONMENT / place
    if place is Place.NPM:
        if shutil.which("npm") is None or shutil.which("node") is None:
            return "node and npm are not installed"
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "package.json").exists():
            # Without it npm would look for one in the folders above.
            (folder / "package.json").write_text('{"private": true}\n', "utf-8")
        return None
    if python_of(place).exists():
        return None
    interpreter = sys.executable if place is Place.PYTHON else _find_newer_python()
    if interpreter is None:
        return f"no Python of at least {NEWER[0]}.{NEWER[1]} was found; NEWER_PYTHON names one"
    result = _call([interpreter, "-m", "venv", str(folder)])
    return _find_reason(result) if result.returncode else None


def _find_newer_python() -> str | None:
    """Find a Python of at least ``NEWER`` that runs: NEWER_PYTHON, the PATH, pyenv's folder."""
    names = [f"python3.{minor}" for minor in (14, 13, 12)]
    candidates = [
        os.environ.get("NEWER_PYTHON"),
        sys.executable,
        *map(shutil.which, names),
        # pyenv's commands on the PATH refuse versions that are not switched on.
        *sorted(map(str, Path.home().glob(_PYENV)), reverse=True),
    ]
    probe = f"import sys; sys.exit(sys.version_info < {NEWER})"
    for candidate in filter(None, candidates):
        if _call([candidate, "-c", probe]).returncode == 0:
            return candidate
    return None


def _install_into(place: Place, wanted: list[Package]) -> dict[str, str]:
    """Install at once; where that fails one by one, so that one package spoils no other."""
    present = _list_versions(place)
    absent = [package for package in wanted if present.get(_plain(package.name)) != package.version]
    if not absent:
        return {}
    print(f"installing {', '.join(package.requirement for package in absent)}", file=sys.stderr)
    if _install(place, absent).returncode == 0:
        return {}
    results = {package.name: _install(place, [package]) for package in absent}
    return {name: _find_reason(result) for name, result in results.items() if result.returncode}


def _install(place: Place, packages: list[Package]) -> subprocess.CompletedProcess[str]:
    requirements = [package.requirement for package in packages]
    if place is Place.NPM:
        options = ["--loglevel=error", "--no-audit", "--no-fund", "--save-exact"]
        return _call(
            ["npm", "install", *options, "--prefix", str(ENVIRONMENT / place), *requirements]
        )
    quiet = ["--quiet", "--disable-pip-version-check"]
    return _call([str(python_of(place)), "-m", "pip", "install", *quiet, *requirements])


def _list_versions(place: Place) -> dict[str, str]:
    """Give the version of each package in a place, by plain name."""
    if place is Place.NPM:
        result = _call(["npm", "ls", "--json", "--all", "--prefix", str(ENVIRONMENT / place)])
        listed = json.loads(result.stdout).get("dependencies", {})
        return {name: entry["version"] for name, entry in listed.items() if "version" in entry}
    arguments = ["list", "--format", "json", "--disable-pip-version-check"]
    result = _call([str(python_of(place)), "-m", "pip", *arguments])
    return {_plain(entry["name"]): entry["version"] for entry in json.loads(result.stdout)}


def _name_interpreter(place: Place) -> dict[str, str]:
    """Give the version of what runs a place's peers."""
    program = "node" if place is Place.NPM else str(python_of(place))
    name, version = Path(program).name, _call([program, "--version"]).stdout
    return {name: version.strip().removeprefix("v").removeprefix("Python ")}


def _plain(name: str) -> str:
    """Give a name as registries compare it."""
    return name.lower().replace("_", "-")


def _call(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def _find_reason(result: subprocess.CompletedProcess[str]) -> str:
    """Give the line that says why a command failed."""
    lines = (result.stderr or result.stdout).strip().splitlines()
    # npm ends with where its log is, after general advice; its second line is the reason.
    npm = [line for line in lines if line.startswith("npm error")]
    return (npm[1:2] or lines[-1:] or [f"exit code {result.returncode}"])[0]
