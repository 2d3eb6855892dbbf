"""Takes nothing; gives a spec of values that depend on others, and the first records it makes."""

from __future__ import annotations

from typing import Final

from mockgen_watch.api import Specs
from mockgen_watch.canonical import canonical

RECORDS: Final = 4
SPEC: Final = """
$seed: 42
Employee:
  $count: 30
  id: {$sequence: {start: 1, width: 3, prefix: E}}
  name: {$pattern: "[A-Z][a-z]{5}"}
  born: {$date: [1960-01-01, 2000-12-31]}
  manager: {$ref: Employee.id, $tree: 2}
  manager_name: {$ref: Employee.name}
Order:
  $count: 40
  status: {$weighted: {paid: 70, shipped: 20, refunded: 10}}
  placed: {$datetime: {from: 2025-01-01, to: 2025-06-30}}
  due: {$date: {from: {$field: record.placed, plus: 1d}, to: {$field: record.placed, plus: 2w}}}
  lines:
    $array: {min: 1, max: 3, unique_by: sku}
    $items:
      $rows:
        - {sku: A, price: {$number: [1, 90]}, $weight: 3}
        - {sku: B, price: 12.50}
        - {sku: C, price: {$choice: [1.00, {$number: [5, 9]}]}, $id: last}
      qty: {$integer: [1, 5]}
      amount: {$cel: "this.qty * this.price"}
  total: {$cel: "sum(record.lines.map(l, l.amount))"}
  refund: {$given: record.status, $cases: {refunded: {$number: {min: 0, max: {$field: record.total},
    decimals: 2}}}, $else: 0}
  pay:
    $one_of:
      - {$weight: 3, kind: card, number: {$pattern: "4[0-9]{15}", $check: luhn}}
      - {$id: bank, iban: {$pattern: "DE[0-9]{20}", $check: iban}}
      - null
  code: {$choice: [none, {$pattern: "[A-Z]{4}"}, {$pattern: "[0-9]{2}"}]}
  npi: {$pattern: "1[0-9]{9}", $check: npi, $unique: true}
  course: [algebra, botany, chemistry]
  term: {$integer: [1, 20]}
  at: {$sequence: {start: 2025-01-01T08:00, step: 15m, jitter: 5m}}
  $unique: [[course, term]]
  $rules:
    dear: {cel: "record.status != 'paid' || record.total > 20"}
    terms: {cel: "record.course != 'botany' || record.code != 'none'"}
  $scenarios:
    positive: {}
    negative: {}
    covered: {$coverage: pairwise, $count: 60}
    own: {course: [algebra, botany]}
    twin: {$negative_of: own}
    free: {$keeps: nothing, status: [paid, lost]}
Visit:
  order: {$ref: Order.npi, $each: {min: 0, max: 3}}
  total: {$ref: Order.total}
  code: {$ref: Order.code}
  no: {$index: {of: sibling, start: 1}}
Parcel:
  $count: 5
  items:
    $array: {min: 2, max: 3}
    $items:
      no: {$index: {of: element, start: 1}}
      parcel: {$index: record}
      step: {$sequence: {of: element, start: 10, step: 5}}
"""


SCENARIOS: Final = ("positive", "negative", "covered", "own", "twin", "free")


def construct_values() -> dict[str, list[str]]:
    """Return the first records of each output, as text."""
    specs = Specs.of(SPEC)
    names = ("Employee", *(f"Order/{name}" for name in SCENARIOS), "Visit", "Parcel")
    return {
        f"({name})": [
            canonical(record).decode()
            for record, _ in zip(specs.records(name, exact=True), range(RECORDS), strict=False)
        ]
        for name in names
    }
