"""Check digits: those of published numbers, put in place, and wrong in negative records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stdnum.iso7064.mod_11_2
import stdnum.iso7064.mod_97_10
from hypothesis import given
from hypothesis import strategies as st
from stdnum import damm, ean, iban, isbn, luhn, verhoeff

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.spec.check_digits import (
    ALGORITHMS,
    CheckDigitError,
    is_right,
    with_check,
    wrong_checks,
)
from mockgen_watch.spec.check_forms import FORMS as FORMS_OF
from mockgen_watch.spec.check_forms import blanked_pattern, find_misfit
from mockgen_watch.spec.pattern import compile_pattern
from tests.unit.generate.test_children import in_chunks

if TYPE_CHECKING:
    from collections.abc import Callable

DIGITS = "0123456789"


def of(*lengths: int, prefix: str = "") -> st.SearchStrategy[str]:
    texts = [st.text(DIGITS, min_size=length, max_size=length) for length in lengths]
    return st.one_of(texts).map(lambda text: prefix + text)


FORMS: dict[str, tuple[st.SearchStrategy[str], Callable[[str], bool]]] = {
    "luhn": (of(*range(2, 20)), luhn.is_valid),
    "npi": (of(9, prefix="1"), lambda text: luhn.is_valid(f"80840{text}")),
    "iban": (of(20, prefix="DE"), lambda text: iban.is_valid(text, check_country=False)),
    "mod97": (of(*range(4, 20)), stdnum.iso7064.mod_97_10.is_valid),
    "mod11": (of(*range(3, 20)), stdnum.iso7064.mod_11_2.is_valid),
    "verhoeff": (of(*range(3, 20)), verhoeff.is_valid),
    "damm": (of(*range(3, 20)), damm.is_valid),
    "ean": (of(8, 12, 13, 14), ean.is_valid),
    "isbn": (st.one_of(of(10), of(10, prefix="978")), isbn.is_valid),
}


PUBLISHED = {
    # https://en.wikipedia.org/wiki/Luhn_algorithm, and a test number of card networks
    "luhn": ("17893729974", "4111111111111111"),
    # The example of CMS, "Requirements for NPI and NPI Check Digit"
    "npi": ("1234567893",),
    # The examples of the IBAN registry
    "iban": ("DE89370400440532013000", "GB29NWBK60161331926819", "NO9386011117947"),
    # The example of ISO/IEC 7064
    "mod97": ("79444",),
    # Identifiers of ORCID's documentation
    "mod11": ("0000000218250097", "000000021694233X", "0000000151093700"),
    "verhoeff": ("2363", "123451"),
    "damm": ("5724",),
    # EAN-8, UPC-A, EAN-13 and GTIN-14
    "ean": ("73513537", "036000291452", "4006381333931", "10012345678902"),
    "isbn": ("0306406152", "080442957X", "9780306406157"),
}


@pytest.mark.parametrize("kind", ALGORITHMS)
def test_published_numbers_are_right_and_no_others(kind: str) -> None:
    for text in PUBLISHED[kind]:
        places = (2, 4) if kind == "iban" else (-2, None) if kind == "mod97" else (-1, None)
        digits = text[slice(*places)]
        for wrong in ("00", "11") if len(digits) > 1 else DIGITS:
            begin = len(text) + places[0] if places[0] < 0 else places[0]
            changed = text[:begin] + wrong + text[begin + len(digits) :]
            assert with_check(kind, changed) == text
            assert is_right(kind, changed) is (changed == text)


@pytest.mark.parametrize("kind", ALGORITHMS)
@given(data=st.data())
def test_any_number_of_the_form_gets_its_digits(kind: str, data: st.DataObject) -> None:
    texts, is_valid = FORMS[kind]
    text = data.draw(texts)
    found = with_check(kind, text)
    assert is_valid(found)
    assert is_right(kind, found)
    assert with_check(kind, found) == found
    for wrong in wrong_checks(kind, found):
        assert len(wrong) == len(found)
        assert not is_valid(wrong)
    assert next(wrong_checks(kind, found), "") or not found[-1].isdigit()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("luhn", "12a4"),
        ("npi", "123"),
        ("iban", "1234567"),
        ("ean", "12345"),
        ("isbn", "1234567890123"),
        ("mod97", "1-2345"),
        ("damm", ""),
        ("mod11", "X"),
    ],
)
def test_other_text_has_no_check_digits(kind: str, text: str) -> None:
    with pytest.raises(CheckDigitError):
        with_check(kind, text)
    assert not is_right(kind, text)


SPEC = """
Card:
  $count: 60
  number: {$pattern: "4[0-9]{15}", $check: luhn, $null: 0.1}
  npi: {$pattern: "1[0-9]{9}", $check: npi}
  order: {$sequence: {start: 1, width: 8}, $check: ean}
  iban: {$template: "DE00{bank}", $check: iban}
  bank: {$pattern: "[0-9]{18}"}
  ids: {$array: 2, $items: {$pattern: "[0-9]{6}", $check: damm}}
  amount: {$integer: [1, 9]}
  $rules:
    few: {field: amount, schema: {maximum: 9}}
    own: {field: npi, check: npi}
  $scenarios: {positive: {}, negative: {}}
