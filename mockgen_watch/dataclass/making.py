"""Takes a class with annotations; gives the dataclass, whose methods are mostly shared."""

from __future__ import annotations

import operator
from reprlib import recursive_repr

from mockgen_watch.dataclass.construct import MISSING, Field, first_init
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

_FIELDS = "__mockgen_fields__"
_ORDER = {
    "__lt__": operator.lt,
    "__le__": operator.le,
    "__gt__": operator.gt,
    "__ge__": operator.ge,
}


def dataclass(
    cls: type | None = None,
    /,
    *,
    eq: bool = True,
    order: bool = False,
    frozen: bool = False,
    kw_only: bool = False,
    slots: bool = False,
) -> Any:
    """Make a dataclass of ``cls``; the options mean what they mean in ``dataclasses``.

    Raises:
        TypeError: ``dataclasses`` would not make the class either, or it inherits from another.
        ValueError: a default could change, or there is an order without equality.
    """

    def make(cls: type) -> type:
        fields = _fields_of(cls, kw_only=kw_only)
        methods = _shared_methods(fields)
        methods["__dataclass_params__"] = _Lazy("__dataclass_params__", order=order, frozen=frozen)
        if eq:
            _add_comparisons(methods, fields, order=order, frozen=frozen)
        elif order:
            raise ValueError("eq must be true if order is true")
        owner: list[type] = []
        if frozen:
            _freeze(methods, owner, frozenset(one.name for one in fields), slots=slots)
        methods["__init__"] = first_init(owner, fields)
        made = _with_slots(cls, methods, fields) if slots else _without_slots(cls, methods, fields)
        owner.append(made)
        return made

    return make if cls is None else make(cls)


def field(
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    init: bool = True,
    repr: bool = True,
    compare: bool = True,
) -> Any:
    """Tell more of a field; the options mean what they mean in ``dataclasses``.

    Raises:
        ValueError: for a default of both kinds.
    """
    if default is not MISSING and default_factory is not MISSING:
        raise ValueError("cannot specify both default and default_factory")
    return Field(default, default_factory, init=init, repr=repr, compare=compare)


def replace(value: Any, /, **changes: Any) -> Any:
    """Return a value like ``value``, but for ``changes``.

    Raises:
        TypeError: ``value`` is not of a dataclass, or has no such field.
        ValueError: for a field that ``__init__`` does not take.
    """
    fields: tuple[Field, ...] | None = getattr(type(value), _FIELDS, None)
    if fields is None:
        # A class that dataclasses made.
        from dataclasses import replace as general  # noqa: PLC0415 - see the package

        return general(value, **changes)
    for one in fields:
        if not one.init:
            if one.name in changes:
                raise ValueError(f"field {one.name} is declared with init=False")
        elif one.name not in changes:
            changes[one.name] = getattr(value, one.name)
    return type(value)(**changes)


def _fields_of(cls: type, *, kw_only: bool) -> tuple[Field, ...]:
    if any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__qualname__} may not inherit from a dataclass")
    own = cls.__dict__
    fields: list[Field] = []
    has_optional = False
    for name, kind in cls.__annotations__.items():
        if "ClassVar" in str(kind) or "InitVar" in str(kind):
            raise TypeError(f"{cls.__qualname__}.{name}: only fields may have annotations")
        value = own.get(name, MISSING)
        one = value if isinstance(value, Field) else Field(value, MISSING)
        if type(one.default).__hash__ is None:
            raise ValueError(f"mutable default for field {name}: use default_factory")
        if one.init and not (kw_only or one.is_optional) and has_optional:
            raise TypeError(f"non-default argument {name!r} follows default argument")
        has_optional = has_optional or (one.init and one.is_optional)
        one.name = name
        one.type = kind
        one.kw_only = kw_only
        fields.append(one)
    for name, value in own.items():
        if isinstance(value, Field) and not value.name:
            raise TypeError(f"{name!r} is a field but has no type annotation")
    return tuple(fields)


def _shared_methods(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        _FIELDS: fields,
        "__dataclass_fields__": _Lazy("__dataclass_fields__"),
        "__match_args__": tuple(one.name for one in fields if one.init and not one.kw_only),
        "__replace__": replace,
        "__repr__": _show,
    }


