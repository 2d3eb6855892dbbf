"""Reader of a parsed file: its entries, and the names, paths, words and numbers in them.

An ``Entry`` is a node of the document with its key. What is wrong with it is
reported through it, once and at its place, into the diagnostics of the file's ``Build``. Functions
that read a value return None when they reported why there is none.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostics, Fix, Location, ask_for, nearest_word
from mockgen_watch.spec import document as documents
from mockgen_watch.spec.model import OriginKind, OutputOptions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Unpack

    from mockgen_watch.diagnostics import Extras
    from mockgen_watch.spec.generators import Pool


GENERATOR_DIRECTIVES: Final = (
    "$const", "$choice", "$weighted", "$pattern", "$integer", "$number", "$boolean", "$date",
    "$datetime", "$time", "$uuid", "$sequence", "$index", "$template", "$ref", "$vocab", "$cel",
    "$field", "$given", "$one_of",
)  # fmt: skip
"""The directives that choose the value of a leaf."""

MODIFIER_DIRECTIVES: Final = (
    "$null",
    "$omit",
    "$unique",
    "$transform",
    "$check",
    "$id",
    "$to",
    "$delete",
)
"""What is allowed beside the directive that chooses a value."""

COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"$cel": ("decimals", "format"), "$field": ("plus",)}
)
"""The parameters beside a directive, without a ``$`` of their own."""

VALUE_DIRECTIVES: Final = (
    *GENERATOR_DIRECTIVES, "$array", "$items", "$cases", "$else", "$each", "$tree", "$rows",
    *MODIFIER_DIRECTIVES, "$comment",
)  # fmt: skip
INPUT_DIRECTIVES: Final = (
    "$schema", "$version", "$seed", "$master", "$count", "$output", "$comment",
)  # fmt: skip
MODEL_DIRECTIVES: Final = (
    "$id", "$count", "$unique", "$rows", "$rules", "$conforms", "$exclude", "$scenarios",
    "$coverage", "$faults", "$records", "$output", "$comment",
)  # fmt: skip
SCENARIO_DIRECTIVES: Final = (
    "$count", "$mix", "$faults", "$coverage", "$records", "$output", "$rows", "$keeps",
    "$negative_of", "$comment",
)  # fmt: skip
MASTER_DIRECTIVES: Final = (
    "$schema", "$version", "$extends", "$slot", "$merge", "$on_conflict", "$rows", "$comment",
)  # fmt: skip
PLACES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "a value": VALUE_DIRECTIVES,
        "a scenario": SCENARIO_DIRECTIVES,
        "a model": MODEL_DIRECTIVES,
        "the top of a user_input": INPUT_DIRECTIVES,
        "the top of a master": MASTER_DIRECTIVES,
    }
)
"""What is allowed where: in a model and a scenario beside its fields."""


class KnownOption(Protocol):
    """An option that a format understands; ``expected`` says which values it takes."""

    @property
    def name(self) -> str: ...
    @property
    def expected(self) -> str: ...
    def takes(self, value: documents.Json) -> bool: ...


class KnownFormat(Protocol):
    """What a spec has to know about a format: ``mockgen_watch.formats`` have it."""

    @property
    def options(self) -> Sequence[KnownOption]: ...


class BuildContext(Struct, frozen=True, kw_only=True):
    """What a spec file is built with beside its own text.

    Attributes:
        seed, count, output: the project's defaults.
        vocabularies: the pools that were loaded, by name.
        known_vocabularies: the names of all that exist; one that exists but is not loaded was
            reported when it was read.
        formats: the formats by name; without any, names and options are not checked.
    """

    seed: int = 0
    count: int = 1
    output: OutputOptions = field(default_factory=OutputOptions)
    vocabularies: Mapping[str, Pool] = field(default_factory=dict)
    known_vocabularies: frozenset[str] = frozenset()
    formats: Mapping[str, KnownFormat] = field(default_factory=dict)


class Build:
    """One file on its way to a typed spec.

    Attributes:
        entries: by the location of a leaf, the entry of the directive that chooses its value; by
            that of a part of a mix, its entry.
        stand_ins: the locations of leaves that stand in for what was reported.
        tuples: of the model that is read, the keys of each object that says which of its fields
            are unique together, and where it does.
        open_objects: the addresses of objects that may have more fields than were understood.
        may_have_master: whether a master may add fields that this file does not name.
        pasted_lists: lists that are read as pools, and may have been meant as lists.
    """

    def __init__(self, document: documents.Document, context: BuildContext | None = None) -> None:
        self.document = document
        self.context = context or BuildContext()
        self.diagnostics = Diagnostics()
        self.entries: dict[Location, Entry] = {}
        self.stand_ins: set[Location] = set()
        self.open_objects: set[tuple[str, ...]] = set()
        self.tuples: list[tuple[tuple[str, ...], Entry]] = []
        self.may_have_master = True
        self.pasted_lists: list[Entry] = []


class ShapeContext(Struct, frozen=True, kw_only=True):
    """Where in a record a shape is, and who states it.

    Attributes:
        address: the address path of the shape.
        keys: the names from the model's top to the shape, arrays left out.
        home: the same of the object that holds it.
        kind, owner: who states it: a master, a model or a scenario, and its name.
        in_array: whether it is inside of an array.
    """

    kind: OriginKind
    owner: str
    address: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    in_array: bool = False


class Entry(Struct, frozen=True, kw_only=True):
    """A node of a document, with the way that leads to it.

    Attributes:
        pointer: the JSON Pointer of the node.
        key: its key, as written, or its index; ``""`` for the root.
        key_mark: the mark of that key; None for list items and the root.
    """

    build: Build
    node: documents.Node
    pointer: str = ""
    key: str = ""
    key_mark: documents.Mark | None = None

    @property
    def location(self) -> Location:
        return self.build.document.locate(self.node.mark, self.pointer)

    @property
    def key_location(self) -> Location:
        """The place of the key; of the node where there is no key."""
        return self.build.document.locate(self.key_mark or self.node.mark, self.pointer)

    @property
    def file(self) -> str:
        return self.build.document.path

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.node, documents.MappingNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, documents.SequenceNode)

    @property
    def value(self) -> documents.ScalarValue:
        """The value of a scalar; None for everything else, as for null."""
        return self.node.value if isinstance(self.node, documents.Scalar) else None

    @property
    def is_empty(self) -> bool:
        """Whether the node is null or an empty mapping: a directive without parameters."""
        return not (self.is_list or self.members()) and self.value is None

    @property
    def text(self) -> str | None:
        """The text of a text scalar; None for everything else."""
        return self.value if isinstance(self.value, str) else None

    @property
    def number(self) -> Decimal | None:
        """The exact value of a number; None for everything else."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | Decimal):
            return None
        return Decimal(self.value)

    @property
    def kind(self) -> str:
        """What the node is, in the words of a message."""
        return documents.kind_of(self.node)

    def members(self) -> tuple[Entry, ...]:
        """Return the members of a mapping, in source order; nothing for other nodes."""
        if not isinstance(self.node, documents.MappingNode):
            return ()
        return tuple([self._member(member) for member in self.node.members])

    def items(self) -> tuple[Entry, ...]:
        """Return the items of a list, in source order; nothing for other nodes."""
        if not isinstance(self.node, documents.SequenceNode):
            return ()
        return tuple(
            Entry(build=self.build, node=item, pointer=f"{self.pointer}/{index}", key=str(index))
            for index, item in enumerate(self.node.items)
        )

    def short_form(self, *names: str) -> dict[str, Entry]:
        """Return the items of a list by ``names``; nothing unless it has as many."""
        items = self.items()
        return dict(zip(names, items, strict=True)) if len(items) == len(names) else {}

    def get(self, key: str) -> Entry | None:
        """Return the member under ``key``, or None."""
        if not isinstance(self.node, documents.MappingNode):
            return None
        found = next((member for member in self.node.members if member.key == key), None)
        return None if found is None else self._member(found)

    def at(self, pointer: str) -> Entry | None:
        """Return the entry that ``pointer``, a JSON Pointer, leads to from here, or None."""
        entry: Entry | None = self
        for key in parse_path(pointer):
            items = {item.key: item for item in entry.items()} if entry else {}
            entry = items.get(key) or (entry and entry.get(key))
        return entry

    def directives(self) -> dict[str, Entry]:
        """Return the members whose keys direct the tool, by key."""
        return {member.key: member for member in self.members() if is_directive(member.key)}

    def fields(self) -> list[Entry]:
        """Return the members that are fields of a record, and ``$rows``, which brings some."""
        return [
            item for item in self.members() if item.key == "$rows" or not is_directive(item.key)
        ]

    def _member(self, member: documents.Member) -> Entry:
        return Entry(
            build=self.build,
            node=member.node,
            pointer=f"{self.pointer}{documents.pointer_of((member.key,))}",
            key=member.key,
            key_mark=member.mark,
        )

    @property
    def errors(self) -> int:
        """How many errors there are in the file so far, to see later whether there are more."""
        return self.build.diagnostics.errors

    def error(self, code: str, message: str, hint: str = "", **extras: Unpack[Extras]) -> None:
        """Report an error at the node."""
        self.build.diagnostics.error(code, self.location, message, hint, **extras)

    def key_error(self, code: str, message: str, hint: str = "", **extras: Unpack[Extras]) -> None:
        """Report an error at the key."""
        self.build.diagnostics.error(code, self.key_location, message, hint, **extras)

    def warn(self, code: str, message: str, hint: str, **extras: Unpack[Extras]) -> None:
        """Report a warning at the node."""
        self.build.diagnostics.warn(code, self.location, message, hint, **extras)

    def key_warn(self, code: str, message: str, hint: str) -> None:
        """Report a warning at the key."""
        self.build.diagnostics.warn(code, self.key_location, message, hint)

    def type_error(self, wanted: str) -> None:
        """Report that the node is not ``wanted``."""
        hint = ""
        fix: tuple[Fix, ...] = ()
        if "number" in wanted and self.text and _looks_numeric(self.text):
            hint = "write the number without quotes"
            if re.fullmatch(_WHOLE_NUMBER if "whole" in wanted else _NUMBER, self.text):
                fix = self._fix(self.node.mark, self.location, "remove the quotes", self.text)
        self.error("MG202", f"{self.key} takes {wanted}, not {self.kind}", hint, fix=fix)

    def unknown_key(
        self, code: str, message: str, known: Iterable[str], otherwise: str = ""
    ) -> None:
        """Report a key that is none of ``known``; the hint asks for the nearest."""
        near = nearest_word(self.key, known)
        self.key_error(code, message, ask_for(near) or otherwise, fix=self.key_fix(near))

    def unknown_directive(self, known: Collection[str]) -> None:
        """Report a directive that is none of ``known``, which are those allowed here."""
        homes = [place for place, names in PLACES.items() if self.key in names]
        if homes:
            hint = f"it belongs in {' or '.join(homes)}"
            hint += ", such as {$ref: Parent.id, $each: 3}" if self.key == "$each" else ""
            self.key_error("MG204", f"{self.key} is not allowed here", hint)
        else:
            otherwise = f'to use it as data, write "${self.key}"'
            self.unknown_key("MG201", f"unknown directive {self.key}", known, otherwise)

    def unknown_word(
        self, code: str, message: str, known: Iterable[str], otherwise: str = ""
    ) -> None:
        """Report a text that is none of ``known``; the hint asks for the nearest."""
        near = nearest_word(self.text or "", known)
        self.error(code, message, ask_for(near) or otherwise, fix=self.text_fix(near))

    def key_fix(self, key: str) -> tuple[Fix, ...]:
        """Return the change of the key to ``key``; none in doubt, or when ``key`` is empty."""
        title = f'replace "{self.key}" with "{key}"'
        return self._fix(self.key_mark, self.key_location, title, self.key, key)

    def text_fix(self, text: str) -> tuple[Fix, ...]:
        """Return the change of the text to ``text``; none in doubt, or when ``text`` is empty."""
        title = f'replace "{self.text}" with "{text}"'
        return self._fix(self.node.mark, self.location, title, self.text or "", text)

    def number_fix(self, number: Decimal) -> tuple[Fix, ...]:
        """Return the change of the number to ``number``; none in doubt."""
        old = self.node.raw if isinstance(self.node, documents.Scalar) else ""
        title = f"replace {old} with {number}"
        return self._fix(self.node.mark, self.location, title, old, f"{number:f}")

    def _fix(
        self,
        mark: documents.Mark | None,
        location: Location,
        title: str,
        old: str,
        new: str | None = None,
    ) -> tuple[Fix, ...]:
        """Return the change of ``old`` as it is written to ``new``; to ``old`` without quotes."""
        source = "" if mark is None else self.build.document.text[mark.start : mark.end]
        if not old or new == "" or not is_written_as(source, old):
            return ()
        text = old if new is None else quote_like(source, new)
        return (Fix(location=location, text=text, title=title),)


