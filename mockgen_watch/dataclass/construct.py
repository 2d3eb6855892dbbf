"""Takes the fields of a class; gives its ``__init__``, compiled only when it is worth that."""

from __future__ import annotations

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

COMPILED_AFTER = 24
"""So many values cost as much without a compiled ``__init__`` as compiling one does."""

MISSING: Any = object()


class Field:
    """What is known of one field of a class.

    Attributes:
        name, type, kw_only: set when the class is made.
        default, factory: MISSING where there is none.
        init, repr, compare: as in ``dataclasses``.
    """

    __slots__ = ("compare", "default", "factory", "init", "kw_only", "name", "repr", "type")

    def __init__(
        self,
        default: Any,
        factory: Any,
        *,
        init: bool = True,
        repr: bool = True,
        compare: bool = True,
    ) -> None:
        """Keep what the class says."""
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.compare = compare
        self.name = ""
        self.type: object = None
        self.kw_only = False

    @property
    def is_optional(self) -> bool:
        """Tell whether ``__init__`` can do without it."""
        return self.default is not MISSING or self.factory is not MISSING


def first_init(owner: list[type], fields: Sequence[Field]) -> Callable[..., None]:
    """Return the ``__init__`` of the class that will stand in ``owner``.

    It sets fields one by one, and gives way to a compiled one after COMPILED_AFTER calls. What is
    out of the ordinary, arguments by position and wrong ones, is left to the compiled one at once.
    """
    names = [one.name for one in fields]
    defaults = {one.name: one.default for one in fields if one.default is not MISSING}
    factories = [(one.name, one.factory) for one in fields if one.factory is not MISSING]
    is_plain = all(one.init for one in fields)
    left = COMPILED_AFTER if is_plain else 0

    def __init__(self: object, /, *arguments: object, **values: object) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left >= 0 and not arguments:
            if len(values) < len(names):
                for name, factory in factories:
                    if name not in values:
                        values[name] = factory()
                values = {**defaults, **values}
            if len(values) == len(names) and all(name in values for name in names):
                for name in names:
                    object.__setattr__(self, name, values[name])
                if hasattr(self, "__post_init__"):
                    self.__post_init__()
                return
        made = owner[0]
        # Another thread may have been here; what it made is as good.
        made.__init__ = compiled_init(made, fields)  # type: ignore[misc]
        made.__init__(self, *arguments, **values)  # type: ignore[misc]

    return __init__


def compiled_init(made: type, fields: Sequence[Field]) -> Callable[..., None]:
    """Return an ``__init__`` as ``dataclasses`` would write it.

    Raises:
        TypeError: a field without a default comes after one that has one.
    """
    known: dict[str, Any] = {"_MISSING": MISSING, "_set": object.__setattr__}
    by_place: list[str] = []
    by_name: list[str] = []
    body: list[str] = []
    for one in fields:
        name = one.name
        known[f"_default_{name}"] = one.default if one.factory is MISSING else one.factory
        value = name
        if one.factory is not MISSING:
            made_anew = f"_default_{name}()"
            value = f"{made_anew} if {name} is _MISSING else {name}" if one.init else made_anew
        elif not one.init:
            if one.default is MISSING:
                continue
            value = f"_default_{name}"
        body.append(f" _set(self, {name!r}, {value})")
        if one.init:
            standing_in = "_MISSING" if one.factory is not MISSING else f"_default_{name}"
            parameter = f"{name}={standing_in}" if one.is_optional else name
            (by_name if one.kw_only else by_place).append(parameter)
    if hasattr(made, "__post_init__"):
        body.append(" self.__post_init__()")
    parameters = ", ".join(["self", *by_place, *(["*", *by_name] if by_name else [])])
    text = f"def __init__({parameters}):\n" + ("\n".join(body) or " pass")
    exec(text, known)  # noqa: S102 - made of the names of fields alone
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__module__ = made.__module__
    return init
