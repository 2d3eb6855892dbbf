"""Interview: the questions of ``init --interactive``, and the spec that the answers make.

Each answer is checked at once; one that makes no valid spec is asked for again, with the reason.
"""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from mockgen_watch.diagnostics import Severity, ask_for, nearest_word
from mockgen_watch.migrations.layout import inline_text, key_text, scalar_text
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec.build.reader import BuildContext, spec_key
from mockgen_watch.spec.build.user_input import build_user_input, file_name_problem, split_suffix
from mockgen_watch.spec.model import fold
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.sources import VOCABULARY_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping


class Kind(Struct, frozen=True, kw_only=True):
    """A way to choose a value, as a person asks for it: its name, then words that say more.

    Attributes:
        example: an answer, as it is shown.
        meaning: what it chooses.
        leaf: the words after the name → the leaf as YAML.
        words: how many words that are; -1 for one text, blanks included.
        defaults: the words where none follow; empty where some must.
    """

    example: str
    meaning: str
    leaf: Callable[..., str]
    words: int
    defaults: tuple[str, ...] = ()


def _sequence(start: str) -> str:
    """Return the sequence that begins with ``start``, such as ``ORD-0001``."""
    prefix, digits = re.fullmatch(r"(.*?)([0-9]*)", start, re.DOTALL).groups()  # type: ignore[union-attr]  # it matches any text
    if not prefix and digits == digits.lstrip("0"):
        return f"{{$sequence: {digits or 1}}}"
    width = f", width: {len(digits)}" if digits.startswith("0") else ""
    return f"{{$sequence: {{start: {int(digits or 1)}, prefix: {scalar_text(prefix)}{width}}}}}"


def _number(least: str, most: str) -> str:
    places = max((len(end.partition(".")[2]) for end in (least, most)), default=0) or 2
    return f"{{$number: {{min: {least}, max: {most}, decimals: {places}}}}}"


def pool_text(values: Iterable[str]) -> str:
    """Return a pool of texts as YAML."""
    return inline_text(list(values))


def _choice(text: str) -> str:
    values = [value.strip() for value in text.split(",") if value.strip()]
    return pool_text(values or [""])


KINDS: Final[Mapping[str, Kind]] = {
    "choice": Kind(
        example="paid, shipped, refunded",
        meaning="one of these values",
        leaf=_choice,
        words=-1,
    ),
    "constant": Kind(
        example="constant EUR", meaning="always this text", leaf=scalar_text, words=-1
    ),
    "email": Kind(
        example="email",
        meaning="an address at example.com",
        leaf=lambda: '{$pattern: "[a-z]{4,8}\\\\.[a-z]{4,8}@example\\\\.com"}',
        words=0,
    ),
    "vocabulary": Kind(
        example="vocabulary first_name",
        meaning="a value of a vocabulary",
        leaf=lambda name: f"{{$vocab: {scalar_text(name)}}}",
        words=1,
    ),
    "sequence": Kind(
        example="sequence ORD-0001",
        meaning="the next one in each record",
        leaf=_sequence,
        words=1,
        defaults=("1",),
    ),
    "pattern": Kind(
        example="pattern [A-Z]{3}[0-9]{6}",
        meaning="text that the regular expression matches",
        leaf=lambda pattern: inline_text({"$pattern": pattern}),
        words=-1,
    ),
    "uuid": Kind(example="uuid", meaning="a UUID", leaf=lambda: "{$uuid: {}}", words=0),
    "integer": Kind(
        example="integer 1 99",
        meaning="a whole number from 1 to 99",
        leaf=lambda least, most: f"{{$integer: [{least}, {most}]}}",
        words=2,
        defaults=("1", "100"),
    ),
    "number": Kind(
        example="number 0 250.00",
        meaning="a number with as many decimals",
        leaf=_number,
        words=2,
        defaults=("0", "100"),
    ),
    "date": Kind(
        example="date 2025-01-01 2025-12-31",
        meaning="a day from the first to the last",
        leaf=lambda first, last: f"{{$date: [{first}, {last}]}}",
        words=2,
        defaults=("2025-01-01", "2025-12-31"),
    ),
    "datetime": Kind(
        example="datetime 2025-01-01 2025-06-30",
        meaning="a moment from the first day to the last",
        leaf=lambda first, last: f"{{$datetime: [{first}, {last}]}}",
        words=2,
        defaults=("2025-01-01", "2025-12-31"),
    ),
    "time": Kind(
        example="time 08:00 18:00",
        meaning="a time from the first to the last",
        leaf=lambda first, last: f'{{$time: ["{first}", "{last}"]}}',
        words=2,
        defaults=("08:00", "18:00"),
    ),
    "boolean": Kind(
        example="boolean 0.9",
        meaning="true with this probability",
        leaf=lambda odds: f"{{$boolean: {odds}}}",
        words=1,
        defaults=("0.5",),
    ),
}
"""What a person may say about a field, by name; ``choice`` is also a list with commas."""

