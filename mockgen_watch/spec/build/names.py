"""Takes a name or a path as written; gives what is wrong with it, or its parts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

MAX_NAME_BYTES: Final = 200
"""A file name holds 255 bytes on every usual system; the extension and ``.labels`` need some."""

_RESERVED: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE
)
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_OWN_FILES: Final = frozenset({"mockgen.lock"})


def fold(name: str) -> str:
    """Return what two names share that a file system may take for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def file_name_problem(name: str) -> str:
    """Return why ``name`` cannot be a file's name on every usual system, or ``""``."""
    if not name:
        return "is empty"
    bad = next((char for char in name if char in _FORBIDDEN or not char.isprintable()), "")
    problem = ""
    if bad:
        shown = bad if bad.isprintable() else f"U+{ord(bad):04X}"
        problem = f'holds "{shown}", which a file name cannot'
    elif name.startswith("."):
        problem = "begins with a point, which hides the file"
    elif name[-1] in ". " or name[0] == " ":
        problem = "begins or ends with a blank or ends with a point"
    elif _RESERVED.fullmatch(name):
        problem = "is reserved by Windows"
    elif fold(name) in _OWN_FILES:
        problem = "is the name of a file of this program"
    elif len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        problem = f"is longer than {MAX_NAME_BYTES} bytes"
    return problem


class PathError(ValueError):
    """A path cannot be read; the message says why."""


def parse_path(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path or JSON Pointer; ``""`` is the whole: no keys.

    Raises:
        PathError: it is neither.
    """
    if not text:
        return ()
    if text.startswith("/"):
        if re.search(r"~(?![01])", text):
            raise PathError('in a JSON Pointer "~" is written ~0')
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))
    keys = tuple(text.split("."))
    if not all(keys):
        raise PathError(f'a key of the dotted path "{text}" is empty')
    return keys


def parse_field(text: str) -> tuple[str, ...]:
    """Return the keys of a path that leads to a field, so at least one.

    Raises:
        PathError: it cannot be read, or is empty.
    """
    keys = parse_path(text)
    if not keys:
        raise PathError("the path of a field is empty")
    return keys


def data_key(key: str) -> str:
    """Return the key that is written for ``key`` of a spec: ``$$x`` stands for ``$x``."""
    return key[1:] if key.startswith("$$") else key


def is_directive(key: str) -> bool:
    """Return whether ``key`` directs the tool."""
    return key.startswith("$") and not key.startswith("$$")


def join_path(file: str, relative: str) -> str | None:
    """Return ``relative`` as seen from the folder of ``file``; None when it leaves the project.

    Both use forward slashes. A file outside the project has an absolute path, and so has the
    result then.
    """
    rooted = file.startswith("/")
    parts = [part for part in file.split("/")[:-1] if part not in {"", "."}]
    for part in relative.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        else:
            return None
    return ("/" if rooted else "") + "/".join(parts)
