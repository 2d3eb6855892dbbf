"""Rules: how each rule is kept, and which faults can break it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_json, add_suites
from mockgen_watch.cli.running import open_selected, print_findings, print_result
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.plan.model import Selection
from mockgen_watch.scenarios.faults.breaker import NOTHING_OF_THIS_KIND, ONE_IS_ENOUGH
from mockgen_watch.scenarios.promised import ModelReport, RuleReport, report_model
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    import argparse


EXAMPLES: Final = """examples:
  mockgen-watch rules              how each rule is kept, and which faults break only it
  mockgen-watch rules claims -v    with the kinds of fault that do not apply
  mockgen-watch rules --json       for programs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    parser.add_argument("--model", metavar="M", help="this model only")
    add_json(parser, "the rules")


def run(options: argparse.Namespace) -> int:
    project = open_selected(options)
    selection = Selection(models=(options.model,) if options.model else ())
    request = Request(suites=tuple(options.suites), selection=selection)
    plans, diagnostics = select_plans(project, request)
    print_findings(project, diagnostics, options)
    by_model = groupby(plans, key=lambda plan: (plan.suite, plan.model))
    sources = project.suites.record_sources
    found = [report_model(group, lambda plan: sources.of(plan).parts[0]) for _, group in by_model]
    reports = [report for report in found if report is not None]
    texts = [_text(report, is_verbose=options.verbose) for report in reports]
    text = "\n\n".join(texts) or "no model has rules or exclusions"
    print_result(options, list(map(_data, reports)), [text])
    return ExitCode.DONE


def _data(report: ModelReport) -> dict[str, object]:
    return {
        "suite": report.suite,
        "model": report.model,
        "rules": [
            {
                "rule": rule.name,
                "location": str(rule.location),
                "certain": rule.is_certain,
                "faults": list(rule.kinds),
                "impossible": dict(rule.impossible),
            }
            for rule in report.rules
        ],
        "exclusions": [
            {"exclusion": name, "certain": is_certain}
            for name, is_certain in report.clauses.items()
        ],
    }


def _text(report: ModelReport, *, is_verbose: bool) -> str:
    lines = [f"{report.suite}/{report.model}"]
    for rule in report.rules:
        lines += _rule_lines(rule, is_verbose=is_verbose)
    for name, is_certain in report.clauses.items():
        lines.append(f"  exclusion {name}: {_kept(is_certain=is_certain)}")
    return "\n".join(map(escape_for_terminal, lines))


def _rule_lines(rule: RuleReport, *, is_verbose: bool) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for kind, reason in rule.impossible.items():
        if is_verbose or reason not in {NOTHING_OF_THIS_KIND, ONE_IS_ENOUGH}:
            by_reason.setdefault(reason, []).append(kind)
    return [
        f"  {rule.name}: {_kept(is_certain=rule.is_certain)}",
        f"    broken by {', '.join(rule.kinds) or 'no negative record'}",
        *(f"    not broken by {', '.join(kinds)}: {reason}" for reason, kinds in by_reason.items()),
    ]


def _kept(*, is_certain: bool) -> str:
    return "guaranteed when the plan is made" if is_certain else "checked on each record"
