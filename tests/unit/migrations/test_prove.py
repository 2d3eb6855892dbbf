"""The proof: it holds for what migrate writes, and for nothing that means something else."""

from __future__ import annotations

import pytest

from mockgen_watch.migrations.forms import Reading, read_sections
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
      name: [Asha, Bala, Asha]
      city: [Chennai, Kovai, Chennai]
      zip: "00501"
      kind: [a, b]
    Edit_2: {name: Dev}
    mixed: {$mix: {Edit_1: 1, Edit_2: 1}}
"""
PAIRS = """\
Model_1:
  $scenarios:
    Edit_1:
      $rows:
        - {name: Asha, city: Chennai, kind: a, $weight: 2}
        - {name: Bala, city: Kovai, kind: b}
      zip: "00501"
    Edit_2: {name: Dev}
    mixed: {$mix: {Edit_1: 1, Edit_2: 1}}
"""


def proofs_of(new: str, *, pairs: bool) -> tuple[SectionProof, ...]:
    old = read_sections(parse("old.yaml", OLD), Reading())
    spec, found = build_user_input(parse("new.yaml", new.encode()), BuildContext())
    assert spec is not None, found
    model = assemble(old, "Model_1", pairs=pairs)
    return prove_sections(old, model, spec.models[0], pairs=pairs)


@pytest.mark.parametrize(("pairs", "new", "records"), [(False, NEW, 8), (True, PAIRS, 2)])
def test_a_spec_that_means_the_same_is_proved(*, pairs: bool, new: str, records: int) -> None:
    proofs = proofs_of(new, pairs=pairs)
    assert [proof.problems for proof in proofs] == [(), ()]
    assert [proof.records for proof in proofs] == [records, 1]


BOTH = {
    "a number for text": ('zip: "00501"', "zip: 501"),
    "a field too many": ('zip: "00501"', 'zip: "00501"\n      more: x'),
    "a missing field": ('      zip: "00501"\n', ""),
    "another mix": ("{Edit_1: 1, Edit_2: 1}", "{Edit_1: 2, Edit_2: 1}"),
    "a missing scenario": (
        "    Edit_2: {name: Dev}\n    mixed: {$mix: {Edit_1: 1, Edit_2: 1}}\n",
        "    mixed: {$mix: {Edit_1: 1}}\n",
    ),
}
WRONG = {
    "a value": ("kind: [a, b]", "kind: [a, c]"),
    "a value that counts twice": ("kind: [a, b]", "kind: [a, b, b]"),
    "a value that counts once": ("[Asha, Bala, Asha]", "[Asha, Bala]"),
    "a missing value": ("kind: [a, b]", "kind: [a]"),
    "fields drawn together": (
        "name: [Asha, Bala, Asha]\n      city: [Chennai, Kovai, Chennai]\n",
        "$rows: [{name: Asha, city: Chennai, $weight: 2}, {name: Bala, city: Kovai}]\n",
    ),
}
WRONG_PAIRS = {
    "a weight": ("$weight: 2", "$weight: 3"),
    "rows mixed up": ("{name: Bala, city: Kovai", "{name: Bala, city: Chennai"),
    "a field drawn apart": (
        ", kind: a, $weight: 2}\n        - {name: Bala, city: Kovai, kind: b}\n",
        ", $weight: 2}\n        - {name: Bala, city: Kovai}\n      kind: [a, b, a]\n",
    ),
}


@pytest.mark.parametrize(("right", "wrong"), (BOTH | WRONG).values(), ids=BOTH | WRONG)
def test_a_spec_that_means_something_else_is_not(right: str, wrong: str) -> None:
    assert right in NEW
    assert any(proof.problems for proof in proofs_of(NEW.replace(right, wrong), pairs=False))


@pytest.mark.parametrize(("right", "wrong"), (BOTH | WRONG_PAIRS).values(), ids=BOTH | WRONG_PAIRS)
def test_pairs_that_mean_something_else_are_not(right: str, wrong: str) -> None:
    assert right in PAIRS
    assert any(proof.problems for proof in proofs_of(PAIRS.replace(right, wrong), pairs=True))
