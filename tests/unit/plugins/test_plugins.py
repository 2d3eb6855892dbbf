"""What a plugin offers, what is refused of it, and where that is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.errors import FindingsError
from mockgen_watch.plugins import Catalog, Refused
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.workflow.project import (
    TRUST_VARIABLE,
    open_project,
    trusted_plugins,
    write_trust,
)
from mockgen_watch.workflow.targets import Request, select_plans
from tests.plugin_package import LUHN, install

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.diagnostics import Diagnostic

SPEC = """\
Card:
  NUMBER: {{$pattern: "[0-9]{{4}}"}}
  $rules:
    digit: {{plugin: {plugin}, field: NUMBER{more}}}
  $scenarios:
    positive: {{$count: 5}}
    negative: {{$count: 5}}
"""


def project(folder: Path, *, plugin: str, named: str, more: str = "") -> Path:
    (folder / "specs/s").mkdir(parents=True)
    (folder / "specs/mockgen.yaml").write_text(f"seed: 1\nplugins: [{named}]\n", encoding="utf-8")
    text = SPEC.format(plugin=plugin, more=more)
    (folder / "specs/s/user_input.yaml").write_text(text, encoding="utf-8")
    return folder


def errors(folder: Path) -> list[Diagnostic]:
    with pytest.raises(FindingsError) as caught:
        select_plans(open_project(folder), Request())
    return [item for item in caught.value.diagnostics if item.severity == "error"]


GOOD = "class Luhn:\n    def __init__(self, params): pass\n    def why(self, value): return ''\n"
NO_FAULTS = "    def faults(self, value): return ()\n"
REFUSED = {
    "not named": ("acme-a", "acme-b", "acme-a", LUHN, "luhn", "", "MG604"),
    "not installed": ("acme-c", "acme-c", "acme-c", None, "luhn", "", "MG604"),
    "no such rule": ("acme-d", "acme-d", "acme-d", LUHN, "lunh", "", "MG604"),
    "not trusted": ("acme-e", "acme-e", "acme-x", "raise SystemExit(9)", "luhn", "", "MG605"),
    "ends the program": ("acme-f", "acme-f", "acme-f", "raise SystemExit(9)", "luhn", "", "MG606"),
    "has no such class": ("acme-g", "acme-g", "acme-g", "x = 1", "luhn", "", "MG606"),
    "is no rule": ("acme-h", "acme-h", "acme-h", "Luhn = 3", "luhn", "", "MG606"),
    "wrong parameter": ("acme-i", "acme-i", "acme-i", LUHN, "luhn", ", with: {l: 4}", "MG402"),
    "fails when made": (
        "acme-j", "acme-j", "acme-j", "def Luhn(params): return 1 / 0", "luhn", "", "MG606",
    ),
    "makes no checker": (
        "acme-k", "acme-k", "acme-k", "def Luhn(params): return 1", "luhn", "", "MG606",
    ),
    "raises for a value": (
        "acme-l", "acme-l", "acme-l", GOOD.replace("''", "1 / 0") + NO_FAULTS,
        "luhn", "", "MG606",
    ),
    "gives no text": (
        "acme-m", "acme-m", "acme-m", GOOD.replace("''", "None") + NO_FAULTS,
        "luhn", "", "MG606",
    ),
    "has an odd fault": (
        "acme-n", "acme-n", "acme-n",
        GOOD + "    def faults(self, value): return ['ab', 3]\n",
        "luhn", "", "MG606",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_told_at_the_rule(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, named, trusted, source, rule, more, code = REFUSED[case]
    if source is not None:
        install(
            tmp_path / "site",
            source,
            name=plugin,
            rules={"luhn": f"{plugin.replace('-', '_')}:Luhn"},
        )
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv(TRUST_VARIABLE, trusted)
    home = project(tmp_path / "p", plugin=f"{plugin}/{rule}", named=named, more=more)
    (found,) = errors(home)
    assert (found.code, found.location.line) == (code, 4), found
    assert 'rule "digit"' in found.message
    assert found.hint or code == "MG402"
    if code in {"MG604", "MG605"} and plugin == named:
        assert [place.location.line for place in found.related] == [2]


def test_a_rule_of_the_whole_record_sees_it_as_the_model_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", name="acme-whole")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv(TRUST_VARIABLE, "Acme.Whole")
    home = project(tmp_path / "p", plugin="acme-whole/total", named="acme_whole")
    (home / "specs/s/master.yaml").write_text("slot: {x: {sum: 0}}\n", encoding="utf-8")
    (home / "specs/s/user_input.yaml").write_text(
        "Bill:\n"
        "  PARTS: {$array: 2, $items: {$integer: {min: 1, max: 3}}}\n"
        "  TOTAL: {$integer: {min: 2, max: 6}, $to: x.sum}\n"
        "  $rules: {total: {plugin: acme-whole/total}}\n"
        "  $scenarios: {positive: {$count: 20}, negative: {$count: 20}}\n",
        encoding="utf-8",
    )
    plans, _ = select_plans(open_project(home), Request())
    positive, negative = map(compile_source, plans)
    kinds = set()
    for index in range(20):
        record = positive.record_at(index)["slot"]
        assert isinstance(record, dict)
        assert sum(record["PARTS"]) == record["x"]["sum"]  # type: ignore[index, arg-type, call-overload]
        (fault,) = negative.case_at(index).faults
        kinds.add(fault.operator)
        assert fault.place[:2] in {("slot", "PARTS"), ("slot", "x")}
    assert "off-total" in kinds


def test_the_digest_is_of_version_and_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for number, (version, source) in enumerate(
        [("1.0", LUHN), ("1.0", LUHN), ("1.1", LUHN), ("1.0", LUHN + "\n# else\n")]
    ):
        site = tmp_path / str(number)
        install(site, source, version=version, name="acme-digest")
        with monkeypatch.context() as patch:
            patch.syspath_prepend(site)
            digests.append(Catalog(["acme-digest"], {"acme-digest"}).digest("acme-digest"))
    assert digests[0] == digests[1]
    assert len({*digests}) == 3
    assert Catalog(["acme-digest"], set()).digest("acme-digest") is None


@pytest.mark.parametrize("is_editable", [True, False])
def test_code_in_the_project_is_that_of_an_editable_install_alone(
    is_editable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, site = tmp_path / "p", tmp_path / "site"
    name = f"acme-editable-{str(is_editable).lower()}"
    module = name.replace("-", "_")
    install(site, name=name)
    home.mkdir()
    (site / f"{module}.py").rename(home / f"{module}.py")
    stated = {"url": home.as_uri(), "dir_info": {"editable": is_editable}}
    (site / f"{module}-1.dist-info/direct_url.json").write_text(json.dumps(stated))
    monkeypatch.syspath_prepend(site)
    monkeypatch.syspath_prepend(home)
    found = Catalog([name], {name}, home).rule_type(f"{name}/luhn")
    if is_editable:
        assert not isinstance(found, Refused)
        assert found({}).why("79927398713") == ""
    else:
        assert isinstance(found, Refused)
        assert found.code == "MG606"
        assert "No module named" in found.message


def test_trust_is_said_outside_of_the_project(tmp_path: Path) -> None:
    path = tmp_path / "cfg/mockgen-watch/trusted-plugins.txt"
    assert write_trust(path, ["Acme_Rules", "b"], is_trusted=True) == ("acme-rules", "b")
    path.write_text("# mine\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert write_trust(path, ["acme.rules"], is_trusted=True) == ()
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "cfg"), "APPDATA": str(tmp_path / "cfg")}
    assert trusted_plugins(tmp_path / "p", environment) == {"acme-rules", "b"}
    assert trusted_plugins(tmp_path, environment) == set()
    stated = {**environment, TRUST_VARIABLE: " x,Y_z "}
    assert trusted_plugins(tmp_path, stated) == {"x", "y-z"}
    assert write_trust(path, ["acme-rules"], is_trusted=False) == ("acme-rules",)
    assert path.read_text(encoding="utf-8") == "# mine\nb\n"
