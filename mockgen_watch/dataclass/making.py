"""Takes a class with annotations; gives the dataclass, whose methods are mostly shared."""

from __future__ import annotations

import operator
from functools import cache
from reprlib import recursive_repr

from mockgen_watch.dataclass.construct import MISSING, Field, Stated, first_init
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

_STATED = "__mockgen_stated__"
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
    if order and not eq:
        raise ValueError("eq must be true if order is true")
    methods = _methods(eq=eq, order=order, frozen=frozen, slots=slots)

    def make(cls: type) -> type:
        own = dict(cls.__dict__)
        stated = _stated(cls, own, kw_only=kw_only)
        space = {**methods, _STATED: stated}
        space["__match_args__"] = () if kw_only else _places(stated)
        # None stands there for a class with an __eq__ of its own.
        if eq and own.get("__hash__", MISSING) is None:
            del own["__hash__"]
        if slots:
            return _with_slots(cls, {**space, **own}, stated)
        return _without_slots(cls, {name: space[name] for name in space if name not in own}, stated)

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
    stated: Stated | None = getattr(type(value), _STATED, None)
    if stated is None:
        # A class that dataclasses made.
        from dataclasses import replace as general  # noqa: PLC0415 - see the package

        return general(value, **changes)
    for one in stated.fields:
        if not one.init:
            if one.name in changes:
                raise ValueError(f"field {one.name} is declared with init=False")
        elif one.name not in changes:
            changes[one.name] = getattr(value, one.name)
    return type(value)(**changes)


def _stated(cls: type, own: Mapping[str, Any], *, kw_only: bool) -> Stated:
    """Return what ``cls`` says of its fields, once it is known to be in order."""
    # No other base is the case for nearly all.
    if cls.__bases__ != (object,) and hasattr(cls, "__dataclass_fields__"):
        raise TypeError(f"{cls.__qualname__} may not inherit from a dataclass")
    kinds = cls.__annotations__
    texts = " ".join(map(str, kinds.values()))
    if "ClassVar" in texts or "InitVar" in texts:
        raise TypeError(f"{cls.__qualname__}: only fields may have annotations")
    values: dict[str, Any] = {}
    for name, value in own.items():
        default = value
        if type(value) is Field:
            default = value.default
            if name not in kinds:
                raise TypeError(f"{name!r} is a field but has no type annotation")
        elif name not in kinds:
            continue
        if type(default).__hash__ is None:
            raise ValueError(f"mutable default for field {name}: use default_factory")
        values[name] = value
    return Stated(kinds, values, kw_only=kw_only)


def _places(stated: Stated) -> tuple[str, ...]:
    """Return the names of the fields that ``__init__`` takes by position."""
    fields = [one for one in stated.fields if one.init]
    has_optional = False
    for one in fields:
        if has_optional and not one.is_optional:
            raise TypeError(f"non-default argument {one.name!r} follows default argument")
        has_optional = has_optional or one.is_optional
    return tuple(one.name for one in fields)


def _with_slots(cls: type, space: dict[str, Any], stated: Stated) -> type:
    if "__slots__" in space:
        raise TypeError(f"{cls.__name__} already specifies __slots__")
    # Those two belong to the class that is left behind.
    for name in (*stated.values, "__dict__", "__weakref__"):
        space.pop(name, None)
    space["__slots__"] = tuple(stated.kinds)
    space["__qualname__"] = cls.__qualname__
    made: type = type(cls)(cls.__name__, cls.__bases__, space)
    return made


def _without_slots(cls: type, space: Mapping[str, Any], stated: Stated) -> type:
    for name, value in space.items():
        setattr(cls, name, value)
    for one in stated.fields:
        if one.default is not MISSING:
            setattr(cls, one.name, one.default)
        elif one.name in stated.values:
            delattr(cls, one.name)
    return cls


