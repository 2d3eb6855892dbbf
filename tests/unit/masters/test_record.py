"""A record over its master: the slot, ``$to``, templates, names, and what is suggested."""

from __future__ import annotations

import pytest

from mockgen_watch.masters.chain import ResolvedMaster
from mockgen_watch.masters.record import merge_record
from mockgen_watch.spec.generators import Template
from mockgen_watch.spec.model import Leaf, OriginKind, find_shape, walk_leaves
from tests.unit.masters.shapes import (
    DELETED,
    Data,
    array,
    field,
    master,
    plain,
    policy,
    record,
    template,
)

PROFILE = {"version": 2, "profile": {"state": "NY", "zip": 10001, "payer": {"id": "P-1"}}}


def merged(lower: ResolvedMaster | None, upper: Data) -> tuple[Data, list[str]]:
    result = merge_record(lower, record(upper))
    return plain(result.shape), [item.code for item in result.diagnostics]


def test_the_record_goes_to_the_slot_and_the_rest_of_the_master_stays() -> None:
    result, found = merged(master(PROFILE), {"state": ["CA", "TX"], "city": "X"})
    assert found == []
    assert result == {
        "version": 2,
        "profile": {"state": ["CA", "TX"], "zip": 10001, "payer": {"id": "P-1"}, "city": "X"},
    }
    assert list(result["profile"]) == ["state", "zip", "payer", "city"]


def test_a_record_without_a_master_stays_as_it_is() -> None:
    shape = record({"a": 1, "b": {"c": ["x"]}})
    result = merge_record(None, shape)
    assert result.shape == shape
    assert (result.slot, result.moves, result.diagnostics) == ((), (), ())


def test_each_leaf_knows_where_it_came_from() -> None:
    result = merge_record(master(PROFILE), record({"state": "CA"}))
    kinds = {".".join(path): leaf.origin.kind for path, leaf in walk_leaves(result.shape)}
    assert kinds == {
        "version": OriginKind.MASTER,
        "profile.state": OriginKind.MODEL,
        "profile.zip": OriginKind.MASTER,
        "profile.payer.id": OriginKind.MASTER,
    }


def test_a_field_has_one_address_with_and_without_a_master() -> None:
    with_master = merge_record(master(PROFILE), record({"state": ["CA"]})).shape
    alone = merge_record(None, record({"state": ["CA"]})).shape
    found = find_shape(with_master, ("profile", "state"))
    other = find_shape(alone, ("state",))
    assert found is not None
    assert other is not None
    assert found.address == other.address == ("state",)


def test_policies_of_the_master_meet_the_record() -> None:
    lower = master(
        {"p": {"l": [{"a": 1}], "q": {"t": ["x"]}}}, policy("l", "append"), policy("q.t", "union")
    )
    result, found = merged(lower, {"l": array(1, 3, {"b": 2}), "q": {"t": ["x", "y"]}})
    assert found == []
    assert result == {"p": {"l": [{"a": 1}, (1, 3, {"b": 2})], "q": {"t": ["x", "y"]}}}


def test_the_whole_master_can_be_the_slot() -> None:
    assert merged(master({"a": 1, "b": {}}, slot=()), {"a": 2})[0] == {"a": 2, "b": {}}


def test_a_deleted_key_of_the_master_is_not_written() -> None:
    assert merged(master(PROFILE), {"zip": DELETED, "payer": {"id": DELETED}})[0] == {
        "version": 2,
        "profile": {"state": "NY", "payer": {}},
    }


# $to


