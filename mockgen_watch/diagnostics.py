"""Diagnostics: what is wrong in a user's files, where, and how to fix it.

Also the codes of all diagnostics, and the words that a misspelt one may stand for.
"""

from __future__ import annotations

import difflib
import operator
import re
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Unpack


class Severity(StrEnum):
    """How much a diagnostic weighs: an error stops its suite, the others do not."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Location(Struct, frozen=True, kw_only=True, order=True):
    """A place in a user's file.

    Attributes:
        path: the file, relative to the project folder, with forward slashes.
        line: counted from 1.
        column: counted from 1, in characters (code points).
        length: how many characters on that line are meant; at least 1.
        pointer: JSON Pointer of the node in its document, ``""`` for the whole.
    """

    path: str
    line: int = 1
    column: int = 1
    length: int = 1
    pointer: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Related(Struct, frozen=True, kw_only=True):
    """A second place that a diagnostic speaks of, such as the first of two equal keys."""

    message: str
    location: Location


class Fix(Struct, frozen=True, kw_only=True):
    """A change of a user's file that is certain to be right.

    Attributes:
        location: the characters to replace, all on one line.
        text: what takes their place.
        title: what the change does, as a short imperative.
    """

    location: Location
    text: str
    title: str


class Extras(TypedDict, total=False):
    """What most diagnostics do without; as in ``Diagnostic``."""

    related: tuple[Related, ...]
    fix: tuple[Fix, ...]


class Suggestion(Struct, frozen=True, kw_only=True):
    """A word of a user's file that is not known, and what it most likely stands for.

    ``meant`` is empty where no known word is near.
    """

    word: str
    meant: str

    def hint(self, otherwise: str = "") -> str:
        """Return the question whether that was meant; ``otherwise`` where nothing is near."""
        return ask_for(self.meant) or otherwise


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One finding: what is wrong, where, and what to do about it.

    Attributes:
        code: a key of ``CODES``; it never changes its meaning.
        message: what is wrong, one sentence without a full stop.
        hint: what to do, or a did-you-mean; may be empty.
        location: where.
        related: other places that help to understand.
        fix: changes that together remove what is wrong; empty where no change is certain.
        suggestion: of a word at ``location``, from stages that do not have the text of the file;
            ``spec.build.fixes`` makes a fix of it.
    """

    code: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    hint: str = ""
    related: tuple[Related, ...] = ()
    fix: tuple[Fix, ...] = ()
    suggestion: Suggestion | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unknown diagnostic code {self.code}")

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order of report: file, line, column, code, message."""
        place = self.location
        return (place.path, place.line, place.column, self.code, self.message)

    def __str__(self) -> str:
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.location} {self.code} {self.message}{tail}"


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether any diagnostic is of severity error."""
    return any(item.severity is Severity.ERROR for item in diagnostics)


class Diagnostics:
    """Collector of diagnostics; of those with one code, place and message the first is kept."""

    def __init__(self, found: Iterable[Diagnostic] = ()) -> None:
        self._found: dict[tuple[str, Location, str], Diagnostic] = {}
        self._errors = 0
        self.extend(found)

    @property
    def errors(self) -> int:
        """How many errors there are so far; compare two counts to see whether a step failed."""
        return self._errors

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return self._errors > 0

    def add(self, found: Diagnostic) -> None:
        """Keep ``found``, unless it was found before."""
        key = (found.code, found.location, found.message)
        if key not in self._found:
            self._found[key] = found
            self._errors += found.severity is Severity.ERROR

    def extend(self, found: Iterable[Diagnostic]) -> None:
        """Keep each of ``found``."""
        for item in found:
            self.add(item)

    def error(
        self,
        code: str,
        location: Location,
        message: str,
        hint: str = "",
        *,
        severity: Severity = Severity.ERROR,
        **extras: Unpack[Extras],
    ) -> None:
        """Report an error, or what is said to weigh less."""
        self.add(
            Diagnostic(
                code=code,
                message=message,
                location=location,
                severity=severity,
                hint=hint,
                **extras,
            )
        )

    def warn(
        self, code: str, location: Location, message: str, hint: str = "", **extras: Unpack[Extras]
    ) -> None:
        """Report a warning."""
        self.error(code, location, message, hint, severity=Severity.WARNING, **extras)

    def sorted(self) -> list[Diagnostic]:
        """Return what was found, in the order of report."""
        return sorted(self._found.values(), key=lambda item: item.sort_key)


_LINE_END = r"\r\n?|\n"
_LOCATION = operator.attrgetter("location")


def choose_fixes(found: Iterable[Diagnostic]) -> tuple[Fix, ...]:
    """Return the fixes of ``found`` that can be applied together, in the order of their places.

    The fixes of one diagnostic are applied together or not at all. Of diagnostics whose fixes
    overlap, the first is chosen.
    """
    taken: dict[tuple[str, int], dict[Fix, None]] = {}
    for diagnostic in sorted(found, key=lambda item: item.sort_key):
        lines = [
            taken.setdefault((fix.location.path, fix.location.line), {}) for fix in diagnostic.fix
        ]
        pairs = list(zip(diagnostic.fix, lines, strict=True))
        if not any(_overlap(fix, other) for fix, line in pairs for other in line if fix != other):
            for fix, line in pairs:
                line[fix] = None
    return tuple(sorted((fix for line in taken.values() for fix in line), key=_LOCATION))


