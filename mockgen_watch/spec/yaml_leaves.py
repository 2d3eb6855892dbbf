"""Takes the events of YAML scalars; gives leaves and keys, and warns of what looks misread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockgen_watch.spec.document import Scalar, join_surrogates, pointer_of
from mockgen_watch.spec.number_text import UnreadableNumberError
from mockgen_watch.spec.parse import quoted
from mockgen_watch.spec.yaml_events import YamlEvents
from mockgen_watch.spec.yaml_scalars import WrongTagError, loses_zeros, read_plain, read_tagged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, TypeAlias

    from ruamel.yaml.events import ScalarEvent

    from mockgen_watch.spec.document import ScalarValue, Source
    from mockgen_watch.spec.parse import Findings

    Path: TypeAlias = Sequence[str | int]

_SWALLOWED_ITEM: Final = re.compile(r"[\r\n][ \t]*- ")
_OPENERS: Final = {'"': '"', "]": "[", "}": "{"}
_CLOSERS: Final = tuple(_OPENERS)


class LeafReader:
    """Reads the scalars of one text; ``events`` are all the text's events."""

    def __init__(self, source: Source, findings: Findings) -> None:
        """Read from ``source``, report to ``findings``."""
        self._source = source
        self._findings = findings
        self.events = YamlEvents(source.text)

    @staticmethod
    def is_nothing(event: ScalarEvent) -> bool:
        """Return whether nothing at all is written where the value could be."""
        return event.value == "" and event.style is None and event.anchor is None and not event.tag

    @staticmethod
    def is_merge_key(event: ScalarEvent) -> bool:
        """Return whether the key is the ``<<`` of YAML 1.1, or tagged so."""
        return event.value == "<<" and event.style is None and event.tag is None

    def read(self, event: ScalarEvent, path: Path) -> Scalar:
        """Return the leaf that ``event`` writes."""
        start, end = self._stretch(event)
        text = self._text_of(event, path)
        mark = self._source.mark(start, end)
        if event.style is not None:
            value = text if event.tag is None else self._resolve(event, text, path)
            return Scalar(value=value, mark=mark)
        value = self._resolve(event, text, path)
        raw = text
        if event.start_mark.line != event.end_mark.line and event.tag is event.anchor is None:
            raw = self._source.text[start:end]
        if isinstance(value, str):
            self._warn_of_misread_text(raw, start, end, path)
        elif loses_zeros(text):
            self._findings.warning(
                "MG110",
                f"{text} is read as the number {value}",
                start,
                end,
                hint=f'write "{text}" in quotes to keep it as text',
                pointer=pointer_of(path),
            )
        return Scalar(value=value, mark=mark, plain=True, raw=raw)

    def read_key(self, event: ScalarEvent, path: Path) -> Scalar:
        """Return the key that ``event`` writes: always text, as it stands in the source."""
        start, end = self._stretch(event)
        text = self._text_of(event, path)
        if self.is_nothing(event):
            self._findings.error(
                "MG103", 'a key is missing before ":"', start, start + 1, pointer=pointer_of(path)
            )
        elif event.tag is not None:
            self._resolve(event, text, path)
        elif event.style is None and text.endswith(":"):
            self._findings.warning(
                "MG103",
                "the key ends with a colon, beside the colon behind it",
                end - 1,
                end + 1,
                hint="remove one colon, or put the key in quotes",
                pointer=pointer_of(path),
            )
        return Scalar(value=text, mark=self._source.mark(start, end))

    def _stretch(self, event: ScalarEvent) -> tuple[int, int]:
        start: int = event.start_mark.index
        end: int = event.end_mark.index
        if event.style in {"|", ">"}:
            end = start + len(self._source.text[start:end].rstrip())
        return start, end

    def _text_of(self, event: ScalarEvent, path: Path) -> str:
        text, replaced = join_surrogates(self.events.plain_text(event.value))
        if replaced:
            self._findings.error(
                "MG109",
                "the text has half of a surrogate pair, which UTF-8 cannot write",
                event.start_mark.index,
                event.end_mark.index,
                hint="write both halves, or the character itself",
                pointer=pointer_of(path),
            )
        return text

    def _resolve(self, event: ScalarEvent, text: str, path: Path) -> ScalarValue:
        try:
            return read_plain(text) if event.tag is None else read_tagged(event.tag, text)
        except UnreadableNumberError as problem:
            code, message = "MG108", f"{problem}: {quoted(text)}"
            hint = "put it in quotes if it is text"
        except WrongTagError as problem:
            code, message = "MG111", str(problem)
            hint = "remove the tag, or put the text in quotes without one"
        start, end = self._stretch(event)
        self._findings.error(code, message, start, end, hint=hint, pointer=pointer_of(path))
        return text

    def _warn_of_misread_text(self, raw: str, start: int, end: int, path: Path) -> None:
        """Warn of text without quotes that YAML reads otherwise than it looks."""
        if raw.endswith(_CLOSERS) and _ends_unopened(raw):
            self._findings.warning(
                "MG103",
                f"the text ends with {raw[-1]} that nothing opened",
                start,
                end,
                hint=f"put {_OPENERS[raw[-1]]} before it; or put the whole text in single quotes",
                pointer=pointer_of(path),
            )
        elif swallowed := _SWALLOWED_ITEM.findall(raw):
            # One such line is odd among the items above it; where there are more, the text that
            # they follow is odd.
            message = 'the lines below begin with "- " but are read as part of this text'
            at = start
            if len(swallowed) == 1:
                message = 'this line begins with "- " but is read as part of the text above'
                at += raw.index(swallowed[0]) + len(swallowed[0]) - 2
            self._findings.warning(
                "MG103",
                message,
                at,
                at + 1,
                hint="give the items of a list one indentation, or put the text in quotes",
                pointer=pointer_of(path),
            )


def _ends_unopened(raw: str) -> bool:
    closer = raw[-1]
    opener = _OPENERS[closer]
    return raw.count(closer) % 2 == 1 if opener == closer else raw.count(opener) < raw.count(closer)
