"""The picture of the live view shows what the view draws."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from tests.docs.live_picture import PICTURE, draw, picture
from tests.docs.pages import ROOT


def words_of(svg: str) -> list[str]:
    """Return the texts of a picture; how they are set may differ between releases of rich."""
    root = ET.fromstring(svg)  # noqa: S314 - it is ours
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return [text.text.replace("\xa0", " ") for text in texts if text.text]


def test_the_picture_is_what_the_view_draws() -> None:
    """``python -m tests.docs.live_picture`` draws it anew."""
    drawn = words_of(picture(draw()))
    assert words_of(PICTURE.read_text(encoding="utf-8")) == drawn
    assert any("state in 7 of 20 records" in words for words in drawn)
    assert any("claims keeps its outputs" in words for words in drawn)


def test_the_picture_fetches_nothing() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    assert "url(http" not in text
    assert "<image" not in text


def test_readme_shows_the_picture() -> None:
    path = PICTURE.relative_to(ROOT).as_posix()
    assert f"({path})" in (ROOT / "README.md").read_text(encoding="utf-8")
