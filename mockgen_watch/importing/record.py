"""Records to a spec: one sample record comes back as it is; of several, each stays possible."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.canonical import canonical
from mockgen_watch.diagnostics import Diagnostic, Location, Related, Severity
from mockgen_watch.errors import FindingsError
from mockgen_watch.migrations.layout import key_text, mapping_lines
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.build.reader import BuildContext, spec_key
from mockgen_watch.spec.build.slips import may_lack_dollar
from mockgen_watch.spec.build.user_input import build_user_input, file_name_problem
from mockgen_watch.spec.model import fold
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.spec.document import Json

LINE_ENDINGS: Final = (".ndjson", ".jsonl")
"""A file whose name ends so has one record per line; every other file is one JSON text."""

_MAX_ELEMENTS: Final = 10_000
_PLACES: Final = 4
_WORD: Final = re.compile(r"[^\W_]+")

_MORE: Final = "# For more records, raise $count and remove $output."
_HEAD: Final = """\
# {what}
# To let a value vary, replace it with a way to choose it, such as:
#
#   status: [paid, shipped, refunded]                    one of these values
#   qty: {{$integer: [1, 9]}}                              a whole number
#   price: {{$number: {{min: 1, max: 90, decimals: 2}}}}     a number with decimals
#   placed: {{$date: [2025-01-01, 2025-12-31]}}            a date
#   sku: {{$pattern: "[A-Z]{{2}}-[0-9]{{4}}"}}                 text of this pattern
#   name: {{$vocab: first_name}}                           a value of a vocabulary
#   mail: {{$template: "{{name}}@example.com"}}              text with other fields
#
# {{$const: [a, b]}} is a fixed list, whereas [a, b] is a pool: one of its values.
"""


class Sample(Struct, frozen=True, kw_only=True):
    """The records of a file.

    Attributes:
        path: the file, as messages name it.
        records: the objects in source order; at least one.
        is_list: False for a file that is one record itself.
        is_lines: whether the file has one record per line.
    """

    path: str
    records: tuple[documents.MappingNode, ...]
    is_list: bool = True
    is_lines: bool = False


def read_sample(path: str, data: bytes) -> Sample:
    """Return the records in ``data``; the ending of ``path`` says whether each line is one.

    Raises:
        FindingsError: it is not JSON, or has no records.
    """
    if path.casefold().endswith(LINE_ENDINGS):
        return _read_lines(path, data)
    try:
        root = _read(path, data)
    except FindingsError:
        if _is_record(data.lstrip().partition(b"\n")[0]):
            return _read_lines(path, data)
        raise
    if not isinstance(root, documents.SequenceNode):
        return Sample(path=path, records=(_record(path, root),), is_list=False)
    if not root.items:
        raise _error("MG206", path, root.mark, "the list has no records")
    return Sample(path=path, records=tuple(_record(path, item) for item in root.items))


def _read_lines(path: str, data: bytes) -> Sample:
    records = []
    for number, line in enumerate(data.split(b"\n")):
        if line.strip():
            # The lines above it are needed only for places in messages.
            above = b"" if _is_record(line) else b"\n" * number
            records.append(_record(path, _read(path, above + line)))
    if not records:
        _read(path, b"")
    return Sample(path=path, records=tuple(records), is_lines=True)


def _is_record(line: bytes) -> bool:
    document = parse("line.json", line)
    return isinstance(document.root, documents.MappingNode) and not document.diagnostics


def _read(path: str, data: bytes) -> documents.Node:
    document = parse(path if path.casefold().endswith(".json") else f"{path}.json", data)
    errors = [found for found in document.diagnostics if found.severity is Severity.ERROR]
    if errors or document.root is None:
        places = (replace(found.location, path=path) for found in errors)
        raise FindingsError([replace(e, location=p) for e, p in zip(errors, places, strict=True)])
    return document.root


def _record(path: str, node: documents.Node) -> documents.MappingNode:
    if isinstance(node, documents.MappingNode):
        return node
    message = f"expected a record (an object in braces) here, found {documents.kind_of(node)}"
    raise _error("MG202", path, node.mark, message)


def _error(
    code: str, path: str, mark: documents.Mark, message: str, *related: Related
) -> FindingsError:
    place = Location(path=path, line=mark.line, column=mark.column)
    return FindingsError([Diagnostic(code=code, message=message, location=place, related=related)])


def names_of(stem: str) -> tuple[str, str]:
    """Return the names of the suite and the model of a file called ``stem``, without its ending.

    ``order-lines`` makes the suite ``order-lines`` and the model ``OrderLines``.
    """
    words = _WORD.findall(stem)
    model = "".join(word[0].upper() + word[1:] for word in words)
    suite = "-".join(stem.split())
    return suite, "Record" if file_name_problem(model) else model


def spec_of_sample(sample: Sample, model: str, schema: str, *, has_master: bool = False) -> str:
    """Return the user_input file, in YAML, that makes such records.

    A file that is one record gives a spec whose output is that record. Several records give a spec
    with as many, of which each field has a pool of the values seen.

    ``schema`` is the path of the JSON Schema for editors; ``has_master`` is whether a master would
    be merged with the records if nothing were stated.

    Raises:
        FindingsError: a spec cannot have such records.
    """
    _check_keys(sample)
    records = [documents.plain_data(record) for record in sample.records]
    objects = [record for record in records if isinstance(record, dict)]
    fields = _fields(objects) if sample.is_list else _constant_fields(objects[0])
    top: dict[str, Json] = {"$seed": 1}
    if has_master:
        top["$master"] = None
    top["$count"] = len(records)
    top["$output"] = {
        "format": "ndjson" if sample.is_lines else "json",
        "layout": "multiple" if sample.is_list else "single",
    }
    lines = mapping_lines(fields, 2)
    body = [f"{key_text(spec_key(model))}:", *lines] if lines else [f"{key_text(model)}: {{}}"]
    head = f"{_head(sample)}$schema: {schema}"
    text = "\n".join([head, *mapping_lines(top), "", *body]) + "\n"
    _check_spec(sample, text)
    return text


def _head(sample: Sample) -> str:
    name = sample.path.replace("\\", "/").rpartition("/")[2]
    shown = name if name.isprintable() else "a sample"
    what = f"Made from {shown}: the output is this record again.\n{_MORE}"
    if sample.is_list:
        what = f"Made from {shown}: each field has one of the values that it has there."
    return _HEAD.format(what=what)


def _check_keys(sample: Sample) -> None:
    """Report two fields of the records whose names differ only in case."""
    seen: dict[str, documents.Member] = {}
    for record in sample.records:
        for member in record.members:
            first = seen.setdefault(fold(member.key), member)
            if first.key != member.key:
                place = Location(path=sample.path, line=first.mark.line, column=first.mark.column)
                message = f'"{member.key}" and "{first.key}" differ only in case'
                other = Related(message="the first one", location=place)
                raise _error("MG209", sample.path, member.mark, message, other)


def _check_spec(sample: Sample, text: str) -> None:
    """Report what a spec cannot have, such as too many values."""
    document = parse("user_input.yaml", text.encode())
    _, found = build_user_input(document, BuildContext())
    for each in (*document.diagnostics, *found):
        if each.severity is Severity.ERROR:
            mark = sample.records[0].mark
            raise _error(each.code, sample.path, mark, f"no spec can be made: {each.message}")


def _constant_fields(record: Mapping[str, Json]) -> dict[str, Json]:
    return {spec_key(key): _constant(value) for key, value in record.items()}


def _constant(value: Json) -> Json:
    """Return how a spec states ``value``, each leaf of which a person may then replace."""
    if isinstance(value, dict) and _is_plain(list(value)):
        return _constant_fields(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        return [_constant(item) for item in value]
    return {"$const": value} if isinstance(value, dict | list) else value


def _is_plain(keys: Sequence[str]) -> bool:
    """Return whether an object with these keys can be written as one, field by field."""
    return len(set(map(fold, keys))) == len(keys) and not may_lack_dollar(keys)


def _fields(objects: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Return the fields of an object that can be each of ``objects``."""
    names = dict.fromkeys(name for each in objects for name in each)
    return {
        spec_key(name): _choice([each[name] for each in objects if name in each], len(objects))
        for name in names
    }


