"""The schema files themselves: valid, described, with examples that fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mockgen_watch.lock.lockfile import LockedOutput, Lockfile, write_lockfile
from mockgen_watch.spec.build.project import PROJECT_KEYS
from mockgen_watch.spec.build.reader import (
    INPUT_DIRECTIVES,
    MASTER_DIRECTIVES,
    MODEL_DIRECTIVES,
    SCENARIO_DIRECTIVES,
    VALUE_DIRECTIVES,
)
from mockgen_watch.spec.model import Layout
from tests.unit.spec.json_schema import SCHEMAS, validator_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]
NAMES = sorted(SCHEMAS)


def subschemas(schema: Any, path: str = "#") -> Iterator[tuple[str, Schema]]:  # noqa: ANN401  # JSON
    """Yield every schema that describes something, conditions left out."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key in ("properties", "patternProperties", "$defs"):
        for name, below in schema.get(key, {}).items():
            yield from subschemas(below, f"{path}/{key}/{name}")
    for key in ("items", "additionalProperties"):
        yield from subschemas(schema.get(key), f"{path}/{key}")


def resolved(schema: Schema, root: Mapping[str, Any]) -> Schema:
    """Return ``schema`` with what its $ref says below what it says itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return {**root["$defs"][name], **schema} if name else schema


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_valid_schema_of_draft_2020_12(name: str) -> None:
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", NAMES)
def test_every_property_has_a_description_and_an_example(name: str) -> None:
    bare = []
    for path, schema in subschemas(SCHEMAS[name]):
        for key, below in schema.get("properties", {}).items():
            whole = resolved(below, SCHEMAS[name])
            if not whole.get("description") or not whole.get("examples"):
                bare.append(f"{path}/{key}")
    for key, schema in SCHEMAS[name].get("$defs", {}).items():
        if not schema.get("description") or not schema.get("examples"):
            bare.append(key)
    assert bare == []


@pytest.mark.parametrize("name", NAMES)
def test_every_example_fits_its_own_schema(name: str) -> None:
    root = SCHEMAS[name]
    wrong = []
    for path, schema in subschemas(root):
        whole = {**schema, "$defs": root.get("$defs", {})}
        wrong += [
            (path, example)
            for example in schema.get("examples", [])
            if not validator_of(whole).is_valid(example)
        ]
    assert wrong == []


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_used(name: str) -> None:
    text = json.dumps(SCHEMAS[name])
    unused = [key for key in SCHEMAS[name].get("$defs", {}) if f'"#/$defs/{key}"' not in text]
    assert unused == []


def test_user_input_and_master_describe_values_alike() -> None:
    theirs, ours = SCHEMAS["user_input"]["$defs"], SCHEMAS["master"]["$defs"]
    shared = {name for name in ours if name in theirs}
    assert "mapping" in shared
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


@pytest.mark.parametrize(
    ("schema", "directives"),
    [
        (SCHEMAS["user_input"], INPUT_DIRECTIVES),
        (SCHEMAS["user_input"]["$defs"]["model"], MODEL_DIRECTIVES),
        (SCHEMAS["user_input"]["$defs"]["scenario"], SCENARIO_DIRECTIVES),
        (SCHEMAS["user_input"]["$defs"]["mapping"], VALUE_DIRECTIVES),
        (SCHEMAS["master"], MASTER_DIRECTIVES),
        (SCHEMAS["project"], PROJECT_KEYS),
    ],
    ids=["input", "model", "scenario", "value", "master", "project"],
)
def test_schemas_and_builders_know_the_same_directives(
    schema: Schema, directives: tuple[str, ...]
) -> None:
    assert set(schema["properties"]) == set(directives)


def test_a_written_lockfile_fits_the_lockfile_schema() -> None:
    digest = "blake3:" + "a" * 64
    output = LockedOutput(
        key=digest,
        model="M",
        scenario="positive",
        format="json",
        layout=Layout.MULTIPLE,
        records=3,
        files={"M/positive.json": digest},
    )
    lock = Lockfile(contract=1, inputs={"a": digest}, outputs={output.name: output}, complete=True)
    data = json.loads(write_lockfile(lock, "specs/claims"))
    assert list(validator_of(SCHEMAS["lockfile"]).iter_errors(data)) == []
    data["outputs"]["M/positive"]["stray"] = 1
    assert list(validator_of(SCHEMAS["lockfile"]).iter_errors(data))
