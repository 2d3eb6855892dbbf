"""Takes a folder; gives a record of all that the command line does with the projects of specs."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

from tests.corpus import specs
from tests.corpus.running import Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.corpus.running import Record

    Part = Callable[[Path, Path | None, Path | None], dict[str, Record]]

SHARE = range(4, specs.FAMILIES, 10)
"""The families that a usual run of the tests takes."""

SPOTS = 45


def good(folder: Path, python: Path | None, keep: Path | None) -> dict[str, Record]:
    """Record what is made of the specs that are right."""
    specs.write_good(folder / "good")
    runner = Runner(folder=folder / "good", python=python, keep=keep)
    runner.git("init", "-q")
    first(runner)
    _other_options(runner)
    _reports(runner)
    _spots(runner)
    _edits(runner)
    return runner.record


def share(folder: Path, python: Path | None) -> dict[str, Record]:
    """Record the first steps of :func:`good` for a few families."""
    specs.write_good(folder / "good", SHARE)
    runner = Runner(folder=folder / "good", python=python)
    runner.git("init", "-q")
    first(runner)
    return runner.record


def first(runner: Runner) -> None:
    """Record the outputs, and what is said of them."""
    runner.tell("generate", "generate", "--json", is_brief=True)
    runner.files("outputs")
    runner.tell("check", "check")
    runner.tell("check-json", "check", "--json")


def _other_options(runner: Runner) -> None:
    runner.say("again", "generate")
    some = [f"f{number:02}" for number in range(1, specs.FAMILIES, 6)]
    runs: dict[str, tuple[str, ...]] = {
        "profile": ("generate", "--profile", "ci", *some),
        "seed": ("generate", *some, "--profile", "other-seed"),
        "split": ("generate", *some[::3], "--split", "--seed", "9", "--count", "2"),
        "yaml": ("generate", *some, "--format", "yaml", "--count", "4"),
        "csv": ("generate", *some, "--format", "csv", "--count", "7"),
        "single": ("generate", *some[::3], "--output-format", "single"),
        "one": ("generate", "f01", "--model", "claim", "--scenario", "positive", "--jobs", "2"),
    }
    for name, words in runs.items():
        runner.tell(f"option-{name}", *words, "--json", "--out", f"out/{name}", is_brief=True)
        runner.files(f"option-{name}-files", f"out/{name}", is_brief=True)
    runner.say("stdout", "generate", *some[:3], "--stdout", "--format", "ndjson", "--count", "1")
    runner.say("stdout-one", "generate", "samples", "--scenario", "positive", "--stdout")
    runner.say("stdout-many", "generate", "samples", "f00", "--stdout")
    runner.say("unknown-suite", "generate", "f0x")
    runner.say("unknown-model", "generate", "--model", "Nope")
    runner.say("unknown-profile", "generate", "--profile", "nope")
    runner.say("unknown-format", "generate", "--format", "xml")


def _reports(runner: Runner) -> None:
    runner.tell("rules", "rules", "-v", is_brief=True)
    runner.tell("rules-json", "rules", "--json", is_brief=True)
    runner.say("rules-text", "rules", "f00")
    runner.tell("coverage-json", "coverage", "--json", is_brief=True)
    runner.say("coverage-text", "coverage", "f01")
    words = ("coverage", "f02", "-v", "--fail-under", "99")
    runner.tell("coverage-verbose", *words, is_brief=True)
    runner.tell("scenarios", "scenarios", "--list", is_brief=True)
    runner.say("scenarios-json", "scenarios", "--list", "--json", "--model", "Payer.1")
    runner.tell("plan-json", "plan", "f00", "f02", "--count", "2", "--json", is_brief=True)
    runner.say("plan-text", "plan", "f00", "--seed", "11")
    runner.say("plan-exit", "plan", "samples", "--exit-code")


def _spots(runner: Runner) -> None:
    """Record where single values come from, and single records."""
    chance = random.Random("spots")
    found = sorted((runner.folder / "mock_outputs").rglob("*.json"))
    for number, path in enumerate(chance.sample(found, SPOTS)):
        where = path.relative_to(runner.folder).as_posix()
        pointer = chance.choice(list(_pointers(json.loads(path.read_bytes()), "")))
        words = ("--json",) if number % 3 else ()
        runner.say(f"why-{number:02}", "why", f"{where}#{pointer}", *words)
        suite, _, scenario = (
            where.removeprefix("mock_outputs/").removesuffix(".json").partition("/")
        )
        if number % 3 == 0:
            address = f"{suite}/{scenario}"
            runner.say(f"record-{number:02}", "record", re.sub(r"/\d{6}$", "", address), "1")


def _pointers(data: object, above: str) -> Iterator[str]:
    items: dict[str, object] = {}
    if isinstance(data, dict):
        items = data
    elif isinstance(data, list):
        items = {str(at): item for at, item in enumerate(data)}
    for key, item in items.items():
        pointer = f"{above}/{key.replace('~', '~0').replace('/', '~1')}"
        yield pointer
        yield from _pointers(item, pointer)
    if not above:
        yield ""


def _edits(runner: Runner) -> None:
    """Record what follows edits of specs and of outputs."""
    for path in sorted((runner.folder / "specs").glob("f1?/s?/user_input.*")):
        new = path.read_bytes()
        for old, other in ((b"Chennai", b"Madurai"), (b'"TN"', b'"TX"'), (b'"A"', b'"AA"')):
            new = new.replace(old, other)
        new = re.sub(rb'(\$seed"?: ?)(\d)', rb"\g<1>7\2", new)
        path.write_bytes(new)
    runner.tell("edited-plan", "plan", "f10", "f11", "f12", "f13", is_brief=True)
    runner.say("edited-dry-run", "generate", "f10", "--dry-run")
    runner.tell("edited-check", "check", "f10", "f11")
    runner.tell("edited-generate", "generate", "--json", is_brief=True)
    runner.files("edited-outputs", is_brief=True)
    outputs = sorted((runner.folder / "mock_outputs").glob("f2?/s?/**/*.*son"))
    for number, path in enumerate(outputs[::9]):
        data = path.read_bytes()
        if number % 4 == 0:
            path.unlink()
        elif number % 4 == 1:
            path.write_bytes(data[: len(data) // 2])
        else:
            path.write_bytes(re.sub(rb'"([A-Z])', rb'"_\1', data, count=1) + b"\n" * (number % 2))
    specs.put(runner.folder, "mock_outputs/f20/s0/stranger.txt", "not ours\n")
    runner.tell("hand-check", "check")
    runner.tell("hand-generate", "generate")
    runner.tell("hand-generate-json", "generate", "--json", "f20", "f21")
    runner.files("hand-files", "mock_outputs", is_brief=True)
    runner.tell("hand-force-dry", "generate", "--force", "--dry-run", "f20")
    runner.tell("hand-force", "generate", "--force", "--json", is_brief=True)
    runner.files("hand-force-files", "mock_outputs", is_brief=True)
    runner.say("restore-list", "restore", "--list")
    runner.say("restore", "restore", "000001")


def faulty(folder: Path, python: Path | None, keep: Path | None) -> dict[str, Record]:
    """Record what is said of specs with faults."""
    specs.write_faulty(folder / "faulty")
    runner = Runner(folder=folder / "faulty", python=python, keep=keep)
    runner.tell("generate", "generate", is_brief=True)
    runner.files("outputs", is_brief=True)
    runner.tell("check", "check")
    runner.tell("check-json", "check", "--json")
    runner.tell("check-quiet", "check", "texts", "-q")
    runner.tell("plan", "plan", "masters", "side")
    runner.tell("rules", "rules", "mutated", is_brief=True)
    runner.tell("coverage", "coverage", "texts", "--json", is_brief=True)
    runner.tell("migrate", "migrate", "--check")
    runner.tell("stdout", "generate", "known", "--stdout", "--format", "ndjson", is_brief=True)
    return runner.record


def settings(folder: Path, python: Path | None, keep: Path | None) -> dict[str, Record]:
    """Record what is said of project files with faults."""
    specs.write_settings(folder / "settings")
    record: dict[str, Record] = {}
    for path in sorted((folder / "settings").iterdir()):
        runner = Runner(folder=path, python=python, keep=keep)
        runner.say("check", "check")
        runner.say("generate-json", "generate", "--json")
        record[path.name] = runner.record
    return record


def legacy(folder: Path, python: Path | None, keep: Path | None) -> dict[str, Record]:
    """Record what becomes of files of the earlier system."""
    specs.write_legacy(folder / "legacy")
    runner = Runner(folder=folder / "legacy", python=python, keep=keep)
    for path in sorted((runner.folder / "old").iterdir()):
        where, name = f"old/{path.name}", path.stem
        words = ("--config", where, "--stdout", "--format", "ndjson", "--count", "8")
        runner.say(f"{name}-legacy", "generate", "--legacy", *words)
        runner.say(f"{name}-config", "generate", *words)
        runner.say(f"{name}-migrate", "migrate", where, "--out", "specs", "--to", "yaml", "--json")
        runner.say(f"{name}-diff", "migrate", where, "--diff", "--report", "markdown")
    runner.files("specs", "specs")
    runner.say("generate", "generate", "--json")
    runner.files("outputs")
    both = ("--config", "old/model_x_user_input.json", "--master", "old/model_x_master.json")
    runner.say("with-master", "generate", *both, "--stdout", "--format", "ndjson")
    runner.say("enhanced", "generate", *both, "--enhanced", "--count", "2")
    runner.say("scenarios", "scenarios", "--all", *both, "--count", "2", "--output-dir", "out")
    runner.say("check-all", "migrate", "--check")
    return runner.record