_SEPARATORS: Final = frozenset({"to", "-", "..", "and"})
_PLAIN_WORD: Final = re.compile(r"[-+]?[0-9][0-9.:TeE+-]*")
_LONGEST_COUNT: Final = 20

_START: Final = """\
# A spec has the shape of its output: write the record you want, and at each leaf say how its value
# is chosen. Keys that begin with $ are directives; every other key is data. Values in lists are
# text; remove the quotes where you mean numbers.
$schema: {schema}
$seed: 1 # the same seed gives the same records, on every machine

"""


class Answers(Struct, kw_only=True):
    """The answers of a person.

    Attributes:
        suite: its folder below the specs.
        fields: name → how its value is chosen, as YAML.
        wrong: the same for the fields that the negative scenario replaces.
        vocabularies: the names of those that a field can have.
    """

    suite: str
    model: str
    fields: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    count: int = 10
    vocabularies: frozenset[str] = frozenset()


def interview(
    ask: Callable[[str], str],
    is_taken: Callable[[str], bool],
    vocabularies: Collection[str] = (),
) -> Answers:
    """Return what a person answers to ``ask``; ``is_taken`` returns whether a suite has a spec.

    Raises:
        EOFError: from ``ask``, when nobody answers any more.
    """
    suite = _ask(
        ask,
        "Name of the suite (a folder)",
        "people",
        lambda name: (
            suite_problem(name) or ("this suite has a spec already" if is_taken(name) else "")
        ),
    )
    model = _ask(ask, "Name of the model (one kind of record)", "Person", _model_problem)
    answers = Answers(suite=suite, model=model, vocabularies=frozenset(vocabularies))
    _say("", "Fields: first a name, then how its value is chosen:", *_examples(), "")
    _say("An empty name ends the list.")
    _ask_fields(ask, answers, answers.fields)
    if not answers.fields:
        answers.fields["name"] = pool_text(["Asha", "Bala", "Chitra", "Dev"])
        _say("No field was named; the model starts with one field:", *_shown(answers.fields))
    _say(
        "",
        "Invalid values, for a negative scenario: a field, then its values.",
        "An empty name ends the list.",
    )
    _ask_fields(ask, answers, answers.wrong, known=answers.fields)
    count = functools.partial(_take_count, answers)
    _ask(ask, "Records in each scenario", str(answers.count), count)
    return answers


def schema_of(suite: str) -> str:
    """Return the path of the JSON Schema from a spec of ``suite``."""
    return f"{'../' * (suite.count('/') + 2)}schemas/user_input.schema.json"


def spec_text(answers: Answers) -> str:
    """Return the user_input file that ``answers`` describe."""
    lines = [f"{_key(answers.model)}:"]
    lines += [f"  {line}" for line in _lines(answers.fields)]
    lines += ["", "  $scenarios:", f"    positive: {{$count: {answers.count}}}"]
    if answers.wrong:
        lines += ["    negative:", f"      $count: {answers.count}"]
        lines += [f"      {line}" for line in _lines(answers.wrong)]
    return _START.format(schema=schema_of(answers.suite)) + "\n".join(lines) + "\n"


def suite_problem(name: str) -> str:
    """Return why a suite cannot have the name ``name``, or ``""``."""
    for part in name.split("/"):
        problem = file_name_problem(part)
        if problem:
            return f"the name {problem}"
        if fold(part) == VOCABULARY_FOLDER:
            return "this name is reserved for the folder of vocabularies"
    return ""


def _key(name: str) -> str:
    return key_text(spec_key(name))


def _lines(fields: Mapping[str, str]) -> Iterator[str]:
    return (f"{_key(name)}: {how}" for name, how in fields.items())


def _shown(fields: Mapping[str, str]) -> Iterator[str]:
    return (f"    {line}" for line in _lines(fields))


def _examples() -> Iterator[str]:
    width = max(len(kind.example) for kind in KINDS.values())
    return (f"  {kind.example:<{width}}  {kind.meaning}" for kind in KINDS.values())


def _ask(
    ask: Callable[[str], str], question: str, default: str, problem_of: Callable[[str], str]
) -> str:
    while True:
        answer = ask(f"{question} [{default}]: ").strip() or default
        problem = problem_of(answer)
        if not problem:
            return answer
        _say(problem)


