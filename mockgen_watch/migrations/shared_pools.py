"""Takes the pools of models; gives those that several of them have, as vocabularies to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.likely_rules import slug
from mockgen_watch.migrations.suggestion import Suggestion
from mockgen_watch.migrations.yaml_emit import flow, key_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from mockgen_watch.migrations.suggestion import ModelPools, Values

_ENOUGH: Final = 3
"""Fewer values are not worth a file."""
_NAMED: Final = 5
"""More models than these are counted, not named."""


def shared_pools(models: Iterable[ModelPools]) -> Iterator[Suggestion]:
    """Yield each pool that several models have, whatever they call it."""
    users: dict[bytes, dict[str, str]] = {}
    first: dict[bytes, tuple[str, Values]] = {}
    for one in models:
        for pools in one.sections.values():
            for key, values in pools.items():
                known = sorted(map(canonical, values))
                if len(set(known)) >= _ENOUGH:
                    identity = b",".join(known)
                    users.setdefault(identity, {}).setdefault(one.model, key)
                    first.setdefault(identity, (key, values))
    for identity, found in users.items():
        if len(found) > 1:
            yield _suggestion(tuple(found), *first[identity])


def _suggestion(models: tuple[str, ...], key: str, values: Values) -> Suggestion:
    name = slug(key).replace("-", "_")
    more = f" and {len(models) - _NAMED} more" if len(models) > _NAMED else ""
    return Suggestion(
        kind="vocab",
        text=f"{', '.join(models[:_NAMED])}{more} share a pool of {len(values)} values ({key}): "
        f"specs/_vocab/{name}.yaml could hold it once",
        lines=(
            f"# specs/_vocab/{name}.yaml",
            *(f"- {flow(value)}" for value in values),
            "# in each model",
            f"{key_text(key.rpartition('.')[2])}: {{$vocab: {name}}}",
        ),
    )
