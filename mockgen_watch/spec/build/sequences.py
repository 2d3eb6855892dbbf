"""Sequences: ``$sequence`` and ``$index``; whole numbers and texts are read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.spec import generators
from mockgen_watch.spec.build import reader
from mockgen_watch.spec.build.ranges import shown_places

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WIDTH: Final = 40

_PARAMS: Final = ("start", "step", "width", "prefix", "jitter", "format", "of")
_COUNTED: Final = ("record", "element", "sibling")


def build_index(entry: reader.Entry, context: reader.ShapeContext) -> generators.RecordIndex | None:
    """Return what ``$index`` says: the index of the record, or of the element."""
    if entry.is_empty:
        return generators.RecordIndex()
    if not entry.is_mapping:
        word = _index_word(entry, context)
        return None if word is None else _index(word, 0)
    params = reader.read_params(entry, ("of", "start"))
    word = _index_word(params["of"], context) if "of" in params else "record"
    start = reader.whole_or(params.get("start"), 0)
    return None if word is None else _index(word, start)


def _index(word: str, start: int) -> generators.RecordIndex:
    return generators.RecordIndex(element=word == "element", sibling=word == "sibling", start=start)


def _index_word(
    entry: reader.Entry, context: reader.ShapeContext, known: tuple[str, ...] = _COUNTED
) -> str | None:
    """Return the one of ``known`` that is counted; None when it was reported."""
    word = reader.read_word(entry, known, "MG202")
    if word == "element" and not context.in_array:
        entry.error("MG204", f"{entry.key}: element only works inside an array")
        return None
    return word


def build_sequence(
    entry: reader.Entry, context: reader.ShapeContext
) -> generators.SequenceNumber | generators.Progression | None:
    """Return what ``$sequence`` says: a start, or a mapping; None when it was reported."""
    if entry.number is not None or entry.text is not None:
        return _of_params(entry, {"start": entry}, context)
    if not entry.is_mapping and not entry.is_empty:
        entry.type_error("a number or date to start with, or a mapping")
        return None
    before = entry.errors
    params = reader.read_params(entry, _PARAMS)
    return _of_params(entry, params, context) if entry.errors == before else None


def _of_params(
    entry: reader.Entry, params: Mapping[str, reader.Entry], context: reader.ShapeContext
) -> generators.SequenceNumber | generators.Progression | None:
    before = entry.errors
    start = params.get("start")
    element = (
        "of" in params and _index_word(params["of"], context, ("record", "element")) == "element"
    )
    made: generators.SequenceNumber | generators.Progression | None
    is_moment = start is not None and start.text is not None
    if not is_moment and ({"width", "prefix"} & params.keys() or not _has_fraction(params)):
        made = _texts(params, element=element)
    else:
        # Most sequences are of whole numbers, and do without all that this module imports.
        from mockgen_watch.spec.build import progressions

        read = progressions.read_moments if is_moment else progressions.read_numbers
        made = read(params, element=element)
    return made if entry.errors == before else None


def _has_fraction(params: Mapping[str, reader.Entry]) -> bool:
    """Return whether a sequence needs more than whole numbers and one step."""
    if "jitter" in params:
        return True
    numbers = [params[name].number for name in ("start", "step") if name in params]
    return any(number is not None and shown_places(number) > 0 for number in numbers)


def _texts(params: Mapping[str, reader.Entry], *, element: bool) -> generators.SequenceNumber:
    """Return whole numbers, perhaps as text."""
    for name in ("jitter", "format"):
        if name in params:
            params[name].key_error("MG204", f"{name} is not allowed for this kind of sequence")
    start = reader.whole_or(params.get("start"), 1)
    step = reader.whole_or(params.get("step"), 1)
    width = reader.whole_or(params.get("width"), 0, least=0)
    prefix = reader.read_text(params["prefix"]) if "prefix" in params else ""
    if step == 0:
        params["step"].error("MG208", "a step of 0 makes every number the same")
    if width > MAX_WIDTH:
        params["width"].error("MG208", f"width must be at most {MAX_WIDTH}")
    return generators.SequenceNumber(
        start=start, step=step, width=width, prefix=prefix or "", element=element
    )