@pytest.mark.parametrize(
    ("upper", "expected"),
    [
        ({"st": field("CA", to=("state",))}, {"state": "CA", "zip": 10001, "payer": {"id": "P-1"}}),
        (
            {"pid": field("P-2", to=("payer", "id"))},
            {"state": "NY", "zip": 10001, "payer": {"id": "P-2"}},
        ),
        (
            {"pid": field("P-2", to=("payer", "deep", "id"))},
            {"state": "NY", "zip": 10001, "payer": {"id": "P-1", "deep": {"id": "P-2"}}},
        ),
        (
            {"o": {"s": field("CA", to=("state",)), "k": 1}},
            {"state": "CA", "zip": 10001, "payer": {"id": "P-1"}, "o": {"k": 1}},
        ),
        (
            {"o": {"s": field("CA", to=("state",))}},
            {"state": "CA", "zip": 10001, "payer": {"id": "P-1"}},
        ),
        (
            {"o": field({"name": "N"}, to=("payer",)), "payer": {"id": "P-3"}},
            None,
        ),
        (
            {"o": field({"name": "N"}, to=("payer",))},
            {"state": "NY", "zip": 10001, "payer": {"id": "P-1", "name": "N"}},
        ),
        (
            {"x": field("a", to=("payer", "name")), "payer": {"id": "P-3"}},
            {"state": "NY", "zip": 10001, "payer": {"id": "P-3", "name": "a"}},
        ),
        (
            {"l": [{"old": field("a", to=("new",)), "b": 1}]},
            {"state": "NY", "zip": 10001, "payer": {"id": "P-1"}, "l": [{"new": "a", "b": 1}]},
        ),
        (
            {"l": array(1, 2, {"old": field("a", to=("o", "new"))})},
            {
                "state": "NY",
                "zip": 10001,
                "payer": {"id": "P-1"},
                "l": [(1, 2, {"o": {"new": "a"}})],
            },
        ),
        (
            {"empty": {}, "s": field("CA", to=("state",))},
            {"state": "CA", "zip": 10001, "payer": {"id": "P-1"}, "empty": {}},
        ),
    ],
)
def test_to_moves_a_field(upper: Data, expected: Data) -> None:
    result, found = merged(master(PROFILE), upper)
    if expected is None:
        assert found == ["MG309"]
    else:
        assert found == []
        assert result["profile"] == expected


def test_a_moved_field_keeps_its_address() -> None:
    shape = merge_record(master(PROFILE), record({"st": field(["CA"], to=("state",))})).shape
    found = find_shape(shape, ("profile", "state"))
    assert found is not None
    assert found.address == ("st",)


def test_moves_are_told() -> None:
    upper = {"o": {"s": field("CA", to=("state",))}, "l": [{"x": field("a", to=("y",))}]}
    result = merge_record(master(PROFILE), record(upper))
    assert result.moves == ((("o", "s"), ("state",)), (("l", "x"), ("l", "y")))


@pytest.mark.parametrize(
    "upper",
    [
        {"a": field("x", to=("state",)), "state": "CA"},
        {"state": "CA", "a": field("x", to=("state",))},
        {"a": field("x", to=("state",)), "b": field("y", to=("state",))},
        {"a": field("x", to=("o", "p")), "o": "leaf"},
        {"o": "leaf", "a": field("x", to=("o", "p"))},
        {"l": [{"a": field("x", to=("b",)), "b": 1}]},
    ],
)
def test_two_fields_on_one_path_are_an_error_with_both_places(upper: Data) -> None:
    found = merge_record(master(PROFILE), record(upper)).diagnostics
    assert [item.code for item in found] == ["MG309"]
    places = {found[0].location, *(item.location for item in found[0].related)}
    assert len(places) == 2


def test_to_below_a_scalar_of_the_master_is_a_conflict() -> None:
    assert merged(master(PROFILE), {"a": field("x", to=("state", "code"))})[1] == ["MG304"]


