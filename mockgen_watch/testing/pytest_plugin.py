"""Pytest plugin: the fixture ``mockgen_specs``."""

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
    # pytest imports this module in every run, also where no test asks for the fixture.
    from mockgen_watch.api import Specs

    return Specs.open(pytestconfig.rootpath)
