"""The proof: it holds for what migrate writes, and for nothing that means something else."""

from __future__ import annotations

import pytest

from mockgen_watch.migrations.forms import read_sections
from mockgen_watch.migrations.pieces import assemble
from mockgen_watch.migrations.prove import SectionProof, prove_sections
from mockgen_watch.spec.build.reader import BuildContext
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse

OLD = b"""\
Edit_1: {name: "Asha,Bala,Asha", city: "Chennai,Kovai,Chennai", zip: "00501", kind: "a,b"}
Edit_2: {name: "Dev"}
"""
NEW = """\
Model_1:
  $scenarios:
    Edit_1:
      $rows:
        - {name: Asha, city: Chennai, $weight: 2}
        - {name: Bala, city: Kovai}
      zip: "00501"
      kind: [a, b]
    Edit_2: {name: Dev}
    mixed: {$mix: {Edit_1: 1, Edit_2: 1}}
"""


def proofs_of(new: str) -> tuple[SectionProof, ...]:
    old = read_sections(parse("old.yaml", OLD))
    spec, found = build_user_input(parse("new.yaml", new.encode()), BuildContext())
    assert spec is not None, found
    return prove_sections(old, assemble(old, "Model_1"), spec.models[0])


def test_a_spec_that_means_the_same_is_proved() -> None:
    proofs = proofs_of(NEW)
    assert [proof.problems for proof in proofs] == [(), ()]
    assert [proof.records for proof in proofs] == [4, 1]


WRONG = {
    "a weight": ("$weight: 2", "$weight: 3"),
    "a value": ("kind: [a, b]", "kind: [a, c]"),
    "a value that counts twice": ("kind: [a, b]", "kind: [a, b, b]"),
    "a missing value": ("kind: [a, b]", "kind: [a]"),
    "a number for text": ('zip: "00501"', "zip: 501"),
    "a field too many": ('zip: "00501"', 'zip: "00501"\n      more: x'),
    "a missing field": ('      zip: "00501"\n', ""),
    "rows mixed up": ("{name: Bala, city: Kovai}", "{name: Bala, city: Chennai}"),
    "another mix": ("{Edit_1: 1, Edit_2: 1}", "{Edit_1: 2, Edit_2: 1}"),
    "a missing scenario": (
        "    Edit_2: {name: Dev}\n    mixed: {$mix: {Edit_1: 1, Edit_2: 1}}\n",
        "    mixed: {$mix: {Edit_1: 1}}\n",
    ),
    "fields drawn apart": (
        """\
      $rows:
        - {name: Asha, city: Chennai, $weight: 2}
        - {name: Bala, city: Kovai}
""",
        "      name: [Asha, Bala, Asha]\n      city: [Chennai, Kovai, Chennai]\n",
    ),
}


@pytest.mark.parametrize(("right", "wrong"), WRONG.values(), ids=WRONG)
def test_a_spec_that_means_something_else_is_not(right: str, wrong: str) -> None:
    assert right in NEW
    assert any(proof.problems for proof in proofs_of(NEW.replace(right, wrong)))