def _overlap(one: Fix, other: Fix) -> bool:
    """Return whether two fixes on one line replace a common character."""
    first, second = sorted((one.location, other.location))
    return second.column < first.column + first.length


def apply_fixes(texts: Mapping[str, bytes], fixes: Iterable[Fix]) -> dict[str, bytes]:
    """Return the new bytes of each file that ``fixes`` change, by path; all other bytes stay.

    Args:
        texts: the bytes of the files that the fixes are for, by path.
        fixes: those that do not overlap.
    """
    by_path: dict[str, list[Fix]] = {}
    for fix in fixes:
        by_path.setdefault(fix.location.path, []).append(fix)
    return {path: _applied(texts[path], fixes) for path, fixes in by_path.items()}


def _applied(data: bytes, fixes: Iterable[Fix]) -> bytes:
    decoded = data.decode("utf-8")
    text = decoded.removeprefix("\ufeff")
    bom = decoded[: len(decoded) - len(text)]
    starts = [0, *(end.end() for end in re.finditer(_LINE_END, text))]
    for fix in sorted(fixes, key=_LOCATION, reverse=True):
        start = starts[fix.location.line - 1] + fix.location.column - 1
        text = text[:start] + fix.text + text[start + fix.location.length :]
    return (bom + text).encode("utf-8")


_SHORTEST = 3
"""In a shorter word one wrong letter is too much to tell what was meant."""

_MANY = 1000
"""Among more names than this only those are suggested that are one slip away."""

_SHORTEST_SLIP = 4
_NEIGHBOURS = 2


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean "x"?`` for the known word nearest to ``word``, or ``""``."""
    return ask_for(nearest_word(word, known))


def suggest(word: str, known: Iterable[str]) -> Suggestion:
    """Return the suggestion for ``word``, which is none of the words ``known``."""
    return Suggestion(word=word, meant=nearest_word(word, known) if word else "")


def ask_for(word: str) -> str:
    """Return ``did you mean "word"?``; ``""`` for no word."""
    return f'did you mean "{word}"?' if word else ""


def nearest_word(word: str, known: Iterable[str]) -> str:
    """Return the known word that ``word`` most likely stands for, or ``""``.

    Case alone never hides a match; a transposed, missing, doubled or wrong letter is near.
    """
    folded: dict[str, str] = {}
    for candidate in sorted(set(known)):
        folded.setdefault(candidate.casefold(), candidate)
    lowered = word.casefold()
    if lowered in folded:
        return folded[lowered]
    near = [known for known in folded if is_one_slip(lowered, known)]
    # Of equals, and where nothing is that near, the one that shares the most letters.
    # Comparing all letters with thousands of names, for each of many errors, takes minutes.
    others = folded if len(folded) <= _MANY else ()
    near = difflib.get_close_matches(lowered, near or others, n=1, cutoff=0.0 if near else 0.6)
    return folded[near[0]] if near else ""


def is_one_slip(word: str, known: str) -> bool:
    """Return whether one letter of ``known`` is missing, too many or wrong, or two are swapped."""
    left, right = _differing(word, known)
    is_wrong_letter = len(left) == len(right) == 1
    return _is_slip(left, right) and (len(known) >= _SHORTEST or not is_wrong_letter)


def is_slip(word: str, meant: str) -> bool:
    """Return whether ``word`` is ``meant`` with one typing slip: a letter or two swapped, or case.

    Stricter than did-you-mean, for places where an unknown name is legal: ``addr_2`` is no slip
    of ``addr_1``, and names below four characters never are.
    """
    left, right = word.casefold(), meant.casefold()
    if word == meant or min(len(left), len(right)) < _SHORTEST_SLIP:
        return False
    if _letters(left) == _letters(right):
        return True
    left, right = _differing(left, right)
    return _is_slip(left, right) and not any(char.isdigit() for char in left + right)


def _differing(one: str, other: str) -> tuple[str, str]:
    """Return two words without the letters that they have in common at both ends."""
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return one, other


def _is_slip(left: str, right: str) -> bool:
    is_swapped = len(left) == _NEIGHBOURS and left == right[::-1]
    return is_swapped or max(len(left), len(right)) <= 1


class SlipFinder:
    """Finds the names that a word is one typing slip away from, among many at once."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in names:
            for form in _forms(name):
                self._names.setdefault(form, []).append(name)

    def meant(self, word: str) -> str:
        """Return the first name that ``word`` is a slip of, or ``""``."""
        near = [name for form in _forms(word) for name in self._names.get(form, ())]
        return next((name for name in near if is_slip(word, name)), "")


def _forms(name: str) -> list[str]:
    """Return what names one slip apart have in common one of: all letters, or all but one."""
    folded = name.casefold()
    without = [folded[:place] + folded[place + 1 :] for place in range(len(folded))]
    return list(dict.fromkeys([folded, _letters(folded), *without]))


