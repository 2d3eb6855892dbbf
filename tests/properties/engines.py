"""The bytes of an output by each engine, in each cut, for tests that hold them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.executors import Serial
from mockgen_watch.executors.processes import Processes
from mockgen_watch.formats.rendering import CaseRecords, ScalarRecords, alone, document, records_of
from mockgen_watch.spec.model import Layout
from mockgen_watch.workflow.produce import prepare_production

if TYPE_CHECKING:
    from mockgen_watch.api import Records


def bytes_by_engines(records: Records, *, processes: int = 1, chunk: int = 1000) -> set[bytes]:
    """Return the bytes of an output by every engine that can make it: one text, if all agree.

    Args:
        records: the output.
        processes: how many share the work, ``chunk`` records at a time.
        chunk: plays no part with one process.
    """
    production = prepare_production(records._plan)
    if production.plan.output.layout is not Layout.MULTIPLE:
        return {alone(production.writer, production.record_at(0), 0)}
    executor = Processes(processes, chunk=chunk) if processes > 1 else Serial()
    made = [production.records()]
    if production.source.is_plain and not production.source.stated:
        program = production.source.programs[0]
        writer, count = production.writer, production.plan.count
        made.append(ScalarRecords(writer=writer, program=program, count=count))
        made.append(records_of(writer, program, count, vector_from=0))
    if isinstance(made[0], CaseRecords):
        made.append(replace(made[0], vector_from=0))
    return {b"".join(document(one.framing, executor.run(one, lambda _: None))) for one in made}
