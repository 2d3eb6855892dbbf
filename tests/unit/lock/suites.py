"""Suites, outputs and the files of a small world that tests of lock and storage act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.digest import digest
from mockgen_watch.lock.paths import WantedOutput, WantedSuite, lock_path
from mockgen_watch.lock.reconcile import describe
from mockgen_watch.lock.settle import stale_locks
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.lock.model import OutputAction, Reconciliation

    Files: TypeAlias = Iterable[tuple[str, Iterable[bytes]]]
    Producer: TypeAlias = Callable[[OutputAction], Files]

CONTRACT = 1


def key_of(text: str) -> str:
    return digest(text.encode())


def wanted_output(
    scenario: str = "positive",
    text: str = "a",
    *,
    suite: str = "claims",
    model: str = "Model_1",
    layout: Layout = Layout.MULTIPLE,
    records: int = 3,
    is_selected: bool = True,
) -> WantedOutput:
    """Return an output whose bytes follow from ``text``, and so does its key."""
    return WantedOutput(
        suite=suite,
        model=model,
        scenario=scenario,
        key=key_of(f"{text}/{layout}/{records}"),
        format="json",
        layout=layout,
        suffix="json",
        records=records,
        location=Location(path=f"specs/{suite}/user_input.yaml"),
        is_selected=is_selected,
    )


def wanted_suite(
    *outputs: WantedOutput, suite: str = "claims", has_failed: bool = False, is_plain: bool = True
) -> WantedSuite:
    text = ",".join(sorted(output.key for output in outputs))
    return WantedSuite(
        suite=suite,
        outputs=outputs,
        inputs={f"specs/{suite}/user_input.yaml": key_of(text)},
        absent=("specs/master.yaml",),
        has_failed=has_failed,
        is_plain=is_plain,
    )


def content(output: WantedOutput, path: str) -> bytes:
    """Return the bytes of a file: the same for the same key and path."""
    return f"{output.key} {path}\n".encode()


def files_of(*outputs: WantedOutput) -> dict[str, bytes]:
    """Return path → bytes of all files that are wanted."""
    return {path: content(output, path) for output in outputs for path in output.paths}


def contents(
    reconciliation: Reconciliation, produce: Producer
) -> Iterator[tuple[OutputAction, Files]]:
    """Give each output of which bytes are needed, and its files by ``produce``."""
    for suite in reconciliation.suites:
        for output in suite.outputs:
            if output.must_produce:
                yield output, produce(output)


def producer(
    seen: list[str] | None = None,
) -> Callable[[OutputAction], Iterator[tuple[str, Iterator[bytes]]]]:
    """Return a producer that gives ``content`` in two chunks, and notes in ``seen`` its calls."""

    def produce(action: OutputAction) -> Iterator[tuple[str, Iterator[bytes]]]:
        if seen is not None:
            seen.append(action.output.name)
        for file in action.files:
            data = content(action.output, file.path)
            yield file.path, iter((data[:5], data[5:]))

    return produce


def find_stale(reconciliation: Reconciliation, label: str) -> list[Diagnostic]:
    """Return what keeps the output folder ``label`` from being as it is wanted."""
    found = list(reconciliation.blocked)
    for suite in stale_locks(reconciliation):
        place = Location(path=f"{label}/{lock_path(suite)}")
        found.append(Diagnostic(code="MG502", message="The lockfile is stale", location=place))
    for file in reconciliation.files():
        found += describe(file, label)
    return sorted(found, key=lambda finding: finding.sort_key)
