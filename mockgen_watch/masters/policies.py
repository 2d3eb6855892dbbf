"""Takes the policies of a chain of masters; gives the one of a path, and collects findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, Related
from mockgen_watch.spec.model import ELEMENT, ConflictPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mockgen_watch.diagnostics import Location
    from mockgen_watch.masters.model import KeyPath
    from mockgen_watch.spec.model import MergePolicy

Policies = Mapping[tuple[str, ...], "MergePolicy"]


class Merge(Struct, frozen=True, kw_only=True):
    """One merge on its way.

    Attributes:
        policies: by key path from the slot; arrays on the way are left out.
        slot: where in the layers the slot is; policies speak of what is below it alone.
        on_conflict: what follows when the two disagree in type.
        diagnostics: what was found so far.
    """

    policies: Policies
    on_conflict: ConflictPolicy
    slot: KeyPath = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def policy_at(self, path: KeyPath) -> MergePolicy | None:
        """Return the policy that was stated for ``path`` (from the top of the layers), or None."""
        depth = len(self.slot)
        below = len(path) > depth and path[:depth] == self.slot
        return self.policies.get(path[depth:]) if below else None

    def report(
        self, code: str, message: str, place: Location, hint: str = "", *related: Related
    ) -> None:
        """Collect an error."""
        self.diagnostics.append(
            Diagnostic(code=code, message=message, location=place, hint=hint, related=related)
        )

    def misfit(self, policy: MergePolicy, reason: str, lower: Location, upper: Location) -> None:
        """Collect that ``policy`` cannot be followed at its path."""
        path = ".".join(policy.path)
        self.report(
            "MG305",
            f'policy {policy.kind.value} does not fit "{path}": {reason}',
            policy.location,
            "",
            Related(message="in the master", location=lower),
            Related(message="laid over it", location=upper),
        )


def policies_by_path(policies: Iterable[MergePolicy]) -> Policies:
    """Return ``policies`` by their key path; of two for one path the first counts."""
    found: dict[tuple[str, ...], MergePolicy] = {}
    for policy in policies:
        found.setdefault(key_path(policy.path), policy)
    return found


def key_path(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``path`` without the marks of arrays: ``a[].b``, ``a.[].b`` and ``a.b`` are one."""
    return tuple(part.removesuffix(ELEMENT) for part in path if part != ELEMENT)
