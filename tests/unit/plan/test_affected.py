"""Which suites a change reaches: through masters, parents, vocabularies and what is missing."""

from __future__ import annotations

import pytest

from mockgen_watch.plan.affected import (
    InputGraph,
    affected_files,
    affected_suites,
    suite_needs,
)
from mockgen_watch.plan.model import SuiteSource
from mockgen_watch.spec.generators import Reference
from tests.unit.masters.shapes import master, model, scenario, user_input

CLAIMS, MEMBERS, ALONE = (f"specs/{name}/user_input.yaml" for name in ("claims", "members", "x"))
GRAPH = InputGraph(
    needs={
        CLAIMS: frozenset({"specs/claims/master.yaml", MEMBERS, "specs/_vocab/code.yaml"}),
        "specs/claims/master.yaml": frozenset({"specs/base/master.yaml"}),
        MEMBERS: frozenset({"specs/members/master.yaml", "specs/master.yaml"}),
    },
    suites={CLAIMS: "claims", MEMBERS: "members", ALONE: "x"},
)


@pytest.mark.parametrize(
    ("changed", "suites"),
    [
        ([], ()),
        ([CLAIMS], ("claims",)),
        ([ALONE], ("x",)),
        (["specs/base/master.yaml"], ("claims",)),
        (["specs/_vocab/code.yaml"], ("claims",)),
        ([MEMBERS], ("claims", "members")),
        # no such file yet: it appears
        (["specs/members/master.yaml"], ("claims", "members")),
        (["specs/unknown.yaml", "README.md"], ()),
        # folders that were moved or deleted
        (["specs/members"], ("claims", "members")),
        (["specs/members/"], ("claims", "members")),
        (["specs"], ("claims", "members", "x")),
        (["spec"], ()),
    ],
)
def test_a_change_reaches_all_that_need_it(changed: list[str], suites: tuple[str, ...]) -> None:
    assert affected_suites(GRAPH, changed) == suites


def test_the_files_between_are_affected_too() -> None:
    assert affected_files(GRAPH, ["specs/base/master.yaml"]) == {
        "specs/base/master.yaml",
        "specs/claims/master.yaml",
        CLAIMS,
    }


def test_a_circle_of_files_ends() -> None:
    graph = InputGraph(
        needs={"a": frozenset({"b"}), "b": frozenset({"a"})}, suites={"a": "A", "b": "B"}
    )
    assert affected_suites(graph, ["a"]) == ("A", "B")


def test_what_needed_a_file_a_moment_ago_is_affected_by_it() -> None:
    now = InputGraph(needs={ALONE: frozenset()}, suites={ALONE: "x"})
    assert affected_suites(now, ["specs/base/master.yaml"]) == ()
    assert affected_suites(GRAPH.joined(now), ["specs/base/master.yaml"]) == ("claims",)


def test_a_suite_needs_its_master_its_inputs_its_parents_and_what_is_missing() -> None:
    def ref(suite: str) -> Reference:
        return Reference(suite=suite, model="P", path=("id",))

    subject = model(
        "A", {"a": ref("members"), "own": ref("claims")}, scenario("s", {"b": ref("gone")})
    )
    source = SuiteSource(
        suite="claims",
        user_input=user_input(subject, path=CLAIMS),
        master=master({"s": {"c": ref("base"), "d": ref("")}}),
        inputs=("specs/mockgen.yaml",),
    )
    needs = suite_needs(
        source, ("specs/claims/master.yaml",), lambda suite: (f"specs/{suite}/user_input.yaml",)
    )
    assert needs == {
        "specs/master.yaml",
        "specs/mockgen.yaml",
        "specs/claims/master.yaml",
        "specs/members/user_input.yaml",
        "specs/gone/user_input.yaml",
        "specs/base/user_input.yaml",
    }
