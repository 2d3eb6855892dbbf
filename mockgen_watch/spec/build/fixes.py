"""Fixes: a misspelt word replaced in the text of a file, where it is certain which one is meant."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.spec.build.reader import Build, Entry, join_path, spec_key

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic, Fix
    from mockgen_watch.spec.document import Document

_FIELD: Final = r"\{\{|\}\}|\{\s*([^{}]*?)\s*\}"
"""A field of a template; a brace that is written twice is text."""

_OF_A_REFERENCE: Final = ("model", "field", "scenario", "suite")


def with_fix(found: Diagnostic, document: Document | None) -> Diagnostic:
    """Return ``found`` with the fix that its suggestion comes to in the text of ``document``."""
    near = found.suggestion
    if near is None or found.fix or document is None or document.root is None:
        return found
    entry = Entry(build=Build(document), node=document.root).at(found.location.pointer)
    if entry is not None and entry.key_mark is not None and found.location == entry.key_location:
        key = spec_key(near.meant) if entry.key == spec_key(near.word) else None
        key = key or _in_path(entry.key, near.word, near.meant)
        return replace(found, fix=entry.key_fix(key) if key != entry.key else ())
    return replace(found, fix=word_fix(entry, near.word, near.meant))


def word_fix(entry: Entry | None, word: str, meant: str) -> tuple[Fix, ...]:
    """Return the change of ``word`` to ``meant`` in the one place at ``entry`` that has it.

    ``entry`` is text, ``$ref`` or ``$template``, or the mapping that holds one of these.
    """
    if entry is None or not meant:
        return ()
    entry = entry.get("$ref") or entry.get("$template") or entry
    if entry.is_mapping:
        params = [entry.get(name) for name in _OF_A_REFERENCE]
        fixes = [fix for param in params for fix in word_fix(param, word, meant)]
        return tuple(fixes) if len(fixes) == 1 else ()
    text = entry.text or ""
    if entry.key == "$template":
        new = _in_template(text, word, meant)
    elif join_path(entry.file, text) == word:
        new = posixpath.relpath(meant, posixpath.dirname(entry.file))
    else:
        new = _in_path(text, word, meant)
    return entry.text_fix(new) if new != text else ()


def _in_template(text: str, word: str, meant: str) -> str:
    """Return a template with ``meant`` for ``word``; unchanged when several paths have ``word``."""
    paths = {field[1] for field in re.finditer(_FIELD, text) if field[1] is not None}
    if sum(_in_path(path, word, meant) != path for path in paths) != 1:
        return text

    def replaced(field: re.Match[str]) -> str:
        path = field[1] or ""
        new = _in_path(path, word, meant)
        return field[0] if new == path else f"{{{new}}}"

    return re.sub(_FIELD, replaced, text)


def _in_path(text: str, word: str, meant: str) -> str:
    """Return a dotted path, perhaps after a suite's name, with ``meant`` for its one ``word``."""
    suite, colon, path = text.rpartition(":")
    if word in {text, suite}:
        return meant if word == text else f"{meant}{colon}{path}"
    keys = path.split(".")
    if keys.count(word) != 1 or "." in meant or "/" in path:
        return text
    return f"{suite}{colon}{'.'.join(meant if key == word else key for key in keys)}"