_Word = TypeVar("_Word", bound=str)
_PERCENT: Final = 100
_NUMBER: Final = r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?"
_WHOLE_NUMBER: Final = r"-?(0|[1-9][0-9]{0,15})"
_UNQUOTED: Final = (
    r"(?a)(\.\.?/)*[A-Za-z_$](:?[\w.$/-])*|-?[0-9]+(\.[0-9]+)?|[0-9]{4}(-[0-9]{2}){2}"
)
_WORDS_OF_YAML: Final = frozenset({"true", "false", "null"})


def is_written_as(source: str, text: str) -> bool:
    """Return whether ``source`` is ``text`` as it is, or in quotes without escapes."""
    if source == text:
        return "\n" not in text
    inner = source[1:-1]
    return inner == text and source[0] == source[-1] and source[0] in "\"'" and "\\" not in inner


def quote_like(source: str, text: str) -> str:
    """Return ``text`` as JSON and YAML read it, in the quotes that ``source`` has."""
    if source.startswith("'") and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    is_plain = re.fullmatch(_UNQUOTED, text) and text.lower() not in _WORDS_OF_YAML
    if is_plain and not source.startswith(('"', "'")):
        return text
    return json.dumps(text, ensure_ascii=False)


def _looks_numeric(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdecimal()


def read_text(entry: Entry, wanted: str = "text") -> str | None:
    """Return the text of ``entry``."""
    if entry.text is None:
        entry.type_error(wanted)
    return entry.text


def read_decimal(entry: Entry, wanted: str = "a number") -> Decimal | None:
    """Return the exact number at ``entry``."""
    if entry.number is None:
        entry.type_error(wanted)
    return entry.number


def read_whole(entry: Entry | None, least: int | None = None) -> int | None:
    """Return the whole number at ``entry``, at least ``least``; None where there is no entry."""
    if entry is None:
        return None
    wanted = "a whole number" if least is None else f"a whole number of at least {least}"
    value = entry.number
    if value is None or value != value.to_integral_value():
        entry.type_error(wanted)
        return None
    if least is not None and value < least:
        entry.error("MG208", f"{entry.key} takes {wanted}, not {value}")
        return None
    return int(value)


def whole_or(entry: Entry | None, default: int, least: int | None = None) -> int:
    """Return the whole number at ``entry``; the default where there is none."""
    value = read_whole(entry, least)
    return default if value is None else value


def read_flag(entry: Entry | None) -> bool | None:
    """Return the boolean at ``entry``; None where there is no entry."""
    if entry is None:
        return None
    if isinstance(entry.value, bool):
        return entry.value
    entry.type_error("true or false")
    return None


def read_probability(entry: Entry) -> Decimal | None:
    """Return the probability at ``entry``, 0 to 1."""
    value = read_decimal(entry, "a number from 0 to 1")
    if value is not None and not 0 <= value <= 1:
        hint = f"{value} % is {value / _PERCENT}" if 1 < value <= _PERCENT else ""
        entry.error("MG223", f"{entry.key} must be a probability from 0 to 1, not {value}", hint)
        return None
    return value


def read_word(entry: Entry | None, known: Collection[_Word], code: str) -> _Word | None:
    """Return the one of ``known`` that ``entry`` names; None where there is no entry."""
    if entry is None:
        return None
    choices = f"one of {', '.join(known)}"
    text = read_text(entry, choices)
    word = next((word for word in known if word == text), None)
    if text is not None and word is None:
        entry.unknown_word(code, f'{entry.key}: unknown value "{text}"', known, choices)
    return word


def read_field(entry: Entry | None) -> tuple[str, ...] | None:
    """Return the keys of the path at ``entry``, at least one; None where there is no entry."""
    if entry is None:
        return None
    text = read_text(entry, "a path: dotted, or a JSON Pointer")
    if text is None:
        return None
    try:
        return parse_field(text)
    except PathError as error:
        entry.error("MG218", f"{entry.key}: {error}")
        return None


_ROOTS: Final = ("record", "this", "")


def read_other_field(entry: Entry, context: ShapeContext) -> tuple[str, ...] | None:
    """Return the keys from the model's top of the field that ``entry`` names.

    ``record.x`` and a bare ``x`` go from the top, ``this.x`` and ``.x`` from the object around.
    """
    text = read_text(entry, "the name of a field, such as record.total or this.qty")
    if text is None:
        return None
    root, _, rest = text.partition(".")
    try:
        path = parse_field(rest if root in _ROOTS and rest else text)
    except PathError as error:
        entry.error("MG218", f"{entry.key}: {error}")
        return None
    return (*context.home, *path) if root in {"this", ""} else path


def read_params(entry: Entry, known: Collection[str]) -> Mapping[str, Entry]:
    """Return the parameters of a directive's mapping by name; those unknown were reported."""
    params: dict[str, Entry] = {}
    for member in entry.members():
        if member.key in known:
            params[member.key] = member
        else:
            message = f'{entry.key} has no parameter "{member.key}"'
            member.unknown_key("MG227", message, known, f"it takes {', '.join(known)}")
    return params


def read_least_and_most(
    entry: Entry, what: str, others: Collection[str] = ()
) -> Mapping[str, Entry]:
    """Return the entries of ``min`` and ``max``, and those of ``others`` that a mapping has.

    A number is both, a pair is one and the other. ``what`` says in a message what the number is.
    """
    if entry.number is not None:
        return {"min": entry, "max": entry}
    if not entry.is_mapping:
        ends = entry.short_form("min", "max")
        if not ends:
            entry.type_error(f"{what}, [min, max], or a mapping with min and max")
        return ends
    before = entry.errors
    params = read_params(entry, ("min", "max", *others))
    if "max" not in params and entry.errors == before:
        entry.error("MG205", f"{entry.key} needs max")
    return params


class PathError(ValueError):
    """A path cannot be read; the message says why."""


def parse_path(text: str) -> tuple[str, ...]:
    """Return the keys of a dotted path or JSON Pointer; ``""`` is the whole: no keys.

    Raises:
        PathError: it is neither.
    """
    if not text:
        return ()
    if text.startswith("/"):
        if re.search(r"~(?![01])", text):
            raise PathError('in a JSON Pointer, write "~" as ~0')
        return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))
    keys = tuple(text.split("."))
    if not all(keys):
        raise PathError(f'a key of the dotted path "{text}" is empty')
    return keys