"""


def test_fields_have_right_digits_and_negative_ones_wrong() -> None:
    positive, negative = (Specs.of(SPEC).records(f"Card/{n}") for n in ("positive", "negative"))
    for record in positive:
        assert record["number"] is None or is_right("luhn", record["number"])
        assert is_right("npi", record["npi"])
        assert is_right("iban", record["iban"])
        assert is_right("ean", record["order"])
        assert all(is_right("damm", each) for each in record["ids"])
    kinds: dict[str, set[str]] = {}
    for index, record in enumerate(negative):
        (fault,) = negative._source.label_at(index).faults
        kinds.setdefault(fault.rule, set()).add(fault.operator)
        if fault.operator == "wrong-check-digit" and fault.rule == "iban-iban":
            assert not is_right("iban", record["iban"])
            assert record["iban"][:2] == "DE"
    assert "wrong-check-digit" in kinds["number-luhn"]
    assert kinds.keys() >= {"few", "own", "number-luhn", "iban-iban", "order-ean", "ids-damm"}
    assert "npi-npi" not in kinds


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ('{$pattern: "[A-Z]{4}", $check: luhn}', "MG202", "digits only"),
        ('{$pattern: "[0-9]{9}", $check: npi}', "MG202", '"000000000" is not 10 digits'),
        ('{$pattern: "([0-9]{10}|[0-9]{6,9}7)", $check: npi}', "MG202", "is not 10 digits"),
        ('{$pattern: "([0-9]{12}|[0-9]{6}X?[0-9])", $check: luhn}', "MG202", "digits only"),
        ("{$sequence: {start: 1, width: 9}, $check: ean}", "MG202", '"000000001" is not 8'),
        ("{$sequence: 1, $check: luhn}", "MG204", "for text"),
        ('{$choice: [{$pattern: "[0-9]{4}"}, {$pattern: "[A-Z]"}], $check: luhn}', "MG202", '"A"'),
        ("{$integer: [1, 9], $check: luhn}", "MG204", "for text"),
        ('{$pattern: "[0-9]{9}", $check: lun}', "MG203", "unknown value"),
        ('{$choice: ["1230", "1231"], $check: luhn, $unique: true}', "MG204", "become the same"),
        (
            "{$sequence: {start: 1, width: 8}, $check: ean, $unique: true}",
            "MG204",
            "become the same",
        ),
        ('{$pattern: "A0{2,3}[0-9]?", $check: mod97, $unique: true}', "MG204", "become the same"),
        ('{$pattern: "[0-9]{2}", $check: luhn, $unique: true}', "MG214", "10 different values"),
        ("{a: 1, $check: luhn}", "MG204", "a text leaf"),
    ],
)
def test_what_has_no_place_for_digits_is_refused(value: str, code: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        Specs.of(f"M:\n  $count: 11\n  a: {value}\n").records("M")
    assert [item.code for item in caught.value.diagnostics] == [code]
    assert words in caught.value.diagnostics[0].message


UNIQUE = """
Card:
  $count: 100
  luhn: {$pattern: "4[0-9]{3}", $check: luhn, $unique: true}
  iban: {$pattern: "(DE|FR)[0-9]{2}7[0-9]{2}", $check: iban, $unique: true}
  mod97: {$pattern: "[A-F]{1,2}[0-9]{3}", $check: mod97, $unique: true}
  isbn: {$pattern: "978[0-9]{10}", $check: isbn, $unique: true}
  ean: {$sequence: {start: 40, step: 10, width: 8}, $check: ean, $unique: true}
  damm: {$choice: ["10", "20", "31"], $check: damm}
  npi: {$pattern: "1[0-9]{9}", $check: npi}
  parts: {$array: {min: 2, max: 5, unique: true}, $items: {$pattern: "[0-9]{2}", $check: luhn}}
  $unique: [[damm, npi]]
