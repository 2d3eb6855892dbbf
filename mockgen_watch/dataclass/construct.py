"""Takes what a class says of its fields; gives its ``__init__``, compiled when that is worth it."""

from __future__ import annotations

from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

COMPILED_AFTER = 250
"""So many values cost as much without a compiled ``__init__`` as compiling one does."""

MISSING: Any = object()

_set = object.__setattr__


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


class Stated:
    """What a class says of its fields; most classes of a short run are never asked for more.

    Attributes:
        kinds: annotations by the name of the field, in order.
        values: the default, or the Field, of each field that has one.
        kw_only: as in ``dataclasses``.
    """

    __slots__ = ("_fields", "kinds", "kw_only", "values")

    def __init__(
        self, kinds: Mapping[str, object], values: Mapping[str, Any], *, kw_only: bool
    ) -> None:
        """Keep what the class says."""
        self.kinds = kinds
        self.values = values
        self.kw_only = kw_only
        self._fields: tuple[Field, ...] | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields in order."""
        if self._fields is None:
            self._fields = tuple(self._field(name, kind) for name, kind in self.kinds.items())
        return self._fields

    @property
    def takes_all(self) -> bool:
        """Tell whether ``__init__`` takes every field."""
        return all(one.init for one in self.values.values() if isinstance(one, Field))

    def defaults(self) -> tuple[dict[str, object], list[tuple[str, Callable[[], object]]]]:
        """Return the defaults, and the factories of others, by name."""
        plain: dict[str, object] = {}
        factories: list[tuple[str, Callable[[], object]]] = []
        for name, value in self.values.items():
            if not isinstance(value, Field):
                plain[name] = value
            elif value.factory is not MISSING:
                factories.append((name, value.factory))
            elif value.default is not MISSING:
                plain[name] = value.default
        return plain, factories

    def _field(self, name: str, kind: object) -> Field:
        value = self.values.get(name, MISSING)
        one = value if isinstance(value, Field) else Field(value, MISSING)
        one.name = name
        one.type = kind
        one.kw_only = self.kw_only
        return one


def first_init(made: type, stated: Stated) -> Callable[..., None]:
    """Return the first ``__init__`` of ``made``.

    It sets fields one by one, and gives way to a compiled one after COMPILED_AFTER calls. What is
    out of the ordinary, wrong arguments say, is left to the compiled one at once.
    """
    names = tuple(stated.kinds)
    places = () if stated.kw_only else names
    defaults, factories = stated.defaults()
    has_more = hasattr(made, "__post_init__")
    left = COMPILED_AFTER if stated.takes_all else 0

    def __init__(self: object, /, *arguments: object, **values: object) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        every = _by_name(places, arguments, values) if arguments else values
        if len(every) < len(names):
            every = {
                **defaults,
                **{name: make() for name, make in factories if name not in every},
                **every,
            }
        if left >= 0 and len(every) == len(names):
            try:
                for name in names:
                    _set(self, name, every[name])
            except KeyError:
                pass
            else:
                if has_more:
                    self.__post_init__()  # type: ignore[attr-defined]
                return
        # Another thread may have been here; what it made is as good.
        made.__init__ = compiled_init(made, stated.fields)  # type: ignore[misc]
        made.__init__(self, *arguments, **values)  # type: ignore[misc]

    return __init__


def _by_name(
    places: tuple[str, ...], arguments: tuple[object, ...], values: dict[str, object]
) -> dict[str, object]:
    """Return all arguments by name, or a name that no field has where they do not fit."""
    named = dict(zip(places, arguments, strict=False))
    if len(arguments) > len(places) or named.keys() & values.keys():
        return {"": None}
    return {**named, **values}


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
