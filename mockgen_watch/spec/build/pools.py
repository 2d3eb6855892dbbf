"""Takes the sites of values and weights; gives a Pool in which equal values have been added up."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.diagnostics import Related, did_you_mean
from mockgen_watch.digest import canonical
from mockgen_watch.spec.build.names import data_key, is_directive
from mockgen_watch.spec.build.reader import kind_of
from mockgen_watch.spec.build.scalars import decimal_places, number_at, report_type
from mockgen_watch.spec.document import MappingNode, Scalar, SequenceNode, plain_data
from mockgen_watch.spec.generators import Pool, PoolEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

    from mockgen_watch.spec.build.reader import Report, Site
    from mockgen_watch.spec.document import Json

MAX_WEIGHT_DIGITS: Final = 12
_ONE: Final = Decimal(1)
_LOOKS_OTHERWISE: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?|true|false|null|~")


def pool_of_values(site: Site, report: Report) -> Pool | None:
    """Return the pool of a list, each item as it stands; None when it was reported."""
    if not site.is_list:
        report_type(site, report, "a list of values")
        return None
    items = site.items()
    if not items:
        _report_empty(site, report)
        return None
    return Pool(entries=add_up(_entry(item, plain_data(item.node)) for item in items))


def pool_of_weights(site: Site, report: Report) -> Pool | None:
    """Return the pool of a mapping value → weight, or of a list of pairs [value, weight]."""
    if site.is_mapping:
        entries = [_weighted_key(member, report) for member in site.members()]
    elif site.is_list:
        entries = [_weighted_pair(item, report) for item in site.items()]
    else:
        report_type(site, report, "a mapping of values to weights, or a list of [value, weight]")
        return None
    if not entries:
        _report_empty(site, report)
        return None
    return _checked(site, entries, report)


def pool_of_rows(site: Site, report: Report) -> Pool | None:
    """Return the pool of a list of mappings; ``$weight`` and ``$id`` of a row direct the draw."""
    if not site.is_list:
        report_type(site, report, "a list of rows, or {$vocab: name}")
        return None
    if not site.items():
        _report_empty(site, report)
        return None
    before = report.errors
    entries = [_row(item, report) for item in site.items()]
    _check_row_ids(site.items(), report)
    if report.errors == before:
        _check_row_keys(site.items(), report)
    return _checked(site, entries, report) if report.errors == before else None


def add_up(entries: Iterable[PoolEntry]) -> tuple[PoolEntry, ...]:
    """Return ``entries`` with those of one identity joined: the first one, all their weight."""
    joined: dict[bytes, PoolEntry] = {}
    for entry in entries:
        first = joined.get(entry.identity)
        total = entry if first is None else replace(first, weight=first.weight + entry.weight)
        joined[entry.identity] = total
    return tuple(joined.values())


def read_weight(site: Site, report: Report) -> Decimal | None:
    """Return the weight at ``site``, 0 or more; None when it was reported."""
    weight = number_at(site)
    if weight is None:
        message = f"a weight is a number, not {kind_of(site.node)}"
        report.error("MG207", site, message)
        return None
    problem = ""
    if weight < 0:
        problem = f"the weight {weight} is negative"
    elif weight.adjusted() >= MAX_WEIGHT_DIGITS or decimal_places(weight) > MAX_WEIGHT_DIGITS:
        problem = f"a weight has {MAX_WEIGHT_DIGITS} digits before and after the point at most"
    if problem:
        report.error("MG207", site, problem)
        return None
    return weight


def _report_empty(site: Site, report: Report) -> None:
    hint = "a list is a pool of values; an empty list as a value is {$const: []}"
    report.error("MG206", site, "this pool has no values", hint)


def _entry(site: Site, value: Json, weight: Decimal = _ONE, identity: bytes = b"") -> PoolEntry:
    # A row's $id stands for the row; its canonical form is a list, which no row's is.
    return PoolEntry(
        value=value,
        weight=weight,
        identity=identity or canonical(value),
        location=site.location,
    )


def _checked(site: Site, entries: Sequence[PoolEntry | None], report: Report) -> Pool | None:
    sound = [entry for entry in entries if entry is not None]
    if len(sound) < len(entries):
        return None
    if not any(entry.weight for entry in sound):
        report.error("MG207", site, "all weights are zero, so that no value can be chosen")
        return None
    return Pool(entries=add_up(sound))


def _weighted_key(member: Site, report: Report) -> PoolEntry | None:
    if is_directive(member.key):
        hint = f'a value that begins with $ is written "${member.key}" here, or as a pair'
        report.error("MG201", member.key_location, f"{member.key} has no meaning here", hint)
        return None
    weight = read_weight(member, report)
    if weight is None:
        return None
    value = data_key(member.key)
    _warn_of_a_number(member, report)
    return PoolEntry(
        value=value, weight=weight, identity=canonical(value), location=member.key_location
    )


def _warn_of_a_number(member: Site, report: Report) -> None:
    """Say that a key without quotes which looks like a number, null or a boolean is text."""
    mark = member.key_mark
    if mark is None or not _LOOKS_OTHERWISE.fullmatch(member.key):
        return
    if member.document.text[mark.start : mark.end] == member.key:
        hint = "quote it, or write pairs, [[value, weight], …], for values that are no text"
        message = f"as a key {member.key} is text"
        report.warn("MG202", member.key_location, message, hint)


def _weighted_pair(item: Site, report: Report) -> PoolEntry | None:
    pair = item.items()
    if len(pair) != 2:  # noqa: PLR2004  # a pair
        report.error("MG202", item, "each item of $weighted is a pair [value, weight]")
        return None
    weight = read_weight(pair[1], report)
    return None if weight is None else _entry(pair[0], plain_data(pair[0].node), weight)


def _row(item: Site, report: Report) -> PoolEntry | None:
    if not isinstance(item.node, MappingNode):
        report.error("MG202", item, f"a row is a mapping, not {kind_of(item.node)}")
        return None
    weight: Decimal | None = _ONE
    identity = b""
    values: dict[str, Json] = {}
    sound = True
    for member in item.members():
        if member.key == "$weight":
            weight = read_weight(member, report)
        elif member.key == "$id":
            identity = _row_identity(member, report)
            sound = sound and bool(identity)
        elif is_directive(member.key):
            hint = did_you_mean(member.key, ("$weight", "$id"))
            hint = hint or "a row takes $weight, $id and its fields"
            report.error(
                "MG201", member.key_location, f"{member.key} has no meaning in a row", hint
            )
            sound = False
        else:
            values[data_key(member.key)] = plain_data(member.node)
    if weight is None or not sound:
        return None
    return _entry(item, values, weight, identity)


def _row_identity(site: Site, report: Report) -> bytes:
    if isinstance(site.node, SequenceNode | MappingNode) or not isinstance(
        site.node.value, str | int
    ):
        report_type(site, report, "text or a whole number")
        return b""
    return canonical([site.node.value])


def _check_row_ids(items: Sequence[Site], report: Report) -> None:
    seen: dict[bytes, Site] = {}
    for item in items:
        site = item.get("$id")
        if site is None or not isinstance(site.node, Scalar):
            continue
        identity = canonical(site.node.value)
        if identity in seen:
            related = (Related(message="the first one", location=seen[identity].location),)
            report.error("MG222", site, f"two rows have the $id {site.node.value}", "", related)
        seen.setdefault(identity, site)


def _check_row_keys(items: Sequence[Site], report: Report) -> None:
    """Report rows that lack a field which the first row has, or have one more."""
    wanted = _row_keys(items[0])
    for item in items[1:]:
        keys = _row_keys(item)
        for key in wanted:
            if key not in keys:
                hint = "all rows have the same fields; an absent value is null"
                report.error("MG205", item, f'this row has no "{key}"', hint)
        for key, member in keys.items():
            if key not in wanted:
                related = (Related(message="the first row", location=items[0].location),)
                message = f'the first row has no "{key}"'
                report.error("MG205", member.key_location, message, "", related)


def _row_keys(item: Site) -> dict[str, Site]:
    return {
        data_key(member.key): member for member in item.members() if not is_directive(member.key)
    }
