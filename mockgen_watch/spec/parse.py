"""Parser: the bytes of a JSON or YAML file to its Document, whatever the bytes are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockgen_watch.spec import MAX_BYTES
from mockgen_watch.spec.document import Source, SourceReader

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Document

JSON_ENDINGS: Final = (".json",)
YAML_ENDINGS: Final = (".yaml", ".yml")

_SYNTAX_CODES: Final = frozenset({"MG102", "MG103"})
_CONFLICT: Final = r"(?m)^<{7}(?= |$)[^\r\n]*"
_CONFLICT_END: Final = r"(?m)^>{7}(?= |$)[^\r\n]*"
_SAVE_HINT: Final = "save it as UTF-8"


def parse(path: str, data: bytes, *, max_bytes: int = MAX_BYTES) -> Document:
    """Return the document in ``data``; the ending of ``path`` says which language it is.

    Bad input never raises. It gives diagnostics and, where nobody can tell what the text means,
    no root. A file of more than ``max_bytes`` is refused unread.
    """
    if len(data) > max_bytes:
        message = f"the file has {len(data):,} bytes; the limit is {max_bytes:,}"
        hint = "move long lists to separate files, as vocabularies"
        return _refuse(Source.of(path, ""), "MG105", message, hint)
    ending = path.casefold()
    if not ending.endswith(JSON_ENDINGS + YAML_ENDINGS):
        endings = ", ".join(JSON_ENDINGS + YAML_ENDINGS)
        message = f"the name of the file must end with one of {endings}"
        return _refuse(Source.of(path, ""), "MG113", message)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _refuse_bytes(path, data, error)
    source = Source.of(path, text.removeprefix("\ufeff"))
    if b"\0\0" in {data[0:4:2], data[1:4:2]}:
        return _refuse(source, "MG101", "the file looks like UTF-16", _SAVE_HINT)
    if not source.text.strip(" \t\r\n"):
        return _refuse(source, "MG112", "the file is empty")
    document = _read_json(source) if ending.endswith(JSON_ENDINGS) else _read_yaml(source)
    codes = _SYNTAX_CODES.intersection(found.code for found in document.diagnostics)
    if codes and (conflict := re.search(_CONFLICT, source.text)):
        return _refuse_conflict(source, min(codes), conflict)
    return document


def _read_json(source: Source) -> Document:
    # A project has specs in one of the two languages, most of the time.
    from mockgen_watch.spec.json import read_json

    return read_json(source)


def _read_yaml(source: Source) -> Document:
    # ruamel.yaml takes longer to import than a JSON spec takes to run.
    from mockgen_watch.spec.yaml import read_yaml

    return read_yaml(source)


def _refuse_conflict(source: Source, code: str, conflict: re.Match[str]) -> Document:
    reader = SourceReader(source)
    end = re.compile(_CONFLICT_END).search(source.text, conflict.end())
    reader.error(
        code,
        "unresolved merge conflict",
        conflict.span(),
        "choose one side, and remove the lines <<<<<<<, ======= and >>>>>>>",
        related=reader.related("it ends here", end.span()) if end else (),
    )
    return reader.document(None)


def _refuse_bytes(path: str, data: bytes, error: UnicodeDecodeError) -> Document:
    before = data[: error.start].decode("utf-8").removeprefix("\ufeff")
    source = Source.of(path, data.decode("utf-8", "replace").removeprefix("\ufeff"))
    hint = _SAVE_HINT
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = "the file is UTF-16"
    else:
        byte = data[error.start]
        message = f"the byte 0x{byte:02X} at offset {error.start} is not UTF-8"
        meant = bytes([byte]).decode("cp1252", "replace")
        if meant.isprintable() and meant != "\ufffd":
            hint = f'{_SAVE_HINT}; in Windows-1252 the byte is "{meant}"'
    return _refuse(source, "MG101", message, hint, len(before))


def _refuse(source: Source, code: str, message: str, hint: str = "", place: int = 0) -> Document:
    reader = SourceReader(source)
    reader.error(code, message, (place, place + 1), hint)
    return reader.document(None)
