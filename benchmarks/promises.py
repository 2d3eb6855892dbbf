"""Takes a workload; gives what its records cost with rules and exclusions, over those without."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from benchmarks import targets
from benchmarks.commands import OURS, give_ours
from benchmarks.rows import Section, make_row
from benchmarks.sections import run_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.commands import Workload
    from benchmarks.rows import Row
    from benchmarks.sections import Settings

_SCENARIOS = "  $scenarios: {positive: {}, negative: {}}\n"
_NEGATIVE_SHARE = 10
"""Negative records are so many times fewer: a fault is sought for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A promise: what stands in the model for it, and how it is kept.

    ``over`` is the key of the variant with whose records its own are compared.
    """

    key: str
    label: str
    lines: str
    scenario: str = "positive"
    over: str = "none"


_RULES = """\
  $rules:
    type: {field: CLM_TYPE_CD, schema: {enum: [P, C, D, R]}}
    state: {field: PRICNG_ZIP_STATE, schema: {enum: [TN, KL, AP]}}
    plan: {field: MBR_PLAN_TYPE_CD, schema: {enum: [PPO, HMO, EPO, POS]}}
"""
_KINDS = """\
  $rules:
    type: {field: CLM_TYPE_CD, schema: {enum: [P, C, D, R]}}
    shape: {field: HCID, schema: {pattern: "^[A-Z]{3}[0-9]{6}$"}}
    amount: {field: CLM_CHRG_AMT, schema: {maximum: 100000}}
    order: {cel: "record.CLM_SEQ_NBR > record.CLM_CHRG_AMT"}
    urgent: {cel: "record.RVW_PRTY_CD != 'URGENT' || record.PAID_CRNCY_CD == 'USD'"}
"""
VARIANTS: dict[str, tuple[Variant, ...]] = {
    "pools": (
        Variant(key="none", label="no rules", lines=""),
        Variant(key="proved", label="3 rules, certain beforehand", lines=_RULES),
        Variant(
            key="cut",
            label="an exclusion that takes a value from a pool",
            lines="  $exclude: {andhra: {PRICNG_ZIP_STATE: AP}}\n",
        ),
        Variant(
            key="joint",
            label="an exclusion of two pools together, 3 % drawn again",
            lines="  $exclude: {both: {PRICNG_ZIP_STATE: AP, CLM_TYPE_CD: D}}\n",
        ),
        Variant(
            key="negative",
            label="negative records, 3 rules in turn",
            lines=_RULES,
            scenario="negative",
        ),
    ),
}
VARIANTS["claims"] = (
    VARIANTS["pools"][0],
    Variant(
        key="proved",
        label="5 rules, certain beforehand",
        lines=_RULES
        + '    shape: {field: HCID, schema: {pattern: "^[A-Z]{3}[0-9]{6}$"}}\n'
        + "    number: {field: CLM_SEQ_NBR, schema: {minimum: 1, maximum: 999999}}\n",
    ),
    *VARIANTS["pools"][2:4],
    Variant(
        key="column",
        label="a bound of a number, 5 % drawn again",
        lines="  $rules: {large: {field: CLM_SEQ_NBR, schema: {minimum: 50000}}}\n",
    ),
    Variant(
        key="order",
        label="an order of a number and an amount",
        lines='  $rules: {order: {cel: "record.CLM_SEQ_NBR > record.CLM_CHRG_AMT"}}\n',
    ),
    Variant(
        key="record",
        label="a pattern that each text is looked at for, 4 % drawn again",
        lines='  $rules: {letter: {field: HCID, schema: {pattern: "^[^A]"}}}\n',
    ),
    VARIANTS["pools"][4],
    Variant(
        key="kinds",
        label="rules on a pool, a pattern, a bound, an order, an implication",
        lines=_KINDS,
    ),
    Variant(
        key="broken",
        label="negative records of these, over positive ones",
        lines=_KINDS,
        scenario="negative",
        over="kinds",
    ),
)


def measure_promises(settings: Settings, workload: Workload) -> Section:
    """Measure each variant of ``workload``, to /dev/null; the ratio is that of one record."""
    variants = VARIANTS[workload.name]
    jobs = []
    for variant in variants:
        spec = _write(settings.folder, workload, variant)
        count = _count(settings, variant)
        jobs.append((variant.key, give_ours(workload, count, spec=spec, scenario=variant.scenario)))
    taken = run_jobs(settings, jobs, f"promises, {workload.name}")
    rows = [
        make_row(OURS, variant.label, _count(settings, variant), taken.measured[variant.key])
        for variant in variants
        if variant.key in taken.measured
    ]
    judged = settings.count >= targets.JUDGED_COUNT
    by_label = {variant.label: variant for variant in variants}
    by_key = {by_label[row.label].key: row for row in rows}
    return Section(
        name="promises",
        workload=workload.name,
        ratio="CPU of a record over none",
        bound="at most",
        rows=tuple(
            _compare(row, by_key[by_label[row.label].over], by_label[row.label].key, judged=judged)
            for row in rows
            if by_label[row.label].over in by_key
        ),
        failed=taken.failed,
        remarks=("a record that breaks a rule is drawn again, and a fault is sought for each one",),
    )


def _compare(row: Row, first: Row, key: str, *, judged: bool) -> Row:
    ratio = (row.cpu_seconds / row.count) / (first.cpu_seconds / first.count)
    target = targets.PROMISES.get(key)
    met = None if target is None or not judged else ratio <= target
    return replace(row, ratio=ratio, target=target, met=met)


def _count(settings: Settings, variant: Variant) -> int:
    is_negative = variant.scenario == "negative"
    return max(1, settings.count // _NEGATIVE_SHARE) if is_negative else settings.count


def _write(folder: Path, workload: Workload, variant: Variant) -> Path:
    """Write the workload's spec with a promise, and return the file."""
    place = folder / f"{workload.name}-{variant.key}"
    place.mkdir(exist_ok=True)
    spec = place / "user_input.yaml"
    text = workload.spec.read_text("utf-8")
    spec.write_text(f"{text.rstrip()}\n{variant.lines}{_SCENARIOS}", "utf-8")
    return spec
