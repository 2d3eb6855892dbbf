"""Random files of the earlier system, migrated: nothing lost, nothing changed, nothing raised."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.migrations.forms import Form, Reading, RemarkKind
from mockgen_watch.migrations.migrate import MigrationOptions, migrate_user_input
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse
from tests import model_engine, oldest_engine
from tests.legacy_files import Maker
from tests.possible import distribution, shapes_of
from tests.yaml_writer import as_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.migrations.migrate import Migration
    from mockgen_watch.spec.model import Model
    from tests.oldest_engine import Plain

USUAL, ALL = 150, 1000
LISTED = 3000
"""Sections with more records than this are compared pool by pool, not record by record."""
KEEPING = Reading(keep_empty=True)
SCHEMA = "../../schemas/user_input.schema.json"


def read(migration: Migration, text: str) -> dict[str, Model]:
    document = parse(f"new.{migration.language}", text.encode("utf-8", "surrogatepass"))
    spec, found = build_user_input(document, BuildContext())
    assert spec is not None, [*document.diagnostics, *found]
    return {model.name: model for model in spec.models}


def check_oldest(data: dict[str, Plain], migration: Migration) -> int:
    """Compare every section with the oracle; return how many were listed."""
    assert migration.new is not None
    new = read(migration, migration.new)["Model_1"]
    shapes = shapes_of(new)
    sections = oldest_engine.sections(data)
    listed = 0
    for name, section in sections.items():
        shape = shapes[name if "base" not in shapes else "base"]
        fields = {key: item for key, item in section.items() if item != []}
        assert fields.keys() == {member.name for member in shape.members}
        whole = {**fields} if oldest_engine.size(fields, keep_empty=True) <= LISTED else {}
        listed += bool(whole)
        if whole:
            assert distribution(shape) == oldest_engine.records(whole, keep_empty=True)
        for member in shape.members:
            one = {member.name: section[member.name]}
            if oldest_engine.size(one, keep_empty=True) <= LISTED:
                alone = distribution(replace(shape, members=(member,)))
                assert alone == oldest_engine.records(one, keep_empty=True)
    mixed = next((one.mix for one in new.scenarios if one.mix), ())
    assert [part.weight for part in mixed] == [1] * len(mixed)
    assert [part.scenario for part in mixed] == (list(sections) if len(sections) > 1 else [])
    return listed


def check_models(data: dict[str, Plain], migration: Migration) -> int:
    """Compare every output of models with the oracle; return how many were listed."""
    assert migration.new is not None
    made = {
        (model.name.casefold(), scenario): shape
        for model in read(migration, migration.new).values()
        for scenario, shape in shapes_of(model).items()
    }
    wanted = model_engine.model_sections(data)
    assert made.keys() == wanted.keys()
    listed = 0
    for name, section in wanted.items():
        if model_engine.count_model_records(section) <= LISTED:
            listed += 1
            assert distribution(made[name]) == model_engine.model_records(section)
    return listed


def check_nothing_lost(data: dict[str, Plain], migration: Migration) -> None:
    """Check that what is in no record is told, and stands in the new file."""
    assert migration.new is not None
    told = {remark.pointer for remark in migration.remarks if remark.kind is RemarkKind.LOST}
    lost = dict(lost_in(data, migration.form))
    assert told == lost.keys()
    assert migration.new.count("not carried over") == len(lost)
    for pointer in lost:
        is_plain = pointer[-1].isascii() and pointer[-1].isalnum()
        assert not is_plain or pointer[-1] in migration.new


def lost_in(
    value: Plain, form: Form | None, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Plain]]:
    """Yield what no record can hold: what is no section or model, and, in sections, empty lists."""
    if isinstance(value, list):
        inner = enumerate(value) if all(isinstance(item, dict) for item in value) else ()
        for index, item in inner:
            yield from lost_in(item, None, (*path, str(index)))
        return
    for key, item in value.items() if isinstance(value, dict) else ():
        is_section = isinstance(item, dict) and key != "notes"
        if form in {Form.SUFFIXES, Form.MODELS}:
            if not isinstance(item, dict):
                yield (key,), item
        elif (form is Form.SECTIONS and not is_section) or item == []:
            yield (*path, key), item
        elif not (form is Form.SECTIONS and key.startswith("Model")):
            yield from lost_in(item, None, (*path, key))


def migrate_and_check(number: int) -> None:
    data = Maker(number).file()
    in_yaml = number % 3 == 0
    text = as_yaml(data, number) if in_yaml else json.dumps(data, ensure_ascii=number % 2 == 0)
    path = f"old.{'yaml' if in_yaml else 'json'}"
    language = ("", "json", "yaml")[number % 5 % 3]
    wishes = MigrationOptions(schema=SCHEMA, language=language, reading=KEEPING)
    migration = migrate_user_input(path, text.encode(), wishes)
    if migration.form is Form.NEW:
        assert migration.new is None
        return
    if migration.has_failed:
        # Only what the new format cannot have at all: it is told, and the file stays.
        assert migration.new is None
        assert has_errors(migration.diagnostics)
        return
    assert migration.new is not None
    assert all(not proof.problems for proof in migration.proofs)
    check_nothing_lost(data, migration)
    if in_yaml and migration.language == "yaml":
        comments = re.findall(r"# comment \d+\.", text)
        assert sorted(re.findall(r"# comment \d+\.", migration.new)) == sorted(comments)
    if migration.form in {Form.SECTIONS, Form.FLAT}:
        check_oldest(data, migration)
    else:
        check_models(data, migration)
    again = migrate_user_input(f"new.{migration.language}", migration.new.encode(), wishes)
    assert again.form is Form.NEW
    assert again.new is None
    assert not again.diagnostics


@pytest.mark.parametrize("number", range(USUAL))
def test_a_random_file_means_the_same_after_migration(number: int) -> None:
    migrate_and_check(number)


@pytest.mark.long
@pytest.mark.parametrize("number", range(USUAL, ALL))
def test_any_random_file_means_the_same_after_migration(number: int) -> None:
    migrate_and_check(number)


def test_few_random_files_are_refused() -> None:
    failed = 0
    for number in range(USUAL):
        data = Maker(number).file()
        failed += migrate_user_input(
            "old.json", json.dumps(data).encode(), MigrationOptions(reading=KEEPING)
        ).has_failed
    assert failed < USUAL // 10
