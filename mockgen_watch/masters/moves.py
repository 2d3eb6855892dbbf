"""Moves: fields of a record that say ``$to``, and where paths lead after they have moved.

Also the notes on fields that a master may know by a near name.

The address of a field stays what it was, so a field keeps its values wherever it goes.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location, Related, Severity, is_one_slip, suggest
from mockgen_watch.masters.chain import OUTSIDE
from mockgen_watch.masters.merge import key_path
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.spec.generators import Alternatives, FieldValue, Template, names_of, with_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


Moves: TypeAlias = "tuple[tuple[spec.KeyPath, spec.KeyPath], ...]"
"""Where a field was, and where it goes."""


def written_path(path: spec.KeyPath, slot: spec.KeyPath, moves: Moves) -> spec.KeyPath:
    """Return where the record's field at ``path`` is, from the top of what is written."""
    keys = key_path(path)
    # The deepest move decides.
    on_the_way = [move for move in moves if keys[: len(move[0])] == move[0]]
    source, target = max(on_the_way, key=lambda move: len(move[0]), default=((), ()))
    return (*slot, *target, *keys[len(source) :]) if source else (*slot, *path)


def below_slot(path: spec.KeyPath, slot: spec.KeyPath) -> spec.KeyPath:
    """Return ``path`` from the slot where it goes through it, else as it is."""
    return path[len(slot) :] if path[: len(slot)] == slot else path


def resolve_names(
    shape: spec.ObjectShape, slot: spec.KeyPath, moves: Moves
) -> tuple[spec.ObjectShape, list[Diagnostic]]:
    """Return ``shape`` with the fields that leaves name from its top, and those that are missing.

    What expressions name is not among the latter: their types are checked as a whole.

    A path is sought in the slot first and from the top then; for a leaf of the master outside the
    slot, the other way round.
    """

    def resolve_path(leaf: spec.Leaf, path: spec.KeyPath) -> spec.KeyPath:
        from_master = leaf.origin.kind is spec.OriginKind.MASTER
        choices = [written_path(path, slot, () if from_master else moves), path]
        if from_master and leaf.address[:1] == (OUTSIDE,):
            choices.reverse()
        return next(
            (each for each in choices if spec.find_shape(shape, each) is not None), choices[0]
        )

    def resolve(leaf: spec.Leaf) -> spec.Leaf:
        if not names_of(leaf.generator):
            return leaf
        generator = with_names(leaf.generator, lambda path: resolve_path(leaf, path))
        return replace(leaf, generator=generator)

    resolved = spec.change_object(shape, resolve)
    problems = [
        _problem(resolved, path, leaf, home, slot)
        for home, leaf in spec.walk_leaves(resolved)
        if isinstance(leaf.generator, Template | FieldValue | Alternatives)
        for path in names_of(leaf.generator)
    ]
    return resolved, [problem for problem in problems if problem is not None]


def _problem(
    shape: spec.ObjectShape,
    path: spec.KeyPath,
    leaf: spec.Leaf,
    home: spec.KeyPath,
    slot: spec.KeyPath,
) -> Diagnostic | None:
    """Return why ``leaf``, which is at ``home``, cannot name ``path``; or None."""
    missing, siblings = spec.missing_key(shape, path)
    array = _array_on_the_way(shape, path, home)
    code, near = "MG218", suggest(missing, siblings)
    if missing:
        code, problem = "MG203", f'unknown field "{missing}"'
    elif array:
        problem = f'"{array}" is an array: name one of its elements'
    elif not isinstance(spec.find_shape(shape, path), spec.Leaf):
        problem = "it is an object or an array, not a single value"
    else:
        return None
    name = ".".join(below_slot(path, slot))
    word = "$given" if isinstance(leaf.generator, Alternatives) else "$field"
    shown = f"{{{name}}}" if isinstance(leaf.generator, Template) else f"{word} {name}"
    message = f"{shown}: {problem}"
    return Diagnostic(
        code=code,
        message=message,
        location=leaf.origin.location,
        hint=near.hint(),
        suggestion=near,
    )


def _array_on_the_way(shape: spec.ObjectShape, path: spec.KeyPath, home: spec.KeyPath) -> str:
    """Return the array that ``path`` enters and ``home`` is not in, or ``""``."""
    for depth in range(1, len(path)):
        is_array = isinstance(spec.find_shape(shape, path[:depth]), spec.ArrayShape)
        if is_array and key_path(home)[:depth] != key_path(path[:depth]):
            return path[depth - 1]
    return ""


