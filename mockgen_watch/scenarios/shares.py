"""Takes a drawer and a chunk of records; gives the programs that make them, each with its share.

Of each record only the fields are read that the needs go by, for the whole chunk at once. Records
that meet every need are the program's own. The others are drawn again: as long as they are many,
by a program for all that failed in the same way, and looked at again; the last few one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.cells import IntArray
    from mockgen_watch.generate.column import Program
    from mockgen_watch.scenarios.cases import Told
    from mockgen_watch.scenarios.redraw import Attempts, Drawer

FEWEST: Final = 128
"""Records that failed in the same way; fewer are drawn again one by one."""

MOST_PROGRAMS: Final = 8
"""Programs that make records of a chunk: each has tables of its own."""

MOST_NEEDS: Final = 62
"""Needs whose verdicts fit into one number."""


class Share(Struct, frozen=True, kw_only=True, eq=False):
    """Records that are made in the same way.

    Attributes:
        rows: int64[n], where they stand among the chunk's indexes.
        program: makes them; None where each has to be made on its own.
        told: what each of them shows; None where its index alone tells that.
    """

    rows: IntArray
    program: Program | None
    told: tuple[Told, ...] | None = None


def below(shares: Iterable[Share], rows: IntArray) -> Iterator[Share]:
    """Yield ``shares`` of the records at ``rows``, as shares of the chunk that these are of."""
    for share in shares:
        yield Share(rows=rows[share.rows], program=share.program, told=share.told)


def drawn_shares(drawer: Drawer, xp: ModuleType, indexes: IntArray) -> Iterator[Share]:
    """Yield who makes the records ``indexes`` (int64[n]) of ``drawer``; ``xp`` is NumPy."""
    everything: IntArray = xp.arange(len(indexes), dtype=xp.int64)
    if len(drawer.needs) > MOST_NEEDS or not drawer.needs:
        yield Share(rows=everything, program=None if drawer.needs else drawer.program)
        return
    waiting: list[tuple[Attempts, IntArray]] = [((), everything)]
    made = 0
    while waiting:
        # The most alike first, since only so many programs are had.
        waiting.sort(key=lambda group: len(group[1]))
        attempts, rows = waiting.pop()
        if attempts and (len(rows) < FEWEST or made >= MOST_PROGRAMS):
            yield Share(rows=rows, program=None)
            continue
        made += 1
        program = drawer.program_of(attempts)
        failed = drawer.judge_of(attempts).failed_over(xp, indexes[rows])
        yield Share(rows=rows[failed == 0], program=program)
        for code in xp.unique(failed[failed != 0]).tolist():
            broken = [need for bit, need in enumerate(drawer.needs) if code >> bit & 1]
            further = drawer.further(attempts, broken)
            there = rows[failed == code]
            if further == attempts:
                yield Share(rows=there, program=None)
            else:
                waiting.append((further, there))
