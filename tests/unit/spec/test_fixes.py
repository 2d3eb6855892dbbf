"""Fixes that diagnostics carry: which there are, and what they make of a file."""

from __future__ import annotations

import pytest

from mockgen_watch.diagnostics import Diagnostic, Fix, Location, apply_fixes, choose_fixes
from mockgen_watch.spec.document import plain_data
from mockgen_watch.spec.parse import parse
from tests.unit.spec.corpus import BROKEN, Broken
from tests.unit.spec.reading import findings

BASE = "M: {a: [x], name: [y]}\n"

FIXED = {
    "a directive": ("M: {a: {$chioce: [x]}}", "M: {a: {$choice: [x]}}"),
    "a directive in double quotes": ('M: {a: {"$chioce": [x]}}', 'M: {a: {"$choice": [x]}}'),
    "a directive in single quotes": ("M: {a: {'$chioce': [x]}}", "M: {a: {'$choice': [x]}}"),
    "a directive by case": ("M: {a: {$Choice: [x]}}", "M: {a: {$choice: [x]}}"),
    "a parameter": ("M: {a: {$integer: {mn: 1, max: 2}}}", "M: {a: {$integer: {min: 1, max: 2}}}"),
    "a word": (
        "M: {a: {$choice: [x], $transform: uper}}",
        "M: {a: {$choice: [x], $transform: upper}}",
    ),
    "a vocabulary": ("M: {a: {$vocab: frist_name}}", "M: {a: {$vocab: first_name}}"),
    "a field of a vocabulary": (
        "M: {$rows: {$vocab: us_city, $fields: {a: cty}}}",
        "M: {$rows: {$vocab: us_city, $fields: {a: city}}}",
    ),
    "a model of a reference": (
        "Member: {a: [x]}\nN: {r: {$ref: Membr.a}}",
        "Member: {a: [x]}\nN: {r: {$ref: Member.a}}",
    ),
    "a field of a reference": (
        "Member: {name: [x]}\nN: {r: {$ref: Member.nmae}}",
        "Member: {name: [x]}\nN: {r: {$ref: Member.name}}",
    ),
    "a parameter of a reference": (
        "Member: {name: [x]}\nN: {r: {$ref: {model: Member, field: nmae}}}",
        "Member: {name: [x]}\nN: {r: {$ref: {model: Member, field: name}}}",
    ),
    "a field of a template": (
        'M: {name: [x], t: {$template: "{nmae}-{{nmae}}-{ nmae }"}}',
        'M: {name: [x], t: {$template: "{name}-{{nmae}}-{name}"}}',
    ),
    "a suffix": (BASE + "M_postive: {a: z}", BASE + "M_positive: {a: z}"),
    "a scenario": (
        "M: {a: [x], $scenarios: {postive: {a: z}}}",
        "M: {a: [x], $scenarios: {positive: {a: z}}}",
    ),
    "a part of a mix": (
        "M: {a: [x], $scenarios: {first: {}, both: {$mix: {frist: 1}}}}",
        "M: {a: [x], $scenarios: {first: {}, both: {$mix: {first: 1}}}}",
    ),
    "a field of an overlay": (BASE + "M_positive: {nmae: z}", BASE + "M_positive: {name: z}"),
    "a format": ("$output: jsno\n" + BASE, "$output: json\n" + BASE),
    "an option of a format": ("$output: {indnt: 2}\n" + BASE, "$output: {indent: 2}\n" + BASE),
    "a key of a rule": (
        BASE.replace("}", ", $rules: {r: {feild: a, schema: {}}}}"),
        BASE.replace("}", ", $rules: {r: {field: a, schema: {}}}}"),
    ),
    "a number with leading zeros": ("M: {zip: 00501}", 'M: {zip: "00501"}'),
    "a number in quotes": (
        'M: {a: {$integer: {min: "1", max: 2}}}',
        "M: {a: {$integer: {min: 1, max: 2}}}",
    ),
    "an end that steps never meet": (
        "M: {a: {$integer: {min: 0, max: 10, step: 3}}}",
        "M: {a: {$integer: {min: 0, max: 9, step: 3}}}",
    ),
    "a date that steps never meet": (
        "M: {a: {$date: {from: 2025-01-01, to: 2025-01-10, step: 7}}}",
        "M: {a: {$date: {from: 2025-01-01, to: 2025-01-08, step: 7}}}",
    ),
    "an anchor": ("M: {a: &name [x], b: *nmae}", "M: {a: &name [x], b: *name}"),
}