"""


def test_unique_values_differ_beside_their_check_digits() -> None:
    records = Specs.of(UNIQUE).records("Card", exact=True)
    rows = list(records)
    for name in ("luhn", "iban", "mod97", "isbn", "ean"):
        values = {row[name] for row in rows}
        assert len(values) == 100
        assert all(is_right(name, value) for value in values)
    assert len({(row["damm"], row["npi"]) for row in rows}) == 100
    assert all(is_right("damm", row["damm"]) and is_right("npi", row["npi"]) for row in rows)
    assert all(len(set(row["parts"])) == len(row["parts"]) for row in rows)
    assert in_chunks(records, [0, 5, 99]) == [rows[0], rows[5], rows[99]]


ITEMS = st.sampled_from(["[0-3]", "7", "[AB]", "1?", "[01]{2}", "(0|12)", "[5-6]{1,2}", "DE"])


@given(st.lists(ITEMS, min_size=1, max_size=5), st.sampled_from(sorted(ALGORITHMS)))
def test_a_pattern_is_judged_as_a_whole(items: list[str], kind: str) -> None:
    pattern = compile_pattern("".join(items))
    misfit = find_misfit(kind, pattern.tree)
    texts = set(pattern.tree.strings())
    others = {text for text in texts if not FORMS_OF[kind].fits(text)}
    assert misfit in others if others else misfit is None
    for text in texts - others:
        with_check(kind, text)
    for text in others:
        with pytest.raises(CheckDigitError):
            with_check(kind, text)


@given(st.lists(ITEMS, min_size=1, max_size=5), st.sampled_from(["luhn", "iban", "mod97"]))
def test_places_of_check_digits_are_blanked(items: list[str], kind: str) -> None:
    source = "".join(items)
    form = FORMS_OF[kind]
    texts = compile_pattern(source).tree.strings()
    fitting = {text for text in texts if len(text) >= (form.end or -form.begin)}
    blank = blanked_pattern(source, kind)
    if find_misfit(kind, compile_pattern(source).tree) is None and blank is not None:
        zeros = "0" * ((form.end or 0) - form.begin)
        wanted = {t[: form.begin] + zeros + t[form.end or len(t) :] for t in fitting}
        assert set(blank.tree.strings()) == wanted
        assert blank.size >= len(wanted)
        if blank.distinct:
            assert blank.size == len(wanted)


TOGETHER = {
    "luhn": "4[0-9]{15}",
    "npi": "1[0-9]{9}",
    "iban": "(DE|FR)[0-9]{2}[0-9]{6}[A-C][0-9]{3}",
    "mod97": "[A-F]{2}[0-9]{7}",
    "mod11": "[0-9]{7}",
    "ean": "[0-9]{13}",
    "isbn": "97[89][0-9]{10}",
}
APART = {
    "verhoeff": "[0-9]{6}",
    "damm": "[0-9]{6}",
    "luhn": "[0-9]{5,9}",
    "mod97": "[A-Z0-9]{6}",
    "isbn": "[0-9]{10}|978[0-9]{10}",
}
"""Patterns whose check digits are added up in columns, and others."""


def test_a_chunk_has_the_digits_of_each_record() -> None:
    fields = [f'  a_{kind}: {{$pattern: "{p}", $check: {kind}}}' for kind, p in TOGETHER.items()]
    fields += [f'  b_{kind}: {{$pattern: "{p}", $check: {kind}}}' for kind, p in APART.items()]
    fields += ['  a_10: {$pattern: "[0-9]{9}X", $check: isbn, $null: 0.1}']
    fields += ['  a_t: {$template: "DE00{bank}", $check: iban}', '  bank: {$pattern: "[0-9]{18}"}']
    fields += ['  a_pool: {$choice: ["12345670", "7654321X"], $check: mod11, $transform: upper}']
    text = "M:\n  $count: 200\n" + "\n".join(fields)
    records = Specs.of(text).records("M", exact=True)
    rows = list(records)
    assert in_chunks(records, list(range(200))) == rows
    columns = dict(compile_program(records._plan.records).root.members)
    slow = [name for name, column in columns.items() if getattr(column, "slow", "")]
    assert slow == [f"b_{kind}" for kind in APART]
    for row in rows:
        for name in TOGETHER:
            assert is_right(name, row[f"a_{name}"])
    assert {row["a_10"][-1] for row in rows if row["a_10"]} == {*DIGITS, "X"}


def test_a_checked_number_of_the_master_stays_a_number() -> None:
    master = "slot: {card: 4}"
    for pattern in ("4[0-9]{6}", "4[0-9]{5,6}"):
        text = f'M:\n  $count: 50\n  card: {{$pattern: "{pattern}", $check: luhn}}\n'
        records = Specs.of(text, master).records("M", exact=True)
        rows = list(records)
        assert all(is_right("luhn", str(row["slot"]["card"])) for row in rows)
        assert all(isinstance(row["slot"]["card"], int) for row in rows)
        assert in_chunks(records, list(range(50))) == rows


CHOSEN = """
Card:
  $count: 60
  kind: [a, b]
  code: {$choice: [none, {$pattern: "[0-9]{6}", $check: luhn}]}
  given: {$given: record.kind, $cases: {a: {$pattern: "[0-9]{6}", $check: damm}}, $else: 7}
  sure: {$given: record.kind, $cases: {a: {$pattern: "1[0-9]{9}", $check: npi}}, $else: null}
  whole: {$choice: ["10", {$pattern: "[0-9]{6}"}], $check: verhoeff}
  $rows: [{ra: {$pattern: "[0-9]{6}", $check: luhn}}, {ra: x}]
  lines: [{n: {$pattern: "[0-9]{8}", $check: ean}}, {n: "1"}]
  $rules: {kind: {field: kind, schema: {enum: [a, b]}}}
  $scenarios: {positive: {}, negative: {}}
"""


def test_a_check_of_one_alternative_is_no_rule_of_all() -> None:
    specs = Specs.of(CHOSEN)
    for record in specs.records("Card/positive"):
        assert record["code"] == "none" or is_right("luhn", record["code"])
        assert is_right("verhoeff", record["whole"])
    negative = specs.records("Card/negative")
    faults = [negative._source.label_at(index).faults[0] for index in range(60)]
    assert {fault.rule for fault in faults} == {"kind", "sure-npi", "whole-verhoeff"}
