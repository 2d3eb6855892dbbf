"""The list of peers is read, and a peer without its package is named."""

from __future__ import annotations

import pytest

from benchmarks.commands import PEERS, find_unavailable
from benchmarks.environment import PEERS_FILE, Environment, Place, read_packages
from benchmarks.targets import RATIOS


def test_a_line_is_place_package_and_version() -> None:
    packages = read_packages("# peers\n\npython  Faker  40.0  # why\nnpm @faker-js/faker 10.6.0\n")
    assert [package.requirement for package in packages] == [
        "Faker==40.0",
        "@faker-js/faker@10.6.0",
    ]
    assert [package.place for package in packages] == [Place.PYTHON, Place.NPM]


@pytest.mark.parametrize("line", ["python Faker", "elsewhere Faker 40.0", "python Faker 40.0 new"])
def test_a_line_of_another_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|elsewhere"):
        read_packages(line)


def test_every_package_that_a_peer_needs_is_pinned() -> None:
    pinned = {(package.place, package.name) for package in read_packages(PEERS_FILE.read_text())}
    needed = {(peer.place, name) for peer in PEERS for name in peer.needs}
    assert needed <= pinned


def test_a_peer_without_its_package_is_named_with_the_reason() -> None:
    unavailable = find_unavailable(Environment(missing={"polars": "no such release"}))
    assert unavailable["polars"] == "polars: no such release"
    assert "json" not in unavailable


def test_targets_are_for_peers_that_exist() -> None:
    assert {key for ratios in RATIOS.values() for key in ratios} <= {peer.key for peer in PEERS}
