"""Takes nothing; gives the picture of the live view that README shows.

    python -m tests.docs.live_picture

A real daemon works on a real project, and what it tells goes to the view that a terminal has. Only
the clock and the measured times are set, so that the picture is the same at each run.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from rich.console import Console
from rich.terminal_theme import MONOKAI

from mockgen_watch.cli.live import LiveView
from mockgen_watch.watch.daemon import Daemon
from mockgen_watch.watch.events import BatchEnded
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.watch.events import DaemonEvent

PICTURE: Final = ROOT / "docs" / "pictures" / "live-view.svg"
WIDTH: Final = 132
MEMBER: Final = """\
Member:
  HCID: {$pattern: "[A-Z]{3}[0-9]{6}"}
  state: [TN, KL, AP]
  $scenarios: {positive: {$count: 20}}
"""
CLAIM: Final = """\
Claim:
  CLM_TYPE: [P, C, D]
  CLM_AMT: {$number: {min: 20, max: 5000, decimals: 2}}
  $scenarios: {positive: {$count: 50}, negative: {$count: 10, CLM_TYPE: ["", ZZ]}}
"""
SAVES: Final = (
    ("members", MEMBER.replace("[TN, KL, AP]", "[TN, KL, AP, KA]"), 0.031),
    ("claims", CLAIM.replace("count: 50", "count: 60"), 0.044),
    ("claims", CLAIM.replace("$number", "$numbr").replace("[P, C, D]", "[]"), 0.012),
    ("members", MEMBER.replace("count: 20", "count: 25"), 0.028),
)
# No font is fetched: each reader's own terminal font will do.
FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{
      font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: {char_height}px; line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""


def draw() -> Console:
    """Return a console on which the view was drawn."""
    console = Console(
        file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, highlight=False
    )
    with tempfile.TemporaryDirectory() as folder:
        _watch(Path(folder), console)
    return console


def picture(console: Console) -> str:
    """Return what was drawn as SVG."""
    return console.export_svg(
        title="mockgen-watch watch",
        theme=MONOKAI,
        code_format=FORMAT,
        unique_id="live",
    )


def _watch(root: Path, console: Console) -> None:
    daemon = Daemon(root)
    seconds = iter((0.058, *(spent for _, _, spent in SAVES)))
    clock = _times()
    view = LiveView(daemon, console, lambda: next(clock))

    def listen(happening: DaemonEvent) -> None:
        if isinstance(happening, BatchEnded):
            happening = replace(happening, stages={"generate": next(seconds)})
        # Not started, it draws no foot; so only what stays above it is on the console.
        view(happening)

    daemon.stream.subscribe(listen)
    for suite, text in (("members", MEMBER), ("claims", CLAIM)):
        _save(root, suite, text)
    daemon.begin(with_events=False)
    _work(daemon)
    for suite, text, _ in SAVES:
        _save(root, suite, text)
        daemon.reload()
        _work(daemon)
    console.print(view.picture())
    daemon.waker.close()


def _save(root: Path, suite: str, text: str) -> None:
    path = root / "specs" / suite / "user_input.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _work(daemon: Daemon) -> None:
    before = daemon.batches
    while daemon.batches == before:
        daemon.step()


def _times() -> Iterator[str]:
    for minute in range(60):
        yield f"09:{41 + minute // 6:02}:{(minute * 17 + 3) % 60:02}"


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(picture(draw()), encoding="utf-8")
