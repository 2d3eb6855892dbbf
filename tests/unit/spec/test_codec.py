"""The cache's form of a document gives the same document back, or nothing."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.diagnostics import CODES, Diagnostic, Location, Related, Severity
from mockgen_watch.spec.codec import decode_document, encode_document
from mockgen_watch.spec.document import (
    Document,
    MappingNode,
    Mark,
    Member,
    Node,
    Scalar,
    SequenceNode,
)
from mockgen_watch.spec.parse import parse

texts = st.text(max_size=20) | st.text(st.sampled_from("\x00\x85\u2028\ufffe😀"), max_size=3)
small = st.integers(0, 10**6)
marks = st.builds(Mark, line=small, column=small, start=small, end=small)
values = st.none() | st.booleans() | st.integers() | texts | st.decimals(allow_nan=False)
scalars = st.builds(Scalar, value=values, mark=marks, plain=st.booleans(), raw=texts)
written = st.builds(
    lambda value, mark: Scalar(value=value, mark=mark, plain=True, raw=str(value)), values, marks
)


def collections(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    members = st.builds(Member, key=texts, mark=marks, node=inner)
    return st.builds(
        SequenceNode, items=st.lists(inner, max_size=4).map(tuple), mark=marks
    ) | st.builds(MappingNode, members=st.lists(members, max_size=4).map(tuple), mark=marks)


nodes: st.SearchStrategy[Node] = st.recursive(scalars | written, collections, max_leaves=15)
paths = st.sampled_from(["specs/a.yaml", "specs/b.yaml", ""])
locations = st.builds(Location, path=paths, line=small, column=small, length=small, pointer=texts)
diagnostics = st.builds(
    Diagnostic,
    code=st.sampled_from(sorted(CODES)),
    message=texts,
    location=locations,
    severity=st.sampled_from([*Severity]),
    hint=texts,
    related=st.lists(st.builds(Related, message=texts, location=locations), max_size=2).map(tuple),
)
documents = st.builds(
    Document,
    path=paths,
    text=texts,
    root=st.none() | nodes,
    diagnostics=st.lists(diagnostics, max_size=3).map(tuple),
)


@given(documents)
def test_a_document_comes_back_as_it_was(document: Document) -> None:
    data = encode_document(document)
    assert data.isascii()
    found = decode_document(document.path, data)
    # The repr tells True from 1 and 1.0 from 1.00, which are equal.
    assert repr(found) == repr(document)


@pytest.mark.parametrize("path", ["a.yaml", "b/c.yaml"])
def test_the_same_bytes_serve_another_path(path: str) -> None:
    text = b'a: 1.50\nb: [007, "x", ~]\na: {c: *d}\n'
    data = encode_document(parse("first.yaml", text))
    assert decode_document(path, data) == parse(path, text)


@pytest.mark.parametrize("value", ["1.50", "-0.0", "1E+3", "0E-10", "1e-400", "9" * 60 + ".5"])
def test_a_decimal_keeps_its_digits_and_exponent(value: str) -> None:
    mark = Mark(line=1, column=1, start=0, end=1)
    document = Document(path="a", text="", root=Scalar(value=Decimal(value), mark=mark))
    found = decode_document("a", encode_document(document))
    assert found is not None
    assert isinstance(found.root, Scalar)
    assert isinstance(found.root.value, Decimal)
    assert found.root.value.as_tuple() == Decimal(value).as_tuple()


GOOD = encode_document(parse("a.yaml", b"a: [1, {b: 007}]\n"))
DAMAGED = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    GOOD[:-1],
    GOOD + b"]",
    GOOD.replace(b"[1,", b"[0,", 1),
    GOOD.replace(b'"MG110"', b'"MG999"'),
    GOOD.replace(b'"warning"', b'"fatal"'),
    json.dumps([1, None, None, []]).encode(),
    json.dumps([1, "", [0], []]).encode(),
    json.dumps([1, "", [1, "x", 0, True, 1, 1, 0, 1], []]).encode(),
    json.dumps([1, "", [2, [[]], 1, 1, 0, 1], []]).encode(),
    json.dumps([1, "", None, [[]]]).encode(),
    json.dumps([1, "", None, 7]).encode(),
]


@pytest.mark.parametrize("data", DAMAGED)
def test_damaged_bytes_give_nothing(data: bytes) -> None:
    assert decode_document("a.yaml", data) is None
    assert decode_document("a.yaml", GOOD) is not None