def _with_slots(cls: type, methods: dict[str, Any], fields: tuple[Field, ...]) -> type:
    if "__slots__" in cls.__dict__:
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    names = tuple(one.name for one in fields)
    space = {**methods, **_own(cls, methods)}
    # Those two belong to the class that is left behind.
    for name in (*names, "__dict__", "__weakref__"):
        space.pop(name, None)
    space["__slots__"] = names
    made = type(cls)(cls.__name__, cls.__bases__, space)
    made.__qualname__ = cls.__qualname__
    return made


def _without_slots(cls: type, methods: dict[str, Any], fields: tuple[Field, ...]) -> type:
    for name, value in methods.items():
        if name not in _own(cls, methods):
            setattr(cls, name, value)
    for one in fields:
        if one.default is not MISSING:
            setattr(cls, one.name, one.default)
        elif one.name in cls.__dict__:
            delattr(cls, one.name)
    return cls


def _own(cls: type, methods: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the class defines itself, which stays."""
    own = dict(cls.__dict__)
    # None stands there for a class with an __eq__ of its own.
    if own.get("__hash__", MISSING) is None and "__hash__" in methods:
        del own["__hash__"]
    return own


def _add_comparisons(
    methods: dict[str, Any], fields: Iterable[Field], *, order: bool, frozen: bool
) -> None:
    read = _reader([one.name for one in fields if one.compare])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if type(other) is not type(self):
            return NotImplemented
        return read(self) == read(other)

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(read(self))

    methods["__eq__"] = __eq__
    methods["__hash__"] = __hash__ if frozen else None
    if order:
        for name, compare in _ORDER.items():
            methods[name] = _ordering(read, compare)


def _ordering(
    read: Callable[[object], tuple[object, ...]], compare: Callable[..., bool]
) -> Callable[..., object]:
    def method(self: object, other: object) -> object:
        if type(other) is not type(self):
            return NotImplemented
        return compare(read(self), read(other))

    return method


def _reader(names: Sequence[str]) -> Callable[[object], tuple[object, ...]]:
    """Return what gives the values of ``names`` as a tuple."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    if names:
        # A tuple, for that finds equal what is the same, as a NaN.
        name = names[0]
        return lambda value: (getattr(value, name),)
    return lambda _: ()


def _freeze(
    methods: dict[str, Any], owner: list[type], names: frozenset[str], *, slots: bool
) -> None:
    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        if type(self) is owner[0] or name in names:
            raise _frozen_error(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        if type(self) is owner[0] or name in names:
            raise _frozen_error(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    methods["__setattr__"] = __setattr__
    methods["__delattr__"] = __delattr__
    if slots:
        methods["__getstate__"] = _get_state
        methods["__setstate__"] = _set_state


def _frozen_error(message: str) -> Exception:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - see the package

    return FrozenInstanceError(message)


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in getattr(self, _FIELDS)]


def _set_state(self: Any, state: Iterable[Any]) -> None:
    for one, value in zip(getattr(self, _FIELDS), state, strict=True):
        object.__setattr__(self, one.name, value)


@recursive_repr()
def _show(self: Any) -> str:
    shown = [
        f"{one.name}={getattr(self, one.name)!r}" for one in getattr(self, _FIELDS) if one.repr
    ]
    return f"{type(self).__qualname__}({', '.join(shown)})"


class _Lazy:
    """What ``dataclasses`` keeps of a class, made when it asks for it."""

    def __init__(self, name: str, *, order: bool = False, frozen: bool = False) -> None:
        self.name = name
        self.order = order
        self.frozen = frozen

    def __get__(self, _value: object, owner: type) -> Any:
        import dataclasses  # noqa: PLC0415 - see the package

        fields = [(one.name, one.type, _as_field(one)) for one in getattr(owner, _FIELDS)]
        twin = dataclasses.make_dataclass(
            owner.__name__, fields, order=self.order, frozen=self.frozen
        )
        made = getattr(twin, self.name)
        for base in owner.__mro__:
            if base.__dict__.get(self.name) is self:
                setattr(base, self.name, made)
        return made


def _as_field(one: Field) -> Any:
    import dataclasses  # noqa: PLC0415 - see the package

    def given(value: Any) -> Any:
        return dataclasses.MISSING if value is MISSING else value

    return dataclasses.field(
        default=given(one.default),
        default_factory=given(one.factory),
        init=one.init,
        repr=one.repr,
        compare=one.compare,
        kw_only=one.kw_only,
    )
