"""Takes nothing; gives what a command asks of a run."""

from __future__ import annotations

from mockgen_watch.dataclass import dataclass, field
from mockgen_watch.plan.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What ``generate`` is to do.

    Attributes:
        suites: names or folders of suites; empty: all.
        selection: models, scenarios and what is to differ from the specs.
        force: replace what was edited by hand, after a backup.
        trust_locks: suites whose inputs have not moved are not read again.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    force: bool = False
    trust_locks: bool = True
