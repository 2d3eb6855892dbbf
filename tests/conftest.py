"""Takes the environment; gives tests the settings that hold for all of them."""

from __future__ import annotations

import os

from hypothesis import settings

# No test is bounded by the clock. On CI the examples are the same in every run.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# The programs that tests start are those of a user, who compiles each module once and not at
# every start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
