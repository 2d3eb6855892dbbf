"""The schema files that an installation carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.package_data import find_schema, read_schema

FOLDER = Path(__file__).parents[3] / "schemas"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.is_file())


@pytest.mark.parametrize("name", FILES)
def test_a_schema_is_read_as_it_stands_in_the_checkout(name: str) -> None:
    assert read_schema(name) == (FOLDER / name).read_bytes()
    assert Path(find_schema(name)).samefile(FOLDER / name)


@pytest.mark.parametrize("name", ["no.schema.json", "../pyproject.toml", "", ".", ".."])
def test_a_name_that_is_no_schema_is_refused(name: str) -> None:
    with pytest.raises(StorageError, match="does not include this schema"):
        read_schema(name)
