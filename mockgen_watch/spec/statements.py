"""Takes nothing; gives the type of what ``$records`` says: the value of one place of one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.document import Json


class Statement(Struct, frozen=True, kw_only=True):
    """A value that is stated, not drawn.

    Attributes:
        record: the index of the record, from 0.
        path: keys from the top of the record as it is written; where the record has an array, the
            index of an element. Never empty.
        value: what stands there, whole; meaningless where ``is_gone``.
        is_gone: nothing stands there.
    """

    record: int
    path: tuple[str, ...]
    value: Json
    location: Location
    is_gone: bool = False
