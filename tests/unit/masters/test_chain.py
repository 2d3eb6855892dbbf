"""Chains of ``$extends``: what is merged, which slot and policies hold, what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Severity
from mockgen_watch.masters.chain import OUTSIDE, resolve_chain
from mockgen_watch.spec.generators import RowField
from mockgen_watch.spec.model import ConflictPolicy, Leaf, find_shape
from tests.unit.masters.shapes import DELETED, Data, field, master_file, plain, policy, pool

if TYPE_CHECKING:
    from mockgen_watch.masters.chain import ChainResult, ResolvedMaster
    from mockgen_watch.spec.model import MasterFile

ROOT, MIDDLE, TOP = "specs/root.yaml", "specs/base/master.yaml", "specs/claims/master.yaml"


def resolve(*files: MasterFile) -> ChainResult:
    return resolve_chain(files[0].path, {file.path: file for file in files})


def resolved(*files: MasterFile) -> ResolvedMaster:
    result = resolve(*files)
    assert result.diagnostics == ()
    assert result.master is not None
    return result.master


def test_a_chain_is_merged_from_the_root_down() -> None:
    found = resolved(
        master_file({"p": {"c": 3, "b": 2}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"b": 1, "d": 4}}, path=MIDDLE, extends=ROOT),
        master_file({"p": {"a": 0, "b": 0}, "v": 1}, path=ROOT),
    )
    assert plain(found.shape) == {"p": {"a": 0, "b": 2, "d": 4, "c": 3}, "v": 1}
    assert list(plain(found.shape)["p"]) == ["a", "b", "d", "c"]
    assert found.files == (TOP, MIDDLE, ROOT)
    assert found.path == TOP


def test_each_leaf_keeps_the_file_that_states_it() -> None:
    found = resolved(
        master_file({"p": {"b": 2}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"a": 0, "b": 0}}, path=MIDDLE),
    )
    names = {}
    for key in ("a", "b"):
        leaf = find_shape(found.shape, ("p", key))
        assert leaf is not None
        names[key] = (leaf.origin.name, leaf.origin.location.path)
    assert names == {"a": (MIDDLE, MIDDLE), "b": (TOP, TOP)}


def test_a_key_that_a_nearer_file_deletes_is_gone() -> None:
    found = resolved(
        master_file({"p": {"b": DELETED}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"a": 0, "b": 0}}, path=MIDDLE),
    )
    assert plain(found.shape) == {"p": {"a": 0}}


def test_policies_and_conflicts_are_inherited_and_the_nearer_file_wins() -> None:
    found = resolved(
        master_file({"p": {}}, policy("x", "keep"), path=TOP, extends=MIDDLE),
        master_file(
            {"p": {"x": 1, "y": ["a"]}},
            policy("x", "replace"),
            policy("y", "append"),
            path=MIDDLE,
            on_conflict="keep",
        ),
    )
    assert [(item.path, item.kind.value) for item in found.policies] == [
        (("x",), "keep"),
        (("x",), "replace"),
        (("y",), "append"),
    ]
    assert found.on_conflict is ConflictPolicy.KEEP


def test_policies_hold_between_the_files_of_a_chain() -> None:
    found = resolved(
        master_file({"p": {"y": ["b"]}}, policy("y", "append"), path=TOP, extends=MIDDLE),
        master_file({"p": {"y": ["a"]}, "y": ["c"]}, path=MIDDLE),
    )
    assert plain(found.shape) == {"p": {"y": ["a", "b"]}, "y": ["c"]}


def test_files_of_a_chain_that_disagree_in_type_are_a_conflict() -> None:
    result = resolve(
        master_file({"p": {"y": "b"}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"y": 1}}, path=MIDDLE),
    )
    assert result.master is None
    assert [(item.code, item.location.path) for item in result.diagnostics] == [("MG304", TOP)]


@pytest.mark.parametrize(
    ("data", "slot", "expected"),
    [
        ({"p": {"a": 1}}, None, ("p",)),
        ({"v": 1, "l": [{"a": 1}], "p": {}}, None, ("p",)),
        ({"p": {"a": 1}, "q": {}}, ("q",), ("q",)),
        ({"p": {"q": {"a": 1}}}, ("p", "q"), ("p", "q")),
        ({"a": 1, "p": {}}, (), ()),
        ({}, (), ()),
    ],
)
def test_the_slot_is_the_one_named_or_the_only_mapping(
    data: Data, slot: tuple[str, ...] | None, expected: tuple[str, ...]
) -> None:
    assert resolved(master_file(data, slot=slot)).slot == expected


def test_a_slot_is_inherited() -> None:
    found = resolved(
        master_file({"q": {"a": 1}}, path=TOP, extends=MIDDLE),
        master_file({"p": {}}, path=MIDDLE, slot=("p",)),
    )
    assert found.slot == ("p",)


@pytest.mark.parametrize(
    ("data", "slot", "message", "hint"),
    [
        ({"p": {}, "q": {}}, None, '"p", "q"', "$slot: p"),
        ({"a": 1}, None, "no top-level key", '$slot: ""'),
        ({}, None, "no top-level key", '$slot: ""'),
        ({"profile": {}}, ("profil",), '"profil", which the master does not', '"profile"'),
        ({"a": 1, "p": {}}, ("a",), '"a", which is not a mapping', "one of p"),
        ({"p": {}}, ("p", "x"), '"p.x", which the master does not', ""),
    ],
)
def test_a_slot_that_is_not_clear_is_an_error(
    data: Data, slot: tuple[str, ...] | None, message: str, hint: str
) -> None:
    result = resolve(master_file(data, slot=slot))
    assert result.master is None
    assert [item.code for item in result.diagnostics] == ["MG303"]
    assert message in result.diagnostics[0].message
    assert hint in result.diagnostics[0].hint


def test_files_that_disagree_about_the_slot_are_a_conflict_alone() -> None:
    result = resolve(
        master_file({"p": 1}, path=TOP, extends=MIDDLE), master_file({"p": {}}, path=MIDDLE)
    )
    assert [item.code for item in result.diagnostics] == ["MG304"]


def test_a_slot_that_is_kept_in_a_conflict_stays_the_slot() -> None:
    found = resolved(
        master_file({"p": 1}, path=TOP, extends=MIDDLE, on_conflict="keep"),
        master_file({"p": {"a": 1}}, path=MIDDLE),
    )
    assert found.slot == ("p",)


def test_addresses_below_the_slot_are_those_of_a_record() -> None:
    rows = RowField(rows=pool({"city": "X"}), key="city", address=("top", "p", "home"))
    found = resolved(
        master_file(
            {"top": {"p": {"a": ["x"], "l": [{"b": 1}], "home": {"city": rows}}, "n": 1}, "v": 2},
            slot=("top", "p"),
        )
    )
    addresses = {}
    for path in (("top", "p", "a"), ("top", "p", "l", "b"), ("top", "n"), ("v",), ("top",)):
        shape = find_shape(found.shape, path)
        assert shape is not None
        addresses[".".join(path)] = shape.address
    assert addresses == {
        "top.p.a": ("a",),
        "top.p.l.b": ("l", "[]", "b"),
        "top.n": (OUTSIDE, "top", "n"),
        "v": (OUTSIDE, "v"),
        "top": (OUTSIDE, "top"),
    }
    city = find_shape(found.shape, ("top", "p", "home", "city"))
    assert isinstance(city, Leaf)
    assert isinstance(city.generator, RowField)
    assert city.generator.address == ("home",)


def test_the_id_of_a_key_in_the_slot_is_its_address() -> None:
    found = resolved(master_file({"p": field({"a": field(["x"], id="old")}, id="q")}))
    leaf = find_shape(found.shape, ("p", "a"))
    assert leaf is not None
    assert leaf.address == ("old",)


def test_a_whole_master_as_slot_keeps_its_addresses() -> None:
    found = resolved(master_file({"a": ["x"]}, slot=()))
    leaf = find_shape(found.shape, ("a",))
    assert leaf is not None
    assert leaf.address == ("a",)


def test_a_missing_parent_is_an_error_and_an_input() -> None:
    other = "specs/bases/master.yaml"
    files = {TOP: master_file({"p": {}}, path=TOP, extends=MIDDLE), other: None}
    result = resolve_chain(TOP, files)
    assert result.master is None
    assert result.missing == (MIDDLE,)
    assert [(item.code, item.location.path) for item in result.diagnostics] == [("MG301", TOP)]
    assert result.diagnostics[0].hint == f'did you mean "{other}"?'


@pytest.mark.parametrize(
    ("links", "circle"),
    [
        ({TOP: TOP}, f"{TOP} → {TOP}"),
        ({TOP: MIDDLE, MIDDLE: TOP}, f"{TOP} → {MIDDLE} → {TOP}"),
        ({TOP: MIDDLE, MIDDLE: ROOT, ROOT: MIDDLE}, f"{MIDDLE} → {ROOT} → {MIDDLE}"),
    ],
)
def test_a_circle_is_named_in_full(links: dict[str, str], circle: str) -> None:
    files = {path: master_file({}, path=path, extends=to) for path, to in links.items()}
    result = resolve_chain(TOP, files)
    assert result.master is None
    assert [item.code for item in result.diagnostics] == ["MG302"]
    assert result.diagnostics[0].message.endswith(circle)
    assert set(result.files) == set(links)


def test_a_parent_that_could_not_be_read_stops_the_chain_without_a_second_finding() -> None:
    files = {TOP: master_file({"p": {}}, path=TOP, extends=MIDDLE), MIDDLE: None}
    result = resolve_chain(TOP, files)
    assert (result.master, result.diagnostics, result.files) == (None, (), (TOP, MIDDLE))


def test_a_policy_for_no_field_of_the_master_is_an_error_with_the_near_name() -> None:
    result = resolve(master_file({"p": {"tags": ["a"]}}, policy("tagz", "append")))
    assert [(item.code, item.hint) for item in result.diagnostics] == [
        ("MG305", 'did you mean "tags"?')
    ]


def test_a_misspelt_policy_of_an_extended_master_is_an_error_too() -> None:
    result = resolve(
        master_file({"p": {"b": 2}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"payer": {"id": 0}}}, policy("payr.id", "keep"), path=MIDDLE),
    )
    assert [(item.severity, item.hint) for item in result.diagnostics] == [
        (Severity.ERROR, 'did you mean "payer"?')
    ]


def test_a_policy_that_only_some_children_can_use_is_a_warning() -> None:
    result = resolve(
        master_file({"p": {"b": 2}}, path=TOP, extends=MIDDLE),
        master_file({"p": {"a": 0}}, policy("tags", "append"), path=MIDDLE),
    )
    assert result.master is not None
    assert [item.severity for item in result.diagnostics] == [Severity.WARNING]
