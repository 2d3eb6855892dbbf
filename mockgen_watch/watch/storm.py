"""Takes two scans; tells whether so much moves that nothing should be made before it ends.

A storm is seen by scans, not by events: these come late, and some get lost, just then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

    from mockgen_watch.storage.scan import Scan

STORM_FILES: Final = 16
"""Specs that move at once; fewer are what a person or an editor saves."""
STORM_LOOK: Final = 0.15
"""Seconds between two looks whether it is over."""
STORM_REST: Final = 0.5
"""Seconds without a change after which one that was seen to go on is over; who writes may stall."""
LONGEST_STORM: Final = 60.0
"""Seconds after which outputs are made although it goes on."""


def is_storm(before: Scan, scan: Scan, *, is_recent: bool) -> bool:
    """Tell whether many specs moved from ``before`` to ``scan``, and go on moving.

    They do when one of them is very young, or when ``before`` itself is: ``is_recent``.
    """
    return (is_recent or scan.is_racy) and len(scan.moved_specs(before)) >= STORM_FILES
