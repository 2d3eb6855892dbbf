"""Specs that are right, and specs with exactly one fault, for tests of builders and schemas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Good:
    """A spec without a fault."""

    name: str
    text: str
    kind: str = "user_input"


@dataclass(frozen=True, slots=True)
class Broken:
    """A spec with one fault.

    Attributes:
        code, line: of the one diagnostic that is expected.
        hint: a part of its hint.
        blind: why a JSON Schema cannot see it; ``""`` when it does.
    """

    name: str
    code: str
    line: int
    text: str
    hint: str = ""
    kind: str = "user_input"
    blind: str = ""


NAMES_A_FIELD = "it compares two places of the file"
COUNTS = "it compares two numbers"
CALENDAR = "only the calendar knows"
GRAMMAR = "the text has a grammar of its own"
ADDS_UP = "it adds up"
SUPPORTED = "patterns are a subset of regular expressions"
DIGITS = "it looks at decimals"
FILES = "names of files have rules that no pattern has in full"
VOCABULARIES = "it looks at the vocabularies"
FORMATS = "formats may come from plugins"

GOOD = (
    Good("constants", "M: {a: 1, b: text, c: null, d: true, e: 1.50, f: '', g: 2025-01-01}"),
    Good("pools", "M: {a: [P, C, C, D], b: [1, 2.5, null, true, '']}"),
    Good("nested", "M: {a: {b: {c: [x, y]}}, e: {}}"),
    Good("array of objects", "M: {a: [{b: [1, 2]}, {b: 3, c: 4}]}"),
    Good(
        "stated records",
        "M: {a: 1, $records: {0: {a: x, b: {c: {$delete: true}}}, 12: {d: {$const: {e: 1}}}}}",
    ),
    Good("stated lists", "M: {$scenarios: {s: {$records: {3: {a: [1, {b: 2}], c: {0: x}}}}}}"),
    Good("escaped keys", "M: {$$ref: 1, a: {$$const: [1, 2]}}"),
    Good("const", "M: {a: {$const: []}, b: {$const: {$ref: x}}, c: {$const: null}}"),
    Good("choice", "M: {a: {$choice: [[], {}, null, [1, 2], {x: 1}]}}"),
    Good("weighted", "M: {a: {$weighted: {TN: 70, KL: 0.5, $$x: 0}}}"),
    Good("weighted pairs", "M: {a: {$weighted: [[501, 70], [null, 30], [{x: 1}, 1]]}}"),
    Good("pattern", 'M: {a: {$pattern: "[A-Z]{3}[0-9]{6}"}}'),
    Good("integer", "M: {a: {$integer: {min: 1, max: 9}}, b: {$integer: [1, 9]}}"),
    Good("integer steps", "M: {a: {$integer: {min: -10, max: 10, step: 5}}}"),
    Good("whole decimals", "M: {a: {$integer: {min: 1.0, max: 1e3}}}"),
    Good("number", "M: {a: {$number: {min: 0, max: 1.5, decimals: 3}}, b: {$number: [0, 1]}}"),
    Good("number steps", "M: {a: {$number: {min: 0.5, max: 2.5, step: 0.25}}}"),
    Good(
        "distributions",
        """\
M:
  a: {$number: {distribution: normal, mean: 10, sd: 2.5}}
  b: {$number: {distribution: lognormal, median: 180, sigma: 0.8, decimals: 2}}
  c: {$number: {distribution: exponential, mean: 3, max: 100}}
  d: {$integer: {distribution: poisson, mean: 3}}
  e: {$integer: {distribution: zipf, exponent: 1.1, max: 100}}
  f: {$number: {distribution: triangular, min: 0, mode: 3, max: 10}}
  g: {$integer: {distribution: uniform, min: 0, max: 10}}
  h: {$integer: {distribution: normal, mean: 100, sd: 15, min: 40, max: 160}}
""",
    ),
    Good("boolean", "M: {a: {$boolean: 0.3}, b: {$boolean: {}}, c: {$boolean: {'true': 1}}}"),
    Good(
        "moments",
        """\
M:
  a: {$date: {from: 2025-01-01, to: 2025-12-31, format: "%m/%d/%Y"}}
  b: {$date: [2024-02-29, 2024-02-29]}
  c: {$datetime: {from: 2025-01-01, to: 2025-12-31T23:59:59, step: 1}}
  d: {$datetime: [2025-01-01 08:00, 2025-01-02]}
  e: {$time: {from: "08:00", to: 17:30:00, step: 900, format: "%I:%M %p"}}
  f: {$date: {from: 01/31/2025, to: 02/28/2025, format: "%m/%d/%Y"}}
  g: {$date: {from: 2025-01-01, to: 2025-01-29, step: 7, format: "%a %d %B %y, day %j, 100%%"}}
""",
    ),
    Good("uuid", "M: {a: {$uuid: {}}, b: {$uuid: }}"),
    Good(
        "sequence",
        "M: {a: {$sequence: 1}, b: {$sequence: {start: 5, step: -1, width: 6, prefix: C}}, "
        "c: {$sequence: {}}}",
    ),
    Good(
        "index",
        "M: {a: {$index: record}, b: {$index: {}}, c: {$array: 2, $items: {$index: element}}}",
    ),
    Good(
        "template",
        """\
M:
  PAT: {first: [A], last: [B], both: {$template: "{.first} {PAT.last}"}}
  MAIL: {$template: "{{ {PAT.first}.{PAT.last}@example.com }}", $transform: lower}
  "a.b": 1
  c: {$template: "{/a.b}"}
  list: [{x: 1, y: {$template: "{.x}{list.x}{MAIL}"}}]
""",
    ),
    Good(
        "references",
        """\
Member: {HCID: {$pattern: "[A-Z]{3}"}, plan: {code: [A, B]}}
Claim:
  a: {$ref: Member.HCID}
  b: {$ref: {model: Member, field: plan.code, scenario: base}}
  c: {$ref: other/suite:Model.field}
  d: {$ref: Claim.e}
  e: 1
