"""Scenarios with names of their own keep the rules, and may have negative twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockgen_watch.api import Specs
from mockgen_watch.errors import FindingsError

if TYPE_CHECKING:
    from mockgen_watch.api import Records

SPEC = """
M:
  $count: 40
  status: {$weighted: {paid: 70, shipped: 20}}
  total: {$number: [1, 100]}
  refund: 0
  $rules:
    le: {cel: "record.refund <= record.total"}
    known: {field: status, schema: {enum: [paid, shipped, refunded]}}
  $exclude: {big: {total: {min: 90}}}
  $scenarios:
    positive: {}
    negative: {}
    refunds: {status: refunded, refund: {$number: [1, 100]}}
    negative_refunds: {$negative_of: refunds, status: [void]}
    two_faults: {$negative_of: refunds, $faults: 2}
    junk: {$keeps: nothing, status: zz}
    mixed: {$mix: {refunds: 50, negative_refunds: 50}}
"""


def records_of(name: str, text: str = SPEC) -> Records:
    return Specs.of(text).records(f"M/{name}", exact=True)


@pytest.mark.parametrize("name", ["positive", "refunds"])
def test_valid_scenarios_keep_rules_and_exclusions(name: str) -> None:
    for record in records_of(name):
        assert record["refund"] <= record["total"] < 90
        assert record["status"] == "refunded" if name == "refunds" else record["refund"] == 0


def test_one_that_keeps_nothing_has_no_promise_and_no_label() -> None:
    records = records_of("junk")
    assert {record["status"] for record in records} == {"zz"}
    assert max(record["total"] for record in records) > 90
    assert not records._source.is_promised


@pytest.mark.parametrize(
    ("name", "twin"), [("negative", "positive"), ("negative_refunds", "refunds")]
)
def test_negative_records_are_twins_that_break_one_rule(name: str, twin: str) -> None:
    records, twins = records_of(name), records_of(twin)
    rules = set()
    for index, record in enumerate(records):
        label = records._source.label_at(index)
        assert label.scenario == name
        (fault,) = label.faults
        rules.add(fault.rule)
        other = twins.at(index)
        changed = {key for key in {**record, **other} if record.get(key) != other.get(key)}
        assert changed == {place[0] for place in fault.places if place}
    assert rules == {"le", "known"}
    if name == "negative_refunds":
        assert any(record.get("status") == "void" for record in records)


MASTER = '{"payload": {"total": 5}}'


def test_a_wrong_type_in_the_overlay_of_a_negative_twin_is_on_purpose() -> None:
    spec = SPEC.replace("refunds, status: [void]", "refunds, total: [none, few]")
    records = Specs.of(spec, MASTER).records("M/negative_refunds", exact=True)
    assert {"none", "few"} <= {record["payload"].get("total") for record in records}
    spec = SPEC.replace("refunds: {status", "refunds: {total: [none, few], status")
    with pytest.raises(FindingsError) as caught:
        Specs.of(spec, MASTER).records("M/refunds", exact=True)
    assert {"MG304"} <= {item.code for item in caught.value.diagnostics}


def test_a_twin_has_the_fields_that_its_scenario_adds() -> None:
    spec = SPEC.replace("refunds: {status", "refunds: {why: [late, torn], status").replace(
        "refunds, status: [void]", 'refunds, note: {$template: "sent back: {why}"}'
    )
    refunds, twins = records_of("refunds", spec), records_of("negative_refunds", spec)
    for index in range(20):
        twin = twins.at(index)
        assert twin["why"] == refunds.at(index)["why"]
        assert twin.get("note", f"sent back: {twin['why']}") == f"sent back: {twin['why']}"


@pytest.mark.parametrize("scenario", ["twins: {$negative_of: a}", "twins: {$negative_of: b}"])
def test_without_rules_nothing_can_be_broken(scenario: str) -> None:
    spec = f"M: {{x: [1, 2], $scenarios: {{a: {{}}, b: {{x: 3}}, {scenario}}}}}"
    with pytest.raises(FindingsError) as caught:
        records_of("twins", spec)
    (found,) = caught.value.diagnostics
    assert (found.code, found.hint) == ("MG403", "add $rules, or remove $negative_of")


@pytest.mark.parametrize("directive", ["$keeps: nothing", "$negative_of: refunds"])
def test_a_mix_promises_what_its_parts_do(directive: str) -> None:
    spec = SPEC.replace("mixed: {", f"smoke: {{{directive}, ")
    with pytest.raises(FindingsError) as caught:
        records_of("positive", spec)
    assert "MG204" in {item.code for item in caught.value.diagnostics}


def test_several_faults_and_a_mix() -> None:
    records = records_of("two_faults")
    assert {len(records._source.label_at(index).faults) for index in range(10)} == {2}
    mixed, refunds, negative = (
        records_of(name) for name in ("mixed", "refunds", "negative_refunds")
    )
    for index, record in enumerate(mixed):
        part = refunds if mixed.scenario_of(index) == "refunds" else negative
        assert record == part.at(index)


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (
            "$negative_of: refunds,",
            "$negative_of: refunds2,",
            "MG216",
            'no scenario "refunds2"',
        ),
        ("$negative_of: refunds,", "$negative_of: mixed,", "MG216", "is a mix"),
        ("$negative_of: refunds,", "$negative_of: junk,", "MG216", "have no negative twins"),
        ("$negative_of: refunds,", "$negative_of: negative,", "MG216", "have no negative twins"),
        ("positive: {}", "positive: {$keeps: nothing}", "MG204", "with other names"),
        ("junk: {$keeps: nothing,", "junk: {$keeps: all,", "MG202", "unknown value"),
        ("junk: {", "junk: {$faults: 2, ", "MG204", "negative scenarios"),
        (
            "$negative_of: refunds,",
            "$negative_of: refunds, $keeps: nothing,",
            "MG204",
            "be combined with",
        ),
        (
            "$negative_of: refunds,",
            "$negative_of: refunds, $records: {0: {total: 3}},",
            "MG204",
            "refunds",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(old: str, new: str, code: str, words: str) -> None:
    with pytest.raises(FindingsError) as caught:
        records_of("positive", SPEC.replace(old, new, 1))
    found = [item for item in caught.value.diagnostics if words in item.message]
    assert [item.code for item in found] == [code]
