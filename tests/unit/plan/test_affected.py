"""Which suites a change reaches: through masters, parents, vocabularies and what is missing."""

from __future__ import annotations

import pytest

from mockgen_watch.plan.model import InputGraph

CLAIMS, MEMBERS, ALONE = (f"specs/{name}/user_input.yaml" for name in ("claims", "members", "x"))
GRAPH = InputGraph(
    requirements={
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
    assert GRAPH.affected_suites(changed) == suites


def test_a_circle_of_files_ends() -> None:
    graph = InputGraph(
        requirements={"a": frozenset({"b"}), "b": frozenset({"a"})}, suites={"a": "A", "b": "B"}
    )
    assert graph.affected_suites(["a"]) == ("A", "B")
