"""Takes a record as it is made and as it should be; gives what a spec has to state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.spec.document import MappingNode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final, TypeAlias

    from mockgen_watch.spec.document import Json, Node

Place: TypeAlias = "tuple[str | int, ...]"
"""Keys and element indexes from the top of a record."""

DELETE: Final[Json] = {"$delete": True}


def statements_between(
    made: Json, meant: Json, stated: Node | None, place: Place = ()
) -> Iterator[tuple[Place, Json]]:
    """Yield each place that differs, and what a spec writes there so that ``meant`` stands there.

    Args:
        made: what is there without the statements, or with those that there are.
        meant: what should be there.
        stated: what the spec states there already: it is changed where it stands, and where a
            whole value is stated, that is stated whole again.
        place: of all this in the record.
    """
    if canonical(made) == canonical(meant):
        return
    if stated is not None and not _is_open(stated):
        yield place, as_stated(meant)
    elif isinstance(made, dict) and isinstance(meant, dict):
        for key in [*made, *(key for key in meant if key not in made)]:
            inner = _below(stated, _written(key))
            if key not in meant:
                yield (*place, key), DELETE
            elif key in made:
                yield from statements_between(made[key], meant[key], inner, (*place, key))
            else:
                yield from _added(meant[key], inner, (*place, key))
    elif _are_alike(made, meant):
        assert isinstance(made, list)  # noqa: S101 - that is what is meant by alike
        assert isinstance(meant, list)  # noqa: S101
        for index, (old, new) in enumerate(zip(made, meant, strict=True)):
            yield from statements_between(old, new, _below(stated, str(index)), (*place, index))
    else:
        yield place, as_stated(meant)


def as_stated(value: Json) -> Json:
    """Return what states ``value``, whatever was there."""
    if isinstance(value, dict):
        return {"$const": value}
    return _escaped(value)


def _added(value: Json, stated: Node | None, place: Place) -> Iterator[tuple[Place, Json]]:
    """Yield what states a value where nothing is."""
    if isinstance(value, dict) and value and (stated is None or _is_open(stated)):
        for key, item in value.items():
            yield from _added(item, _below(stated, _written(key)), (*place, key))
    else:
        yield place, as_stated(value)


def _escaped(value: Json) -> Json:
    """Return ``value`` with a second ``$`` before each key in it that begins with one."""
    if isinstance(value, dict):
        return {_written(key): _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list) else value


def _written(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _below(stated: Node | None, key: str) -> Node | None:
    return stated.get(key) if isinstance(stated, MappingNode) else None


def _is_open(stated: Node) -> bool:
    """Tell whether more can be stated below what is stated."""
    return isinstance(stated, MappingNode) and not any(
        member.key in {"$const", "$delete"} for member in stated.members
    )


def _are_alike(made: Json, meant: Json) -> bool:
    """Tell whether two arrays differ in their elements one by one; texts are read better whole."""
    return (
        isinstance(made, list)
        and isinstance(meant, list)
        and len(made) == len(meant)
        and all(isinstance(item, dict | list) for item in (*made, *meant))
    )
