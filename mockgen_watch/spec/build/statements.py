"""Takes the site of ``$records``; gives the values that it states, record by record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.build.directives import report_unknown
from mockgen_watch.spec.build.names import data_key, fold, is_directive
from mockgen_watch.spec.build.scalars import read_flag, report_type
from mockgen_watch.spec.document import MappingNode, SequenceNode, plain_data
from mockgen_watch.spec.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from mockgen_watch.spec.build.site import Report, Site
    from mockgen_watch.spec.document import Json, Node

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_WHOLE: Final = ("$const", "$delete")
"""What may stand in place of a value, alone."""


def build_statements(site: Site | None, report: Report) -> tuple[Statement, ...]:
    """Return what ``site`` states; what is wrong with it is reported and left out."""
    if site is None:
        return ()
    if not site.is_mapping or not site.members():
        report_type(site, report, "a mapping of indexes to what these records hold")
        return ()
    found: list[Statement] = []
    for member in site.members():
        if not _INDEX.fullmatch(member.key):
            message = f'"{member.key}" is no index of a record'
            report.error("MG202", member.key_location, message, "the first record is 0")
        elif not member.is_mapping or not member.members():
            report_type(member, report, "a mapping of fields to values")
        else:
            found += _below(member, int(member.key), (), report)
    return tuple(found)


def _below(site: Site, record: int, path: tuple[str, ...], report: Report) -> Iterator[Statement]:
    """Yield what the mapping at ``site`` states below ``path``."""
    seen: dict[str, Site] = {}
    for member in site.members():
        if is_directive(member.key):
            report_unknown(member, _WHOLE, report)
            continue
        name = data_key(member.key)
        if fold(name) in seen:
            message = f'"{member.key}" and "{seen[fold(name)].key}" differ in case at most'
            report.error("MG209", member.key_location, message)
            continue
        seen[fold(name)] = member
        yield from _value(member, record, (*path, name), report)


def _value(site: Site, record: int, path: tuple[str, ...], report: Report) -> Iterator[Statement]:
    members = {member.key: member for member in site.members()}
    whole = next((key for key in _WHOLE if key in members), None)
    if whole is None and members:
        yield from _below(site, record, path, report)
        return
    place = site.key_location
    if whole is None:
        if site.is_mapping:
            hint = "the empty object as a value is {$const: {}}"
            report.error("MG202", site, f"{site.key} states nothing", hint)
            return
        yield Statement(record=record, path=path, value=_data(site.node), location=place)
        return
    if len(members) > 1:
        other = next(member for key, member in members.items() if key != whole)
        message = f'"{other.key}" cannot stand beside {whole}'
        report.error("MG204", other.key_location, message)
    elif whole == "$const":
        value = plain_data(members[whole].node)
        yield Statement(record=record, path=path, value=value, location=place)
    elif read_flag(members[whole], report):
        yield Statement(record=record, path=path, value=None, location=place, is_gone=True)


def _data(node: Node) -> Json:
    """Return the data of ``node``; in its mappings, two ``$`` stand for one."""
    if isinstance(node, MappingNode):
        return {data_key(member.key): _data(member.node) for member in node.members}
    if isinstance(node, SequenceNode):
        return [_data(item) for item in node.items]
    return node.value