JSON_FIXED = {
    "a trailing comma": ('{"a": [1, 2,],}', '{"a": [1, 2]}'),
    "a missing comma": ('{"a": 1 "b": [1 2]}', '{"a": 1, "b": [1, 2]}'),
    "a missing colon": ('{"a" 1}', '{"a": 1}'),
    "a second colon": ('{"a":: 1}', '{"a": 1}'),
    "other punctuation": ('{"a" = 1; "b": 2}', '{"a" : 1, "b": 2}'),
    "other quotes": ("{'a': \u201cb \u00e9\u201d}", '{"a": "b \u00e9"}'),
    "words of other languages": ('{"a": None, "b": True}', '{"a": null, "b": true}'),
    "a key that is a number": ('{1: "a"}', '{"1": "a"}'),
    "a number with leading zeros": ('{"a": 00501}', '{"a": "00501"}'),
    "a tab in a text": ('{"a": "b\tc"}', '{"a": "b\\tc"}'),
    "an unknown escape": (r'{"a": "\d"}', r'{"a": "\\d"}'),
    "a comment, which may matter": ('{"a": 1 // b\n}', '{"a": 1 // b\n}'),
    "text without quotes, which may be a word": ('{"a": b}', '{"a": b}'),
}

UNFIXED = {
    "text over several lines": "Member: {a: [x]}\nN:\n  r:\n    $ref: >-\n      Membr.a\n",
    "text with an escape": 'M: {a: {$vocab: "frist\\u005fname"}}',
    "a key in which nothing is near": "M: {a: {$integer: {zzzz: 1, max: 2}}}",
}


def fixed(text: str, kind: str = "user_input") -> str:
    """Return ``text`` after one round of fixes."""
    path = f"specs/claims/{kind}.yaml"
    fixes = choose_fixes(findings(text, kind))
    return apply_fixes({path: text.encode()}, fixes).get(path, text.encode()).decode()


@pytest.mark.parametrize("name", FIXED)
def test_what_was_meant_is_written(name: str) -> None:
    before, after = FIXED[name]
    assert fixed(before) == after


@pytest.mark.parametrize("name", JSON_FIXED)
def test_what_is_almost_json_becomes_json_of_the_same_value(name: str) -> None:
    before, after = JSON_FIXED[name]
    document, text = parse("a.json", before.encode()), before
    while fixes := choose_fixes(parse("a.json", text.encode()).diagnostics):
        text = apply_fixes({"a.json": text.encode()}, fixes)["a.json"].decode()
    assert text == after
    if "zeros" not in name:
        assert document.root is not None
        again = parse("a.json", text.encode())
        assert again.root is not None
        assert plain_data(again.root) == plain_data(document.root)


@pytest.mark.parametrize("name", UNFIXED)
def test_nothing_is_written_in_doubt(name: str) -> None:
    assert findings(UNFIXED[name])
    assert fixed(UNFIXED[name]) == UNFIXED[name]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda item: f"{item.kind}-{item.name}")
def test_a_fix_removes_its_diagnostic(broken: Broken) -> None:
    before = findings(broken.text, broken.kind)
    text = fixed(broken.text, broken.kind)
    after = {(item.code, str(item.location)) for item in findings(text, broken.kind)}
    for item in before:
        if item.fix:
            assert (item.code, str(item.location)) not in after


def test_a_suggestion_of_a_word_of_the_file_carries_its_fix() -> None:
    bare = [
        (broken.name, item.hint)
        for broken in BROKEN
        for item in findings(broken.text, broken.kind)
        if item.hint.startswith("did you mean") and not item.fix
    ]
    # Which key of the elements to compare is the author's to say.
    assert [name for name, hint in bare if "by-key" not in hint] == []


def at(column: int, length: int, text: str, code: str = "MG201") -> Diagnostic:
    """Return a diagnostic whose fix replaces characters of line 1."""
    place = Location(path="f", line=1, column=column, length=length)
    fix = Fix(location=place, text=text, title=text)
    return Diagnostic(code=code, message=text, location=place, fix=(fix,))


def test_of_fixes_that_overlap_the_first_is_chosen() -> None:
    found = [at(3, 2, "b"), at(1, 3, "a"), at(5, 1, "c"), at(1, 3, "a", code="MG202")]
    assert [fix.text for fix in choose_fixes(found)] == ["a", "c"]


def test_all_other_bytes_stay() -> None:
    data = b"\xef\xbb\xbf\xc3\xa9 one \r\n two\rthree\n"
    fixes = choose_fixes([at(3, 3, "1"), at(1, 1, "\u20ac")])
    expected = b"\xef\xbb\xbf\xe2\x82\xac 1 \r\n two\rthree\n"
    assert apply_fixes({"f": data}, fixes) == {"f": expected}
