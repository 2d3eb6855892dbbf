"""The journal's lines."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.lock.lockfile import JournalEntry, decode_entries, encode_entries

entries = st.builds(
    JournalEntry,
    suite=st.text(max_size=5),
    path=st.text(max_size=20),
    digest=st.text(max_size=20),
    key=st.text(max_size=20),
)


@given(st.lists(st.lists(entries, max_size=3), max_size=3))
def test_what_is_appended_is_read_back_in_order(groups: list[list[JournalEntry]]) -> None:
    data = b"".join(encode_entries(group) for group in groups)
    assert decode_entries(data) == tuple(entry for group in groups for entry in group)


@given(
    st.lists(entries, min_size=1, max_size=3), st.lists(entries, max_size=3), st.integers(1, 10_000)
)
def test_a_torn_end_costs_no_entry_but_its_own(
    first: list[JournalEntry], then: list[JournalEntry], cut: int
) -> None:
    data = encode_entries(first)
    torn = data[: max(0, len(data) - 1 - cut % len(data))]
    whole = torn.count(b"\n") - 1
    found = decode_entries(torn + encode_entries(then))
    assert found[len(found) - len(then) :] == tuple(then)
    # The cut may have left a line whole but for its line break.
    assert found[: len(found) - len(then)] in {
        tuple(first[: max(whole, 0)]),
        tuple(first[: max(whole, 0) + 1]),
    }


@given(st.lists(entries, min_size=1, max_size=3), st.data())
def test_a_changed_byte_never_makes_an_entry(
    first: list[JournalEntry], data: st.DataObject
) -> None:
    text = bytearray(encode_entries(first))
    place = data.draw(st.integers(0, len(text) - 1))
    text[place] ^= data.draw(st.integers(1, 255))
    found = decode_entries(bytes(text))
    assert set(found) <= set(first)


def test_only_a_line_with_its_checksum_is_read() -> None:
    entry = JournalEntry(suite="s", path="p", digest="d", key="k")
    assert decode_entries(b"") == ()
    assert decode_entries(encode_entries([entry])[:-1]) == (entry,)
    assert decode_entries(b"nonsense\n") == ()


def test_a_line_of_an_earlier_release_is_read() -> None:
    text = b'["s", "p", "sha256:0", "k"]'
    line = hashlib.sha256(text).hexdigest()[:16].encode() + b" " + text + b"\n"
    entry = JournalEntry(suite="s", path="p", digest="sha256:0", key="k")
    assert decode_entries(line) == (entry,)
