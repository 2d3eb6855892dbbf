"""Takes the vocabularies shipped with the package; tells that each is well formed and true."""

from __future__ import annotations

import json
import re
import unicodedata
from importlib import resources
from pathlib import Path

import pytest

Value = str | dict[str, str]

FOLDER = resources.files("mockgen_watch.vocabulary")
NAMES = sorted(
    entry.name.removesuffix(".json") for entry in FOLDER.iterdir() if entry.name.endswith(".json")
)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "vocabularies.md"
every_vocabulary = pytest.mark.parametrize("name", NAMES)

LEAST_SIZES = {
    "first_name": 200,
    "first_name_female": 200,
    "first_name_in": 200,
    "first_name_male": 200,
    "last_name": 200,
    "last_name_in": 150,
    "us_city": 250,
    "in_city": 150,
    "street_name": 100,
    "job_title": 100,
    "product": 200,
    "colour": 148,
    "street_address": 200,
    "email": 200,
    "url": 100,
    "phone": 200,
    "us_phone": 100,
    "uk_phone": 100,
    "lorem_word": 100,
    "lorem_sentence": 150,
    "claim_procedure": 300,
    "claim_diagnosis": 400,
    "claim_denial_reason": 40,
    "provider_specialty": 50,
    "drug_code": 200,
    "revenue_code": 60,
}

# A scalar's field is "".
SHAPES = {
    ("bill_type", ""): r"[IO][A-F]",
    ("blood_group", ""): r"(A|B|AB|O)[+-]",
    ("claim_denial_reason", "denial_code"): r"DN[0-9]{3}",
    ("claim_diagnosis", ""): r"[A-Z][0-9]{2}\.[0-9]{1,2}",
    # CPT and HCPCS have no codes in these ranges.
    ("claim_procedure", ""): r"0[2-9][0-9]{3}|[NXYZ][0-9]{4}",
    ("claim_status", ""): r"[A-Z]+(_[A-Z]+)*",
    ("claim_type", ""): r"[A-Z]",
    ("colour", ""): r"[a-z]+",
    ("country", "country"): r"[A-Z]{2}",
    ("css_colour", "hex"): r"#[0-9a-f]{6}",
    ("currency", ""): r"[A-Z]{3}",
    ("drug_code", ""): r"[0-9]{5}-[0-9]{4}-[0-9]{2}",
    ("email", ""): r"[a-z]+\.[a-z]+@example\.(com|net|org)",
    # RFC 2606 and RFC 6761.
    ("email_domain", ""): r"([a-z]+\.)?(example\.(com|net|org)|example|test)",
    ("gender", ""): r"[A-Z]",
    ("in_city", "pincode"): r"[1-9][0-9]{5}",
    ("in_state", "state"): r"[A-Z]{2}",
    ("line_of_business", ""): r"[A-Z]+(_[A-Z]+)*",
    ("lorem_sentence", ""): r"[A-Z][a-z]*( [a-z]+){3,9}\.",
    ("lorem_word", ""): r"[a-z]+",
    ("payer", "id"): r"PX[0-9]{4}",
    ("phone", ""): r"\+1[2-9][0-9]{2}55501[0-9]{2}|\+44[1-9][0-9]{9}",
    # The ranges to which CMS gives no meaning.
    ("place_of_service", ""): r"7[3-9]|80|8[2-9]|9[0-8]",
    ("product", ""): r"[A-Z][a-z]+( [A-Z][a-z]+){1,3}",
    ("relationship", ""): r"[A-Z]+",
    ("revenue_code", ""): r"[4-9][0-9]{3}",
    ("street_address", ""): r"[1-9][0-9]{0,2} [A-Z][a-z]+ [A-Z][a-z]+",
    # The numbers that the two countries keep free for fiction.
    ("uk_phone", ""): r"\+44-(1[0-9]{2}-496-0|20-7946-0|7700-900)[0-9]{3}",
    ("url", ""): r"https://((www|shop)\.)?example\.(com|net|org)/[a-z0-9/-]+",
    ("us_phone", ""): r"\+1-[2-9][0-9]{2}-555-01[0-9]{2}",
    ("us_city", "zip_code"): r"[0-9]{5}",
    ("us_state", "state"): r"[A-Z]{2}",
}

INVENTED = [
    "email",
    "lorem_sentence",
    "product",
    "street_address",
    "bill_type",
    "claim_denial_reason",
    "claim_diagnosis",
    "claim_procedure",
    "claim_type",
    "drug_code",
    "payer",
    "place_of_service",
    "revenue_code",
]

