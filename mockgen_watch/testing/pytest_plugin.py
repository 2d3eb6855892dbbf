"""Takes pytest's root folder; gives tests the fixture ``mockgen_specs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockgen_watch.api import Specs


@pytest.fixture(scope="session")
def mockgen_specs(pytestconfig: pytest.Config) -> Specs:
    """The specs of the project that pytest's root folder is in.

    ``mockgen_specs.records("claims/Claim/positive")[0]`` is the first positive claim.
    """
    # Test runs that use no fixture of ours shall not pay for its imports.
    from mockgen_watch.api import Specs  # noqa: PLC0415

    return Specs.open(pytestconfig.rootpath)
