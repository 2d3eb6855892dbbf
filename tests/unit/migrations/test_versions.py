"""Format versions: a chain of steps, here with versions that were invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.migrations.migrate import Chain, FileKind, migrate_versioned

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.spec.document import Document


def renames(old: str, new: str) -> Callable[[Document], str]:
    return lambda document: document.text.replace(old, new)


NEWEST = {FileKind.USER_INPUT: 3, FileKind.MASTER: 3, FileKind.LOCKFILE: 2}
CHAIN = Chain(
    steps={
        (FileKind.USER_INPUT, 1): renames("$pattern", "$regex"),
        (FileKind.USER_INPUT, 2): renames("$regex", "$matches"),
    },
    newest=NEWEST,
)

CHAINS = {
    "from the first": ("M: {a: {$pattern: x}}  # c\n", "$version: 3\nM: {a: {$matches: x}}  # c\n"),
    "from the second": (
        "$version: 2   # two\nM: {a: {$regex: x}}\n",
        "$version: 3   # two\nM: {a: {$matches: x}}\n",
    ),
    "of the newest": ("$version: 3\nM:  {a: {$pattern: x}}\n",) * 2,
}


@pytest.mark.parametrize(("old", "new"), CHAINS.values(), ids=CHAINS)
def test_a_file_goes_through_the_steps_from_its_version_on(old: str, new: str) -> None:
    done = migrate_versioned("a.yaml", old.encode(), FileKind.USER_INPUT, CHAIN)
    assert (done.new or done.old, done.diagnostics) == (new, ())
    assert migrate_versioned("a.yaml", new.encode(), FileKind.USER_INPUT, CHAIN).new is None


def test_json_keeps_its_layout() -> None:
    old = '{\n    "M": {"a": {"$pattern": "x"}}\n}\n'
    done = migrate_versioned("a.json", old.encode(), FileKind.USER_INPUT, CHAIN)
    assert done.new == '{\n    "$version": 3,\n    "M": {"a": {"$matches": "x"}}\n}\n'
    assert done.versions == (1, 2, 3)


def test_a_kind_that_a_version_did_not_change_gets_its_number() -> None:
    done = migrate_versioned("a.yaml", b"user_profile: {}\n", FileKind.MASTER, CHAIN)
    assert done.new == "$version: 3\nuser_profile: {}\n"


@pytest.mark.parametrize("version", ["4", "x", "0", "true"])
def test_a_version_that_is_not_known_stays_and_is_told(version: str) -> None:
    text = f"$version: {version}\nM: {{}}\n"
    done = migrate_versioned("a.yaml", text.encode(), FileKind.USER_INPUT, CHAIN)
    assert done.new is None
    assert [item.code for item in done.diagnostics] == ["MG226"]


def test_the_first_version_has_no_step() -> None:
    assert migrate_versioned("a.yaml", b"M: {}\n", FileKind.USER_INPUT, Chain()).new is None


def test_a_lockfile_keeps_its_own_number() -> None:
    old = b'{\n  "lock_version": 1,\n  "inputs": {"lock_version": null}\n}\n'
    done = migrate_versioned("m/mockgen.lock", old, FileKind.LOCKFILE, CHAIN)
    assert done.new == '{\n  "lock_version": 2,\n  "inputs": {"lock_version": null}\n}\n'
    newer = b'{\n  "lock_version": 9}'
    (told,) = migrate_versioned("mockgen.lock", newer, FileKind.LOCKFILE, CHAIN).diagnostics
    assert (told.code, told.location.line) == ("MG226", 2)


def test_what_a_step_makes_is_read_before_it_is_given() -> None:
    broken = {(FileKind.USER_INPUT, 1): lambda _: "M: {a: [1}\n"}
    chain = Chain(steps=broken, newest=NEWEST)
    done = migrate_versioned("a.yaml", b"M: {a: [1]}\n", FileKind.USER_INPUT, chain)
    assert done.new is None
    assert {item.code for item in done.diagnostics} == {"MG702"}
    assert all("in version 2 it would be wrong" in item.message for item in done.diagnostics)


def test_the_reader_of_the_newest_version_has_the_last_word() -> None:
    def refuse(kind: FileKind, document: Document) -> tuple[Diagnostic, ...]:
        place = Location(path=document.path)
        return (Diagnostic(code="MG202", message=f"{kind} is wrong", location=place),)

    file = ("a.yaml", b"M: {}\n", FileKind.USER_INPUT)
    done = migrate_versioned(*file, Chain(newest=NEWEST, check=refuse))
    assert done.new is None
    assert "user_input is wrong" in done.diagnostics[0].message
    # A file of the newest version is not read again.
    assert migrate_versioned(*file, Chain(check=refuse)).diagnostics == ()