def _choice(values: Sequence[Json], total: int) -> Json:
    """Return a leaf that can have each of ``values``, and be absent if ``total`` is more."""
    different = list({canonical(value): value for value in values}.values())
    stated = [value for value in different if value is not None]
    modifiers: dict[str, Json] = {}
    if len(values) < total:
        modifiers["$omit"] = _share(total - len(values), total)
    if len(different) > 1 and _are_objects(stated):
        if len(stated) < len(different):
            modifiers["$null"] = _share(values.count(None), len(values))
        rest = [value for value in values if isinstance(value, dict)]
        return {**modifiers, **_fields(rest)}
    if len(different) > 1 and _are_tables(stated):
        if len(stated) < len(different):
            modifiers["$null"] = _share(values.count(None), len(values))
        return _array([value for value in values if isinstance(value, list)], modifiers)
    return _pool(different, modifiers)


def _pool(different: Sequence[Json], modifiers: Mapping[str, Json]) -> Json:
    """Return the leaf that is one of ``different``."""
    if len(different) == 1:
        value = _constant(different[0])
        if not modifiers:
            return value
        if isinstance(value, dict) and value and "$const" not in value:
            return {**modifiers, **value}
        return {"$const": different[0], **modifiers}
    pool: list[Json] = [
        {"$const": value} if isinstance(value, dict | list) else value for value in different
    ]
    has_scalars = not any(isinstance(value, dict) for value in pool)
    return pool if has_scalars and not modifiers else {"$choice": pool, **modifiers}


def _are_objects(values: Iterable[Json]) -> bool:
    """Return whether all are objects that can be written as one, field by field."""
    objects = [value for value in values if isinstance(value, dict)]
    names = list(dict.fromkeys(name for each in objects for name in each))
    return all(isinstance(value, dict) for value in values) and bool(names) and _is_plain(names)


def _are_tables(values: Sequence[Json]) -> bool:
    """Return whether all are lists of objects."""
    lists = [value for value in values if isinstance(value, list)]
    items = [item for each in lists for item in each]
    return (
        len(lists) == len(values)
        and bool(items)
        and all(isinstance(item, dict) for item in items)
        and max(map(len, lists)) <= _MAX_ELEMENTS
    )


def _array(lists: Sequence[list[Json]], modifiers: Mapping[str, Json]) -> Json:
    """Return the array whose elements can be each of those in ``lists``."""
    least, most = min(map(len, lists)), max(map(len, lists))
    items = [item for each in lists for item in each]
    length: Json = most if least == most else [least, most]
    return {"$array": length, **modifiers, "$items": _choice(items, len(items))}


def _share(part: int, total: int) -> Decimal:
    """Return ``part`` of ``total`` as a probability, neither 0 nor 1."""
    least = Decimal(1).scaleb(-_PLACES)
    share = (Decimal(part) / total).quantize(least)
    return min(max(share, least), 1 - least).normalize()
