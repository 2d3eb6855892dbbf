"""Takes a number; gives a family of suites that are right: a folder of specs and their masters."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from tests.corpus.leaves import LEAVES, array, leaf, pool, rows, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oldest_engine import Plain

    Fields = dict[str, Plain]
    Files = dict[str, Fields]

NAMES = (
    "HCID", "CLM_TYPE", "state", "zip_code", "srvc_from_date", "AMOUNT", "remark", "MAIL", "$$ref",
    "a.b", "a/b", "é", "key with blanks", "yes", "1", "~", "चेन्नई", "ServiceDate", "x-y", "NULL",
)  # fmt: skip
OUTPUTS: tuple[Plain, ...] = (
    "json", "ndjson", "yaml",
    {"format": "json", "indent": 4}, {"format": "json", "indent": 0}, {"indent": None},
    {"format": "json", "ascii": True, "layout": "split"}, {"layout": "single"},
    {"layout": "split", "format": "yaml"}, {"format": "ndjson", "ascii": True},
)  # fmt: skip
TABLES: tuple[Plain, ...] = (
    "csv",
    {"format": "csv", "delimiter": ";", "line_end": "crlf"},
    {"format": "csv", "delimiter": "\t", "csv_formulas": "escape"},
    {"format": "csv", "delimiter": "|", "layout": "split"},
)
PER_FAMILY = 5


def family(number: int) -> Files:
    """Return path → data of the files of a family: five suites, and masters above them."""
    chance = random.Random(f"family {number}")
    above = (".yaml", ".json", ".yaml", ".yml")[number % 4]
    files: Files = {}
    if number % 3 != 2:
        files[f"master{above}"] = _master(chance)
    for index in range(PER_FAMILY):
        make = _THEMES[(number * PER_FAMILY + index) % len(_THEMES)]
        spec = make(chance)
        if chance.random() < 0.6:
            spec = {"$seed": chance.randrange(-5, 1000), **spec}
        if chance.random() < 0.3:
            spec = {"$version": 1, "$comment": ["any", {"thing": 1}], **spec}
        folder = f"s{index}"
        if index == 4:
            folder = "deep/er/s4"
            spec = json.loads(json.dumps(spec).replace("../../shared", "../../../../shared"))
        if index == 3 and make is not _mastered:
            spec = {"$master": None, **spec}
        if make is _mastered:
            files[f"{folder}/master{above}"] = _own_master(chance)
        elif index == 2 and number % 3 != 2:
            base: Fields = {"payload": {"extra": leaf(chance)}}
            files[f"other/base{above}"] = {"$extends": f"../master{above}", **base}
            spec = {"$master": f"../other/base{above}", **spec}
        ending = chance.choice((".yaml", ".yaml", ".json", ".yml"))
        files[f"{folder}/user_input{ending}"] = spec
    return files


def _fields(chance: random.Random, size: int = 4, depth: int = 0) -> Fields:
    made: Fields = {}
    for name in chance.sample(NAMES, size):
        kind = chance.randrange(8)
        if kind == 0:
            made[name] = pool(chance)
        elif kind == 1:
            made[name] = scalar(chance)
        elif kind == 2 and depth < 3:
            inner = _fields(chance, 2, depth + 1)
            made[name] = {**inner, **({"$omit": 0.2} if chance.random() < 0.3 else {})}
        elif kind == 3:
            made[name] = array(chance)
        else:
            made[name] = leaf(chance)
    return made


def _leaves(chance: random.Random) -> Fields:
    """One of each way to choose a value, and text made of them."""
    made: Fields = {f"f{which}": leaf(chance, which) for which in range(len(LEAVES))}
    made["first"] = {"$vocab": "first_name", "$null": 0.1}
    made["full"] = {"$template": "{{{first}}} {number} {inner.code}/{inner.both}"}
    made["number"] = {"$number": [0, 9]}
    made["inner"] = {"code": ["A", "B", ""], "both": {"$template": "{.code}{first}"}}
    made["a.b"] = True
    made["pointed"] = {"$template": "{/a.b}", "$transform": ["upper", "slug"]}
    made["as"] = {
        name: {"$choice": ["Ångström ÜBER 1", "  Mr. O'Brien, jr. ", "ﬁ ß É"], "$transform": name}
        for name in ("lower", "upper", "title", "strip", "slug", "ascii")
    }
    model: Fields = {"$count": chance.randrange(1, 30), **made}
    return {"Model_1": model, "Model 2": _fields(chance)}


def _nested(chance: random.Random) -> Fields:
    model: Fields = {"$output": chance.choice(OUTPUTS), **_fields(chance, 6)}
    model["home"] = {"$rows": rows(chance), "country": "India"}
    model["lines"] = [
        {"code": pool(chance), "label": {"$template": "{.code} of {who}"}},
        {"code": scalar(chance), "deep": {"list": array(chance)}},
    ]
    model["who"] = {"$vocab": "last_name"}
    second: Fields = {"$rows": rows(chance), "z": array(chance), "$id": "was_second"}
    return {"$count": chance.randrange(1, 15), "Claim": model, "Second": second}


def _references(chance: random.Random) -> Fields:
    member: Fields = {
        "$count": chance.randrange(20, 40),
        "HCID": {"$pattern": "[A-Z]{3}[0-9]{6}", "$unique": True},
        "name": {"first": {"$vocab": "first_name"}, "last": {"$vocab": "last_name"}},
        "born": {"$date": ["1940-01-01", "2006-12-31"], "$null": 0.1},
    }
    claim: Fields = {
        "$count": chance.randrange(1, 20),
        "MBR": {"$ref": "Member.HCID"},
        "MBR_NME": {"$ref": "Member.name.first"},
        "born": {"$ref": {"model": "Member", "field": "born", "scenario": "base"}},
        "payer": {
            "id": {"$ref": {"model": "Payer.1", "field": "id"}},
            "label": {"$template": "{.id} for {MBR}"},
        },
        "elsewhere": {"$ref": "shared/people:Person.ID"},
        "lines": {"$array": [0, 2], "$items": {"by": {"$ref": "Member.HCID"}}},
    }
    if chance.random() < 0.4:
        claim["once"] = {"$ref": "shared/people:Person.ID", "$unique": True}
    payer: Fields = {"id": ["P-001", "P-002"], "$scenarios": {"base": {}, "other": {"id": "P-9"}}}
    order = [("Member", member), ("Claim", claim), ("Payer.1", payer)]
    chance.shuffle(order)
    return dict(order)


def _mastered(chance: random.Random) -> Fields:
    states: tuple[Plain, ...] = ("TN", ["TN", "KL"], {"$vocab": "first_name"})
    codes: tuple[Plain, ...] = ("10001", 501, {"$pattern": "[0-9]{5}"}, ["1", "2"])
    model: Fields = {
        "$count": chance.randrange(1, 8),
        "state": chance.choice(states),
        "zip_code": chance.choice(codes),
        "PAYER": {"id": "P-9", "tags": {"$const": ["b", "c"]}},
        "ClaimDetails": [{"proc_cd": "70450"}, {"units": {"$integer": [1, 4]}}],
        "contacts": [{"kind": "work", "phone": "3"}, {"kind": "fax", "phone": ["4", "5"]}],
        "srvc_from_date": {"$date": ["2025-01-01", "2025-12-31"], "$to": "SRVC_FROM_DT"},
        "surname": {"$vocab": "last_name", "$to": "patient.last"},
        "currency": {"$const": None, "$delete": True},
        "remark": leaf(chance),
    }
    scenarios: Fields = {
        "base": {},
        "short": {"state": {"$delete": True}, "legacy": scalar(chance)},
    }
    return {"Claim": {**model, "$scenarios": scenarios}}


def _rules(chance: random.Random) -> Fields:
    age = chance.randrange(30, 90)
    model: Fields = {
        "HCID": {"$pattern": "[A-Z]{3}[0-9]{6}"},
        "open": {"$boolean": 0.5},
        "CLM_TYPE": ["P", "C", "D"],
        "STATE": {"$weighted": {"TN": 70, "KL": 20, "AP": 10}},
        "age": {"$integer": [0, age]},
        "AMOUNT": {"$number": {"min": 0, "max": 100, "step": 2.5}},
        "FROM": {"$date": {"from": "2025-01-01", "to": "2025-06-30", "format": "%m/%d/%Y"}},
        "TO": {"$date": {"from": "2025-03-01", "to": "2025-12-31", "format": "%m/%d/%Y"}},
        "CODES": {"$array": [1, 3], "$items": {"$pattern": "[A-Z][0-9]{2}"}},
        "PAT": {"sex": ["M", "F"], "name": {"$vocab": "first_name"}},
    }
    every: list[tuple[str, Plain]] = [
        ("shape", {"field": "HCID", "schema": {"pattern": "^[A-Z]{3}[0-9]{6}$"}}),
        ("known", {"field": "CLM_TYPE", "schema": {"enum": ["P", "C", "D"]}}),
        ("complete", {"schema": {"required": ["open", "PAT"]}}),
        ("amount", {"field": "AMOUNT", "schema": {"minimum": 0, "maximum": 100}}),
        ("steps", {"field": "AMOUNT", "schema": {"type": "number", "multipleOf": 2.5}}),
        ("adult-dental", {"cel": "record.CLM_TYPE != 'D' || record.age >= 18"}),
        ("order", {"cel": "record.TO >= record.FROM"}),
        ("after", {"cel": "record.FROM >= timestamp('2025-01-01T00:00:00Z')"}),
        ("codes", {"field": "CODES", "schema": {"minItems": 1, "maxItems": 3}}),
        ("sex", {"field": "PAT.sex", "schema": {"enum": ["M", "F"]}}),
        ("file", {"conforms": "../../shared/claim.schema.json"}),
    ]
    rules: Fields = dict(chance.sample(every, chance.randrange(2, 6)))
    model["$rules"] = rules
    apart = {"known", "sex", "steps"} & rules.keys()
    clauses: list[tuple[str, Plain]] = [
        ("dental-ap", {"STATE": ["AP"], "CLM_TYPE": "D"}),
        ("old", {"age": {"min": 25}}),
        ("spring", {"FROM": {"min": "03/01/2025", "max": "04/15/2025"}, "PAT.sex": {"not": "F"}}),
        ("letters", {"HCID": {"pattern": "^[A-F]", "not": ["AAA000000"]}}),
    ]
    scenarios: Fields = {"positive": {"$count": chance.randrange(3, 12)}}
    stated: tuple[Fields, ...] = (
        {},
        {"CLM_TYPE": ["", "ZZ"]},
        {"$faults": 2} if len(apart) > 1 else {},
    )
    scenarios["negative"] = {
        "$count": chance.randrange(2, 10),
        **chance.choice(stated),
    }
    mix: Fields = {"positive": 70, "negative": 20}
    if chance.random() < 0.7:
        model["$exclude"] = dict(chance.sample(clauses, chance.randrange(1, 3)))
        scenarios["exclusion"] = {"$count": 5}
        mix["exclusion"] = 10.5
    scenarios["mixed"] = {"$mix": mix, "$count": 12, "$output": "ndjson"}
    if chance.random() < 0.3:
        scenarios["smoke test"] = {"age": 1, "PAT": {"new": pool(chance)}}
    model["$scenarios"] = scenarios
    labels = chance.choice(("file", "inside", "none"))
    layout = chance.choice(("multiple", "multiple", "split", "single"))
    model["$output"] = {"format": "json", "labels": labels, "layout": layout}
    return {"Claim": model}


def _suffixes(chance: random.Random) -> Fields:
    model: Fields = {
        "name": pool(chance), "code": ["P", "C"], "list": [{"a": pool(chance)}, {"b": 1}],
        "PAT": {"first": ["A", "B"]},
    }  # fmt: skip
    return {
        "$count": chance.randrange(1, 9),
        "$output": chance.choice(OUTPUTS),
        "Model_1": model,
        "Model_1_Positive": {"code": ["P"], "PAT": {"last": pool(chance)}},
        "Model_1_NEGATIVE": {"code": ["", "ZZ"], "name": pool(chance)},
        "Model_1_exclusion": {"$count": 3, "list": {"$delete": True}},
        "Model_1_mixed": {"$mix": {"Positive": 3, "negative": 1}, "$count": 7},
        "Model_2_positive": _fields(chance, 2),
        "Model_2_negative": {"only": scalar(chance)},
    }


def _coverage(chance: random.Random) -> Fields:
    strength = chance.choice(("each", "pairwise"))
    model: Fields = {
        "$count": 60,
        "CLM_TYPE": ["P", "C", "D"],
        "STATE": {"$weighted": {"TN": 70, "KL": 20, "AP": 10}},
        "open": {"$boolean": 0.9, "$null": 0.1},
        "AMOUNT": {"$number": [0, 500]},
        "born": {"$date": ["1990-01-01", "1999-12-31"], "$omit": 0.2},
        "PAT": {"first": {"$vocab": "first_name"}, "sex": ["M", "F"], "$omit": 0.05},
        "home": {"$rows": {"$vocab": "towns"}},
        "pair": {"$array": 2, "$items": {"code": ["x", "y"]}},
    }
    forms: tuple[Plain, ...] = (
        strength,
        {"strength": strength, "boundaries": True, "without": ["PAT.first", "home", "born"]},
        {"strength": "3-wise", "fields": ["CLM_TYPE", "STATE", "open", "pair"]},
    )
    model["$coverage"] = chance.choice(forms)
    if chance.random() < 0.6:
        model["$rules"] = {"open": {"cel": "record.CLM_TYPE != 'D' || record.STATE == 'TN'"}}
        model["$exclude"] = {"ap": {"STATE": "AP", "CLM_TYPE": ["C"]}}
        parts: Fields = {"positive": {}, "negative": {"$count": 9}, "exclusion": {"$count": 60}}
        model["$scenarios"] = {**parts, "mixed": {"$mix": {"positive": 1, "negative": 1}}}
    return {"$output": "ndjson", "Claim": model}


def _stated(chance: random.Random) -> Fields:
    stated: Fields = {
        "0": {"CLM_TYPE": "X", "lines": {"0": {"code": "99"}}, "new": {"$const": {"deep": [1]}}},
        "3": {"REMARK": {"$delete": True}, "AMOUNT": 0, "PAT": {"last": scalar(chance)}},
        "4": {"lines": [], "PAT": {"$const": {}}},
    }
    model: Fields = {
        "CLM_TYPE": ["P", "C"],
        "AMOUNT": {"$integer": [1, 900]},
        "REMARK": ["late", "none"],
        "PAT": {"first": {"$vocab": "first_name"}},
        "lines": {"$array": [1, 3], "$items": {"code": ["a", "b"]}},
    }
    beside: Fields = {"$count": 6, "$records": stated, "$output": chance.choice(OUTPUTS)}
    if chance.random() < 0.5:
        return {"Claim": {**model, "$scenarios": {"first": beside, "second": {"AMOUNT": 3}}}}
    return {"Claim": {**beside, **model}}


def _tables(chance: random.Random) -> Fields:
    flat: Fields = {
        f"c{at}": leaf(chance, which)
        for at, which in enumerate(chance.sample(range(3, len(LEAVES)), 6))
    }
    flat["text"] = pool(chance)
    nested: Fields = {"a": flat["text"], "deep": {"x": [1, 2], "y": {"z": leaf(chance, 4)}}}
    return {
        "$master": None,
        "$count": chance.randrange(1, 12),
        "Flat": {"$output": chance.choice(TABLES), **flat},
        "Nested": {"$output": chance.choice(TABLES), **nested},
    }


def _own_master(chance: random.Random) -> Fields:
    policies: Fields = {
        "ClaimDetails": chance.choice(("append", "union", "by-index", "replace", "override")),
        "PAYER.tags": chance.choice(("union", "append", "keep")),
        "contacts": chance.choice(("by-key(kind)", "by-index", "append")),
        "PAYER.id": chance.choice(("keep", "override")),
    }
    conflict = chance.choice(("override", "keep", ""))
    return {
        **({"$on_conflict": conflict} if conflict else {}),
        "$merge": policies,
        "$slot": "body.claim",
        "header": {"source": leaf(chance), "list": array(chance)},
        "body": {
            "batch": 7,
            "claim": {
                "state": "NY", "zip_code": 10001, "SRVC_FROM_DT": "01/01/2024",
                "patient": {"last": "Rao"}, "currency": "USD",
                "PAYER": {"id": "P-1", "tags": {"$const": ["a", "b"]}, "line": pool(chance)},
                "ClaimDetails": [{"proc_cd": "99213", "BILL_TYPE": ["OA", "OC"]}],
                "contacts": [{"kind": "home", "phone": "1"}, {"kind": "work", "phone": "2"}],
            },
        },
    }  # fmt: skip


def _master(chance: random.Random) -> Fields:
    return {
        "$slot": chance.choice(("", "payload", "payload.inner")),
        "$on_conflict": chance.choice(("override", "keep")),
        "$comment": "What all suites below share.",
        "source": pool(chance),
        "payload": {"country": "India", "made": leaf(chance), "inner": {"code": ["x", "y"]}},
    }


_THEMES: tuple[Callable[[random.Random], Fields], ...] = (
    _leaves, _nested, _rules, _mastered, _references, _suffixes, _coverage, _stated, _tables,
    _nested, _rules, _mastered, _leaves,
)  # fmt: skip
