"""Takes what a person answers at a terminal; gives the first spec of a suite, as text.

Each answer is tried in a small spec before the next question, so that what cannot be is told where
it was typed, and the spec that comes out is valid.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.diagnostics import Severity
from mockgen_watch.spec.build.context import BuildContext
from mockgen_watch.spec.build.names import file_name_problem, fold
from mockgen_watch.spec.build.sections import split_suffix
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse
from mockgen_watch.workflow.sources import VOCABULARY_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "id": '{$pattern: "[A-Z]{3}[0-9]{6}", $unique: true}',
    "index": "{$sequence: 1}",
    "uuid": "{$uuid: {}}",
    "number": "{$integer: {min: 1, max: 100}}",
    "amount": "{$number: {min: 0, max: 1000, decimals: 2}}",
    "flag": "{$boolean: 0.5}",
    "date": "{$date: {from: 2025-01-01, to: 2025-12-31}}",
    "time": '{$time: {from: "08:00:00", to: "18:00:00"}}',
}
"""What a person may say in place of values, and what it becomes."""

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What readers of YAML 1.1 or 1.2 take for something else than text.
_NOT_PLAIN: Final = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

_LONGEST_COUNT: Final = 20

_START: Final = """\
# A spec is shaped like its output: write the record that you want, and put at each leaf how its
# value is chosen. Keys that begin with $ direct the tool; every other key is data. All values here
# are text; take the quotes away where you mean numbers.
$schema: {schemas}/user_input.schema.json
$seed: 1 # the same seed gives the same records, on every machine

"""


class Answers(Struct, kw_only=True):
    """What a person said.

    Attributes:
        suite: its folder below the specs.
        fields: name → how its value is chosen, as YAML.
        wrong: the same for the fields that the negative scenario replaces.
    """

    suite: str
    model: str
    fields: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    count: int = 10


def interview(ask: Callable[[str], str], is_taken: Callable[[str], bool]) -> Answers:
    """Return what a person answers.

    Args:
        ask: gives the answer to a question, without its line end.
        is_taken: tells whether a suite has a spec already.

    Raises:
        EOFError: from ``ask``, when nobody answers any more.
    """
    suite = _ask(
        ask,
        "Name of the suite, which becomes a folder",
        "people",
        lambda name: _suite_problem(name) or ("it has a spec already" if is_taken(name) else ""),
    )
    model = _ask(ask, "Name of the model, one kind of record", "Person", _model_problem)
    answers = Answers(suite=suite, model=model)
    _say(
        f"Fields: a name, then its values with commas between, or one of {', '.join(KINDS)}.",
        "An empty name ends the list.",
    )
    _ask_fields(ask, answers, answers.fields)
    if not answers.fields:
        answers.fields["name"] = pool_text(["Asha", "Bala", "Chitra", "Dev"])
        _say("No field was named, so there is one to begin with: name.")
    _say(
        "Wrong values, for a scenario of records that a reader must refuse: a field, then values.",
        "An empty name ends the list.",
    )
    _ask_fields(ask, answers, answers.wrong, known=answers.fields)
    _ask(ask, "Records of each scenario", str(answers.count), lambda text: _count(answers, text))
    return answers


def ask_at_terminal(question: str) -> str:
    """Return a line from stdin, after the question was put on stderr.

    Raises:
        EOFError: stdin has ended.
    """
    print(question, end="", file=sys.stderr, flush=True)
    return input()


def spec_text(answers: Answers) -> str:
    """Return the user_input file that ``answers`` describe."""
    schemas = "../" * (answers.suite.count("/") + 2) + "schemas"
    lines = [f"{key_text(answers.model)}:"]
    lines += [f"  {key_text(name)}: {how}" for name, how in answers.fields.items()]
    lines += ["", "  $scenarios:", f"    positive: {{$count: {answers.count}}}"]
    if answers.wrong:
        lines += ["    negative:", f"      $count: {answers.count}"]
        lines += [f"      {key_text(name)}: {how}" for name, how in answers.wrong.items()]
    return _START.format(schemas=schemas) + "\n".join(lines) + "\n"


def pool_text(values: Iterable[str]) -> str:
    """Return a pool of texts as YAML."""
    return f"[{', '.join(_quoted(value) for value in values)}]"


def key_text(name: str) -> str:
    """Return the key ``name`` as YAML: in quotes where it needs them, ``$`` doubled."""
    if _PLAIN_KEY.fullmatch(name) and name.lower() not in _NOT_PLAIN:
        return name
    return _quoted(f"${name}" if name.startswith("$") else name)


def _quoted(text: str) -> str:
    # A JSON string is a YAML string too; only DEL and the line ends of Unicode need an escape.
    return json.dumps(text, ensure_ascii=not text.isprintable()).replace("\x7f", "\\u007f")


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
    while name := ask("  field: ").strip():
        if known is not None and name not in known:
            _say(f"  the model has {', '.join(known)}")
            continue
        if known is None and fold(name) in map(fold, fields):
            _say("  it is there already")
            continue
        said = ask(f"  values of {escape_for_terminal(name)}: ")
        how = KINDS.get(said.strip()) or pool_text(_values(said))
        fields[name] = how
        problem = _spec_problem(answers)
        if problem:
            del fields[name]
            _say(f"  {problem}")


def _values(said: str) -> list[str]:
    values = [value.strip() for value in said.split(",")]
    # One empty value is meant where nothing was typed: a wrong value is often none.
    return [value for value in values if value] or [""]


def _suite_problem(name: str) -> str:
    for part in name.split("/"):
        problem = file_name_problem(part)
        if problem:
            return f"the name {problem}"
        if fold(part) == VOCABULARY_FOLDER:
            return "that is the folder of vocabularies"
    return ""


def _model_problem(name: str) -> str:
    model, scenario = split_suffix(name)
    if scenario:
        return f'this names the scenario {scenario} of a model "{model}"'
    return _spec_problem(Answers(suite="probe", model=name, fields={"probe": pool_text(["x"])}))


def _count(answers: Answers, text: str) -> str:
    """Take over the number in ``text``; return why that cannot be, or ``""``."""
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_COUNT:
        return "a whole number from 1 up"
    answers.count = int(text)
    return _spec_problem(answers)


def _spec_problem(answers: Answers) -> str:
    """Return what is wrong with the spec so far, or ``""``."""
    document = parse("user_input.yaml", spec_text(answers).encode("utf-8", "surrogatepass"))
    _, found = build_user_input(document, BuildContext())
    for item in (*document.diagnostics, *found):
        if item.severity is Severity.ERROR:
            return f"{item.message}{f' ({item.hint})' if item.hint else ''}"
    return ""


def _say(*lines: str) -> None:
    for line in lines:
        print(escape_for_terminal(line), file=sys.stderr)
