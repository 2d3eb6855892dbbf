"""``reload``: project file, environment and specs are read again, and the log tells more."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockgen_watch.watch.requests import RELOAD, ask
from tests.watch.world import PATIENCE, PROGRAM, World, until, world_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = "profiles: {many: {count: 5}, few: {count: 3}}\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A project with profiles, and a daemon; the tests share it, and say what they need."""
    with world_in(tmp_path_factory.mktemp("shop")) as world:
        prepare(world)
        world.start()
        yield world


def prepare(world: World) -> None:
    (world.specs / "a").mkdir(exist_ok=True)
    (world.specs / "mockgen.yaml").write_text(PROJECT)
    (world.specs / "a" / "user_input.yaml").write_text("Order:\n  id: [x]\n")


def reload(world: World, *words: str, code: int = 0, **env: str) -> str:
    """Type the command."""
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


def request(world: World, level: object = None, **env: str) -> Mapping[str, object]:
    """Ask as the command does."""
    details = {"environment": env, "log_level": level}
    return ask(world.state, RELOAD, details, timeout=PATIENCE)


def count(world: World) -> int:
    return world.output("a").read_text().count('"id"')


def log_of(world: World) -> Path:
    return Path(world.state.folder) / "daemon" / "watch.log"


def test_the_environment_of_the_command_is_taken_over(shop: World) -> None:
    assert "reloaded and in sync" in reload(shop, MOCKGEN_PROFILE="few")
    assert count(shop) == 3
    reload(shop, "--profile", "many")
    assert count(shop) == 5
    # What is not set there is not set here any more.
    request(shop)
    assert count(shop) == 1
    assert '"reload"' in log_of(shop).read_text()


def test_an_option_comes_before_the_environment(world: World) -> None:
    prepare(world)
    world.start((PROGRAM, "--profile", "many", "watch"), MOCKGEN_PROFILE="few")
    request(world, MOCKGEN_PROFILE="few")
    assert count(world) == 5


def test_debugging_is_switched_on_and_off_while_it_runs(shop: World) -> None:
    log = log_of(shop)
    request(shop)
    place = len(log.read_text())

    def shows_details() -> bool:
        return '"level": "debug"' in log.read_text()[place:]

    assert not shows_details()
    reload(shop, "--log-level", "debug")
    until(shows_details)
    request(shop)
    place = len(log.read_text())
    shop.write("b", "more")
    shop.sync()
    assert not shows_details()
    request(shop, MOCKGEN_LOG_LEVEL="debug")
    assert shows_details()


def test_what_is_no_level_is_told_and_taken_from_nobody(shop: World) -> None:
    said = reload(shop, code=2, MOCKGEN_LOG_LEVEL="loud")
    assert "MOCKGEN_LOG_LEVEL=loud: no such level" in said
    assert request(shop, level=7, MOCKGEN_LOG_LEVEL="loud", PATH="/nowhere")["converged"]
    assert ask(shop.state, RELOAD, {"environment": []}, timeout=PATIENCE)["converged"]
    assert shop.status()["is_healthy"]


def test_a_profile_that_is_not_there_is_an_error_until_another_comes(shop: World) -> None:
    assert 'no profile is named "none"' in reload(shop, code=1, MOCKGEN_PROFILE="none")
    assert request(shop, MOCKGEN_PROFILE="few")["converged"]
    assert count(shop) == 3


def test_without_a_daemon_it_says_so(world: World) -> None:
    assert "no daemon is running" in reload(world, code=1)
