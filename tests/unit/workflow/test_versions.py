"""The next version, invented: every kind of file of a real project goes there, all or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.cli.main import main
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.lock.lockfile import read_lockfile
from mockgen_watch.migrations.migrate import Chain, FileKind, MigrationOptions, read_document
from mockgen_watch.spec.build.reader import Build, Entry
from mockgen_watch.spec.build.user_input import read_version
from mockgen_watch.spec.document import MappingNode
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.migrate import (
    CHAIN,
    MigrationRequest,
    carry_out,
    plan_migration,
    problems_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from mockgen_watch.spec.document import Document

PROJECT = "# ours\nseed: 7\noutputs: made\n"
SPEC = "Model_1:\n   # a code\n   code:   {$pattern: '[A-Z]{3}'}   # three\n"
MASTER = '{\n\t"$slot": "p",\n\t"p": {"x": 1}\n}\n'
ASKED = MigrationRequest(files=(), options=MigrationOptions())


def renames(old: str, new: str) -> Callable[[Document], str]:
    return lambda document: document.text.replace(old, new)


def read_as_next(kind: FileKind, document: Document) -> Sequence[Diagnostic]:
    """Read what the invented version 3 has: what version 1 has, under other names."""
    text = document.text.replace("$regex", "$pattern").replace("$place", "$slot")
    text = text.replace("start: 7", "seed: 7").replace('"$version": 3', '"$version": 1')
    text = text.replace("$version: 3", "$version: 1").replace("entries", "outputs")
    return problems_of(kind, read_document(document.path, text.encode(), kind))


NEXT = Chain(
    steps={
        (FileKind.USER_INPUT, 1): renames("$pattern", "$expression"),
        (FileKind.USER_INPUT, 2): renames("$expression", "$regex"),
        (FileKind.MASTER, 2): renames("$slot", "$place"),
        (FileKind.PROJECT, 1): renames("seed:", "start:"),
        (FileKind.LOCKFILE, 3): renames('"outputs": {', '"entries": {'),
    },
    newest={
        FileKind.USER_INPUT: 3,
        FileKind.MASTER: 3,
        FileKind.PROJECT: 3,
        FileKind.LOCKFILE: 4,
    },
    check=lambda kind, document: () if kind is FileKind.LOCKFILE else read_as_next(kind, document),
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs" / "m").mkdir(parents=True)
    (tmp_path / "specs" / "mockgen.yaml").write_text(PROJECT)
    (tmp_path / "specs" / "m" / "user_input.yaml").write_text(SPEC)
    (tmp_path / "specs" / "m" / "master.json").write_text(MASTER)
    assert main(["-C", str(tmp_path), "-q", "generate"]) == 0
    return tmp_path


def texts(project: Path) -> dict[str, str]:
    specs = ("mockgen.yaml", "m/user_input.yaml", "m/master.json")
    names = (*(f"specs/{name}" for name in specs), "made/m/mockgen.lock")
    return {name: (project / name).read_text() for name in names}


def test_every_kind_of_file_goes_through_the_chain_and_differs_where_it_must(
    project: Path,
) -> None:
    before = texts(project)
    carry_out(plan_migration(project, ASKED, NEXT))
    assert texts(project) == {
        "specs/mockgen.yaml": "# ours\n$version: 3\nstart: 7\noutputs: made\n",
        "specs/m/user_input.yaml": "$version: 3\n" + SPEC.replace("$pattern", "$regex"),
        "specs/m/master.json": '{\n\t"$version": 3,\n\t"$place": "p",\n\t"p": {"x": 1}\n}\n',
        "made/m/mockgen.lock": before["made/m/mockgen.lock"]
        .replace('"lock_version": 3', '"lock_version": 4')
        .replace('"outputs"', '"entries"'),
    }
    assert not plan_migration(project, ASKED, NEXT).has_changes
    saved = {path.read_text() for path in (project / ".mockgen" / "backups").glob("*/bytes")}
    assert saved == set(before.values())


def test_a_file_in_the_middle_of_the_chain_goes_on_from_there(project: Path) -> None:
    path = project / "specs" / "m" / "user_input.yaml"
    path.write_text("$version: 2  # two\n" + SPEC.replace("$pattern", "$expression"))
    plan = plan_migration(project, ASKED, NEXT)
    versions = {file.source: file.migration.versions for file in plan.files}
    assert versions["specs/m/user_input.yaml"] == (2, 3)
    carry_out(plan)
    assert path.read_text() == "$version: 3  # two\n" + SPEC.replace("$pattern", "$regex")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("specs/mockgen.yaml", "$version: 4\noutputs: made\n"),
        ("specs/m/master.json", '{"$version": 4}'),
        ("made/m/mockgen.lock", '{\n  "lock_version": 5\n}\n'),
    ],
)
def test_a_file_of_a_version_that_is_not_known_keeps_all_as_they_are(
    name: str, text: str, project: Path
) -> None:
    (project / name).write_text(text)
    plan = plan_migration(project, ASKED, NEXT)
    assert plan.has_failed
    (file,) = [one for one in plan.files if one.migration.has_failed]
    assert (file.source, file.migration.diagnostics[-1].code) == (name, "MG226")


def test_a_lockfile_that_nobody_can_read_is_left_to_generate(project: Path) -> None:
    (project / "made" / "m" / "mockgen.lock").write_text("<<<<<<< ours\n")
    plan = plan_migration(project, ASKED, NEXT)
    assert "made/m/mockgen.lock" not in {file.source for file in plan.files}


def test_files_of_this_version_stay_and_are_not_listed(project: Path) -> None:
    before = texts(project)
    plan = plan_migration(project, ASKED)
    assert not plan.has_changes
    listed = [file.source for file in plan.files]
    assert listed == ["specs/m/master.json", "specs/m/user_input.yaml"]
    assert texts(project) == before


def test_files_that_are_named_are_told_of(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ("specs/mockgen.yaml", "made/m/mockgen.lock")
    assert main(["-C", str(project), "migrate", "--check", *words]) == 0
    assert capfd.readouterr().out == (
        "unchanged  specs/mockgen.yaml  (a project file)\n"
        "unchanged  made/m/mockgen.lock  (a lockfile)\n"
        "2 files: 0 migrated, 2 unchanged, 0 failed\n"
    )


WRONG = {
    FileKind.USER_INPUT: ("u.yaml", "M: {a: []}\n"),
    FileKind.MASTER: ("m.yaml", "p: {a: []}\n"),
    FileKind.PROJECT: ("mockgen.yaml", "sead: 1\n"),
    FileKind.LOCKFILE: ("mockgen.lock", '{"lock_version": 3}'),
}
RIGHT = {
    FileKind.USER_INPUT: ("u.yaml", "M: {a: [1]}\n"),
    FileKind.MASTER: ("m.yaml", "p: {a: 1}\n"),
    FileKind.PROJECT: ("mockgen.yaml", "seed: 1\n"),
}


@pytest.mark.parametrize("kind", FileKind)
def test_what_a_step_has_made_is_read_by_the_reader_of_its_kind(
    kind: FileKind, project: Path
) -> None:
    path, text = WRONG[kind]
    assert problems_of(kind, read_document(path, text.encode(), kind))
    lock = (project / "made" / "m" / "mockgen.lock").read_text()
    path, text = RIGHT.get(kind, ("mockgen.lock", lock))
    assert not problems_of(kind, read_document(path, text.encode(), kind))
    newest = CHAIN.newest_of(kind)
    steps = {(kind, newest): renames(text, WRONG[kind][1])}
    bad = replace(CHAIN, newest={kind: newest + 1}, steps=steps)
    root = project / "specs" / "m"
    (root / "user_input.yaml").write_text(RIGHT[FileKind.USER_INPUT][1])
    (root / "master.json").write_text(MASTER)
    (project / "specs" / "mockgen.yaml").write_text(RIGHT[FileKind.PROJECT][1] + "outputs: made\n")
    assert plan_migration(project, ASKED, bad).has_failed


@pytest.mark.parametrize("version", [1, 3])
def test_an_older_file_is_told_to_migrate_a_newer_one_to_update(version: int) -> None:
    root = parse("u.yaml", f"$version: {version}\n".encode()).root
    assert isinstance(root, MappingNode)
    document = parse("u.yaml", f"$version: {version}\n".encode())
    build = Build(document)
    site = Entry(build=build, node=root).get("$version")
    read_version(site, newest=2)
    (told,) = build.diagnostics.sorted()
    is_older = version == 1
    assert ("run mockgen-watch migrate to bring it to version 2" in (told.hint or "")) is is_older


def test_a_newer_lockfile_is_told_to_update(project: Path) -> None:
    text = (project / "made" / "m" / "mockgen.lock").read_bytes()
    found = read_lockfile(text.replace(b'"lock_version": 3', b'"lock_version": 4'), "l", "specs/m")
    assert isinstance(found, Diagnostic)
    assert found.hint == "update mockgen-watch"