""",
    ),
    Good(
        "fields of a master", "A: {x: 1}\nM: {a: {$template: '{PAYER.id}'}, b: {$ref: A.PAYER.id}}"
    ),
    Good("vocabulary", "M: {a: {$vocab: first_name}, $rows: {$vocab: us_city}}"),
    Good("rows fields", "M: {$rows: {$vocab: us_city, $fields: {C: city}}}"),
    Good("rows field list", "M: {$rows: {$vocab: us_city, $fields: [city, state]}}"),
    Good(
        "rows",
        """\
M:
  $rows:
    - {city: Chennai, state: TN, $weight: 3, $id: chennai}
    - {city: Hyderabad, state: TS, $id: 2}
  z: 1
""",
    ),
    Good(
        "arrays",
        """\
M:
  a: {$array: {min: 1, max: 3}, $items: {x: [1, 2]}}
  b: {$array: 3, $items: [P, Q]}
  c: {$array: [0, 2], $items: {$integer: [1, 9]}, $null: 0.1}
  d: {$array: {max: 2}, $items: {$array: 2, $items: 1}}
""",
    ),
    Good(
        "modifiers",
        """\
M:
  $count: 3
  a: {$pattern: "[a-z]{4}", $null: 0.1, $omit: 0.05, $unique: true}
  f: {$vocab: first_name, $transform: [strip, title]}
  b: {$const: 1, $id: was_b, $to: PAYER.id}
  c: {x: 1, $omit: 0.5, $to: /a~1b/c}
  d: {$delete: true}
  e: {$const: null, $delete: true}
""",
    ),
    Good(
        "rules",
        """\
M:
  HCID: [A]
  $rules:
    shape: {field: HCID, schema: {pattern: "^[A-Z]"}}
    whole: {schema: {required: [HCID]}}
    order: {cel: "record.a < record.b"}
    file: {conforms: claim.schema.json}
    card: {plugin: acme-rules/luhn, field: HCID, with: {length: 16}}
    all: {plugin: Acme_Rules/whole}
  $conforms: other.schema.json
  $exclude:
    one: {HCID: [A, B], AGE: {min: 1, max: 9}}
    two: {HCID: Z, CODE: {pattern: "^X", not: [XX]}, DAY: {min: 01/01/2025}}
""",
    ),
    Good(
        "scenarios",
        """\
$count: 7
M:
  $id: was_m
  $coverage: pairwise
  $faults: 2
  $output: {format: csv, layout: split, delimiter: ";"}
  a: [1, 2]
  $scenarios:
    positive: {$count: 50}
    NEGATIVE: {a: ["", ZZ], $faults: 1, $output: ndjson}
    exclusion:
    smoke test: {b: 1, $coverage: none}
    mixed: {$mix: {positive: 70, Negative: 20, smoke test: 10}, $count: 1000}
""",
    ),
    Good(
        "coverage",
        """\
M:
  $coverage: {strength: 3-wise, boundaries: true, fields: [a, b.c], without: [d], keep: c.json}
  a: [1, 2]
  b: {c: {$integer: [1, 9]}}
  d: [3, 4]
  $scenarios: {positive: {}, exclusion: {$coverage: {strength: none}}}
""",
    ),
    Good("suffixes", "M: {a: 1}\nM_POSITIVE: {a: 2}\nM_negative: {}\nm_Exclusion: {a: 3}"),
    Good("suffix makes model", "Model_1_Positive: {a: 1}\nModel_1_negative: {a: 2}"),
    Good("suffix mix", "M: {a: 1}\nM_positive: {a: 2}\nM_mixed: {$mix: {positive: 1}}"),
    Good(
        "top",
        """\
$schema: ../../schemas/user_input.schema.json
$version: 1
$seed: -5
$master: null
$count: 3
$output: yaml
$comment: [any, thing]
M: {a: 1, $comment: here too}
""",
    ),
    Good("new field in an overlay", "M: {addr_1: 1}\nM_positive: {addr_2: 2, zip: 3}"),
    Good(
        "unique enough",
        """\
M:
  a: {$choice: [1, 2, 3], $unique: true}
  b: {$array: 2, $items: {$integer: [1, 18], $unique: true}}
  c: {$ref: N.x, $unique: true}
  $scenarios: {positive: {$count: 3}, negative: {a: [1], $count: 9}}
N: {x: {$sequence: 1}, $count: 9}
""",
    ),
    Good("lists as in the earlier system", "user_profile: {name: [Asha, Bala]}", "master"),
    Good(
        "master",
        """\
$schema: x
$version: 1
$extends: ../base/master.yaml
$slot: user_profile
$merge: {ClaimDetails: append, "PAYER.tags": union, a: by-key(id), b: by-index, c: keep, d: replace}
$on_conflict: override
user_profile:
  state: NY
  zip_code: 10001
  PAYER: {id: {$pattern: "P-[0-9]{3}"}}
""",
        "master",
    ),
    Good("whole master", "$slot: ''\na: 1", "master"),
    Good("empty project", "{}", "project"),
    Good(
        "project",
        """\
