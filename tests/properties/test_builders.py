"""Whatever a file holds, the builders answer with a spec or with diagnostics that have a place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.spec.build.master import build_master
from mockgen_watch.spec.build.pools import build_vocabulary, vocabulary_names
from mockgen_watch.spec.build.project import PROJECT_KEYS, build_project
from mockgen_watch.spec.build.reader import PLACES
from mockgen_watch.spec.build.user_input import build_user_input
from mockgen_watch.spec.parse import parse
from tests.unit.spec.reading import FORMATS, context_of

if TYPE_CHECKING:
    from mockgen_watch.diagnostics import Diagnostic

Data: TypeAlias = "None | bool | int | float | str | list[Data] | dict[str, Data]"

CONTEXT = context_of()
DIRECTIVES = sorted({name for names in PLACES.values() for name in names} | {"$weight", "$values"})
PARAMS = ["min", "max", "step", "decimals", "distribution", "mean", "sd", "mode", "from", "to"]
PARAMS += ["format", "start", "width", "prefix", "model", "field", "scenario", "layout", "schema"]
FIELDS = ["a", "b", "A", "$$x", "", "a.b", "positive", "M", "M_positive", "m_NEGATIVE"]
KEYS = st.sampled_from([*DIRECTIVES, *DIRECTIVES, *PARAMS, *FIELDS, *PROJECT_KEYS])
WORDS = (
    "a {a} { {.b} M.a M.b.c x:M.a [A-Z] ( 2025-01-01 %Y normal uniform poisson first_name us_city"
)
WORDS += " json csv lower each by-key(a) /a /~ a..b ../x CON element positive \ud7ff é"
TEXTS = st.sampled_from(["", *WORDS.split()])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES: st.SearchStrategy[Data] = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=24,
)
FILES = st.one_of(
    VALUES,
    st.dictionaries(st.sampled_from(["M", "N", "M_positive", "$output"]), VALUES, max_size=3),
    st.fixed_dictionaries({"M": st.dictionaries(KEYS, VALUES, max_size=4)}),
)


def check(found: list[Diagnostic], text: str) -> None:
    lines = text.count("\n") + 1
    assert all(1 <= item.location.line <= lines for item in found)
    assert all(item.message and not item.message.endswith(".") for item in found)
    assert len({(item.code, item.location, item.message) for item in found}) == len(found)


@given(FILES)
def test_any_data_is_a_spec_or_has_errors(data: Data) -> None:
    text = json.dumps(data, indent=1)
    document = parse("specs/x/user_input.json", text.encode())
    if document.root is None:
        return
    for build in (build_user_input, build_master):
        built, found = build(document, CONTEXT)
        assert (built is None) == has_errors(found)
        check(found, text)
    check(build_project(document, FORMATS)[1], text)
    pool, found = build_vocabulary(document)
    assert (pool is None) == has_errors(found)
    check(found, text)
    assert all(place.line <= text.count("\n") + 1 for _, place in vocabulary_names(document))
