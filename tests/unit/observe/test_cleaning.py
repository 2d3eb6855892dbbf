"""Log fields: secrets stay out, and no text can forge a line or command a terminal."""

from __future__ import annotations

import contextlib
import enum
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.observe import Level, Log, LogFormat, clean, escape_for_terminal, redact

if TYPE_CHECKING:
    from collections.abc import Mapping

CANARY = "c4n4ry-0f-s3cr3t"


class Colour(enum.StrEnum):
    RED = "red"


def told(form: LogFormat, event: str, fields: Mapping[str, object]) -> str:
    stream = io.StringIO()
    with contextlib.redirect_stderr(stream):
        Log(form, Level.DEBUG, "r1").debug(event, **fields)
    return stream.getvalue()


SECRETS: list[dict[str, object]] = [
    {"url": f"postgresql://claims:{CANARY}@db.example.com/fixtures"},
    {"url": f"postgresql+psycopg://claims:p@ss/{CANARY}@db.example.com/fixtures"},
    {"url": f"https://{CANARY}@errors.example.com/17"},
    {"url": f"redis://:{CANARY}@cache.example.com:6379/0"},
    {"reason": f"could not connect: host=db user=claims password={CANARY} dbname=x"},
    {"reason": f"Driver=x;UID=claims;PWD={{{CANARY};}};Encrypt=yes"},
    {"reason": f'{{"db_password": "{CANARY} {CANARY}"}}'},
    {"reason": f"GET /v1?x=1&api_key={CANARY}&y=2"},
    {"reason": f"Authorization: Bearer {CANARY}"},
    {"reason": f"sent Basic {CANARY}="},
    {"reason": f"GITHUB_TOKEN={CANARY}"},
    {"reason": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----"},
    {"reason": f"-----BEGIN PRIVATE KEY-----\n{CANARY}"},
    {"password": CANARY},
    {"api_key": CANARY},
    {"DB_PASSWORD": CANARY},
    {"settings": {"user": "claims", "secret": CANARY}},
    {"settings": [{"options": {"access-token": CANARY}}]},
    {"tokens": [CANARY]},
    {f"password={CANARY}": 1},
    {"path": Path(f"/srv/token={CANARY}/specs")},
    {"error": ValueError(f"postgres://u:{CANARY}@h/d")},
]


@pytest.mark.parametrize("fields", SECRETS, ids=str)
@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_reaches_a_line(form: LogFormat, fields: dict[str, object]) -> None:
    line = told(form, "x", fields)
    assert CANARY not in line
    assert "[redacted]" in line


def test_no_secret_reaches_a_line_as_its_event() -> None:
    assert CANARY not in told("json", f"opened postgres://u:{CANARY}@h/d", {})


@pytest.mark.parametrize(
    "text",
    [
        "specs/claims/user_input.yaml:14:9",
        "https://example.com/docs#passwords",
        "mail to asha@example.com",
        "a tokenizer, a secretary and a key",
        "PAT_FRST_NME=Mohan CLM_TYPE=P",
        "sha256:0123456789abcdef",
    ],
)
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text
    assert clean({"path": text, "suite": "x", "keyword": "y"}) == {
        "path": text,
        "suite": "x",
        "keyword": "y",
    }


def test_a_long_text_is_searched_in_one_go() -> None:
    # Each of these takes minutes where every letter begins a search of its own to the end.
    for text in ("a" * 200_000, "a-" * 100_000, "token" * 40_000):
        assert redact(text) == text


def test_what_is_left_of_an_address_still_tells_the_host() -> None:
    assert redact("amqp://u:p@queue.example.com/x") == "amqp://[redacted]@queue.example.com/x"


def test_fields_become_plain_data() -> None:
    assert clean(
        {
            "a": Colour.RED,
            "b": (1, 2.5, None, True),
            "c": {1: b"x"},
            "d": frozenset({"one"}),
            "e": float("nan"),
            "f": 10**5000,
            "g": Path("specs/claims"),
        }
    ) == {
        "a": "red",
        "b": [1, 2.5, None, True],
        "c": {"1": "b'x'"},
        "d": ["one"],
        "e": "nan",
        "f": "[very long integer]",
        "g": "specs/claims",
    }


HOSTILE = [
    "two\nlines",
    '\r\n{"level": "info", "event": "forged"}',
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "\u202etxt.exe",
    "\u2066a\u2069",
    "\u2028\u2029\x85",
    "\x00\x7f",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
@pytest.mark.parametrize("form", ["console", "json"])
def test_no_text_forges_a_line_or_commands_the_terminal(form: LogFormat, text: str) -> None:
    line = told(form, text, {text: text, "nested": [{text: text}]})
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@given(st.text())
def test_a_program_reads_back_the_very_text(text: str) -> None:
    line = told("json", "x", {"path": text})
    assert line[:-1].isprintable()
    assert json.loads(line)["path"] == redact(text)


@given(st.text())
def test_escaped_text_is_printable_and_printable_text_is_left(text: str) -> None:
    assert escape_for_terminal(text).isprintable()
    assert escape_for_terminal(text) == text or not text.isprintable()