# The first three digits of a state's ZIP codes: first and last.
ZIP_RANGES = """
AK 995 999  AL 350 369  AR 716 729  AZ 850 865  CA 900 961  CO 800 816  CT 060 069  DC 200 205
DE 197 199  FL 320 349  GA 300 319  HI 967 968  IA 500 528  ID 832 838  IL 600 629  IN 460 479
KS 660 679  KY 400 427  LA 700 714  MA 010 027  MD 206 219  ME 039 049  MI 480 499  MN 550 567
MO 630 658  MS 386 397  MT 590 599  NC 270 289  ND 580 588  NE 680 693  NH 030 038  NJ 070 089
NM 870 884  NV 889 898  NY 100 149  OH 430 459  OK 730 749  OR 970 979  PA 150 196  RI 028 029
SC 290 299  SD 570 577  TN 370 385  TX 750 799  UT 840 847  VA 220 246  VT 050 059  WA 980 994
WI 530 549  WV 247 268  WY 820 831
"""

# The first two digits of a state's PIN codes: first and last. The first digit is the postal zone.
PIN_RANGES = """
AN 74 74  AP 51 53  AR 79 79  AS 78 78  BR 80 85  CG 49 49  CH 16 16  DH 36 39  DL 11 11
GA 40 40  GJ 36 39  HP 17 17  HR 12 13  JH 81 83  JK 18 19  KA 56 59  KL 67 69  LA 19 19
LD 68 68  MH 40 44  ML 79 79  MN 79 79  MP 45 48  MZ 79 79  NL 79 79  OD 75 77  PB 14 15
PY 60 60  RJ 30 34  SK 73 73  TN 60 64  TR 79 79  TS 50 50  UK 24 26  UP 20 28  WB 70 74
"""


def read_text(name: str) -> str:
    return (FOLDER / f"{name}.json").read_bytes().decode("utf-8")


def read_pairs(name: str) -> list[tuple[Value, int | None]]:
    """Return each value with its weight, None where the pool has no weights."""
    document = json.loads(read_text(name))
    if "$weighted" in document:
        return [(value, weight) for value, weight in document["$weighted"]]
    return [(value, None) for value in document["$values"]]


def read_values(name: str) -> list[Value]:
    return [value for value, _ in read_pairs(name)]


def read_objects(name: str) -> list[dict[str, str]]:
    return [value for value in read_values(name) if isinstance(value, dict)]


def read_scalars(name: str) -> list[str]:
    return [value for value in read_values(name) if isinstance(value, str)]


def read_ranges(table: str) -> dict[str, tuple[str, str]]:
    words = table.split()
    return dict(zip(words[::3], zip(words[1::3], words[2::3], strict=True), strict=True))


def sort_key(value: Value) -> tuple[str, ...]:
    return tuple(value.values()) if isinstance(value, dict) else (value,)


def describe_kind(name: str) -> str:
    value, weight = read_pairs(name)[0]
    if isinstance(value, dict):
        return "object: " + ", ".join(value)
    return "text" if weight is None else "weighted text"


@every_vocabulary
def test_a_name_is_a_snake_case_word(name: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)


@every_vocabulary
def test_a_file_holds_a_comment_and_one_pool(name: str) -> None:
    keys = list(json.loads(read_text(name)))
    assert keys in (["$comment", "$values"], ["$comment", "$weighted"])
    assert read_values(name)


@every_vocabulary
def test_a_file_has_one_value_a_line(name: str) -> None:
    document = json.loads(read_text(name))
    pool_key = "$weighted" if "$weighted" in document else "$values"
    lines = [json.dumps(entry, ensure_ascii=False) for entry in document[pool_key]]
    comment = json.dumps(document["$comment"], ensure_ascii=False)
    pool = ",\n".join(f"    {line}" for line in lines)
    assert read_text(name) == f'{{\n  "$comment": {comment},\n  "{pool_key}": [\n{pool}\n  ]\n}}\n'


@every_vocabulary
def test_values_are_sorted_and_unique(name: str) -> None:
    keys = [sort_key(value) for value in read_values(name)]
    assert keys == sorted(set(keys))


@every_vocabulary
def test_values_are_text_or_objects_with_the_same_keys(name: str) -> None:
    values = read_values(name)
    shapes = {tuple(value) if isinstance(value, dict) else None for value in values}
    assert len(shapes) == 1
    parts = [part for value in values for part in sort_key(value)]
    assert {type(part) for part in parts} == {str}
    assert all(parts)


@every_vocabulary
def test_weights_are_whole_and_positive(name: str) -> None:
    weights = [weight for _, weight in read_pairs(name) if weight is not None]
    assert all(type(weight) is int and weight > 0 for weight in weights)
    assert len(weights) in (0, len(read_pairs(name)))


@every_vocabulary
def test_text_is_normal_and_has_no_control_characters(name: str) -> None:
    assert unicodedata.is_normalized("NFC", read_text(name))
    for value in read_values(name):
        for part in sort_key(value):
            assert part == part.strip()
            # Cc control, Cf format, Cs surrogate, Co private, Zl and Zp line ends.
            assert not {unicodedata.category(c) for c in part} & {
                "Cc",
                "Cf",
                "Cs",
                "Co",
                "Zl",
                "Zp",
            }


