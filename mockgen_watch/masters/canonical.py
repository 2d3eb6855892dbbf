"""Takes a shape; gives plain data that is equal for shapes that write the same values."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Location
from mockgen_watch.spec.generators import PoolEntry, Reference
from mockgen_watch.spec.model import Origin

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

    from mockgen_watch.spec.model import Shape

    ReferenceForm = Callable[[Reference], "Form"]

Form: TypeAlias = "None | bool | int | str | list[Form] | dict[str, Form]"
"""Data that JSON knows. What is no scalar is a pair of a name and its content, so that no two
values have one form: a list, a Decimal and a dataclass differ by that name."""

_PLACES: Final = (Location, Origin)
"""The types that say where something was stated, and so decide no value."""

_SCALARS: Final = frozenset({bool, int, str})
_MARKS: Final = frozenset({"reset"})
_ADDRESSES: Final = frozenset({"address"})


def canonical_shape(shape: Shape, *, reference: ReferenceForm) -> Form:
    """Return the form of ``shape`` with its addresses, without places in files.

    ``reference`` gives the form of each ``$ref``, which means nothing without its parent's plan.
    """
    return canonical_form(shape, reference=reference)


def same_values(left: Shape, right: Shape) -> bool:
    """Tell whether the two say the same of their values; addresses and places do not count."""
    skip = _MARKS | _ADDRESSES
    return form_bytes(canonical_form(left, skip=skip)) == form_bytes(
        canonical_form(right, skip=skip)
    )


def form_bytes(form: Form) -> bytes:
    """Return the bytes of ``form``, equal for equal forms alone."""
    # Not ``digest.canonical``: a form has no Decimals, so that the encoder in C can do the work.
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode("ascii")


def canonical_form(
    value: object, *, reference: ReferenceForm | None = None, skip: frozenset[str] = _MARKS
) -> Form:
    """Return the form of any value of the spec's types; fields named in ``skip`` are left out.

    Raises:
        TypeError: ``value`` holds something that is none of the spec's types.
    """

    def form(part: object) -> Form:
        kind = type(part)
        if part is None or kind in _SCALARS:
            return part  # type: ignore[return-value]  # mypy cannot follow the set
        if kind is tuple or kind is list:
            return ["list", [form(item) for item in part]]  # type: ignore[attr-defined]
        if isinstance(part, PoolEntry):
            return [part.identity.decode("latin-1"), str(part.weight), form(part.value)]
        if isinstance(part, Reference) and reference is not None:
            return reference(part)
        if isinstance(part, dict):
            return ["dict", {key: form(item) for key, item in part.items()}]
        if isinstance(part, Decimal):
            return ["Decimal", str(part)]
        if isinstance(part, StrEnum):
            return part.value
        return [kind.__name__, {name: form(item) for name, item in _fields(part, skip)}]

    return form(value)


def _fields(value: object, skip: frozenset[str]) -> list[tuple[str, object]]:
    """Return the fields of a dataclass that decide values, with their names."""
    names = getattr(type(value), "__slots__", None)
    if names is None:
        raise TypeError(f"{type(value).__name__} has no canonical form")
    fields = [(name, getattr(value, name)) for name in names if name not in skip]
    return [
        (name, item)
        for name, item in fields
        # A place may be None, and is one all the same.
        if not name.endswith("location") and not isinstance(item, _PLACES)
    ]
