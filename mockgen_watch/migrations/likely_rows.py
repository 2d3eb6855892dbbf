"""Takes the pools of sections; gives fields whose n-th values seem to belong to one record."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING

from mockgen_watch.digest import canonical
from mockgen_watch.migrations.suggestion import Suggestion
from mockgen_watch.migrations.yaml_emit import member_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

    from mockgen_watch.migrations.suggestion import Pools, Values
    from mockgen_watch.spec.document import Json

_PLACES: Final = frozenset({"city", "state", "zip_code", "zip", "country", "street_address"})
_SHOWN: Final = 12
"""More rows than these are not written out."""


def likely_rows(sections: Mapping[str, Pools]) -> Iterator[Suggestion]:
    """Yield each group of fields once, with the first section that has it."""
    told: set[tuple[str, ...]] = set()
    for name, pools in sections.items():
        for reason, together in (("the names of an address", _places), ("words in common", _alike)):
            for fields in _groups(pools, together(pools)):
                if fields not in told:
                    told.add(fields)
                    yield _suggestion(name, pools, fields, reason)


def _suggestion(name: str, pools: Pools, fields: Sequence[str], reason: str) -> Suggestion:
    size = len(pools[fields[0]])
    rows: list[Json] = [
        {f"${key}" if key.startswith("$") else key: pools[key][n] for key in fields}
        for n in range(min(size, _SHOWN))
    ]
    more = (f"  # and so on, {size} rows",) if size > _SHOWN else ()
    return Suggestion(
        kind="rows",
        text=f"{', '.join(fields)} may belong together in {name}: {size} values each, {reason}; "
        "rows keep the n-th values in one record",
        lines=(*member_lines("$rows", rows, 0), *more),
    )


def _groups(pools: Pools, pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, ...]]:
    groups: list[set[str]] = []
    for pair in pairs:
        joined = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in joined]
        groups.append(set(pair).union(*joined))
    for group in groups:
        yield tuple(key for key in pools if key in group)


def _may_pair(left: str, right: str, pools: Pools) -> bool:
    """Tell whether two fields are lists of one length; a row has no way into an object."""
    return len(pools[left]) == len(pools[right]) > 1 and "." not in left + right


def _places(pools: Pools) -> Iterator[tuple[str, str]]:
    places = [key for key in pools if key.casefold() in _PLACES]
    yield from (pair for pair in combinations(places, 2) if _may_pair(*pair, pools))


def _alike(pools: Pools) -> Iterator[tuple[str, str]]:
    words = {key: _words(values) for key, values in pools.items()}
    # Only fields whose first values share a word are compared: there may be thousands.
    with_word: dict[str, list[str]] = {}
    for key, each in words.items():
        for word in each[0] if each else ():
            with_word.setdefault(word, []).append(key)
    pairs = dict.fromkeys(pair for keys in with_word.values() for pair in combinations(keys, 2))
    for left, right in pairs:
        if (
            _may_pair(left, right, pools)
            and len(set(map(canonical, pools[left]))) > 1
            and all(ours & theirs for ours, theirs in zip(words[left], words[right], strict=True))
        ):
            yield left, right


def _words(values: Values) -> list[set[str]]:
    """Return the words of each value, without those that all have: they tell nothing apart."""
    each = [
        set(re.findall(r"[a-z]{3,}", value.casefold())) if isinstance(value, str) else set()
        for value in values
    ]
    return [words - set.intersection(*each) for words in each]
