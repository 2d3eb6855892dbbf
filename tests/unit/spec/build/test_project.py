"""The project file and its profiles."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockgen_watch.spec.build.project import (
    LogFormat,
    LogLevel,
    LogSettings,
    Project,
    apply_profile,
    build_project,
)
from mockgen_watch.spec.model import ConflictPolicy, Layout, OutputOptions
from tests.unit.spec.reading import FORMATS, document_of

PATH = "specs/mockgen.yaml"


def project_of(text: str) -> Project:
    project, found = build_project(document_of(text, PATH), FORMATS)
    assert found == []
    return project


def test_an_empty_project_has_the_defaults() -> None:
    assert project_of("{}") == Project(path=PATH)


def test_everything_can_be_said() -> None:
    text = """\
seed: 7
count: 10
output: {format: csv, layout: split}
on_conflict: keep
outputs: fixtures//made
log: {level: debug, format: json, file: logs/run.log}
plugins: [a_B, b, A.b]
"""
    project = project_of(text)
    assert [plugin.name for plugin in project.plugins] == ["a-b", "b"]
    assert replace(project, plugins=()) == Project(
        path=PATH,
        seed=7,
        count=10,
        output=OutputOptions(format="csv", layout=Layout.SPLIT),
        on_conflict=ConflictPolicy.KEEP,
        outputs="fixtures/made",
        log=LogSettings(level=LogLevel.DEBUG, format=LogFormat.JSON, file="logs/run.log"),
    )


def test_a_profile_overrides_what_it_names() -> None:
    text = "{seed: 7, output: {indent: 4}, profiles: {ci: {count: 9, output: {layout: split}}}}"
    project = project_of(text)
    profile = project.profile("ci")
    assert profile is not None
    applied = apply_profile(project, profile)
    assert (applied.seed, applied.count) == (7, 9)
    assert applied.output == OutputOptions(layout=Layout.SPLIT, options=(("indent", 4),))
    assert project.profile("x") is None


def test_a_profile_may_have_a_folder_and_a_format_of_its_own() -> None:
    project = project_of(
        "{output: {layout: split}, profiles: {load: {format: csv, outputs: made/load}}}"
    )
    profile = project.profile("load")
    assert profile is not None
    applied = apply_profile(project, profile)
    assert applied.outputs == "made/load"
    assert applied.output == OutputOptions(format="csv", layout=Layout.SPLIT)
    assert project.outputs == "mock_outputs"


@pytest.mark.parametrize(
    ("profile", "code"),
    [
        ("{outputs: specs/made}", "MG601"),
        ("{outputs: specs}", "MG601"),
        ("{outputs: mock_outputs/load}", "MG601"),
        ("{outputs: ../x}", "MG601"),
        ("{format: csv, output: json}", "MG601"),
        ("{format: {layout: split}}", "MG202"),
        ("{output: {layout: split}, path: x}", "MG227"),
    ],
)
def test_a_profile_is_checked(profile: str, code: str) -> None:
    _, found = build_project(document_of(f"profiles: {{load: {profile}}}", PATH), FORMATS)
    assert [item.code for item in found] == [code]


@pytest.mark.parametrize("folder", ["../x", "/x", "x/../..", "a\\b", "", "."])
def test_folders_stay_inside_the_project(folder: str) -> None:
    project, found = build_project(document_of(f"outputs: '{folder}'", PATH), FORMATS)
    assert [item.code for item in found] == ["MG601"]
    assert project.outputs == "mock_outputs"


def test_what_is_wrong_leaves_the_default() -> None:
    project, found = build_project(document_of("{seed: x, count: 5, contract: 1}", PATH), FORMATS)
    assert (project.seed, project.count) == (0, 5)
    assert [item.code for item in found] == ["MG202", "MG601"]


def test_without_formats_any_name_is_taken() -> None:
    project, found = build_project(document_of("output: {format: acme, x: 1}", PATH))
    assert found == []
    assert project.output == OutputOptions(format="acme", options=(("x", 1),))
