"""Every kind of leaf, compiled from a spec, is written alike by both engines in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.format import complete_options
from mockgen_watch.formats.rendering import records_of
from mockgen_watch.generate.compile import compile_program
from mockgen_watch.plan.model import Selection
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.project import open_file
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.generate.column import Program

COUNT = 500
SPEC = """
$seed: 7
$master: null
Parent:
  $count: 500
  id: {$pattern: "[A-Z]{2}[0-9]{3}"}
  state: [TN, KL, "NO", null, 5]
Child:
  const: {$const: {a: [1, {b: null}], "key: odd": "=1+1"}}
  pool: {$choice: [x, "", null, {o: 1}, [1, 2], "a,b", 1.50]}
  weighted: {$weighted: {yes: 70, "12:30": 20, "~": 10}}
  pattern: {$pattern: "([A-Z]{3}|[0-9]{2,4})-[a-z]?"}
  number: {$number: {distribution: lognormal, median: 180, sigma: 0.8, decimals: 2}}
  tiny: {$number: {min: 0, max: 1, decimals: 8}}
  integer: {$integer: {min: -5000000, max: 5000000}}
  huge: {$integer: {min: 0, max: 999999999999999999}}
  poisson: {$integer: {distribution: poisson, mean: 3}}
  flag: {$boolean: 0.3}
  date: {$date: {from: 2020-01-01, to: 2025-12-31, format: "%d %B %Y"}}
  moment: {$datetime: {from: 2020-01-01T00:00:00, to: 2025-12-31T00:00:00}}
  time: {$time: {from: "08:00:00", to: "18:00:00"}}
  uuid: {$uuid: {}}
  sequence: {$sequence: {start: 10, step: 5, width: 6, prefix: "C-"}}
  index: {$index: record}
  unique: {$pattern: "[a-f]{4}[0-9]?", $unique: true}
  first: {$vocab: first_name}
  last: {$vocab: last_name, $omit: 0.1}
  mail: {$template: "{first}.{last}@{weighted}.com", $transform: lower}
  slug: {$template: "{first} {last} {uuid}", $transform: [title, slug]}
  parent: {$ref: Parent.id}
  state: {$ref: Parent.state, $null: 0.2}
  maybe: {x: {$choice: [1, 2], $omit: 0.5}, y: {$choice: [a, b], $omit: 0.5}, $null: 0.1}
  lines:
    $array: {min: 0, max: 3}
    $omit: 0.1
    $items:
      code: {$choice: ["1", "2"], $null: 0.3}
      tags: {$array: {min: 0, max: 2}, $items: {$choice: [red, "no"]}}
      at: {$index: element}
  fixed:
    - {a: 1, b: [p, q]}
    - {c: {$integer: {min: 1, max: 9}, $omit: 0.5}}
  $rows:
    - {city: Chennai, zip: "600001", $weight: 3}
    - {city: "Hyder, abad", zip: "500001"}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    folder: Path = tmp_path_factory.mktemp("specs")
    (folder / "user_input.yaml").write_text(SPEC, "utf-8")
    selection = Selection(models=("Child",), count=COUNT)
    project = open_file(folder, "user_input.yaml", None)
    (plan, *_), _ = select_plans(project, Request(selection=selection))
    return compile_program(plan.records)


@pytest.mark.parametrize("layout", [Layout.MULTIPLE, Layout.SPLIT])
@pytest.mark.parametrize("name", BUILTIN)
def test_both_engines_write_every_leaf_alike(name: str, layout: Layout, program: Program) -> None:
    form = BUILTIN[name]
    writer = form.writer((program,), complete_options(form, ()), layout)
    fast = records_of(writer, program, COUNT, vector_from=0)
    slow = records_of(writer, program, COUNT, vector_from=COUNT + 1)
    assert type(fast) is not type(slow)
    assert b"".join(fast.pieces(0, COUNT)) == b"".join(slow.pieces(0, COUNT))


def test_only_what_must_be_whole_is_slow(program: Program) -> None:
    form = BUILTIN["ndjson"]
    plan = form.writer((program,), complete_options(form, ()), Layout.MULTIPLE).compile(program)
    assert plan is not None
    assert {slow.field for slow in plan.slow} == {"slug"}
