"""Takes the inputs of a suite; gives the plans that an earlier run made of just these, if kept.

Kept are the plans of a suite that nothing was found wrong with, once a second run needs them though
none of its inputs moved: right after an edit they would be kept in vain. What makes plans is an
input as well: the methods, the contract, and the code itself.
"""

from __future__ import annotations

import json

from mockgen_watch.dataclass import dataclass
from mockgen_watch.digest import digest
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.plan.methods import METHODS
from mockgen_watch.storage.code_stamp import code_stamp
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.plan.selection import Selection
    from mockgen_watch.workflow.load import Loader


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlans:
    """The plans of all outputs of a suite, and its inputs: file → digest, None where missing."""

    plans: tuple[OutputPlan, ...]
    inputs: Mapping[str, str | None]


def recall_plans(loader: Loader, selection: Selection, suite: str) -> KnownPlans | None:
    """Return what was kept of ``suite`` when its inputs were those that ``loader`` has now."""
    if not _files_tell_all(loader):
        return None
    entry = loader.plan_cache.get(_key(selection, suite))
    if entry is None:
        return None
    from mockgen_watch.plan.codec import decode_plans  # noqa: PLC0415 - used once there is an entry

    first, _, rest = entry.partition(b"\n")
    inputs = json.loads(first)
    digests = loader.sources.digests
    if any(digests.get(path) != known for path, known in inputs.items()):
        return None
    plans = decode_plans(rest)
    return None if plans is None else KnownPlans(plans=plans, inputs=inputs)


def keep_plans(loader: Loader, selection: Selection, suite: str, known: KnownPlans) -> None:
    """Keep what ``suite`` was compiled to, where files tell all that decides it."""
    # What plugins offer is code, which is no part of a file.
    if not _files_tell_all(loader) or loader.rule_types:
        return
    from mockgen_watch.plan.codec import encode_plans  # noqa: PLC0415 - most runs keep nothing

    inputs = json.dumps(dict(known.inputs), separators=(",", ":"))
    entry = inputs.encode("ascii") + b"\n" + encode_plans(known.plans)
    loader.plan_cache.put(_key(selection, suite), entry)


def _files_tell_all(loader: Loader) -> bool:
    return not loader.has_profile and loader.master is None and code_stamp() != ""


def _key(selection: Selection, suite: str) -> str:
    made_by = f"{METHODS} {CONTRACT} {code_stamp()}"
    return digest(f"{made_by}\n{selection}\n{suite}".encode("utf-8", "surrogateescape"))
