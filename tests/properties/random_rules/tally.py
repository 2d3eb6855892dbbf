"""Counts what became of random specs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.properties.random_rules.trial import Verdict

MOST_REFUSED = 0.01
"""Of the specs that can be satisfied, the share that may be refused."""

FACTS = {
    "tried": "specs tried",
    "satisfiable": "of them, specs that can be satisfied (z3)",
    "generated": "… generated",
    "refused": "… refused, though they can be satisfied",
    "impossible": "specs that cannot be satisfied",
    "accepted": "… generated nevertheless",
    "unknown": "specs of which the solver knows nothing",
    "breakable": "generated specs with a rule that a record can break alone (z3)",
    "negative": "… with negative records",
    "unbroken": "rules that can be broken alone, of which no negative record is made",
    "wrong positives": "specs with wrong positive records",
    "wrong negatives": "specs with wrong negative records",
    "late": "specs refused late",
}


class Tally:
    """The sums over all specs so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    @property
    def tried(self) -> int:
        """How many specs were tried."""
        return self.counts["tried"]

    @property
    def is_wrong(self) -> bool:
        """Whether a promise of the program is not kept."""
        wrong = ("wrong positives", "wrong negatives", "late", "accepted")
        most = MOST_REFUSED * self.counts["satisfiable"]
        return any(self.counts[name] for name in wrong) or self.counts["refused"] > most

    def add(self, verdict: Verdict) -> list[str]:
        """Count a verdict; return a line for each thing that should not be."""
        counts = self.counts
        found = {
            "tried": True,
            "satisfiable": verdict.satisfiable is True,
            "generated": verdict.satisfiable is True and verdict.is_made,
            "refused": verdict.satisfiable is True and not verdict.is_made,
            "impossible": verdict.satisfiable is False,
            "accepted": verdict.satisfiable is False and verdict.is_made,
            "unknown": verdict.satisfiable is None,
            "breakable": verdict.is_made and bool(verdict.breakable),
            "negative": verdict.is_broken and bool(verdict.breakable),
            "wrong positives": bool(verdict.wrong_positives),
            "wrong negatives": bool(verdict.wrong_negatives),
            "late": verdict.is_late,
        }
        counts.update(name for name, is_so in found.items() if is_so)
        counts["unbroken"] += len(verdict.unbroken)
        said = [name for name in ("refused", "accepted", "late") if found[name]]
        lines = [f"seed {verdict.seed}: {name}: {verdict.words.strip()[:400]}" for name in said]
        if verdict.is_made and verdict.breakable and not verdict.is_broken:
            lines.append(f"seed {verdict.seed}: no negative: {verdict.words.strip()[:400]}")
        if verdict.unbroken:
            lines.append(f"seed {verdict.seed}: unbroken: {sorted(verdict.unbroken)}")
        wrong = [*verdict.wrong_positives[:2], *verdict.wrong_negatives[:2]]
        return lines + [f"seed {verdict.seed}: WRONG {each}" for each in wrong]

    def line(self) -> str:
        """Return the counts in one line."""
        return ", ".join(f"{name} {self.counts[name]}" for name in FACTS)

    def table(self) -> str:
        """Return the counts with what they mean, a line each."""
        share = self.counts["refused"] / max(1, self.counts["satisfiable"])
        lines = [f"{self.counts[name]:>7}  {words}" for name, words in FACTS.items()]
        return (
            "\n".join([*lines, f"{share:>7.2%}  of the specs that can be satisfied are refused"])
            + "\n"
        )
