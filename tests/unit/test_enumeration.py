"""Holds the package's enumerations against those of ``enum``, in all that is used of them."""

from __future__ import annotations

import copy
import enum
import json
import pickle
from functools import partial
from types import new_class
from typing import Any, TypeAlias

import pytest

from mockgen_watch import enumeration
from mockgen_watch.enumeration import StrEnum

# To mypy both are the same; what the tests compare is what there is at run time.
Maker: TypeAlias = Any
Made: TypeAlias = Any
WRONG: tuple[object, ...] = ("x", 7, None, [])
MAKERS: tuple[Maker, Maker] = (enum, enumeration)


def make_text(maker: Maker) -> Made:
    class Size(maker.StrEnum):  # type: ignore[misc]
        """How large."""

        SMALL = "s"
        LARGE = "l"

        @property
        def is_large(self) -> bool:
            return self is Size.LARGE

    return Size


def make_number(maker: Maker) -> Made:
    class Size(maker.IntEnum):  # type: ignore[misc]
        SMALL = 0
        LARGE = 130

    return Size


def outcome(act: Any) -> object:  # noqa: ANN401
    """Return what ``act`` returns, or the kind of the error that it raises."""
    try:
        return act()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return type(error), str(error) if isinstance(error, ValueError) else ""


def told(cls: Made) -> object:
    """Return all that can be told of an enumeration and its members."""
    one: Made = cls.SMALL
    value = one.value
    return (
        [(member.name, member.value, type(member.value)) for member in cls],
        [member.name for member in reversed(cls)],
        [*cls.__members__],
        {name: member.value for name, member in cls.__members__.items()},
        len(cls),
        bool(cls),
        cls(value) is cls(one) is cls["SMALL"] is one,
        [outcome(partial(cls, wrong)) for wrong in WRONG],
        outcome(lambda: cls["NONE"]),
        one in cls,
        (str(one), repr(one), f"{one}", f"{one:>5}", json.dumps(one), bool(one)),
        (one == value, value == one, one == cls.LARGE, hash(one) == hash(value), {one: 1}[value]),
        (one < cls.LARGE, sorted(cls), isinstance(one, (str, int)), type(one) is cls),
        copy.copy(one) is copy.deepcopy(one) is one,
        outcome(lambda: setattr(cls, "SMALL", value)),
        outcome(lambda: delattr(cls, "SMALL")),
        outcome(lambda: setattr(one, "value", value)),
        outcome(lambda: new_class("More", (cls,))),
        cls.__name__,
        cls.__qualname__,
        isinstance(cls, type),
    )


@pytest.mark.parametrize("make", [make_text, make_number])
def test_classes_and_members_are_as_those_of_enum(make: Any) -> None:  # noqa: ANN401
    theirs, ours = map(make, MAKERS)

    assert told(ours) == told(theirs)


def test_a_member_has_what_its_class_defines() -> None:
    for maker in MAKERS:
        size = make_text(maker)
        assert (size.SMALL.is_large, size.LARGE.is_large) == (False, True)
        assert size.__doc__ == "How large."


class Sent(StrEnum):
    """At the top of a module, where pickle finds it."""

    HERE = "here"
    THERE = "there"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_member_is_the_same_after_a_pickle(protocol: int) -> None:
    assert pickle.loads(pickle.dumps([*Sent], protocol)) == [*Sent]  # noqa: S301
    assert pickle.loads(pickle.dumps(Sent.HERE, protocol)) is Sent.HERE  # noqa: S301


def test_it_can_be_matched() -> None:
    match Sent("there"):
        case Sent.HERE:
            pytest.fail("it is there")
        case Sent.THERE:
            pass


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("class A(StrEnum):\n    X = 1", TypeError),
        ("class A(IntEnum):\n    X = '1'", TypeError),
        ("class A(StrEnum):\n    X = 'a'\n    Y = 'a'", ValueError),
        ("class A(StrEnum):\n    X = 'a'\nclass B(A):\n    Y = 'b'", TypeError),
    ],
)
def test_what_is_not_made_here_is_refused_at_once(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        exec(text, vars(enumeration).copy())  # noqa: S102
