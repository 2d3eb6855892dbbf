"""Takes text that escapes may have filled with surrogates; gives text that UTF-8 can hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final


_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def join_surrogates(text: str) -> tuple[str, bool]:
    """Return ``text`` with surrogate pairs joined, and whether a lone one was replaced.

    A lone surrogate becomes U+FFFD.
    """
    if not _SURROGATE.search(text):
        return text, False
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    whole = _SURROGATE.sub("\ufffd", joined)
    return whole, whole != joined
