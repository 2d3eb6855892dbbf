"""``reload``: project file, environment and specs are read again, and the log tells more."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.watch.requests import RELOAD, ask
from tests.watch.world import PATIENCE, PROGRAM, World, until

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "profiles: {many: {count: 5}, few: {count: 3}}\n"
SPEC = "Order:\n  id: [x]\n"


def reload(world: World, *words: str, code: int = 0, **env: str) -> str:
    done = subprocess.run(
        [PROGRAM, "reload", *words],
        cwd=world.root,
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def log_of(world: World) -> Path:
    return world.state.path / "daemon" / "watch.log"


@pytest.fixture
def shop(world: World) -> World:
    (world.specs / "mockgen.yaml").write_text(PROJECT)
    (world.specs / "a" / "user_input.yaml").write_text(SPEC)
    return world


def count(world: World) -> int:
    return world.output("a").read_text().count('"id"')


def test_the_environment_of_the_command_is_taken_over(shop: World) -> None:
    shop.start((PROGRAM, "watch"), MOCKGEN_PROFILE="many")
    assert count(shop) == 5
    assert "read again, and in sync" in reload(shop, MOCKGEN_PROFILE="few")
    assert count(shop) == 3
    reload(shop)
    assert count(shop) == 1
    assert '"reload"' in log_of(shop).read_text()


def test_an_option_comes_before_the_environment(shop: World) -> None:
    shop.start((PROGRAM, "--profile", "many", "watch"), MOCKGEN_PROFILE="few")
    reload(shop, MOCKGEN_PROFILE="few")
    assert count(shop) == 5


def test_debugging_is_switched_on_and_off_while_it_runs(shop: World) -> None:
    shop.start()
    log = log_of(shop)
    assert '"level": "debug"' not in log.read_text()
    reload(shop, "--log-level", "debug")
    until(lambda: '"level": "debug"' in log.read_text())
    reload(shop)
    place = len(log.read_text())
    shop.write("b", "more")
    shop.sync()
    assert '"level": "debug"' not in log.read_text()[place:]
    reload(shop, MOCKGEN_LOG_LEVEL="debug")
    assert '"level": "debug"' in log.read_text()[place:]


def test_what_is_no_level_is_told_and_taken_from_nobody(shop: World) -> None:
    shop.start()
    said = reload(shop, code=2, MOCKGEN_LOG_LEVEL="loud")
    assert "MOCKGEN_LOG_LEVEL=loud: there is no such level" in said
    wild = {"environment": {"MOCKGEN_LOG_LEVEL": "loud", "PATH": "/nowhere"}, "log_level": 7}
    assert ask(shop.state, RELOAD, wild, timeout=PATIENCE)["converged"]
    assert ask(shop.state, RELOAD, {"environment": []}, timeout=PATIENCE)["converged"]
    assert shop.status()["is_healthy"]


def test_a_profile_that_is_not_there_is_an_error_until_another_comes(shop: World) -> None:
    shop.start()
    assert 'no profile is named "none"' in reload(shop, code=1, MOCKGEN_PROFILE="none")
    reload(shop, MOCKGEN_PROFILE="few")
    assert count(shop) == 3


def test_without_a_daemon_it_says_so(shop: World) -> None:
    assert "no daemon runs" in reload(shop, code=1)
