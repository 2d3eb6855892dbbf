"""Takes nothing; gives what a command asks of a run."""

from __future__ import annotations

from msgspec import Struct, field

from mockgen_watch.plan.selection import Selection


class Request(Struct, frozen=True, kw_only=True):
    """What ``generate`` is to do.

    Attributes:
        suites: names or folders of suites; empty: all.
        selection: models, scenarios and what is to differ from the specs.
        force: replace what was edited by hand, after a backup.
        trust_locks: suites whose inputs have not moved are not read again.
        acting: the suites to look at, where the caller knows that nothing of the others moved
            since all was right. Other than with ``suites``, the run is still one over the whole
            tree: what is no longer wanted is removed. None: all.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = field(default_factory=Selection)
    force: bool = False
    trust_locks: bool = True
    acting: frozenset[str] | None = None
