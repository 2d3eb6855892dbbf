"""A plugin's code runs when the project names it and the user trusts it, and never else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plugin_package import LUHN, install

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = str(Path(sys.executable).with_name("mockgen-watch"))
SPEC = """\
Card:
  NUMBER: {$pattern: "[0-9]{8}"}
  TYPE: [A, B]
  $rules:
    luhn: {plugin: acme-rules/luhn, field: NUMBER, with: {length: 8}}
    type: {field: TYPE, schema: {enum: [A, B]}}
  $scenarios: {positive: {$count: 40}, negative: {$count: 40}}
"""


def watched(canary: Path) -> str:
    """Return a plugin that leaves a trace when it is imported."""
    return f"open({str(canary)!r}, 'a').write('x')\n{LUHN}"


def run(
    home: Path, words: list[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        cwd=home,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "p/specs/s").mkdir(parents=True)
    (tmp_path / "p/specs/mockgen.yaml").write_text("plugins: [acme-rules]\n", encoding="utf-8")
    (tmp_path / "p/specs/s/user_input.yaml").write_text(SPEC, encoding="utf-8")
    for words in (["init", "-q"], ["add", "--all"]):
        subprocess.run(["git", *words], cwd=tmp_path / "p", check=True)
    return tmp_path / "p"


def luhn(number: str) -> bool:
    """Judge by the table of doubled digits, which the plugin does not use."""
    doubled = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9]
    return (
        len(number) == 8
        and sum(
            doubled[int(digit)] if place % 2 == 0 else int(digit)
            for place, digit in enumerate(number)
        )
        % 10
        == 0
    )


def test_a_plugin_is_imported_when_the_user_trusts_it(tmp_path: Path, home: Path) -> None:
    canary = tmp_path / "canary"
    install(tmp_path / "site", watched(canary))
    user = {"PYTHONPATH": str(tmp_path / "site"), "XDG_CONFIG_HOME": str(tmp_path / "cfg")}
    for word in ("generate", "hook"):
        done = run(home, [PROGRAM, word], user)
        assert done.returncode == 1
        assert "specs/s/user_input.yaml:5:20 MG605" in done.stdout + done.stderr
    assert not canary.exists()
    assert run(home, [PROGRAM, "plugins", "trust", "acme-rules"], user).returncode == 0
    done = run(home, [PROGRAM, "generate"], user)
    assert done.returncode == 0, done.stderr
    assert canary.exists()
    made = home / "mock_outputs/s/Card"
    records = {
        scenario: json.loads((made / f"{scenario}.json").read_bytes())
        for scenario in ("positive", "negative")
    }
    assert all(luhn(record["NUMBER"]) for record in records["positive"])
    lines = (made / "negative.labels.ndjson").read_text(encoding="utf-8").splitlines()
    labels = [json.loads(line) for line in lines]
    assert {"check-digit", "one-off", "null"} <= {label["operator"] for label in labels}
    for record, label in zip(records["negative"], labels, strict=True):
        number = record.get("NUMBER")
        is_good = isinstance(number, str) and number.isdigit() and luhn(number)
        assert is_good is (label["rule"] == "type")
    # Nothing has changed, so nothing is made; a new release is an input like others.
    assert run(home, [PROGRAM, "check", "--json"], user).returncode == 0
    install(tmp_path / "site", watched(canary), version="1.1")
    stale = run(home, [PROGRAM, "check", "--json"], user)
    assert {item["code"] for item in json.loads(stale.stdout)["diagnostics"]} == {"MG502"}
    # Where the trust is gone, good outputs stay as they are.
    before = (made / "positive.json").read_bytes()
    assert run(home, [PROGRAM, "plugins", "forget", "acme-rules"], user).returncode == 0
    assert run(home, [PROGRAM, "generate"], user).returncode == 1
    assert (made / "positive.json").read_bytes() == before


def test_a_package_in_the_clone_is_not_the_one_that_is_trusted(tmp_path: Path, home: Path) -> None:
    planted, wanted = tmp_path / "planted", tmp_path / "wanted"
    install(home, watched(planted), version="9.9")
    user = {"MOCKGEN_TRUSTED_PLUGINS": "acme-rules", "PYTHONPATH": ""}
    module = [sys.executable, "-m", "mockgen_watch"]
    done = run(home, [*module, "generate"], user)
    assert "MG604" in done.stderr
    assert "plugin acme-rules is not installed" in done.stderr
    install(tmp_path / "site", watched(wanted))
    done = run(home, [*module, "generate"], {**user, "PYTHONPATH": str(tmp_path / "site")})
    assert done.returncode == 0, done.stderr
    assert wanted.exists()
    assert not planted.exists()