def _ask_fields(
    ask: Callable[[str], str],
    answers: Answers,
    fields: dict[str, str],
    known: Mapping[str, str] | None = None,
) -> None:
    """Ask for the fields of the model, or for wrong values of those in ``known``."""
    is_wrong = known is not None
    while typed := ask("  field: ").strip():
        name, problem = (typed, "") if typed in (known or ()) else _field_name(typed)
        if not problem and known is not None and name not in known:
            problem = f"the model has {', '.join(known)}"
        if not problem and known is None and fold(name) in map(fold, fields):
            problem = "this field is there already"
        fields_with = {**fields, name: pool_text(["x"])}
        problem = problem or _problem_with(answers, fields_with, is_wrong=is_wrong)
        while not problem:
            question = "invalid values" if is_wrong else "values"
            answer = ask(f"  {question} of {escape_for_terminal(name)}: ").strip()
            how, reason = _leaf(answer, is_wrong=is_wrong)
            reason = reason or _problem_with(answers, {**fields, name: how}, is_wrong=is_wrong)
            if not reason:
                fields[name] = how
                _say(*_shown({name: how}))
                break
            _say(f"  {reason}")
        if problem:
            _say(f"  {problem}")


def _field_name(typed: str) -> tuple[str, str]:
    """Return the name of the field in an answer, and why it is not one, or ``""``."""
    quoted = re.fullmatch(r'"(.*)"', typed, re.DOTALL)
    if quoted:
        return quoted[1], ""
    if re.search(r"[\s,]", typed):
        first = re.split(r"[\s,]+", typed.strip(", "))[0]
        hint = f'type "{first}" first' if first else "type a name"
        return typed, f"one field at a time: {hint}, or put a name with blanks in double quotes"
    return typed, ""


def _leaf(answer: str, *, is_wrong: bool) -> tuple[str, str]:
    """Return the leaf that an answer asks for, as YAML, and why there is none, or ``""``."""
    first, _, rest = answer.partition(" ")
    kind = KINDS.get(first.casefold())
    if kind is not None:
        return _leaf_of_kind(first.casefold(), kind, rest.strip())
    if "," in answer or (is_wrong and not _meant(first)):
        return _choice(answer), ""
    names = ", ".join(KINDS)
    if not answer:
        return "", f"type some values with commas between them, or one of {names}"
    hint = ask_for(_meant(first)) or f"the kinds are {names}"
    return "", f'"{first}" is not a kind; {hint} (for this text alone, type: constant {answer})'


def _meant(word: str) -> str:
    return nearest_word(word, KINDS) if word else ""


def _leaf_of_kind(name: str, kind: Kind, rest: str) -> tuple[str, str]:
    words = [rest] if kind.words < 0 and rest else rest.split()
    if len(words) > kind.words >= 0:
        words = [word for word in words if word.casefold() not in _SEPARATORS]
    if not words and kind.defaults:
        words = list(kind.defaults)
    if len(words) != abs(kind.words):
        return "", f"{name} is written like this: {kind.example}"
    takes_numbers = name in {"integer", "number", "date", "datetime", "time", "boolean"}
    odd = next((word for word in words if not _PLAIN_WORD.fullmatch(word)), "")
    if takes_numbers and odd:
        return "", f'"{odd}" is not part of {name}, which is written like this: {kind.example}'
    return kind.leaf(*words), ""


def _model_problem(name: str) -> str:
    model, scenario = split_suffix(name)
    if scenario:
        return f'this names the scenario {scenario} of a model "{model}"'
    return _spec_problem(Answers(suite="probe", model=name, fields={"probe": pool_text(["x"])}))


def _take_count(answers: Answers, text: str) -> str:
    """Take over the number in ``text``; return why that cannot be, or ``""``."""
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_COUNT:
        return "must be a whole number, 1 or more"
    answers.count = int(text)
    return _spec_problem(answers)


def _problem_with(answers: Answers, fields: dict[str, str], *, is_wrong: bool) -> str:
    """Return what is wrong with the spec if ``fields`` are its fields, or its wrong ones."""
    return _spec_problem(
        Answers(
            suite=answers.suite,
            model=answers.model,
            fields=answers.fields if is_wrong else fields,
            wrong=fields if is_wrong else {},
            vocabularies=answers.vocabularies,
        )
    )


def _spec_problem(answers: Answers) -> str:
    """Return what is wrong with the spec so far, or ``""``."""
    try:
        data = spec_text(answers).encode()
    except UnicodeEncodeError:
        return "this has a byte or a character that is not valid in UTF-8"
    document = parse("user_input.yaml", data)
    context = BuildContext(known_vocabularies=answers.vocabularies)
    _, found = build_user_input(document, context)
    for item in (*document.diagnostics, *found):
        if item.severity is Severity.ERROR:
            return f"{item.message}{f' ({item.hint})' if item.hint else ''}"
    return ""


def _say(*lines: str) -> None:
    for line in lines:
        print(escape_for_terminal(line), file=sys.stderr)
