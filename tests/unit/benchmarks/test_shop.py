"""The check of the shop's orders accepts good ones and finds wrong sums; its variants are specs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.environment import BENCHMARKS
from benchmarks.shop import find_wrong_sum, give_orders, write_variants

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 200


def orders(spec: Path) -> list[bytes]:
    argv = give_orders(spec, COUNT).argv
    done = subprocess.run(argv, check=True, capture_output=True, cwd=spec.parent)
    return done.stdout.splitlines()


def test_computed_totals_are_exact_and_drawn_ones_are_not(tmp_path: Path) -> None:
    specs = write_variants(tmp_path)
    assert find_wrong_sum(iter(orders(specs["computed"])), COUNT) == ""
    assert find_wrong_sum(iter(orders(specs["rules"])), COUNT) == ""
    assert "order 0" in find_wrong_sum(iter(orders(specs["drawn"])), COUNT)


def test_the_variants_have_the_same_fields_and_sizes(tmp_path: Path) -> None:
    drawn, computed, _ = (orders(spec) for spec in write_variants(tmp_path).values())
    assert [*json.loads(drawn[0])] == [*json.loads(computed[0])]
    assert sum(map(len, drawn)) == pytest.approx(sum(map(len, computed)), rel=0.05)


def test_orders_by_hand_are_right(tmp_path: Path) -> None:
    out = tmp_path / "orders"
    script = BENCHMARKS / "peers" / "orders_by_hand.py"
    subprocess.run([sys.executable, script, str(COUNT), out], check=True)
    assert find_wrong_sum(iter(out.read_bytes().splitlines()), COUNT) == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"total": 0.31}, "the total is 0.31"),
        ({"refund": 1}, "the total is 0.30"),
        ({"lines": [{"qty": 3, "price": 0.1, "amount": 0.2}]}, "0.2 is not 3 * 0.1"),
    ],
)
def test_wrong_sums_are_found(wrong: dict[str, Any], words: str) -> None:
    line = '{"lines": [{"qty": 3, "price": 0.10, "amount": 0.30}], "total": 0.30, "refund": 0}'
    assert find_wrong_sum(iter([line.encode()]), 1) == ""
    assert "1 orders, not 2" in find_wrong_sum(iter([line.encode()]), 2)
    bad = json.dumps({**json.loads(line), "total": 0.3, **wrong}).replace("0.3,", "0.30,")
    assert words in find_wrong_sum(iter([bad.encode()]), 1)