class _Place(Struct):
    """An object that is being filled; ``source`` is None where only ``$to`` asks for it."""

    source: spec.ObjectShape | None
    location: Location
    children: dict[str, spec.Member | _Place] = field(default_factory=dict)


def move_fields(record: spec.ObjectShape) -> tuple[spec.ObjectShape, Moves, list[Diagnostic]]:
    """Return ``record`` with every move done, the moves, and what cannot be moved.

    ``$to`` is a path from the top of ``record``; inside an array, from the top of the element.
    An object that all fields have left is not written.
    """
    mover = _Mover(record)
    mover.fill(mover.top, record, source=(), target=())
    if not mover.moves:
        return record, (), []
    return _rebuild(mover.top, record, ()), tuple(mover.moves), mover.diagnostics


class _Mover:
    """Places the fields of one record, or of one element."""

    def __init__(self, record: spec.ObjectShape) -> None:
        self.top = _Place(source=record, location=record.origin.location)
        self.moves: list[tuple[spec.KeyPath, spec.KeyPath]] = []
        self.diagnostics: list[Diagnostic] = []

    def fill(
        self, place: _Place, shape: spec.ObjectShape, *, source: spec.KeyPath, target: spec.KeyPath
    ) -> None:
        """Put the members of ``shape``, stated at ``source``, into ``place`` or where they go."""
        for member in shape.members:
            path = (*source, member.name)
            own = (*target, member.name)
            to = member.shape.modifiers.to
            if to and to != own:
                self.moves.append((path, to))
                self._put(to, member, path)
            else:
                self._put_into(place, member.name, member, path, own)

    def _put(self, target: spec.KeyPath, member: spec.Member, source: spec.KeyPath) -> None:
        place = self.top
        for name in target[:-1]:
            child = place.children.setdefault(name, _Place(source=None, location=member.location))
            if isinstance(child, spec.Member):
                self._clash(target, member, child, "a field on this path is not an object")
                return
            place = child
        self._put_into(place, target[-1], member, source, target)

    def _put_into(
        self,
        place: _Place,
        name: str,
        member: spec.Member,
        source: spec.KeyPath,
        target: spec.KeyPath,
    ) -> None:
        present = place.children.get(name)
        shape = member.shape
        if shape.modifiers.to:
            shape = replace(shape, modifiers=replace(shape.modifiers, to=()))
        if isinstance(shape, spec.ObjectShape):
            if present is None:
                present = place.children[name] = _Place(source=None, location=member.location)
            if isinstance(present, spec.Member) or present.source is not None:
                self._clash(target, member, present, "another field has this path")
                return
            present.source = shape
            self.fill(present, shape, source=source, target=target)
        elif present is not None:
            self._clash(target, member, present, "another field has this path")
        else:
            moved = self._in_elements(shape, source)
            place.children[name] = replace(member, name=name, shape=moved)

    def _in_elements(self, shape: spec.Shape, source: spec.KeyPath) -> spec.Shape:
        if not isinstance(shape, spec.ArrayShape):
            return shape
        return spec.change_children(shape, lambda element: self._in_element(element, source))

    def _in_element(self, element: spec.Shape, source: spec.KeyPath) -> spec.Shape:
        if not isinstance(element, spec.ObjectShape):
            return self._in_elements(element, source)
        moved, moves, found = move_fields(element)
        self.diagnostics += found
        self.moves += [((*source, *path), (*source, *to)) for path, to in moves]
        return moved

    def _clash(
        self, target: spec.KeyPath, member: spec.Member, other: spec.Member | _Place, why: str
    ) -> None:
        self.diagnostics.append(
            Diagnostic(
                code="MG309",
                message=f'"{member.name}" cannot move to "{".".join(target)}": {why}',
                location=member.location,
                hint="give one of the two another path with $to",
                related=(Related(message="the other field", location=other.location),),
            )
        )


_PLAIN: Final = spec.Modifiers(null=Decimal(0), omit=Decimal(0))


def _rebuild(place: _Place, source: spec.ObjectShape, path: spec.KeyPath) -> spec.ObjectShape:
    members: list[spec.Member] = []
    for name, child in place.children.items():
        if isinstance(child, spec.Member):
            members.append(child)
            continue
        inner = child.source
        made = inner or spec.ObjectShape(
            members=(), modifiers=_PLAIN, address=(*path, name), origin=source.origin
        )
        shape = _rebuild(child, made, (*path, name))
        if inner is not None and inner.members and not shape.members:
            continue  # every field has left
        members.append(spec.Member(name=name, shape=shape, location=child.location))
    return replace(source, members=tuple(members))


_WORD: Final = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+"
_LONG_ENOUGH: Final = 5
"""Shorter words differ by one letter too often: line and lane, city and cite."""

