"""Takes the plan of an output; gives the bytes of its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.formats.base import FormatError, complete_options
from mockgen_watch.formats.builtin import BUILTIN
from mockgen_watch.formats.document import alone, document, encode_record, records_of
from mockgen_watch.generate.mixture import compile_mixture
from mockgen_watch.lock.paths import below, split_path
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.formats.base import Framing, Writer
    from mockgen_watch.formats.document import Records
    from mockgen_watch.generate.mixture import Mixture
    from mockgen_watch.plan.model import OutputPlan

    Advance = Callable[[OutputPlan, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedRecords:
    """The records of a mixed scenario, each by its own part's program."""

    writer: Writer
    mixture: Mixture
    count: int

    @property
    def framing(self) -> Framing:
        """What stands around the records."""
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, a separator behind each."""
        separator = self.framing.separator
        for index in range(start, stop):
            record = self.mixture.record_at(index)
            yield encode_record(self.writer, record, index) + separator


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """An output made ready to be written.

    Attributes:
        plan: of the output.
        mixture: its programs.
        writer: of its format and layout.
    """

    plan: OutputPlan
    mixture: Mixture
    writer: Writer

    def records(self) -> Records:
        """Return its records as an executor runs them."""
        if self.mixture.stream is None:
            return records_of(self.writer, self.mixture.programs[0], self.plan.count)
        return MixedRecords(writer=self.writer, mixture=self.mixture, count=self.plan.count)


def prepare_production(plan: OutputPlan) -> Production:
    """Compile ``plan`` and bind its format.

    Raises:
        FindingsError: no record of it can be written this way.
    """
    form = BUILTIN[plan.output.format]
    mixture = compile_mixture(plan)
    options = complete_options(form, plan.output.options)
    try:
        writer = form.writer(mixture.programs, options, plan.output.layout)
    except FormatError as error:
        raise cannot_write(plan, error) from error
    return Production(plan=plan, mixture=mixture, writer=writer)


def file_bytes(production: Production, executor: Executor, advance: Advance) -> Iterator[bytes]:
    """Yield the bytes of the one file of a single or multiple output, in order.

    Raises:
        FindingsError: a record cannot be written.
    """
    plan = production.plan
    try:
        if plan.output.layout is Layout.SINGLE:
            yield alone(production.writer, production.mixture.record_at(0), 0)
            advance(plan, 1)
            return
        records = production.records()
        pieces = executor.run(records, lambda done: advance(plan, done))
        yield from document(production.writer.framing, pieces)
    except FormatError as error:
        raise cannot_write(plan, error) from error


def output_files(
    plan: OutputPlan, wanted: Iterable[str], executor: Executor, advance: Advance
) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield path and bytes of the files of ``plan`` that are ``wanted``, in the order of records.

    Paths are relative to the output folder.

    Raises:
        FindingsError: a record cannot be written.
    """
    production = prepare_production(plan)
    stem = below(plan.suite, f"{plan.model}/{plan.scenario}")
    suffix = BUILTIN[plan.output.format].suffix.removeprefix(".")
    if plan.output.layout is not Layout.SPLIT:
        yield f"{stem}.{suffix}", file_bytes(production, executor, advance)
        return
    paths = set(wanted)
    for index in range(plan.count):
        path = split_path(stem, index + 1, suffix)
        if path in paths:
            yield path, iter((record_bytes(production, index),))
            advance(plan, 1)


def record_bytes(production: Production, index: int) -> bytes:
    """Return a whole file that holds record ``index`` alone.

    Raises:
        FindingsError: it cannot be written.
    """
    try:
        return alone(production.writer, production.mixture.record_at(index), index)
    except FormatError as error:
        raise cannot_write(production.plan, error) from error


def cannot_write(plan: OutputPlan, error: FormatError) -> FindingsError:
    """Return the diagnostic of a value that a format cannot write."""
    diagnostic = Diagnostic(
        code=error.code,
        message=f"{plan.model}/{plan.scenario}{error}",
        location=plan.location,
        hint="change the value, or choose another format",
    )
    return FindingsError((diagnostic,))
