"""Helpers for tests: a check for authors of plugins, and the pytest fixture ``mockgen_specs``.

pytest imports this module in every run, even if no test uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockgen_watch.api import Specs
    from mockgen_watch.testing.rules import check_rule

__all__ = ["check_rule"]

try:
    import pytest
except ModuleNotFoundError:
    pass  # check_rule does without it.
else:

    @pytest.fixture(scope="session")
    def mockgen_specs(pytestconfig: pytest.Config) -> Specs:
        """The specs of the project that contains pytest's root folder.

        ``mockgen_specs.records("claims/Claim/positive")[0]`` is the first positive claim.
        """
        from mockgen_watch.api import Specs

        return Specs.open(pytestconfig.rootpath)


def __getattr__(name: str) -> object:
    if name == "check_rule":
        from mockgen_watch.testing.rules import check_rule

        return check_rule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
