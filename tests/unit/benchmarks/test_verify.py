"""The check of the peers' records accepts good ones and finds each kind of fault."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from benchmarks.commands import PEERS, WORKLOADS, Peer, Workload
from benchmarks.environment import BENCHMARKS
from benchmarks.peers import shape
from benchmarks.verify import COUNT, check_apart, check_output

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Records = list[dict[str, Any]]
CLAIMS, POOLS = WORKLOADS["claims"], WORKLOADS["pools"]
RUST = next(peer for peer in PEERS if peer.flat)


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give claims as the plainest peer writes them."""
    out = tmp_path_factory.mktemp("claims") / "records"
    script = BENCHMARKS / "peers" / "peer_json.py"
    subprocess.run([sys.executable, script, "claims", str(COUNT), out], check=True)
    return out.read_text("utf-8")


def check(folder: Path, text: str, peer: Peer | None = None) -> tuple[str, ...]:
    path = folder / "records"
    path.write_text(text, "utf-8")
    return check_output(path, CLAIMS, COUNT, peer).problems


def write(records: Records) -> str:
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)


def test_good_records_pass_and_have_the_stated_size(tmp_path: Path, claims: str) -> None:
    path = tmp_path / "records"
    path.write_text(claims, "utf-8")
    found = check_apart(path, CLAIMS, COUNT)
    assert found.problems == ()
    assert found.record_bytes == pytest.approx(CLAIMS.record_bytes, abs=10)


def each(change: Callable[[dict[str, Any]], object]) -> Callable[[Records], None]:
    """Give a fault that all of the records have."""

    def spoil(records: Records) -> None:
        for record in records:
            change(record)

    return spoil


FAULTS: dict[str, tuple[Callable[[Records], object], str]] = {
    "a record too few": (list.pop, "1999 records, not 2000"),
    "too large": (each(lambda record: record.update(MBR_NAME="A " + "b" * 200)), "bytes a record"),
    "all alike": (
        lambda records: records.__setitem__(slice(None), records[:1] * len(records)),
        "only 1 different records",
    ),
    "a field missing": (each(lambda record: record.pop("HCID")), "fields differ: HCID"),
    "a field too many": (each(lambda record: record.update(id=1)), "fields differ: id"),
    "a value not in its pool": (
        each(lambda record: record.update(MBR_COB_IND="Q")),
        "MBR_COB_IND: 'Q' has share 1.00, not 0.00",
    ),
    "an integer out of its bounds": (
        each(lambda record: record.update(CLM_SEQ_NBR=0)),
        "CLM_SEQ_NBR is 0",
    ),
    "a number as text": (
        each(lambda record: record.update(CLM_SEQ_NBR="7")),
        "CLM_SEQ_NBR is '7'",
    ),
    "amounts of other odds": (
        each(lambda record: record.update(CLM_CHRG_AMT=500.5)),
        "the median of CLM_CHRG_AMT is 500.50",
    ),
    "a day of another year": (
        each(lambda record: record.update(SRVC_FROM_DT="01/01/2026")),
        "SRVC_FROM_DT is '01/01/2026'",
    ),
    "an id of another pattern": (
        each(lambda record: record.update(HCID="ABC12345X")),
        "HCID is 'ABC12345X'",
    ),
    "no e-mail": (each(lambda record: record.update(MBR_EMAIL_ID="nobody")), "MBR_EMAIL_ID is"),
    "an empty array": (
        each(lambda record: record.update(ClaimDetails=[])),
        "ClaimDetails has lengths [0]",
    ),
    "an odd element": (
        each(lambda record: record["ClaimDetails"][0].update(POS_CD="00")),
        "an element of ClaimDetails is",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTS.values(), ids=FAULTS)
def test_each_fault_is_found(
    spoil: Callable[[Records], object], expected: str, tmp_path: Path, claims: str
) -> None:
    records = [json.loads(line) for line in claims.splitlines()]
    spoil(records)
    assert expected in "; ".join(check(tmp_path, write(records)))


def test_text_that_is_no_json_is_found(tmp_path: Path, claims: str) -> None:
    assert check(tmp_path, claims.replace("}", "", 1))[0].startswith("not NDJSON")


def test_what_a_peer_is_known_to_lack_is_no_fault(tmp_path: Path, claims: str) -> None:
    records = [json.loads(line) for line in claims.splitlines()]
    for record in records:
        identifier, details = record.pop(shape.ID), record.pop(shape.DETAILS_FIELD)
        record |= {"letters": identifier[:3], "digits": identifier[3:]}
        record |= {f"{name}_{at}": details[0][name] for at in (0, 1) for name in details[0]}
        record[shape.INTEGER] = str(record[shape.INTEGER])
        record[shape.AMOUNT] = "500.50"
    assert check(tmp_path, write(records), RUST) == ()
    assert check(tmp_path, write(records)) != ()


@pytest.mark.parametrize("workload", WORKLOADS.values(), ids=WORKLOADS)
def test_the_spec_has_the_pools_of_the_shape(workload: Workload) -> None:
    model = YAML(typ="safe", pure=True).load(workload.spec)["Claim"]
    for name, values, weights in shape.POOLS:
        expected: object = values
        if weights is not None:
            expected = {"$weighted": dict(zip(values, weights, strict=True))}
        assert model[name] == expected
    assert list(model)[: len(shape.POOLS)] == [name for name, _, _ in shape.POOLS]


def test_the_spec_of_claims_has_the_bounds_of_the_shape() -> None:
    model = YAML(typ="safe", pure=True).load(CLAIMS.spec)["Claim"]
    assert model[shape.INTEGER] == {
        "$integer": {"min": shape.INTEGER_MIN, "max": shape.INTEGER_MAX}
    }
    assert f"^{model[shape.ID]['$pattern']}$" == shape.ID_PATTERN
    names = f"({'|'.join(shape.FIRST_NAMES)}) ({'|'.join(shape.LAST_NAMES)})"
    assert model[shape.NAME]["$pattern"] == names
    details = model[shape.DETAILS_FIELD]
    assert details["$items"] == {name: values for name, values, _ in shape.DETAILS}
    assert details["$array"] == {"min": shape.DETAILS_MIN, "max": shape.DETAILS_MAX}
