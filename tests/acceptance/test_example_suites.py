"""The shop and the appointments of ``specs/``: what they promise, judged without the program."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from stdnum import ean, iban, luhn

OUTPUTS = Path(__file__).resolve().parents[2] / "mock_outputs"
CENT = Decimal("0.01")


def records(name: str) -> list[dict[str, Any]]:
    text = (OUTPUTS / f"{name}.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return found


def labels(name: str) -> list[dict[str, Any]]:
    text = (OUTPUTS / f"{name}.labels.ndjson").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def wrong_in(order: dict[str, Any]) -> set[str]:
    """Return the rules of the shop that an order breaks; one that cannot be judged is broken."""
    rules: dict[str, Any] = {
        "total-is-the-sum": lambda: order["total"] == sum(x["amount"] for x in order["lines"]),
        "refund-at-most-the-total": lambda: order["refund"] <= order["total"],
        "shipped-after-placed": lambda: (
            order["shipped"] is None
            or datetime.fromisoformat(order["shipped"]) > datetime.fromisoformat(order["placed"])
        ),
        "five-of-a-kind": lambda: all(1 <= x.get("qty", 1) <= 5 for x in order["lines"]),
        "known-status": lambda: order.get("status") in {"paid", "shipped", "refunded", None},
        "payment.number-luhn": lambda: luhn.is_valid(order["payment"].get("number", "0")),
        "payment.iban-iban": lambda: iban.is_valid(
            order["payment"].get("iban", "DE89370400440532013000"), check_country=False
        ),
    }
    found = set()
    for name, holds in rules.items():
        try:
            is_right = holds()
        except (KeyError, TypeError, ValueError):
            is_right = False
        if not is_right:
            found.add(name)
    return found


@pytest.mark.parametrize("scenario", ["positive", "guest", "refunds"])
def test_right_orders_add_up(scenario: str) -> None:
    products = {each["sku"]: each["price"] for each in records("shop/Product/base")}
    customers = {each["id"] for each in records("shop/Customer/base")}
    orders = records(f"shop/Order/{scenario}")
    for order in orders:
        assert not wrong_in(order)
        assert order["customer"] in customers or (order["customer"] is None)
        skus = [line["sku"] for line in order["lines"]]
        assert len(set(skus)) == len(skus)
        for place, line in enumerate(order["lines"], 1):
            assert line["line"] == place
            assert line["price"] == products[line["sku"]]
            assert line["amount"] == line["qty"] * line["price"]
            assert line["amount"] % CENT == 0
        assert (order["refund"] > 0) is (order["status"] == "refunded")
        assert (order["shipped"] is not None) is (order["status"] == "shipped")
        if order["shipped"]:
            way = datetime.fromisoformat(order["shipped"]) - datetime.fromisoformat(order["placed"])
            assert timedelta(days=1) <= way <= timedelta(days=5)
    assert (scenario == "guest") is all(order["customer"] is None for order in orders)
    assert (scenario == "refunds") is all(order["status"] == "refunded" for order in orders)


@pytest.mark.parametrize("scenario", ["negative", "negative_refunds"])
def test_a_wrong_order_breaks_the_rule_on_its_label(scenario: str) -> None:
    orders, told = records(f"shop/Order/{scenario}"), labels(f"shop/Order/{scenario}")
    assert len(orders) == len(told) > 5
    for order, label in zip(orders, told, strict=True):
        assert wrong_in(order) == {label["rule"]}
    assert len({label["rule"] for label in told}) >= 5


def test_products_and_mails() -> None:
    assert all(ean.is_valid(each["ean"]) for each in records("shop/Product/base"))
    for each in records("shop/Customer/base"):
        assert each["mail"].startswith(each["first"].lower())


def test_no_room_has_two_visits_at_a_time() -> None:
    patients = {each["id"]: each for each in records("appointments/Patient/base")}
    visits = records("appointments/Visit/positive")
    rooms: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for visit in visits:
        begin, end = (datetime.fromisoformat(visit[name]) for name in ("at", "until"))
        assert end - begin == timedelta(minutes=int(visit["minutes"]))
        rooms[visit["room"]].append((begin, end))
        born = date.fromisoformat(patients[visit["patient"]]["born"])
        assert visit["born"] == born.isoformat()
        day = begin.date()
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        assert visit["age"] == age
        assert (visit["guardian"] is not None) is (age < 18)
    assert len(rooms) == 3
    for spans in rooms.values():
        for (_, before), (after, _) in pairwise(sorted(spans)):
            assert before <= after
    # Each patient has one to three, in a row and in order.
    assert {each["patient"] for each in visits} == patients.keys()
    assert all(1 <= many <= 3 for many in Counter(each["patient"] for each in visits).values())
    for one, other in pairwise(visits):
        assert one["at"] < other["at"]
        if one["patient"] == other["patient"]:
            assert other["visit"] == one["visit"] + 1