def parse_field(text: str) -> tuple[str, ...]:
    """Return the keys of a path that leads to a field, so at least one.

    Raises:
        PathError: it cannot be read, or is empty.
    """
    keys = parse_path(text)
    if not keys:
        raise PathError("the path of a field is empty")
    return keys


def data_key(key: str) -> str:
    """Return the key that is written for ``key`` of a spec: ``$$x`` stands for ``$x``."""
    return key[1:] if key.startswith("$$") else key


def spec_key(key: str) -> str:
    """Return how a spec writes the data's ``key``: the reverse of ``data_key``."""
    return f"${key}" if key.startswith("$") else key


def is_directive(key: str) -> bool:
    """Return whether ``key`` directs the tool."""
    return key.startswith("$") and not key.startswith("$$")


def plugin_name(name: str) -> str:
    """Return the name of a package as all its spellings have it: ``Acme_Rules`` is ``acme-rules``.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def join_path(file: str, relative: str) -> str | None:
    """Return ``relative`` as seen from the folder of ``file``; None when it leaves the project.

    Both use forward slashes. A file outside the project has an absolute path, and so has the
    result then.
    """
    rooted = file.startswith("/")
    parts = [part for part in file.split("/")[:-1] if part not in {"", "."}]
    for part in relative.split("/"):
        if part in {"", "."}:
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        else:
            return None
    return ("/" if rooted else "") + "/".join(parts)
