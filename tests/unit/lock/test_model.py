"""The lockfile's text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.lock.lockfile import (
    LockedOutput,
    Lockfile,
    absent_digest,
    is_absent,
    is_same_lock,
    made_from,
    read_lockfile,
    upgrade_text,
    with_digests,
    write_lockfile,
)
from mockgen_watch.plan import METHODS
from mockgen_watch.spec.model import Layout
from tests.unit.lock.suites import key_of

PATH = "mock_outputs/claims/mockgen.lock"
FOLDER = "specs/claims"
OUTPUT = LockedOutput(
    key=key_of("key"),
    model="Model_1",
    scenario="positive",
    format="json",
    layout=Layout.SPLIT,
    records=2,
    files={
        "Model_1/positive/000001.json": key_of("1"),
        "Model_1/positive/000002.json": key_of("2"),
    },
)
LOCK = Lockfile(
    contract=1,
    inputs={"specs/claims/user_input.yaml": key_of("input")},
    outputs={"Model_1/positive": OUTPUT},
)


def changed(*path: str, value: Any) -> bytes:  # noqa: ANN401 - any JSON, right or wrong
    data = json.loads(write_lockfile(LOCK, FOLDER))
    node = data
    for key in path[:-1]:
        node = node[key]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return json.dumps(data).encode()


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='<>:"/\\|?*. '),
    min_size=1,
    max_size=8,
).map(lambda name: f"n{name}n")
digests = st.binary(max_size=4).map(lambda data: key_of(data.hex()))


@st.composite
def locks(draw: st.DrawFn) -> Lockfile:
    outputs = {}
    for model, scenario in draw(st.sets(st.tuples(names, names), max_size=3)):
        outputs[f"{model}/{scenario}"] = LockedOutput(
            key=draw(st.sampled_from(["", key_of("a")])),
            model=model,
            scenario=scenario,
            format=draw(names),
            layout=draw(st.sampled_from([*Layout])),
            records=draw(st.integers(0, 10**12)),
            files=draw(
                st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), digests)
            ),
        )
    return Lockfile(
        contract=draw(st.integers(0, 9)),
        complete=draw(st.booleans()),
        methods=draw(st.sampled_from(["", METHODS, "0"])),
        inputs=draw(st.dictionaries(st.text(), digests)),
        absent=draw(digests),
        outputs=outputs,
    )


@given(locks())
def test_what_is_written_is_read_back(lock: Lockfile) -> None:
    try:
        data = write_lockfile(lock, FOLDER)
    except UnicodeEncodeError:
        assert any(0xD800 <= ord(one) < 0xE000 for path in lock.inputs for one in path)
        return
    assert read_lockfile(data, PATH, FOLDER) == lock
    assert write_lockfile(lock, FOLDER) == data
    assert data == (json.dumps(json.loads(data), indent=2, ensure_ascii=False) + "\n").encode()


def test_the_text_does_not_depend_on_the_order_of_its_parts() -> None:
    turned = replace(
        LOCK,
        inputs=dict(reversed(list(LOCK.inputs.items()))),
        outputs={
            "Model_1/positive": replace(OUTPUT, files=dict(reversed(list(OUTPUT.files.items()))))
        },
    )
    assert write_lockfile(turned, FOLDER) == write_lockfile(LOCK, FOLDER)


def test_one_changed_file_changes_one_line() -> None:
    files = {**OUTPUT.files, "Model_1/positive/000001.json": key_of("other")}
    after = replace(LOCK, outputs={"Model_1/positive": replace(OUTPUT, files=files)})
    old, new = (write_lockfile(lock, FOLDER).splitlines() for lock in (LOCK, after))
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "Expecting value"),
        (b"[]", "Expected `object`"),
        (b"nonsense", "Expecting value"),
        (b"\xff\xfe", "decode"),
        (b'{"lock_version": 2, "lock_version": 2}', "appears twice"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"lock_version": ' + b"9" * 5000 + b"}", "lockfile cannot be read"),
        (changed("lock_version", value=0), "not 1 to 3"),
        (changed("lock_version", value=True), "Expected `int`"),
        (changed("lock_version", value=...), "`lock_version`"),
        (changed("inputs", value=...), "`inputs`"),
        (changed("surplus", value=1), "`surplus`"),
        (changed("contract", value="1"), "$.contract"),
        (changed("complete", value=1), "$.complete"),
        (changed("methods", value=3), "$.methods"),
        (changed("inputs", value=[]), "$.inputs"),
        (changed("inputs", "x", value="md5:1"), "$.inputs"),
        (changed("outputs", "Model_1/positive", "records", value=-1), "records"),
        (changed("outputs", "Model_1/positive", "layout", value="heap"), "heap"),
        (changed("outputs", "Model_1/positive", "key", value=None), "key"),
        (changed("outputs", "Model_1/positive", "model", value="Other"), "contains the output"),
        (changed("outputs", "Model_1/positive", "files", value={"x": None}), "files"),
    ],
)
def test_what_is_no_lockfile_is_a_diagnostic(data: bytes, reason: str) -> None:
    found = read_lockfile(data, PATH, FOLDER)
    assert isinstance(found, Diagnostic)
    assert (found.code, found.location.path) == ("MG505", PATH)
    assert reason in found.message
    assert found.hint


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/passwd", "a/../../x", "C:/x", "a//b", "", "a\0", ".git/config", "CON", "a."],
)
def test_a_path_out_of_the_folder_makes_the_lockfile_unreadable(path: str) -> None:
    data = changed("outputs", "Model_1/positive", "files", value={path: key_of("x")})
    found = read_lockfile(data, PATH, FOLDER)
    assert isinstance(found, Diagnostic)
    assert "cannot be used" in found.message


def test_a_newer_lockfile_is_refused_by_its_number() -> None:
    found = read_lockfile(changed("lock_version", value=7), PATH, FOLDER)
    assert isinstance(found, Diagnostic)
    assert "lock_version is 7, but this release reads 3" in found.message
    assert found.hint == "update mockgen-watch"


def test_a_merge_conflict_is_told_with_its_line() -> None:
    text = write_lockfile(LOCK, FOLDER).replace(b'  "inputs"', b'<<<<<<< HEAD\n  "inputs"')
    found = read_lockfile(text, PATH, FOLDER)
    assert isinstance(found, Diagnostic)
    assert (found.location.line, found.location.column) == (6, 1)
    assert "merge conflict" in found.message
    assert "git checkout" in found.hint


def test_a_lockfile_that_states_no_methods_is_read_and_not_trusted() -> None:
    found = read_lockfile(changed("methods", value=...), PATH, FOLDER)
    assert isinstance(found, Lockfile)
    assert found == replace(LOCK, methods="")
    here = {"specs/claims/user_input.yaml": key_of("input")}
    assert made_from(LOCK, here, contract=1)
    assert not made_from(found, here, contract=1)


def test_inputs_match_only_when_each_is_the_same() -> None:
    here = {"specs/claims/user_input.yaml": key_of("input"), "specs/other.yaml": key_of("o")}
    assert made_from(LOCK, here, contract=1)
    assert not made_from(LOCK, here, contract=2)
    assert not made_from(replace(LOCK, methods="0"), here, contract=1)
    changed = {**here, "specs/claims/user_input.yaml": key_of("other")}
    assert not made_from(LOCK, changed, contract=1)
    assert not made_from(LOCK, {}, contract=1)


def test_the_digest_of_absent_paths_depends_on_the_paths_alone() -> None:
    assert absent_digest(["b", "a"], FOLDER) == absent_digest(["a", "b"], FOLDER)
    assert absent_digest(["a"], FOLDER) != absent_digest(["a", "b"], FOLDER)
    assert absent_digest([], FOLDER) == Lockfile(contract=1, inputs={}, outputs={}).absent


def version_2() -> bytes:
    data = json.loads(write_lockfile(LOCK, FOLDER))
    inputs = {path.replace("./", f"{FOLDER}/"): found for path, found in data["inputs"].items()}
    absent = absent_digest([f"{FOLDER}/master.yaml"], "")
    return json.dumps({**data, "lock_version": 2, "inputs": inputs, "absent": absent}).encode()


def test_names_begin_at_the_folder_of_the_suite() -> None:
    lock = replace(LOCK, inputs={**LOCK.inputs, "specs/master.yaml": key_of("master")})
    moved = write_lockfile(lock, FOLDER)
    assert list(json.loads(moved)["inputs"]) == ["./user_input.yaml", "specs/master.yaml"]
    elsewhere = read_lockfile(moved, "mock_outputs/deep/two/mockgen.lock", "specs/deep/two")
    assert isinstance(elsewhere, Lockfile)
    assert set(elsewhere.inputs) == {"specs/deep/two/user_input.yaml", "specs/master.yaml"}
    assert write_lockfile(elsewhere, "specs/deep/two") == moved
    assert absent_digest(["specs/a/x"], "specs/a") == absent_digest(["specs/b/x"], "specs/b")


def test_version_2_is_the_same_as_version_3_whatever_was_absent() -> None:
    lock = read_lockfile(version_2(), PATH, FOLDER)
    assert isinstance(lock, Lockfile)
    assert lock.is_legacy
    assert lock.inputs == LOCK.inputs
    assert is_absent(lock, [f"{FOLDER}/master.yaml"], FOLDER)
    assert not is_absent(lock, [], FOLDER)
    assert is_same_lock(lock, LOCK)
    assert not is_same_lock(lock, replace(LOCK, inputs={}))
    # So is one that was brought to version 3 by its number alone.
    text = version_2().replace(b'"lock_version": 2', b'"lock_version": 3')
    assert read_lockfile(text, PATH, FOLDER) == lock


def version_1() -> bytes:
    data = json.loads(version_2())
    del data["absent"]
    text = json.dumps({**data, "lock_version": 1}).replace("blake3:", "sha256:")
    inputs = {**json.loads(text)["inputs"], "specs/mockgen.yaml": None, "specs/master.yaml": None}
    return json.dumps({**json.loads(text), "inputs": inputs}).encode()


def test_version_1_is_read_with_one_digest_for_what_was_absent() -> None:
    lock = read_lockfile(version_1(), PATH, FOLDER)
    assert isinstance(lock, Lockfile)
    assert lock.is_legacy
    assert set(lock.inputs) == set(LOCK.inputs)
    assert lock.absent == absent_digest(["specs/master.yaml", "specs/mockgen.yaml"], "")
    assert all(digest.startswith("sha256:") for digest in lock.files().values())


def test_version_1_is_the_same_as_version_2_once_its_digests_are_new() -> None:
    lock = read_lockfile(version_1(), PATH, FOLDER)
    assert isinstance(lock, Lockfile)
    after = replace(LOCK, absent=lock.absent)
    assert not is_same_lock(lock, after)
    renewed = with_digests(lock, inputs=after.inputs, files=after.files())
    assert is_same_lock(renewed, after)
    assert not is_same_lock(renewed, replace(after, complete=False))


def test_the_text_of_version_1_becomes_one_of_version_2() -> None:
    text = upgrade_text(version_1().decode())
    lock = read_lockfile(text.encode(), PATH, FOLDER)
    assert isinstance(lock, Lockfile)
    assert json.loads(text)["lock_version"] == 2
    assert lock == read_lockfile(version_1(), PATH, FOLDER)
    assert upgrade_text(text) == text
    assert upgrade_text("<<<<<<<") == "<<<<<<<"
