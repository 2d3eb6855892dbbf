"""Takes nothing; gives what is known of a file while it becomes a spec, and of a shape's place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.spec.build.site import Report

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Location
    from mockgen_watch.spec.build.context import BuildContext
    from mockgen_watch.spec.build.site import Site
    from mockgen_watch.spec.document import Document
    from mockgen_watch.spec.model import OriginKind


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
