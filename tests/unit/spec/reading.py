"""What the builders and the schemas make of the text of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mockgen_watch.formats import BUILTIN
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.pools import build_vocabulary
from mockgen_watch.spec.build.project import build_project
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse
from tests.unit.spec.json_schema import misfits as schema_misfits

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.generators import Pool
    from mockgen_watch.spec.model import MasterFile, UserInput

ROOT = Path(__file__).resolve().parents[3]
FORMATS = BUILTIN


def pool_of(text: str) -> Pool:
    """Return the vocabulary that ``text`` (YAML) is."""
    pool, found = build_vocabulary(document_of(text, "specs/_vocab/x.yaml"))
    assert pool is not None, found
    return pool


def document_of(text: str, path: str = "specs/claims/user_input.yaml") -> Document:
    """Return the document of ``text``, which has no fault of syntax."""
    document = parse(path, text.encode())
    assert document.root is not None, document.diagnostics
    return document


VOCABULARIES = {
    "first_name": "[Asha, Bala]",
    "last_name": "[Rao, Iyer]",
    "us_city": "[{city: Akron, state: OH, zip_code: '1'}, {city: Reno, state: NV, zip_code: '2'}]",
}


def context_of(**given: object) -> BuildContext:
    """Return a context with the vocabularies above and the formats of the package."""
    pools = {name: pool_of(text) for name, text in VOCABULARIES.items()}
    standard = {
        "vocabularies": pools,
        "known_vocabularies": frozenset(pools),
        "formats": FORMATS,
    }
    return BuildContext(**{**standard, **given})  # type: ignore[arg-type]  # as the caller says


def read_input(text: str, **given: object) -> tuple[UserInput | None, list[Diagnostic]]:
    """Return what the builder makes of a user_input."""
    return build_user_input(document_of(text), context_of(**given))


def good_input(text: str, **given: object) -> UserInput:
    """Return the spec that ``text`` is; it has no fault."""
    spec, found = read_input(text, **given)
    assert spec is not None, [str(item) for item in found]
    assert not found, [str(item) for item in found]
    return spec


def good_master(text: str) -> MasterFile:
    """Return the master that ``text`` is; it has no fault."""
    master, found = build_master(document_of(text, "specs/claims/master.yaml"), context_of())
    assert master is not None, [str(item) for item in found]
    assert not found, [str(item) for item in found]
    return master


def findings(text: str, kind: str = "user_input", path: str = "") -> list[Diagnostic]:
    """Return everything that parser and builder find in a file of one kind."""
    document = parse(path or f"specs/claims/{kind}.yaml", text.encode())
    found = list(document.diagnostics)
    if kind == "master":
        return found + build_master(document, context_of())[1]
    if kind == "project":
        return found + build_project(document, FORMATS)[1]
    return found + build_user_input(document, context_of())[1]


def misfits(text: str, kind: str = "user_input") -> list[tuple[int, str]]:
    """Return line and reason of what the schema alone finds in a file of one kind."""
    return schema_misfits(document_of(text, f"specs/claims/{kind}.yaml"), kind)
