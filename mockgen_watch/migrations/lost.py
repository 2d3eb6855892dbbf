"""Takes what no record can hold; gives the comments in which the new spec keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.migrations.shapes import RemarkKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from mockgen_watch.migrations.shapes import Remark
    from mockgen_watch.spec.document import Document, Json

NOT_CARRIED: Final = "not carried over"


class Emission(Struct, frozen=True, kw_only=True):
    """What the new text needs beside the model.

    Attributes:
        schema: what ``$schema`` names; ``""``: no such line.
        count: records of each scenario; None: as the project says.
        to_yaml: whether the new text is YAML, else JSON.
    """

    schema: str
    count: int | None
    to_yaml: bool


def lost_lines(document: Document, remarks: Iterable[Remark]) -> Iterator[tuple[int, str]]:
    """Yield line and text of each member that no record can hold."""
    for remark in remarks:
        if remark.kind is RemarkKind.LOST and remark.lost is not None:
            start, end = remark.lost.mark.start, remark.lost.node.mark.end
            yield remark.lost.mark.line, document.text[start:end]


def lost_comment(document: Document, remarks: Iterable[Remark]) -> Json:
    """Return what ``$comment`` says of it in JSON: text, or a list of texts; None for nothing."""
    lost: list[Json] = [
        f"{NOT_CARRIED} (line {line}): {text}" for line, text in lost_lines(document, remarks)
    ]
    return (lost if len(lost) > 1 else lost[0]) if lost else None


def commented(lost: Iterable[tuple[int, str]]) -> list[str]:
    """Return comment lines that hold ``lost``: lines of the old file and their text."""
    lines = []
    for line, text in lost:
        first, *others = text.splitlines() or [""]
        lines.append(f"# {NOT_CARRIED} (line {line}): {first}")
        lines += [f"#   {other}" for other in others]
    return lines
