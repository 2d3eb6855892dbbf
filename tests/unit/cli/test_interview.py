"""The questions of ``init --interactive``: whatever a person answers, a valid spec comes out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.cli.interview import KINDS, Answers, Kind, interview, pool_text, spec_text
from mockgen_watch.diagnostics import has_errors
from mockgen_watch.spec.build.reader import BuildContext, data_key
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.parse import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import UserInput


VOCABULARIES = ("first_name", "last_name", "plans/gold")


class Person:
    """Gives answers in turn, and keeps the questions."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, question: str) -> str:
        self.questions.append(question)
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)


def asked(*words: str, taken: str = "") -> Answers:
    person = Person(words)
    answers = interview(person, lambda suite: suite == taken, VOCABULARIES)
    assert person.answers == []
    return answers


def built(text: str) -> UserInput:
    document = parse("user_input.yaml", text.encode())
    spec, found = build_user_input(
        document, BuildContext(known_vocabularies=frozenset(VOCABULARIES))
    )
    assert not document.diagnostics
    assert not found
    assert spec is not None
    return spec


def data_of(text: str) -> Json:
    document = parse("user_input.yaml", text.encode())
    assert not has_errors(document.diagnostics)
    assert document.root is not None
    return plain_data(document.root)


def test_without_answers_there_is_a_spec_to_begin_with() -> None:
    answers = asked("", "", "", "", "")
    assert (answers.suite, answers.model, answers.count) == ("people", "Person", 10)
    (model,) = built(spec_text(answers)).models
    assert [member.name for member in model.shape.members] == ["name"]
    assert [(scenario.name, scenario.count) for scenario in model.scenarios] == [("positive", 10)]


def test_answers_become_pools_generators_and_a_negative_scenario() -> None:
    text = spec_text(
        asked(
            *("claims/north", "Claim"),
            *("CLM_TYPE", "P, C ,D,", "born", "date", "NO", "501, 00501"),
            "",
            *("CLM_TYPE", "", ""),
            "25",
        )
    )
    assert text.partition("$schema")[2] == (
        ": ../../../schemas/user_input.schema.json\n"
        "$seed: 1 # the same seed gives the same records, on every machine\n"
        "\n"
        "Claim:\n"
        "  CLM_TYPE: [P, C, D]\n"
        "  born: {$date: [2025-01-01, 2025-12-31]}\n"
        '  "NO": ["501", "00501"]\n'
        "\n"
        "  $scenarios:\n"
        "    positive: {$count: 25}\n"
        "    negative:\n"
        "      $count: 25\n"
        '      CLM_TYPE: [""]\n'
    )
    built(text)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_example_is_a_valid_leaf(kind: Kind) -> None:
    built(spec_text(asked("", "", "field", kind.example, "", "", "")))


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.defaults])
def test_a_kind_with_defaults_needs_no_more_than_its_name(name: str) -> None:
    built(spec_text(asked("", "", "field", name, "", "", "")))


@pytest.mark.parametrize(
    ("answer", "leaf"),
    [
        ("P, C ,D,", ["P", "C", "D"]),
        ("choice P", ["P"]),
        ("501, true", ["501", "true"]),
        ("constant 00501, or less", "00501, or less"),
        ("sequence", {"$sequence": 1}),
        ("Sequence 1000", {"$sequence": 1000}),
        ("sequence ORD-", {"$sequence": {"start": 1, "prefix": "ORD-"}}),
        ("sequence ORD-0007", {"$sequence": {"start": 7, "prefix": "ORD-", "width": 4}}),
        ("sequence 0001", {"$sequence": {"start": 1, "prefix": "", "width": 4}}),
        ("pattern [a,b] {2}", {"$pattern": "[a,b] {2}"}),
        ("integer 1 99", {"$integer": [1, 99]}),
        ("integer -5 to 5", {"$integer": [-5, 5]}),
        ("number 0 9.999", {"$number": {"min": 0, "max": Decimal("9.999"), "decimals": 3}}),
        ("date 2025-01-01 - 2025-02-01", {"$date": ["2025-01-01", "2025-02-01"]}),
        ("datetime 2025-01-01T08:00 2025-02-01", {"$datetime": ["2025-01-01T08:00", "2025-02-01"]}),
        ("vocabulary plans/gold", {"$vocab": "plans/gold"}),
        ("boolean 0.25", {"$boolean": Decimal("0.25")}),
    ],
)
def test_an_answer_becomes_this_leaf(answer: str, leaf: Json) -> None:
    data = data_of(spec_text(asked("", "M", "field", answer, "", "", "")))
    assert isinstance(data, dict)
    assert isinstance(data["M"], dict)
    assert data["M"]["field"] == leaf


