"""YAML that people wrote, migrated: what need not change stays as it stands."""

from __future__ import annotations

import difflib

import pytest

from mockgen_watch.migrations.migrate import MigrationOptions, migrate_user_input

SCHEMA = "s.json"

SECTIONS = """\
%YAML 1.2
---   # the start
# Claims, as of May
Edit_1:            # the usual ones
     state:   'TN'      # quotes stay
     # two that go together
     name: &people "Asha,Bala"    # people

     mail:
       - a@x.in   # the first
       - b@x.in
     codes: [ "00501",  'x' , "7" ]
     note: >-
       folded
       text

Model_7:   # a model, in its own style
      keep:   [ a,   b ]   # as it is
      more: *people
Edit_2: {state: KL, name: *people}   # the others
# the end
"""

KEPT = """\
Model_7:   # a model, in its own style
      keep:   [ a,   b ]   # as it is
"""


def migrated(text: str, **wishes: str) -> str:
    done = migrate_user_input("old.yaml", text.encode(), MigrationOptions(schema=SCHEMA, **wishes))  # type: ignore[arg-type]
    assert not done.has_failed, done.diagnostics
    assert done.new is not None
    return done.new


def changed_lines(old: str, new: str) -> tuple[list[str], list[str]]:
    diff = list(difflib.ndiff(old.splitlines(), new.splitlines()))
    gone = [line[2:] for line in diff if line.startswith("- ")]
    added = [line[2:] for line in diff if line.startswith("+ ")]
    return gone, added


SUFFIXES = """\
# who: the claims team
Model_1:
    # odd indentation, and quotes of both kinds
    name:  [ 'Asha',  "Bala" ]   # two people
    city: &home
      - Chennai
      - "Kovai"   # in quotes
    home: *home

    detail:
      - {code: [a, b], unit: 1}

# what must not pass
Model_1_NEGATIVE:   # three of them
  # none of these
  name: ["", 123]   # wrong
  city:
    - Chennai
    - Kovai
Other:
   - not a model
Model_2: {x: [1]}
"""


def test_suffix_sections_move_and_all_else_stays() -> None:
    new = migrated(SUFFIXES)
    gone, added = changed_lines(SUFFIXES, new)
    assert gone == [
        "# what must not pass",
        "Model_1_NEGATIVE:   # three of them",
        "  # none of these",
        '  name: ["", 123]   # wrong',
        "  city:",
        "    - Chennai",
        "    - Kovai",
        "Other:",
        "   - not a model",
    ]
    assert [line.strip() for line in added] == [
        "$schema: s.json",
        "$scenarios:",
        "# what must not pass",
        "negative:  # three of them",
        "# none of these",
        'name: ["", 123]   # wrong',
        "# not carried over (line 20): Other:",
        "#      - not a model",
    ]


def test_models_beside_sections_keep_every_character() -> None:
    text = SECTIONS.replace("      more: *people\n", "")
    assert KEPT in migrated(text)


def test_lines_of_the_first_section_that_need_not_change_stay() -> None:
    new = migrated(SECTIONS.replace("      more: *people\n", ""))
    assert "     state:   'TN'      # quotes stay\n" in new
    assert '     codes: [ "00501",  \'x\' , "7" ]\n' in new.replace("         codes", "     codes")
    assert new.startswith("%YAML 1.2\n---   # the start\n$schema: s.json\n# Claims, as of May\n")


def test_every_comment_has_a_place() -> None:
    text = SECTIONS.replace("      more: *people\n", "")
    new = migrated(text)
    for comment in (
        "# the start", "# Claims, as of May", "# the usual ones", "# quotes stay", "# people",
        "# two that go together", "# the first", "# a model, in its own style", "# as it is",
        "# the others", "# the end",
    ):  # fmt: skip
        assert new.count(comment) == 1, comment


def test_an_alias_whose_anchor_goes_is_written_out() -> None:
    new = migrated(SECTIONS)
    assert "*people" not in new
    assert '  more: "Asha,Bala"\n' in new
    assert new.count("# as it is") == 1


ANCHORS = """\
Model_1: &whole
     name:   [ 'Asha', "Bala" ]      # names
     city: &c
       - Chennai
       - Kovai  # end

MODEL_1_POSITIVE: *whole
# three
model_1_Negative:
  city: *c     # the same
  town: *c     # another field
  name: [""]
Model_2:
  town: *c
Model_3: *whole
"""


def test_anchors_and_aliases_stay_where_they_still_mean_the_same() -> None:
    gone, added = changed_lines(ANCHORS, migrated(ANCHORS))
    assert gone == [
        "MODEL_1_POSITIVE: *whole",
        "# three",
        "model_1_Negative:",
        "  city: *c     # the same",
        "  town: *c     # another field",
        '  name: [""]',
        # With the scenarios in it, the anchor would stand for more than it did.
        "Model_3: *whole",
    ]
    assert [line.strip() for line in added] == [
        "$schema: s.json",
        "$scenarios:",
        "positive: {}",
        "# three",
        "negative:",
        "town: *c     # another field",
        'name: [""]',
        "# the same",
        "Model_3:",
        "name: [Asha, Bala]",
        "city: [Chennai, Kovai]",
    ]


def test_a_model_in_braces_with_an_anchor_gets_its_scenarios() -> None:
    new = migrated("Model_1: &m {a: [1, 2]}  # one\nModel_1_negative: {a: ['']}\nModel_2: *m\n")
    assert new == (
        "$schema: s.json\n# one\nModel_1:\n  a: [1, 2]\n  $scenarios:\n"
        '    negative:\n      a: [""]\nModel_2:\n  a: [1, 2]\n'
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(newline: str) -> None:
    text = "Edit_1:\n  name: Asha,Bala\n  city: x\n".replace("\n", newline)
    new = migrated(text)
    assert new.count("\n") == new.count(newline)


def test_a_field_that_needs_no_change_is_the_same_line() -> None:
    text = "Edit_1:\n   a:  'x'   # one\n   b: [ x,  y ]\n   c: \"p,q,r\"   # three\n"
    assert migrated(text) == (
        "$schema: s.json\nModel_1:\n   a:  'x'   # one\n   b: [ x,  y ]\n   c: [p, q, r]  # three\n"
    )


UNCHANGED = {
    "a spec": "$schema: x\nModel_1:\n  a: [1,   2]\n  $scenarios: {positive: {}}\n",
    "a spec without a directive at its top": "Model_1: {a: {$pattern: x}}\nModel_1_positive: {}\n",
    "models alone": "Model_1:\n   a:   [x]\n",
    "an overlay of a spec": "$seed: 1\nModel_1: {a: [x]}\nModel_1_Negative: {a: ['']}\n",
}


@pytest.mark.parametrize("text", UNCHANGED.values(), ids=UNCHANGED)
def test_what_is_a_spec_already_stays(text: str) -> None:
    done = migrate_user_input("spec.yaml", text.encode(), MigrationOptions(schema=SCHEMA))
    assert (done.new, done.diagnostics) == (None, ())


def test_an_older_spec_may_become_json() -> None:
    new = migrated("Edit_1: {a: 'x,y', b: 1.50}  # lost with the language\n", language="json")
    assert new == (
        '{\n  "$schema": "s.json",\n  "Model_1": {\n    "a": ["x", "y"],\n    "b": "1.5"\n  }\n}\n'
    )
