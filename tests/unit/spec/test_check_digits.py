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
from mockgen_watch.spec.check_digits import (
    ALGORITHMS,
    CheckDigitError,
    is_right,
    with_check,
    wrong_checks,
)

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
        ('{$pattern: "[A-Z]{4}", $check: luhn}', "MG202", "digits alone"),
        ('{$pattern: "[0-9]{9}", $check: npi}', "MG202", "9 digits"),
        ("{$integer: [1, 9], $check: luhn}", "MG204", "for text"),
        ('{$pattern: "[0-9]{9}", $check: lun}', "MG203", "not known"),
        ('{$pattern: "[0-9]{9}", $check: luhn, $unique: true}', "MG204", "become one"),
        ("{a: 1, $check: luhn}", "MG204", "leaf of text"),
    ],
)
def test_what_has_no_place_for_digits_is_refused(value: str, code: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        Specs.of(f"M:\n  a: {value}\n").records("M")
    assert [item.code for item in caught.value.diagnostics] == [code]
    assert words in caught.value.diagnostics[0].message
