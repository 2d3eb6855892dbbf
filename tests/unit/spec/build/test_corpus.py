"""Every spec of the corpus: the right ones build, the others get one diagnostic at their line."""

from __future__ import annotations

import pytest

from tests.unit.spec.corpus import BROKEN, GOOD, Broken, Good
from tests.unit.spec.reading import findings, misfits


@pytest.mark.parametrize("good", GOOD, ids=lambda item: item.name)
def test_a_right_spec_has_no_findings(good: Good) -> None:
    assert [str(item) for item in findings(good.text, good.kind)] == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda item: f"{item.kind}-{item.name}")
def test_one_fault_gives_one_diagnostic_at_its_line(broken: Broken) -> None:
    found = findings(broken.text, broken.kind)
    assert [(item.code, item.location.line) for item in found] == [(broken.code, broken.line)], [
        str(item) for item in found
    ]
    assert broken.hint in found[0].hint


@pytest.mark.parametrize("good", GOOD, ids=lambda item: item.name)
def test_a_right_spec_meets_its_schema(good: Good) -> None:
    assert misfits(good.text, good.kind) == []


@pytest.mark.parametrize("broken", BROKEN, ids=lambda item: f"{item.kind}-{item.name}")
def test_the_schema_sees_what_the_builder_sees(broken: Broken) -> None:
    found = misfits(broken.text, broken.kind)
    if broken.blind:
        assert found == [], f"no longer blind to this: {broken.blind}"
    else:
        assert found
        assert broken.line in {line for line, _ in found}
