"""Takes a shape; gives plain data that is equal for shapes that write the same values."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from mockgen_watch.diagnostics import Location
from mockgen_watch.digest import canonical
from mockgen_watch.spec.generators import PoolEntry, Reference
from mockgen_watch.spec.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.digest import Canonical
    from mockgen_watch.spec.model import Shape

    ReferenceForm = Callable[[Reference], Canonical]

_PLACES = (Location, Origin)
"""The types that say where something was stated, and so decide no value."""

_MARKS: Final = frozenset({"reset"})
_ADDRESSES: Final = frozenset({"address"})


def canonical_shape(shape: Shape, *, reference: ReferenceForm) -> Canonical:
    """Return the data of ``shape`` with its addresses, without places in files.

    ``reference`` gives the form of each ``$ref``, which means nothing without its parent's plan.
    """
    return canonical_form(shape, reference=reference)


def same_values(left: Shape, right: Shape) -> bool:
    """Tell whether the two say the same of their values; addresses and places do not count."""
    return _bytes_without_addresses(left) == _bytes_without_addresses(right)


def canonical_form(
    value: object,
    *,
    reference: ReferenceForm | None = None,
    skip: frozenset[str] = _MARKS,
) -> Canonical:
    """Return the data of any value of the spec's types: dataclasses become lists with a name.

    Raises:
        TypeError: ``value`` holds something that is none of the spec's types.
    """
    if value is None or isinstance(value, bool | int | Decimal | str):
        return value.value if isinstance(value, enum.StrEnum) else value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple | list):
        return [canonical_form(item, reference=reference, skip=skip) for item in value]
    if isinstance(value, dict):
        return {
            key: canonical_form(item, reference=reference, skip=skip) for key, item in value.items()
        }
    if isinstance(value, PoolEntry):
        data = canonical_form(value.value, reference=reference, skip=skip)
        return [value.identity.decode("latin-1"), value.weight, data]
    if isinstance(value, Reference) and reference is not None:
        return reference(value)
    names = getattr(type(value), "__slots__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no canonical form")
    parts = {
        name: canonical_form(part, reference=reference, skip=skip)
        for name, part in ((name, getattr(value, name)) for name in names)
        # A place may be None, and is one all the same.
        if name not in skip and not name.endswith("location") and not isinstance(part, _PLACES)
    }
    return [type(value).__name__, parts]


def _bytes_without_addresses(shape: Shape) -> bytes:
    return canonical(canonical_form(shape, skip=_MARKS | _ADDRESSES))
