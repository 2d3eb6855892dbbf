"""Takes nothing; gives files that are wrong, each in a suite or a project of its own."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING

from tests.unit.spec.corpus import BROKEN, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.spec.corpus import Broken, Good

BASE = """\
$seed: 3
Member:
  $count: 9
  HCID: {$pattern: "[A-Z]{3}[0-9]{6}", $unique: true}
  name: {first: {$vocab: first_name}, last: {$vocab: last_name}}
  born: {$date: {from: 1940-01-01, to: 2006-12-31, format: "%m/%d/%Y"}}
Claim:
  $output: {format: json, indent: 4, layout: multiple}
  MBR: {$ref: Member.HCID}
  CLM_TYPE: [P, C, D]
  STATE: {$weighted: {TN: 70, KL: 20, AP: 10}}
  AMOUNT: {$number: {min: 0, max: 75.5, step: 0.5, decimals: 2}}
  MAIL: {$template: "{STATE}.{AMOUNT}@example.com", $transform: lower}
  remark: {$choice: [late, appealed], $null: 0.1, $omit: 0.25}
  lines:
    $array: {min: 1, max: 3}
    $items:
      code: ["99213", '99214']
      units: {$integer: [1, 4]}
  $rows:
    - {city: Chennai, state: TN, $weight: 3}
    - {city: Kochi, state: KL}
  $rules:
    known: {field: CLM_TYPE, schema: {enum: [P, C, D]}}
    cheap: {cel: "record.AMOUNT <= 75.5"}
  $exclude:
    dental: {CLM_TYPE: D, AMOUNT: {min: 40}}
  $scenarios:
    positive: {$count: 5}
    negative: {$count: 4, CLM_TYPE: ["", ZZ]}
    exclusion: {$count: 3}
    mixed: {$mix: {positive: 70, negative: 20, exclusion: 10}, $count: 9}
