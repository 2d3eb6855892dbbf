"""Holds the package's dataclasses against those of ``dataclasses``, in all that is used of them."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from mockgen_watch.dataclass import dataclass, making
from mockgen_watch.dataclass.construct import COMPILED_AFTER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# To mypy both are the same; what the tests compare is what there is at run time.
Maker: TypeAlias = Any
Made: TypeAlias = Any
Call: TypeAlias = "tuple[tuple[object, ...], dict[str, object]]"
MAKERS: tuple[Maker, Maker] = (dataclasses, making)
OPTIONS = [
    {"frozen": frozen, "slots": slots, "kw_only": kw_only, "eq": eq}
    for frozen, slots, kw_only, eq in product((False, True), repeat=4)
]
ENOUGH = COMPILED_AFTER + 3


def make_point(maker: Maker, **options: bool) -> Made:
    @maker.dataclass(**options)
    class Point:
        """A place."""

        x: int
        y: float = 1.5
        marks: list[str] = maker.field(default_factory=list)
        hidden: str = maker.field(default="no", repr=False, compare=False)

        @property
        def double(self) -> int:
            return self.x * 2

    return Point


def make_lone(maker: Maker, **options: bool) -> Made:
    @maker.dataclass(**options)
    class Lone:
        value: float

        def __post_init__(self) -> None:
            if self.value == 13:
                raise ValueError("13")

    return Lone


def make_empty(maker: Maker, **options: bool) -> Made:
    @maker.dataclass(**options)
    class Empty:
        def name(self) -> str:
            return "empty"

    return Empty


def make_kept(maker: Maker, **options: bool) -> Made:
    @maker.dataclass(**options)
    class Kept:
        given: int
        kept: list[int] = maker.field(default_factory=list, init=False)
        later: int = maker.field(init=False, repr=False, compare=False)
        fixed: int = maker.field(default=7, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "later", self.given + 1)

    return Kept


def make_own(maker: Maker, **options: bool) -> Made:
    @maker.dataclass(**options)
    class Own:  # noqa: PLW1641 - its hash is what is tested
        x: int

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Own)

    return Own


CALLS: list[tuple[Callable[..., Made], list[Call]]] = [
    (
        make_point,
        [
            ((), {"x": 1}),
            ((), {"x": 1, "y": 2.0, "marks": ["a"], "hidden": "yes"}),
            ((), {}),
            ((), {"x": 1, "z": 2}),
            ((), {"x": 1, "y": 2.0, "marks": [], "z": 2}),
            ((1,), {}),
            ((1, 2.0, ["b"]), {"hidden": "h"}),
            ((1,), {"x": 1}),
            ((1, 2, 3, 4, 5), {}),
        ],
    ),
    (make_lone, [((), {"value": 1.0}), ((), {"value": 13}), ((2.0,), {}), ((), {})]),
    (make_empty, [((), {}), ((1,), {}), ((), {"x": 1})]),
    (make_kept, [((), {"given": 1}), ((), {"given": 1, "kept": []}), ((1,), {})]),
    (make_own, [((), {"x": 1}), ((), {})]),
]


def outcome(act: Callable[[], object]) -> object:
    """Return what ``act`` returns, or the error that it raises."""
    try:
        return act()
    except (AttributeError, TypeError, ValueError) as error:
        return type(error), str(error)


def told(value: object) -> object:
    """Return all that can be told of a value and its class."""
    if isinstance(value, tuple):
        return value
    made: Made = value
    kind: Made = type(value)
    fields = [
        (field.name, field.type, field.init, field.repr, field.compare, field.kw_only)
        for field in dataclasses.fields(kind)
    ]
    return (
        repr(value),
        {name: getattr(value, name) for name, *_ in fields},
        fields,
        outcome(lambda: hash(value)) if "__eq__" in vars(kind) else "by identity",
        outcome(lambda: value == copy.copy(value)),
        outcome(lambda: value != copy.deepcopy(value)),
        kind.__match_args__,
        kind.__doc__ if kind.__doc__ and "(" not in kind.__doc__ else None,
        kind.__qualname__,
        getattr(kind, "__slots__", None),
        kind.__dataclass_params__.frozen,
        kind.__dataclass_params__.order,
        dataclasses.is_dataclass(kind),
        dataclasses.asdict(made),
        hasattr(value, "__dict__"),
    )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize(("make", "calls"), CALLS, ids=[make.__name__ for make, _ in CALLS])
def test_values_and_errors_are_those_of_dataclasses(
    make: Callable[..., Any], calls: Sequence[Call], options: dict[str, bool]
) -> None:
    theirs, ours = (make(maker, **options) for maker in MAKERS)

    # Often enough that the values come from both kinds of __init__.
    for _ in range(ENOUGH):
        for given, named in calls:
            assert told(outcome(lambda: ours(*given, **named))) == told(  # noqa: B023
                outcome(lambda: theirs(*given, **named))  # noqa: B023
            )


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_value_is_changed_or_not_as_one_of_dataclasses(options: dict[str, bool]) -> None:
    # With frozen and slots, dataclasses look at the class as it was without slots: a TypeError.
    names = ("x",) if options["frozen"] and options["slots"] else ("x", "other")

    def attempts(cls: type[Any]) -> list[object]:
        class Child(cls):  # type: ignore[misc]
            pass

        found: list[object] = []
        for value in (cls(x=1), Child(x=1)):
            for name in names:
                found.append(outcome(lambda: setattr(value, name, 5)))  # noqa: B023
                found.append(outcome(lambda: getattr(value, name)))  # noqa: B023
                found.append(outcome(lambda: delattr(value, name)))  # noqa: B023
        return found

    theirs, ours = (attempts(make_point(maker, **options)) for maker in MAKERS)

    assert _without_kinds(ours) == _without_kinds(theirs)


def _without_kinds(found: list[object]) -> list[object]:
    # How the interpreter words an attribute that a class has no room for is its own affair.
    return [item[0] if isinstance(item, tuple) else item for item in found]


def test_a_frozen_value_raises_the_error_of_dataclasses() -> None:
    value = make_point(making, frozen=True, slots=True)(x=1)

    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        value.x = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del value.x


def test_both_kinds_of_replace_take_both_kinds_of_class() -> None:
    options = {"frozen": True, "slots": True, "kw_only": True}
    for maker, change in product(MAKERS, (dataclasses.replace, making.replace)):
        value = make_point(maker, **options)(x=1, hidden="h")
        changed = change(value, x=2)
        assert (changed.x, changed.hidden, value.x) == (2, "h", 1)
        with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
            change(value, z=3)
        # What dataclasses itself raises is another error from Python 3.13 on.
        is_theirs = change is dataclasses.replace or maker is dataclasses
        is_newer = is_theirs and sys.version_info >= (3, 13)
        with pytest.raises(TypeError if is_newer else ValueError, match="init=False"):
            change(make_kept(maker, **options)(given=1), kept=[])


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace is new in 3.13")
def test_copy_replace_takes_it_too() -> None:
    value = make_point(making, frozen=True)(x=1)

    assert copy.replace(value, x=2).x == 2  # type: ignore[attr-defined,unused-ignore]


def test_order_is_that_of_dataclasses() -> None:
    def make(maker: Maker) -> Made:
        @maker.dataclass(frozen=True, order=True)
        class Pair:
            left: int
            right: str

        return Pair

    values = [(1, "b"), (0, "z"), (1, "a"), (1, "b")]
    theirs, ours = ([cls(*value) for value in values] for cls in map(make, MAKERS))

    assert [repr(value) for value in sorted(ours)] == [repr(value) for value in sorted(theirs)]
    for sign in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert [[getattr(a, sign)(b) for a in ours] for b in ours] == [
            [getattr(a, sign)(b) for a in theirs] for b in theirs
        ]
    assert outcome(lambda: ours[0] < 1) == outcome(lambda: theirs[0] < 1)


def test_a_nan_equals_itself_and_a_value_of_another_class_never() -> None:
    ours = make_lone(making, frozen=True)
    nan = float("nan")

    assert ours(value=nan) == ours(value=nan)
    assert ours(value=1) != make_lone(making, frozen=True)(value=1)


def test_a_value_that_holds_itself_can_be_shown() -> None:
    value = make_point(making)(x=1)
    value.marks.append(value)

    assert "..." in repr(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """At the top of a module, where pickle finds it."""

    name: str
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_frozen_value_is_the_same_after_a_pickle(protocol: int) -> None:
    value = Sent(name="a", parts=(1, 2))

    assert pickle.loads(pickle.dumps(value, protocol)) == value  # noqa: S301


def test_a_compiled_init_has_the_signature_of_dataclasses() -> None:
    signatures = []
    for maker in MAKERS:
        cls = make_point(maker, kw_only=True)
        for _ in range(ENOUGH):
            cls(x=1)
        signatures.append([*inspect.signature(cls).parameters])

    assert signatures[0] == signatures[1]


@pytest.mark.parametrize(
    "text",
    [
        "@dataclass\nclass A:\n    x: int = 1\n    y: int",
        "@dataclass\nclass A:\n    x: list[int] = []",
        "@dataclass\nclass A:\n    x = field(default=1)",
        "@dataclass(slots=True)\nclass A:\n    __slots__ = ()\n    x: int",
        "@dataclass(eq=False, order=True)\nclass A:\n    x: int",
        "field(default=1, default_factory=list)",
    ],
)
def test_what_dataclasses_refuses_is_refused(text: str) -> None:
    kinds = []
    for maker in MAKERS:
        with pytest.raises((TypeError, ValueError)) as caught:
            exec(text, {"dataclass": maker.dataclass, "field": maker.field})  # noqa: S102
        kinds.append(caught.type)

    assert kinds[0] is kinds[1]


@pytest.mark.parametrize(
    "text",
    [
        "@dataclass(unsafe_hash=True)\nclass A:\n    x: int",
        "@dataclass\nclass A:\n    x: ClassVar[int] = 1",
        "@dataclass\nclass A:\n    x: int\n@dataclass\nclass B(A):\n    y: int",
    ],
)
def test_what_is_not_made_here_is_refused_at_once(text: str) -> None:
    text = f"from __future__ import annotations\n{text}"
    with pytest.raises(TypeError):
        exec(text, {"dataclass": making.dataclass})  # noqa: S102


def test_it_does_without_dataclasses_and_inspect(monkeypatch: pytest.MonkeyPatch) -> None:
    # Coverage takes both.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    program = (
        "import sys\n"
        "from mockgen_watch.dataclass import dataclass, replace\n"
        "@dataclass(frozen=True, slots=True)\n"
        "class A:\n"
        "    x: int\n"
        "value = replace(A(1), x=2)\n"
        "assert value == A(2) and repr(value) == 'A(x=2)' and hash(value)\n"
        "print(sorted({'dataclasses', 'inspect'} & set(sys.modules)))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