@cache
def _methods(*, eq: bool, order: bool, frozen: bool, slots: bool) -> dict[str, Any]:
    """Return what all classes with these options share."""
    methods: dict[str, Any] = {
        "__dataclass_fields__": _Lazy("__dataclass_fields__"),
        "__dataclass_params__": _Lazy("__dataclass_params__", order=order, frozen=frozen),
        "__init__": _made_at_first_call("__init__", first_init),
        "__replace__": replace,
        "__repr__": _show,
    }
    if eq:
        methods["__eq__"] = _made_at_first_call("__eq__", _equality)
        methods["__hash__"] = _made_at_first_call("__hash__", _hash) if frozen else None
    if order:
        for name, compare in _ORDER.items():
            methods[name] = _made_at_first_call(name, _ordering(compare))
    if frozen:
        methods["__setattr__"] = _refuse_to_set
        methods["__delattr__"] = _refuse_to_delete
        if slots:
            methods["__getstate__"] = _get_state
            methods["__setstate__"] = _set_state
    return methods


def _made_at_first_call(
    name: str, make: Callable[[type, Stated], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a method that puts what ``make`` returns in its own place, and calls that.

    Most classes of a short run make no value, and fewer compare two.
    """

    def method(self: object, /, *arguments: object, **values: object) -> Any:
        owner = _owner(type(self), name, method)
        made = make(owner, getattr(owner, _STATED))
        setattr(owner, name, made)
        return made(self, *arguments, **values)

    method.__name__ = name
    return method


def _owner(cls: type, name: str, value: object) -> type:
    """Return the dataclass that ``cls`` has ``value`` from, which stood there under ``name``."""
    made = [base for base in cls.__mro__ if _STATED in base.__dict__]
    # None has it still where another thread was quicker; then there is one to choose.
    return next((base for base in made if base.__dict__.get(name) is value), made[0])


def _equality(_: type, stated: Stated) -> Callable[..., bool]:
    read = _reader(stated)

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if type(other) is not type(self):
            return NotImplemented
        return read(self) == read(other)

    return __eq__


def _hash(_: type, stated: Stated) -> Callable[..., int]:
    read = _reader(stated)

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(read(self))

    return __hash__


def _ordering(compare: Callable[..., bool]) -> Callable[[type, Stated], Callable[..., object]]:
    def make(_: type, stated: Stated) -> Callable[..., object]:
        read = _reader(stated)

        def method(self: object, other: object) -> object:
            if type(other) is not type(self):
                return NotImplemented
            return compare(read(self), read(other))

        return method

    return make


def _reader(stated: Stated) -> Callable[[object], tuple[object, ...]]:
    """Return what gives the values that count in a comparison, as a tuple."""
    values = stated.values
    names = [
        name
        for name in stated.kinds
        if not (isinstance(values.get(name), Field) and not values[name].compare)
    ]
    if len(names) > 1:
        return operator.attrgetter(*names)
    if names:
        # A tuple, for that finds equal what is the same, as a NaN.
        name = names[0]
        return lambda value: (getattr(value, name),)
    return lambda _: ()


def _refuse_to_set(self: object, name: str, value: object) -> None:
    if _is_frozen(self, name, "__setattr__", _refuse_to_set):
        raise _frozen_error(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_to_delete(self: object, name: str) -> None:
    if _is_frozen(self, name, "__delattr__", _refuse_to_delete):
        raise _frozen_error(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _is_frozen(self: object, name: str, method_name: str, method: object) -> bool:
    """Tell whether ``name`` of a value may not change; a class that inherits has others too."""
    owner = _owner(type(self), method_name, method)
    return type(self) is owner or name in getattr(owner, _STATED).kinds


def _frozen_error(message: str) -> Exception:
    from dataclasses import FrozenInstanceError  # noqa: PLC0415 - see the package

    return FrozenInstanceError(message)


def _get_state(self: Any) -> list[Any]:
    return [getattr(self, one.name) for one in getattr(self, _STATED).fields]


def _set_state(self: Any, state: Iterable[Any]) -> None:
    for one, value in zip(getattr(self, _STATED).fields, state, strict=True):
        object.__setattr__(self, one.name, value)


@recursive_repr()
def _show(self: Any) -> str:
    shown = [
        f"{one.name}={getattr(self, one.name)!r}"
        for one in getattr(self, _STATED).fields
        if one.repr
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

        made = _owner(owner, self.name, self)
        stated: Stated = getattr(made, _STATED)
        fields = [(one.name, one.type, _as_field(one)) for one in stated.fields]
        twin = dataclasses.make_dataclass(
            owner.__name__, fields, order=self.order, frozen=self.frozen
        )
        value = getattr(twin, self.name)
        setattr(made, self.name, value)
        return value


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
