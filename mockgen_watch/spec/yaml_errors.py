"""Takes what the YAML parser complains of; gives a diagnostic at the line that is to be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.spec.yaml_brackets import judge_brackets
from mockgen_watch.spec.yaml_lines import judge_lines
from mockgen_watch.spec.yaml_tokens import judge_token
from mockgen_watch.spec.yaml_verdict import Verdict

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Source
    from mockgen_watch.spec.parse import Findings
    from mockgen_watch.spec.yaml_events import YamlSyntaxError


def report_syntax_error(error: YamlSyntaxError, source: Source, findings: Findings) -> None:
    """Report ``error`` in this project's words; the parser's own stand in for what is rare.

    The parser says where it could not go on. That is often below the fault: a quote, a bracket or
    a colon that is missing is noticed when a later line does not fit.
    """
    place = min(error.place, len(source.text.rstrip()))
    verdict = (
        judge_token(error, source)
        or judge_lines(error, source)
        or judge_brackets(error, source)
        or Verdict(message=f"the YAML cannot be read: {error.problem}", start=place, end=place + 1)
    )
    related = []
    if verdict.opened >= 0:
        related.append(findings.place("opened here", verdict.opened, verdict.opened + 1))
    findings.error(
        "MG103", verdict.message, verdict.start, verdict.end, hint=verdict.hint, related=related
    )