@pytest.mark.parametrize(("name", "least"), LEAST_SIZES.items())
def test_a_pool_has_enough_values(name: str, least: int) -> None:
    assert len(read_values(name)) >= least


@pytest.mark.parametrize(("name", "field"), SHAPES)
def test_values_have_their_shape(name: str, field: str) -> None:
    parts = [value[field] if isinstance(value, dict) else value for value in read_values(name)]
    pattern = SHAPES[name, field]
    assert [part for part in parts if not re.fullmatch(pattern, part)] == []


@pytest.mark.parametrize("name", INVENTED)
def test_an_invented_vocabulary_says_so(name: str) -> None:
    assert json.loads(read_text(name))["$comment"].startswith("Invented")


@pytest.mark.parametrize(
    ("states", "cities", "table"),
    [("us_state", "us_city", ZIP_RANGES), ("in_state", "in_city", PIN_RANGES)],
)
def test_every_state_is_there_and_has_a_city(states: str, cities: str, table: str) -> None:
    expected = sorted(read_ranges(table))
    assert [state["state"] for state in read_objects(states)] == expected
    assert sorted({city["state"] for city in read_objects(cities)}) == expected


@pytest.mark.parametrize(
    ("cities", "code", "table"),
    [("us_city", "zip_code", ZIP_RANGES), ("in_city", "pincode", PIN_RANGES)],
)
def test_a_postal_code_begins_as_those_of_its_state(cities: str, code: str, table: str) -> None:
    ranges = read_ranges(table)
    for city in read_objects(cities):
        first, last = ranges[city["state"]]
        assert first <= city[code][: len(first)] <= last, city


@pytest.mark.parametrize(("cities", "code"), [("us_city", "zip_code"), ("in_city", "pincode")])
def test_a_city_and_a_postal_code_stand_once(cities: str, code: str) -> None:
    found = read_objects(cities)
    assert len({(city["city"], city["state"]) for city in found}) == len(found)
    assert len({city[code] for city in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("claim_denial_reason", "denial_code"),
        ("claim_denial_reason", "denial_reason"),
        ("country", "country"),
        ("country", "country_name"),
        ("in_state", "state_name"),
        ("payer", "id"),
        ("payer", "name"),
        ("us_state", "state_name"),
    ],
)
def test_a_code_and_its_name_stand_once(name: str, field: str) -> None:
    parts = [value[field] for value in read_objects(name)]
    assert len(set(parts)) == len(parts)


def test_a_payer_has_a_known_line_of_business() -> None:
    assert {payer["line"] for payer in read_objects("payer")} == set(
        read_scalars("line_of_business")
    )


def test_telephone_numbers_are_the_same_in_both_forms() -> None:
    national = (*read_scalars("us_phone"), *read_scalars("uk_phone"))
    assert sorted(number.replace("-", "") for number in national) == read_scalars("phone")


def test_colours_are_those_of_css() -> None:
    assert [colour["colour"] for colour in read_objects("css_colour")] == read_scalars("colour")
    hexes = {colour["colour"]: colour["hex"] for colour in read_objects("css_colour")}
    same = [("aqua", "cyan"), ("fuchsia", "magenta"), ("slategray", "slategrey")]
    assert all(hexes[one] == hexes[other] for one, other in same)
    assert (hexes["red"], hexes["rebeccapurple"]) == ("#ff0000", "#663399")


def test_sentences_are_made_of_the_words() -> None:
    words = set(read_scalars("lorem_word"))
    for sentence in read_scalars("lorem_sentence"):
        assert set(sentence.lower().rstrip(".").split()) <= words


def test_indian_last_names_hold_initials() -> None:
    assert {"K", "AJ", "VP", "D"} <= set(read_scalars("last_name_in"))


def test_the_page_tells_every_vocabulary_as_it_is() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d+) \| ([^|]+) \| `([^`]+)` \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    told = sorted((name, int(count), kind) for name, count, kind, _ in rows)
    assert told == [(name, len(read_values(name)), describe_kind(name)) for name in NAMES]
    for name, _, _, example in rows:
        values = read_values(name)
        assert (json.loads(example) if example.startswith("{") else example) in values, name


def test_the_record_on_the_page_has_a_valid_iban_and_an_address_of_its_name() -> None:
    text = PAGE.read_text(encoding="utf-8")
    record = json.loads(
        re.findall(r"record customers/Customer 0\n(\{.*?^\})$", text, re.MULTILINE | re.DOTALL)[0]
    )
    country, digits, account = record["iban"][:2], record["iban"][2:4], record["iban"][4:]
    assert int(f"{account}{''.join(str(int(c, 36)) for c in country)}{digits}") % 97 == 1
    first, last = record["name"]["first"], record["name"]["last"]
    assert record["email"] == f"{first}.{last}@example.com".lower()
    assert re.fullmatch("[A-Z]{3}-[0-9]{4}", record["sku"])
    assert record["phone"] in read_scalars("phone")