# templates


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("first",), ("profile", "person", "given")),
        (("person", "given"), ("profile", "person", "given")),
        (("state",), ("profile", "state")),
        (("payer", "id"), ("profile", "payer", "id")),
        (("version",), ("version",)),
    ],
)
def test_a_template_of_the_record_leads_to_where_the_field_is_written(
    path: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    upper = {"first": field("A", to=("person", "given")), "t": template("x", path)}
    result = merge_record(master(PROFILE), record(upper))
    assert result.diagnostics == ()
    leaf = find_shape(result.shape, ("profile", "t"))
    assert isinstance(leaf, Leaf)
    assert leaf.generator == template("x", expected)


def test_a_template_of_the_master_names_fields_of_the_slot_or_of_the_whole() -> None:
    data = {"id": 1, "p": {"id": 2, "t": template(("id",), ("top",))}, "top": template(("id",))}
    result = merge_record(master(data), record({}))
    assert result.diagnostics == ()
    paths = {
        ".".join(path): [part.path for part in leaf.generator.parts]
        for path, leaf in walk_leaves(result.shape)
        if isinstance(leaf.generator, Template)
    }
    assert paths == {"p.t": [("p", "id"), ("top",)], "top": [("id",)]}


@pytest.mark.parametrize(
    ("upper", "code", "hint"),
    [
        ({"t": template(("stat",))}, "MG203", 'did you mean "state"?'),
        ({"t": template(("payer", "ids"))}, "MG203", 'did you mean "id"?'),
        ({"t": template(("payr", "id"))}, "MG203", 'did you mean "payer"?'),
        ({"t": template(("payer",))}, "MG218", ""),
        ({"t": template(("l", "a")), "l": [{"a": 1}]}, "MG218", ""),
        ({"k": [{"t": template(("l", "a"))}], "l": [{"a": 1}]}, "MG218", ""),
        ({"zip": DELETED, "t": template(("zip",))}, "MG203", ""),
    ],
)
def test_a_template_that_leads_nowhere_is_an_error(upper: Data, code: str, hint: str) -> None:
    found = merge_record(master(PROFILE), record(upper)).diagnostics
    assert [(item.code, item.hint) for item in found] == [(code, hint)]


@pytest.mark.parametrize(
    ("lower", "upper", "circle"),
    [
        ({"a": template(("b",))}, {"b": template("x", ("a",))}, "s.a → s.b → s.a"),
        ({"a": template(("a",))}, {}, "s.a → s.a"),
        (
            {"a": template(("b",)), "c": template(("a",))},
            {"b": template(("c",)), "d": template(("a",))},
            "s.a → s.b → s.c → s.a",
        ),
    ],
)
def test_templates_of_master_and_record_that_name_each_other_are_an_error(
    lower: Data, upper: Data, circle: str
) -> None:
    found = merge_record(master({"s": lower}), record(upper)).diagnostics
    assert [(item.code, item.message) for item in found] == [
        ("MG215", f"these fields depend on each other in a circle: {circle}")
    ]


def test_a_template_of_an_element_names_fields_of_the_element() -> None:
    upper = {"l": [{"a": 1, "t": template(("l", "a"))}]}
    assert merge_record(master(PROFILE), record(upper)).diagnostics == ()


# names and suggestions


def test_keys_of_master_and_record_that_differ_in_case_collide() -> None:
    found = merge_record(master(PROFILE), record({"payer": {"ID": "x"}})).diagnostics
    assert [item.code for item in found] == ["MG209"]
    assert found[0].hint == 'use the spelling of the master, or map it with $to: "payer.id"'


@pytest.mark.parametrize(
    ("lower", "upper", "hints"),
    [
        ({"SRVC_FROM_DT": "x"}, {"srvc_from_date": "y"}, ["SRVC_FROM_DT"]),
        ({"o": {"lastName": "x"}}, {"o": {"LST_NME": "y"}}, ["o.lastName"]),
        ({"l": [{"proc_cd": 1}]}, {"l": [{"procedure_code": 1}]}, ["proc_cd"]),
        ({"l": [{"proc_cd": 1}]}, {"l": [{"PROC_CD": 1}]}, ["proc_cd"]),
        ({"l": [{"a_dt": 1}]}, {"l": array(1, 2, {"a_date": 1})}, ["a_dt"]),
        ({"amount.due": "x"}, {"due_amt": "y"}, ["/amount.due"]),
        ({"address": "x"}, {"adress": "y"}, ["address"]),
        # the master's key is filled, or the field has its own counterpart
        ({"a_dt": "x"}, {"a_dt": "y", "a_date": "z"}, []),
        ({"a_dt": "x", "a_date": "y"}, {"a_date": "z"}, []),
        # other things
        ({"first_proc_cd": "x"}, {"last_proc_cd": "y"}, []),
        ({"city": "x"}, {"cite": "y"}, []),
        ({"address1": "x"}, {"address2": "y"}, []),
        ({"a_dt": "x"}, {"a_date": {"b": 1}}, []),
        ({"mail_id": "x"}, {"email": "y"}, []),
    ],
)
def test_a_field_without_counterpart_is_mapped_to_the_near_one(
    lower: Data, upper: Data, hints: list[str]
) -> None:
    found = merge_record(master({"s": lower}), record(upper)).diagnostics
    assert [item.code for item in found] == ["MG307"] * len(hints)
    assert [item.hint.rpartition("$to: ")[2] for item in found] == hints
    assert all(item.severity.value == "note" for item in found)


def test_a_master_whose_slot_is_no_object_is_refused() -> None:
    lower = master(PROFILE)
    broken = ResolvedMaster(
        path=lower.path,
        files=lower.files,
        shape=lower.shape,
        slot=("version",),
        policies=(),
        on_conflict=lower.on_conflict,
    )
    with pytest.raises(ValueError, match="not an object"):
        merge_record(broken, record({}))
