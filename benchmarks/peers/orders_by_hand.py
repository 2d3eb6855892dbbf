"""Takes a count and a file; writes orders of the shop, with random and Decimal by hand."""

# ruff: noqa: S311 - made-up records are no secret

from __future__ import annotations

import json
import random
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

START = datetime(2025, 1, 1)
SECONDS = 181 * 24 * 3600 - 1
DAY = 24 * 3600
DIGITS = "0123456789"
CARDS = 0.75
NINE = 9


def make_order(number: int, products: list[tuple[str, Decimal]]) -> dict[str, Any]:
    """Make one order, whose total is the sum of its lines."""
    status = random.choices(("paid", "shipped", "refunded"), (60, 30, 10))[0]
    placed = START + timedelta(seconds=random.randint(0, SECONDS))
    shipped = placed + timedelta(seconds=random.randint(DAY, 5 * DAY))
    lines = []
    for place, (sku, price) in enumerate(random.sample(products, random.randint(1, 4)), 1):
        qty = random.randint(1, 5)
        lines.append({"line": place, "sku": sku, "price": price, "qty": qty, "amount": qty * price})
    total = sum(line["amount"] for line in lines)
    refund = Decimal(random.randint(1, int(total * 100))) / 100 if status == "refunded" else 0
    return {
        "id": f"O{number:06}",
        "customer": f"C{random.randint(1, 8):04}",
        "status": status,
        "placed": placed.isoformat(),
        "shipped": shipped.isoformat() if status == "shipped" else None,
        "lines": lines,
        "total": total,
        "refund": refund,
        "payment": make_payment(),
    }


def make_payment() -> dict[str, str]:
    """Make a card, whose number has a check digit, or a transfer."""
    if random.random() < CARDS:
        digits = "4" + "".join(random.choices(DIGITS, k=14))
        return {"kind": "card", "number": digits + luhn(digits)}
    account = "".join(random.choices(DIGITS, k=18))
    check = 98 - int(account + "131400") % 97
    return {"kind": "transfer", "iban": f"DE{check:02}{account}"}


def luhn(digits: str) -> str:
    """Return the check digit of ``digits``."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - NINE if value > NINE else value
    return str(-total % 10)


def main() -> None:
    """Write the orders."""
    count, path = int(sys.argv[1]), Path(sys.argv[2])
    products = [
        (f"SKU-{number:04}", Decimal(random.randint(200, 9000)) / 100) for number in range(101, 113)
    ]
    with path.open("w", encoding="utf-8") as out:
        for number in range(1, count + 1):
            order = make_order(number, products)
            out.write(json.dumps(order, default=float, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
