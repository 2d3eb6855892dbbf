"""The page on the spec format: every example is a spec, and no directive is missing."""

from __future__ import annotations

import re

import pytest

from mockgen_watch.spec.build.project import PROJECT_KEYS
from mockgen_watch.spec.build.ranges import DISTRIBUTION_PARAMS
from mockgen_watch.spec.build.reader import PLACES
from mockgen_watch.spec.model import ConflictPolicy, Coverage, Layout, MergeKind, Transform
from mockgen_watch.spec.moments import DATE_TEXTS, TIME_TEXTS
from tests.unit.spec.reading import FORMATS, ROOT, findings, misfits, pool_of

PAGE = (ROOT / "docs" / "reference" / "spec-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r'^```yaml(?: title="(\w+)")?\n(.*?)^```', PAGE, re.MULTILINE | re.DOTALL)
IDS = [f"{kind or 'user_input'}-{number}" for number, (kind, _) in enumerate(EXAMPLES)]
WORDS = {
    *(name for names in PLACES.values() for name in names),
    *PROJECT_KEYS,
    *DISTRIBUTION_PARAMS,
    *(name for names in DISTRIBUTION_PARAMS.values() for name in names),
    *FORMATS,
    *(option.name for form in FORMATS.values() for option in form.options),
    *(word for kind in (ConflictPolicy, Coverage, Layout, Transform) for word in kind),
    *(kind for kind in MergeKind if kind is not MergeKind.BY_KEY),
    *(f"%{letter}" for letter in (*DATE_TEXTS, *TIME_TEXTS)),
    *("min", "max", "step", "decimals", "from", "to", "format", "start", "width", "prefix"),
    *("model", "field", "scenario", "suite", "$weight", "$fields", "$values", "conforms"),
}


@pytest.mark.parametrize(("kind", "text"), EXAMPLES, ids=IDS)
def test_every_example_is_a_spec_without_faults(kind: str, text: str) -> None:
    if kind == "vocabulary":
        assert pool_of(text).entries
        return
    kind = kind or "user_input"
    assert [str(item) for item in findings(text, kind)] == []
    assert misfits(text, kind) == []


@pytest.mark.parametrize("word", sorted(WORDS))
def test_the_page_has_every_word_of_the_format(word: str) -> None:
    assert re.search(rf"`[^`\n]*(?<![\w-]){re.escape(word)}(?![\w-])[^`\n]*`", PAGE)