def _letters(text: str) -> str:
    return re.sub(r"[_\-. ]", "", text)


CODES: dict[str, str] = {
    # MG1xx  the text of a file
    "MG101": "The file is not valid UTF-8",
    "MG102": "The text is not valid JSON",
    "MG103": "The text is not valid YAML",
    "MG104": "A key appears twice in one mapping",
    "MG105": "The file is larger than the limit",
    "MG106": "The file nests deeper than the limit",
    "MG107": "Aliases expand to more nodes than the limit",
    "MG108": "A number is not finite, or has too many digits",
    "MG109": "A lone surrogate cannot be written as UTF-8",
    "MG110": "A number with leading zeros is read as text or as another number",
    "MG111": "YAML beyond the core schema (tags, complex keys, several documents)",
    "MG112": "The file is empty",
    "MG113": "The file cannot be read",
    # MG2xx  the shape of a spec
    "MG201": "Unknown directive (a key that begins with $)",
    "MG202": "A value has the wrong type",
    "MG203": "A reference names nothing",
    "MG204": "A directive cannot be combined with another",
    "MG205": "A required directive is missing",
    "MG206": "A pool is empty",
    "MG207": "A weight is negative, not a number, or all weights are zero",
    "MG208": "Bounds are impossible",
    "MG209": "Two keys are the same after case folding",
    "MG210": "A name cannot be used as a file name",
    "MG211": "A pattern is not supported or not a regular expression",
    "MG212": "A date, time or format cannot be read",
    "MG213": "A template cannot be read",
    "MG214": "A unique field has fewer values than records",
    "MG215": "References are circular",
    "MG216": "A scenario is unknown or cannot be mixed",
    "MG217": "A rule, exclusion or coverage cannot be read",
    "MG218": "A path leads nowhere",
    "MG219": "A vocabulary is missing or cannot be read",
    "MG220": "The file does not match its JSON Schema",
    "MG221": "An option of the output is unknown or impossible",
    "MG222": "Two identifiers ($id) are the same",
    "MG223": "A probability is not between 0 and 1",
    "MG224": "A key of the overlay is not a field of the model",
    "MG225": "A number cannot be represented with the declared precision",
    "MG226": "This release does not read this format version",
    "MG227": "A directive has no such parameter",
    "MG228": "A record can be larger than the limit",
    "MG229": "A list is read as a pool",
    "MG230": "A transform leaves nothing of a value",
    # MG3xx  masters and merging
    "MG301": "The master is missing",
    "MG302": "The chain of $extends is circular",
    "MG303": "The slot is missing or ambiguous",
    "MG304": "Record and master disagree in type",
    "MG305": "A merge policy does not fit its path",
    "MG306": "A merged record breaks what the model says",
    "MG307": "A field is not in the master, but a similar name is",
    "MG308": "Nothing changes a key of the master that resembles a field",
    "MG309": "Two fields go to the same path of the master",
    "MG310": "A folder has two masters",
    # MG4xx  promises of scenarios
    "MG401": "Two scenarios can make the same record",
    "MG402": "An expression, a rule or an exclusion is wrong",
    "MG403": "A promise of a scenario cannot be kept",
    "MG404": "A record that keeps its promise was not found",
    "MG406": "A record cannot be made as $records states it",
    "MG407": "Coverage has nothing to cover",
    "MG408": "There are fewer records than coverage needs",
    "MG409": "Coverage of a scenario has no effect",
    "MG410": "A rule cannot be broken alone",
    "MG411": "Records may refer to each other in a circle",
    # MG5xx  outputs and the lockfile
    "MG501": "An output was edited by hand",
    "MG502": "An output is out of date",
    "MG503": "An output is missing",
    "MG504": "A file that is not recorded in a lockfile is in the way",
    "MG505": "The lockfile cannot be read",
    "MG506": "The lockfile was made under another contract",
    "MG507": "No spec produces an output any more",
    "MG508": "Two outputs have the same path",
    "MG509": "A path leads outside the output folder",
    "MG510": "An output cannot be written",
    "MG511": "A file is in conflict in the index",
    "MG512": "An edit cannot be adopted",
    "MG513": "A saved plan is out of date",
    "MG514": "A saved plan cannot be read",
    "MG515": "No spec produces a file in the folder of a suite",
    # MG6xx  the project
    "MG601": "The project file is not valid",
    "MG602": "No specs were found",
    "MG603": "A value cannot be written in this format",
    "MG604": "A plugin is not named by the project, not installed, or has no such rule",
    "MG605": "A plugin is not trusted by the user",
    "MG606": "A plugin is broken",
    "MG607": "Nothing reads a file in the specs folder",
    # MG7xx  files of the earlier system
    "MG701": "Something in a file of the earlier system is not carried over",
    "MG702": "A file of the earlier system cannot be migrated",
    "MG703": "A file is in an older format",
    "MG704": "A field of the earlier system has no value",
    "MG705": "Text with commas is one value",
}
