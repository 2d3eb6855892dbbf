"""Takes nothing; gives what a spec is built with: defaults, vocabularies, formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Location, Related, Severity
from mockgen_watch.spec.document import MappingNode, Scalar, SequenceNode, pointer_of
from mockgen_watch.spec.model import OutputOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.spec.build.outputs import KnownFormat
    from mockgen_watch.spec.document import Document, Mark, Member, Node
    from mockgen_watch.spec.generators import Pool
    from mockgen_watch.spec.model import OriginKind


class Site(Struct, frozen=True, kw_only=True):
    """A node of a document, with the way that leads to it.

    Attributes:
        pointer: the JSON Pointer of the node.
        key: the key that it stands under, as written, or its index; ``""`` for the root.
        key_mark: the mark of the key that the node stands under; None for list items, the root.
    """

    document: Document
    node: Node
    pointer: str = ""
    key: str = ""
    key_mark: Mark | None = None

    @property
    def location(self) -> Location:
        """The place of the node."""
        return self.document.locate(self.node.mark, self.pointer)

    @property
    def key_location(self) -> Location:
        """The place of the key; of the node where there is no key."""
        return self.document.locate(self.key_mark or self.node.mark, self.pointer)

    @property
    def is_mapping(self) -> bool:
        """Whether the node is a mapping."""
        return isinstance(self.node, MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether the node is a list."""
        return isinstance(self.node, SequenceNode)

    @property
    def text(self) -> str | None:
        """The text of a text scalar; None for everything else."""
        if isinstance(self.node, Scalar) and isinstance(self.node.value, str):
            return self.node.value
        return None

    def members(self) -> tuple[Site, ...]:
        """Return the members of a mapping, in source order; nothing for other nodes."""
        if not isinstance(self.node, MappingNode):
            return ()
        return tuple([self._member(member) for member in self.node.members])

    def items(self) -> tuple[Site, ...]:
        """Return the items of a list, in source order; nothing for other nodes."""
        if not isinstance(self.node, SequenceNode):
            return ()
        return tuple(
            Site(
                document=self.document,
                node=item,
                pointer=f"{self.pointer}/{index}",
                key=str(index),
            )
            for index, item in enumerate(self.node.items)
        )

    def get(self, key: str) -> Site | None:
        """Return the member under ``key``, or None."""
        if not isinstance(self.node, MappingNode):
            return None
        found = next((member for member in self.node.members if member.key == key), None)
        return None if found is None else self._member(found)

    def _member(self, member: Member) -> Site:
        return Site(
            document=self.document,
            node=member.node,
            pointer=f"{self.pointer}{pointer_of((member.key,))}",
            key=member.key,
            key_mark=member.mark,
        )


class Report:
    """Collects diagnostics while a document is read; each fault is reported once."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: dict[tuple[str, Location, str], Diagnostic] = {}
        self._errors = 0

    def error(
        self,
        code: str,
        place: Site | Location,
        message: str,
        hint: str = "",
        related: Sequence[Related] = (),
    ) -> None:
        """Report an error at ``place`` (a site means its node)."""
        self._add(code, place, message, hint, Severity.ERROR, related)

    def warn(self, code: str, place: Site | Location, message: str, hint: str = "") -> None:
        """Report a warning at ``place`` (a site means its node)."""
        self._add(code, place, message, hint, Severity.WARNING, ())

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return self._errors > 0

    @property
    def errors(self) -> int:
        """How many errors there are so far, to tell later whether there are more."""
        return self._errors

    def diagnostics(self) -> list[Diagnostic]:
        """Return what was found, in the order of the source."""
        return sorted(self._found.values(), key=lambda item: item.sort_key)

    def _add(  # one parameter for each field of a diagnostic
        self,
        code: str,
        place: Site | Location,
        message: str,
        hint: str,
        severity: Severity,
        related: Sequence[Related],
    ) -> None:
        location = place.location if isinstance(place, Site) else place
        key = (code, location, message)
        if key in self._found:
            return
        self._errors += severity is Severity.ERROR
        self._found[key] = Diagnostic(
            code=code,
            message=message,
            location=location,
            severity=severity,
            hint=hint,
            related=tuple(related),
        )


def kind_of(node: Node) -> str:
    """Return what ``node`` is, in the words of a message."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return "text" if isinstance(node.value, str) else "a number"


class Job(Struct, frozen=True, kw_only=True):
    """One file on its way to a spec.

    Attributes:
        report: where findings go.
        sites: by the place of a leaf, the site of the directive that says how it is chosen.
        broken: the places of leaves that stand in for what was reported.
        may_have_master: whether a master may add fields that this file does not name.
        open: the addresses of objects that may have more fields than were understood.
    """

    document: Document
    context: BuildContext
    report: Report = field(default_factory=Report)
    sites: dict[Location, Site] = field(default_factory=dict)
    broken: set[Location] = field(default_factory=set)
    open: set[tuple[str, ...]] = field(default_factory=set)
    may_have_master: bool = True


class Scope(Struct, frozen=True, kw_only=True):
    """Where in a record a shape stands.

    Attributes:
        address: the address path of the shape itself.
        keys: the names from the model's top to the shape itself, arrays left out.
        home: the same of the object that holds it.
        kind, owner: who states it: a master, a model or a scenario, and its name.
        in_array: whether an array stands around it.
    """

    kind: OriginKind
    owner: str
    address: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    in_array: bool = False


class BuildContext(Struct, frozen=True, kw_only=True):
    """What a spec file is built with beside its own text.

    Attributes:
        seed, count, output: the project's defaults.
        vocabularies: the pools that were loaded, by name.
        known_vocabularies: the names of all that there are; one that is known but not loaded
            was reported when it was read.
        formats: the formats by name; without any, names and options are not checked.
    """

    seed: int = 0
    count: int = 1
    output: OutputOptions = field(default_factory=OutputOptions)
    vocabularies: Mapping[str, Pool] = field(default_factory=dict)
    known_vocabularies: frozenset[str] = frozenset()
    formats: Mapping[str, KnownFormat] = field(default_factory=dict)