$schema: ../schemas/project.schema.json
$version: 1
seed: 7
count: 10
output: {format: json, indent: 4}
on_conflict: keep
outputs: fixtures/made
contract: 2
log: {level: debug, format: json, file: logs/run.log}
plugins: [acme-rules]
profiles: {ci: {count: 1000, output: ndjson}, seeded: {seed: 3, on_conflict: error}}
""",
        "project",
    ),
)

BROKEN = (
    # Directives.
    Broken("misspelt generator", "MG201", 2, "M:\n  a: {$patern: x}", '"$pattern"'),
    Broken("misspelt modifier", "MG201", 2, "M:\n  a: {$const: 1, $nul: 0.1}", '"$null"'),
    Broken("misspelt model directive", "MG201", 2, "M:\n  $senarios: {}\n  a: 1", '"$scenarios"'),
    Broken("misspelt top directive", "MG201", 1, "$sed: 1\nM: {a: 1}", '"$seed"'),
    Broken(
        "misspelt scenario directive",
        "MG201",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {$cuont: 1}}",
        '"$count"',
    ),
    Broken("misplaced directive", "MG204", 2, "M:\n  a: {$rules: {}, b: 1}", "a model"),
    Broken("misplaced at the top", "MG204", 1, "$slot: a\nM: {a: 1}", "master"),
    Broken("directive of a value in a model", "MG204", 2, "M:\n  $pattern: x\n  a: 1", "a value"),
    Broken("unknown parameter", "MG227", 2, "M:\n  a: {$integer: {mni: 1, max: 2}}", '"min"'),
    Broken(
        "parameter of another", "MG227", 2, "M:\n  a: {$integer: {min: 1, max: 2, decimals: 2}}"
    ),
    Broken("two generators", "MG204", 2, 'M:\n  a: {$const: 1, $pattern: "x"}'),
    Broken("field beside a generator", "MG204", 2, "M:\n  a: {$const: 1, b: 2}"),
    Broken("rows beside a generator", "MG204", 2, "M:\n  a: {$const: 1, $rows: [{x: 1}]}"),
    Broken("items without array", "MG205", 2, "M:\n  a: {$items: 1}"),
    Broken("array without items", "MG205", 2, "M:\n  a: {$array: 1}"),
    Broken("items beside a generator", "MG204", 2, "M:\n  a: {$array: 1, $items: 1, $const: 3}"),
    Broken("modifier alone", "MG205", 2, "M:\n  a: {$null: 0.1}"),
    Broken("delete false alone", "MG205", 2, "M:\n  a: {$delete: false}"),
    # Pools.
    Broken("empty list", "MG206", 2, "M:\n  a: []", "$const: []"),
    Broken("empty choice", "MG206", 2, "M:\n  a: {$choice: []}"),
    Broken("empty weights", "MG206", 2, "M:\n  a: {$weighted: {}}"),
    Broken("choice of text", "MG202", 2, "M:\n  a: {$choice: abc}"),
    Broken("list of lists", "MG202", 2, "M:\n  a: [[1], [2]]", "$choice"),
    Broken("mixed list", "MG202", 2, "M:\n  a: [1, {b: 2}]", "$choice"),
    Broken("negative weight", "MG207", 2, "M:\n  a: {$weighted: {x: -1, y: 2}}"),
    Broken("text weight", "MG207", 2, "M:\n  a: {$weighted: {x: many}}"),
    Broken("zero weights", "MG207", 2, "M:\n  a: {$weighted: {x: 0, y: 0}}", blind=ADDS_UP),
    Broken("directive as a value", "MG201", 2, "M:\n  a: {$weighted: {$x: 1}}", '"$$x"'),
    Broken("three in a pair", "MG202", 2, "M:\n  a: {$weighted: [[1, 2, 3]]}"),
    Broken("pair as weight", "MG202", 2, "M:\n  a: {$weighted: 3}"),
    Broken(
        "fine weight",
        "MG207",
        2,
        "M:\n  a: {$weighted: {x: 0.00000000000000001, y: 1}}",
        blind=DIGITS,
    ),
    # Rows.
    Broken("empty rows", "MG206", 2, "M:\n  $rows: []"),
    Broken("rows of scalars", "MG202", 2, "M:\n  $rows: [1]"),
    Broken(
        "row without a field",
        "MG205",
        4,
        "M:\n  $rows:\n  - {a: 1, b: 2}\n  - {a: 1}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "row with a field more",
        "MG205",
        4,
        "M:\n  $rows:\n  - {a: 1}\n  - {a: 1, b: 2}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "row id twice",
        "MG222",
        4,
        "M:\n  $rows:\n  - {a: 1, $id: x}\n  - {a: 2, $id: x}",
        blind=NAMES_A_FIELD,
    ),
    Broken("row weight", "MG207", 2, "M:\n  $rows: [{a: 1, $weight: -2}]"),
    Broken("row directive", "MG201", 2, "M:\n  $rows: [{a: 1, $wieght: 2}]"),
    Broken("rows number", "MG202", 2, "M:\n  $rows: 3"),
    Broken("rows of no rows", "MG219", 2, "M:\n  $rows: {$vocab: first_name}", blind=VOCABULARIES),
    Broken(
        "rows field unknown",
        "MG203",
        2,
        "M:\n  $rows: {$vocab: us_city, $fields: [citty]}",
        '"city"',
        blind=VOCABULARIES,
    ),
    Broken("field twice by rows", "MG209", 3, "M:\n  a: 1\n  $rows: [{a: 1}]", blind=NAMES_A_FIELD),
    # Numbers.
    Broken("min above max", "MG208", 2, "M:\n  a: {$integer: {min: 9, max: 1}}", blind=COUNTS),
    Broken("short min above max", "MG208", 2, "M:\n  a: {$number: [9, 1]}", blind=COUNTS),
    Broken("no max", "MG205", 2, "M:\n  a: {$integer: {min: 9}}"),
    Broken("no bounds", "MG205", 2, "M:\n  a: {$number: {}}"),
    Broken("text bound", "MG202", 2, 'M:\n  a: {$integer: {min: "1", max: 2}}', "without quotes"),
    Broken("fraction in integer", "MG202", 2, "M:\n  a: {$integer: {min: 1.5, max: 2}}"),
    Broken("number as text", "MG202", 2, "M:\n  a: {$number: high}"),
    Broken("three bounds", "MG202", 2, "M:\n  a: {$integer: [1, 2, 3]}"),
    Broken("step of zero", "MG208", 2, "M:\n  a: {$integer: {min: 1, max: 2, step: 0}}"),
    Broken("negative decimals", "MG208", 2, "M:\n  a: {$number: {min: 1, max: 2, decimals: -1}}"),
    Broken("many decimals", "MG208", 2, "M:\n  a: {$number: {min: 1, max: 2, decimals: 16}}"),
    Broken(
        "min too fine",
        "MG225",
        2,
        "M:\n  a: {$number: {min: 0.005, max: 2, decimals: 2}}",
        blind=DIGITS,
    ),
    Broken(
        "step too fine",
        "MG225",
        2,
        "M:\n  a: {$number: {min: 0, max: 2, step: 0.5, decimals: 0}}",
        blind=DIGITS,
    ),
    Broken("huge bound", "MG208", 2, "M:\n  a: {$integer: {min: 0, max: 1e300}}", blind=DIGITS),
    Broken(
        "too many steps",
        "MG208",
        2,
        "M:\n  a: {$number: {min: 0, max: 100000, decimals: 15}}",
        blind=COUNTS,
    ),
    Broken("bound too fine", "MG225", 2, "M:\n  a: {$number: [1e-250, 1]}", blind=DIGITS),
    Broken(
        "distribution unknown",
        "MG203",
        2,
        "M:\n  a: {$number: {distribution: nromal, mean: 1, sd: 1}}",
        '"normal"',
    ),
    Broken(
        "distribution without a parameter",
        "MG205",
        2,
        "M:\n  a: {$number: {distribution: normal, mean: 1}}",
    ),
    Broken(
        "parameter of another distribution",
        "MG204",
        2,
        "M:\n  a: {$integer: {min: 1, max: 2, mean: 1}}",
    ),
    Broken(
        "negative sd", "MG208", 2, "M:\n  a: {$number: {distribution: normal, mean: 1, sd: -1}}"
    ),
    Broken("mean of zero", "MG208", 2, "M:\n  a: {$integer: {distribution: poisson, mean: 0}}"),
    Broken(
        "lognormal below zero",
        "MG208",
        2,
        "M:\n  a: {$number: {distribution: lognormal, median: 1, sigma: 1, min: -1}}",
    ),
    Broken("poisson number", "MG204", 2, "M:\n  a: {$number: {distribution: poisson, mean: 1}}"),
    Broken(
        "zipf without end", "MG205", 2, "M:\n  a: {$integer: {distribution: zipf, exponent: 1}}"
    ),
    Broken(
        "mode outside",
        "MG208",
        2,
        "M:\n  a: {$number: {distribution: triangular, min: 0, mode: 5, max: 3}}",
        blind=COUNTS,
    ),
    Broken("probability above one", "MG223", 2, "M:\n  a: {$boolean: 30}", "0.3"),
    Broken("boolean true", "MG202", 2, "M:\n  a: {$boolean: true}"),
    Broken("null above one", "MG223", 2, "M:\n  a: {$const: 1, $null: 1.5}"),
    Broken("negative omit", "MG223", 2, "M:\n  a: {$const: 1, $omit: -0.5}"),
    Broken("sequence step", "MG208", 2, "M:\n  a: {$sequence: {step: 0}}"),
    Broken("sequence width", "MG208", 2, "M:\n  a: {$sequence: {width: 99}}"),
    Broken("sequence text", "MG212", 2, "M:\n  a: {$sequence: one}", blind=GRAMMAR),
    Broken("index word", "MG202", 2, "M:\n  a: {$index: recrod}", '"record"'),
    Broken("element index outside", "MG204", 2, "M:\n  a: {$index: element}", blind=NAMES_A_FIELD),
    Broken("uuid version", "MG202", 2, "M:\n  a: {$uuid: 4}"),
    # Moments.
    Broken(
        "no such day",
        "MG212",
        2,
        "M:\n  a: {$date: {from: 2025-02-30, to: 2025-12-31}}",
        blind=CALENDAR,
    ),
    Broken("no date", "MG212", 2, "M:\n  a: {$date: {from: soon, to: 2025-12-31}}", blind=CALENDAR),
    Broken("date number", "MG202", 2, "M:\n  a: {$date: {from: 2025, to: 2025-12-31}}"),
    Broken(
        "no end", "MG205", 2, "M:\n  a: {$date: {from: 2025-01-01}}", "both ends must be stated"
    ),
    Broken(
        "ends turned round",
        "MG208",
        2,
        "M:\n  a: {$date: [2025-12-31, 2025-01-01]}",
        blind=CALENDAR,
    ),
    Broken("no such time", "MG212", 2, "M:\n  a: {$time: ['08:00', '25:00']}", blind=CALENDAR),
    Broken(
        "time with a zone",
        "MG212",
        2,
        "M:\n  a: {$datetime: [2025-01-01T00:00:00Z, 2025-01-02]}",
        blind=CALENDAR,
    ),
    Broken(
        "format directive",
        "MG212",
        2,
        'M:\n  a: {$date: {from: 2025-01-01, to: 2025-01-02, format: "%Q"}}',
    ),
    Broken(
        "format ends in a percent",
        "MG212",
        2,
        'M:\n  a: {$date: {from: 2025-01-01, to: 2025-01-02, format: "%Y%"}}',
    ),
    Broken(
        "date with hours",
        "MG212",
        2,
        'M:\n  a: {$date: {from: 2025-01-01, to: 2025-01-02, format: "%H"}}',
        blind=CALENDAR,
    ),
    Broken(
        "moment parameter",
        "MG227",
        2,
        "M:\n  a: {$date: {from: 2025-01-01, two: 2025-01-02}}",
        '"to"',
    ),
    Broken(
        "moment step", "MG208", 2, "M:\n  a: {$date: {from: 2025-01-01, to: 2025-01-02, step: 0}}"
    ),
    # Text.
    Broken("open class", "MG211", 2, 'M:\n  a: {$pattern: "[A-Z"}', blind=GRAMMAR),
    Broken("look-ahead", "MG211", 2, 'M:\n  a: {$pattern: "(?=a)"}', blind=SUPPORTED),
    Broken("pattern number", "MG202", 2, "M:\n  a: {$pattern: 3}"),
    Broken("template brace", "MG213", 2, 'M:\n  a: {$template: "{b"}\n  b: 1', "{{", blind=GRAMMAR),
    Broken("template empty", "MG213", 2, 'M:\n  a: {$template: "{}"}', blind=GRAMMAR),
    Broken("template number", "MG202", 2, "M:\n  a: {$template: 3}"),
    Broken(
        "template names nothing",
        "MG203",
        3,
        '$master: null\nM:\n  a: {$template: "{PTA}"}\n  PAT: 1',
        '"PAT"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "template with a slip",
        "MG203",
        2,
        'M:\n  a: {$template: "{FRST}"}\n  FIRST: 1',
        '"FIRST"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "template names an object",
        "MG218",
        2,
        'M:\n  a: {$template: "{PAT}"}\n  PAT: {x: 1}',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "template into an array",
        "MG218",
        2,
        'M:\n  a: {$template: "{b.x}"}\n  b: [{x: 1}]',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "template of another element",
        "MG218",
        3,
        'M:\n  b: [{x: 1}]\n  c: [{y: {$template: "{b.x}"}}]',
        blind=NAMES_A_FIELD,
    ),
    Broken("template of itself", "MG215", 2, 'M:\n  a: {$template: "{a}"}', blind=NAMES_A_FIELD),
    Broken(
        "templates in a circle",
        "MG215",
        2,
        'M:\n  a: {$template: "{b}"}\n  b: {$template: "{a}"}',
        blind=NAMES_A_FIELD,
    ),
    Broken("transform unknown", "MG203", 2, "M:\n  a: {$const: x, $transform: lowr}", '"lower"'),
    Broken("transform number", "MG202", 2, "M:\n  a: {$const: x, $transform: 3}"),
    Broken("transform of an object", "MG204", 2, "M:\n  a: {x: 1, $transform: lower}"),
    # References.
    Broken(
        "no such model",
        "MG203",
        2,
        "Member: {a: 1}\nM: {a: {$ref: Membr.a}}",
        '"Member"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "no such field",
        "MG203",
        2,
        "Member: {HCID: 1}\nM: {a: {$ref: Member.HCDI}}",
        '"HCID"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "no such scenario",
        "MG216",
        2,
        "Member: {a: 1}\nM: {a: {$ref: {model: Member, field: a, scenario: positive}}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "reference without a field",
        "MG203",
        2,
        "Member: {a: 1}\nM: {a: {$ref: Member}}",
    ),
    Broken(
        "reference parameter",
        "MG227",
        2,
        "Member: {a: 1}\nM: {a: {$ref: {model: Member, feild: a}}}",
        '"field"',
    ),
    Broken(
        "reference needs a field", "MG205", 2, "Member: {a: 1}\nM: {a: {$ref: {model: Member}}}"
    ),
    Broken("reference to itself", "MG215", 1, "M: {a: {$ref: M.a}}", blind=NAMES_A_FIELD),
    Broken(
        "references in a circle",
        "MG215",
        1,
        "A: {x: {$ref: B.y}}\nB: {y: {$ref: A.x}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "reference to an array",
        "MG218",
        2,
        "A: {x: [{y: 1}]}\nB: {z: {$ref: A.x.y}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "no such vocabulary",
        "MG219",
        2,
        "M:\n  a: {$vocab: frist_name}",
        '"first_name"',
        blind=VOCABULARIES,
    ),
    # Arrays, modifiers.
    Broken(
        "array lengths", "MG208", 2, "M:\n  a: {$array: {min: 3, max: 1}, $items: 1}", blind=COUNTS
    ),
    Broken("array negative", "MG208", 2, "M:\n  a: {$array: -1, $items: 1}"),
    Broken("array endless", "MG208", 2, "M:\n  a: {$array: 10001, $items: 1}"),
    Broken("array without max", "MG205", 2, "M:\n  a: {$array: {min: 3}, $items: 1}"),
    Broken("array text", "MG202", 2, "M:\n  a: {$array: many, $items: 1}"),
    Broken("array parameter", "MG227", 2, "M:\n  a: {$array: {mx: 3}, $items: 1}", '"max"'),
    Broken("unique text", "MG202", 2, "M:\n  a: {$const: 1, $unique: 'yes'}"),
    Broken("unique object", "MG204", 2, "M:\n  a: {x: 1, $unique: true}"),
    Broken(
        "unique in an array",
        "MG214",
        2,
        "M:\n  a: {$array: 3, $items: {$choice: [1, 2], $unique: true}}",
        blind=COUNTS,
    ),
    Broken("unique template", "MG204", 2, "M:\n  a: {$template: '{b}', $unique: true}\n  b: 1"),
    Broken(
        "unique transform", "MG204", 2, "M:\n  a: {$const: x, $transform: upper, $unique: true}"
    ),
    Broken(
        "unique distribution",
        "MG204",
        2,
        "M:\n  a: {$integer: {distribution: poisson, mean: 3}, $unique: true}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "unique sequence of elements",
        "MG204",
        2,
        "M:\n  a: {$array: 2, $items: {$sequence: 1, $unique: true}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "unique reference to a pool",
        "MG214",
        2,
        "A: {x: [1]}\nB: {y: {$ref: A.x, $unique: true}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "unique reference to too few",
        "MG214",
        4,
        "A: {x: {$uuid: {}}, $count: 2}\n\nB:\n  y: {$ref: A.x, $unique: true}\n  $count: 3",
        blind=COUNTS,
    ),
    Broken(
        "unique pool",
        "MG214",
        3,
        "M:\n  $count: 4\n  a: {$choice: [1, 2, 3], $unique: true}",
        blind=COUNTS,
    ),
    Broken(
        "unique pool in a mix",
        "MG214",
        2,
        "M:\n  a: {$choice: [1, 2], $unique: true}\n"
        "  $scenarios: {positive: {}, mixed: {$mix: {positive: 1}, $count: 3}}",
        blind=COUNTS,
    ),
    Broken(
        "unique number",
        "MG214",
        3,
        "M:\n  $count: 11\n  a: {$integer: [1, 10], $unique: true}",
        blind=COUNTS,
    ),
    Broken(
        "unique date",
        "MG214",
        3,
        "M:\n  $count: 3\n  a: {$date: [2025-01-01, 2025-01-02], $unique: true}",
        blind=COUNTS,
    ),
    Broken(
        "unique pattern",
        "MG214",
        3,
        'M:\n  $count: 11\n  a: {$pattern: "[0-9]", $unique: true}',
        blind=COUNTS,
    ),
    Broken(
        "unique ambiguous pattern",
        "MG214",
        2,
        'M:\n  a: {$pattern: "[ab]{1,20}[ab]{1,20}", $unique: true}',
        blind=COUNTS,
    ),
    Broken("empty id", "MG202", 2, "M:\n  a: {$const: 1, $id: ''}"),
    Broken("id number", "MG202", 2, "M:\n  a: {$const: 1, $id: 3}"),
    Broken(
        "id of a sibling", "MG222", 3, "M:\n  a: {$const: 1, $id: b}\n  b: 2", blind=NAMES_A_FIELD
    ),
    Broken("id of another model", "MG222", 2, "A: {x: 1}\nB: {$id: A, x: 1}", blind=NAMES_A_FIELD),
    Broken(
        "id changed by a scenario",
        "MG222",
        3,
        "M:\n  a: {$const: 1, $id: x}\n  $scenarios: {positive: {a: {$const: 2, $id: y}}}",
        blind=NAMES_A_FIELD,
    ),
    Broken("to number", "MG202", 2, "M:\n  a: {$const: 1, $to: 3}"),
    Broken("to path", "MG218", 2, "M:\n  a: {$const: 1, $to: a..b}", blind=GRAMMAR),
    Broken("to pointer", "MG218", 2, "M:\n  a: {$const: 1, $to: /a~2}", blind=GRAMMAR),
    Broken("delete text", "MG202", 2, "M:\n  a: {$delete: 1}"),
    Broken("rows without a list", "MG202", 2, "M:\n  $rows: {}", "", "user_input"),
    Broken("rows without a vocabulary", "MG202", 2, "M:\n  $rows: {$fields: [a]}"),
    Broken("rows of no field", "MG202", 2, "M:\n  $rows: {$vocab: us_city, $fields: []}"),
    Broken(
        "rows field directive", "MG201", 2, "M:\n  $rows: {$vocab: us_city, $fields: {$c: city}}"
    ),
    Broken("row id null", "MG202", 2, "M:\n  $rows: [{a: 1, $id: null}]"),
    Broken("vocabulary number", "MG202", 2, "M:\n  a: {$vocab: 3}"),
    Broken("reference number", "MG202", 2, "M:\n  a: {$ref: 3}"),
    Broken("reference path", "MG203", 2, "M:\n  a: {$ref: M..a}", blind=GRAMMAR),
    Broken(
        "reference field path",
        "MG218",
        2,
        "M:\n  a: {$ref: {model: M, field: b..c}}\n  b: 1",
        blind=GRAMMAR,
    ),
    Broken("template path", "MG213", 2, "M:\n  a: {$template: '{b..c}'}", blind=GRAMMAR),
    Broken("format number", "MG202", 2, "M:\n  a: {$date: {from: x, to: y, format: 3}}"),
    Broken("moment text", "MG202", 2, "M:\n  a: {$date: 2025-01-01}"),
    Broken("index number", "MG202", 2, "M:\n  a: {$index: 3}"),
    Broken("sequence start", "MG202", 2, "M:\n  a: {$sequence: true}"),
    Broken("huge count", "MG208", 2, "M:\n  $count: 1e13\n  a: 1"),
    Broken("directive among scenarios", "MG204", 3, "M:\n  a: 1\n  $scenarios: {$count: 3}"),
    Broken("clause path", "MG218", 3, "M:\n  a: 1\n  $exclude: {x: {a..b: 1}}", blind=GRAMMAR),
    Broken("conforms number", "MG202", 3, "M:\n  a: 1\n  $conforms: 3"),
    # Names.
    Broken("fields by case", "MG209", 3, "M:\n  abc: 1\n  ABC: 2", blind=NAMES_A_FIELD),
    Broken(
        "fields by composition",
        "MG209",
        3,
        'M:\n  "\u00e9": 1\n  "e\u0301": 2',
        blind=NAMES_A_FIELD,
    ),
    Broken("models by case", "MG209", 2, "Claim: {a: 1}\nCLAIM: {a: 1}", blind=NAMES_A_FIELD),
    Broken(
        "scenarios by case",
        "MG209",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, POSITIVE: {}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "scenario by suffix and listed",
        "MG209",
        4,
        "M:\n  a: 1\n  $scenarios: {positive: {}}\nM_Positive: {a: 2}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "suffixes by case",
        "MG209",
        3,
        "M: {a: 1}\nM_positive: {}\nM_POSITIVE: {}",
        blind=NAMES_A_FIELD,
    ),
    Broken("device", "MG210", 1, "CON: {a: 1}", blind=FILES),
    Broken("device with an ending", "MG210", 1, "nul.txt: {a: 1}", blind=FILES),
    Broken("trailing point", "MG210", 1, "'a.': {a: 1}"),
    Broken("hidden", "MG210", 1, ".git: {a: 1}"),
    Broken("path", "MG210", 1, "../x: {a: 1}"),
    Broken("backslash", "MG210", 1, "'a\\b': {a: 1}"),
    Broken("NUL", "MG210", 1, '"a\\0b": {a: 1}', blind=FILES),
    Broken("long name", "MG210", 1, f"{'x' * 201}: {{a: 1}}", blind=FILES),
    Broken("lockfile", "MG210", 1, "mockgen.lock: {a: 1}", blind=FILES),
    Broken("scenario name", "MG210", 3, "M:\n  a: 1\n  $scenarios: {a/b: {}}"),
    Broken("scenario device", "MG210", 3, "M:\n  a: 1\n  $scenarios: {aux: {}}", blind=FILES),
    # Scenarios.
    Broken(
        "misspelt scenario",
        "MG216",
        3,
        "M:\n  a: 1\n  $scenarios: {positve: {}}",
        '"positive"',
        blind=GRAMMAR,
    ),
    Broken(
        "misspelt suffix",
        "MG216",
        2,
        "M: {a: 1}\nM_postive: {a: 2}",
        '"M_positive"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "mix of nothing",
        "MG216",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {negative: 1}}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "mix misspelt",
        "MG216",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {postive: 1}}}",
        '"positive"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "mix of a mix",
        "MG216",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, b: {$mix: {positive: 1}}, mixed: {$mix: {b: 1}}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "mix negative",
        "MG207",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {positive: -1}}}",
    ),
    Broken(
        "mix of zero",
        "MG207",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {positive: 0}}}",
        blind=ADDS_UP,
    ),
    Broken("mix empty", "MG202", 3, "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {}}}"),
    Broken(
        "mix beside fields",
        "MG204",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$mix: {positive: 1}, a: 2}}",
    ),
    Broken(
        "mixed without mix",
        "MG205",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {}, mixed: {$count: 3}}",
    ),
    Broken("scenario text", "MG202", 3, "M:\n  a: 1\n  $scenarios: {positive: text}"),
    Broken("scenarios list", "MG202", 3, "M:\n  a: 1\n  $scenarios: [positive]"),
    Broken(
        "faults of positive",
        "MG204",
        3,
        "M:\n  a: 1\n  $scenarios: {positive: {$faults: 2}}",
        blind=NAMES_A_FIELD,
    ),
    Broken("faults of zero", "MG208", 3, "M:\n  a: 1\n  $scenarios: {negative: {$faults: 0}}"),
    Broken("count of zero", "MG208", 2, "M:\n  $count: 0\n  a: 1"),
    Broken("count text", "MG202", 2, "M:\n  $count: '5'\n  a: 1", "without quotes"),
    Broken("count fraction", "MG202", 2, "M:\n  $count: 1.5\n  a: 1"),
    Broken("coverage", "MG217", 2, "M:\n  $coverage: pairwize\n  a: 1", '"pairwise"'),
    Broken("coverage, no strength", "MG205", 2, "M:\n  $coverage: {fields: [a]}\n  a: 1"),
    Broken(
        "coverage parameter",
        "MG227",
        2,
        "M:\n  $coverage: {strength: each, boundary: true}\n  a: 1",
        '"boundaries"',
    ),
    Broken(
        "overlay slip",
        "MG224",
        2,
        "M: {CLM_TYPE: [P]}\nM_negative: {CLM_TYP: [Z]}",
        '"CLM_TYPE"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "overlay case",
        "MG224",
        2,
        "M: {CLM_TYPE: [P]}\nM_negative: {clm_type: [Z]}",
        '"CLM_TYPE"',
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "overlay slip below",
        "MG224",
        2,
        "M: {PAT: {first: 1}}\nM_negative: {PAT: {frist: 1}}",
        '"first"',
        blind=NAMES_A_FIELD,
    ),
    # Rules.
    Broken("rule text", "MG217", 3, "M:\n  a: 1\n  $rules: {x: text}"),
    Broken("rules list", "MG202", 3, "M:\n  a: 1\n  $rules: [x]"),
    Broken("rule key", "MG217", 3, "M:\n  a: 1\n  $rules: {x: {field: a, shcema: {}}}", '"schema"'),
    Broken("rule of nothing", "MG217", 3, "M:\n  a: 1\n  $rules: {x: {field: a}}"),
    Broken("rule of two", "MG204", 3, "M:\n  a: 1\n  $rules: {x: {schema: {}, cel: 'true'}}"),
    Broken("rule schema text", "MG217", 3, "M:\n  a: 1\n  $rules: {x: {schema: abc}}"),
    Broken(
        "rule field path",
        "MG218",
        3,
        "M:\n  a: 1\n  $rules: {x: {field: a..b, schema: {}}}",
        blind=GRAMMAR,
    ),
    Broken("broken", "MG217", 3, "M:\n  a: 1\n  $rules: {x: {cel: 'true', broken: seldom}}"),
    Broken("plugin name", "MG217", 3, "M:\n  a: 1\n  $rules: {x: {plugin: luhn}}"),
    Broken("plugin with", "MG202", 3, "M:\n  a: 1\n  $rules: {x: {plugin: p/r, with: 3}}"),
    Broken("with alone", "MG204", 3, "M:\n  a: 1\n  $rules: {x: {cel: 'true', with: {}}}"),
    Broken("plugin and cel", "MG204", 3, "M:\n  a: 1\n  $rules: {x: {cel: 'true', plugin: p/r}}"),
    Broken("cel number", "MG202", 3, "M:\n  a: 1\n  $rules: {x: {cel: 3}}"),
    Broken("conforms outside", "MG218", 3, "M:\n  a: 1\n  $conforms: ../../../x.json", blind=FILES),
    Broken(
        "conforms twice",
        "MG209",
        3,
        "M:\n  a: 1\n  $rules: {conforms: {conforms: a.json}}\n  $conforms: x.json",
        blind=NAMES_A_FIELD,
    ),
    Broken("clause text", "MG217", 3, "M:\n  a: 1\n  $exclude: {x: text}"),
    Broken("clause empty", "MG217", 3, "M:\n  a: 1\n  $exclude: {x: {}}"),
    Broken("clause without values", "MG206", 3, "M:\n  a: 1\n  $exclude: {x: {a: []}}"),
    Broken("condition key", "MG217", 3, "M:\n  a: 1\n  $exclude: {x: {a: {minn: 1}}}", '"min"'),
    Broken("condition not", "MG206", 3, "M:\n  a: 1\n  $exclude: {x: {a: {not: []}}}"),
    Broken("text like a directive", "MG202", 2, "M:\n  a: $vocab first_name", blind=GRAMMAR),
    Broken("items with misspelt array", "MG201", 2, "M:\n  a: {$aray: 1, $items: 1}", '"$array"'),
    Broken("array with misspelt items", "MG201", 2, "M:\n  a: {$array: 1, $itms: 1}", '"$items"'),
    Broken("condition empty", "MG217", 3, "M:\n  a: 1\n  $exclude: {x: {a: {}}}"),
    Broken(
        "condition bounds",
        "MG208",
        3,
        "M:\n  a: 1\n  $exclude: {x: {a: {min: 2, max: 1}}}",
        blind=COUNTS,
    ),
    Broken("condition bound null", "MG202", 3, "M:\n  a: 1\n  $exclude: {x: {a: {min: null}}}"),
    # Output, the top.
    Broken("format", "MG221", 2, "M:\n  $output: jsonn\n  a: 1", '"json"', blind=FORMATS),
    Broken("layout", "MG221", 2, "M:\n  $output: {layout: splitt}\n  a: 1", '"split"'),
    Broken(
        "option",
        "MG221",
        2,
        "M:\n  $output: {format: csv, delimter: ','}\n  a: 1",
        '"delimiter"',
        blind=FORMATS,
    ),
    Broken(
        "option value",
        "MG221",
        2,
        "M:\n  $output: {format: csv, delimiter: abc}\n  a: 1",
        blind=FORMATS,
    ),
    Broken("output number", "MG202", 2, "M:\n  $output: 3\n  a: 1"),
    Broken("version", "MG226", 1, "$version: 2\nM: {a: 1}"),
    Broken("version text", "MG202", 1, "$version: one\nM: {a: 1}"),
    Broken("seed text", "MG202", 1, "$seed: '42'\nM: {a: 1}", "without quotes"),
    Broken("schema number", "MG202", 1, "$schema: 3\nM: {a: 1}"),
    Broken("master number", "MG202", 1, "$master: 3\nM: {a: 1}"),
    Broken("master outside", "MG218", 1, "$master: ../../../m.yaml\nM: {a: 1}", blind=FILES),
    Broken("no model", "MG205", 1, "$seed: 1"),
    Broken("flat", "MG202", 1, "name: Asha,Bala\ncity: Chennai", "migrate"),
    Broken("no section", "MG202", 2, "M: {a: 1}\nnotes: text"),
    Broken("list file", "MG202", 1, "- M"),
    # Masters.
    Broken("master list", "MG202", 1, "- a", kind="master"),
    Broken("master directive", "MG201", 1, "$extend: x\na: {}", '"$extends"', kind="master"),
    Broken("directive of an input", "MG204", 1, "$seed: 1\na: {}", "user_input", kind="master"),
    Broken("extends number", "MG202", 1, "$extends: 3\na: {}", kind="master"),
    Broken(
        "extends outside", "MG218", 1, "$extends: ../../../x\na: {}", kind="master", blind=FILES
    ),
    Broken("slot number", "MG202", 1, "$slot: 3\na: {}", kind="master"),
    Broken("slot path", "MG303", 1, "$slot: a..b\na: {}", kind="master", blind=GRAMMAR),
    Broken("merge policy", "MG305", 1, "$merge: {a: appnd}\na: {}", '"append"', kind="master"),
    Broken("merge key", "MG305", 1, "$merge: {a: by-key()}\na: {}", kind="master"),
    Broken("merge list", "MG202", 1, "$merge: [a]\na: {}", kind="master"),
    Broken("merge path", "MG218", 1, "$merge: {a..b: keep}\na: {}", kind="master", blind=GRAMMAR),
    Broken("conflict", "MG305", 1, "$on_conflict: eror\na: {}", '"error"', kind="master"),
    Broken("pool of a master", "MG206", 2, "user:\n  a: []", kind="master"),
    # Stated records.
    Broken("records list", "MG202", 1, "M: {a: 1, $records: [x]}"),
    Broken("records empty", "MG202", 1, "M: {a: 1, $records: {}}"),
    Broken("records index", "MG202", 1, "M: {a: 1, $records: {x: {a: 1}}}"),
    Broken("records padded", "MG202", 1, 'M: {a: 1, $records: {"03": {a: 1}}}'),
    Broken("records scalar", "MG202", 1, "M: {a: 1, $records: {3: x}}"),
    Broken("records nothing", "MG202", 1, "M: {a: 1, $records: {3: {a: {}}}}", "$const"),
    Broken("records generator", "MG204", 1, "M: {a: 1, $records: {3: {a: {$pattern: x}}}}"),
    Broken("records slip", "MG201", 1, "M: {a: 1, $records: {3: {a: {$delte: true}}}}", "$delete"),
    Broken("records both", "MG204", 1, "M: {a: 1, $records: {3: {a: {$const: 1, $delete: true}}}}"),
    Broken("records beside", "MG204", 1, "M: {a: 1, $records: {3: {a: {$const: 1, b: 1}}}}"),
    Broken("records flag", "MG202", 1, "M: {a: 1, $records: {3: {a: {$delete: 1}}}}"),
    Broken(
        "records case", "MG209", 1, "M: {a: 1, $records: {3: {b: 1, B: 2}}}", blind=NAMES_A_FIELD
    ),
    Broken(
        "records of no scenario",
        "MG204",
        1,
        "M: {a: 1, $records: {3: {a: 2}}, $scenarios: {s: {}}}",
        blind=NAMES_A_FIELD,
    ),
    Broken(
        "records of a mix",
        "MG204",
        1,
        "M: {a: 1, $scenarios: {s: {}, mixed: {$mix: {s: 1}, $records: {3: {a: 2}}}}}",
    ),
    Broken(
        "records of twins",
        "MG204",
        1,
        "M: {a: [1, 2], $rules: {r: {cel: 'record.a > 0'}}, "
        "$scenarios: {negative: {$records: {3: {a: 2}}}}}",
        "positive",
        blind=NAMES_A_FIELD,
    ),
    # Projects.
    Broken("project list", "MG601", 1, "- a", kind="project"),
    Broken("project key", "MG601", 1, "sed: 1", '"seed"', kind="project"),
    Broken("project seed", "MG202", 1, "seed: x", kind="project"),
    Broken("project count", "MG208", 1, "count: 0", kind="project"),
    Broken("project folder", "MG601", 1, "outputs: ../x", kind="project"),
    Broken("project absolute", "MG601", 1, "outputs: /x", kind="project"),
    Broken(
        "project one folder",
        "MG601",
        1,
        "outputs: specs",
        kind="project",
        blind=NAMES_A_FIELD,
    ),
    Broken("project contract", "MG601", 1, "contract: 99", kind="project"),
    Broken("project log", "MG601", 1, "log: {level: debg}", '"debug"', kind="project"),
    Broken("project log key", "MG227", 1, "log: {lvl: debug}", '"level"', kind="project"),
    Broken("project log text", "MG202", 1, "log: debug", kind="project"),
    Broken("project plugin name", "MG601", 1, "plugins: [../a]", kind="project"),
    Broken("project plugins", "MG202", 1, "plugins: a", kind="project"),
    Broken("project profile", "MG227", 1, "profiles: {ci: {cuont: 1}}", '"count"', kind="project"),
    Broken("project profiles", "MG202", 1, "profiles: [ci]", kind="project"),
    Broken("project output", "MG221", 1, "output: jso", '"json"', kind="project", blind=FORMATS),
    Broken("project conflict", "MG305", 1, "on_conflict: x", kind="project"),
    Broken("project version", "MG226", 1, "$version: 3", kind="project"),
)