"""
AS_JSON = json.dumps(
    {
        "$seed": 3,
        "Claim": {
            "$count": 4,
            "ID": {"$sequence": {"start": 1, "width": 6}},
            "KIND": ["A", "B", None, True, 1.5],
            "AMOUNT": {"$integer": [1, 900]},
            "PAT": {"first": {"$vocab": "payer"}, "born": {"$date": ["2025-01-01", "2025-02-01"]}},
            "lines": [{"code": "x\u00e9"}, {"code": ["y", "z"]}],
        },
    },
    indent=2,
)  # fmt: skip
MUTATED = 110

_DEEP = "{a: " * 120 + "1" + "}" * 120
_LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 7)
)
TEXTS: dict[str, bytes] = {
    "not-utf8.yaml": b"M:\n  a: \xff\xfe\n",
    "not-utf8.json": b'{"M": {"a": "\xe9"}}',
    "mark.yaml": b"\xef\xbb\xbfM: {a: 1}\n",
    "mark.json": b'\xef\xbb\xbf{"M": {"a": 1}}',
    "utf16.yaml": "M: {a: 1}".encode("utf-16"),
    "line-ends.yaml": b"M:\r\n  a: 1\r\n  b: [x,\r\n    y]\r\n",
    "old-line-ends.yaml": b"M:\r  a: 1\r",
    "nothing.yaml": b"",
    "nothing.json": b"",
    "blanks.yaml": b"  \n\n",
    "comments.yaml": b"# only\n# comments\n",
    "scalar.yaml": b"text\n",
    "list.yaml": b"- a\n- b\n",
    "list.json": b"[1, 2]",
    "null.json": b"null",
    "documents.yaml": b"M: {a: 1}\n---\nN: {a: 1}\n",
    "one-document.yaml": b"---\nM: {a: 1}\n...\n",
    "directive.yaml": b"%YAML 1.1\n---\nM: {a: 1}\n",
    "tag.yaml": b"M:\n  a: !secret x\n",
    "core-tags.yaml": b"M:\n  a: !!str 1\n  b: !!int '2'\n  c: !!float 3\n  d: !!null ''\n",
    "complex-key.yaml": b"M:\n  ? [a, b]\n  : 1\n",
    "asked-key.yaml": b"M:\n  ? a\n  : 1\n  1: x\n  true: y\n  null: z\n",
    "anchors.yaml": b"M: &m\n  a: &x [1, 2]\n  b: *x\nN: *m\n",
    "merge-key.yaml": b"M: &m {a: 1}\nN: {<<: *m, b: 2}\n",
    "unknown-alias.yaml": b"M:\n  a: *nowhere\n",
    "own-alias.yaml": b"M: &m\n  a: *m\n",
    "laughs.yaml": f"{_LAUGHS}M: {{a: 1}}\n".encode(),
    "deep.yaml": f"M: {_DEEP}\n".encode(),
    "deep.json": ('{"M": ' + '{"a": ' * 120 + "1" + "}" * 121).encode(),
    "numbers.yaml": b"M: {a: 00501, b: 0o17, c: 0x1F, d: 1e999, e: .inf, f: .nan, g: 1_000}\n",
    "numbers.json": b'{"M": {"a": 1e999, "b": 01, "c": NaN}}',
    "infinite.json": b'{"M": {"a": -Infinity}}',
    "long-number.yaml": f"M: {{a: {'9' * 5000}}}\n".encode(),
    "exact.yaml": b"M: {a: 1.50, b: 1.0, c: 1e3, d: -0, e: -0.0, f: 0.10, g: 1E-7, h: +1}\n",
    "exact.json": b'{"M": {"a": 1.50, "b": 1.0, "c": 1e3, "d": -0, "e": -0.0, "f": 0.10}}',
    "surrogate.json": b'{"M": {"a": "\\ud800", "b": "\\ud83d\\ude00"}}',
    "escape.json": b'{"M": {"a": "\\x41"}}',
    "escape.yaml": b'M: {a: "\\q", b: "\\x41\\u00e9"}\n',
    "control.json": b'{"M": {"a": "x\ty"}}',
    "control.yaml": b"M: {a: x\x07y}\n",
    "comment.json": b'{"M": {"a": 1} /* no */}',
    "single-quotes.json": b"{'M': {'a': 1}}",
    "after-the-end.json": b'{"M": {"a": 1}} {}',
    "twice.json": b'{"M": {"a": 1, "b": 2, "a": 3}}',
    "twice.yaml": b"M:\n  a: 1\n  b: 2\n  a: 3\nM: {c: 1}\n",
    "blocks.yaml": b"M:\n  a: |\n    two\n    lines\n  b: >-\n    folded\n    text\n"
    b"  c: |+2\n     x\n\n",
    "plain.yaml": b"M:\n  a: two\n    lines\n  b: x # comment\n  c: x#y\n  d: 'it''s'\n  e: - x\n",
    "words.yaml": b"M: {a: NO, b: on, c: ~, d: Null, e: TRUE, f: 12:30:45, g: 2025-01-01, h: }\n",
    "tab.yaml": b"M:\n\ta: 1\n",
    "tab-behind.yaml": b"M:\n  a:\t1\n  b: 2\t# x\n",
    "no-model.yaml": b"$seed: 1\n",
    "flat.yaml": b"name: Asha\ncity: [Chennai]\n",
    "edit.json": b'{"Edit_1": {"name": "Asha,Bala", "city": "x"}, "Edit_2": {"name": "C"}}',
    "unique-in-rules.yaml": b"M: {$count: 3, a: {$choice: [1, 2, 3], $unique: true}, "
    b"$rules: {r: {cel: 'record.a > 1'}}}\n",
    "no-fit.yaml": b"M: {a: [1, 2], $rules: {r: {cel: 'record.a > 5'}}}\n",
    "all-excluded.yaml": b"M: {a: [1, 2], $exclude: {x: {a: {max: 5}}}}\n",
    "no-clause.yaml": b"M: {a: [1], $exclude: {x: {a: 7}}, $scenarios: {exclusion: {}}}\n",
    "many-faults.yaml": b"M: {a: [1, 2], $faults: 3, $rules: {r: {cel: 'record.a > 0'}}, "
    b"$scenarios: {negative: {}}}\n",
    "hard.yaml": b"M: {$count: 50, a: {$pattern: '[A-Z]{9}'}, $rules: {r: {field: a, schema: "
    b"{pattern: '^QQQQ'}}}}\n",
    "cel.yaml": b"M: {a: 1, $rules: {r: {cel: 'record.a >'}, s: {cel: 'nope(record)'}}}\n",
    "date-in-cel.yaml": b"M: {a: {$date: [2025-01-01, 2025-02-01]}, $rules: {r: {cel: "
    b"'record.a >= date(\"2025-01-01\")'}}}\n",
    "schema.yaml": b"M: {a: 1, $rules: {r: {field: a, schema: {type: nope}}}}\n",
    "no-schema-file.yaml": b"M: {a: 1, $conforms: none.schema.json}\n",
    "same-record.yaml": b"M: {a: [1, 2], $scenarios: {positive: {}, negative: {a: [2, 3]}}}\n",
    "few-records.yaml": b"M: {$coverage: pairwise, $count: 8, a: [1, 2, 3], b: [1, 2, 3]}\n",
    "nothing-to-cover.yaml": b"M: {$coverage: {strength: each, fields: [a]}, a: {$uuid: {}}}\n",
    "covered-twin.yaml": b"M: {a: [1, 2], $rules: {r: {cel: 'record.a > 0'}}, $scenarios: "
    b"{positive: {}, negative: {$coverage: each}}}\n",
    "stated-wrong.yaml": b"M: {$count: 2, a: [1], $rules: {r: {cel: 'record.a == 1'}}, "
    b"$records: {1: {a: 2}, 5: {a: 1}}}\n",
    "plugin.yaml": b"M: {a: x, $rules: {r: {plugin: acme-rules/luhn, field: a}}}\n",
    "csv-clash.yaml": b"M: {$output: csv, a.b: 1, a: {b: 2}}\n",
    "csv-array.yaml": b"M: {$output: csv, a: {$array: [0, 3], $items: {x: [1, 2]}}}\n",
    "csv-formula.yaml": b"M: {$output: {format: csv, csv_formulas: error}, a: ['=1+1']}\n",
    "csv-inside.yaml": b"M: {$output: {format: csv, labels: inside}, a: 1, $exclude: {x: {a: 2}}}",
    "missing-master.yaml": b"$master: ../none.yaml\nM: {a: 1}\n",
    "master-outside.yaml": b"$master: ../../../../none.yaml\nM: {a: 1}\n",
    "other-suite.yaml": b"M: {a: {$ref: 'no/where:M.a'}, b: {$ref: 'texts/mark-yaml:M.b'}}\n",
    "round-the-suites.yaml": b"M: {a: {$ref: 'texts/round-the-suites-json:M.a'}}\n",
    "round-the-suites.json": b'{"M": {"a": {"$ref": "texts/round-the-suites-yaml:M.a"}}}',
}  # fmt: skip
MASTERS: dict[str, str] = {
    "circle": "$extends: master.yaml\na: {}\n",
    "two-slots": "a: {x: 1}\nb: {y: 1}\n",
    "no-slot": "a: 1\n",
    "conflict": "p: {a: {x: 1}, b: text, c: [1, 2]}\n",
    "policy": "$merge: {a: append, none: union, c: by-key}\np: {a: 1, c: [{id: 1}]}\n",
    "near": "p: {Service_Date: 2025-01-01, SRVC_FROM_DT: x}\n",
    "case": "p: {A: 1, field: 2}\n",
    "syntax": "p: {a: [1\n",
    "directive": "$slots: p\np: {a: {$patern: x}}\n",
    "unused": "p: {gone: 1}\n",
}
OF_MASTERS = """\
M: {a: 1, b: 2, c: x, service_date: 2025-02-02, x: {$const: 1, $to: y}, y: 2, z: {$delete: true}}
"""
PROJECTS: dict[str, str] = {
    f"known-{at:02}": item.text
    for at, item in enumerate(item for item in BROKEN if item.kind == "project")
} | {
    "syntax": "seed: [1\n",
    "empty": "",
    "plugins": "plugins: [acme-rules, other]\n",
    "outputs": "outputs: a/b\ncount: 2\noutput: {format: csv, delimiter: ';'}\n",
    "folder": "outputs: specs/x\n",
    "good": next(item.text for item in GOOD if item.name == "project"),
}
VOCABULARIES: dict[str, bytes] = {
    "bad.yaml": b"a: [1\n",
    "empty.yaml": b"[]\n",
    "mixed.yaml": b"- 1\n- {a: 1}\n",
    "uneven.yaml": b"- {a: 1}\n- {b: 1}\n",
    "nothing.txt": b"\n \n",
    "weights.json": b'{"$weighted": {"a": -1}}',
    "misspelt.yaml": b"$vaules: [1]\n",
    "twice.txt": b"a\n",
    "twice.yaml": b"[b]\n",
    "bytes.txt": b"\xff\n",
}


def suites() -> Iterator[tuple[str, bytes]]:
    """Yield path below ``specs/`` and bytes of each file of the project of faults."""
    every: tuple[Good | Broken, ...] = (*GOOD, *BROKEN)
    for at, item in enumerate(every):
        slug = f"{at:03}-{re.sub(r'[^a-z]+', '-', item.name.casefold()).strip('-')}"
        if item.kind == "user_input":
            yield f"known/{slug}/user_input.yaml", item.text.encode()
        elif item.kind == "master":
            yield f"known/{slug}/master.yaml", item.text.encode()
            yield f"known/{slug}/user_input.yaml", OF_MASTERS.encode()
    for name, data in TEXTS.items():
        yield f"texts/{name.replace('.', '-')}/user_input.{name.rpartition('.')[2]}", data
    for name, text in MASTERS.items():
        yield f"masters/{name}/master.yaml", text.encode()
        yield f"masters/{name}/user_input.yaml", OF_MASTERS.encode()
    yield "side/masters/master.yaml", b"p: {a: 1}\n"
    yield "side/masters/master.json", b'{"p": {"a": 1}}'
    yield "side/masters/user_input.yaml", b"M: {a: 1}\n"
    yield "side/inputs/user_input.yaml", b"M: {a: 1}\n"
    yield "side/inputs/user_input.json", b'{"M": {"a": 1}}'
    for name, data in VOCABULARIES.items():
        stem = name.partition(".")[0]
        text = f"M: {{a: {{$vocab: {stem}}}, $rows: {{$vocab: {stem}}}}}\n"
        yield f"vocabularies/{name.replace('.', '-')}/user_input.yaml", text.encode()
        yield f"_vocab/{name}", data
    for at in range(MUTATED):
        chance = random.Random(f"mutated {at}")
        text, ending = (BASE, "yaml") if at % 3 else (AS_JSON, "json")
        for _ in range(chance.choice((1, 1, 2))):
            text = _mutated(text, chance)
        yield f"mutated/{at:03}/user_input.{ending}", text.encode()


def _mutated(text: str, chance: random.Random) -> str:
    """Return ``text`` after one slip of the kinds that people make."""
    kind = chance.randrange(10)
    marks = [at for at, char in enumerate(text) if char in "[]{}:,\"'$%"]
    words = list(re.finditer(r"[A-Za-z_]{3,}", text))
    directives = list(re.finditer(r"\$[a-z]{3,}", text))
    lines = text.splitlines(keepends=True)
    row = chance.randrange(1, len(lines) - 1)
    if kind < 2:  # a mark too few
        at = chance.choice(marks)
        return text[:at] + text[at + 1 :]
    if kind == 2:  # a mark too many
        at = chance.choice(marks)
        return text[:at] + chance.choice("[]{}:,\"'#&*!|>\t@%") + text[at:]
    if kind < 5:  # two letters change places
        found = chance.choice(directives if kind == 3 else words)
        at = chance.randrange(found.start() + (kind == 3), found.end() - 1)
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 5:  # a line twice
        return "".join((*lines[: row + 1], *lines[row:]))
    if kind == 6:  # a line less
        return "".join((*lines[:row], *lines[row + 1 :]))
    if kind == 7:  # a line moves
        moved = chance.choice((f" {lines[row]}", lines[row][1:], f"\t{lines[row].lstrip()}"))
        return "".join((*lines[:row], moved, *lines[row + 1 :]))
    if kind == 8:  # another value in the place of a number
        found = chance.choice(list(re.finditer(r"\b\d+\b", text)))
        new = chance.choice(("-1", "many", "1e400", "007", "0", "99999999999999999999", "null"))
        return text[: found.start()] + new + text[found.end() :]
    return text[: chance.randrange(20, len(text))]