_SAME_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        short: word
        for word, shorts in {
            "account": "acct acc",
            "address": "addr adr",
            "amount": "amt",
            "birth": "brth",
            "claim": "clm",
            "code": "cd cde",
            "count": "cnt",
            "country": "ctry cntry",
            "date": "dt dte",
            "description": "desc descr",
            "diagnosis": "diag dx",
            "email": "mail",
            "first": "frst fst",
            "group": "grp",
            "identifier": "id ident",
            "last": "lst",
            "location": "loc",
            "member": "mbr membr",
            "middle": "mid mdl",
            "name": "nme nm",
            "number": "num nbr no nr",
            "patient": "pat ptnt",
            "percent": "pct",
            "phone": "ph phn tel telephone",
            "postal": "pstl",
            "pricing": "prcng pricng",
            "procedure": "proc prcdr",
            "provider": "prov prvdr",
            "quantity": "qty",
            "reference": "ref",
            "service": "srvc svc serv",
            "state": "st",
            "status": "sts stat",
            "street": "str strt",
            "type": "typ",
        }.items()
        for short in shorts.split()
    }
)


def words_of(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case, abbreviations written out.

    ``SRVC_FROM_DT``, ``srvcFromDate`` and ``service-from-date`` all give
    ``("service", "from", "date")``.
    """
    tokens = [token.lower() for token in re.findall(_WORD, key)]
    return tuple(_SAME_WORD.get(token, token) for token in tokens)


def is_near(left: str, right: str) -> bool:
    """Return whether two keys that are not equal have the same words.

    Their order does not count, nor how they are joined; in one word one letter may be wrong,
    missing or doubled, or two exchanged, when it is long enough.
    """
    if left == right:
        return False
    ours, theirs = sorted(words_of(left)), sorted(words_of(right))
    if not ours or not theirs:
        return False
    if ours == theirs or "".join(words_of(left)) == "".join(words_of(right)):
        return True
    odd = [*(Counter(ours) - Counter(theirs)).elements()]
    other = [*(Counter(theirs) - Counter(ours)).elements()]
    if len(odd) != 1 or len(other) != 1 or odd[0].isdigit() or other[0].isdigit():
        return False
    return min(len(odd[0]), len(other[0])) >= _LONG_ENOUGH and is_one_slip(odd[0], other[0])


def suggest_moves(
    master: spec.Shape, record: spec.Shape, path: spec.KeyPath = (), *, in_array: bool = False
) -> Iterator[Diagnostic]:
    """Yield a note for each field of ``record`` whose master calls it by a near name.

    Keys that both sides have need none. A key of the master that the record fills under its own
    name is nobody else's counterpart. ``path`` is that of the two, as ``$to`` takes it: from the
    slot, or from the array's element.
    """
    if isinstance(master, spec.ArrayShape) and isinstance(record, spec.ArrayShape):
        below = next(iter(spec.element_shapes(master)), None)
        for element in spec.element_shapes(record):
            if below is not None:
                yield from suggest_moves(below, element, in_array=True)
    if not isinstance(master, spec.ObjectShape) or not isinstance(record, spec.ObjectShape):
        return
    own = {member.name for member in record.members}
    free = [member for member in master.members if member.name not in own]
    for member in record.members:
        counterpart = master.get(member.name)
        if counterpart is not None:
            below_path = (*path, member.name)
            yield from suggest_moves(counterpart, member.shape, below_path, in_array=in_array)
        else:
            yield from _nearest(member, free, path, in_array=in_array)


def _nearest(
    member: spec.Member, free: list[spec.Member], path: spec.KeyPath, *, in_array: bool
) -> Iterator[Diagnostic]:
    for other in free:
        # Two such keys of one object are an error of their own; an array's element is replaced.
        is_error = not in_array and spec.fold(member.name) == spec.fold(other.name)
        same_sort = isinstance(member.shape, spec.Leaf) == isinstance(other.shape, spec.Leaf)
        if same_sort and not is_error and is_near(member.name, other.name):
            to = _to((*path, other.name))
            yield Diagnostic(
                code="MG307",
                message=f'"{member.name}" is not in the master, but "{other.name}" is',
                location=member.location,
                severity=Severity.NOTE,
                hint=f"if it is the same field, map it with $to: {to}",
                related=(Related(message="the master's field", location=other.location),),
            )
            return


def _to(path: spec.KeyPath) -> str:
    dotted = all(name and "." not in name for name in path) and not path[0].startswith("/")
    return ".".join(path) if dotted else pointer_of(path)