def test_each_answer_is_shown_as_it_was_understood(capsys: pytest.CaptureFixture[str]) -> None:
    asked("", "", "first name", '"first name"', "A, 01", "", "first name", "ZZ", "", "")
    shown = capsys.readouterr().err
    assert '    "first name": [A, "01"]\n' in shown
    assert '    "first name": [ZZ]\n' in shown


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("../x", "", "", "", "", ""), "begins with a dot"),
        (("a//b", "", "", "", "", ""), "is empty"),
        (("_vocab", "", "", "", "", ""), "the folder of vocabularies"),
        (("taken", "", "", "", "", ""), "has a spec already"),
        (("", "Claim_positive", "", "", "", ""), "the scenario positive of a model"),
        (("", "a:b", "", "", "", ""), 'contains ":"'),
        (("", "", "a", "x,", "A", "", "", ""), "this field is there already"),
        (("", "", "a", "x,", "", "b", "", ""), "the model has a"),
        (("", "", "", "", "0", ""), "at least 1"),
        (("", "", "", "", "many", ""), "a whole number"),
        (("", "", "", "", "9" * 15, ""), "at most"),
        (("", "", "\ud800", "", "", ""), "not valid in UTF-8"),
        (
            ("", "", "order_id status total", "", "", ""),
            'one field at a time: type "order_id" first',
        ),
        (("", "", "a, b", "", "", ""), 'one field at a time: type "a" first'),
        (
            ("", "", "a", "emial", "email", "", "", ""),
            '"emial" is not a kind; did you mean "email"?',
        ),
        (("", "", "a", "Chennai", "email", "", "", ""), "type: constant Chennai"),
        (("", "", "a", "mail", "email", "", "", ""), 'did you mean "email"?'),
        (("", "", "a", "bool", "boolean", "", "", ""), 'did you mean "boolean"?'),
        (("", "", "a", "string", "email", "", "", ""), "the kinds are choice, constant, email"),
        (("", "", "a", "", "email", "", "", ""), "type some values with commas between them"),
        (("", "", "a", "vocabulary frist_name", "email", "", "", ""), 'did you mean "first_name"?'),
        (("", "", "a", "pattern [a", "email", "", "", ""), "pattern"),
        (("", "", "a", "integer 9 1", "email", "", "", ""), "min 9 is more than max 1"),
        (("", "", "a", "integer one 9", "email", "", "", ""), '"one" is not part of integer'),
        (("", "", "a", "date 2025-02-30 2025-03-01", "email", "", "", ""), "2025-02-30"),
        (("", "", "a", "number 1", "email", "", "", ""), "written like this: number 0 250.00"),
        (("", "", "a", "email", "", "a", "paterrn", "x", "", ""), 'did you mean "pattern"?'),
    ],
)
def test_what_cannot_be_is_told_at_once_and_asked_again(
    words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    built(spec_text(asked(*words, taken="taken")))
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.out == ""


def test_an_end_of_the_answers_ends_the_questions() -> None:
    with pytest.raises(EOFError):
        asked("people", "Person", "name")


plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(plain_text)
def test_a_key_comes_back_as_it_was_typed(name: str) -> None:
    answers = Answers(suite="s", model="M", fields={name: "1"})
    data = data_of(spec_text(answers))
    assert isinstance(data, dict)
    assert isinstance(data["M"], dict)
    assert [data_key(key) for key in data["M"] if key != "$scenarios"] == [name]


@given(st.lists(plain_text, min_size=1, max_size=4))
def test_a_pool_comes_back_as_it_was_typed(values: list[str]) -> None:
    assert data_of(f"a: {pool_text(values)}\n") == {"a": values}


typed = plain_text.map(lambda text: text.replace("\n", " ").replace("\r", " "))


@given(st.lists(typed, max_size=12))
def test_any_answers_give_a_valid_spec_or_more_questions(words: list[str]) -> None:
    try:
        answers = interview(Person(words), lambda _: False)
    except EOFError:
        return
    built(spec_text(answers))
