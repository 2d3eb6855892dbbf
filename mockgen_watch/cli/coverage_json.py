"""Takes a report on coverage; gives it as plain data, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.values import plain_json

if TYPE_CHECKING:
    from mockgen_watch.cli.values import PlainJson
    from mockgen_watch.scenarios.measuring import Measured, StrengthCount
    from mockgen_watch.scenarios.odds import Odds
    from mockgen_watch.workflow.coverage import CoverageReport, OutputCoverage, Overlap


def coverage_data(report: CoverageReport) -> dict[str, object]:
    """Return what ``coverage --json`` writes."""
    return {
        "version": 1,
        "outputs": [_output(output) for output in report.outputs],
        "overlaps": [_overlap(each) for each in report.overlaps],
    }


def _output(output: OutputCoverage) -> dict[str, object]:
    measured = output.measured
    return {
        "suite": output.plan.suite,
        "model": output.plan.model,
        "scenario": output.plan.scenario,
        "records": output.plan.count,
        "looked_at": output.records,
        "twins": output.is_twins,
        "mix": bool(output.plan.mix),
        "asked": output.plan.records.coverage.strength.value,
        "designs": [
            {
                "name": covered.name,
                "strength": covered.plan.coverage.strength.value,
                "records": len(covered.design.rows),
                "needed": covered.needed,
                "kept": covered.design.kept,
                "combinations": covered.design.combinations,
                "impossible": covered.design.impossible,
                "not_found": covered.design.not_found,
            }
            for covered in output.designs
        ],
        "parameters": [] if measured is None else _parameters(measured),
        "coverage": []
        if measured is None
        else [_strength(strength) for strength in measured.strengths],
        "cases": None if measured is None else measured.cases,
        "cases_are_a_bound": measured is not None and measured.is_bound,
        "all_cases": None if measured is None else measured.all_cases,
        "odds": [_odds(odds) for odds in output.odds],
    }


def _parameters(measured: Measured) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    number = 0
    for parameter, counts in zip(measured.parameters, measured.counts, strict=True):
        values: list[dict[str, object]] = []
        for value, count in zip(parameter.values, counts, strict=True):
            if not value.is_hidden:
                can_be = number in measured.singles
                values.append({"name": plain_json(value.name), "records": count, "can_be": can_be})
            number += 1
        found.append({"field": parameter.label, "values": values})
    return found


def _strength(count: StrengthCount) -> dict[str, object]:
    missing: list[dict[str, PlainJson]] = [
        {label: plain_json(name) for label, name in each} for each in count.missing
    ]
    return {
        "strength": count.strength.value,
        "combinations": count.combinations,
        "possible": count.possible,
        "covered": count.covered,
        "share": count.share,
        "missing": missing,
    }


def _odds(odds: Odds) -> dict[str, object]:
    return {
        "field": odds.field,
        "of": plain_json(odds.of),
        "is_word": odds.is_word,
        "declared": odds.declared,
        "settled": odds.settled,
        "observed": odds.observed,
        "hits": odds.hits,
        "trials": odds.trials,
        "low": odds.low,
        "high": odds.high,
        "outside": odds.is_outside,
        "ruled": odds.is_ruled,
    }


def _overlap(overlap: Overlap) -> dict[str, object]:
    return {
        "suite": overlap.suite,
        "model": overlap.model,
        "scenarios": [overlap.first, overlap.second],
        "promised_apart": overlap.is_promised,
        "example": plain_json(overlap.example),
        "records_in_both": overlap.shared,
    }
